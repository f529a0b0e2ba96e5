"""The figures of boards recounted the long way: one ticket at a time, one figure at a time, from the log alone.

Written from the rule book, not from the program: it shares no code with `bot.domain.boards`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.ticket import Event
from bot.domain.work_calendar import WorkCalendar
from tests.fakes.random_lives import Life

HOUR = timedelta(hours=1)


@dataclass
class Had:
    """A ticket while one unit had it: the events from its coming to its answer (or to the end of the log)."""

    life: Life
    unit: str
    events: list[Event]
    answer: Event | None
    later: list[Event]  # what followed the answer, up to the next coming
    round: int
    before: int  # answers before this one
    current: bool

    @property
    def due(self) -> datetime | None:
        if self.answer is None:
            return self.life.ticket.due_at
        if "due" in self.answer.data:
            return datetime.fromisoformat(self.answer.data["due"])
        reopened = any(e.action == "reopen" for e in self.later)
        return self.life.ticket.due_at if self.current and not reopened else None

    @property
    def came(self) -> datetime:
        return self.events[0].at

    @property
    def rounds(self) -> range:
        """Rounds of reviews about this answer: one more for each promise that came due."""
        return range(self.round, self.round + 1 + sum("kept" in e.data for e in self.later))


def what_counts(events: Iterable[Event]) -> list[Event]:
    """Events that stand: neither taken back nor takings-back."""
    all_ = list(events)
    gone = {e.data["undone"] for e in all_ if "undone" in e.data}
    return [e for e in all_ if "undone" not in e.data and e.seq not in gone]


def had_by_units(life: Life) -> list[Had]:
    """Each time a unit had the ticket, but for those that ended without an answer before the end of the log."""
    found: list[Had] = []
    events = what_counts(life.events)
    begin: int | None = None
    unit, round_, answers = "", 0, 0
    for place, event in enumerate(events):
        rest = events[place + 1 :]
        if event.action in ("dispatch", "confer") and (begin is None or event.data["unit"] != unit):
            begin, unit = place, event.data["unit"]
        if event.action in ("reject", "withdraw", "merge", "reopen"):
            begin = None
        if event.action == "reject":
            round_ += 1
        if "kept" in event.data and answers:
            round_ += 1
        if event.action == "answer":
            round_ += 1
            if begin is not None:
                comes = next((i for i, e in enumerate(rest) if e.action in ("dispatch", "confer")), len(rest))
                current = not any(e.action == "answer" for e in rest)
                found.append(Had(life, unit, events[begin:place], event, rest[:comes], round_, answers, current))
                answers += 1
            begin = None
    if begin is not None:
        found.append(Had(life, unit, events[begin:], None, [], 0, answers, current=True))
    return found


def recount(
    lives: Iterable[Life],
    begin: datetime,
    end: datetime,
    now: datetime,
    calendar_of: Callable[[str], WorkCalendar],
    wants_evidence: frozenset[str],
) -> Mapping[str, Mapping[str, float | None]]:
    """Unit -> figure -> value, with ``tickets`` and ``excluded`` beside the twelve."""
    all_ = [had for life in lives for had in had_by_units(life)]
    units = {had.unit for had in all_}
    found = {
        unit: _of_unit([h for h in all_ if h.unit == unit], begin, end, now, calendar_of(unit), wants_evidence)
        for unit in units
    }
    return {unit: figures for unit, figures in found.items() if figures["tickets"] or figures["excluded"]}


def _of_unit(
    all_: list[Had], begin: datetime, end: datetime, now: datetime, calendar: WorkCalendar, wants: frozenset[str]
) -> Mapping[str, float | None]:
    def inside(at: datetime | None) -> bool:
        return at is not None and begin <= at < end

    def is_due(had: Had) -> bool:
        return inside(had.due) and (had.answer is not None or (had.due is not None and had.due <= now))

    def is_answered(had: Had) -> bool:
        return had.answer is not None and inside(had.answer.at)

    counting = [had for had in all_ if is_due(had) or is_answered(had)]
    left_out = {had.life.ticket.number for had in counting if _left_out(had.life)}
    counting = [had for had in counting if had.life.ticket.number not in left_out]
    tickets = {had.life.ticket.number: had.life for had in counting}.values()
    due = [had for had in counting if is_due(had)]
    answered = [had for had in counting if is_answered(had)]
    said = [
        (had, round_, verdict, rating)
        for had in answered
        for round_, _, verdict, rating in had.life.reviews
        if round_ in had.rounds and verdict not in ("not_reached", "asked")
    ]
    about_result = [
        v for had, r, v, _ in said if had.answer and not (had.answer.data["outcome"] == "promised" and r == had.round)
    ]
    stars = [rating for *_, rating in said if rating is not None]
    taking = [taken for had in counting if (taken := _taken_in_time(had, now, calendar)) is not None]
    showing = [h for h in answered if h.answer and h.answer.data["outcome"] == "solved" and h.life.ticket.kind in wants]
    first = [had for had in answered if had.before == 0]
    false = sum(any(k == "false_closing" and r in h.rounds for r, k, _ in h.life.findings) for h in answered)
    broken = sum(e.data.get("kept") is False for h in answered for e in h.later)
    given = sum(verdict in ("yes", "partly", "no") for *_, verdict, _ in said)
    repeats = sum(any(kind in ("repeats", "follows") for kind, _ in life.links) for life in tickets)
    specials = {other for life in tickets for kind, other in life.links if kind == "special"}
    urges = sum(e.action == "urge" and e.data["counted"] for had in counting for e in had.events)
    return {
        "tickets": len(tickets),
        "excluded": len(left_out),
        "taken": _percent(sum(taking), len(taking)),
        "in_time": _percent(sum(_in_time(had) for had in due), len(due)),
        "hours": _mean([_hours(had, calendar) for had in first]),
        "reopened": _percent(sum(any(e.action == "reopen" for e in h.later) for h in answered), len(answered)),
        "false_or_broken": float(false + broken) if answered else None,
        "evidence": _percent(sum(bool(h.answer and h.answer.data.get("evidence")) for h in showing), len(showing)),
        "solved": _percent(about_result.count("yes"), sum(about_result.count(v) for v in ("yes", "partly", "no"))),
        "rating": _mean([float(s) for s in stars]),
        "given": _percent(given, len(said)),
        "repeat": _percent(repeats, len(tickets)),
        "urges": urges / len(tickets) if tickets else None,
        "specials": float(len(specials)) if tickets else None,
    }


def _left_out(life: Life) -> bool:
    exempt = [e for e in what_counts(life.events) if e.action == "exempt"]
    return bool(exempt and not exempt[-1].data.get("lifted")) or any(excluded for *_, excluded in life.findings)


def _in_time(had: Had) -> bool:
    if had.answer is None or had.due is None:
        return False
    return datetime.fromisoformat(had.answer.data["submitted_at"]) <= had.due


def _taken_in_time(had: Had, now: datetime, calendar: WorkCalendar) -> bool | None:
    """None where nobody could take it, or there is time yet."""
    taken = next((e.at for e in had.events if e.action == "take"), None)
    conferred = next((e.at for e in had.events if e.action == "confer"), None)
    if conferred is not None and (taken is None or conferred < taken or had.events[0].action == "confer"):
        return None
    until = calendar.after_working_hours(had.came, 4).at
    taken = taken or (had.answer.at if had.answer else None)
    if taken is None:
        return None if calendar.working_time_between(had.came, now) <= 4 * HOUR else False
    return calendar.working_time_between(had.came, taken) <= 4 * HOUR if taken > until else True


def _hours(had: Had, calendar: WorkCalendar) -> float:
    assert had.answer is not None
    worked = calendar.working_time_between(had.came, had.answer.at)
    since: datetime | None = None
    for event in [*had.events, had.answer]:
        if event.action == "pause":
            since = datetime.fromisoformat(event.data["since"])
        elif since is not None and event.action in ("resume", "answer", "dispatch", "confer", "ask"):
            worked -= calendar.working_time_between(since, event.at)
            since = None
    return max(worked / HOUR, 0.0)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None

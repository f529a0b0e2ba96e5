"""What becomes of a report: the steps of a ticket's life until a moment, as the desk would have written them down.

Moments are microseconds here, what a step records is JSON at once, and every unit works by one calendar: a year of a
big town shall be made within a minute.
"""

from __future__ import annotations

import random
from contextlib import suppress
from math import log
from typing import Any

import msgspec

from bot.demo_town import staffing
from bot.demo_town.character import Character, character
from bot.demo_town.known import Had, Known
from bot.demo_town.pages import Pages
from bot.demo_town.plan import DAY, Incident, Report
from bot.demo_town.wordbook import Problem, wordbook
from bot.demo_town.workclock import HOUR, SECOND, WorkClock, iso, micros, moment
from bot.domain.guide import Guide
from bot.domain.people import DESK
from bot.domain.review import FILER
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Clock
from bot.domain.wall import behind_the_wall
from bot.domain.work import Work

MINUTE = 60_000_000
RECALL = 2 * MINUTE
WORKDAY = 7 * HOUR
SOURCES = ("wechat",) * 6 + ("web",) * 2 + ("phone", "visit", "telegram")
CHANNELS = frozenset({"wechat", "web", "telegram"})
OUTCOMES = ("solved",) * 17 + ("explained",) * 2 + ("promised",)
REOPENINGS = 2

_as_json = msgspec.json.Encoder().encode


class Cut(Exception):
    """The next step lies beyond the end of the year: so far the ticket's life has come."""


class Scene:
    """What all lives of a year share: the town, the dice, the words, and what is known."""

    def __init__(self, guide: Guide, seed: int, until: int, work: WorkClock, known: Known) -> None:
        self.guide, self.until, self.work, self.known = guide, until, work, known
        self._seed = seed
        self.rnd = random.random
        self.book = wordbook()
        units = [unit for unit in guide.town.units.values() if not unit.retired]
        self.characters = {u.code: character(u.code, staffing.handlers_of(u.code), seed) for u in units}
        self.departments = [unit.code for unit in units if unit.level == 3]
        self.supervisors = staffing.supervisors()
        self.visible = frozenset(kind.code for kind in guide.town.kinds.values() if kind.joinable)
        self.walled = {p.id: behind_the_wall(guide.town.kinds.get(p.kind), p.type) for p in self.book.problems}
        self._routes: dict[tuple[str, str], str] = {}
        self._due: dict[tuple[str, int], int | None] = {}

    def begin(self, page: int) -> None:
        """Throw the dice of a page from now on: what stands on one does not hang on the others."""
        self.rnd = random.Random(f"{self._seed}:{page}").random  # noqa: S311 - made-up lives, no secrets

    def pick(self, texts: Any) -> str:
        """One of some texts."""
        return texts[int(self.rnd() * len(texts))]  # type: ignore[no-any-return]  # a list of texts of the word book

    def route(self, kind: str, area: str) -> str:
        """Which unit a rule names, "" for the pool."""
        found = self._routes.get((kind, area))
        if found is None:
            found = self._routes[kind, area] = self.guide.route(kind, area).unit
        return found

    def due(self, problem: Problem, at: int, unit: str) -> int | None:
        """By when a unit that gets it at a moment must have answered."""
        if problem.urgent:
            found = self.guide.answer_due(problem.type, Clock.UTILITY, moment(at), unit)
            return micros(found.at) if found else None
        key = (problem.type.value, (at + 8 * HOUR) // DAY)
        if key not in self._due:
            found = self.guide.answer_due(problem.type, Clock.TYPE, moment(at), unit)
            self._due[key] = micros(found.at) if found else None
        return self._due[key]

    def tell(self, report: Report, incident: Incident, number: str, former: str, pages: Pages) -> None:
        """Write down a ticket, its steps and what was said of it. ``former`` is the number of the same person's last
        ticket about it, "" for none."""
        life = _Life(self, report, incident, number, pages)
        with suppress(Cut):
            life.goes()
        life.ends(former)
        self.known.add(incident.problem.kind in self.visible, life.had, life.excluded, bool(former))


class _Life:
    """One ticket on its way."""

    __slots__ = (
        *("_at", "_closed", "_dispatched", "_due", "_filed", "_filer", "_flagged", "_handler", "_has", "_incident"),
        *("_joined", "_number", "_pages", "_problem", "_round", "_s", "_seq", "_source", "_status", "_unit", "_walled"),
        *("_where", "_work", "excluded", "had"),
    )

    def __init__(self, scene: Scene, report: Report, incident: Incident, number: str, pages: Pages) -> None:
        self._s, self._number, self._pages, self._at = scene, number, pages, report.at
        self._incident, self._problem, self._filed = incident, incident.problem, report.at
        self._source = SOURCES[int(scene.rnd() * len(SOURCES))]
        self._filer = f"{self._source if self._source in CHANNELS else 'web'}:demo-{report.person}"
        self._walled = scene.walled[incident.problem.id]
        self._status, self._unit, self._handler, self._where = "filed", "", "", ""
        self._dispatched: int | None = None
        self._due: int | None = None
        self._closed: int | None = None
        self._work: dict[str, Any] = {}
        self._seq = self._round = 0
        self._joined: list[str] = []
        self._flagged = False
        self._has: Had | None = None
        self.had: list[Had] = []
        self.excluded = False

    def goes(self) -> None:
        """All of it. Raises Cut where the year ends first."""
        s, rnd = self._s, self._s.rnd
        self._where = s.pick(s.book.matters["spots"]).format(p=self._incident.place, n=1 + int(rnd() * 80))
        self._step(self._at, "file", "filed", self._filer)
        if rnd() < 0.04:
            self._joined = [f"web:demo-j{int(rnd() * 1e6)}" for _ in range(1 + int(rnd() * 3))]
        self._finds_a_unit()
        dice = rnd()
        if dice < 0.02:
            self._objected()
        elif dice < 0.035:
            self._joint()
        elif dice < 0.05:
            return self._ends_early("withdraw", "withdrawn", self._filer)
        elif dice < 0.06:
            return self._ends_early("reject", "rejected", s.supervisors[1])
        for _ in range(REOPENINGS + 1):
            self._is_worked_on()
            if not self._is_reviewed():
                break
        return None

    # To the unit

    def _finds_a_unit(self) -> None:
        s = self._s
        unit = s.route(self._problem.kind, self._incident.area)
        if unit and not self._walled:
            return self._sent(self._at, unit, DESK)
        at = s.work.after(self._at, int(HOUR * (0.3 + 8 * s.rnd() ** 2)))
        self._sent(at, unit or s.pick(s.departments), s.supervisors[0 if self._walled else 1])
        if self._walled:
            self._work["summary"] = s.book.answers["summary"]
        return None

    def _sent(self, at: int, unit: str, by: str, before: str = "") -> None:
        """To a unit that gets its full time."""
        self._step(at, "dispatch", "dispatched", by, f'{{"unit":"{unit}","before":"{before}"}}')
        self._unit, self._dispatched, self._handler = unit, at, ""
        self._due = self._s.due(self._problem, at, unit)
        self._has = Had(unit, at, self._due, takeable=True)

    def _objected(self) -> None:
        s = self._s
        by = s.characters[self._unit].handlers[0]
        at = s.work.after(self._at, int(HOUR * (0.2 + 2.5 * s.rnd())))
        text = s.pick(s.book.answers["objections"])
        self._step(at, "object", "objected", by, _json(matter="objection", klass="not_our_duty", text=text))
        proposal = {"matter": "objection", "by": by, "at": iso(at), "text": text, "klass": "not_our_duty"}
        self._work["proposals"] = [proposal]
        at = s.work.after(at, int(HOUR * (0.3 + 3 * s.rnd())))
        accepted = s.rnd() < 0.6
        if at + MINUTE > s.until:
            raise Cut
        self._step(at, "decide", "objected", s.supervisors[2], _json(matter="objection", accepted=accepted))
        del self._work["proposals"]
        if accepted:
            others = [unit for unit in s.departments if unit != self._unit]
            self._sent(at + MINUTE, s.pick(others), s.supervisors[2], self._unit)
            self._work["bounces"] = 1
        else:
            self._step(at + MINUTE, "resume", "dispatched", s.supervisors[2])

    def _joint(self) -> None:
        s, has = self._s, self._has
        assert has is not None  # noqa: S101 - it has just come to a unit
        at = s.work.after(self._at, int(HOUR * (0.5 + 2 * s.rnd())))
        other = s.pick([unit for unit in s.departments if unit != self._unit])
        self._step(at, "confer", "joint", s.supervisors[3], _json(unit=self._unit, units=[other]))
        self._work["joint"] = [other]
        has.takeable = False
        at = s.work.after(at, int(WORKDAY * (0.5 + s.rnd())))
        outcome = s.pick(s.book.answers["outcomes"])
        said = _json(unit=self._unit, before=self._unit, outcome=outcome, text=outcome, joint=[other])
        self._step(at, "dispatch", "dispatched", s.supervisors[3], said)
        del self._work["joint"]

    def _ends_early(self, action: str, status: str, by: str) -> None:
        at = self._s.work.after(self._at, int(WORKDAY * self._s.rnd()))
        self._step(at, action, status, by)
        self._has, self._closed = None, at

    # The unit's work

    def _is_worked_on(self) -> None:
        """Taken, asked about, urged, answered."""
        s, rnd, had = self._s, self._s.rnd, self._has
        assert had is not None  # noqa: S101 - a unit has it
        ways = s.characters[self._unit]
        begun = self._at
        taken = s.work.after(begun, int(-ways.takes * log(rnd() + 1e-12)))
        handler = ways.handlers[int(rnd() * len(ways.handlers))]
        limit = s.work.between(had.began, had.due) if had.due else WORKDAY
        slow = limit * 3 * rnd() if rnd() < 0.04 else 0
        needed = max(int(limit * ways.pace * (0.35 + 1.1 * rnd()) + slow), HOUR // 2)
        self._step(taken, "take", "in_progress", handler)
        self._handler = handler
        had.taken = taken
        self._work["taken_at"] = iso(taken)
        if rnd() < 0.05 and not self._problem.urgent:
            self._pauses(handler, s.work.after(taken, needed // 8), had)
        if rnd() < 0.08:
            at = s.work.after(self._at, needed // 6)
            self._says(at, "progress", handler, self._filled("progress"))
        if needed > limit * 0.6 and rnd() < 0.35:
            at = max(s.work.after(had.began, int(limit * 0.55)), self._at + MINUTE)
            self._says(at, "urge", self._filer, s.pick(s.book.answers["urges"]), ',"counted":true')
            self._work["urges"] = self._work.get("urges", 0) + 1
            had.urges += 1
        self._answers(max(s.work.after(begun, needed), self._at + MINUTE), handler, ways, had)

    def _pauses(self, handler: str, at: int, had: Had) -> None:
        s, work = self._s, self._work
        text = s.pick(s.book.answers["questions"])
        self._step(at, "ask", "waiting_resident", handler, _json(text=text))
        self._pages.add_words(self._number, self._seq)
        since = self._at + MINUTE
        work["asked_at"] = iso(self._at)
        self._step(since, "pause", "waiting_resident", DESK, f'{{"since":"{iso(since)}"}}')
        work["paused_at"], work["pauses"] = iso(since), 1
        until = s.work.after(since, int(WORKDAY * (0.2 + 2.5 * s.rnd())))
        self._step(until, "resume", "in_progress", self._filer, _json(text=s.pick(s.book.answers["replies"])))
        self._pages.add_words(self._number, self._seq)
        del work["asked_at"], work["paused_at"]
        had.pauses.append((since, until))
        stood = s.work.between(since, until)
        work["paused"] = stood / 1e6
        if self._due is not None:
            self._due = had.due = s.work.after(self._due, stood)

    def _answers(self, at: int, handler: str, ways: Character, had: Had) -> None:
        s, rnd, work = self._s, self._s.rnd, self._work
        if at + RECALL > s.until:
            raise Cut
        empty = rnd() < ways.empty
        outcome = "solved" if empty else OUTCOMES[int(rnd() * len(OUTCOMES))]
        text = s.pick(s.book.answers["empty"]) if empty else self._filled(outcome)
        shown = not empty and outcome == "solved" and rnd() < ways.shows
        submitted = iso(at)
        said = f'"outcome":"{outcome}","text":"{text}","submitted_at":"{submitted}"'
        until = None
        if outcome == "promised":
            until = s.work.after(at, 10 * WORKDAY)
            said += f',"until":"{iso(until)}"'
        if shown:
            said += f',"evidence":["demo-{self._number}-{self._round}"]'
        if empty:
            said += ',"flags":["short","empty"]'
        due = f',"due":"{iso(self._due)}"' if self._due is not None else ""
        self._step(at + RECALL, "answer", "answered", handler, f"{{{said}{due}}}")
        self._pages.add_words(self._number, self._seq)
        self._round += 1
        had.handed_in, had.answered, had.outcome, had.evidence = at, self._at, outcome, shown
        had.first = not self.had
        self.had.append(had)
        self._has = None
        self._flagged = empty
        answer = f'{{{said},"by":"{handler}","leaves_at":"{iso(self._at)}"}}'
        work["last_answer"] = msgspec.Raw(answer.encode())
        work["answers"] = self._round
        if until is not None:
            self._promised(until, handler, had)

    def _promised(self, until: int, handler: str, had: Had) -> None:
        work = self._work
        work["promise_at"] = iso(until)
        self._said_by(FILER, self._filer, had, 0.8, about_result=False)
        kept = self._s.rnd() < 0.7
        said = _json(kept=kept, until=iso(until))
        self._step(max(until, self._at), "promise", "answered", handler if kept else DESK, said)
        del work["promise_at"]
        self._round += 1
        work["answers"] = self._round
        had.broken += not kept
        if not kept:
            work["broken_promises"] = work.get("broken_promises", 0) + 1

    # What people say of it

    def _is_reviewed(self) -> bool:
        """Whether what they say brings it back to the unit. Raises Cut."""
        s, rnd, had = self._s, self._s.rnd, self.had[-1]
        empty = self._flagged
        false = not empty and rnd() < s.characters[self._unit].false
        likes = s.characters[self._unit].solves
        if empty or false or had.outcome == "explained":
            likes = 0.12 if empty else 0.05 if false else 0.5
        verdict = self._said_by(FILER, self._filer, had, likes)
        for address in self._joined:
            self._said_by(address, address, had, likes)
        if empty or false or (verdict == "no" and rnd() < 0.04):
            self._looked_into(had, "perfunctory" if empty else "false_closing" if false else "unfair")
        if rnd() < 0.004:
            reason = _json(**{"class": "force_majeure", "text": s.pick(s.book.answers["exempt"])})
            self._step(self._at + DAY, "exempt", self._status, s.supervisors[4], reason)
            self.excluded = True
        if verdict == "no" and len(self.had) <= REOPENINGS and rnd() < 0.9:
            self._comes_back(had)
            return True
        at = self._at + (MINUTE if verdict in ("yes", "partly", "no") else 7 * DAY)
        self._step(at, "close", "closed", DESK)
        self._closed = at
        return False

    def _said_by(self, party: str, address: str, had: Had, likes: float, *, about_result: bool = True) -> str:
        """One party's review of the last answer; what they said, "" where the year ended before they were asked."""
        s, rnd = self._s, self._s.rnd
        dice = rnd()
        asked = self._at + MINUTE
        if asked > s.until:
            return ""
        stars: int | None = None
        words = ""
        if dice < 0.03:
            verdict, at = "not_reached", asked + 7 * DAY
        elif dice < 0.42:
            verdict, at = "not_rated", asked + 7 * DAY
        else:
            mood = rnd()
            verdict = "yes" if mood < likes else "partly" if mood < likes + (1 - likes) * 0.35 else "no"
            at = asked + int(rnd() ** 2 * 3 * 86_400) * SECOND
            stars = _stars(rnd(), verdict)
            words = s.pick(s.book.reviews[verdict])
        if at > s.until:
            verdict, at, stars, words = "asked", asked, None, ""
        had.said.append((verdict, stars, about_result))
        finished = "yes" if verdict == "partly" else ""
        reached = None if verdict == "not_reached" else asked
        self._pages.add_review(self._number, self._round, party, address, verdict, finished, stars, words, reached, at)
        if verdict in ("yes", "partly", "no") and party == FILER and about_result:
            said = f'{{"round":{self._round},"verdict":"{verdict}","text":"{words}"}}'
            self._step(at, "review", self._status, address, said)
        return verdict

    def _looked_into(self, had: Had, what: str) -> None:
        s, at = self._s, self._at + 3 * HOUR
        if s.rnd() > 0.5 or at > s.until:
            return
        unfair = what == "unfair"
        text = s.book.answers["findings"][what]
        self._pages.add_finding(self._number, self._round, what, s.supervisors[4], text, unfair, at)
        had.false = what == "false_closing"
        self.excluded = self.excluded or unfair

    def _comes_back(self, had: Had) -> None:
        s = self._s
        back = s.work.after(self._at + 3 * HOUR, HOUR)
        if back > s.until:
            raise Cut
        self._step(self._at + MINUTE, "reopen", "reopened", self._filer)
        had.reopened = True
        times = self._work.get("reopened", 0) + 1
        self._work |= {"reopened": times, "reopened_at": iso(self._at), "bad_reviews": times}
        self._work.pop("taken_at", None)
        full = s.due(self._problem, back, self._unit)
        self._step(
            back, "dispatch", "dispatched", s.supervisors[1], f'{{"unit":"{self._unit}","before":"{self._unit}"}}'
        )
        least = s.work.after(back, WORKDAY)
        self._due = max(s.work.after(back, s.work.between(back, full) >> times) if full else least, least)
        self._handler, self._dispatched = "", back
        self._has = Had(self._unit, back, self._due, takeable=True)

    # Writing it down

    def _step(self, at: int, action: str, status: str, by: str, said: str = "{}") -> None:
        if at > self._s.until:
            raise Cut
        self._at, self._status = at, status
        self._seq += 1
        self._pages.add_step(self._number, self._seq, at, action, status, by, said)

    def _says(self, at: int, action: str, by: str, text: str, more: str = "") -> None:
        self._step(at, action, self._status, by, f'{{"text":"{text}"{more}}}')
        self._pages.add_words(self._number, self._seq)

    def _filled(self, what: str) -> str:
        return self._s.pick(self._s.book.answers[what]).replace("{p}", self._where)

    def ends(self, former: str) -> None:
        """Write down the ticket as it is in the end, and whom it belongs to."""
        s, number, pages, work, filed = self._s, self._number, self._pages, self._work, self._filed
        if self._has is not None:
            self.had.append(self._has)
        pages.add_reporter(number, self._filer, "filer", filed)
        for address in self._joined:
            pages.add_reporter(number, address, "joined", filed)
        if self._joined:
            work["reporters"] = 1 + len(self._joined)
        if former:
            pages.add_link(number, "repeats", former, DESK, filed)
        spot = self._incident.spot or (None, None)
        channel = self._source if self._source in CHANNELS else "web"
        clock = "utility" if self._problem.urgent else "type"
        text = _said(s, self._problem, self._where)
        pages.add_ticket(
            number, self._seq, f"{filed // 7919 % 1_000_000:06d}", f"D{number[-5:]}", self._problem.type.value,
            self._problem.kind, self._status, self._source, channel, text, filed, self._incident.area, self._where,
            spot[0], spot[1], self._unit, clock, self._dispatched, self._due, self._due, self._closed, self._handler,
            self._walled, _as_json(work).decode() if work else None, _listed(work.get("joint")),
            "|objection|" if "proposals" in work else None,
        )  # fmt: skip
        if self._closed is None and self._status != "answered":
            self._still_open(number)

    def _still_open(self, number: str) -> None:
        """The alerts the desk would have set, and its task in the pool."""
        guide, pages = self._s.guide, self._pages
        ticket = Ticket(
            number=number, code="", alias="", type=self._problem.type, kind=self._problem.kind,
            status=Status(self._status), source="", channel="", text="", filed_at=moment(self._filed),
            unit=self._unit, clock="utility" if self._problem.urgent else "type",
            dispatched_at=None if self._dispatched is None else moment(self._dispatched),
            due_at=None if self._due is None else moment(self._due),
            work=msgspec.convert(msgspec.json.decode(_as_json(self._work)), Work),
        )  # fmt: skip
        for step in guide.ladder(ticket):
            pages.add_rung(number, step.level, micros(step.at))
        if ticket.status is Status.FILED:
            by = guide.dispatch_due(Clock(ticket.clock), ticket.filed_at).at
            pages.add_pooled(number, self._filed, micros(by), self._filer)


def _said(s: Scene, problem: Problem, where: str) -> str:
    """What somebody writes: the matter one way or another, with more or less around it."""
    matters = s.book.matters
    text = s.pick(matters["openings"]) + s.pick(problem.what).replace("{p}", where)
    for more in (s.pick(matters["since"]), s.pick(matters["wishes"])):
        if more:
            text += matters["comma"][0] + more
    return text


def _stars(dice: float, verdict: str) -> int | None:
    return None if dice < 0.15 else _LOWEST[verdict] + int(dice * 2)


_LOWEST = {"yes": 4, "partly": 2, "no": 1}


def _listed(names: list[str] | None) -> str | None:
    return f"|{'|'.join(names)}|" if names else None


def _json(**said: object) -> str:
    return _as_json(said).decode()

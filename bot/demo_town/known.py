"""What is known of a made-up year without asking the desk: the figures of its boards, and who told of the same matter.

The figures are counted up while the lives are told, month by month, from what was decided there; `bot.domain.boards`
must come to the same out of the log.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.demo_town.workclock import HOUR, WorkClock, micros

TAKE = 4 * HOUR


class Had:
    """A unit's time with a ticket, as it was decided. Moments are microseconds; None is not (yet)."""

    __slots__ = (
        *("answered", "began", "broken", "due", "evidence", "false", "first", "handed_in", "outcome", "pauses"),
        *("reopened", "said", "takeable", "taken", "unit", "urges"),
    )

    def __init__(self, unit: str, began: int, due: int | None, *, takeable: bool) -> None:
        self.unit, self.began, self.due, self.takeable = unit, began, due, takeable
        self.taken: int | None = None
        self.handed_in: int | None = None
        self.answered: int | None = None
        self.outcome = ""
        self.evidence = self.false = self.reopened = self.first = False
        self.pauses: list[tuple[int, int]] = []
        self.said: list[tuple[str, int | None, bool]] = []  # verdict, stars, whether it speaks of the result
        self.urges = self.broken = 0


class _Month:
    """The counts of a unit in a month: pairs of part and whole."""

    __slots__ = (
        *("answers", "bad", "due", "evidence", "excluded", "given", "hours", "rating", "repeat", "reopened", "solved"),
        *("taken", "tickets", "urges"),
    )

    def __init__(self) -> None:
        self.tickets = self.excluded = self.answers = self.reopened = self.bad = self.repeat = self.urges = 0
        self.taken, self.due, self.evidence, self.given, self.solved = [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]
        self.hours, self.rating = [0, 0], [0, 0]

    def add(self, other: _Month) -> None:
        """Count what another process has counted too."""
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            both = [a + b for a, b in zip(mine, theirs, strict=True)] if isinstance(mine, list) else mine + theirs
            setattr(self, name, both)

    def figures(self) -> dict[str, float | int | None]:
        """The figures by name, those about special cases left out: there are none."""
        return {
            "tickets": self.tickets,
            "excluded": self.excluded,
            "taken": _percent(self.taken),
            "in_time": _percent(self.due),
            "hours": self.hours[0] / HOUR / self.hours[1] if self.hours[1] else None,
            "reopened": _percent([self.reopened, self.answers]),
            "false_or_broken": self.bad if self.answers else None,
            "evidence": _percent(self.evidence),
            "solved": _percent(self.solved),
            "rating": self.rating[0] / self.rating[1] if self.rating[1] else None,
            "given": _percent(self.given),
            "repeat": _percent([self.repeat, self.tickets]),
            "urges": self.urges / self.tickets if self.tickets else None,
        }


def _percent(pair: Sequence[int]) -> float | None:
    return 100 * pair[0] / pair[1] if pair[1] else None


class Known:
    """Counts what is told."""

    def __init__(self, zone: ZoneInfo, first: date, until: int, work: WorkClock) -> None:
        self._until, self._work = until, work
        self._months: list[str] = []
        self._begins: list[int] = []
        year, month = first.year, first.month
        while True:
            begin = micros(datetime.combine(date(year, month, 1), time(), zone).astimezone(UTC))
            self._begins.append(begin)
            self._months.append(f"{year}-{month:02d}")
            if begin > until:
                break
            year, month = year + month // 12, month % 12 + 1
        self._counts: dict[tuple[str, str], _Month] = {}

    def add(self, visible: bool, all_: Sequence[Had], excluded: bool, again: bool) -> None:
        """Count a ticket. ``visible``: what is done about its kind can be shown. ``again``: the same person's again."""
        seen: list[_Month] = []
        for had in all_:
            answered = None if had.answered is None else self._of(had.answered, had.unit)
            due = None
            if had.due is not None and (answered is not None or had.due <= self._until):
                due = self._of(had.due, had.unit)
            for count in (answered,) if due is answered else (answered, due):
                if count is None:
                    continue
                new = count not in seen
                if new:
                    seen.append(count)
                if excluded:
                    count.excluded += new
                    continue
                if new:
                    count.tickets += 1
                    count.repeat += again
                count.urges += had.urges
                self._taken(count, had)
                if count is due:
                    count.due[1] += 1
                    count.due[0] += had.handed_in is not None and had.handed_in <= (had.due or 0)
                if count is answered:
                    self._answered(count, had, visible)

    @property
    def counted(self) -> dict[tuple[str, str], _Month]:
        """The counts so far, to be taken over by another's `take`."""
        return self._counts

    def take(self, counted: dict[tuple[str, str], _Month]) -> None:
        """Take over what another has counted."""
        for key, month in counted.items():
            if key in self._counts:
                self._counts[key].add(month)
            else:
                self._counts[key] = month

    def boards(self) -> dict[str, dict[str, dict[str, float | int | None]]]:
        """Month -> unit -> figure -> value."""
        found: dict[str, dict[str, dict[str, float | int | None]]] = {}
        for (month, unit), count in sorted(self._counts.items()):
            found.setdefault(month, {})[unit] = count.figures()
        return found

    def _of(self, at: int, unit: str) -> _Month:
        key = (self._months[bisect_right(self._begins, at) - 1], unit)
        found = self._counts.get(key)
        if found is None:
            found = self._counts[key] = _Month()
        return found

    def _taken(self, count: _Month, had: Had) -> None:
        if not had.takeable:
            return
        worked = self._work.between(had.began, self._until if had.taken is None else had.taken)
        if had.taken is None and worked <= TAKE:
            return
        count.taken[1] += 1
        count.taken[0] += had.taken is not None and worked <= TAKE

    def _answered(self, count: _Month, had: Had, visible: bool) -> None:
        assert had.answered is not None  # noqa: S101 - whoever calls this looked
        count.answers += 1
        count.reopened += had.reopened
        count.bad += had.false + had.broken
        if visible and had.outcome == "solved":
            count.evidence[1] += 1
            count.evidence[0] += had.evidence
        if had.first:
            paused = sum(self._work.between(since, until) for since, until in had.pauses)
            count.hours[0] += self._work.between(had.began, had.answered) - paused
            count.hours[1] += 1
        for verdict, stars, about_result in had.said:
            if verdict in ("not_reached", "asked"):
                continue
            gave = verdict in ("yes", "partly", "no")
            count.given[1] += 1
            count.given[0] += gave
            if gave and about_result:
                count.solved[1] += 1
                count.solved[0] += verdict == "yes"
            if stars is not None:
                count.rating[0] += stars
                count.rating[1] += 1


def same_matters(groups: Mapping[int, Sequence[tuple[str, int]]]) -> list[dict[str, object]]:
    """Tickets about one matter: of an incident (number, person), those with two tickets and more.

    ``people`` counts distinct ones; the tickets are in the order in which they were filed.
    """
    return [
        {"tickets": [number for number, _ in reports], "people": len({person for _, person in reports})}
        for _, reports in sorted(groups.items())
        if len(reports) > 1
    ]

"""What boards, heat maps and barometers count, out of tickets, their steps, and what people said of the answers.

Few figures are kept ready: what happened is read again whenever somebody asks, in parts, so that a year of a big town
needs no more memory than a week. Which tickets matter two slim indexes say, which filing a ticket does not touch.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from bot.domain.boards.facts import FALSE_CLOSING, DeskFacts, ReviewFact, TicketFacts
from bot.domain.boards.periods import Period
from bot.domain.boards.stints import COUNTED, NOTHING_SAID, Said, Step, stints_of
from bot.domain.ticket import Action
from storage.codec import as_json, micros, moment, moment_or_none
from storage.driver import Driver
from storage.schema import ANSWER_DUE
from storage.wanted import ALL, Where

Row = tuple[Any, ...]
T = TypeVar("T")

AT_ONCE = 1000
"""Tickets read in one part."""

_BREATH, _EVERY = 50e-6, 25
"""So many seconds of rest after so many tickets: whoever answers people in this process need not wait for the end."""

_TURNING = "action IN ('answer', 'object', 'reopen')"  # word for word as in the partial index
_CONCERNED = (
    f"SELECT ticket FROM ticket_event WHERE {_TURNING} AND action = 'answer' AND at >= :begin AND at < :end"
    # What came back had another date before: the answer says which.
    " UNION SELECT ticket FROM ticket_event INDEXED BY ix_ticket_event_due WHERE action = 'answer'"
    f" AND {ANSWER_DUE} >= :begin_iso AND {ANSWER_DUE} < :end_iso"
    " UNION SELECT number FROM ticket WHERE closed_at IS NOT NULL AND due_at >= :begin AND due_at < :end"
    " UNION SELECT number FROM ticket INDEXED BY ix_ticket_open"
    " WHERE closed_at IS NULL AND due_at >= :begin AND due_at < :end ORDER BY 1"
)
_OF = "FROM json_each(?1) AS c CROSS JOIN"
_TICKETS = f"SELECT t.number, t.kind, t.area, t.due_at {_OF} ticket AS t ON t.number = c.value ORDER BY c.key"
_STEPS = (
    f"SELECT e.ticket, e.seq, e.at, e.action, e.data {_OF} ticket_event AS e ON e.ticket = c.value"
    f" WHERE e.action IN ({', '.join(repr(str(action)) for action in COUNTED)}) ORDER BY c.key, e.seq"
)
_REVIEWS = f"SELECT r.ticket, r.round, r.verdict, r.rating {_OF} review AS r ON r.ticket = c.value"
_FINDINGS = f"SELECT f.ticket, f.round, f.kind, f.excluded {_OF} finding AS f ON f.ticket = c.value"
_LINKS = f"SELECT l.ticket, l.kind, l.other {_OF} link AS l ON l.ticket = c.value"

_UNIT_AT = (
    "(SELECT e.at FROM ticket_event AS e WHERE e.ticket = t.number AND e.action IN ('dispatch', 'confer')"
    " ORDER BY e.seq LIMIT 1)"
)
_IN = "FROM ticket AS t WHERE t.number >= ? AND t.number < ? AND t.filed_at >= ? AND t.filed_at < ?"
_WENT_AT_ONCE = f"{_IN} AND {_UNIT_AT} IS t.filed_at"
_AT_ONCE = f"SELECT count(*) {_WENT_AT_ONCE}"
_NUMBERS_AT_ONCE = f"SELECT t.number {_WENT_AT_ONCE}"
_FILED = (
    f"SELECT t.number, t.filed_at, t.clock, {_UNIT_AT},"
    " (SELECT min(e.at) FROM ticket_event AS e"
    " WHERE e.ticket = t.number AND e.action IN ('reject', 'withdraw', 'merge'))"
    f" {_IN} AND {_UNIT_AT} IS NOT t.filed_at"
)
_OBJECTED = (
    f"SELECT DISTINCT ticket FROM ticket_event WHERE {_TURNING} AND action = 'object' AND at >= ? AND at < ? ORDER BY 1"
)
_DECISIONS = (
    f"SELECT e.ticket, e.seq, e.at, e.action, e.data {_OF} ticket_event AS e ON e.ticket = c.value"
    " WHERE e.action IN ('object', 'decide', 'dispatch', 'resume', 'confer', 'reject', 'merge', 'withdraw')"
    " ORDER BY c.key, e.seq"
)
_SPOKEN_OF = (
    "WITH a (code, above) AS MATERIALIZED (SELECT key, value FROM json_each(?))"
    " SELECT coalesce(a.above, t.area), t.kind, count(DISTINCT t.number), count(DISTINCT r.address) FROM ticket AS t"
    " LEFT JOIN a ON a.code = t.area LEFT JOIN reporter AS r ON r.ticket = t.number AND r.role <> 'left'"
    " WHERE t.number >= ? AND t.number < ? AND t.filed_at >= ? AND t.filed_at < ? AND NOT t.walled"
    " AND t.status <> 'merged' AND {more} GROUP BY 1, 2"
)
_POINTS = (
    "SELECT latitude, longitude, area, kind FROM ticket WHERE number >= ? AND number < ? AND filed_at >= ?"
    " AND filed_at < ? AND NOT walled AND status <> 'merged' AND latitude IS NOT NULL ORDER BY number"
)
_HAPPENED = f"SELECT count(*) FROM ticket_event WHERE {_TURNING} AND action = ? AND at >= ? AND at < ?"

_read_said = msgspec.json.Decoder(Said).decode


class Decided(msgspec.Struct, frozen=True):
    """What of a decision's record counts."""

    matter: str = ""
    accepted: bool = False
    undone: int | None = None


_read_decided = msgspec.json.Decoder(Decided).decode


def facts(connection: Driver, period: Period) -> Iterator[TicketFacts]:
    """Every ticket that may count in a period: something of it was due or answered in it."""
    bounds = {
        "begin": micros(period.begin),
        "end": micros(period.end),
        "begin_iso": f"{period.begin:%Y-%m-%dT%H:%M:%S}",  # moments in the log are in UTC, to the second or finer
        "end_iso": f"{period.end:%Y-%m-%dT%H:%M:%S}",
    }
    yield from facts_of(connection, [number for (number,) in connection.execute(_CONCERNED, bounds)])


def facts_of(connection: Driver, numbers: Sequence[str]) -> Iterator[TicketFacts]:
    """The facts of these tickets, in their order."""
    for begin in range(0, len(numbers), AT_ONCE):
        yield from gently(_part(connection, as_json(numbers[begin : begin + AT_ONCE])))


def gently(all_: Iterable[T]) -> Iterator[T]:
    """The same, with rests in between: Python does one thing at a time, and a thread that never rests holds up others
    for 5 ms at each of their turns."""
    for place, each in enumerate(all_):
        if place % _EVERY == 0:
            time.sleep(_BREATH)
        yield each


def _part(connection: Driver, numbers: str) -> Iterator[TicketFacts]:
    reviews = _by_ticket(connection.execute(_REVIEWS, (numbers,)))
    findings = _by_ticket(connection.execute(_FINDINGS, (numbers,)))
    links = _by_ticket(connection.execute(_LINKS, (numbers,)))
    steps = _steps(connection.execute(_STEPS, (numbers,)))
    for number, kind, area, due_at in connection.execute(_TICKETS, (numbers,)).fetchall():
        stints, exempt = stints_of(steps.get(number, ()), moment_or_none(due_at))
        found = findings.get(number, ())
        linked = links.get(number, ())
        yield TicketFacts(
            number=number,
            kind=kind,
            area=area,
            stints=stints,
            excluded=exempt or any(excluded for _, _, excluded in found),
            reviews=[ReviewFact(*row) for row in reviews.get(number, ())],
            false_closings=[round_ for round_, what, _ in found if what == FALSE_CLOSING],
            repeat=any(what in ("repeats", "follows") for what, _ in linked),
            specials=[other for what, other in linked if what == "special"],
        )


def _by_ticket(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    return found


_ACTIONS = {str(action): action for action in Action}
_TELLING = frozenset({"dispatch", "confer", "answer", "pause", "promise", "urge", "exempt"})
"""Steps whose record boards read; of others they look only whether they take something back."""


def _steps(rows: Iterable[Row]) -> Mapping[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for number, seq, at, action, data in rows:
        said = _read_said(data) if action in _TELLING or "undone" in data else NOTHING_SAID
        step = Step(seq, moment(at), _ACTIONS[action], said)
        if number in found:
            found[number].append(step)
        else:
            found[number] = [step]
    return found


def desk_facts(connection: Driver, period: Period, due: Callable[[str, datetime], datetime]) -> Iterator[DeskFacts]:
    """What was filed in a period and had to wait for a unit. ``due`` says by when a ticket of a clock, filed at a
    moment, must have one."""
    for number, filed_at, clock, unit_at, ended_at in connection.execute(_FILED, filed_in(period)):
        filed = moment(filed_at)
        yield DeskFacts(
            number=number,
            filed_at=filed,
            due_at=due(clock, filed),
            unit_at=moment_or_none(unit_at),
            ended_at=moment_or_none(ended_at),
        )


def sent_at_once(connection: Driver, period: Period) -> int:
    """How many of what was filed in a period a rule sent to a unit in the same moment."""
    (count,) = connection.execute(_AT_ONCE, filed_in(period)).fetchone()
    return int(count)


def numbers_sent_at_once(connection: Driver, period: Period) -> list[str]:
    """Which they are."""
    return [number for (number,) in connection.execute(_NUMBERS_AT_ONCE, filed_in(period))]


def objections(connection: Driver, period: Period) -> list[bool | None]:
    """Of every objection of a period: upheld, refused, or None where nobody decided it (yet)."""
    return [upheld for _, upheld in objected(connection, period)]


def objected(connection: Driver, period: Period) -> list[tuple[str, bool | None]]:
    """Every objection of a period by its ticket."""
    bounds = micros(period.begin), micros(period.end)
    numbers = [number for (number,) in connection.execute(_OBJECTED, bounds)]
    found: list[tuple[str, bool | None]] = []
    for begin in range(0, len(numbers), AT_ONCE):
        rows = connection.execute(_DECISIONS, (as_json(numbers[begin : begin + AT_ONCE]),)).fetchall()
        for number, steps in _by_ticket(rows).items():
            found += ((number, upheld) for upheld in _upheld(steps, *bounds))
    return found


def _upheld(steps: list[Row], begin: int, end: int) -> Iterator[bool | None]:
    """Sending a ticket that a unit returned to another one upholds the objection, whatever that was called."""
    said = [(seq, at, action, _read_decided(data)) for seq, at, action, data in steps]
    undone = {decided.undone for _, _, _, decided in said if decided.undone is not None}
    open_, counts = False, False
    for seq, at, action, decided in said:
        if decided.undone is not None or seq in undone:
            continue
        if action == "object":
            open_, counts = True, begin <= at < end
            continue
        if not open_ or (action == "decide" and decided.matter != "objection"):
            continue
        open_ = False
        if counts and action in ("decide", "dispatch", "resume"):
            yield decided.accepted if action == "decide" else action == "dispatch"
    if open_ and counts:
        yield None


def spoken_of(
    connection: Driver, period: Period, above: Mapping[str, str], more: Where = ALL
) -> list[tuple[str, str, int, int]]:
    """Area, kind, how many tickets and of how many people, of what was filed in a period; nothing behind the wall.

    ``above`` maps areas to those they are counted in; ``more`` is what else must hold of a ticket.
    """
    sql = _SPOKEN_OF.format(more=more.sql)
    return connection.execute(sql, (as_json(above), *filed_in(period), *more.variables)).fetchall()


def points(connection: Driver, period: Period) -> list[tuple[float, float, str, str]]:
    """Latitude, longitude, area and kind of what was filed in a period where a point is known; nothing behind the
    wall."""
    return connection.execute(_POINTS, filed_in(period)).fetchall()


def happened(connection: Driver, action: Action, period: Period) -> int:
    """How often tickets were answered, re-opened or objected to in a period."""
    (count,) = connection.execute(_HAPPENED, (str(action), micros(period.begin), micros(period.end))).fetchone()
    return int(count)


def filed_in(period: Period) -> tuple[str, str, int, int]:
    """Bounds of numbers and of moments: a number begins with its day, which may be the next at midnight."""
    first, after = period.first - timedelta(days=1), period.after + timedelta(days=1)
    return f"{first:%y%m%d}", f"{after:%y%m%d}", micros(period.begin), micros(period.end)

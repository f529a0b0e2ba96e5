"""Who lost a race: one question per fence after a batch hit one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import AlreadyAnswered, AlreadyFired, Conflict, StoreError
from bot.message import Answer
from storage.codec import moment, reply_or_none
from storage.driver import Driver
from storage.many_rows import taken
from storage.rows import Rows
from storage.staff_rows import Row, StaffRows

# CROSS JOIN keeps the order: look up each key, never read the whole table.
_INBOX = (
    "SELECT i.channel, i.key, i.reply, i.answered_at, i.received_at FROM (VALUES {rows}) AS n"
    " CROSS JOIN inbox AS i ON i.channel = n.column1 AND i.key = n.column2"
)
_TURN = (
    "SELECT t.address, t.seq FROM (VALUES {rows}) AS n"
    " CROSS JOIN turn AS t ON t.address = n.column1 AND t.seq = n.column2"
)
_EVENT = (
    "SELECT e.ticket, e.seq FROM (VALUES {rows}) AS n"
    " CROSS JOIN ticket_event AS e ON e.ticket = n.column1 AND e.seq = n.column2"
)
_FIRED = (
    "SELECT f.kind, f.subject, f.level, f.due_at FROM (VALUES {rows}) AS n CROSS JOIN fired AS f"
    " ON f.kind = n.column1 AND f.subject = n.column2 AND f.level = n.column3 AND f.due_at = n.column4"
)
_TOLD = "SELECT f.note FROM (VALUES {rows}) AS n CROSS JOIN told_note AS f ON f.note = n.column1"
_STAFF_EVENT = (
    "SELECT e.staff, e.seq FROM (VALUES {rows}) AS n"
    " CROSS JOIN staff_event AS e ON e.staff = n.column1 AND e.seq = n.column2"
)
_SPECIAL_EVENT = (
    "SELECT e.number, e.seq FROM (VALUES {rows}) AS n"
    " CROSS JOIN special_event AS e ON e.number = n.column1 AND e.seq = n.column2"
)
_HOLD_STEP = (
    "SELECT h.id, h.seq FROM (VALUES {rows}) AS n CROSS JOIN hold_step AS h ON h.id = n.column1 AND h.seq = n.column2"
)
_USE = "SELECT u.digest FROM (VALUES {rows}) AS n CROSS JOIN invitation_use AS u ON u.digest = n.column1"
_ADDRESS = "SELECT a.address, a.staff FROM (VALUES {rows}) AS n CROSS JOIN staff_address AS a ON a.address = n.column1"


@dataclass(slots=True)
class Sifted:
    """What is left of a group: who lost and why, who may go at once, and who must wait for those to be written."""

    lost: dict[int, StoreError] = field(default_factory=dict)
    rest: list[int] = field(default_factory=list)
    later: list[int] = field(default_factory=list)


def stored_answer(reply: str | None, answered_at: int | None, received_at: int) -> Answer:
    """The answer in an inbox row."""
    return Answer(reply_or_none(reply), moment(received_at if answered_at is None else answered_at))


def sift(connection: Driver, group: Sequence[Rows]) -> Sifted:
    """Sort a group of change-sets, by their place in it.

    A copy of an answered message gets that answer whatever else it lost. Of two that hit the same fence inside the
    group the first goes on and the second waits, and is judged when the first is written.
    """
    found: set[tuple[str, Row]] = set()
    answers: dict[Row, Answer] = {}
    for row in taken(connection, _INBOX, [r.inbox[:2] for r in group if r.inbox is not None]):
        answers[row[:2]] = stored_answer(*row[2:])
    for name, sql, keys in (
        ("turn", _TURN, [r.turn[:2] for r in group if r.turn is not None]),
        ("event", _EVENT, [event[:2] for r in group for event in r.events]),
        ("special", _SPECIAL_EVENT, [event[:2] for r in group if r.special is not None for event in r.special.events]),
        ("hold", _HOLD_STEP, [s[:2] for r in group if r.abuse is not None for s in r.abuse.steps]),
        ("fired", _FIRED, [r.fired[:4] for r in group if r.fired is not None]),
        ("told", _TOLD, [row[1:] for r in group for row in r.folded]),
    ):
        found.update((name, row) for row in taken(connection, sql, keys))
    of_staff = [r.staff for r in group if r.staff is not None]
    found.update(("staff", row) for row in taken(connection, _STAFF_EVENT, [e[:2] for r in of_staff for e in r.events]))
    found.update(("use", row) for row in taken(connection, _USE, [use[:1] for r in of_staff for use in r.uses]))
    held = [(address,) for r in of_staff for addresses in r.addresses.values() for address in addresses]
    owners: dict[str, str] = dict(taken(connection, _ADDRESS, held))
    sifted = Sifted()
    ahead: set[tuple[str, Row]] = set()
    for place, rows in enumerate(group):
        fences = _fences(rows)
        if rows.inbox is not None and (answer := answers.get(rows.inbox[:2])) is not None:
            sifted.lost[place] = AlreadyAnswered(answer)
        elif rows.fired is not None and ("fired", rows.fired[:4]) in found:
            sifted.lost[place] = AlreadyFired()
        elif not found.isdisjoint(fences) or _owned_by_others(rows.staff, owners):
            sifted.lost[place] = Conflict()
        elif not ahead.isdisjoint(fences):
            sifted.later.append(place)
        else:
            ahead.update(fences)
            sifted.rest.append(place)
    return sifted


def _fences(rows: Rows) -> list[tuple[str, Row]]:
    fences: list[tuple[str, Row]] = [("event", event[:2]) for event in rows.events]
    if rows.inbox is not None:
        fences.append(("inbox", rows.inbox[:2]))
    if rows.turn is not None:
        fences.append(("turn", rows.turn[:2]))
    if rows.fired is not None:
        fences.append(("fired", rows.fired[:4]))
    if rows.folded:
        fences += [("told", row[1:]) for row in rows.folded]
    if rows.staff is not None:
        fences += _fences_of_staff(rows.staff)
    if rows.abuse is not None:
        fences += [("hold", step[:2]) for step in rows.abuse.steps]
    if rows.special is not None:
        fences += [("special", event[:2]) for event in rows.special.events]
    return fences


def _fences_of_staff(rows: StaffRows) -> list[tuple[str, Row]]:
    fences: list[tuple[str, Row]] = [("staff", event[:2]) for event in rows.events]
    fences += [("use", use[:1]) for use in rows.uses]
    fences += [("address", (address,)) for held in rows.addresses.values() for address in held]
    return fences


def _owned_by_others(rows: StaffRows | None, owners: Mapping[str, str]) -> bool:
    """Whether an address belongs to somebody whom this change-set leaves as they are."""
    if rows is None:
        return False
    return any(owners.get(a, id_) not in rows.addresses for id_, held in rows.addresses.items() for a in held)

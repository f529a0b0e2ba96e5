"""Taking a person's numbers and names out of the words of their tickets, wherever those stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from bot.domain.blotting import blotted
from storage.codec import as_json, read_json
from storage.driver import Driver

_ID = re.compile(r"[0-9a-f]{16,64}")
_TICKET = "SELECT text, place_name, place_address, work FROM ticket WHERE number = ?"
_TICKET_SET = "UPDATE ticket SET text = ?, place_name = ?, place_address = ?, work = ? WHERE number = ?"
_EVENTS = "SELECT seq, actor, data FROM ticket_event WHERE ticket = ?"
_EVENT_SET = "UPDATE ticket_event SET data = ? WHERE ticket = ? AND seq = ?"
_OTHERS = (  # what is read by the ticket's number, and written by the rest of the key
    (
        "SELECT words, round, party FROM review WHERE ticket = ? AND words <> ''",
        "UPDATE review SET words = ? WHERE ticket = ? AND round = ? AND party = ?",
    ),
    (
        "SELECT text, round FROM finding WHERE ticket = ? AND text <> ''",
        "UPDATE finding SET text = ? WHERE ticket = ? AND round = ?",
    ),
)
_HEARD = (
    "SELECT x.words, x.attachment FROM transcript AS x JOIN attachment AS a ON a.id = x.attachment"
    " WHERE a.ticket = ? AND a.ticket <> '' AND x.words <> ''"
)
_HEARD_SET = "UPDATE transcript SET words = ? WHERE attachment = ?"


def blot_tickets(
    connection: Driver, address: str, tickets: Mapping[str, str], own: Collection[str], names: Collection[str]
) -> None:
    """Take numbers and these names out of tickets, inside the transaction that is open.

    ``tickets`` maps their numbers to what takes the place of the address. Of tickets that are not the person's ``own``
    only what they said themselves is touched. A ticket that has nothing of it is not written.
    """
    for number, pseudonym in tickets.items():
        whole = number in own
        _blot_events(connection, number, address, pseudonym, whole, names)
        if whole:
            _blot_ticket(connection, number, names)


def address_in(address: str) -> re.Pattern[str]:
    """Where an address stands in a text; that of somebody whose id begins or ends like it is another."""
    return re.compile(rf"(?<![0-9A-Za-z_-]){re.escape(address)}(?![0-9A-Za-z_-])")


def changed_json(value: Any, change: Callable[[str], str]) -> Any:
    """Any JSON with its texts changed."""
    match value:
        case str():
            return change(value)
        case list():
            return [changed_json(each, change) for each in value]
        case dict():
            return {key: changed_json(each, change) for key, each in value.items()}
        case _:
            return value


def _blotting(names: Collection[str]) -> Callable[[str], str]:
    """Takes numbers and names out of a text; ids are left alone."""
    return lambda text: text if _ID.fullmatch(text) else blotted(text, names)


def _blot_ticket(connection: Driver, number: str, names: Collection[str]) -> None:
    row = connection.execute(_TICKET, (number,)).fetchone()
    if row is not None:
        *texts, work = row
        after = [None if text is None else blotted(text, names) for text in texts]
        after.append(None if work is None else as_json(changed_json(read_json(work), _blotting(names))))
        if after != [*texts, None if work is None else as_json(read_json(work))]:
            connection.execute(_TICKET_SET, (*after, number))
    for read, write in _OTHERS:
        for words, *key in connection.execute(read, (number,)).fetchall():
            if (new := blotted(words, names)) != words:
                connection.execute(write, (new, number, *key))
    for words, attachment in connection.execute(_HEARD, (number,)).fetchall():
        if (new := blotted(words, names)) != words:
            connection.execute(_HEARD_SET, (new, attachment))


def _blot_events(
    connection: Driver, number: str, address: str, pseudonym: str, whole: bool, names: Collection[str]
) -> None:
    standing, blot = address_in(address), _blotting(names)
    for seq, actor, data in connection.execute(_EVENTS, (number,)).fetchall():
        before = read_json(data)
        said = whole or address in (actor, before.get("by"))
        after = changed_json(before, lambda text: standing.sub(pseudonym, text))
        if said:
            after = changed_json({key: value for key, value in after.items() if key != "contact"}, blot)
        if after != before:
            connection.execute(_EVENT_SET, (as_json(after), number, seq))

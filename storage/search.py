"""Finding tickets by what is written in them, and keeping the index that makes it quick.

Filing only notes that an event brought words (`search_queue`). `index_words` makes terms of them later, many at once.
The index knows which tickets hold which terms; whether the words stand in a ticket is looked up in the ticket itself,
so an index that knows too much finds nothing wrong.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

from bot.domain import search as terms
from bot.domain.ticket import Ticket
from bot.domain.words import fold
from bot.ports import Wanted
from storage.codec import read_json
from storage.schema import ENDING
from storage.staff_rows import Row
from storage.values import TICKET, ticket_of
from storage.wanted import Where, conditions

CANDIDATES = 4000
"""So many tickets that may hold the words are looked at for one answer."""

UNINDEXED = 500
"""So many tickets, the newest ones, are looked through for a single character, which no term stands for."""

_NUMBER = "printf('%06d-%0*d', c.place / 10000000000, c.place / 1000000000 % 10, c.place % 1000000000)"
_MATCHING = (
    "(SELECT rowid AS place FROM search_words WHERE search_words MATCH ? AND rowid < ? ORDER BY rowid DESC"
    f" LIMIT {CANDIDATES})"
)
_NEWEST = f"(SELECT number FROM ticket WHERE number < ? ORDER BY number DESC LIMIT {UNINDEXED})"
_AFTER_ALL = 2**62
_EVENTS = "SELECT data FROM ticket_event WHERE ticket = ?"
_QUEUE = "SELECT id, ticket, seq FROM search_queue ORDER BY id LIMIT ?"
_EVENT = "SELECT data FROM ticket_event WHERE ticket = ? AND seq = ?"
_TICKET = f"SELECT {TICKET} FROM ticket AS t WHERE t.number = ?"
_INDEX = "INSERT INTO search_words (rowid, terms) VALUES (?, ?)"
_DONE = "DELETE FROM search_queue WHERE id <= ?"


def index_words(connection: sqlite3.Connection, limit: int) -> int:
    """Make terms of what was noted first, inside the transaction that is open. Returns how many events that were."""
    queue = connection.execute(_QUEUE, (limit,)).fetchall()
    if not queue:
        return 0
    texts: dict[str, list[str]] = {}
    for _, number, seq in queue:
        texts.setdefault(number, []).extend(_said(connection.execute(_EVENT, (number, seq)).fetchone()))
    rows = []
    for number, said in texts.items():
        place, row = terms.place(number), connection.execute(_TICKET, (number,)).fetchone()
        if place is not None and row is not None:
            rows.append((place, " ".join(terms.terms("\n".join((*_own(ticket_of(row)), *said))))))
    # In the order of their places: the index writes a new segment whenever it must go back. A ticket that is there
    # already only gains terms.
    connection.executemany(_INDEX, sorted(rows))
    connection.execute(_DONE, (queue[-1][0],))
    return len(queue)


def found(connection: sqlite3.Connection, words: str, wanted: Wanted, limit: int, before: int | None) -> list[Ticket]:
    """Tickets in which all these words are written, newest first."""
    asked = terms.wanted(words)
    if not asked:
        return []
    holding = (ticket for ticket in _candidates(connection, asked, wanted, before) if _holds(connection, ticket, asked))
    return list(islice(holding, limit))


def _candidates(
    connection: sqlite3.Connection, asked: tuple[str, ...], wanted: Wanted, before: int | None
) -> Iterator[Ticket]:
    """Wanted tickets that may hold the words, newest first."""
    must = conditions(wanted)
    known = terms.wanted_terms(asked)
    if known:
        match = " ".join(f'"{term}"' for term in known)
        sql = f"SELECT {TICKET} FROM {_MATCHING} AS c CROSS JOIN ticket AS t ON t.number = {_NUMBER} WHERE {must.sql}"
        first: Row = (match, _AFTER_ALL if before is None else before)
    else:
        sql = f"SELECT {TICKET} FROM {_NEWEST} AS c CROSS JOIN ticket AS t ON t.number = c.number WHERE {must.sql}"
        first = ("~" if before is None else terms.number_at(before),)
    for row in connection.execute(sql, (*first, *must.variables)):
        yield ticket_of(row)


def _holds(connection: sqlite3.Connection, ticket: Ticket, asked: tuple[str, ...]) -> bool:
    """Whether every word stands in the ticket, or in what was said about it later."""
    text = fold("\n".join(_own(ticket)))
    missing = [word for word in asked if word not in text]
    if not missing:
        return True
    later = (text for row in connection.execute(_EVENTS, (ticket.number,)).fetchall() for text in _said(row))
    text = fold("\n".join(later))
    return all(word in text for word in missing)


def _own(ticket: Ticket) -> tuple[str, ...]:
    """What is written in a ticket, and what it is called."""
    place = ticket.place
    where = (place.name, place.address) if place is not None else ()
    return (ticket.text, ticket.alias, ticket.number, *where)


def _said(row: Row | None) -> tuple[str, ...]:
    """The words that an event brought: its ``text``."""
    text = None if row is None else read_json(row[0]).get("text")
    return (text,) if isinstance(text, str) else ()


def ending(connection: sqlite3.Connection, digits: str, wanted: Wanted, limit: int) -> list[Ticket]:
    """Open tickets whose number ends with these digits, the newest first."""
    must = conditions(wanted) & Where("replace(t.number, '-', '') LIKE ?", (f"%{digits}",))
    sql = (
        f"SELECT {TICKET} FROM ticket AS t INDEXED BY ix_ticket_ending WHERE {ENDING} = ? AND t.closed_at IS NULL"
        f" AND {must.sql} ORDER BY t.number DESC LIMIT ?"
    )
    return [ticket_of(row) for row in connection.execute(sql, (digits[-3:], *must.variables, limit)).fetchall()]

"""Finding tickets by what is written in them, and keeping the index that makes it quick.

Filing writes nothing for it: what the index knows ends at a mark, and `index_words` makes terms of what comes behind
it, many tickets at once; only later events that bring words are noted (`search_queue`). The index knows which tickets
hold which terms; whether the words stand in a ticket is looked up in the ticket itself, so an index that knows too much
finds nothing wrong.
"""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain import search as terms
from bot.domain.masking import masked
from bot.domain.ticket import Ticket
from bot.domain.words import fold
from bot.ports import Wanted
from storage.codec import read_json, read_work
from storage.driver import Driver
from storage.schema import ENDING
from storage.staff_rows import Row
from storage.values import TICKET, ticket_of
from storage.wanted import Where, conditions

CANDIDATES = 2000
"""So many tickets that may hold the words are looked at for one answer, to see whether they are wanted."""

REFUSED = 300
"""After so many that are wanted and yet do not hold the words, it is given up."""

UNINDEXED = 500
"""So many tickets, the newest ones, are looked through for a single character, which no term stands for."""

_NUMBER = "printf('%06d-%0*d', c.place / 10000000000, c.place / 1000000000 % 10, c.place % 1000000000)"
_MATCHING = (
    "(SELECT rowid AS place FROM search_words WHERE search_words MATCH ? AND rowid < ? ORDER BY rowid DESC"
    f" LIMIT {CANDIDATES})"
)
_NEWEST = f"(SELECT number FROM ticket WHERE number < ? ORDER BY number DESC LIMIT {UNINDEXED})"
_BY_PLACE, _BY_NUMBER = " /* by c.place */", " /* by c.number */"  # SQLite walks the candidates in their own order
_AFTER_ALL = 2**62
_EVENTS = "SELECT data FROM ticket_event WHERE ticket = ? AND instr(data, '\"text\"') > 0"  # most brought no words
_MARK = "SELECT tickets FROM search_mark WHERE id = 1"
_MARKED = "INSERT INTO search_mark (id, tickets) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET tickets = ?1"
_FILED = f"SELECT {TICKET}, t.rowid FROM ticket AS t WHERE t.rowid > ? ORDER BY t.rowid LIMIT ?"
_TICKET = f"SELECT {TICKET} FROM ticket AS t WHERE t.number = ?"
_QUEUE = (
    "SELECT q.id, q.ticket, e.data FROM search_queue AS q LEFT JOIN ticket_event AS e"
    " ON e.ticket = q.ticket AND e.seq = q.seq ORDER BY q.id LIMIT ?"
)
_INDEX = "INSERT INTO search_words (rowid, terms) VALUES (?, ?)"
_DONE = "DELETE FROM search_queue WHERE id = ?"  # one with a lower id may come later, where several write


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the index does not know yet: terms by place, and up to where they go from where.

    ``tickets`` is the mark before and after, ``noted`` the ids of `search_queue` that are done.
    """

    rows: tuple[tuple[int, str], ...] = ()
    tickets: tuple[int, int] = (0, 0)
    noted: tuple[int, ...] = ()
    texts: int = 0


def fresh_words(connection: Driver, limit: int) -> Fresh:
    """Terms of what was written first, ``limit`` texts at most."""
    mark = _mark(connection)
    filed = connection.execute(_FILED, (mark, limit)).fetchall()
    queue = connection.execute(_QUEUE, (limit - len(filed),)).fetchall()
    texts = {str(row[0]): [_own(row)] for row in filed}
    for _, number, data in queue:
        if number not in texts:
            row = connection.execute(_TICKET, (number,)).fetchone()  # its words may be others since
            texts[number] = [] if row is None else [_own(row)]
        texts[number].append(_said(data))
    places = ((terms.place(number), said) for number, said in texts.items())
    rows = sorted((place, " ".join(terms.terms("\n".join(said)))) for place, said in places if place is not None)
    after = filed[-1][-1] if filed else mark
    return Fresh(tuple(rows), (mark, after), tuple(row[0] for row in queue), len(filed) + len(queue))


def index_words(connection: Driver, fresh: Fresh) -> int:
    """Put terms into the index, inside the transaction that is open. Returns of how many texts they are.

    0 when the mark is not where it was, or nothing is left in the queue: somebody else has done it. Rows are in the
    order of their places, for the index begins a new segment whenever it must go back. A ticket that it knows already
    only gains terms.
    """
    before, after = fresh.tickets
    if before != _mark(connection):
        return 0
    left = sum(connection.execute(_DONE, (id_,)).rowcount for id_ in fresh.noted)
    if not left and before == after:
        return 0
    connection.executemany(_INDEX, fresh.rows)
    if after != before:
        connection.execute(_MARKED, (after,))
    return fresh.texts


def _mark(connection: Driver) -> int:
    row = connection.execute(_MARK).fetchone()
    return 0 if row is None else int(row[0])


def found(connection: Driver, words: str, wanted: Wanted, limit: int, before: int | None) -> list[Ticket]:
    """Tickets in which all these words are written, newest first."""
    asked = terms.wanted(words)
    tickets: list[Ticket] = []
    refused = 0
    for row in _candidates(connection, asked, wanted, before) if asked else ():
        if len(tickets) >= limit or refused >= REFUSED:
            break
        if _holds(connection, row, asked):
            tickets.append(ticket_of(row))
        else:
            refused += 1
    return tickets


def _candidates(connection: Driver, asked: tuple[str, ...], wanted: Wanted, before: int | None) -> Iterable[Row]:
    """Rows of wanted tickets that may hold the words, newest first."""
    must = conditions(wanted)
    known = terms.wanted_terms(asked)
    if known:
        match = " ".join(f'"{term}"' for term in known)
        both = f"{_MATCHING} AS c CROSS JOIN ticket AS t ON t.number = {_NUMBER}"
        sql = f"SELECT {TICKET} FROM {both} WHERE {must.sql}{_BY_PLACE}"
        first: Row = (match, _AFTER_ALL if before is None else before)
    else:
        both = f"{_NEWEST} AS c CROSS JOIN ticket AS t ON t.number = c.number"
        sql = f"SELECT {TICKET} FROM {both} WHERE {must.sql}{_BY_NUMBER}"
        first = ("~" if before is None else terms.number_at(before),)
    return connection.execute(sql, (*first, *must.variables))


def _holds(connection: Driver, row: Row, asked: tuple[str, ...]) -> bool:
    """Whether every word stands in the ticket, or in what was said about it later."""
    text = fold(_own(row))
    missing = [word for word in asked if word not in text]
    if not missing:
        return True
    text = fold("\n".join(_said(data) for (data,) in connection.execute(_EVENTS, row[:1]).fetchall()))
    return all(word in text for word in missing)


def _own(row: Row) -> str:
    """What is written in a ticket, from its row, as staff are shown it at first: nobody finds out by searching what
    is masked there. And what it is called."""
    number, alias, text, place, address, work = row[0], row[3], row[9], row[12], row[14], row[29]
    summary = read_work(work).summary if work is not None and "summary" in work else ""
    return "\n".join((masked(text), alias, number, place or "", masked(address or ""), masked(summary)))


def _said(data: str | None) -> str:
    """The words that an event brought: its ``text``."""
    text = None if data is None else read_json(data).get("text")
    return masked(text) if isinstance(text, str) else ""


def said_of(connection: Driver, number: str) -> str:
    """All that is written in a ticket now, as the index knows it; "" for a ticket that is not there."""
    row = connection.execute(_TICKET, (number,)).fetchone()
    if row is None:
        return ""
    return "\n".join((_own(row), *(_said(data) for (data,) in connection.execute(_EVENTS, (number,)).fetchall())))


def ending(connection: Driver, digits: str, wanted: Wanted, limit: int) -> list[Ticket]:
    """Open tickets whose number ends with these digits, the newest first."""
    must = conditions(wanted) & Where("replace(t.number, '-', '') LIKE ?", (f"%{digits}",))
    sql = (
        f"SELECT {TICKET} FROM ticket AS t INDEXED BY ix_ticket_ending WHERE {ENDING} = ? AND t.closed_at IS NULL"
        f" AND {must.sql} ORDER BY t.number DESC LIMIT ?"
    )
    return [ticket_of(row) for row in connection.execute(sql, (digits[-3:], *must.variables, limit)).fetchall()]

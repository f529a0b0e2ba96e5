"""Tickets of a span, part by part, for tables."""

# ruff: noqa: S608  # only names of columns are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.domain.review import FILER
from bot.ports.export_questions import Exported
from storage.codec import micros
from storage.driver import Driver, Questions
from storage.values import TICKET, ticket_of

CENTURY = 2000

_PART = (
    f"SELECT {TICKET} FROM ticket AS t WHERE t.number > ? AND t.number < ? AND t.filed_at >= ? AND t.filed_at < ?"
    " ORDER BY t.number LIMIT ?"
)
_SAID = (
    "SELECT ticket, verdict, rating FROM review WHERE ticket >= ? AND ticket <= ? AND party = ? ORDER BY ticket, round"
)
_COUNT = "SELECT count(*) FROM ticket WHERE number > ? AND number < ? AND filed_at >= ? AND filed_at < ?"


class ExportReader:
    """`bot.ports.export_questions.ExportQuestions` on SQLite."""

    _readers: Questions

    async def exported(self, since: datetime, until: datetime, after: str, limit: int) -> Sequence[Exported]:
        """Tickets filed in a span, by number, those behind a number."""
        return await self._readers.ask(partial(_part, since=since, until=until, after=after, limit=limit))

    async def export_count(self, since: datetime, until: datetime) -> int:
        """How many tickets were filed in a span."""
        ((count,),) = await self._readers.rows(_COUNT, (*_numbers(since, until), micros(since), micros(until)))
        return int(count)


def _part(connection: Driver, since: datetime, until: datetime, after: str, limit: int) -> list[Exported]:
    first, last = _numbers(since, until)
    span = (max(after, first), last, micros(since), micros(until), limit)
    tickets = [ticket_of(row) for row in connection.execute(_PART, span).fetchall()]
    if not tickets:
        return []
    said = connection.execute(_SAID, (tickets[0].number, tickets[-1].number, FILER)).fetchall()
    last_said = {ticket: (verdict, rating) for ticket, verdict, rating in said}
    return [Exported(ticket, *last_said.get(ticket.number, ("", None))) for ticket in tickets]


def _numbers(since: datetime, until: datetime) -> tuple[str, str]:
    """Numbers begin with the day of filing in the town, as yymmdd, which is at most a day from that in UTC."""
    first, last = since - timedelta(days=1), until + timedelta(days=2)
    return f"{first:%y%m%d}" if first.year >= CENTURY else "", f"{last:%y%m%d}" if last.year < CENTURY + 100 else ":"

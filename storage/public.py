"""Finding tickets that anybody may read. Few are: they have an index of their own."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from math import cos, radians

from bot.domain.place import distance_m
from bot.domain.public import PUBLIC_STEPS, public_point
from bot.domain.ticket import Ticket
from bot.ports import Released
from storage.codec import micros, moment
from storage.driver import Driver, Questions
from storage.schema import RELEASED
from storage.values import TICKET, ticket_of
from storage.wanted import Where

_STEPS = ", ".join(f"'{action}'" for action in sorted(PUBLIC_STEPS))
_LAST = f"SELECT max(e.at) FROM ticket_event AS e WHERE e.ticket = t.number AND e.action IN ({_STEPS})"
_UPDATED = f"coalesce(({_LAST}), t.filed_at)"
_DEGREE_M = 111_195.0
_SLACK = 0.001
"""Degrees by which the box around a circle is larger than it: points are shown rounded."""


class PublicReader:
    """`bot.ports.PublicQuestions` on SQLite."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers

    async def released(self, wanted: Released) -> Sequence[tuple[Ticket, datetime]]:
        """Tickets of which a masked copy was released, each with its last step that anybody may know of."""
        if not wanted.kinds or wanted.numbers == ():
            return []
        return await self._readers.ask(partial(_found, wanted=wanted))


def _found(connection: Driver, wanted: Released) -> list[tuple[Ticket, datetime]]:
    where = _conditions(wanted)
    source = "ticket AS t" if wanted.numbers is not None else "ticket AS t INDEXED BY ix_ticket_released"
    paged = "" if wanted.near else f" LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}"
    sql = f"SELECT {TICKET}, {_UPDATED} FROM {source} WHERE {where.sql} ORDER BY t.filed_at DESC, t.number DESC{paged}"
    rows = connection.execute(sql, where.variables)
    found: Iterator[tuple[Ticket, datetime]] = ((ticket_of(row[:-1]), moment(row[-1])) for row in rows)
    if wanted.near:
        found = (each for each in found if _near(each[0], wanted.near))
        found = islice(found, wanted.offset, wanted.offset + wanted.limit)
    return list(found)


def _conditions(wanted: Released) -> Where:
    must = [Where(f"{RELEASED.replace('work', 't.work')} AND NOT t.walled AND NOT t.hidden AND t.kept_from IS NULL")]
    for column, values in (("t.kind", wanted.kinds), ("t.number", wanted.numbers)):
        if values is not None:
            must.append(Where(f"{column} IN ({', '.join('?' * len(values))})", values))
    if wanted.ended is not None:
        must.append(Where(f"t.closed_at IS {'NOT ' if wanted.ended else ''}NULL"))
    for sql, at in (
        ("t.filed_at >= ?", wanted.since),
        ("t.filed_at < ?", wanted.until),
        (f"{_UPDATED} >= ?", wanted.updated_since),
        (f"{_UPDATED} < ?", wanted.updated_until),
    ):
        if at is not None:
            must.append(Where(sql, (micros(at),)))
    if wanted.near is not None:
        latitude, longitude, metres = wanted.near
        north = metres / _DEGREE_M + _SLACK
        east = north / max(cos(radians(min(abs(latitude) + north, 89.9))), 0.01)
        must.append(Where("t.latitude BETWEEN ? AND ?", (latitude - north, latitude + north)))
        must.append(Where("t.longitude BETWEEN ? AND ?", (longitude - east, longitude + east)))
    return Where(" AND ".join(each.sql for each in must), tuple(v for each in must for v in each.variables))


def _near(ticket: Ticket, near: tuple[float, float, float]) -> bool:
    point = public_point(ticket.place)
    return point is not None and distance_m(point, near[:2]) <= near[2]

"""Finding tickets that may be the same matter.

An index has the tickets of an area and a kind in the order of their filing, and which of them have ended, so the places
of the newest open ones are found without reading one ticket. What is needed of those hardly ever changes; it is read
once and kept for a while, so that in a storm, when everybody writes of the same, nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.people import Address
from bot.domain.words import fold
from bot.ports.alike import Nearby
from storage.codec import micros
from storage.driver import Questions

KEPT = 20_000
"""So many tickets are kept in memory; those that were read first go first."""

LENGTH = 120
"""Characters of a ticket's words that are compared."""

WALKED = 2_000
"""So many entries of the index are walked past, those of ended tickets among them."""

_PLACES = (
    "SELECT group_concat(id) FROM (SELECT id FROM (SELECT t.rowid AS id, t.closed_at AS closed FROM ticket AS t"
    " INDEXED BY ix_ticket_place WHERE t.area = ? AND t.kind = ? AND t.filed_at >= ? ORDER BY t.filed_at DESC LIMIT ?)"
    " WHERE ? OR closed IS NULL LIMIT ?)"
)
_TICKETS = (
    "SELECT t.rowid, t.number, t.area, t.latitude, t.longitude, substr(t.text, 1, ?) FROM ticket AS t"
    " WHERE t.rowid IN (SELECT cast(value AS bigint) FROM json_each(?))"
)
_ROLE = "SELECT role FROM reporter WHERE ticket = ? AND address = ? AND role <> 'left'"


class AlikeReader:
    """`bot.ports.alike.AlikeQuestions` on SQLite."""

    _readers: Questions
    _near: dict[int, Nearby]

    async def nearby(
        self, area: str, kind: str, since: datetime, limit: int = 100, *, ended: bool = False
    ) -> Sequence[Nearby]:
        """The newest tickets of an area and a kind filed since a moment; see the port."""
        row = await self._readers.row(_PLACES, (area, kind, micros(since), WALKED, ended, limit))
        places = [] if row is None or row[0] is None else [int(place) for place in row[0].split(",")]
        known = self._near
        missing = [place for place in places if place not in known]
        found = {}
        if missing:
            rows = await self._readers.rows(_TICKETS, (LENGTH, f"[{','.join(map(str, missing))}]"))
            found = {row[0]: Nearby(row[1], row[2], row[3], row[4], fold(row[5])) for row in rows}
            # What has no words yet may be given some by staff.
            known.update((place, near) for place, near in found.items() if near.text)
            for _ in range(len(known) - KEPT):
                del known[next(iter(known))]
        both = (known.get(place) or found.get(place) for place in places)
        return [near for near in both if near is not None]

    async def role(self, address: Address, number: str) -> str:
        """What an address is to a ticket, "" for nothing."""
        row = await self._readers.row(_ROLE, (number, str(address)))
        return "" if row is None else str(row[0])

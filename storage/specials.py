"""Special cases: questions about what each is now, and about its life."""

# ruff: noqa: S608  # only names of columns are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.domain.special import Special, SpecialEvent, Step
from storage import schema_loop as t
from storage.codec import moment, read_json
from storage.driver import Questions
from storage.values import columns

_read = msgspec.json.Decoder(Special).decode

_SPECIAL = "SELECT body FROM special WHERE number = ?"
_SPECIALS = (
    "SELECT body FROM special WHERE json_extract(body, '$.state') <> 'closed' ORDER BY substr(number, 2) DESC LIMIT ?"
)
_EVENTS = f"SELECT {columns(t.special_event)} FROM special_event WHERE number = ? ORDER BY seq"


class SpecialReader:
    """`bot.ports.special_questions.SpecialQuestions` on SQLite."""

    _readers: Questions

    async def special(self, number: str) -> Special | None:
        """A special case as it is now."""
        row = await self._readers.row(_SPECIAL, (number,))
        return None if row is None else _read(row[0])

    async def specials(self, limit: int = 200) -> Sequence[Special]:
        """The newest special cases that are not closed."""
        return [_read(row[0]) for row in await self._readers.rows(_SPECIALS, (limit,))]

    async def special_events(self, number: str) -> Sequence[SpecialEvent]:
        """The life of a special case, oldest first."""
        rows = await self._readers.rows(_EVENTS, (number,))
        return [
            SpecialEvent(number, seq, moment(at), Step(step), by, read_json(data))
            for number, seq, at, step, by, data in rows
        ]

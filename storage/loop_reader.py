"""Questions about what follows an answer."""

# ruff: noqa: S608  # only names of columns are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from bot.changes import Link
from bot.domain.findings import Finding, What
from bot.domain.review import Review, Verdict
from bot.ports import Wanted
from storage import schema_loop as t
from storage.codec import moment, moment_or_none
from storage.driver import Questions, Row
from storage.values import columns
from storage.wanted import drawn_from

_REVIEWS = f"SELECT {columns(t.review)} FROM review WHERE ticket = ? ORDER BY round, party <> 'filer', party"
_LINKS = (
    "SELECT ticket, kind, other, actor, at FROM link WHERE ticket = ?1"
    " UNION ALL SELECT ticket, kind, other, actor, at FROM link WHERE other = ?1 ORDER BY at, ticket, other"
)
_FINDINGS = f"SELECT {columns(t.finding)} FROM finding WHERE ticket = ? ORDER BY round"
_read_files = msgspec.json.Decoder(tuple[str, ...]).decode


class LoopReader:
    """`bot.ports.reading.LoopQuestions` on SQLite."""

    _readers: Questions

    async def reviews(self, number: str) -> Sequence[Review]:
        """What people said of a ticket's answers, by round, the filer first."""
        return [review_of(row) for row in await self._readers.rows(_REVIEWS, (number,))]

    async def findings(self, number: str) -> Sequence[Finding]:
        """What supervisors found about a ticket's answers, by round."""
        return [
            Finding(ticket=row[0], round=row[1], what=What(row[2]), by=row[3], text=row[4], at=moment(row[6]))
            for row in await self._readers.rows(_FINDINGS, (number,))
        ]

    async def sampled(self, wanted: Wanted, seed: str, count: int) -> tuple[Sequence[str], int]:
        """The numbers of so many of these tickets, as `bot.domain.findings.drawn` draws them, and of how many."""
        return await self._readers.ask(partial(drawn_from, wanted=wanted, seed=seed, count=count))

    async def links(self, number: str) -> Sequence[Link]:
        """The links of a ticket, in both directions, the oldest first."""
        rows = await self._readers.rows(_LINKS, (number,))
        return [Link(ticket=row[0], kind=row[1], other=row[2], by=row[3], at=moment(row[4])) for row in rows]


def review_of(row: Row) -> Review:
    """A review from all columns of its table."""
    ticket, round_, party, address, verdict, finished, rating, words, files, actor, asked_at, at = row
    return Review(
        ticket=ticket,
        round=round_,
        party=party,
        address=address,
        verdict=Verdict(verdict),
        finished=finished,
        rating=rating,
        words=words,
        files=_read_files(files),
        by=actor,
        asked_at=moment_or_none(asked_at),
        at=moment(at),
    )

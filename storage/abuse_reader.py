"""Questions about holds and about messages that were put by."""

# ruff: noqa: S608  # only names of columns are put into the texts; values are variables
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from bot.domain.holds import LONGEST, Hold, Step
from bot.domain.people import Address
from bot.message import InboundMessage
from storage import schema_abuse as t
from storage.codec import micros, moment, moment_or_none
from storage.driver import Questions, Row
from storage.values import columns

FRESH = timedelta(seconds=5)
"""So long what was read of holds is believed: another process may have changed them."""

_H = columns(t.hold_step, "h")
_LAST = "NOT EXISTS (SELECT 1 FROM hold_step AS n WHERE n.id = h.id AND n.seq > h.seq)"
_NOW = f"SELECT {_H} FROM hold_step AS h WHERE h.until > ? AND h.address <> '' AND {_LAST} ORDER BY h.since, h.id"
_OF = f"SELECT {_H} FROM hold_step AS h WHERE h.address = ? AND {_LAST} ORDER BY h.since DESC, h.id"
_STEPS = f"SELECT {_H} FROM hold_step AS h WHERE h.id = ? ORDER BY h.seq"
_PUT_BY = "SELECT message FROM put_by WHERE address = ? ORDER BY id LIMIT ?"
_PUT_BY_WHOM = "SELECT DISTINCT address FROM put_by"


class AbuseReader:
    """`bot.ports.hold_questions.HoldQuestions` on any database."""

    _readers: Questions
    _held: Mapping[Address, Hold] | None = None
    _held_at: datetime | None = None
    _hold_commits = 0

    def forget_holds(self) -> None:
        """A hold was changed: read all of them again when they are asked for."""
        self._hold_commits += 1
        self._held = None

    async def hold(self, address: Address, at: datetime) -> Hold | None:
        """The hold of this person that is in force at a moment."""
        found = (await self._current(at)).get(address)
        return found if found is not None and found.lasts(at) else None

    async def holds(self, at: datetime) -> Sequence[Hold]:
        """Every hold in force at a moment, the oldest first."""
        return [hold for hold in (await self._current(at)).values() if hold.lasts(at)]

    async def holds_of(self, address: Address) -> Sequence[Hold]:
        """All holds there ever were of this person, the newest first."""
        return [_hold(row) for row in await self._readers.rows(_OF, (str(address),))]

    async def hold_steps(self, id_: str) -> Sequence[Hold]:
        """A hold after each of its steps, the first one first."""
        return [_hold(row) for row in await self._readers.rows(_STEPS, (id_,))]

    async def put_by(self, address: Address, limit: int) -> Sequence[InboundMessage]:
        """Messages of this person that wait for their turn, in the order in which they came."""
        rows = await self._readers.rows(_PUT_BY, (str(address), limit))
        return [msgspec.convert(json.loads(body), InboundMessage) for (body,) in rows]

    async def put_by_addresses(self) -> Sequence[Address]:
        """Whose messages wait for their turn."""
        return [Address.parse(address) for (address,) in await self._readers.rows(_PUT_BY_WHOM)]

    async def _current(self, at: datetime) -> Mapping[Address, Hold]:
        """Holds by person, as they were read a moment ago; of two of one person the longer."""
        known, since = self._held, self._held_at
        if known is not None and since is not None and -LONGEST < at - since < FRESH:
            return known
        commits = self._hold_commits
        rows = [_hold(row) for row in await self._readers.rows(_NOW, (micros(at - FRESH),)) if row[_ENDED] is None]
        held = {hold.address: hold for hold in sorted(rows, key=lambda hold: (hold.until, hold.id))}
        found = {address: held[address] for address in sorted(held, key=lambda who: held[who].since)}
        if commits == self._hold_commits:  # else it may be older than what was committed meanwhile
            self._held, self._held_at = found, at
        return found


_ENDED = [column.name for column in t.hold_step.columns].index("ended_at")


def _hold(row: Row) -> Hold:
    """A hold from all columns of its table."""
    id_, seq, address, setter, reason, since, until, step, actor, at, text, appealed_at, ended_at = row
    return Hold(
        id=id_,
        seq=seq,
        address=Address.parse(address) if address else Address("erased", id_),
        by=setter,
        reason=reason,
        since=moment(since),
        until=moment(until),
        step=Step(step),
        actor=actor,
        at=moment(at),
        text=text,
        appealed_at=moment_or_none(appealed_at),
        ended_at=moment_or_none(ended_at),
    )

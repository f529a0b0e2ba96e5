"""Answers what waits in the spool: in order per person, each once, whatever was committed before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.changes import Changes
from bot.domain.people import Address
from bot.errors import StoreUnavailable, Unstorable
from bot.failpoints import reach
from bot.logs import frames
from bot.message import Answer, InboundMessage, Lane, Push
from bot.runtime.desk import NO_TRAITS, Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.spool import Entry, Spool

AT_ONCE = 16
"""People who are answered at the same time."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds until it is tried again when the database is still away; doubled each time."""

PATIENCE_SECONDS = 30.0
"""A turn that takes longer is given up for now."""

TRIES = 3
"""A message that breaks what answers it so often is set aside."""

LOOK_SECONDS = 30.0
"""Between two looks for what other processes left."""

_log = structlog.get_logger("minsheng.spool")


class SpoolAnswerer:
    """Tries the oldest message; when that goes well, everybody's, some people at a time."""

    def __init__(
        self, spool: Spool, dispatcher: Dispatcher, desk: Desk, committed: Callable[[Changes], None] | None = None
    ) -> None:
        """``committed`` hears of pushes, in the place of the desk's own."""
        self._committed = committed or desk.committed
        self._spool = spool
        self._dispatcher = dispatcher
        self._desk = desk
        self._pause = 0.0
        self._not_before = 0.0  # monotonic
        self._looked = 0.0
        self._turn_of = 0
        self._stopping = False

    def stop(self) -> None:
        """Begin with nobody else."""
        self._stopping = True

    def idle(self) -> float:
        """Seconds until it makes sense to try again."""
        if not self._spool:
            return LOOK_SECONDS
        return max(0.0, self._not_before - self._desk.clock.monotonic())

    async def once(self) -> int:
        """Answer what can be answered; how many messages were."""
        now = self._desk.clock.monotonic()
        if self._stopping or now < self._not_before:
            return 0
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            await self._spool.adopt()
            if not self._spool:
                await self._spool.restock()
        lines = self._spool.lines
        if not lines:
            return 0
        # Another person is tried first each time: one whose turn never ends stands in nobody else's way.
        first = lines.pop(self._turn_of % len(lines))
        self._turn_of += 1
        answered = await self._answer_line(first, 1)
        if not answered:
            return self._later()
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(address: Address) -> int:
            async with slots:
                return await self._answer_line(address)

        done = await asyncio.gather(*map(one, [first, *lines]))
        answered += sum(done)
        self._pause = self._not_before = 0.0
        self._turn_of = 0
        _log.info("the spool was answered", messages=answered, left=len(self._spool))
        if 0 in done[1:]:  # some could not be answered: not at once again
            self._not_before = self._desk.clock.monotonic() + FIRST_PAUSE
        return answered

    def _later(self) -> int:
        if not self._pause:
            _log.warning("nothing can be committed; messages wait in the spool", messages=len(self._spool))
        self._pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, self._pause * 2))
        self._not_before = self._desk.clock.monotonic() + self._pause
        return 0

    async def _answer_line(self, address: Address, most: int | None = None) -> int:
        """Answer a person's messages until none is left, or one cannot be answered now; how many were."""
        count = 0
        while count != most and not self._stopping and (entry := self._spool.first(address)) is not None:
            message = await self._spool.read(entry)
            if message is None:
                continue
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answer = await self._dispatcher.take(message, spooled=True)
                    await self._say(message, answer)
            except (StoreUnavailable, TimeoutError):
                break
            except Exception as error:
                if await self._failed(entry, error):
                    break
                continue
            reach("spool.answered")
            await self._spool.done(entry)
            count += 1
        return count

    async def _say(self, message: InboundMessage, answer: Answer) -> None:
        """Push an answer whose request is over. The key sees to it that it is said once."""
        desk, reply = self._desk, answer.reply
        traits = desk.traits.get(message.address.channel, NO_TRAITS)
        if reply is None or not traits.answers_at_once:
            return  # where answers are pushed anyway, it was pushed in the commit of the turn
        now = desk.clock.now()
        key = f"reply:{message.address.channel}:{message.key}"
        push = Push(key=key, address=message.address, reply=reply, created_at=now, lane=Lane.REPLY, ticket=reply.ticket)
        changes = Changes(at=now, pushes=[push])
        try:
            await desk.store.commit(changes)
        except Unstorable as error:
            _log.error("a late answer cannot be kept", where=frames(error))
            return
        self._committed(changes)

    async def _failed(self, entry: Entry, error: Exception) -> bool:
        """Whether the message stays, to be tried again."""
        entry.tries += 1
        self._desk.metrics.errors.labels("spool").inc()
        _log.error("a message of the spool breaks what answers it", tries=entry.tries, where=frames(error))
        if entry.tries < TRIES:
            return True
        await self._spool.set_aside(entry)
        return False

"""Asking Telegram for updates, for desks that have no public address."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from itertools import groupby

import structlog

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.decode import Decoded, update_id
from bot.channels.telegram.intake import Intake
from bot.errors import Malformed, StoreError
from bot.ports import Clock

LONG_POLL_SECONDS = 25
_FORGET_OFFSET_SECONDS = 86_400.0
_CONFLICT_HINT = (
    "somebody else gets this bot's updates: another desk with the same token, or a webhook that is still set"
    " (in polling mode `main.py channels setup` removes it)"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds to wait before asking again: after the store was away, after somebody else asked, after our token was
    refused, and after other failures (doubled each time, up to the longest)."""

    store: float = 2.0
    conflict: float = 30.0
    token: float = 60.0
    backoff: float = 1.0
    longest: float = 30.0


_WAITS = Waits()


class Polling:
    """Takes updates batch by batch. The offset moves, which is our word to Telegram, only past what is on disk.

    Each address has one message under way at a time; different addresses go side by side.
    """

    def __init__(
        self, channel: Telegram, intake: Intake, clock: Clock, seconds: int = LONG_POLL_SECONDS, waits: Waits = _WAITS
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._clock = clock
        self._seconds = seconds
        self._waits = waits
        self._offset: int | None = None
        self._moved_at = clock.monotonic()
        self._failures = 0
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Have `once` return soon, now and from now on; a batch in hand is finished."""
        self._stopped.set()

    async def run(self) -> None:
        """Repeat `once` until `stop`."""
        while not self._stopped.is_set():
            await self.once()

    async def once(self) -> int:
        """Ask once; how many updates are done. Waits by itself while Telegram or the store is away."""
        if self._stopped.is_set():
            return 0
        updates = await self._asked()
        if not updates:
            return 0
        done, behind = await self._taken(updates)
        if done is not None:
            self._offset = done + 1
            self._moved_at = self._clock.monotonic()
        elif not behind:
            await self._pause(self._waits.backoff)  # nothing in it was an update
        if behind:
            log.warning("telegram.store_away", updates=behind)
            await self._pause(self._waits.store)
        return len(updates) - behind

    async def _asked(self) -> list[object]:
        """The next updates; none when there are none, when asking failed, or when we are told to stop."""
        wire = self._channel.wire
        if wire is None:
            await self._pause(self._waits.backoff)
            return []
        if self._offset is not None and self._clock.monotonic() - self._moved_at > _FORGET_OFFSET_SECONDS:
            # After a week of silence Telegram goes on with a random number, which may be lower than our offset.
            # All that we saw is confirmed by now, so it is safe to ask for "whatever there is".
            self._offset = None
        asking = asyncio.ensure_future(wire.updates(self._offset, self._seconds))
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((asking, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not asking.done():
                asking.cancel()
        if asking.cancelled() or not asking.done():
            await asyncio.gather(asking, return_exceptions=True)
            return []
        return await self._answered(asking)

    async def _answered(self, asking: asyncio.Future[list[object]]) -> list[object]:
        from telegram.error import Conflict, TelegramError  # loaded already when we get here

        from bot.channels.telegram.wire import flooded_for, is_token_refused  # loaded already

        try:
            updates = asking.result()
        except Conflict as error:
            log.error("telegram.conflict", why=str(error), hint=_CONFLICT_HINT)
            await self._pause(self._waits.conflict)
        except TelegramError as error:
            if is_token_refused(error):
                log.error("telegram.token_refused", hint="take a new token from BotFather and restart")
                await self._pause(self._waits.token)
                return []
            self._failures += 1
            log.warning("telegram.not_reached", error=type(error).__name__, failures=self._failures)
            backoff = min(self._waits.longest, self._waits.backoff * 2 ** min(self._failures - 1, 10))
            await self._pause(max(flooded_for(error), backoff))
        else:
            self._failures = 0
            return updates
        return []

    async def _taken(self, updates: list[object]) -> tuple[int | None, int]:
        """The number up to which all is on disk (None: not even the first), and how many are behind it."""
        numbers: list[int] = []
        decoded: list[tuple[str, int, Decoded]] = []
        for update in updates:
            try:
                number = update_id(update)
            except Malformed:
                log.warning("telegram.update_unreadable")
                continue
            numbers.append(number)
            found = self._intake.read(update, json.dumps(update, ensure_ascii=True).encode())
            if found is not None:
                decoded.append((str(found.message.address), number, found))
        decoded.sort(key=lambda item: item[:2])
        results = await asyncio.gather(
            *(self._in_order(list(group)) for _, group in groupby(decoded, key=lambda item: item[0])),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        failed = min((result for result in results if isinstance(result, int)), default=None)
        done = [number for number in numbers if failed is None or number < failed]
        return max(done, default=None), len(numbers) - len(done)

    async def _in_order(self, person: list[tuple[str, int, Decoded]]) -> int | None:
        """One after the other; the number of the first that could not be stored."""
        for _, number, found in person:
            try:
                await self._intake.settle(found)
            except StoreError:
                return number
        return None

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return

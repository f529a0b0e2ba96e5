"""Fetches the files people sent, before the platform forgets them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes
from bot.errors import Conflict, Malformed, MediaUnavailable
from bot.failpoints import reach
from bot.logs import frames
from bot.message import Push, Reply
from bot.ports import Channel, Fetched, MediaStore, StoredMedia, Unfetchable
from bot.runtime.desk import Desk
from bot.runtime.leases import Tenure

AT_ONCE = 4
PATIENCE = 1.0
"""Seconds after which other files are looked for though some are still under way."""

FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 1800.0
REST = 10.0
"""Seconds."""

PROBLEMS = frozenset({"expired", "too_large", "refused", "unsupported", "broken_off"})
"""What may be wrong with a file; each has a text."""

LONGEST_TRY = timedelta(days=3)
"""Files without a deadline of their own are given up after so long."""


NOBODY_ELSE: Mapping[str, Tenure] = {}


@dataclass(frozen=True, slots=True)
class Speed:
    """What a download must keep to: seconds in all, seconds per piece, and bytes a second after a grace of seconds."""

    whole: float = 900.0
    piece: float = 30.0
    least: float = 4096.0
    grace: float = 20.0


_log = structlog.get_logger("minsheng.media_fetcher")


class MediaFetcher:
    """At most four files at a time, in pieces: memory stays bounded whatever arrives."""

    def __init__(
        self,
        desk: Desk,
        channels: Mapping[str, Channel],
        media: MediaStore,
        cap: Callable[[], int],
        speed: Speed | None = None,
        tenures: Mapping[str, Tenure] = NOBODY_ELSE,
    ) -> None:
        """``tenures``: the leases of channels; a channel's files are fetched by who sends there, for that worker alone
        has the channel's token."""
        self._desk = desk
        self._channels = channels
        self._media = media
        self._cap = cap
        self._speed = speed or Speed()
        self._tenures = tenures
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def once(self) -> int:
        """Begin what can be begun; how many were, or are still under way."""
        room = AT_ONCE - len(self._under_way)
        if room > 0:
            now = self._desk.clock.now()
            others = [name for name in self._tenures if not self._ours(name)]
            for record in await self._desk.store.pending_media(now, AT_ONCE + len(self._under_way), others):
                if record.id not in self._under_way and len(self._under_way) < AT_ONCE:
                    task = asyncio.get_running_loop().create_task(self._fetch(record))
                    self._under_way[record.id] = task
                    task.add_done_callback(partial(self._done, record.id))
        if not self._under_way:
            return 0
        under_way = len(self._under_way)
        await asyncio.wait(list(self._under_way.values()), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        return under_way

    def _ours(self, channel: str) -> bool:
        tenure = self._tenures.get(channel)
        return tenure is None or tenure.held() is not None

    def _done(self, id_: str, _task: asyncio.Task[None]) -> None:
        del self._under_way[id_]

    async def drain(self, seconds: float) -> None:
        """Wait for what is under way, at most so long; what is cut off is fetched again after the next start."""
        if self._under_way:
            _, late = await asyncio.wait(list(self._under_way.values()), timeout=seconds)
            for task in late:
                task.cancel()

    async def _fetch(self, record: AttachmentRecord) -> None:
        try:
            result = await self._fetched(record)
        except Exception as error:
            result = self._broken(record, error)
        if not self._ours(record.address.channel):
            self._desk.metrics.fences.labels("fetch").inc()  # whoever took over fetches it
            return
        try:
            await self._settle(record, result)
        except Exception as error:
            # It stays pending. Keep the place for a while, or a full disk would have us fetch it all the time.
            self._desk.metrics.errors.labels("media").inc()
            _log.error("fetch not written down", attachment=record.id, where=frames(error))
            await asyncio.sleep(REST)

    async def _fetched(self, record: AttachmentRecord) -> StoredMedia | Unfetchable:
        """The content, durably stored, or why not. Raises whatever a connection may raise."""
        channel = self._channels.get(record.address.channel)
        if channel is None:
            return Unfetchable("broken_off", retry=True)  # that channel is switched off now
        cap = self._cap()
        async with asyncio.timeout(self._speed.whole):
            found = await channel.fetch(record.ref)
            match found:
                case Unfetchable():
                    return found
                case Fetched(chunks, size, _):
                    async with aclosing(self._watched(chunks)) as pieces:
                        if size is not None and size > cap:
                            return Unfetchable("too_large")
                        return await self._media.save(pieces, cap)

    async def _watched(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The pieces, as long as they come fast enough. Raises TimeoutError."""
        speed, clock = self._speed, self._desk.clock
        began, received = clock.monotonic(), 0
        try:
            while True:
                async with asyncio.timeout(speed.piece):
                    piece = await anext(chunks, None)
                if piece is None:
                    return
                received += len(piece)
                elapsed = clock.monotonic() - began
                if elapsed > speed.grace and received < speed.least * elapsed:
                    raise TimeoutError
                yield piece
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    def _broken(self, record: AttachmentRecord, error: Exception) -> Unfetchable:
        match error:
            case Malformed(key="media.too_large"):
                return Unfetchable("too_large")
            case TimeoutError() | ConnectionError():
                return Unfetchable("broken_off", retry=True)
            case MediaUnavailable():
                self._desk.metrics.errors.labels("media").inc()
                _log.warning("no place for a file", attachment=record.id, why=error.params.get("why"))
                return Unfetchable("broken_off", retry=True)
            case _:
                self._desk.metrics.errors.labels("media").inc()
                _log.error("fetch failed", attachment=record.id, where=frames(error))
                return Unfetchable("broken_off", retry=True)

    async def _settle(self, record: AttachmentRecord, result: StoredMedia | Unfetchable) -> None:
        """Write down what became of it, and tell the person when it will never come."""
        desk, now = self._desk, self._desk.clock.now()
        match result:
            case StoredMedia(sha256, size, mime):
                outcome = "stored"
                after = replace(
                    record, state="stored", sha256=sha256, bytes=size, mime=mime, problem="", next_try_at=None
                )
            case Unfetchable(problem, retry, wait):
                again = now + timedelta(seconds=max(wait, _backoff(record.attempts)))
                if retry and again < (record.deadline or record.created_at + LONGEST_TRY):
                    outcome = "retry"
                    after = replace(record, attempts=record.attempts + 1, next_try_at=again)
                else:
                    outcome = "failed"
                    after = replace(
                        record, state="failed", attempts=record.attempts + 1, problem=problem, next_try_at=None
                    )
                    await self._tell(after)
        await desk.store.settle_media(after)
        reach("media.settled")
        desk.metrics.media.labels(outcome).inc()

    async def _tell(self, record: AttachmentRecord) -> None:
        """Say that a file did not come. Told before it is written down: the key makes a second telling impossible."""
        desk, now = self._desk, self._desk.clock.now()
        words = desk.words_for(await desk.store.reader.session(record.address))
        why = record.problem if record.problem in PROBLEMS else "broken_off"
        reply = Reply(words(f"media.failed.{why}", what=words(f"media.type.{record.type}")))
        push = Push(
            key=f"media:{record.id}",
            address=record.address,
            reply=reply,
            created_at=now,
            ticket=record.ticket,
        )
        changes = Changes(at=now, pushes=[push])
        try:
            await desk.store.commit(changes)
        except Conflict:
            return  # told already
        desk.committed(changes)


def _backoff(attempts: int) -> float:
    """Seconds to wait after so many attempts: doubled each time up to half an hour, spread by a quarter."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts, 16)) * random.uniform(1.0, 1.25)  # noqa: S311  # spreads retries, no secret

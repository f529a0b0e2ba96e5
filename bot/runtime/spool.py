"""Messages that are taken while nothing can be committed: on disk, in order per person, answered later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
import structlog

from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.logs import frames
from bot.message import Answer, InboundMessage
from bot.ports import Clock
from bot.runtime.metrics import Metrics, Sample
from bot.runtime.spool_folder import MOST_MESSAGES, Found, Place, SpoolFolder
from bot.runtime.spool_lines import Spooled, line_of

GROUP = 256
"""Messages that are written together at most."""

DAMAGED_DAYS = timedelta(days=30)
"""What was set aside is kept so long: it holds what people wrote."""

Name = tuple[str, str]
"""Channel and key of a message."""

_MICROSECONDS = 1_000_000
_log = structlog.get_logger("minsheng.spool")


class Entry:
    """A message that waits. ``place`` is None until it is on disk; ``answer`` is what its request was told."""

    __slots__ = ("address", "answer", "at", "line", "name", "place", "seq", "tries", "written")

    def __init__(self, seq: int, name: Name, address: Address, at: datetime, answer: Answer) -> None:
        self.seq = seq
        self.name = name
        self.address = address
        self.at = at
        self.answer = answer
        self.tries = 0
        self.line = b""
        self.place: Place | None = None
        self.written: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Spool:
    """What waits, by person. While something of a person waits nobody else may answer them: see ``held``.

    ``changed`` is called when there is more.
    """

    def __init__(self, folder: SpoolFolder, clock: Clock, metrics: Metrics, most: int = MOST_MESSAGES) -> None:
        self._folder = folder
        self._clock = clock
        self._most = most
        self._metrics = metrics
        self._by_name: dict[Name, Entry] = {}
        self._held: dict[Address, list[Entry]] = {}
        self._unwritten: list[Entry] = []
        self._writing: asyncio.Task[None] | None = None
        self._last = 0
        self._damaged = 0
        self.changed: Callable[[], None] = _nobody_listens
        metrics.live(self._samples)

    async def open(self) -> int:
        """Read what the last process left; how many messages that is. Raises OSError."""
        await asyncio.to_thread(self._folder.forget_damaged, (self._clock.now() - DAMAGED_DAYS).timestamp())
        found = await asyncio.to_thread(self._folder.load)
        await self._remember(found)
        self._damaged = await asyncio.to_thread(self._folder.damaged)
        return len(self)

    async def close(self) -> None:
        """Finish writing, and let another process have the place."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        self._folder.close()

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def held(self) -> Mapping[Address, object]:
        """The people something of whom waits."""
        return self._held

    @property
    def lines(self) -> list[Address]:
        """The same, whose oldest message came first in front."""
        return sorted(self._held, key=lambda address: self._held[address][0].seq)

    @property
    def problem(self) -> str:
        """What waits, in words for the operator; "" for nothing."""
        if not self._by_name:
            return ""
        return f"{len(self)} messages wait in the spool, the oldest for {self._oldest():.0f} seconds"

    def next_seq(self) -> int:
        """The place of a message that has just come: microseconds, so that those of other processes fit in too."""
        self._last = max(self._last + 1, int(self._clock.now().timestamp() * _MICROSECONDS))
        return self._last

    def find(self, message: InboundMessage) -> Entry | None:
        """A copy of the message that waits."""
        return self._by_name.get((message.address.channel, message.key)) if self._by_name else None

    def admit(self, message: InboundMessage, seq: int, answer: Answer) -> Entry:
        """Have a message wait from this moment on; it is on disk when `kept` returns. Raises StoreUnavailable."""
        name = (message.address.channel, message.key)
        if len(self._by_name) >= self._most:
            self._metrics.spool("refused")
            raise StoreUnavailable(why="spool")
        entry = Entry(seq, name, message.address, self._clock.now(), answer)
        try:
            entry.line = line_of(Spooled(seq, message))
        except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
            self._metrics.spool("refused")
            raise StoreUnavailable(why="spool") from error
        self._put(entry)
        self._unwritten.append(entry)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="minsheng-spool")
        return entry

    async def kept(self, entry: Entry) -> Answer:
        """What its request is told, once it is on disk. Raises StoreUnavailable: nothing was taken."""
        await asyncio.shield(entry.written)
        return entry.answer

    def first(self, address: Address) -> Entry | None:
        """The next message of a person."""
        entries = self._held.get(address)
        return entries[0] if entries else None

    async def read(self, entry: Entry) -> InboundMessage | None:
        """The message, once it is on disk; None when it cannot be read any more: then it waits no longer."""
        try:
            await asyncio.shield(entry.written)
        except StoreUnavailable:
            return None  # it was never taken
        if entry.place is None:
            return None
        try:
            return (await asyncio.to_thread(self._folder.read, entry.place)).message
        except (OSError, ValueError) as error:
            _log.error("a message of the spool cannot be read", where=frames(error))
            await self.set_aside(entry)
            return None

    async def done(self, entry: Entry) -> None:
        """A message has its answer: with the last of its batch the file goes."""
        self._drop(entry)
        self._metrics.spool("answered")
        await self._leave(entry)

    async def set_aside(self, entry: Entry) -> None:
        """A message that nobody can answer is kept apart, so that others can be answered."""
        self._drop(entry)
        self._metrics.spool("damaged")
        self._damaged += 1
        if entry.place is not None:
            try:
                await asyncio.to_thread(self._folder.set_aside, entry.place)
            except OSError as error:
                _log.error("a message could not be set aside", where=frames(error))
        await self._leave(entry)

    async def erase(self, address: Address, before: datetime | None = None) -> int:
        """Forget what waits of a person and came before a moment (None: all of it): nothing of it is left on disk, and
        nobody will answer it. How much it was. Raises OSError.
        """
        last = self._last if before is None else int(before.timestamp() * _MICROSECONDS)
        entries = [entry for entry in self._held.get(address, ()) if entry.seq <= last]
        for entry in entries:
            self._drop(entry)
        for entry in entries:
            await asyncio.wait([entry.written])
            if entry.place is not None:
                await asyncio.to_thread(self._folder.blank, entry.place)
            await self._leave(entry)
        return len(entries)

    async def adopt(self) -> int:
        """Take over what processes left that are gone; how many messages that is. Raises OSError."""
        found = await asyncio.to_thread(self._folder.adopt)
        await self._remember(found)
        self._damaged += found.damaged
        return len(found.messages)

    async def restock(self) -> None:
        """Lay in the reserve again, if there is room."""
        await asyncio.to_thread(self._folder.restock)

    # -- keeping it together ---------------------------------------------------------------------------------------

    async def _remember(self, found: Found) -> None:
        now = self._clock.now()
        if found.damaged:
            _log.error("files of the spool were damaged and set aside", count=found.damaged)
        for spooled, place in found.messages:
            message = spooled.message
            name = (message.address.channel, message.key)
            self._last = max(self._last, spooled.seq)
            entry = Entry(spooled.seq, name, message.address, min(now, _moment(spooled.seq, now)), Answer(None, now))
            entry.place = place
            entry.written.set_result(None)
            if name in self._by_name:
                await self._leave(entry)  # two processes took copies of one message
            else:
                self._put(entry)

    def _put(self, entry: Entry) -> None:
        self._by_name[entry.name] = entry
        entries = self._held.setdefault(entry.address, [])
        entries.append(entry)
        if len(entries) > 1 and entries[-2].seq > entry.seq:
            entries.sort(key=_seq)

    def _drop(self, entry: Entry) -> None:
        if self._by_name.get(entry.name) is entry:
            del self._by_name[entry.name]
        entries = self._held.get(entry.address)
        if entries is not None and entry in entries:
            entries.remove(entry)
            if not entries:
                del self._held[entry.address]

    async def _leave(self, entry: Entry) -> None:
        place, entry.place = entry.place, None
        if place is None:
            return
        place.batch.left -= 1
        if place.batch.left == 0:
            try:
                await asyncio.to_thread(self._folder.remove, place.batch)
            except OSError as error:  # its messages are answered once more after the next start: that changes nothing
                _log.error("a file of the spool cannot be removed", where=frames(error))

    async def _write(self) -> None:
        while self._unwritten:
            group, self._unwritten = self._unwritten[:GROUP], self._unwritten[GROUP:]
            lines = [entry.line for entry in group]
            try:
                batch = await asyncio.to_thread(self._folder.write, group[0].seq, lines)
            except OSError as error:
                _log.error("the spool takes nothing", why=error.strerror or type(error).__name__, messages=len(group))
                self._refuse(group)
                continue
            offset = 0
            for entry, line in zip(group, lines, strict=True):
                entry.place = Place(batch, offset, len(line))
                offset += len(line)
                entry.line = b""
                self._metrics.spool("kept")
                entry.written.set_result(None)
            self.changed()
        self._writing = None

    def _refuse(self, group: list[Entry]) -> None:
        for entry in group:
            self._drop(entry)
            self._metrics.spool("refused")
            entry.written.set_exception(StoreUnavailable(why="spool"))
            entry.written.exception()  # heard, even if nobody waits for it any more

    def _oldest(self) -> float:
        now = self._clock.now()
        return max((now - entries[0].at).total_seconds() for entries in self._held.values())

    def _samples(self) -> Iterator[Sample]:
        yield Sample("minsheng_spool_messages", "Messages that wait in the spool.", len(self))
        oldest = self._oldest() if self._held else 0.0
        yield Sample("minsheng_spool_oldest_seconds", "How long the oldest of them waits.", max(0.0, oldest))
        yield Sample("minsheng_spool_bytes", "Bytes of the spool's files.", self._folder.bytes)
        yield Sample("minsheng_spool_damaged", "Files of the spool that could not be read.", self._damaged)


def _nobody_listens() -> None:
    """What `Spool.changed` is until somebody wants to hear."""


def _seq(entry: Entry) -> int:
    return entry.seq


def _moment(seq: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(seq / _MICROSECONDS, like.tzinfo)

"""Open pages: what the desk says of its own accord reaches them at once, and counts as delivered when they say so."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bot.domain.people import Address
from bot.message import JsonObject

STREAMS_OF_ONE = 4
"""Pages of one person that are served at once; with a fifth the first is let go."""
WAITING = 100
"""Lines one page may be behind before it is let go: it reads the history when it comes back."""


@dataclass(slots=True, eq=False)
class Stream:
    """One open page. The request's handler takes lines out with `next` until it gets None."""

    address: Address
    _lines: deque[JsonObject] = field(default_factory=deque)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    _offered: set[str] = field(default_factory=set)

    def offer(self, line: JsonObject) -> None:
        """Have a line written to the page that may have been written before; then it is not."""
        if str(line["id"]) not in self._offered:
            self._offered.add(str(line["id"]))
            self.put(line)

    def put(self, line: JsonObject) -> None:
        """Have a line written to the page."""
        if len(self._lines) >= WAITING:
            self.close()
        else:
            self._lines.append(line)
            self._changed.set()

    def close(self) -> None:
        """Let the page go; what it did not get is in the history."""
        self.closed = True
        self._changed.set()

    async def next(self) -> JsonObject | None:
        """The next line, or None when the page is let go."""
        while not self.closed and not self._lines:
            self._changed.clear()
            await self._changed.wait()
        return None if self.closed else self._lines.popleft()


@dataclass(slots=True)
class Live:
    """All open pages of this process. ``patience`` is how many seconds a page has to say that it shows a line."""

    patience: float = 4.0
    _streams: dict[Address, list[Stream]] = field(default_factory=dict)
    _asked: dict[tuple[Address, str], asyncio.Future[bool]] = field(default_factory=dict)
    _stopped: bool = False

    def open(self, address: Address) -> Stream:
        """A page opened."""
        streams = self._streams.setdefault(address, [])
        if len(streams) >= STREAMS_OF_ONE:
            streams.pop(0).close()
        stream = Stream(address, closed=self._stopped)
        streams.append(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """A page is gone."""
        stream.close()
        streams = self._streams.get(stream.address, [])
        if stream in streams:
            streams.remove(stream)
        if not streams:
            self._streams.pop(stream.address, None)
            for (address, _), future in list(self._asked.items()):
                if address == stream.address and not future.done():
                    future.set_result(False)

    def close_soon(self, stream: Stream) -> None:
        """A page asked and was answered; it is gone unless it asks again or says what it shows."""
        asyncio.get_running_loop().call_later(self.patience, self.close, stream)

    def offer(self, address: Address, line: JsonObject) -> None:
        """Write a line to every page of a person, once; nobody waits until it is shown."""
        for stream in list(self._streams.get(address, ())):
            stream.offer(line)

    def open_pages(self) -> list[Address]:
        """Who has a page open here."""
        return list(self._streams)

    def watching(self, address: Address) -> bool:
        """Whether this person has a page open."""
        return address in self._streams

    def shown(self, address: Address, line_id: str) -> None:
        """The page says that it shows a line."""
        future = self._asked.get((address, line_id))
        if future is not None and not future.done():
            future.set_result(True)

    async def show(self, address: Address, line: JsonObject) -> bool:
        """Write a line to every page of a person. True when one of them says in time that it shows it.

        Pages that stay silent are taken for dead and let go; a living one comes back and reads the history.
        """
        streams = self._streams.get(address)
        if not streams:
            return False
        key = (address, str(line["id"]))
        future = self._asked.get(key) or asyncio.get_running_loop().create_future()
        self._asked[key] = future
        asked = list(streams)
        for stream in asked:
            stream.put(line)
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.shield(future)
        except TimeoutError:
            for stream in asked:
                stream.close()
            return False
        finally:
            self._asked.pop(key, None)

    def stop(self) -> None:
        """Let every page go, and every one that still comes."""
        self._stopped = True
        for streams in self._streams.values():
            for stream in streams:
                stream.close()

"""A way to a platform that can be shut: connections are then refused, as when its network is away."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Gate:
    """A port of its own on loopback that leads to a server, until it is shut."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._target = str(parts.hostname), int(parts.port or 0)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    @property
    def url(self) -> str:
        """Where it is, open or shut."""
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._through, "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])

    async def shut(self) -> None:
        """Refuse connections, and cut those that are there."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        self._server = None

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection(self._host, self._target)
            loop = asyncio.get_running_loop()
            pipes = {loop.create_task(self._pipe(reader, back)), loop.create_task(self._pipe(there, writer))}
            self._pipes |= pipes
            await asyncio.wait(pipes)
            self._pipes -= pipes

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._writers.add(sink)
        try:
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(sink)
            sink.close()

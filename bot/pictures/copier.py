"""Has copies of files made in a process of its own, and ends it when one of them takes too long or breaks it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds that one file may take: half an hour of sound takes some ten."""

LARGEST = 64 << 20
"""Bytes. Of larger files no copies are made."""

COPIES_MOST, COPY_LARGEST = 4, 64 << 20
"""More copies, or a larger one, are not believed."""


class Replica(msgspec.Struct, frozen=True):
    """A copy: see `bot.pictures.copying.Made`."""

    kind: str
    mime: str
    content: bytes
    width: int = 0
    height: int = 0


class Replicas(msgspec.Struct, frozen=True):
    """The copies of a file; ``problem`` says in a word why there are none, or not all."""

    made: tuple[Replica, ...] = ()
    problem: str = ""


class _Order(msgspec.Struct, frozen=True):
    """As in `bot.pictures.copyist`, which is not imported: it needs Pillow and FFmpeg, and the desk does not."""

    what: str
    mime: str
    bytes: int
    boxes: Sequence[tuple[float, float, float, float]] = ()


class _Copied(msgspec.Struct, frozen=True):
    kind: str
    mime: str
    bytes: int
    width: int
    height: int


class _Done(msgspec.Struct, frozen=True):
    copies: tuple[_Copied, ...] = ()
    problem: str = ""


_read = msgspec.json.Decoder(_Done).decode
_PROMISED = {"image/jpeg", "audio/mpeg", "video/mp4", "video/webm"}
"""Types of copies; what says it is anything else was not made by us."""


class Copier:
    """Has copies made of one file after the other. `close` it when there are no more for a while."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """``patience``: seconds that one file may take."""
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None

    async def copy(
        self,
        what: str,
        mime: str,
        size: int,
        content: AsyncIterator[bytes],
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Replicas:
        """The copies of a photo, sound or video of so many bytes; a wrong one is no error.

        Raises what ``content`` raises, and OSError when no process can be started.
        """
        if size > LARGEST:
            return Replicas(problem="too_large")
        child = self._child or await self._started()
        try:
            async with asyncio.timeout(self._patience):
                return await self._asked(child, _Order(what, mime, size, boxes), content)
        except TimeoutError:
            await self.close()
            return Replicas(problem="too_slow")
        except (BrokenPipeError, ConnectionError, asyncio.IncompleteReadError, msgspec.DecodeError, ValueError):
            await self.close()
            return Replicas(problem="broke_off")
        except BaseException:
            await self.close()  # half a file may stand in its way
            raise

    async def close(self) -> None:
        """End the process, whatever it is at."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.pictures.copyist",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={},  # none of the desk's secrets
        )
        return self._child

    async def _asked(self, child: asyncio.subprocess.Process, order: _Order, content: AsyncIterator[bytes]) -> Replicas:
        assert child.stdin is not None  # noqa: S101 - narrows the type: it was made with pipes
        assert child.stdout is not None  # noqa: S101
        child.stdin.write(msgspec.json.encode(order) + b"\n")
        sent = 0
        async for piece in content:
            sent += len(piece)
            if sent > order.bytes:
                break
            child.stdin.write(piece)
            await child.stdin.drain()
        if sent != order.bytes:
            raise ConnectionError
        done = _read(await child.stdout.readuntil(b"\n"))
        if len(done.copies) > COPIES_MOST:
            raise ValueError
        made = []
        for each in done.copies:
            if each.mime not in _PROMISED or not 0 < each.bytes <= COPY_LARGEST:
                raise ValueError
            body = await child.stdout.readexactly(each.bytes)
            made.append(Replica(each.kind, each.mime, body, each.width, each.height))
        return Replicas(tuple(made), done.problem)

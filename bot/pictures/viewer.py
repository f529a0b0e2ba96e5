"""Has pictures looked at in a process of its own, and ends it when one of them takes too long or breaks it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 15.0
"""Seconds that one picture may take."""

LARGEST = 32 << 20
"""Bytes. Larger files are not looked at."""

LENGTH = 8
"""As in `bot.pictures.child`, which is not imported: it needs Pillow, and the desk does not."""


class Sight(msgspec.Struct, frozen=True):
    """What was seen of a picture: see `bot.pictures.seeing.Seen`."""

    phash: str = ""
    written: str = ""
    offset: str = ""
    problem: str = ""


_read = msgspec.json.Decoder(Sight).decode


class Viewer:
    """Looks at one picture after the other. `close` it when there are no more for a while."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """``patience``: seconds that one picture may take."""
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None

    async def look(self, size: int, content: AsyncIterator[bytes]) -> Sight:
        """What a picture of so many bytes shows; a wrong one is no error. Raises what ``content`` raises, and OSError
        when no process can be started."""
        if size > LARGEST:
            return Sight(problem="too_large")
        child = self._child or await self._started()
        try:
            async with asyncio.timeout(self._patience):
                return await self._asked(child, size, content)
        except TimeoutError:
            await self.close()
            return Sight(problem="too_slow")
        except (BrokenPipeError, ConnectionError, asyncio.IncompleteReadError, msgspec.DecodeError):
            await self.close()
            return Sight(problem="broke_off")
        except BaseException:
            await self.close()  # half a picture may stand in its way
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
            "bot.pictures.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={},  # none of the desk's secrets
        )
        return self._child

    async def _asked(self, child: asyncio.subprocess.Process, size: int, content: AsyncIterator[bytes]) -> Sight:
        assert child.stdin is not None  # noqa: S101 - narrows the type: it was made with pipes
        assert child.stdout is not None  # noqa: S101
        child.stdin.write(size.to_bytes(LENGTH))
        sent = 0
        async for piece in content:
            sent += len(piece)
            if sent > size:
                break
            child.stdin.write(piece)
            await child.stdin.drain()
        if sent != size:
            raise ConnectionError
        line = await child.stdout.readline()
        if not line:
            raise ConnectionError
        return _read(line)

"""Has pictures drawn in a process of its own, and ends it when one of them takes too long or breaks it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from bot.domain.sheets import AnySheet

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 30.0
"""Seconds that one picture may take, the start of the process included."""

LARGEST = 2_000_000
"""Bytes; a larger picture is none that a chat would take."""

LENGTH = 8
"""As in `bot.drawings.child`, which is not imported: it stands on matplotlib, and the desk does not."""


class NotDrawnError(Exception):
    """A picture that could not be drawn: ``too_slow``, ``broke_off``, ``too_large`` or ``wrong``."""


class Artist:
    """Draws one picture after the other. `close` it when there are no more for a while."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """``patience``: seconds that one picture may take."""
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None
        self._folder = ""

    async def draw(self, sheet: AnySheet) -> bytes:
        """The picture as PNG. Raises NotDrawnError, and OSError when no process can be started."""
        child = self._child or await self._started()
        try:
            async with asyncio.timeout(self._patience):
                png = await self._asked(child, msgspec.json.encode(sheet))
        except TimeoutError:
            await self.close()
            raise NotDrawnError("too_slow") from None
        except (BrokenPipeError, ConnectionError, asyncio.IncompleteReadError):
            await self.close()
            raise NotDrawnError("broke_off") from None
        except BaseException:
            await self.close()  # half a picture may stand in its way
            raise
        if not png:
            raise NotDrawnError("wrong")
        return png

    async def close(self) -> None:
        """End the process, whatever it is at, and remove what it wrote."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        folder, self._folder = self._folder, ""
        if folder:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _started(self) -> asyncio.subprocess.Process:
        self._folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="minsheng-drawing-")
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.drawings.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            # None of the desk's secrets; one thread is enough, and more would each want memory.
            env={"MPLCONFIGDIR": self._folder, "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"},
        )
        return self._child

    async def _asked(self, child: asyncio.subprocess.Process, sheet: bytes) -> bytes:
        assert child.stdin is not None  # noqa: S101 - narrows the type: it was made with pipes
        assert child.stdout is not None  # noqa: S101
        child.stdin.write(len(sheet).to_bytes(LENGTH) + sheet)
        await child.stdin.drain()
        length = int.from_bytes(await child.stdout.readexactly(LENGTH))
        if length > LARGEST:
            await self.close()
            raise NotDrawnError("too_large")
        return await child.stdout.readexactly(length)

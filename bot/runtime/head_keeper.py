"""Signs the head of the chained record from time to time, and puts it where whoever has the database has no say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import structlog

from bot import heads
from bot.heads import Signer

SECONDS = 3600.0
"""Between two heads: what was cut off behind the last one is not missed."""

_log = structlog.get_logger("minsheng.audit")


class HeadKeeper:
    """Keeps signed heads in a file of the data folder, in the log, and in a folder elsewhere."""

    def __init__(
        self,
        head: Callable[[], Awaitable[tuple[int, bytes]]],
        signer: Signer,
        folder: Path,
        outside: Path | None,
        now: Callable[[], datetime],
    ) -> None:
        """``head`` gives the newest entry and its hash; ``folder`` is that of the data, ``outside`` one on another disk
        (None: there is none)."""
        self._head = head
        self._signer = signer
        self._file = folder / heads.FOLDER / heads.FILE
        self._outside = outside
        self._now = now
        self._last = -1

    async def once(self) -> int:
        """Sign the newest entry unless it was signed before. Raises StoreUnavailable and OSError."""
        seq, link = await self._head()
        if self._last < 0:
            self._last = await asyncio.to_thread(self._newest)
        if seq > self._last:
            line = self._signer.line(heads.HEAD, seq, link, self._now())
            await asyncio.to_thread(heads.add, self._file, [line])
            self._last = seq
            _log.info("head of the audit record", head=line)
        await asyncio.to_thread(self._put_outside)
        return 0

    def _newest(self) -> int:
        """The entry that was signed last, by this desk's key."""
        text = "\n".join(heads.lines_of(self._file))
        return max((each.seq for each in heads.read(text, [self._signer.public], "").signed), default=0)

    def _put_outside(self) -> None:
        _write_key(self._file.parent, self._signer.public)
        if self._outside is not None:
            if not self._outside.is_dir():
                raise FileNotFoundError(f"audit.heads: there is no folder {self._outside}")
            _write_key(self._outside, self._signer.public)
            heads.copy_missing(self._file, self._outside / heads.FILE)


def _write_key(folder: Path, public: bytes) -> None:
    """The public key, for whoever verifies where this one is not: written once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / heads.PUBLIC
    if not path.exists():
        path.write_text(public.hex() + "\n", "ascii")

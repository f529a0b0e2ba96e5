"""Signs the head of the chained record from time to time, and puts it where whoever has the database has no say."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import structlog

from bot import heads
from bot.heads import Signer
from bot.runtime.metrics import Sample

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
        self._at: datetime | None = None
        self._kept = True

    async def once(self) -> int:
        """Sign the newest entry unless it was signed before. What a disk refuses is logged, and tried again with the
        next one: the desk goes on. Raises StoreUnavailable."""
        seq, link = await self._head()
        try:
            if self._last < 0:
                self._last = await asyncio.to_thread(self._newest)
            if seq > self._last:
                now = self._now()
                line = self._signer.line(heads.HEAD, seq, link, now)
                _log.info("head of the audit record", head=line)
                await asyncio.to_thread(heads.add, self._file, [line])
                self._last, self._at = seq, now
            await asyncio.to_thread(self._put_outside)
        except OSError as error:
            self._kept = False
            _log.error("heads of the audit record cannot be kept", file=error.filename, why=error.strerror)
        else:
            self._kept = True
        return 0

    def samples(self) -> list[Sample]:
        """When a head was signed last by this process, and whether all of them are where they should be."""
        found = [Sample("minsheng_audit_heads_kept", "0 where signed heads could not be kept.", float(self._kept))]
        if self._at is not None:
            text = "When the head of the audit record was signed last, in seconds since 1970."
            found.append(Sample("minsheng_audit_head_signed", text, self._at.timestamp()))
        return found

    def _newest(self) -> int:
        """The entry that was signed last, by this desk's key."""
        text = "\n".join(heads.lines_of(self._file))
        return max((each.seq for each in heads.read(text, [self._signer.public], "").signed), default=0)

    def _put_outside(self) -> None:
        _write_key(self._file.parent, self._signer.public)
        if self._outside is not None:
            if not self._outside.is_dir():
                raise FileNotFoundError(errno.ENOENT, "there is no such folder (audit.heads)", str(self._outside))
            _write_key(self._outside, self._signer.public)
            heads.copy_missing(self._file, self._outside / heads.FILE)


def _write_key(folder: Path, public: bytes) -> None:
    """The public key, for whoever verifies where this one is not: written once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / heads.PUBLIC
    if not path.exists():
        path.write_text(public.hex() + "\n", "ascii")

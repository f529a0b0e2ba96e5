"""Tables that members of staff asked for, written in the background; each can be fetched for an hour."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from bot.errors import Refusal, StoreUnavailable
from bot.sheet_files import FORMS

KEPT = timedelta(hours=1)
"""How long a table can be fetched; then it is thrown away, as it is at every start."""

PIECE = 256 * 1024
"""Bytes of a table that are kept together for other workers."""

SILENT = timedelta(minutes=2)
"""A table of which nothing was heard for so long was begun by a worker that is gone."""

JOBS_MOST = 3
"""So many tables one person may have at a time, the running one among them."""

RUNNING, DONE, FAILED = "running", "done", "failed"

_log = structlog.get_logger("minsheng.exports")


class PartOf(Protocol):
    """The next rows of a table; see `handlers.exporting.Part`."""

    @property
    def rows(self) -> Sequence[Sequence[object]]: ...
    @property
    def after(self) -> str: ...
    @property
    def read(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants: their staff id, the span, ``csv`` or ``xlsx``, the language, and what they call it."""

    staff: str
    since: datetime
    until: datetime
    form: str
    locale: str
    name: str


@dataclass(frozen=True, slots=True)
class Job:
    """A table that is being written, or was. ``read`` of ``total`` tickets are done, ``rows`` are in it. ``seen_at``:
    when its worker said so."""

    id: str
    asked: Asked
    total: int
    begun_at: datetime
    state: str = RUNNING
    read: int = 0
    rows: int = 0
    problem: str = ""
    ended_at: datetime | None = None
    seen_at: datetime | None = None


class Shelf(Protocol):
    """Where tables are kept for all workers; see `storage.shelf`."""

    async def note(self, id_: str, staff: str, begun_at: datetime, body: str) -> None:
        """Keep what is known of a table, in place of what was known before."""
        ...

    async def notes(self, staff: str) -> Sequence[str]:
        """What is known of somebody's tables."""
        ...

    async def put(self, id_: str, part: int, content: bytes) -> None:
        """Keep a piece of a table."""
        ...

    async def get(self, id_: str, part: int) -> bytes | None:
        """A piece of a table; None behind the last."""
        ...

    async def clear(self, before: datetime) -> None:
        """Throw away tables that were begun before a moment."""
        ...


Begin = Callable[[Asked], Awaitable[tuple[list[str], int]]]
"""The heads of the columns and how many tickets there are to read; records that they are read. Raises Refusal."""
Next = Callable[[Asked, str], Awaitable[PartOf]]
"""The rows behind a ticket's number. Raises Refusal."""


@dataclass
class Exporter:
    """Writes tables, a few at a time, into a folder of its own. ``shelf``: where other workers find them too."""

    folder: Path
    begin: Begin
    next: Next
    now: Callable[[], datetime]
    shelf: Shelf | None = None
    _jobs: dict[str, Job] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def start(self, asked: Asked) -> Job:
        """Begin a table. Raises Refusal for who may not, and who has enough of them already; OSError."""
        self._sweep()
        if self.shelf is not None:
            await self.shelf.clear(self.now() - KEPT)
        if len(await self.of(asked.staff)) >= JOBS_MOST:
            raise Refusal("export.enough", count=JOBS_MOST)
        head, total = await self.begin(asked)
        job = Job(secrets.token_urlsafe(16), asked, total, self.now())
        self._jobs[job.id] = job
        await self._note(job)
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        task = asyncio.create_task(self._write(job, head))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def of(self, staff: str) -> list[Job]:
        """Somebody's tables, the newest first. Raises StoreUnavailable."""
        self._sweep()
        own = {job.id: job for job in self._jobs.values() if job.asked.staff == staff}
        for other in await self._noted(staff):
            own.setdefault(other.id, other)
        return sorted(own.values(), key=lambda j: j.begun_at, reverse=True)

    async def file(self, staff: str, id_: str) -> Path | None:
        """A table of theirs that is done; None for anything else. Raises StoreUnavailable and OSError."""
        job = next((job for job in await self.of(staff) if job.id == id_ and job.state == DONE), None)
        if job is None:
            return None
        path = self._path(job)
        if self.shelf is not None and not await asyncio.to_thread(path.exists):
            await self._fetch(self.shelf, job, path)
            self._jobs[job.id] = job  # so that it goes when its time is over
        return path

    async def tidy(self) -> int:
        """Throw away what is too old, and what is gone from the shelf; 0. Raises StoreUnavailable."""
        self._sweep()
        if self.shelf is not None:
            await self.shelf.clear(self.now() - KEPT)
            for staff in {job.asked.staff for job in self._jobs.values()}:
                noted = {job.id for job in await self._noted(staff)}
                self._drop(j for j in list(self._jobs.values()) if j.asked.staff == staff and j.id not in noted)
        return 0

    async def close(self) -> None:
        """Stop writing, and throw everything away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def _write(self, job: Job, head: list[str]) -> None:
        problem = ""
        try:
            async with self._slots:
                await self._rows(job, head)
                await self._put(job)
        except Refusal as refusal:
            problem = refusal.key
        except Exception as error:  # whatever it is, the person is told, and their place is free again
            _log.error("an export failed", kind=type(error).__name__)
            problem = "export.failed"
        job = self._jobs[job.id]
        if problem:
            with suppress(OSError):
                self._path(job).unlink(missing_ok=True)
        state = FAILED if problem else DONE
        job = self._jobs[job.id] = replace(job, state=state, problem=problem, ended_at=self.now())
        with suppress(StoreUnavailable):  # then only we know that it is done
            await self._note(job)

    async def _rows(self, job: Job, head: list[str]) -> None:
        sheet = await asyncio.to_thread(FORMS[job.asked.form], self._path(job), head)
        try:
            after, more = "", True
            while more:
                part = await self.next(job.asked, after)
                await asyncio.to_thread(sheet.write, part.rows)
                job = self._jobs[job.id] = replace(job, read=job.read + part.read, rows=job.rows + len(part.rows))
                await self._note(job)
                after, more = part.after, bool(part.after)
        finally:
            await asyncio.to_thread(sheet.close)

    async def _note(self, job: Job) -> None:
        """Let other workers know how far it is."""
        if self.shelf is not None:
            noted = replace(job, seen_at=self.now())
            await self.shelf.note(job.id, job.asked.staff, job.begun_at, msgspec.json.encode(noted).decode())

    async def _noted(self, staff: str) -> list[Job]:
        """What all workers know; what a worker left unfinished that is gone has failed."""
        if self.shelf is None:
            return []
        now = self.now()
        jobs = [msgspec.json.decode(body, type=Job) for body in await self.shelf.notes(staff)]
        jobs = [job for job in jobs if now - job.begun_at < KEPT]
        lost = {job.id for job in jobs if job.state == RUNNING and now - (job.seen_at or job.begun_at) > SILENT}
        return [replace(job, state=FAILED, problem="export.failed") if job.id in lost else job for job in jobs]

    async def _put(self, job: Job) -> None:
        """Put what was written where other workers find it."""
        if self.shelf is None:
            return
        with await asyncio.to_thread(open, self._path(job), "rb") as file:
            part = 0
            while content := await asyncio.to_thread(file.read, PIECE):
                await self.shelf.put(job.id, part, content)
                part += 1

    async def _fetch(self, shelf: Shelf, job: Job, path: Path) -> None:
        """Write here what another worker wrote there."""
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        coming = path.with_suffix(f".{secrets.token_hex(4)}")
        with await asyncio.to_thread(open, coming, "wb") as file:
            part = 0
            while (content := await shelf.get(job.id, part)) is not None:
                await asyncio.to_thread(file.write, content)
                part += 1
        await asyncio.to_thread(coming.replace, path)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job.id}.{job.asked.form}"

    def _sweep(self) -> None:
        now = self.now()
        self._drop(j for j in list(self._jobs.values()) if j.ended_at is not None and now - j.ended_at >= KEPT)

    def _drop(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if job.ended_at is not None:
                del self._jobs[job.id]
                with suppress(OSError):
                    self._path(job).unlink(missing_ok=True)

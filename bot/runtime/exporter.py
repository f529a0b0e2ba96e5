"""Tables that members of staff asked for, written in the background; each can be fetched for an hour."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from bot.errors import Refusal
from bot.sheet_files import FORMS

KEPT = timedelta(hours=1)
"""How long a table can be fetched; then it is thrown away, as it is at every start."""

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
    """A table that is being written, or was. ``read`` of ``total`` tickets are done, ``rows`` are in it."""

    id: str
    asked: Asked
    total: int
    begun_at: datetime
    state: str = RUNNING
    read: int = 0
    rows: int = 0
    problem: str = ""
    ended_at: datetime | None = None


Begin = Callable[[Asked], Awaitable[tuple[list[str], int]]]
"""The heads of the columns and how many tickets there are to read; records that they are read. Raises Refusal."""
Next = Callable[[Asked, str], Awaitable[PartOf]]
"""The rows behind a ticket's number. Raises Refusal."""


@dataclass
class Exporter:
    """Writes tables, a few at a time, into a folder of its own."""

    folder: Path
    begin: Begin
    next: Next
    now: Callable[[], datetime]
    _jobs: dict[str, Job] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def start(self, asked: Asked) -> Job:
        """Begin a table. Raises Refusal for who may not, and who has enough of them already; OSError."""
        self._sweep()
        if len(self.of(asked.staff)) >= JOBS_MOST:
            raise Refusal("export.enough", count=JOBS_MOST)
        head, total = await self.begin(asked)
        job = Job(secrets.token_urlsafe(16), asked, total, self.now())
        self._jobs[job.id] = job
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        task = asyncio.create_task(self._write(job, head))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def of(self, staff: str) -> list[Job]:
        """Somebody's tables, the newest first."""
        self._sweep()
        return sorted(
            (j for j in self._jobs.values() if j.asked.staff == staff), key=lambda j: j.begun_at, reverse=True
        )

    def file(self, staff: str, id_: str) -> Path | None:
        """A table of theirs that is done; None for anything else."""
        self._sweep()
        job = self._jobs.get(id_)
        return self._path(job) if job is not None and job.asked.staff == staff and job.state == DONE else None

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
        self._jobs[job.id] = replace(job, state=state, problem=problem, ended_at=self.now())

    async def _rows(self, job: Job, head: list[str]) -> None:
        sheet = await asyncio.to_thread(FORMS[job.asked.form], self._path(job), head)
        try:
            after, more = "", True
            while more:
                part = await self.next(job.asked, after)
                await asyncio.to_thread(sheet.write, part.rows)
                job = self._jobs[job.id] = replace(job, read=job.read + part.read, rows=job.rows + len(part.rows))
                after, more = part.after, bool(part.after)
        finally:
            await asyncio.to_thread(sheet.close)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job.id}.{job.asked.form}"

    def _sweep(self) -> None:
        now = self.now()
        for job in list(self._jobs.values()):
            if job.ended_at is not None and now - job.ended_at >= KEPT:
                del self._jobs[job.id]
                with suppress(OSError):
                    self._path(job).unlink(missing_ok=True)

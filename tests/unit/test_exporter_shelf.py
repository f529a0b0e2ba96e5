"""Tables that one worker writes and another is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import FixedClock
from bot.errors import Refusal
from bot.runtime.exporter import DONE, FAILED, JOBS_MOST, KEPT, RUNNING, SILENT, Asked, Exporter, Job


@dataclass(frozen=True)
class Part:
    rows: Sequence[Sequence[object]]
    after: str
    read: int


@dataclass
class Shelf:
    """In memory, for all workers."""

    jobs: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)

    async def note(self, id_: str, staff: str, begun_at: datetime, body: str) -> None:
        self.jobs[id_] = (staff, begun_at, body)

    async def notes(self, staff: str) -> Sequence[str]:
        return [body for whose, _, body in self.jobs.values() if whose == staff]

    async def put(self, id_: str, part: int, content: bytes) -> None:
        self.parts[id_, part] = content

    async def get(self, id_: str, part: int) -> bytes | None:
        return self.parts.get((id_, part))

    async def clear(self, before: datetime) -> None:
        for id_, (_, begun_at, _) in list(self.jobs.items()):
            if begun_at < before:
                del self.jobs[id_]
                self.parts = {key: content for key, content in self.parts.items() if key[0] != id_}


class Office:
    """Two workers with folders of their own."""

    def __init__(self, tmp_path: Path) -> None:
        self.clock, self.shelf, self.gate = FixedClock(), Shelf(), asyncio.Event()
        self.gate.set()
        self.workers = [
            Exporter(tmp_path / name, self._begin, self._next, self.clock.now, self.shelf) for name in ("one", "two")
        ]

    async def _begin(self, asked: Asked) -> tuple[list[str], int]:
        return ["number"], 2

    async def _next(self, asked: Asked, after: str) -> Part:
        await self.gate.wait()
        return Part([["260304-00017"], ["灯坏了" * 100]], "", 2)

    async def start(self, which: int = 0, staff: str = "s1") -> Job:
        now = self.clock.now()
        return await self.workers[which].start(Asked(staff, now, now, "csv", "en", "March"))

    async def states(self, which: int, staff: str = "s1") -> list[str]:
        return [job.state for job in await self.workers[which].of(staff)]

    async def done(self, which: int = 0) -> None:
        await asyncio.gather(*self.workers[which]._tasks)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    yield office
    office.gate.set()
    for which, worker in enumerate(office.workers):
        await office.done(which)
        await worker.close()


async def test_what_one_worker_wrote_the_other_gives_out(office: Office) -> None:
    job = await office.start()
    await office.done()
    paths = [await worker.file("s1", job.id) for worker in office.workers]
    assert all(path is not None for path in paths)
    first, second = (path.read_bytes() for path in paths if path is not None)
    assert first == second
    assert "灯坏了".encode() in first
    assert await office.workers[1].file("s2", job.id) is None


async def test_the_other_knows_that_it_is_being_written(office: Office) -> None:
    office.gate.clear()
    job = await office.start()
    assert await office.states(1) == [RUNNING]
    assert await office.workers[1].file("s1", job.id) is None
    office.gate.set()
    await office.done()
    assert await office.states(1) == [DONE]


async def test_nobody_has_more_tables_because_there_are_more_workers(office: Office) -> None:
    for number in range(JOBS_MOST):
        await office.start(number % 2)
    with pytest.raises(Refusal):
        await office.start(1)
    await office.start(1, staff="s2")


async def test_a_table_whose_worker_is_gone_has_failed(office: Office) -> None:
    office.gate.clear()
    await office.start()
    office.clock.advance(SILENT + timedelta(seconds=1))
    assert await office.states(1) == [FAILED]


async def test_what_goes_from_the_shelf_goes_from_every_folder(office: Office) -> None:
    job = await office.start()
    await office.done()
    copy = await office.workers[1].file("s1", job.id)
    assert copy is not None
    await office.shelf.clear(office.clock.now() + timedelta(seconds=1))
    for worker in office.workers:
        await worker.tidy()
        assert await worker.file("s1", job.id) is None
    assert not copy.exists()


async def test_after_an_hour_nothing_is_left(office: Office) -> None:
    job = await office.start()
    await office.done()
    await office.workers[1].file("s1", job.id)
    office.clock.advance(KEPT + timedelta(seconds=1))
    for worker in office.workers:
        await worker.tidy()
        assert not [path for path in worker.folder.iterdir() if path.is_file()]
    assert not office.shelf.parts

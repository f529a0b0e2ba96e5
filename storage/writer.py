"""Group commit: everything that waits is written in one transaction, by the one connection that writes.

The connection lives in a thread of its own, and a whole batch is one call to it. So nothing is awaited while a
transaction is open: no cancelled request and no slow coroutine can hold a lock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast

from bot.errors import StoreUnavailable
from bot.failpoints import reach
from storage.batch import Batch
from storage.driver import Driver
from storage.faults import Faults
from storage.rows import Rows
from storage.transaction import Announce, Job, Work, Writing, left_of

BATCH_MAX = 256
"""Change-sets in one transaction at most."""

_PAUSE = 0.02
"""Seconds without work that are a pause: time to move the log into the database while nobody waits for it."""

_WORTHWHILE = 256
"""So many change-sets make moving the log worth its two fsyncs."""

_T = TypeVar("_T")
_ROUNDS = 4
"""So often the same work is done again at once, after an error that passes."""


class WritingThread(Protocol):
    """Where that connection lives."""

    faults: Faults

    async def run(self, work: Callable[[Any], _T]) -> _T:
        """What the work returns or raises; it goes on to its end even if nobody waits for it any more."""
        ...

    async def move_log(self, how: str) -> None:
        """Move the log into the database, where there is one to be moved. When it fails nothing is lost yet."""
        ...

    async def close(self) -> None: ...


class Writer:
    """Writes change-sets and runs jobs, in the order in which they came, many to a transaction.

    ``written`` counts what was handed to the database; ``staff_changed`` is called when members of staff have been
    changed, before anybody else can know; ``announce`` tells other workers of a batch. ``closed`` tells whether it has
    given up: after an error of the disk nothing may be written until the store is opened again, for nobody knows what
    is on it (a second fsync after a failed one proves nothing).
    """

    def __init__(self, connection: WritingThread, batch_max: int = BATCH_MAX) -> None:
        self._connection = connection
        self._faults = connection.faults
        self._batch_max = batch_max
        self._waiting: deque[Work] = deque()
        self._wake = asyncio.Event()
        self._ending = False
        self._unmoved = 0
        self.written = 0
        self._begun_at = 0.0
        self.staff_changed: Callable[[], None] = _nobody_listens
        self.announce: Announce = _nobody_hears
        self.holds_changed: Callable[[], None] = _nobody_listens
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.get_running_loop().create_task(self._work(), name="minsheng-writer")

    async def write(self, rows: Rows) -> None:
        """Write a change-set. Raises Conflict, AlreadyAnswered, Unstorable or StoreUnavailable."""
        await self._do(rows)

    async def run(self, job: Callable[[Driver], _T]) -> _T:
        """Do something in the next transaction; its result is durable when it is here. Raises StoreUnavailable.

        A job may run more than once, each time on a fresh transaction.
        """
        return cast(_T, await self._do(job))

    async def outside(self, job: Callable[[Any], _T]) -> _T:
        """Do something between two transactions, in none; whoever writes waits for it. Raises what it raises."""
        if self.closed or self._ending:
            raise StoreUnavailable(why="closed")
        return await self._connection.run(job)

    def _do(self, what: Rows | Job) -> asyncio.Future[Any]:
        # Cancelling whoever awaits this future cancels it, and that is how the writer knows that nobody waits any more.
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.closed or self._ending:
            future.set_exception(StoreUnavailable(why="closed"))
            return future
        self._waiting.append(Work(what, future))
        self._wake.set()
        return future

    async def close(self) -> None:
        """Write what waits, then close the connection, its log moved into the database."""
        self._ending = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        try:
            await self._move_log("TRUNCATE")
        finally:
            await self._connection.close()

    async def _move_log(self, how: str) -> None:
        try:
            await self._connection.move_log(how)
        except self._faults.any as error:
            self.closed = self.closed or self._faults.broken(error)
        self._unmoved = 0

    async def _work_or_pause(self) -> None:
        """Wait for work; a pause after much work is used."""
        if self._unmoved >= _WORTHWHILE:
            try:
                async with asyncio.timeout(_PAUSE):
                    await self._wake.wait()
            except TimeoutError:
                await self._move_log("PASSIVE")
        await self._wake.wait()

    async def _work(self) -> None:
        try:
            while not (self.closed or self._ending):
                await self._work_or_pause()
                self._wake.clear()
                await asyncio.sleep(0)  # whoever is ready in this round of the loop comes along
                while self._waiting and not self.closed:
                    await self._one_batch()
        finally:
            self.closed = True
            self._give_up("writer ended")

    async def _one_batch(self) -> None:
        group: list[Work] = []
        while self._waiting and len(group) < self._batch_max:
            work = self._waiting.popleft()
            if not work.future.done():  # who gave up in time is dropped unwritten
                group.append(work)
        if not group:
            return
        job = self._connection.run(lambda connection: self._written(connection, group))
        self._unmoved += len(group)
        self.written += len(group)
        self._begun_at = asyncio.get_running_loop().time()
        write_group = asyncio.get_running_loop().create_task(job)
        try:
            await asyncio.shield(write_group)
        except self._faults.any as error:  # there is not even a connection: perhaps the next time
            self._failed(group, error)
        except asyncio.CancelledError:
            await asyncio.wait([write_group])  # what has begun is finished
            raise
        finally:
            self._begun_at = 0.0
            # Said here, not by who asked for it: they may have been cancelled while it was written.
            if any(work.written and isinstance(work.what, Rows) and work.what.staff is not None for work in group):
                self.staff_changed()
            if any(
                work.written and isinstance(work.what, Rows) and (work.what.abuse or work.what.erased) for work in group
            ):
                self.holds_changed()
            reach("commit.told")
            _tell(group)

    @property
    def waiting(self) -> int:
        """How many wait to be written."""
        return len(self._waiting)

    @property
    def stall(self) -> float:
        """Seconds for which the batch under way has been written; 0.0 without one."""
        return asyncio.get_running_loop().time() - self._begun_at if self._begun_at else 0.0

    def _give_up(self, why: str) -> None:
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_exception(StoreUnavailable(why=why))

    # -- in the writer's thread ------------------------------------------------------------------------------------

    def _written(self, connection: Writing, group: list[Work]) -> None:
        """Write a group, in parts if some of it cannot be; each one's error or result is noted in it."""
        parts, faults, rounds = [group], self._faults, _ROUNDS
        while parts:
            part = parts.pop()
            try:
                faults.mend(connection)
                parts.extend(reversed(left_of(connection, part, faults, self.announce)))
            except faults.any as error:
                if faults.passing(error) and rounds > 0:
                    rounds -= 1
                    parts.append(part)  # if it was written after all, its keys tell
                    continue
                self._failed((*part, *(work for rest in parts for work in rest)), error)
                return

    def _failed(self, group: Iterable[Work], error: Exception) -> None:
        self.closed = self.closed or self._faults.broken(error)
        for work in group:
            work.error = work.error or StoreUnavailable(why=self._faults.name(error))


def _nobody_hears(_connection: Driver, _batch: Batch) -> None:
    """What `Writer.announce` is where nobody else is to be told."""


def _nobody_listens() -> None:
    """What `Writer.staff_changed` is until somebody wants to hear."""


def _tell(group: list[Work]) -> None:
    for work in group:
        future = work.future
        if future.done():
            continue
        if work.written:
            future.set_result(work.result)
        else:
            future.set_exception(work.error or StoreUnavailable(why="not written"))

"""Everything that works in the background, started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.changes import Changes
from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.ports import Channel, MediaStore
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.media_fetcher import MediaFetcher
from bot.runtime.push_sender import PushSender
from bot.runtime.sessions import unreachable
from bot.runtime.timer_firer import TimerFirer
from bot.runtime.worker import Worker

MEDIA_EVERY = 10.0
"""Seconds between two looks for files whose time to be tried again has come."""

START_SECONDS, START_AGAIN = 3.0, 1.0
"""How long a start waits for the database; after that it goes on, and the database is asked for so often."""

FAILURES = 3
"""A worker that failed so often in a row is told of."""

_log = structlog.get_logger("minsheng.engine")


class Engine:
    """The dispatcher and the workers that do what turns leave to do; each is woken when there is something for it."""

    def __init__(self, desk: Desk, channels: Sequence[Channel], media: MediaStore, cap: Callable[[], int]) -> None:
        """``cap``: bytes of the largest file taken, asked each time."""
        desk = replace(desk, committed=self.committed)
        self.dispatcher = Dispatcher(desk)
        self._stopping = False
        self._beginning: asyncio.Task[None] | None = None
        self._stops: list[Callable[[], None]] = []
        self._wakes: dict[str, asyncio.Event] = {}
        self._metrics = desk.metrics
        self._timer_wake, self._media_wake = asyncio.Event(), asyncio.Event()
        self._firer = TimerFirer(desk.store, desk.clock, self.dispatcher.fire, self._timer_wake, self.dispatcher.busy)
        self._fetcher = MediaFetcher(desk, {channel.name: channel for channel in channels}, media, cap)
        self._push_wakes = {channel.name: asyncio.Event() for channel in channels}
        self._senders = {
            channel.name: PushSender(
                channel,
                desk.store,
                desk.clock,
                desk.metrics,
                self._gone,
                self._push_wakes[channel.name],
                self._firer.expect,
            )
            for channel in channels
        }
        self._workers = [
            Worker("timers", self._firer.once, self._firer.idle, self._timer_wake, desk.metrics),
            Worker("media", self._fetcher.once, MEDIA_EVERY, self._media_wake, desk.metrics),
            *(
                Worker(f"push_{name}", sender.once, sender.idle, self._push_wakes[name], desk.metrics)
                for name, sender in self._senders.items()
            ),
        ]

    def add(
        self,
        name: str,
        once: Callable[[], Awaitable[int]],
        idle: float | Callable[[], float],
        stop: Callable[[], None] | None = None,
    ) -> None:
        """Have something else repeated too; see `Worker`. ``stop`` makes it return soon when the end begins."""
        self._wakes[name] = asyncio.Event()
        self._workers.append(Worker(name, once, idle, self._wakes[name], self._metrics))
        if stop is not None:
            self._stops.append(stop)

    def wake(self, name: str) -> None:
        """Have something that was added repeated now."""
        self._wakes[name].set()

    async def start(self) -> None:
        """Sort out what the last process left, then begin; with the database away, as soon as it is there."""
        self._beginning = asyncio.get_running_loop().create_task(self._begin(), name="minsheng-begin")
        await asyncio.wait((self._beginning,), timeout=START_SECONDS)
        if self._beginning.done():
            self._beginning.result()
        else:
            _log.warning("the database is away; work begins when it is there")

    async def _begin(self) -> None:
        while True:
            try:
                await self._recover()
                break
            except StoreUnavailable:
                await asyncio.sleep(START_AGAIN)
        for worker in self._workers:
            worker.start()

    async def _recover(self) -> None:
        await self.dispatcher.room.recover()
        for name, sender in self._senders.items():
            unclear = await sender.recover()
            if unclear:
                _log.warning("pushes of the last run are unclear", channel=name, count=unclear)

    def begin_stop(self) -> None:
        """Say that we are going, and ask for nothing new."""
        self._stopping = True
        for stop in self._stops:
            stop()

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand, at most for so long."""
        self.begin_stop()
        if self._beginning is not None:
            self._beginning.cancel()
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            async with asyncio.timeout_at(end - seconds / 2):
                await self.dispatcher.drain()
        except TimeoutError:
            _log.warning("stopped with messages under way")
        left = max(0.1, end - loop.time())
        await asyncio.gather(
            *(sender.drain(left) for sender in self._senders.values()),
            self._fetcher.drain(left / 2),  # what is cut off is fetched again
            *(worker.stop(left) for worker in self._workers),
            return_exceptions=True,
        )

    def sweep_age(self) -> float:
        """Seconds since timers were last looked at."""
        return self._firer.sweep_age

    def failing(self) -> Mapping[str, int]:
        """Errors in a row of each piece of background work."""
        return {worker.name: worker.failures for worker in self._workers}

    def problems(self) -> list[str]:
        """What of it does not work, in words for the operator."""
        found = ["the desk is stopping"] if self._stopping else []
        if self._beginning is not None and not self._beginning.done():
            found.append("the database has been away since the start")
        found += [f"worker {worker.name} keeps failing" for worker in self._workers if worker.failures >= FAILURES]
        return found

    async def _gone(self, address: Address) -> None:
        await self.dispatcher.amend(address, unreachable)

    def committed(self, changes: Changes) -> None:
        """Wake whoever has something to do now that these changes are true."""
        for push in changes.pushes:
            name = push.address.channel
            if name in self._senders:
                if push.not_before is not None:
                    self._senders[name].expect(push.not_before)
                self._push_wakes[name].set()
        if changes.timers:
            self._firer.expect(min(timer.due_at for timer in changes.timers))
        if changes.told and changes.at is not None:
            self._firer.expect(changes.at)  # what was told may have set a timer (see `Push.then`)
        if changes.attachments and any(record.state == "pending" for record in changes.attachments):
            self._media_wake.set()

"""Everything that works in the background, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.changes import Changes
from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.ports import Channel, MediaStore
from bot.ports.leasing import channel_lease
from bot.ports.waking import Wake
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.leases import Leases, Tenure
from bot.runtime.media_fetcher import MediaFetcher
from bot.runtime.push_sender import PushSender
from bot.runtime.sessions import unreachable
from bot.runtime.timer_firer import TimerFirer
from bot.runtime.worker import LONGEST_SLEEP, Worker

MEDIA_EVERY = 10.0
"""Seconds between two looks for files whose time to be tried again has come."""

LAST_ROUND, WRITTEN_DOWN = 1.5, 0.7
"""Seconds at the end for what a worker is just doing besides pushes, and for writing down what became of those."""

START_SECONDS, START_AGAIN = 3.0, 1.0
"""How long a start waits for the database; after that it goes on, and the database is asked for so often."""

LEASES_LONGEST = 2.0
"""Seconds between two tries to renew leases while the database is away, at most."""

GIVING_BACK = 2.0
"""Seconds for giving leases back at the end; what is not given back is taken over a little later."""

FAILURES = 3
"""A worker that failed so often in a row is told of."""

_log = structlog.get_logger("minsheng.engine")


class Engine:
    """The dispatcher and the workers that do what turns leave to do; each is woken when there is something for it."""

    def __init__(
        self,
        desk: Desk,
        channels: Sequence[Channel],
        media: MediaStore,
        cap: Callable[[], int],
        leases: Leases | None = None,
    ) -> None:
        """``cap``: bytes of the largest file taken, asked each time. ``leases``: what of the work only one worker may
        do; without them there is no other worker."""
        desk = replace(desk, committed=self.committed)
        self.leases = leases
        self.dispatcher = Dispatcher(desk, alone=leases is None or leases.alone)
        self.kept: list[Callable[[Address], None]] = []  # hear of people for whom something is kept now
        self._away = False
        self._stopping = False
        self._beginning: asyncio.Task[None] | None = None
        self._first: list[Callable[[], Awaitable[int]]] = []
        self._stops: list[Callable[[], None]] = []
        self._wakes: dict[str, asyncio.Event] = {}
        self._metrics = desk.metrics
        self._timer_wake, self._media_wake = asyncio.Event(), asyncio.Event()
        self._lease_wake = asyncio.Event()
        self._firer = TimerFirer(
            desk.store,
            desk.clock,
            self.dispatcher.fire,
            self._timer_wake,
            self.dispatcher.busy,
            (lambda: (0, 1)) if leases is None else (lambda: leases.place),
        )
        self._push_wakes = {channel.name: asyncio.Event() for channel in channels}
        tenures = {name: self._tenure(channel_lease(name), wake) for name, wake in self._push_wakes.items()}
        owned = {name: tenure for name, tenure in tenures.items() if tenure is not None}
        for tenure in owned.values():
            tenure.taken.append(self._media_wake.set)
        self._fetcher = MediaFetcher(desk, {channel.name: channel for channel in channels}, media, cap, tenures=owned)
        self._senders = {
            channel.name: PushSender(
                channel,
                desk.store,
                desk.clock,
                desk.metrics,
                self._gone,
                self._push_wakes[channel.name],
                self._firer.expect,
                tenures[channel.name],
                self._keeps,
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
        if leases is not None:
            self._workers.append(
                Worker("leases", self._renew, leases.idle, self._lease_wake, desk.metrics, LEASES_LONGEST)
            )

    def add(
        self,
        name: str,
        once: Callable[[], Awaitable[int]],
        idle: float | Callable[[], float],
        stop: Callable[[], None] | None = None,
        lease: str = "",
    ) -> None:
        """Have something else repeated too; see `Worker`. ``stop`` makes it return soon when the end begins. ``lease``:
        only the worker that has the lease of that name does it; "": every worker does."""
        wake = self._wakes[name] = asyncio.Event()
        tenure = self._tenure(lease, wake) if lease else None
        if tenure is not None:
            once, idle = _while_held(tenure, once, idle)
        self._workers.append(Worker(name, once, idle, wake, self._metrics))
        if stop is not None:
            self._stops.append(stop)

    def begin_with(self, step: Callable[[], Awaitable[int]]) -> None:
        """Have something done once the database is there, before anything else is begun."""
        self._first.append(step)

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
        for step in self._first:
            await step()
        await self.dispatcher.room.recover()
        if self.leases is not None:
            await self.leases.once()  # whoever becomes the sender of a channel sorts out what was left there
            return
        for name, sender in self._senders.items():
            again = await sender.recover()
            if again:
                _log.warning("pushes under way when the last run ended are sent again", channel=name, count=again)

    def begin_stop(self) -> None:
        """Say that we are going, and ask for nothing new; only what is to be sent is still sent."""
        self._stopping = True
        for stop in self._stops:
            stop()
        for worker in self._workers:
            if not worker.name.startswith(("push_", "leases")):
                worker.begin_stop()

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
        end = max(end, loop.time() + 0.1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                # Nothing is claimed any more before what is under way is waited for.
                await asyncio.gather(*(worker.stop(min(seconds / 4, LAST_ROUND)) for worker in self._workers))
                left = max(0.1, end - loop.time() - WRITTEN_DOWN)
                await asyncio.gather(
                    *(sender.drain(left) for sender in self._senders.values()),
                    self._fetcher.drain(left / 2),  # what is cut off is fetched again
                    return_exceptions=True,
                )
        if self.leases is not None and not self.leases.alone:
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(GIVING_BACK):
                    await self.leases.release()

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

    def heard(self, wake: Wake) -> None:
        """Another worker says that there is something to do."""
        for name, event in self._push_wakes.items():
            if wake.everything or name in wake.pushes:
                event.set()
        for name, due in wake.later:
            if name in self._senders:
                self._senders[name].expect(due)
        if wake.timer_at is not None:
            self._firer.expect(wake.timer_at)
        if wake.files or wake.everything:
            self._media_wake.set()
        if wake.leases or wake.everything:
            self._lease_wake.set()
        for name in wake.kept:
            self._keeps(Address.parse(name))

    def _keeps(self, address: Address) -> None:
        for hear in self.kept:
            hear(address)

    def _tenure(self, lease: str, wake: asyncio.Event) -> Tenure | None:
        if self.leases is None:
            return None
        tenure = self.leases.tenure(lease)
        tenure.taken.append(wake.set)
        return tenure

    async def _renew(self) -> int:
        assert self.leases is not None  # noqa: S101 - only then there is such a worker
        try:
            await self.leases.once()
        except StoreUnavailable:
            self._away = True
            raise
        if self._away:  # whoever waits after an error need not wait any longer
            self._away = False
            for wake in (*self._push_wakes.values(), *self._wakes.values(), self._timer_wake, self._media_wake):
                wake.set()
        return 0

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


def _while_held(
    tenure: Tenure, once: Callable[[], Awaitable[int]], idle: float | Callable[[], float]
) -> tuple[Callable[[], Awaitable[int]], Callable[[], float]]:
    """Work that is done only while we have its lease; taking it wakes the worker."""

    async def held_once() -> int:
        return await once() if tenure.held() is not None else 0

    def held_idle() -> float:
        if tenure.held() is None:
            return LONGEST_SLEEP
        return idle() if callable(idle) else idle

    return held_once, held_idle

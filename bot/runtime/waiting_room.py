"""Where the messages of one person wait when there are very many of them at once.

Turns of a person follow each other. Whoever sends thousands at full speed must not make others wait, nor may any of it
be refused, for a platform gives up soon. So only a few wait in memory, with a pause between their turns; what comes
beyond is put by: stored at once, many in one commit and without a turn each, and acknowledged. A timer gives them their
turns afterwards, in order and giving way to everybody else. From the first that is put by until the last has had its
turn whatever that person sends is put by too, so that their order stays.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.changes import Changes, Timer
from bot.domain.people import Address
from bot.message import Answer, InboundMessage, MessageKind
from bot.runtime.desk import Desk

IN_MEMORY = 16
"""So many messages of a person wait for their turn in memory; an album is ten."""

EAGER = 4
"""With more than so many waiting there is a pause between the turns of that person."""

SHARE, SHORTEST, LONGEST = 3.0, 0.005, 0.05
"""The pause is so many times what the last turn took, within these seconds: a quarter of the desk at most is theirs."""

TOGETHER = 0.2
"""Seconds in which the messages of one person that are put by are gathered for one commit."""

SOONEST, LATEST, APART = 0.3, 0.9, 0.03
"""Seconds until one is acknowledged after that, and between two of one person: whoever waits for that sends no faster,
and not in waves. Platforms wait 5."""

GATHERED = 2
"""Timers of messages that are put by stand at seconds that this divides, so that thousands share one."""

BATCH, NEXT = 100, 0.1
"""So many have their turn at one firing of the timer; the next follows so many seconds later."""

BESIDE_OTHERS, PATIENT = 9.0, 1.0
"""While others are answered the pause between two of these turns is so many times what the last took, so many seconds
at most: a tenth of the desk is theirs."""

PUT_BY = "put_by"
"""The timer's kind."""

_TAKEN = frozenset({MessageKind.TEXT, MessageKind.ATTACHMENT, MessageKind.PLACE, MessageKind.PRESS, MessageKind.EDIT})


class _Gathering:
    """Messages of one person that are stored together, and the task that does it."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self.task: asyncio.Task[None] | None = None


class WaitingRoom:
    """Knows whose messages are put by, in this process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._behind: dict[Address, int] = {}  # how many were put by, ever: a change shows that one more came
        self._gathering: dict[Address, _Gathering] = {}
        self._coming: dict[Address, int] = {}  # commits under way
        self._acknowledged: dict[Address, float] = {}  # when the last one will be

    async def recover(self) -> int:
        """After a start: learn whose messages still wait. How many people that is. Raises StoreUnavailable."""
        for address in await self._desk.store.reader.put_by_addresses():
            self._behind.setdefault(address, 0)
        return len(self._behind)

    def full(self, message: InboundMessage, waiting: int) -> bool:
        """Whether a message is to be put by, while so many of that person wait in memory."""
        if message.on_page or message.kind not in _TAKEN:
            return False
        return waiting >= IN_MEMORY or message.address in self._behind

    @staticmethod
    def pause(took: float, waiting: int) -> float:
        """Seconds between a turn that took so long and the next one of that person."""
        return min(LONGEST, max(SHORTEST, took * SHARE)) if waiting > EAGER else 0.0

    async def put_by(self, message: InboundMessage, waiting: int) -> Answer | None:
        """Store a message, to have its turn later. None where its turn is now: so few wait in memory, and another
        process has given all that was put by its turns. Raises StoreUnavailable: nothing was acknowledged.
        """
        address, now = message.address, self._desk.clock.now()
        if waiting < IN_MEMORY and address not in self._gathering and address not in self._coming:
            count = self._behind.get(address)
            if not await self._desk.store.reader.put_by(address, 1):
                if count == self._behind.get(address):
                    self._behind.pop(address, None)
                return None
        self._behind[address] = self._behind.get(address, 0) + 1
        gathering = self._gathering.get(address)
        if gathering is None:
            gathering = self._gathering[address] = _Gathering()
            gathering.task = asyncio.get_running_loop().create_task(self._store(address, gathering))
            gathering.task.add_done_callback(_looked_at)
        gathering.messages.append(message)
        assert gathering.task is not None  # noqa: S101 - set above
        await asyncio.shield(gathering.task)
        await asyncio.sleep(self._patience(address))
        return Answer(None, now)

    async def _store(self, address: Address, gathering: _Gathering) -> None:
        """Store what is gathered in a moment, in one commit."""
        await asyncio.sleep(TOGETHER)
        del self._gathering[address]
        desk, messages = self._desk, gathering.messages
        self._coming[address] = self._coming.get(address, 0) + 1
        now = desk.clock.now()
        changes = Changes(at=now, put_by=messages, timers=[Timer(PUT_BY, str(address), _next(now), address=address)])
        try:
            await desk.store.commit(changes)
        finally:
            self._coming[address] -= 1
            if not self._coming[address]:
                del self._coming[address]
        desk.metrics.put_by.inc(len(messages))
        desk.committed(changes)

    def _patience(self, address: Address) -> float:
        """Seconds until the message that was just put by is acknowledged."""
        now = asyncio.get_running_loop().time()
        at = min(now + LATEST, max(now + SOONEST, self._acknowledged.get(address, 0.0) + APART))
        self._acknowledged[address] = at
        return at - now

    async def take_up(
        self, timer: Timer, turn: Callable[[InboundMessage], Awaitable[object]], busy: Callable[[], bool]
    ) -> None:
        """Give the next of them their turns; the timer is answered by this, and another set where more wait.

        ``busy``: whether others are answered just now.

        A message that had its turn before the process died is known by its key. Raises StoreUnavailable and Conflict.
        """
        desk, address = self._desk, timer.address
        assert address is not None  # noqa: S101 - only `put_by` sets such timers
        count = self._behind.get(address, 0)
        waiting = await desk.store.reader.put_by(address, BATCH)
        for message in waiting:
            began = desk.clock.monotonic()
            await turn(message)
            took = desk.clock.monotonic() - began
            await asyncio.sleep(min(PATIENT, took * BESIDE_OTHERS) if busy() else self.pause(took, IN_MEMORY))
        done = Changes(
            at=desk.clock.now(),
            fired=timer,
            taken_up=[(message.address.channel, message.key) for message in waiting],
        )
        if waiting:
            due = desk.clock.now() + timedelta(seconds=NEXT)
            done.timer(Timer(PUT_BY, str(address), due, timer.level + 1, address))
        await desk.store.commit(done)
        desk.committed(done)
        coming = address in self._coming or address in self._gathering
        if not waiting and not coming and count == self._behind.get(address):
            del self._behind[address]
            self._acknowledged.pop(address, None)


def _looked_at(task: asyncio.Task[None]) -> None:
    """Whoever waited for it may have given up; an error is theirs."""
    if not task.cancelled():
        task.exception()


def _next(now: datetime) -> datetime:
    """The next moment at which what is put by now has its turn."""
    return datetime.fromtimestamp((math.floor(now.timestamp()) // GATHERED + 1) * GATHERED, UTC)

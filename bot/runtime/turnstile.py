"""One at a time per address, first come first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.domain.people import Address


class Turnstile:
    """Lets one turn of a person through at a time. An address nobody is in costs nothing."""

    def __init__(self) -> None:
        self._queues: dict[Address, deque[asyncio.Future[None]] | None] = {}

    def __len__(self) -> int:
        """How many addresses somebody is in."""
        return len(self._queues)

    async def enter(self, address: Address) -> None:
        """Return when it is our turn. Whoever enters must `leave`, unless this is cancelled."""
        inside = len(self._queues)
        queue = self._queues.setdefault(address, None)  # one look where two would do: hashing an address is not free
        if len(self._queues) > inside:
            return
        if queue is None:
            queue = self._queues[address] = deque()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.leave(address)  # our turn came in the very moment we gave up: hand it on
            raise

    def waiting(self, address: Address) -> int:
        """How many wait for their turn there."""
        queue = self._queues.get(address)
        return len(queue) if queue else 0

    def leave(self, address: Address, pause: float = 0.0) -> None:
        """Let the next one in, after so many seconds."""
        if pause > 0:
            asyncio.get_running_loop().call_later(pause, self.leave, address)
            return
        queue = self._queues.pop(address)
        while queue:
            turn = queue.popleft()
            if not turn.done():  # done here means: its owner has given up
                self._queues[address] = queue
                turn.set_result(None)
                return

    @asynccontextmanager
    async def through(self, address: Address) -> AsyncIterator[None]:
        """Enter and leave, for whoever is not in a hurry."""
        await self.enter(address)
        try:
            yield
        finally:
            self.leave(address)

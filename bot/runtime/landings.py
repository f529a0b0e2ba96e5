"""Which messages are under way, with the copies that wait for their answers."""

from __future__ import annotations

import asyncio

from bot.message import Answer


class Landings:
    """Messages by channel and key, from when they are taken until they are answered."""

    def __init__(self) -> None:
        self._flying: dict[tuple[str, str], list[asyncio.Future[Answer]]] = {}  # copies that wait
        self._landed = asyncio.Event()

    def busy(self) -> bool:
        """Whether messages are being answered now."""
        return bool(self._flying)

    async def drain(self) -> None:
        """Wait until all messages taken are answered."""
        while self._flying:
            self._landed.clear()
            await self._landed.wait()

"""A turn's rounds: deciding again after somebody else was faster; and its answer as a push."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime

from bot.domain.people import Address
from bot.message import Lane, Push, Reply

ROUNDS = 5
"""How often a turn is decided again on fresh state before it is given up."""

ROUNDS_SHARED = 24
"""Likewise where other processes answer the same person at the same time: only there somebody can lose so often."""

PAUSE = 0.004
"""Whoever lost more than once waits at random, at most so many seconds for each time, so that others get through."""


def rounds(*, alone: bool) -> int:
    """How often is tried; ``alone``: nobody else can be faster for long."""
    return ROUNDS if alone else ROUNDS_SHARED


async def rest(lost: int) -> None:
    """Wait a little before the next try of somebody who lost so often before."""
    if lost:
        await asyncio.sleep(random.uniform(0, PAUSE * lost))  # noqa: S311  # spreads tries, no secret


def answering(key: str, address: Address, reply: Reply, at: datetime) -> Push:
    """An answer that leaves through the outbox."""
    return Push(key=key, address=address, reply=reply, created_at=at, lane=Lane.REPLY, ticket=reply.ticket)

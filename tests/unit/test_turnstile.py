"""One at a time per address, first come first served, whoever gives up."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.people import Address
from bot.runtime.turnstile import Turnstile

LI, WANG = Address("chat", "li"), Address("chat", "wang")


async def _hold(turnstile: Turnstile, address: Address, order: list[str], name: str, go: asyncio.Event) -> None:
    async with turnstile.through(address):
        order.append(name)
        await go.wait()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_first_come_first_served_and_nobody_is_remembered() -> None:
    turnstile, order, go = Turnstile(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(_hold(turnstile, LI, order, str(n), go)) for n in range(4)]
    await _settled()
    assert order == ["0"]
    go.set()
    await asyncio.gather(*tasks)
    assert order == ["0", "1", "2", "3"]
    assert len(turnstile) == 0


async def test_people_do_not_wait_for_each_other() -> None:
    turnstile, order, go = Turnstile(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(_hold(turnstile, who, order, who.id, go)) for who in (LI, WANG)]
    await _settled()
    assert order == ["li", "wang"]
    go.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("gives_up", [0, 1, 2, 3])
async def test_whoever_gives_up_holds_nobody_back(gives_up: int) -> None:
    turnstile, order, go = Turnstile(), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(_hold(turnstile, LI, order, str(n), go)) for n in range(4)]
    await _settled()
    tasks[gives_up].cancel()
    await _settled()
    go.set()
    await asyncio.wait(tasks)
    assert [name for name in order if name != str(gives_up)] == [str(n) for n in range(4) if n != gives_up]
    assert len(turnstile) == 0


async def test_giving_up_in_the_very_moment_the_turn_comes_hands_it_on() -> None:
    turnstile, order, go = Turnstile(), list[str](), asyncio.Event()
    go.set()
    await turnstile.enter(LI)
    second = asyncio.create_task(_hold(turnstile, LI, order, "second", go))
    third = asyncio.create_task(_hold(turnstile, LI, order, "third", go))
    await _settled()
    turnstile.leave(LI)  # now it is the second's turn, but it has not run yet
    second.cancel()
    await asyncio.wait([second, third])
    assert order == ["third"]
    assert len(turnstile) == 0

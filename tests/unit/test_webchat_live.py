"""Open pages of the web chat: shown means that the page said so."""

from __future__ import annotations

import asyncio

from bot.channels.webchat.live import STREAMS_OF_ONE, WAITING, Live
from bot.domain.people import Address

LI, WANG = Address("web", "li"), Address("web", "wang")
LINE = {"id": "p1", "text": "news"}


async def test_without_a_page_nothing_is_shown() -> None:
    assert not await Live().show(LI, LINE)


async def test_a_page_that_says_so_has_shown_it() -> None:
    live = Live(patience=30)
    stream = live.open(LI)
    showing = asyncio.create_task(live.show(LI, LINE))
    assert await stream.next() == LINE
    assert not showing.done()
    live.shown(WANG, "p1")  # somebody else's word does not count
    live.shown(LI, "p2")
    await asyncio.sleep(0)
    assert not showing.done()
    live.shown(LI, "p1")
    assert await showing


async def test_a_silent_page_is_let_go() -> None:
    live = Live(patience=0.02)
    stream = live.open(LI)
    assert not await live.show(LI, LINE)
    assert stream.closed
    assert await stream.next() is None
    live.close(stream)
    assert not live.watching(LI)
    live.shown(LI, "p1")  # too late, and harmless


async def test_a_page_that_closes_meanwhile_is_not_waited_for() -> None:
    live = Live(patience=3600)
    stream = live.open(LI)
    showing = asyncio.create_task(live.show(LI, LINE))
    await stream.next()
    live.close(stream)
    assert not await showing


async def test_one_of_two_pages_is_enough_and_both_get_it() -> None:
    live = Live(patience=30)
    one, other = live.open(LI), live.open(LI)
    showing = asyncio.create_task(live.show(LI, LINE))
    assert await one.next() == await other.next() == LINE
    live.close(one)
    live.shown(LI, "p1")
    assert await showing
    assert live.watching(LI)


async def test_the_first_page_goes_when_there_are_too_many() -> None:
    live = Live()
    streams = [live.open(LI) for _ in range(STREAMS_OF_ONE + 1)]
    assert [stream.closed for stream in streams] == [True] + [False] * STREAMS_OF_ONE
    live.close(streams[0])
    assert live.watching(LI)


async def test_a_page_far_behind_is_let_go() -> None:
    live = Live()
    stream = live.open(LI)
    for n in range(WAITING + 1):
        stream.put({"id": str(n)})
    assert await stream.next() is None


async def test_the_same_push_shown_twice_at_once_is_answered_twice() -> None:
    live = Live(patience=30)
    stream = live.open(LI)
    both = asyncio.gather(live.show(LI, LINE), live.show(LI, LINE))
    await stream.next()
    live.shown(LI, "p1")
    assert all(await both)


async def test_after_the_stop_no_page_stays() -> None:
    live = Live()
    early = live.open(LI)
    live.stop()
    assert await early.next() is None
    assert await live.open(WANG).next() is None

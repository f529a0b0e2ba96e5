"""What became of each push, in order per person, never twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from bot.changes import Changes
from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.message import (
    KNOCKED,
    Brief,
    Delivered,
    Delivery,
    Kept,
    Moved,
    Picture,
    Push,
    Refused,
    Reply,
    TryLater,
    Unclear,
)
from bot.runtime.push_sender import LONGEST_BACKOFF, LOOK_EVERY, PushSender, backoff
from tests.fakes.scripted_channel import KnockingChannel, ScriptedChannel, SlowPace
from tests.fakes.small_desk import CHAT, RESIDENT, SmallDesk


class Outbox:
    """A sender over a store in memory and a channel that does as told."""

    def __init__(
        self, *outcomes: Delivery | Exception, made: type[ScriptedChannel] = ScriptedChannel, **channel: Any
    ) -> None:
        self.small = SmallDesk()
        self.store = self.small.store
        self.channel = made(outcomes=list(outcomes), **channel)
        self.gone: list[Address] = []
        self.wake = asyncio.Event()
        self.timers: list[datetime] = []
        self.sender = PushSender(
            self.channel,
            self.store,
            self.small.clock,
            self.small.metrics,
            self._gone,
            self.wake,
            self.timers.append,
        )

    async def _gone(self, address: Address) -> None:
        self.gone.append(address)

    async def put(self, key: str = "p", address: Address = RESIDENT, **fields: Any) -> None:
        push = Push(key=key, address=address, reply=Reply(key), created_at=self.small.clock.now(), **fields)
        await self.store.commit(Changes(at=self.small.clock.now(), pushes=[push]))

    def waits(self, key: str = "p") -> timedelta:
        """How long from now until it is tried again."""
        not_before = self.store.outcomes[key].not_before
        assert not_before is not None
        return not_before - self.small.clock.now()


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Delivered("77"), "sent"),
        (TryLater(5, "busy"), "ready"),
        (Kept("window shut"), "kept"),
        (Refused("blocked"), "refused"),
        (Moved(Address("chat", "new")), "refused"),
        (Unclear("read timeout"), "unclear"),
        (ValueError("bug"), "unclear"),
    ],
)
async def test_each_outcome_has_its_state(outcome: Delivery | Exception, state: str) -> None:
    outbox = Outbox(outcome)
    await outbox.put()
    assert await outbox.sender.once() == 1
    assert outbox.store.states["p"] == state
    assert outbox.small.count("minsheng_pushes_total", channel="chat", outcome=state) == 1


async def test_the_platforms_name_of_what_was_sent_is_kept() -> None:
    outbox = Outbox(Delivered("77"))
    await outbox.put()
    await outbox.sender.once()
    assert outbox.store.outcomes["p"].message_id == "77"


async def test_an_unclear_one_is_never_sent_again() -> None:
    outbox = Outbox(Unclear("read timeout"))
    await outbox.put()
    await outbox.sender.once()
    outbox.small.clock.advance(timedelta(days=1))
    assert await outbox.sender.once() == 0
    assert len(outbox.channel.delivered) == 1


async def test_what_was_under_way_when_we_died_is_sent_again_after_the_start() -> None:
    outbox = Outbox()
    await outbox.put()
    await outbox.store.claim_pushes("chat", outbox.small.clock.now(), 1)  # and there the process ended
    assert await outbox.sender.recover() == 1
    assert await outbox.sender.once() == 1
    assert [push.key for push in outbox.channel.delivered] == ["p"]


async def test_try_later_waits_at_least_as_long_as_the_platform_says_and_longer_each_time() -> None:
    outbox = Outbox(TryLater(5, "busy"), TryLater(0, "busy"), TryLater(0, "busy"), TryLater(0, "busy"))
    await outbox.put()
    waits = []
    for _ in range(4):
        await outbox.sender.once()
        waits.append(outbox.waits())
        outbox.small.clock.advance(waits[-1])
    assert waits[0] >= timedelta(seconds=5)
    assert waits[1] < waits[2] < waits[3]
    await outbox.sender.once()
    assert outbox.store.states["p"] == "sent"


async def test_it_looks_again_exactly_when_the_next_may_go() -> None:
    outbox = Outbox(TryLater(5, "busy"))
    await outbox.put()
    await outbox.sender.once()
    assert outbox.sender.idle() == pytest.approx(outbox.waits().total_seconds())
    outbox.sender.expect(outbox.small.clock.now() + timedelta(seconds=2))
    assert outbox.sender.idle() == 2
    outbox.small.clock.advance(timedelta(seconds=7))
    assert outbox.sender.idle() == 0
    await outbox.sender.once()
    assert outbox.store.states["p"] == "sent"
    assert outbox.sender.idle() == LOOK_EVERY


def test_waiting_doubles_up_to_an_hour_and_a_quarter_and_never_ends() -> None:
    assert 1.0 <= backoff(0) <= 1.25
    assert 8.0 <= backoff(3) <= 10.0
    assert LONGEST_BACKOFF <= backoff(1000) <= LONGEST_BACKOFF * 1.25


async def test_a_halt_of_the_whole_channel_stops_all_until_it_is_over() -> None:
    outbox = Outbox(TryLater(60, "flood", whole_channel=True), pace=(pace := SlowPace(free=99)))
    await outbox.put()
    await outbox.sender.once()
    await outbox.put("q", Address("chat", "wang"))
    assert await outbox.sender.once() == 0
    assert outbox.sender.idle() == 60
    assert pace.halts == [(60, None)]
    outbox.small.clock.advance(timedelta(seconds=60))
    await outbox.sender.once()
    assert outbox.store.states == {"p": "sent", "q": "sent"}


async def test_a_halt_for_one_person_is_told_to_the_pace() -> None:
    outbox = Outbox(TryLater(9, "flood"), pace=(pace := SlowPace(free=99)))
    await outbox.put()
    await outbox.sender.once()
    assert pace.halts == [(9, RESIDENT)]


async def test_what_must_wait_long_for_its_turn_is_put_back_without_calling_the_platform() -> None:
    outbox = Outbox(pace=SlowPace(free=0, seconds=7.0))
    await outbox.put()
    await outbox.sender.once()
    assert (outbox.store.states["p"], outbox.waits()) == ("ready", timedelta(seconds=7))
    assert outbox.channel.delivered == []


async def test_what_must_wait_shortly_waits() -> None:
    pace = SlowPace(free=0, seconds=0.01)
    outbox = Outbox(pace=pace)
    await outbox.put()
    sending = asyncio.create_task(outbox.sender.once())
    await asyncio.sleep(0.02)
    assert outbox.channel.delivered == []
    pace.free = 1
    await sending
    assert outbox.store.states["p"] == "sent"


async def test_stale_ones_expire_without_calling_the_platform() -> None:
    outbox = Outbox()
    await outbox.put(expires_at=outbox.small.clock.now())
    await outbox.sender.once()
    assert outbox.store.states["p"] == "expired"
    assert outbox.channel.delivered == []


@pytest.mark.parametrize(
    ("left", "reserve", "state"),
    [(3, False, "sent"), (2, False, "kept"), (2, True, "sent"), (1, True, "sent"), (0, True, "kept")],
)
async def test_the_last_credits_are_for_those_they_are_reserved_for(left: int, reserve: bool, state: str) -> None:
    outbox = Outbox(traits=replace(CHAT, credits_reserved=2))
    outbox.store.credits = left
    await outbox.put(reserve=reserve)
    await outbox.sender.once()
    assert outbox.store.states["p"] == state
    assert len(outbox.channel.delivered) == (state == "sent")


@pytest.mark.parametrize(("brief", "knocked"), [(Brief("answer", {}), 1), (None, 0)])
async def test_without_credits_a_push_with_a_brief_may_still_knock(brief: Brief | None, knocked: int) -> None:
    outbox = Outbox(made=KnockingChannel, traits=replace(CHAT, credits_reserved=2))
    assert isinstance(outbox.channel, KnockingChannel)
    outbox.store.credits = 2
    await outbox.put(brief=brief)
    await outbox.sender.once()
    assert outbox.store.states["p"] == "kept"
    assert outbox.store.outcomes["p"].reason == (KNOCKED if knocked else "no credits")
    assert (len(outbox.channel.knocked), outbox.channel.delivered) == (knocked, [])


async def test_somebody_gone_is_told_on() -> None:
    outbox = Outbox(Refused("blocked", gone=True))
    await outbox.put()
    await outbox.sender.once()
    assert outbox.gone == [RESIDENT]


async def test_a_moved_chat_gets_its_push_at_the_new_place_once() -> None:
    new = Address("chat", "new")
    outbox = Outbox(Moved(new))
    await outbox.put(ticket="260304-00010")
    await outbox.sender.once()
    assert outbox.store.pushes["p:moved"] == structs.replace(outbox.store.pushes["p"], key="p:moved", address=new)
    await outbox.sender.once()
    assert outbox.store.states == {"p": "refused", "p:moved": "sent"}


async def test_one_person_gets_them_one_by_one_in_order() -> None:
    outbox = Outbox()
    for key in "abc":
        await outbox.put(key)
    while await outbox.sender.once():
        pass
    assert [push.key for push in outbox.channel.delivered] == ["a", "b", "c"]


async def test_many_people_are_served_at_once_but_not_too_many() -> None:
    outbox = Outbox()
    for n in range(100):
        await outbox.put(str(n), Address("chat", str(n)))
    assert await outbox.sender.once() == 100
    assert set(outbox.store.states.values()) == {"sent"}
    assert 2 <= outbox.channel.most_at_once <= 16


async def test_one_that_hangs_does_not_hold_the_others_back() -> None:
    outbox = Outbox(gate=asyncio.Event())
    await outbox.put("slow")
    hanging = asyncio.create_task(outbox.sender.once())
    await asyncio.sleep(0.01)
    gate, outbox.channel.gate = outbox.channel.gate, None
    await hanging
    await outbox.put("fast", Address("chat", "wang"))
    assert await outbox.sender.once() == 1
    assert outbox.store.states == {"slow": "started", "fast": "sent"}
    outbox.wake.clear()
    assert gate is not None
    gate.set()
    await outbox.wake.wait()
    assert await outbox.sender.once() == 0
    assert outbox.store.states["slow"] == "sent"


async def test_the_timer_that_a_delivery_sets_is_told_when_it_is_on_disk() -> None:
    outbox = Outbox(Refused("blocked"), Delivered("77"), Delivered("78"))
    for n, then in enumerate(("question_delivered", "question_delivered", "")):
        await outbox.put(str(n), Address("chat", str(n)), then=then, ticket="260304-00017")
    outbox.store.settle_faults.append(StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        await outbox.sender.once()
    assert outbox.timers == []
    await outbox.sender.once()
    assert outbox.timers == [outbox.small.clock.now()]
    assert [timer.address for timer in outbox.store.timers.values()] == [Address("chat", "1")]


async def test_outcomes_that_could_not_be_written_down_are_written_later() -> None:
    outbox = Outbox()
    outbox.store.settle_faults.append(StoreUnavailable())
    await outbox.put()
    with pytest.raises(StoreUnavailable):
        await outbox.sender.once()
    assert outbox.store.states["p"] == "started"
    await outbox.sender.once()
    assert outbox.store.states["p"] == "sent"
    assert len(outbox.channel.delivered) == 1


async def test_stopping_writes_down_what_is_done_and_leaves_the_rest_as_begun() -> None:
    outbox = Outbox(gate=asyncio.Event())
    await outbox.put()
    sending = asyncio.create_task(outbox.sender.once())
    await asyncio.sleep(0.01)
    await outbox.sender.drain(0.01)
    await sending
    assert outbox.store.states["p"] == "started"
    assert await outbox.sender.recover() == 1


PICTURE = Picture("ab" * 32, "image/png", "a board")


async def test_a_picture_that_cannot_be_sent_is_dropped_after_three_tries() -> None:
    box = Outbox(*(TryLater(1, "upload") for _ in range(9)))
    reply = Reply("board", picture=PICTURE)
    push = Push(key="p", address=RESIDENT, reply=reply, created_at=box.small.clock.now())
    await box.store.commit(Changes(at=box.small.clock.now(), pushes=[push]))
    states = []
    for _ in range(3):
        await box.sender.once()
        states.append(box.store.outcomes["p"].state)
        box.small.clock.at += timedelta(hours=1)
    assert states == ["ready", "ready", "refused"]
    assert await box.sender.once() == 0


async def test_a_picture_without_credits_is_dropped_not_kept_as_words() -> None:
    box = Outbox(made=KnockingChannel, traits=replace(CHAT, credits_reserved=2))
    reply = Reply("board", picture=PICTURE)
    push = Push(key="p", address=RESIDENT, reply=reply, created_at=box.small.clock.now(), brief=Brief("work", {}))
    await box.store.commit(Changes(at=box.small.clock.now(), pushes=[push]))
    box.store.credits = 0
    await box.sender.once()
    assert box.store.outcomes["p"].state == "refused"
    assert isinstance(box.channel, KnockingChannel)
    assert not box.channel.knocked

"""The desk asks Telegram: nothing is confirmed that is not on disk, everybody's order is kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest

from bot.channels.telegram import Intake, Polling, Telegram, TelegramSettings
from bot.channels.telegram.polling import Waits
from bot.clock import FixedClock
from bot.errors import StoreUnavailable
from bot.message import Answer, InboundMessage
from tests.fakes.telegram_api import TOKEN, FakeTelegram, Step, fault, flood, garbage, hang, refusal, reset
from tests.fakes.telegram_updates import TelegramPerson, Update


@dataclass
class Core:
    """Takes messages as the dispatcher does. ``away``: keys that cannot be stored just now. ``gate``: wait for it."""

    taken: list[InboundMessage] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_of_one: int = 0
    most_of_all: int = 0

    async def take(self, message: InboundMessage) -> Answer:
        who = message.address.id
        self.inside[who] += 1
        self.entered.set()
        self.most_of_one = max(self.most_of_one, self.inside[who])
        self.most_of_all = max(self.most_of_all, sum(self.inside.values()))
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            if message.key in self.away:
                raise StoreUnavailable
            self.taken.append(message)
        finally:
            self.inside[who] -= 1
        return Answer(None, message.at)

    def texts(self, who: int) -> list[str]:
        return [message.text for message in self.taken if message.address.id == str(who)]


AT_ONCE = Waits(0, 0, 0, 0, 0)


class Bench:
    """A polling desk in front of a Bot API server. It does not wait after failures."""

    def __init__(self, telegram: FakeTelegram, channel: Telegram, clock: FixedClock) -> None:
        self.telegram, self.channel, self.clock = telegram, channel, clock
        self.core = Core()
        self.polling = self.fresh()

    def fresh(self, seconds: int = 0, waits: Waits = AT_ONCE) -> Polling:
        """As after a restart."""
        intake = Intake(self.channel, self.core.take, self.clock)
        return Polling(self.channel, intake, self.clock, seconds, waits)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with FakeTelegram() as telegram:
        clock = FixedClock()
        channel = Telegram(TelegramSettings(token=TOKEN, api_base=telegram.base, typing=False), clock)
        await channel.start()
        yield Bench(telegram, channel, clock)
        await channel.stop()


def people(*ids: int) -> list[TelegramPerson]:
    numbers = count(870_000_001)
    return [TelegramPerson(id_, updates=numbers) for id_ in ids]


async def test_updates_are_taken_and_then_confirmed(bench: Bench) -> None:
    (person,) = people(42)
    bench.telegram.happen(person.text("一"), person.text("二"))
    assert await bench.polling.once() == 2
    assert bench.core.texts(42) == ["一", "二"]
    assert len(bench.telegram.waiting) == 2  # confirmed only by the next question
    assert await bench.polling.once() == 0
    assert bench.telegram.waiting == []


async def test_only_wanted_updates_are_asked_for(bench: Bench) -> None:
    await bench.polling.once()
    (asked,) = bench.telegram.calls
    assert asked.params["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert "offset" not in asked.params


async def test_people_go_side_by_side_but_each_in_order(bench: Bench) -> None:
    a, b = people(1, 2)
    updates: list[Update] = []
    for number in range(10):
        updates += [a.text(f"a{number}"), b.text(f"b{number}")]
    bench.telegram.happen(*updates)
    assert await bench.polling.once() == 20
    assert bench.core.texts(1) == [f"a{number}" for number in range(10)]
    assert bench.core.texts(2) == [f"b{number}" for number in range(10)]
    assert (bench.core.most_of_one, bench.core.most_of_all) == (1, 2)


async def test_a_store_that_is_away_confirms_nothing_behind_it(bench: Bench) -> None:
    a, b = people(1, 2)
    updates = [a.text("a1"), b.text("b1"), a.text("a2"), b.text("b2")]
    bench.core.away = {f"u{updates[2]['update_id']}"}
    bench.telegram.happen(*updates)
    assert await bench.polling.once() == 2  # b2 is on disk, yet it stands behind a2
    bench.core.away.clear()
    assert await bench.polling.once() == 2
    assert bench.core.texts(1) == ["a1", "a2"]
    assert bench.core.texts(2) == ["b1", "b2", "b2"]  # a copy: the core knows its key


async def test_after_the_first_failure_of_a_person_the_rest_waits(bench: Bench) -> None:
    (person,) = people(1)
    updates = [person.text("1"), person.text("2"), person.text("3")]
    bench.core.away = {f"u{updates[1]['update_id']}"}
    bench.telegram.happen(*updates)
    await bench.polling.once()
    assert bench.core.texts(1) == ["1"]


async def test_after_a_crash_everything_unconfirmed_comes_again(bench: Bench) -> None:
    (person,) = people(1)
    bench.telegram.happen(person.text("1"))
    await bench.polling.once()
    await bench.fresh().once()
    assert len(bench.core.taken) == 2
    assert len({message.key for message in bench.core.taken}) == 1


async def test_what_nobody_understands_is_confirmed(bench: Bench) -> None:
    bench.telegram.happen({"update_id": 5, "hologram": {}}, {"update_id": 6, "message": {"text": "x"}})
    assert await bench.polling.once() == 2
    await bench.polling.once()
    assert bench.telegram.waiting == []


async def test_stop_ends_a_long_poll_at_once(bench: Bench) -> None:
    polling = bench.fresh(seconds=25)
    running = asyncio.ensure_future(polling.run())
    await bench.telegram.called("getUpdates")
    polling.stop()
    await asyncio.wait_for(running, 10)


async def test_stop_finishes_the_batch_in_hand(bench: Bench) -> None:
    (person,) = people(1)
    bench.core.gate = asyncio.Event()
    bench.telegram.happen(person.text("1"), person.text("2"))
    running = asyncio.ensure_future(bench.polling.run())
    await bench.core.entered.wait()
    bench.polling.stop()
    bench.core.gate.set()
    await running
    assert bench.core.texts(1) == ["1", "2"]


async def test_being_cancelled_leaves_no_task_behind(bench: Bench) -> None:
    running = asyncio.ensure_future(bench.fresh(seconds=25).run())
    await bench.telegram.called("getUpdates")
    before = len(asyncio.all_tasks())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) < before


@pytest.mark.parametrize("step", [fault(502), reset(), garbage()], ids=["502", "reset", "garbage"])
async def test_trouble_with_telegram_is_waited_out(bench: Bench, step: Step) -> None:
    (person,) = people(1)
    bench.telegram.happen(person.text("1"))
    bench.telegram.script("getUpdates", step)
    assert await bench.polling.once() == 0
    assert await bench.polling.once() == 1


async def test_stop_ends_a_pause(bench: Bench) -> None:
    polling = bench.fresh(waits=Waits(backoff=3600, longest=3600))
    bench.telegram.script("getUpdates", fault(502))
    running = asyncio.ensure_future(polling.run())
    await bench.telegram.called("getUpdates")
    polling.stop()
    await asyncio.wait_for(running, 10)


async def test_a_flood_is_obeyed(bench: Bench) -> None:
    bench.telegram.script("getUpdates", flood(3600))
    running = asyncio.ensure_future(bench.polling.run())
    await bench.telegram.called("getUpdates")
    for _ in range(20):
        await bench.channel.fetch("x")  # time enough to ask again, if it did not wait
    assert sum(call.method == "getUpdates" for call in bench.telegram.calls) == 1
    bench.polling.stop()
    await asyncio.wait_for(running, 10)


async def test_a_wrong_token_is_waited_out(bench: Bench) -> None:
    bench.telegram.script("getUpdates", refusal(401, "Unauthorized"))
    assert await bench.polling.once() == 0
    assert await bench.polling.once() == 0
    assert len(bench.telegram.calls) == 2


async def test_a_webhook_that_is_still_set_is_explained(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.telegram.hook = {"url": "https://elsewhere.example"}
    assert await bench.polling.once() == 0
    said = capsys.readouterr()
    assert "channels setup" in said.out + said.err


async def test_after_a_silent_day_the_offset_is_forgotten(bench: Bench) -> None:
    (person,) = people(1)
    bench.telegram.happen(person.text("1"))
    await bench.polling.once()
    await bench.polling.once()
    bench.clock.advance(timedelta(days=8))
    lower = TelegramPerson(1, updates=count(5))  # Telegram starts again at a random number
    bench.telegram.happen(lower.text("2"))
    assert await bench.polling.once() == 1
    assert bench.core.texts(1) == ["1", "2"]


async def test_a_hanging_telegram_can_be_left(bench: Bench) -> None:
    bench.telegram.script("getUpdates", hang())
    running = asyncio.ensure_future(bench.polling.run())
    await bench.telegram.called("getUpdates")
    bench.polling.stop()
    await asyncio.wait_for(running, 10)


async def test_a_channel_not_started_takes_nothing(bench: Bench) -> None:
    await bench.channel.stop()
    polling = bench.fresh()
    round_ = asyncio.ensure_future(polling.once())
    await asyncio.sleep(0)
    polling.stop()
    assert await round_ == 0

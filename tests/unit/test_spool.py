"""What happens to messages while nothing can be committed: kept, told so, answered later, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.domain.people import Address
from bot.errors import StoreUnavailable
from bot.forgotten import ForgottenList
from bot.message import Answer, InboundMessage, Lane, MessageKind, Reply
from bot.ports import Traits
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.forgetter import Forgetter, Personal
from bot.runtime.reception import SAY_AGAIN, Reception
from bot.runtime.spool import Spool
from bot.runtime.spool_answerer import LONGEST_PAUSE, TRIES, SpoolAnswerer
from bot.runtime.spool_folder import SpoolFolder
from bot.turn import Turn
from storage.media import MediaFolder
from tests.fakes.small_desk import CHAT, RESIDENT, SmallDesk

AT_ONCE = replace(CHAT, answers_at_once=True)
WANG = Address("chat", "wang")
BUDGET = 0.02
KEPT = Reply("zh_CN: spool.kept")


@dataclass
class Front:
    """A desk with its spool, as one process has them. The store may be shut: then commits hang, as on a lock."""

    root: Path
    traits: Traits = AT_ONCE
    small: SmallDesk = field(default_factory=SmallDesk)

    async def open(self, reserve: int = 0) -> Front:
        self.small.traits = self.traits
        self.desk: Desk = self.small.desk
        self.folder = SpoolFolder(self.root, reserve=reserve)
        self.spool = Spool(self.folder, self.small.clock, self.small.metrics)
        await self.spool.open()
        self.dispatcher = Dispatcher(self.desk)
        advice = {"煤气味很重": "先离开"}
        self.reception = Reception(
            self.dispatcher, self.spool, self.desk, lambda text, locale: advice.get(text, ""), budget=BUDGET
        )
        self.answerer = SpoolAnswerer(self.spool, self.dispatcher, self.desk)
        return self

    async def again(self) -> Front:
        """The next process on the same disk and the same database."""
        await self.spool.close()
        small = SmallDesk(handle=self.small.handle, store=self.small.store, clock=self.small.clock)
        return await Front(self.root, self.traits, small).open()

    def shut(self) -> None:
        self.small.store.gate = asyncio.Event()

    def unlock(self) -> None:
        assert self.small.store.gate is not None
        self.small.store.gate.set()
        self.small.store.gate = None

    async def say(self, text: str, key: str, who: Address = RESIDENT, **fields: object) -> Answer:
        return await self.reception.take(self.small.message(text, key, address=who, **fields))

    @property
    def written(self) -> list[str]:
        """The words that were committed, in order."""
        return [changes.message.text for changes in self.small.store.commits if changes.message is not None]

    @property
    def pushed(self) -> dict[str, str]:
        return {key: push.reply.text for key, push in self.small.store.pushes.items()}

    def files(self) -> list[Path]:
        return [path for path in self.folder.path.iterdir() if path.suffix in (".said", ".part")]

    async def settle(self) -> int:
        """Answer until nothing is left."""
        answered = 0
        while self.spool:
            self.small.clock.advance(timedelta(seconds=LONGEST_PAUSE))
            answered += await self.answerer.once()
        return answered


class BreakingDispatcher(Dispatcher):
    """One that breaks beyond all care."""

    async def take(self, message: InboundMessage, *, spooled: bool = False) -> Answer:
        if message.text == "bad":
            raise ZeroDivisionError
        return await super().take(message, spooled=spooled)


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    front = await Front(tmp_path / "spool").open()
    yield front
    await front.spool.close()


# Taking


async def test_while_all_is_well_nothing_is_spooled(front: Front) -> None:
    assert (await front.say("灯坏了", "1")).reply == Reply("灯坏了")
    assert (len(front.spool), front.files(), front.spool.problem) == (0, [], "")


async def test_what_is_not_committed_in_time_is_on_disk_before_the_person_is_told(front: Front) -> None:
    front.shut()
    answer = await front.say("灯坏了", "1")
    assert answer.reply == KEPT
    assert front.written == []
    [path] = front.files()
    assert "灯坏了" in path.read_text("utf-8")
    assert "1 messages wait in the spool" in front.spool.problem


async def test_a_store_that_says_no_is_not_waited_for(front: Front) -> None:
    front.small.store.faults = [StoreUnavailable(why="SQLITE_FULL")]
    assert (await front.say("灯坏了", "1")).reply == KEPT


async def test_the_answer_reaches_the_person_later_once(front: Front) -> None:
    front.shut()
    await front.say("灯坏了", "1")
    front.unlock()
    assert await front.settle() == 1
    assert front.written == ["灯坏了"]
    assert front.pushed == {"reply:chat:1": "灯坏了"}
    assert front.small.store.pushes["reply:chat:1"].lane is Lane.REPLY
    assert any("reply:chat:1" in [push.key for push in changes.pushes] for changes in front.small.heard)
    assert (front.files(), front.spool.problem, dict(front.spool.held)) == ([], "", {})


async def test_where_answers_are_pushed_anyway_nothing_is_said_twice(tmp_path: Path) -> None:
    front = await Front(tmp_path / "spool", traits=CHAT).open()
    front.shut()
    assert (await front.say("灯坏了", "1")).reply is None
    front.unlock()
    await front.settle()
    assert front.pushed == {"reply:chat:1": "灯坏了"}
    await front.spool.close()


async def test_a_commit_that_succeeds_after_all_is_found_by_its_key(front: Front) -> None:
    front.shut()
    taken = asyncio.create_task(front.dispatcher.take(front.small.message("灯坏了", "1")))
    await asyncio.sleep(0.001)
    front.unlock()
    await taken  # written, and nobody was told
    front.shut()
    other = await front.again()  # a copy comes to a process that knows nothing
    assert (await other.say("灯坏了", "1")).reply == KEPT
    other.unlock()
    await other.settle()
    assert other.written == ["灯坏了"]
    assert other.pushed == {"reply:chat:1": "灯坏了"}
    await other.spool.close()


async def test_a_copy_of_what_waits_is_told_the_same_and_kept_once(front: Front) -> None:
    front.shut()
    answers = await asyncio.gather(*(front.say("灯坏了", "1") for _ in range(5)))
    answers.append(await front.say("灯坏了", "1"))
    assert answers == [answers[0]] * 6
    assert len(front.spool) == 1
    front.unlock()
    await front.settle()
    assert front.written == ["灯坏了"]
    assert (await front.say("灯坏了", "1")).reply == Reply("灯坏了")  # and later copies get the answer


# Order


async def test_nobody_overtakes_a_message_that_waits(front: Front) -> None:
    front.shut()
    first = asyncio.create_task(front.say("1", "1"))
    await asyncio.sleep(BUDGET / 2)
    second = asyncio.create_task(front.say("2", "2"))  # waits behind it in the turnstile
    await first
    front.unlock()  # the second could be answered now, before the first
    third = await front.say("3", "3")
    await second
    assert third.reply is None  # they know that they will be answered
    assert front.written == []
    await front.settle()
    assert front.written == ["1", "2", "3"]
    assert (await front.say("4", "4")).reply == Reply("4")


async def test_pages_and_other_doors_wait_too(front: Front) -> None:
    front.shut()
    await front.say("1", "1")
    front.unlock()
    with pytest.raises(StoreUnavailable):
        await front.dispatcher.take(front.small.message("2", "2"))
    assert (await front.dispatcher.take(front.small.message("3", "3", address=WANG))).reply == Reply("3")
    await front.settle()
    assert (await front.dispatcher.take(front.small.message("2", "2"))).reply == Reply("2")


async def test_order_holds_after_a_restart(front: Front) -> None:
    front.shut()
    for n in range(1, 8):
        await front.say(str(n), str(n), RESIDENT if n % 2 else WANG)
    other = await front.again()
    other.unlock()
    assert (await other.say("9", "9")).reply == KEPT  # still behind those of the last process
    assert await other.settle() == 8
    ours = [changes for changes in other.small.store.commits if changes.message and changes.address == RESIDENT]
    assert [changes.message.text for changes in ours if changes.message] == ["1", "3", "5", "7", "9"]
    await other.spool.close()


# What people are told


async def test_it_is_said_once_and_again_after_a_while(front: Front) -> None:
    front.shut()
    assert (await front.say("1", "1")).reply == KEPT
    assert (await front.say("2", "2")).reply is None
    front.small.clock.advance(SAY_AGAIN)
    assert (await front.say("3", "3")).reply == KEPT


async def test_advice_in_danger_waits_for_nothing(front: Front) -> None:
    front.shut()
    assert (await front.say("灯坏了", "1")).reply == KEPT
    assert (await front.say("煤气味很重", "2")).reply == Reply("先离开")
    assert (await front.say("煤气味很重", "3", WANG)).reply == Reply("先离开\n" + KEPT.text)


async def test_where_nothing_can_be_pushed_they_are_told_to_ask(tmp_path: Path) -> None:
    front = await Front(tmp_path / "spool", traits=replace(AT_ONCE, late_card=False)).open()
    front.shut()
    assert (await front.say("灯坏了", "1", locale="en")).reply == Reply("en: spool.kept_ask")
    await front.spool.close()


async def test_who_leaves_is_told_nothing(front: Front) -> None:
    front.shut()
    assert (await front.say("", "1", kind=MessageKind.UNFOLLOW)).reply is None
    front.unlock()
    await front.settle()
    assert not front.small.store.reader.remembered[RESIDENT].reachable


# When answering goes wrong


async def test_while_the_store_is_away_it_is_tried_again_after_longer_pauses(front: Front) -> None:
    front.small.store.faults = [StoreUnavailable()] * 6
    await front.say("灯坏了", "1")
    pauses = []
    for _ in range(5):
        assert await front.answerer.once() == 0
        pauses.append(front.answerer.idle())
        assert await front.answerer.once() == 0  # woken before its time: it does not try
        front.small.clock.advance(timedelta(seconds=pauses[-1]))
    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0]
    assert front.small.store.faults == []
    assert await front.settle() == 1


async def test_one_whose_turn_never_ends_stands_in_nobody_elses_way(front: Front) -> None:
    async def stuck(turn: Turn) -> Reply:
        if turn.address == RESIDENT:
            raise StoreUnavailable(why="only for them")
        return Reply("done")

    front.small.store.faults = [StoreUnavailable()] * 2
    await front.say("1", "1")
    await front.say("2", "2", WANG)
    other = await front.again()
    other.small.handle = stuck
    third = await other.again()
    for _ in range(4):
        third.small.clock.advance(timedelta(seconds=LONGEST_PAUSE))
        await third.answerer.once()
    assert third.written == ["2"]
    assert list(third.spool.held) == [RESIDENT]
    await third.spool.close()


async def test_a_file_that_cannot_be_read_any_more_is_set_aside(front: Front) -> None:
    front.shut()
    await front.say("1", "1")
    [path] = front.files()
    path.write_bytes(b"?" * path.stat().st_size)
    front.unlock()
    await front.say("2", "2", WANG)
    await front.settle()
    assert front.written == ["2"]
    assert front.small.count("minsheng_spooled_total", outcome="damaged") == 1


async def test_what_breaks_whoever_answers_it_is_set_aside_after_some_tries(front: Front) -> None:
    front.shut()
    await front.say("bad", "1")
    await front.say("good", "2", WANG)
    await front.spool.close()
    other = await Front(front.root).open()
    answerer = SpoolAnswerer(other.spool, BreakingDispatcher(other.desk), other.desk)
    for _ in range(TRIES + 1):
        other.small.clock.advance(timedelta(seconds=LONGEST_PAUSE))
        await answerer.once()
    assert (len(other.spool), other.folder.damaged()) == (0, 1)
    assert other.written == ["good"]
    await other.spool.close()


async def test_when_the_spool_takes_nothing_either_nothing_is_acknowledged(front: Front) -> None:
    front.shut()
    front.folder._most_bytes = 10
    with pytest.raises(StoreUnavailable):
        await front.say("灯坏了", "1")
    assert (len(front.spool), front.files(), dict(front.spool.held)) == (0, [], {})
    front.folder._most_bytes = 10**6  # there is room again, and nobody had to help
    assert (await front.say("灯坏了", "1")).reply == KEPT


async def test_too_many_are_refused(front: Front) -> None:
    front.spool._most = 2
    front.shut()
    await front.say("1", "1")
    await front.say("2", "2")
    with pytest.raises(StoreUnavailable):
        await front.say("3", "3")
    assert front.small.count("minsheng_spooled_total", outcome="refused") == 1


async def test_what_waits_of_somebody_who_is_erased_leaves_no_byte(front: Front) -> None:
    front.shut()
    await asyncio.gather(front.say("我是李四", "1"), front.say("别的事", "2", WANG))
    content = b"".join(path.read_bytes() for path in front.files())
    assert "我是李四".encode() in content
    assert await front.spool.erase(RESIDENT, front.small.clock.now() - timedelta(seconds=1)) == 0  # it came later
    assert await front.spool.erase(RESIDENT) == 1
    content = b"".join(path.read_bytes() for path in front.files())
    assert "我是李四".encode() not in content
    assert "别的事".encode() in content
    front.unlock()
    await front.settle()
    assert front.written == ["别的事"]
    assert front.files() == []


async def test_giving_up_while_it_is_written_leaves_it_written(front: Front) -> None:
    front.shut()
    for steps in range(8):
        taking = asyncio.ensure_future(front.say(str(steps), str(steps)))
        await asyncio.sleep(BUDGET if steps == 0 else 0)
        for _ in range(steps):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait([taking])
    front.unlock()
    await front.settle()
    assert front.written == sorted(front.written)
    assert len(set(front.written)) == len(front.written)


async def test_the_metrics_say_how_much_waits_and_how_long(front: Front) -> None:
    front.shut()
    await front.say("1", "1")
    front.small.clock.advance(timedelta(seconds=90))
    assert front.small.count("minsheng_spool_messages") == 1
    assert front.small.count("minsheng_spool_oldest_seconds") == 90
    assert front.small.count("minsheng_spool_bytes") > 0
    assert front.small.count("minsheng_spooled_total", outcome="kept") == 1


async def test_what_came_first_is_first_even_if_it_is_admitted_later(front: Front) -> None:
    early, late = front.spool.next_seq(), front.spool.next_seq()
    nothing = Answer(None, front.small.clock.now())
    for seq in (late, early):
        await front.spool.kept(front.spool.admit(front.small.message(str(seq), str(seq)), seq, nothing))
    await front.settle()
    assert front.written == [str(early), str(late)]


@dataclass(frozen=True)
class Asked:
    """Somebody who asked to be forgotten."""

    address: str
    at: datetime
    id: str = "e1"
    state: str = "asked"
    files: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()


@dataclass
class Asking:
    """A store in which somebody asked, and a list of who did."""

    asked: Asked
    listed: list[str] = field(default_factory=list)

    async def erasures(self) -> list[Asked]:
        return [self.asked]

    async def answered(self, erasure: Asked, now: datetime) -> bool:
        return False

    def add(self, address: str, at: datetime) -> None:
        self.listed.append(address)


async def test_whoever_is_forgotten_is_forgotten_here_too_up_to_the_moment_of_asking(front: Front) -> None:
    front.shut()
    await front.say("我是李四", "1")
    store = Asking(Asked(str(RESIDENT), front.small.clock.now()))
    front.small.clock.advance(timedelta(seconds=1))
    await front.say("我又来了", "2")
    forgetter = Forgetter(
        store=cast(Personal[Asked], store),
        media=cast(MediaFolder, None),
        clock=front.small.clock,
        list=cast(ForgottenList, store),
        exports=front.root / "exports",
        hour=lambda at: at.hour,
        spool=front.spool,
    )
    await forgetter.once()
    assert store.listed == [str(RESIDENT)]
    front.unlock()
    await front.settle()
    assert front.written == ["我又来了"]

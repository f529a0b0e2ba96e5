"""The contract of `bot.ports.Store`: what is committed is there, whole, once, for ever."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Reporter
from bot.domain.ticket import Action, Status
from bot.errors import AlreadyAnswered, Conflict, Unstorable
from bot.message import Answer, InboundMessage, MessageKind
from bot.ports import Store
from tests.contract.conftest import Opening
from tests.fakes.changesets import (
    NOW,
    answer,
    event,
    filing,
    person,
    push,
    session,
    task,
    ticket,
    timer,
    turn,
)


async def test_what_is_committed_is_there_whole(store: Store) -> None:
    who, number = person(), "260304-00017"
    await store.commit(filing(who, 1, number, key="m1"))
    read = store.reader
    assert await read.session(who) == session(who, 1)
    assert await read.answered("wechat", "m1") == answer(f"编号 {number}")
    assert await read.ticket(number) == ticket(number, 2, Status.DISPATCHED)
    assert list(await read.events(number)) == [
        event(number, 1, by=str(who)),
        event(number, 2, Action.DISPATCH, Status.DISPATCHED),
    ]
    assert [t.number for t in await read.tickets_of(who)] == [number]
    assert await read.owns(who, number)
    assert not await read.owns(person(2), number)


async def test_nobody_knows_what_was_never_said(store: Store) -> None:
    assert await store.reader.session(person()) is None
    assert await store.reader.answered("wechat", "m1") is None
    assert await store.reader.ticket("260304-00017") is None
    assert not await store.reader.events("260304-00017")


async def test_it_is_there_after_opening_again(opening: Opening) -> None:
    store = await opening()
    await store.commit(filing(person(), 1, "260304-00017"))
    again = await opening()
    assert await again.reader.ticket("260304-00017") == ticket("260304-00017", 2, Status.DISPATCHED)


async def test_a_ticket_without_place_or_dates(store: Store) -> None:
    bare = replace(ticket(), place=None, dispatched_at=None, due_at=None, promised_at=None, closed_at=NOW)
    changes = Changes(at=NOW)
    changes.ticket(bare, event(bare.number, 1))
    await store.commit(changes)
    assert await store.reader.ticket(bare.number) == bare


async def test_a_later_event_moves_the_ticket_and_an_earlier_one_does_not(store: Store) -> None:
    await store.commit(filing(person(), 1, "260304-00017"))
    later, earlier = Changes(at=NOW), Changes(at=NOW)
    taken = ticket(seq=3, status=Status.IN_PROGRESS)
    later.ticket(taken, event(taken.number, 3, Action.TAKE, Status.IN_PROGRESS))
    await store.commit(later)
    earlier.tickets[taken.number] = ticket(seq=1)
    await store.commit(earlier)
    assert await store.reader.ticket(taken.number) == taken


async def test_the_same_message_three_times_at_once_has_one_effect_and_one_answer(store: Store) -> None:
    who = person()
    copies = [filing(who, 1, f"260304-{n:05d}", key="same") for n in (17, 24, 31)]
    results = await asyncio.gather(*(store.commit(copy) for copy in copies), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), AlreadyAnswered, AlreadyAnswered]
    for lost in results[1:]:
        assert isinstance(lost, AlreadyAnswered)
        assert lost.answer == answer("编号 260304-00017")
    assert [t.number for t in await store.reader.tickets_of(who)] == ["260304-00017"]


async def test_a_late_copy_gets_the_stored_answer_even_if_it_lost_more_than_that(store: Store) -> None:
    await store.commit(turn(person(), 1, "m1"))
    with pytest.raises(AlreadyAnswered) as lost:
        await store.commit(turn(person(), 1, "m1", say="something else"))
    assert lost.value.answer == answer()


async def test_a_message_that_was_answered_with_nothing(store: Store) -> None:
    silent = turn(person(), 1, "m1")
    silent.answer = Answer(None, NOW)
    await store.commit(silent)
    assert await store.reader.answered("wechat", "m1") == Answer(None, NOW)
    with pytest.raises(AlreadyAnswered) as lost:
        await store.commit(turn(person(), 2, "m1"))
    assert lost.value.answer == Answer(None, NOW)


async def test_the_same_key_on_two_channels_is_two_messages(store: Store) -> None:
    await store.commit(turn(person(channel="wechat"), 1, "m1"))
    await store.commit(turn(person(channel="telegram"), 1, "m1"))


async def test_of_two_turns_on_the_same_state_one_decides_again(store: Store) -> None:
    who = person()
    results = await asyncio.gather(
        store.commit(turn(who, 1, "a")), store.commit(turn(who, 1, "b")), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), Conflict]
    assert await store.reader.answered("wechat", "b") is None
    await store.commit(turn(who, 2, "b"))
    assert await store.reader.session(who) == session(who, 2)


async def test_two_people_on_one_ticket(store: Store) -> None:
    await store.commit(filing(person(), 1, "260304-00017"))

    def taken(n: int) -> Changes:
        changes = turn(person(n), 1, f"m{n}")
        changes.ticket(
            ticket(seq=3, status=Status.IN_PROGRESS),
            event("260304-00017", 3, Action.TAKE, Status.IN_PROGRESS, by=str(person(n))),
        )
        return changes

    results = await asyncio.gather(*(store.commit(taken(n)) for n in (2, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), Conflict]
    assert [e.by for e in await store.reader.events("260304-00017")][2:] == [str(person(2))]
    assert await store.reader.answered("wechat", "m3") is None


async def test_losers_and_winners_in_one_batch(store: Store) -> None:
    await store.commit(turn(person(0), 1, "old"))
    batch = [turn(person(n), 1, f"m{n}") for n in range(1, 30)]
    batch[3:3] = [turn(person(0), 2, "old")]  # answered before
    batch[9:9] = [turn(person(0), 1, "stale")]  # decided on old state
    batch += [turn(person(5), 1, "twice"), turn(person(6), 2, "m6")]  # clash with others of this batch
    results = await asyncio.gather(*(store.commit(changes) for changes in batch), return_exceptions=True)
    lost = {place: type(result) for place, result in enumerate(results) if result is not None}
    assert lost == {3: AlreadyAnswered, 9: Conflict, 31: Conflict, 32: AlreadyAnswered}
    for n in range(1, 30):
        assert await store.reader.session(person(n)) == session(person(n), 1)


async def test_two_turns_of_one_person_in_one_batch_leave_the_later_session(store: Store) -> None:
    who = person()
    await asyncio.gather(*(store.commit(turn(who, seq)) for seq in (1, 2, 3)))
    assert await store.reader.session(who) == session(who, 3)


def _surrogate_in_text() -> Changes:
    return turn(person(99), 1, "poison", text="broken \ud83d")


def _surrogate_in_session() -> Changes:
    changes = turn(person(99), 1, "poison")
    changes.session = session(person(99), 1)
    changes.session = type(changes.session)(address=person(99), seq=1, phone="\ud83d")
    return changes


def _nul() -> Changes:
    return turn(person(99), 1, "poison", text="a\0b")


def _number_too_big() -> Changes:
    changes = turn(person(99), 1, "poison")
    changes.events.append(event("260304-00017", 2**70))
    return changes


def _nothing_where_something_must_be() -> Changes:
    changes = turn(person(99), 1, "poison")
    changes.reporters.append(Reporter("260304-00017", person(99), None, NOW))  # type: ignore[arg-type]  # that is the test
    return changes


def _same_event_twice() -> Changes:
    changes = turn(person(99), 1, "poison")
    changes.events += [event("260304-00017", 1), event("260304-00017", 1)]
    return changes


def _what_no_json_holds() -> Changes:
    changes = turn(person(99), 1, "poison")
    changes.events.append(replace(event("260304-00017", 1), data={"thing": object()}))
    return changes


@pytest.mark.parametrize(
    "poison",
    [
        _surrogate_in_text,
        _surrogate_in_session,
        _nul,
        _number_too_big,
        _nothing_where_something_must_be,
        _same_event_twice,
        _what_no_json_holds,
    ],
)
async def test_poison_fails_alone(store: Store, poison: type[Changes]) -> None:
    batch = [turn(person(n), 1, f"m{n}") for n in range(40)]
    batch.insert(17, poison())
    results = await asyncio.gather(*(store.commit(changes) for changes in batch), return_exceptions=True)
    assert [place for place, result in enumerate(results) if result is not None] == [17]
    assert isinstance(results[17], Unstorable)
    assert await store.reader.answered("wechat", "poison") is None
    assert await store.reader.session(person(99)) is None
    assert all([await store.reader.answered("wechat", f"m{n}") for n in range(40)])


async def test_an_error_never_holds_what_somebody_wrote(store: Store) -> None:
    with pytest.raises(Unstorable) as error:
        await store.commit(turn(person(99), 1, "poison", text="geheim \ud83d"))
    assert "geheim" not in repr(error.value)
    assert "geheim" not in str(error.value)


async def test_changing_a_change_set_afterwards_changes_nothing(store: Store) -> None:
    changes = filing(person(), 1, "260304-00017")
    committed = asyncio.create_task(store.commit(changes))
    await asyncio.sleep(0)
    changes.events.clear()
    changes.tickets.clear()
    await committed
    assert len(await store.reader.events("260304-00017")) == 2


async def test_cancelling_at_random_leaves_nothing_half_done(store: Store) -> None:
    chance = random.Random(20260304)
    tasks = []
    for n in range(400):
        tasks.append(asyncio.create_task(store.commit(filing(person(n), 1, f"260304-{n:05d}", key=f"m{n}"))))
        if chance.random() < 0.3:
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert any(isinstance(result, asyncio.CancelledError) for result in results)
    await store.commit(turn(person(1000), 1, "after"))
    for n, result in enumerate(results):
        parts = [
            await store.reader.answered("wechat", f"m{n}"),
            await store.reader.session(person(n)),
            await store.reader.ticket(f"260304-{n:05d}"),
        ]
        assert all(parts) or not any(parts)
        if result is None:
            assert all(parts)


async def test_tickets_of_a_person_newest_first(store: Store) -> None:
    who = person()
    for n in range(5):
        changes = turn(who, n + 1)
        number = f"26030{n + 1}-00017"
        changes.ticket(replace(ticket(number), filed_at=NOW + timedelta(days=n)), event(number, 1))
        changes.reporters.append(Reporter(number, who, "joined", NOW))
        await store.commit(changes)
    assert [t.number for t in await store.reader.tickets_of(who, 2)] == ["260305-00017", "260304-00017"]


async def test_becoming_a_reporter_twice_is_once(store: Store) -> None:
    changes = filing(person(), 1, "260304-00017")
    changes.reporters.append(Reporter("260304-00017", person(), "claimed", NOW))
    await store.commit(changes)
    assert [t.number for t in await store.reader.tickets_of(person())] == ["260304-00017"]


async def test_wrong_codes_are_counted_since_a_moment(store: Store) -> None:
    moments = [NOW - timedelta(hours=2), NOW, NOW + timedelta(minutes=1)]
    await store.commit(Changes(at=NOW, code_failures=[("260304-00017", person(), at) for at in moments]))
    assert await store.reader.code_failures("260304-00017", NOW) == 2
    assert await store.reader.code_failures("260304-00024", NOW) == 0


async def test_quarantine_takes_what_nothing_else_takes(store: Store) -> None:
    broken = InboundMessage(
        address=person(), key="k\ud83d\0", kind=MessageKind.TEXT, at=NOW, text="\ud83d", raw=b"\xff\0"
    )
    await store.quarantine("i1", "ValueError here:1", NOW, message=broken)
    await store.quarantine("i1", "ValueError here:1", NOW, message=broken)
    await store.quarantine("i2", "ValueError here:1", NOW, timer=timer())


async def test_tasks_open_close_and_open_again_in_one_batch_or_many(store: Store) -> None:
    def opened() -> Changes:
        return Changes(at=NOW, tasks=[task()])

    def closed() -> Changes:
        return Changes(at=NOW, closed_tasks=["listen:d1"])

    await asyncio.gather(store.commit(opened()), store.commit(closed()), store.commit(opened()))
    await store.commit(closed())
    await store.commit(opened())
    await store.commit(Changes(at=NOW, tasks=[task()], closed_tasks=["listen:d1"]))


async def test_an_erased_person_is_gone_and_the_facts_stay(store: Store) -> None:
    who, number = person(), "260304-00017"
    first = filing(who, 1, number, key="m1")
    first.pushes += [push("p1", who, ticket=number), push("p2", person(2))]
    await store.commit(first)
    erasing = turn(who, 2, "m2", text="删除我的数据", say="已删除")
    erasing.erased.append(who)
    await store.commit(erasing)
    assert await store.reader.answered("wechat", "m1") == Answer(None, NOW)
    assert await store.reader.answered("wechat", "m2") == answer("已删除")
    assert await store.reader.ticket(number) == ticket(number, 2, Status.DISPATCHED)
    assert not await store.reader.tickets_of(who)
    assert [e.by for e in await store.reader.events(number)] == ["erased", "desk"]
    assert [c.push.key for c in await store.claim_pushes("wechat", NOW, 10)] == ["p2"]
    with pytest.raises(AlreadyAnswered):
        await store.commit(turn(who, 3, "m1"))

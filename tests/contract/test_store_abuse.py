"""Holds and messages that were put by, on every store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.changes import Changes
from bot.domain.holds import LONGEST, SOON_AGAIN, Hold, Step, begun, may_decide, may_set
from bot.errors import Conflict
from bot.message import InboundMessage, MessageKind
from bot.ports import Store
from tests.fakes.changesets import NOW, person

WEEK = timedelta(days=7)


def hold(n: int = 1, length: timedelta = WEEK, id_: str = "") -> Hold:
    return begun(id_ or f"h{n}", person(n), "boss", "数百条相同内容", NOW, length)


async def put(store: Store, *holds: Hold) -> None:
    await store.commit(Changes(at=NOW, holds=list(holds)))


def message(key: str, n: int = 1, text: str = "路灯坏了", raw: bytes = b"\x00<xml>") -> InboundMessage:
    return InboundMessage(address=person(n), key=key, kind=MessageKind.TEXT, at=NOW, text=text, raw=raw)


async def test_a_hold_is_its_last_step_and_is_seen_at_once(store: Store) -> None:
    assert await store.reader.hold(person(), NOW) is None
    first = hold()
    await put(store, first)
    assert await store.reader.hold(person(), NOW) == first
    assert await store.reader.hold(person(2), NOW) is None
    appealed = first.after(Step.APPEAL, str(person()), NOW, "不对")
    await put(store, appealed)
    assert await store.reader.hold(person(), NOW) == appealed
    await put(store, appealed.after(Step.LIFT, "other", NOW))
    assert await store.reader.hold(person(), NOW) is None
    assert [h.step for h in await store.reader.hold_steps("h1")] == [Step.BEGIN, Step.APPEAL, Step.LIFT]
    assert [h.step for h in await store.reader.holds_of(person())] == [Step.LIFT]


async def test_a_hold_is_over_when_its_time_is(store: Store) -> None:
    await put(store, hold(), hold(2, timedelta(days=30)))
    assert [h.address for h in await store.reader.holds(NOW)] == [person(1), person(2)]
    assert await store.reader.hold(person(), NOW + WEEK - timedelta(seconds=1)) is not None
    assert await store.reader.hold(person(), NOW + WEEK) is None
    assert [h.address for h in await store.reader.holds(NOW + WEEK)] == [person(2)]


async def test_of_two_steps_decided_on_the_same_state_one_loses(store: Store) -> None:
    first = hold()
    await put(store, first)
    await put(store, first.after(Step.APPEAL, "x", NOW))
    with pytest.raises(Conflict):
        await put(store, first.after(Step.LIFT, "boss", NOW))
    found = await store.reader.hold(person(), NOW)
    assert found is not None
    assert found.step is Step.APPEAL


async def test_what_is_put_by_waits_in_order_and_goes_when_it_had_its_turn(store: Store) -> None:
    first = [message(f"m{n}", text=f"text {n}") for n in range(5)]
    await store.commit(Changes(at=NOW, put_by=first))
    await store.commit(Changes(at=NOW, put_by=[message("m3", text="a copy"), message("m5"), message("x", 2)]))
    assert list(await store.reader.put_by(person(), 10)) == [*first, message("m5")]
    assert set(await store.reader.put_by_addresses()) == {person(1), person(2)}
    await store.commit(Changes(at=NOW, taken_up=[("wechat", "m0"), ("wechat", "m1"), ("wechat", "x")]))
    assert [m.key for m in await store.reader.put_by(person(), 2)] == ["m2", "m3"]
    assert list(await store.reader.put_by_addresses()) == [person()]


async def test_whoever_is_forgotten_is_no_more_held_and_nothing_of_theirs_waits(store: Store) -> None:
    await put(store, hold())
    await store.commit(Changes(at=NOW, put_by=[message("m1")]))
    await store.commit(Changes(at=NOW, erased=[person()]))
    assert await store.reader.hold(person(), NOW) is None
    assert not await store.reader.put_by(person(), 10)


def test_the_rules_of_a_hold() -> None:
    for length in (timedelta(), LONGEST + timedelta(seconds=1)):
        with pytest.raises(ValueError, match="hold"):
            hold(length=length)
    over = hold().after(Step.LIFT, "other", NOW + timedelta(days=1))
    assert not may_set("boss", [over], NOW + timedelta(days=2))
    assert may_set("other", [over], NOW + timedelta(days=2))
    assert may_set("boss", [over], NOW + timedelta(days=1) + SOON_AGAIN)
    assert may_decide("other", hold())
    assert not may_decide("boss", hold())

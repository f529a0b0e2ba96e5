"""The contract of `bot.ports.Store`: a timer fires once, whoever sets, cancels or fires it when."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.changes import Changes, Timer
from bot.errors import AlreadyFired, Conflict
from bot.ports import Store
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, person, timer, turn

LATER = NOW + timedelta(days=30)


def setting(*timers: Timer) -> Changes:
    return Changes(at=NOW, timers=list(timers))


def cancelling(kind: str, subject: str, *timers: Timer) -> Changes:
    return Changes(at=NOW, cancelled=[(kind, subject)], timers=list(timers))


async def pending(store: Store) -> list[Timer]:
    return list(await store.due_timers(LATER, 100))


async def test_timers_come_when_due_and_earliest_first(store: Store) -> None:
    late, early, other = timer(hours=3), timer(hours=1, whose=person()), timer("due", "t1", 2, level=4)
    await store.commit(setting(late, early, other))
    assert list(await store.due_timers(NOW, 10)) == []
    assert list(await store.due_timers(NOW + timedelta(hours=1), 10)) == [early]
    assert await pending(store) == [early, other, late]
    assert list(await store.due_timers(LATER, 2)) == [early, other]
    assert await store.next_timer_at() == early.due_at


async def test_no_timer_is_next_when_there_is_none(store: Store) -> None:
    assert await store.next_timer_at() is None


async def test_a_timer_fires_once(store: Store) -> None:
    one = timer()
    await store.commit(setting(one))
    results = await asyncio.gather(
        *(store.commit(Changes(at=NOW, fired=one)) for _ in range(4)), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), AlreadyFired, AlreadyFired, AlreadyFired]
    assert await pending(store) == []


async def test_a_timer_that_fired_is_never_set_again(opening: Opening) -> None:
    store = await opening()
    one = timer()
    await store.commit(setting(one))
    await store.commit(Changes(at=NOW, fired=one))
    await store.commit(setting(one))
    assert await pending(await opening()) == []


async def test_the_same_timer_with_another_level_or_moment_is_another_one(store: Store) -> None:
    await store.commit(setting(timer()))
    await store.commit(Changes(at=NOW, fired=timer()))
    await store.commit(setting(timer(level=1), timer(hours=20)))
    assert await pending(store) == [timer(level=1), timer(hours=20)]


async def test_setting_a_timer_twice_is_once(store: Store) -> None:
    await asyncio.gather(store.commit(setting(timer(), timer())), store.commit(setting(timer())))
    await store.commit(setting(timer()))
    assert await pending(store) == [timer()]


async def test_cancelling_takes_all_of_a_kind_and_subject_and_nothing_else(store: Store) -> None:
    keep = [timer("draft", "d2"), timer("due", "d1", 3)]
    await store.commit(setting(timer(), timer(hours=20), timer(level=1), *keep))
    await store.commit(cancelling("draft", "d1"))
    assert await pending(store) == keep


async def test_what_is_set_in_the_same_turn_stays(store: Store) -> None:
    await store.commit(setting(timer(hours=1)))
    await store.commit(cancelling("draft", "d1", timer(hours=5)))
    assert await pending(store) == [timer(hours=5)]


async def test_setting_and_cancelling_in_one_batch_keeps_the_order_of_the_turns(store: Store) -> None:
    await asyncio.gather(
        store.commit(setting(timer("a", "x"), timer("b", "x"))),
        store.commit(cancelling("a", "x")),
        store.commit(cancelling("b", "x", timer("b", "x", 7))),
        store.commit(setting(timer("a", "y"))),
        store.commit(cancelling("a", "y")),
        store.commit(setting(timer("a", "y", 9))),
    )
    assert await pending(store) == [timer("b", "x", 7), timer("a", "y", 9)]


async def test_a_timer_of_a_turn_that_lost_is_not_set(store: Store) -> None:
    await store.commit(turn(person(), 1, "m1"))
    lost = turn(person(), 1, "m2")
    lost.timer(timer())
    lost.fired = timer("other", "x")
    assert isinstance((await asyncio.gather(store.commit(lost), return_exceptions=True))[0], Conflict)
    assert await pending(store) == []


async def test_many_timers_of_many_kinds_are_cancelled_in_one_batch(store: Store) -> None:
    subjects = [f"d{n}" for n in range(70)]
    await store.commit(setting(*(timer(kind, subject) for kind in ("a", "b") for subject in subjects)))
    await asyncio.gather(*(store.commit(cancelling("a", subject)) for subject in subjects))
    assert sorted(t.subject for t in await pending(store)) == sorted(subjects)
    assert {t.kind for t in await pending(store)} == {"b"}

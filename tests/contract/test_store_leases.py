"""The contract of `bot.ports.leasing`: one worker at a time, and whoever was overtaken can change nothing any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.changes import Changes
from bot.errors import AlreadyFired, Conflict, LeaseLost
from bot.ports import PushOutcome
from bot.ports.leasing import Lease, Standing, channel_lease
from storage.sql_store import SqlStore
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, file, note, person, push, pushes, timer

A, B = person(1), person(2)
CHAT = channel_lease("wechat")
HOUR, OVER = timedelta(hours=1), timedelta(0)
"""A life that is long, and one that is over when it begins: the database's clock cannot be moved."""


async def keep(store: SqlStore, owner: str, *names: str, ttl: timedelta = HOUR) -> Standing:
    return await store.keep_leases(owner, names, ttl)


async def test_a_lease_is_taken_once_and_renewed_under_the_same_term(store: SqlStore) -> None:
    assert (await keep(store, "one", CHAT)).terms == {CHAT: 1}
    assert (await keep(store, "two", CHAT)).terms == {}
    assert (await keep(store, "one", CHAT)).terms == {CHAT: 1}


async def test_what_expired_is_taken_over_under_a_higher_term(store: SqlStore) -> None:
    await keep(store, "one", CHAT, ttl=OVER)
    assert (await keep(store, "two", CHAT)).terms == {CHAT: 2}
    assert (await keep(store, "one", CHAT)).terms == {}


async def test_what_expired_and_nobody_took_is_renewed_under_the_same_term(store: SqlStore) -> None:
    await keep(store, "one", CHAT, ttl=OVER)
    assert (await keep(store, "one", CHAT)).terms == {CHAT: 1}


async def test_what_is_given_back_is_taken_at_once_and_by_others_only_if_it_was_ours(store: SqlStore) -> None:
    await keep(store, "one", CHAT, "job")
    await store.give_back("two", [CHAT])
    assert (await keep(store, "two", CHAT)).terms == {}
    await store.give_back("one", [CHAT])
    assert (await keep(store, "two", CHAT)).terms == {CHAT: 2}


async def test_whoever_leaves_gives_all_back_and_is_not_there_any_more(store: SqlStore) -> None:
    await keep(store, "one", CHAT, "job")
    await store.give_back("one")
    standing = await keep(store, "two", CHAT, "job")
    assert (standing.terms, standing.workers) == ({CHAT: 2, "job": 2}, ("two",))


async def test_workers_know_of_each_other_while_they_are_there(store: SqlStore) -> None:
    await keep(store, "b", CHAT)
    assert (await keep(store, "a", CHAT)).workers == ("a", "b")
    await keep(store, "c", CHAT, ttl=OVER)
    assert (await keep(store, "a", CHAT)).workers == ("a", "b")


async def test_jobs_are_shared_and_channels_are_not(store: SqlStore) -> None:
    jobs = ("j1", "j2", "j3", "j4", "j5")
    await keep(store, "b")
    first = await keep(store, "a", CHAT, *jobs)
    second = await keep(store, "b", CHAT, *jobs)
    assert first.share == 3
    assert sorted(first.terms) == [CHAT, "j1", "j2", "j3"]
    assert sorted(second.terms) == ["j4", "j5"]


async def test_all_who_come_at_the_same_moment_find_one_holder(store: SqlStore) -> None:
    standings = await asyncio.gather(*(keep(store, f"w{n}", CHAT) for n in range(8)))
    assert sum(CHAT in standing.terms for standing in standings) == 1


async def test_a_zombie_neither_claims_nor_settles_nor_recovers(store: SqlStore) -> None:
    """One stands still between claim and settling; another takes over; the first wakes up and changes nothing."""
    await store.commit(pushes(push("a", A), push("b", B)))
    first = Lease(CHAT, (await keep(store, "one", CHAT, ttl=OVER)).terms[CHAT])
    claimed = await store.claim_pushes("wechat", NOW, 1, under=first)
    assert [each.push.key for each in claimed] == ["a"]
    second = Lease(CHAT, (await keep(store, "two", CHAT)).terms[CHAT])
    assert await store.recover_pushes("wechat", NOW, under=second) == 1
    with pytest.raises(LeaseLost):
        await store.claim_pushes("wechat", NOW, 9, under=first)
    with pytest.raises(LeaseLost):
        await store.settle_pushes([PushOutcome(claimed[0].id, "sent", NOW, "m1")], under=first)
    with pytest.raises(LeaseLost):
        await store.recover_pushes("wechat", NOW, under=first)
    state = await store.reader.push_state("a")
    assert state is not None
    assert state.state == "unclear"  # as the second left it
    assert [each.push.key for each in await store.claim_pushes("wechat", NOW, 9, under=second)] == ["b"]


async def test_a_lease_that_nobody_took_over_still_counts(store: SqlStore) -> None:
    """Its holder lost trust in time, so it stopped; that nobody else came since makes what it did good."""
    await store.commit(pushes(push("a", A)))
    mine = Lease(CHAT, (await keep(store, "one", CHAT, ttl=OVER)).terms[CHAT])
    (claimed,) = await store.claim_pushes("wechat", NOW, 1, under=mine)
    await store.settle_pushes([PushOutcome(claimed.id, "sent", NOW, "m1")], under=mine)
    state = await store.reader.push_state("a")
    assert state is not None
    assert state.state == "sent"


async def test_a_claim_whose_answer_was_lost_is_claimed_again_by_the_only_sender(store: SqlStore) -> None:
    await store.commit(pushes(push("a", A), push("b", B)))
    mine = Lease(CHAT, (await keep(store, "one", CHAT)).terms[CHAT])
    (a,) = await store.claim_pushes("wechat", NOW, 1, under=mine, in_hand=())
    await store.claim_pushes("wechat", NOW, 1, under=mine, in_hand=(a.id,))  # "b": and here the connection broke off
    again = await store.claim_pushes("wechat", NOW, 9, under=mine, in_hand=(a.id,))
    assert [each.push.key for each in again] == ["b"]


async def test_terms_go_on_where_they_were_after_a_start(opening: Opening) -> None:
    store = await opening()
    await keep(store, "one", CHAT, ttl=OVER)
    store = await opening()
    assert (await keep(store, "two", CHAT)).terms == {CHAT: 2}


async def test_news_are_told_once_by_two_timers_of_one_box(store: SqlStore) -> None:
    """Two workers open a box at the same moment, each for another timer; one has seen less than the other."""
    await store.commit(Changes(at=NOW, notes=[note("n1"), note("n2")]))
    first, second = (id_ for id_, _ in await store.reader.notes("staff:s1"))
    early, late = timer("fold", "staff:s1"), timer("fold", "staff:s1", level=1)
    await store.commit(Changes(at=NOW, timers=[early, late]))
    one = Changes(at=NOW, fired=early, folded=[first], pushes=[push("fold:1", A)])
    two = Changes(at=NOW, fired=late, folded=[first, second], pushes=[push("fold:2", A)])
    results = await asyncio.gather(store.commit(one), store.commit(two), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), Conflict]
    assert [each.push.key for each in await store.claim_pushes("wechat", NOW, 9)] == ["fold:1"]
    assert [id_ for id_, _ in await store.reader.notes("staff:s1")] == [second]  # not lost: the other decides again


async def test_whoever_fires_what_was_fired_is_told_that_it_was(store: SqlStore) -> None:
    one = timer()
    await store.commit(Changes(at=NOW, timers=[one]))
    await store.commit(Changes(at=NOW, fired=one))
    with pytest.raises(AlreadyFired):
        await store.commit(Changes(at=NOW, fired=one, pushes=[push("again", A)]))
    assert not await store.claim_pushes("wechat", NOW, 9)


async def test_files_of_channels_that_others_have_are_left_to_them(store: SqlStore) -> None:
    wechat, telegram = file("w", A), file("t", person(1, "telegram"))
    await store.commit(Changes(at=NOW, attachments=[wechat, telegram]))
    found = await store.pending_media(NOW, 9, ("wechat",))
    assert [record.id for record in found] == ["t"]
    assert len(await store.pending_media(NOW, 9)) == 2


async def test_a_key_is_the_first_ones_for_all(store: SqlStore) -> None:
    assert await store.shared_key("links", b"one") == b"one"
    assert await store.shared_key("links", b"two") == b"one"
    assert await store.shared_key("slip", b"two") == b"two"


async def test_tables_lie_on_a_shelf_until_their_hour_is_over(store: SqlStore) -> None:
    shelf = store.shelf
    await shelf.note("t1", "s1", NOW, "begun")
    await shelf.note("t1", "s1", NOW, "done")
    await shelf.note("t2", "s1", NOW + timedelta(hours=1), "begun")
    for part, content in enumerate((b"\x00one", b"two")):
        await shelf.put("t1", part, content)
    assert await shelf.notes("s1") == ["begun", "done"]
    assert [await shelf.get("t1", part) for part in range(3)] == [b"\x00one", b"two", None]
    await shelf.clear(NOW + timedelta(minutes=1))
    assert await shelf.notes("s1") == ["begun"]
    assert await shelf.get("t1", 0) is None

"""The contract of `bot.ports.Store`: pushes leave in order per person, once, and none is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Timer
from bot.conversation.session import Credit
from bot.domain.people import Address
from bot.message import Answer, Brief, Lane, Reply
from bot.ports import ClaimedPush, PushOutcome, PushState, Store
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, person, push, pushes, turn

A, B = person(1), person(2)
MINUTE = timedelta(minutes=1)


async def claimed(store: Store, at: datetime = NOW, limit: int = 100, channel: str = "wechat") -> list[str]:
    return [c.push.key for c in await store.claim_pushes(channel, at, limit)]


async def claim(store: Store, at: datetime = NOW) -> ClaimedPush:
    (one,) = await store.claim_pushes("wechat", at, 1)
    return one


async def settle(
    store: Store, one: ClaimedPush, state: str, at: datetime = NOW, again: timedelta | None = None
) -> None:
    not_before = None if again is None else at + again
    sent = f"msg-{one.push.key}" if state == "sent" else ""
    await store.settle_pushes([PushOutcome(one.id, state, at, sent, "because", not_before)])


def keys(many: Sequence[ClaimedPush]) -> list[str]:
    return [one.push.key for one in many]


async def test_a_push_comes_out_as_it_went_in(store: Store) -> None:
    one = push("p", A, lane=Lane.URGENT, slot="s", ticket="260304-00017", later=MINUTE, ends=5 * MINUTE)
    await store.commit(pushes(one))
    (found,) = await store.claim_pushes("wechat", NOW + MINUTE, 10)
    assert found.push == one
    assert (found.attempts, found.replaces, found.credits) == (0, "", None)


async def test_one_push_at_a_time_per_person_oldest_first(store: Store) -> None:
    await store.commit(pushes(push("a1", A), push("a2", A), push("b1", B)))
    assert await claimed(store) == ["a1", "b1"]
    assert await claimed(store) == []


@pytest.mark.parametrize("state", ["sent", "refused", "unclear", "expired", "kept"])
async def test_the_next_one_goes_when_the_first_is_settled(store: Store, state: str) -> None:
    await store.commit(pushes(push("a1", A), push("a2", A)))
    await settle(store, await claim(store), state)
    assert await claimed(store) == ["a2"]


async def test_a_later_more_urgent_one_of_the_same_person_waits_its_turn(store: Store) -> None:
    await store.commit(pushes(push("a1", A, lane=Lane.BULK), push("a2", A, lane=Lane.URGENT)))
    assert await claimed(store) == ["a1"]


async def test_lanes_order_people(store: Store) -> None:
    lanes = [Lane.BULK, Lane.NOTICE, Lane.URGENT, Lane.REPLY, Lane.URGENT]
    await store.commit(pushes(*(push(f"{n}-{lane}", person(n), lane=lane) for n, lane in enumerate(lanes))))
    assert await claimed(store, limit=4) == ["2-urgent", "4-urgent", "3-reply", "1-notice"]


async def test_channels_have_their_own_lines(store: Store) -> None:
    await store.commit(pushes(push("w", A), push("t", person(1, "telegram"))))
    assert await claimed(store, channel="telegram") == ["t"]


async def test_one_put_back_keeps_its_place_and_holds_up_the_others(store: Store) -> None:
    await store.commit(pushes(push("a1", A), push("a2", A)))
    await settle(store, await claim(store), "ready", again=MINUTE)
    assert await claimed(store) == []
    again = await claim(store, NOW + MINUTE)
    assert (again.push.key, again.attempts) == ("a1", 1)


async def test_one_meant_for_the_morning_holds_up_nothing(store: Store) -> None:
    await store.commit(pushes(push("notice", A, later=8 * 60 * MINUTE), push("reply", A, lane=Lane.REPLY)))
    await settle(store, await claim(store), "sent")
    assert await claimed(store) == []
    assert await claimed(store, NOW + 8 * 60 * MINUTE) == ["notice"]


async def test_one_meant_for_later_waits_while_another_is_being_sent(store: Store) -> None:
    await store.commit(pushes(push("notice", A, later=MINUTE), push("reply", A)))
    reply = await claim(store)
    assert await claimed(store, NOW + MINUTE) == []
    await settle(store, reply, "sent")
    assert await claimed(store, NOW + MINUTE) == ["notice"]


async def test_what_is_too_old_is_never_sent(store: Store) -> None:
    await store.commit(pushes(push("a1", A, ends=MINUTE), push("a2", A), push("b", B, later=5 * MINUTE, ends=MINUTE)))
    assert await claimed(store, NOW + MINUTE) == ["a2"]
    assert await claimed(store, NOW + 10 * MINUTE) == []


async def test_a_push_is_stored_once_and_the_rest_of_its_turn_stands(store: Store) -> None:
    await store.commit(pushes(push("p", A)))
    second = turn(B, 1)
    second.pushes.append(push("p", B))
    await store.commit(second)
    assert [(c.push.key, c.push.address) for c in await store.claim_pushes("wechat", NOW, 10)] == [("p", A)]
    assert await store.reader.session(B) is not None


async def test_two_senders_never_get_the_same_push(store: Store) -> None:
    await store.commit(pushes(*(push(f"p{n}", person(n)) for n in range(50))))
    rounds = await asyncio.gather(*(claimed(store, limit=20) for _ in range(4)))
    everything = [key for one in rounds for key in one]
    assert len(everything) == len(set(everything)) == 50


async def test_an_attempt_is_on_disk_before_it_begins(opening: Opening) -> None:
    store = await opening()
    await store.commit(pushes(push("a1", A), push("a2", A), push("b1", B)))
    assert await claimed(store, limit=1) == ["a1"]
    again = await opening()
    assert await again.recover_pushes("telegram", NOW) == 0
    assert await again.recover_pushes("wechat", NOW) == 1
    assert await again.recover_pushes("wechat", NOW) == 0
    assert await claimed(again) == ["a2", "b1"]


async def test_what_may_be_repeated_is_sent_again_after_a_start(opening: Opening) -> None:
    store = await opening()
    await store.commit(pushes(push("a1", A), push("a2", A)))
    assert await claimed(store, limit=1) == ["a1"]
    again = await opening()
    assert await again.recover_pushes("telegram", NOW, repeat=True) == 0
    assert await again.recover_pushes("wechat", NOW, repeat=True) == 1
    assert await claimed(again) == ["a1"]


async def test_what_is_settled_stays_so(store: Store) -> None:
    await store.commit(pushes(push("a", A)))
    one = await claim(store)
    await settle(store, one, "unclear")
    await settle(store, one, "ready")
    assert await claimed(store) == []


async def test_a_card_replaces_the_newest_one_of_its_slot(store: Store) -> None:
    for n, (slot, to) in enumerate([("s", A), ("s", A), ("other", A), ("s", B), ("", A)]):
        await store.commit(pushes(push(f"p{n}", to, slot=slot)))
        await settle(store, await claim(store), "sent")
    await store.commit(pushes(push("refused", A, slot="s")))
    await settle(store, await claim(store), "refused")
    await store.commit(pushes(push("new", A, slot="s"), push("without", B)))
    assert {c.push.key: c.replaces for c in await store.claim_pushes("wechat", NOW, 10)} == {
        "new": "msg-p1",
        "without": "",
    }


async def test_a_quoted_message_says_what_it_was_about(store: Store) -> None:
    await store.commit(pushes(push("p1", A, ticket="260304-00017", slot="x"), push("p2", B, slot="draft:d1")))
    for one in await store.claim_pushes("wechat", NOW, 10):
        await settle(store, one, "sent")
    read = store.reader
    assert await read.quoted(A, "msg-p1") == "260304-00017"
    assert await read.quoted(B, "msg-p2") == "draft:d1"
    assert [await read.quoted(B, "msg-p1"), await read.quoted(A, "nothing"), await read.quoted(A, "")] == ["", "", ""]


async def test_credits_are_what_was_granted_less_what_went_out_since(store: Store) -> None:
    await store.commit(turn(A, 1, credit=Credit(3, NOW, NOW + 60 * MINUTE)))
    await store.commit(pushes(*(push(f"p{n}", A) for n in range(6))))
    seen = []
    for minute, state in enumerate(["sent", "unclear", "refused", "sent", "kept"]):
        one = await claim(store, NOW + minute * MINUTE)
        seen.append(one.credits)
        await settle(store, one, state)
    assert seen == [3, 2, 1, 1, 0]
    await store.commit(turn(A, 2, credit=Credit(5, NOW + 10 * MINUTE, NOW + 20 * MINUTE)))
    one = await claim(store, NOW + 11 * MINUTE)
    assert one.credits == 5
    await settle(store, one, "ready", NOW + 11 * MINUTE, again=MINUTE)
    assert (await claim(store, NOW + 20 * MINUTE)).credits == 0


async def test_kept_pushes_wait_for_the_person_and_are_told_once(opening: Opening) -> None:
    store = await opening()
    assert not await store.reader.kept(A)
    await store.commit(pushes(push("a1", A), push("a2", A), push("b1", B)))
    for _ in range(2):
        for one in await store.claim_pushes("wechat", NOW, 10):
            await settle(store, one, "kept")
    store = await opening()
    kept = await store.reader.kept(A)
    assert keys(kept) == ["a1", "a2"]
    assert await claimed(store, NOW + timedelta(days=9)) == []
    telling = turn(A, 1)
    telling.told.append(kept[0].id)
    await store.commit(telling)
    assert keys(await store.reader.kept(A)) == ["a2"]
    await store.commit(Changes(at=NOW, told=[kept[1].id]))
    assert not await store.reader.kept(A)
    assert keys(await store.reader.kept(B)) == ["b1"]
    await store.commit(pushes(push("a3", A)))
    await settle(store, await claim(store), "kept")
    assert keys(await store.reader.kept(A)) == ["a3"]


async def test_a_kept_push_can_be_made_ready_or_grow_too_old(store: Store) -> None:
    await store.commit(pushes(push("a", A, ends=5 * MINUTE), push("b", B, ends=5 * MINUTE)))
    first, second = await store.claim_pushes("wechat", NOW, 10)
    for one in (first, second):
        await settle(store, one, "kept")
    await settle(store, first, "ready")
    assert await claimed(store) == ["a"]
    assert await claimed(store, NOW + 5 * MINUTE) == []
    assert not await store.reader.kept(B)


async def test_whatever_happens_each_person_gets_everything_in_order(store: Store) -> None:
    chance, now, people = random.Random(7), NOW, [person(n) for n in range(6)]
    decided: dict[Address, list[str]] = {who: [] for who in people}
    sent: dict[Address, list[str]] = {who: [] for who in people}
    hand: list[ClaimedPush] = []
    for step in range(300):
        now += timedelta(seconds=chance.randrange(40))
        if step < 150:
            batch = [push(f"{step}-{n}", chance.choice(people)) for n in range(chance.randrange(4))]
            for one in batch:
                decided[one.address].append(one.key)
            await asyncio.gather(*(store.commit(pushes(one)) for one in batch))
        hand += await store.claim_pushes("wechat", now, chance.randrange(1, 5))
        assert len({one.push.address for one in hand}) == len(hand)
        chance.shuffle(hand)
        while len(hand) > (2 if step < 280 else 0):
            taken, state = hand.pop(), chance.choice(["sent", "ready", "ready"] if step < 150 else ["sent"])
            if state == "sent":
                sent[taken.push.address].append(taken.push.key)
            await settle(store, taken, state, now, again=chance.choice([None, timedelta(seconds=30)]))
    assert sent == decided


async def test_an_outcome_of_a_push_nobody_knows_changes_nothing(store: Store) -> None:
    await store.commit(pushes(push("a", A)))
    await store.settle_pushes([PushOutcome(12345, "sent", NOW)])
    await store.settle_pushes([])
    assert await claimed(store) == ["a"]


async def test_the_talk_is_told_in_order_and_what_was_told_twice_once(store: Store) -> None:
    first = turn(A, 1, "m1", text="路灯坏了", say="已记下")
    first.pushes.append(push("p1", A))
    await store.commit(first)
    silent = turn(A, 2, "m2", text="")
    silent.at = NOW + MINUTE
    silent.answer = Answer(Reply("已记下"), NOW + MINUTE)
    await store.commit(silent)
    await store.commit(pushes(push("p2", A), push("scheduled", A, later=MINUTE)))
    one = await claim(store)
    await settle(store, one, "kept")
    await store.commit(Changes(at=NOW, told=[one.id]))
    lines = await store.reader.talk(A)
    assert [(line.id, line.who, line.text) for line in lines] == [
        ("m1", "resident", "路灯坏了"),
        ("m1/answer", "desk", "已记下"),
        ("p2", "desk", "消息 p2"),
        ("m2/answer", "desk", "已记下"),
    ]
    assert [line.id for line in await store.reader.talk(A, 2)] == ["p2", "m2/answer"]
    assert not await store.reader.talk(B)


async def test_delivery_sets_the_timer_that_waits_for_it(store: Store) -> None:
    asked = replace(push("p", A, ticket="260304-00017"), then="question_delivered")
    await store.commit(pushes(asked, push("plain", B)))
    first, plain = await store.claim_pushes("wechat", NOW, 10)
    assert first.push == asked
    assert (
        await store.settle_pushes([PushOutcome(plain.id, "sent", NOW), PushOutcome(first.id, "unclear", NOW)]) is None
    )
    assert not await store.due_timers(NOW + MINUTE, 10)
    await store.commit(pushes(replace(asked, key="q")))
    (second,) = await store.claim_pushes("wechat", NOW, 10)
    assert await store.settle_pushes([PushOutcome(second.id, "sent", NOW + MINUTE)]) == NOW + MINUTE
    set_ = Timer("question_delivered", "260304-00017", NOW + MINUTE, second.id, A)
    assert await store.due_timers(NOW + MINUTE, 10) == [set_]
    await store.commit(Changes(at=NOW + MINUTE, fired=set_))
    await settle(store, second, "sent", NOW + MINUTE)  # heard of again
    assert not await store.due_timers(NOW + MINUTE, 10)


async def test_two_deliveries_at_one_moment_set_two_timers(store: Store) -> None:
    asked = [replace(push(f"p{n}", person(n), ticket="260304-00017"), then="question_delivered") for n in (1, 2)]
    await store.commit(pushes(*asked))
    both = await store.claim_pushes("wechat", NOW, 10)
    await store.settle_pushes([PushOutcome(one.id, "sent", NOW) for one in both])
    assert [timer.address for timer in await store.due_timers(NOW, 10)] == [person(1), person(2)]


async def test_telling_what_was_kept_is_delivering_it(store: Store) -> None:
    await store.commit(pushes(replace(push("p", A, ticket="260304-00017"), then="answer_delivered")))
    one = await claim(store)
    await settle(store, one, "kept")
    assert not await store.due_timers(NOW + MINUTE, 10)
    telling = turn(A, 1)
    telling.at = NOW + MINUTE
    telling.told.append(one.id)
    await store.commit(telling)
    told = Timer("answer_delivered", "260304-00017", NOW + MINUTE, one.id, A)
    assert await store.due_timers(NOW + MINUTE, 10) == [told]
    await store.commit(Changes(at=NOW + 2 * MINUTE, told=[one.id]))
    assert await store.due_timers(NOW + 2 * MINUTE, 10) == [told]


async def test_what_is_taken_back_does_not_leave_and_the_next_one_does(store: Store) -> None:
    await store.commit(pushes(push("a1", A), push("a2", A), push("later", A, later=MINUTE), push("b1", B)))
    await store.commit(Changes(at=NOW, recalled_pushes=["a1", "later", "nobody knows it"]))
    assert await claimed(store, NOW + 2 * MINUTE) == ["a2", "b1"]
    await store.commit(Changes(at=NOW, recalled_pushes=["a2"]))  # its sending has begun
    states = [await store.reader.push_state(key) for key in ("a1", "a2", "later", "none")]
    assert [state and state.state for state in states] == ["recalled", "sending", "recalled", None]
    together = pushes(push("c1", person(3)), push("c2", person(3)))
    together.recalled_pushes.append("c1")
    await store.commit(together)
    assert await claimed(store) == ["c2"]


async def test_how_the_pushes_about_a_ticket_stand(store: Store) -> None:
    number = "260304-00017"
    await store.commit(pushes(push("a1", A, ticket=number), push("a2", A, ticket=number), push("b", B)))
    one = await claim(store, NOW + MINUTE)
    waiting = PushState("a2", A, "waiting", NOW)
    assert list(await store.reader.pushes_of(number)) == [waiting, PushState("a1", A, "sending", NOW + MINUTE)]
    await settle(store, one, "refused", NOW + 2 * MINUTE)
    state = await store.reader.push_state("a1")
    assert state == PushState("a1", A, "refused", NOW + 2 * MINUTE, "because", Reply("消息 a1"))
    assert [s.key for s in await store.reader.pushes_of(number, 1)] == ["a2"]
    assert not await store.reader.pushes_of("")


async def test_tickets_about_which_somebody_could_not_be_reached(store: Store) -> None:
    for n, state in enumerate(("sent", "kept", "refused", "unclear", "kept")):
        await store.commit(pushes(push(f"p{n}", person(n), ticket=f"260304-0000{n % 4}")))
        await settle(store, await claim(store), state)
    await store.commit(pushes(push("none", A)))
    await settle(store, await claim(store), "kept")
    assert list(await store.reader.undelivered()) == ["260304-00000", "260304-00003", "260304-00002", "260304-00001"]
    assert list(await store.reader.undelivered(1)) == ["260304-00000"]


async def test_the_few_words_of_a_push_are_kept(store: Store) -> None:
    brief = replace(push("p", A), brief=Brief("answer", {"number": "260304-00017", "title": "路灯"}))
    await store.commit(pushes(brief))
    assert (await claim(store)).push == brief

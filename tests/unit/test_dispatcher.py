"""One message in, one committed turn out, whatever happens in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from bot.changes import Changes, Timer
from bot.conversation.session import Question, Session
from bot.domain.people import Address
from bot.errors import AlreadyAnswered, Conflict, NotFound, StoreUnavailable, Unstorable
from bot.message import Answer, Lane, MessageKind, Push, Reply
from bot.ports import ClaimedPush, Traits
from bot.runtime.dispatcher import Dispatcher
from bot.turn import Turn
from tests.fakes.memory_store import MemoryStore
from tests.fakes.small_desk import CHAT, RESIDENT, SmallDesk, echoes, says_nothing

AT_ONCE = replace(CHAT, answers_at_once=True)
WECHAT = Traits(
    answers_at_once=True,
    quiet_window=False,
    late_card=True,
    edits=False,
    buttons=False,
    text_limit=200,
    text_unit="bytes",
    credits={MessageKind.TEXT: (5, timedelta(hours=48)), MessageKind.PRESS: (3, timedelta(minutes=1))},
    credits_reserved=2,
    tells_kept=True,
)


class Scripted:
    """A use case that does what the test says, and remembers each turn it saw."""

    def __init__(self, *acts: object) -> None:
        self.acts = list(acts)
        self.turns: list[Turn] = []

    async def __call__(self, turn: Turn) -> Reply | None:
        self.turns.append(turn)
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        if callable(act):
            act(turn)
        return Reply(f"answer {len(self.turns)}")


# What a turn becomes


async def test_an_answered_message_is_committed_with_its_answer_and_the_next_state_of_the_person() -> None:
    small = SmallDesk(traits=AT_ONCE)
    answer = await Dispatcher(small.desk).take(small.message("hello", locale="en"))
    assert answer == Answer(Reply("hello"), small.clock.now())
    [changes] = small.store.commits
    assert (changes.address, changes.at, changes.answer) == (RESIDENT, small.clock.now(), answer)
    assert changes.message is not None
    assert changes.message.text == "hello"
    assert changes.session == Session(address=RESIDENT, seq=1, locale="en")
    assert changes.pushes == []


async def test_where_the_reply_cannot_travel_in_the_request_it_becomes_a_push() -> None:
    small = SmallDesk()
    await Dispatcher(small.desk).take(small.message("hello"))
    [push] = small.store.commits[0].pushes
    assert (push.key, push.address, push.lane, push.reply) == ("reply:chat:1", RESIDENT, Lane.REPLY, Reply("hello"))
    assert small.heard == small.store.commits


async def test_what_leaves_no_work_wakes_nobody() -> None:
    small = SmallDesk(handle=says_nothing)
    await Dispatcher(small.desk).take(small.message("hello"))
    assert len(small.store.commits) == 1
    assert small.heard == []


async def test_the_first_language_a_channel_names_stays() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk)
    await dispatcher.take(small.message("one", key="1", locale="en"))
    await dispatcher.take(small.message("two", key="2", locale="zh_CN"))
    assert small.store.reader.remembered[RESIDENT].locale == "en"


async def test_leaving_makes_unreachable_and_any_sign_of_life_reachable_again() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk)
    await dispatcher.take(small.message(key="1", kind=MessageKind.UNFOLLOW))
    assert not small.store.reader.remembered[RESIDENT].reachable
    await dispatcher.take(small.message("back", key="2"))
    assert small.store.reader.remembered[RESIDENT].reachable


async def test_a_presence_signal_that_changes_nothing_is_not_stored() -> None:
    small = SmallDesk(handle=says_nothing)
    answer = await Dispatcher(small.desk).take(small.message(kind=MessageKind.TICKLE))
    assert answer.reply is None
    assert small.store.commits == []


async def test_a_refusal_is_said_and_undoes_all_but_what_is_remembered_of_the_person() -> None:
    def wrong_code(turn: Turn) -> None:
        turn.remember(tries=(turn.now,))
        turn.changes.code_failures.append(("260304-00010", RESIDENT, turn.now))
        turn.changes.timer(Timer("draft", "d1", turn.now, address=RESIDENT))
        raise NotFound(number="260304-00010")

    small = SmallDesk(handle=Scripted(wrong_code), traits=AT_ONCE)
    answer = await Dispatcher(small.desk).take(small.message("x"))
    assert answer.reply == Reply("zh_CN: refusal.not_found number=260304-00010")
    [changes] = small.store.commits
    assert changes.timers == []
    assert len(changes.code_failures) == 1
    assert changes.session is not None
    assert changes.session.tries == (small.clock.now(),)
    assert small.count("minsheng_errors_total", where="turn") == 0


# Copies


async def test_copies_at_the_same_moment_share_one_turn() -> None:
    handle = Scripted()
    small = SmallDesk(handle=handle)
    dispatcher = Dispatcher(small.desk)
    answers = await asyncio.gather(*(dispatcher.take(small.message("hello")) for _ in range(3)))
    assert len(handle.turns) == len(small.store.commits) == 1
    assert answers[0] is answers[1] is answers[2]
    assert small.count("minsheng_message_copies_total") == 2


async def test_a_later_copy_gets_the_same_answer_without_a_turn() -> None:
    handle = Scripted()
    small = SmallDesk(handle=handle)
    dispatcher = Dispatcher(small.desk)
    first = await dispatcher.take(small.message("hello"))
    small.clock.advance(timedelta(minutes=1))
    assert await dispatcher.take(small.message("hello")) == first
    assert len(handle.turns) == 1


async def test_a_copy_after_a_restart_is_caught_by_the_fence() -> None:
    small = SmallDesk(handle=Scripted())
    first = await Dispatcher(small.desk).take(small.message("hello"))
    again = await Dispatcher(small.desk).take(small.message("hello"))
    assert again == first
    assert len(small.store.commits) == 1


async def test_a_copy_long_ago_is_caught_by_the_fence_too() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk, answers_cached=1)
    first = await dispatcher.take(small.message("one", key="1"))
    await dispatcher.take(small.message("two", key="2"))
    assert await dispatcher.take(small.message("one", key="1")) == first
    assert small.store.reader.remembered[RESIDENT].seq == 2


# Cancellation


async def test_when_the_first_gives_up_its_copies_come_again_and_find_one_answer() -> None:
    store = MemoryStore(gate=asyncio.Event())
    small = SmallDesk(handle=Scripted(), store=store)
    dispatcher = Dispatcher(small.desk)
    first = asyncio.create_task(dispatcher.take(small.message("hello")))
    copy = asyncio.create_task(dispatcher.take(small.message("hello")))
    await _settled()
    first.cancel()
    with pytest.raises(StoreUnavailable):
        await copy
    assert first.cancelled()
    assert store.gate is not None
    store.gate.set()
    answer = await dispatcher.take(small.message("hello"))
    assert await dispatcher.take(small.message("hello")) == answer
    assert small.store.reader.remembered[RESIDENT].seq == 1


@pytest.mark.parametrize("steps", range(12))
async def test_giving_up_after_any_step_leaves_nothing_half_done(steps: int) -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk)
    task = asyncio.create_task(dispatcher.take(small.message("hello", key="1")))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await dispatcher.drain()
    answer = await dispatcher.take(small.message("next", key="2"))
    assert answer.reply == Reply("next")
    session = small.store.reader.remembered[RESIDENT]
    assert session.seq == len(small.store.commits) == len(small.store.reader.answers)


async def test_drain_waits_for_what_was_taken() -> None:
    store = MemoryStore(gate=asyncio.Event())
    small = SmallDesk(store=store)
    dispatcher = Dispatcher(small.desk)
    taken = asyncio.create_task(dispatcher.take(small.message("hello")))
    await _settled()
    draining = asyncio.create_task(dispatcher.drain())
    await _settled()
    assert not draining.done()
    assert store.gate is not None
    store.gate.set()
    await draining
    await taken
    assert len(store.commits) == 1


# One at a time


async def test_messages_of_one_person_are_answered_in_the_order_they_came_each_on_the_state_before() -> None:
    seen: list[tuple[str, int]] = []

    async def handle(turn: Turn) -> Reply | None:
        assert turn.message is not None
        seen.append((turn.message.text, turn.session.seq))
        await asyncio.sleep(0)
        return None

    small = SmallDesk(handle=handle)
    dispatcher = Dispatcher(small.desk)
    await asyncio.gather(*(dispatcher.take(small.message(str(n), key=str(n))) for n in range(5)))
    assert seen == [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("4", 4)]


async def test_different_people_do_not_wait_for_each_other() -> None:
    meeting = asyncio.Barrier(2)

    async def handle(_turn: Turn) -> Reply | None:
        await meeting.wait()  # only returns when both are in
        return Reply("met")

    small = SmallDesk(handle=handle)
    dispatcher = Dispatcher(small.desk)
    other = small.message("b", key="2", address=Address("chat", "wang"))
    answers = await asyncio.gather(dispatcher.take(small.message("a")), dispatcher.take(other))
    assert [answer.reply for answer in answers] == [Reply("met"), Reply("met")]


async def test_with_too_many_under_way_the_next_is_refused_and_a_copy_is_not() -> None:
    store = MemoryStore(gate=asyncio.Event())
    small = SmallDesk(store=store)
    dispatcher = Dispatcher(small.desk, in_flight_max=1)
    first = asyncio.create_task(dispatcher.take(small.message("one", key="1")))
    copy = asyncio.create_task(dispatcher.take(small.message("one", key="1")))
    await _settled()
    with pytest.raises(StoreUnavailable):
        await dispatcher.take(small.message("two", key="2"))
    assert store.gate is not None
    store.gate.set()
    assert await first == await copy


# Fences


async def test_after_a_conflict_the_turn_is_decided_again_on_fresh_state() -> None:
    handle = Scripted()
    store = MemoryStore(faults=[Conflict()])
    small = SmallDesk(handle=handle, store=store)
    dispatcher = Dispatcher(small.desk)
    store.reader.remembered[RESIDENT] = Session(address=RESIDENT, seq=7)
    answer = await dispatcher.take(small.message("hello"))
    assert answer.reply == Reply("answer 2")
    assert [turn.session.seq for turn in handle.turns] == [7, 7]
    assert store.reader.remembered[RESIDENT].seq == 8


async def test_a_session_somebody_else_wrote_is_read_again() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk)
    await dispatcher.take(small.message("one", key="1"))
    small.store.reader.remembered[RESIDENT] = Session(address=RESIDENT, seq=5, locale="en")
    await dispatcher.take(small.message("two", key="2"))
    assert small.store.reader.remembered[RESIDENT] == Session(address=RESIDENT, seq=6, locale="en")


async def test_endless_conflicts_acknowledge_nothing() -> None:
    small = SmallDesk(store=MemoryStore(faults=[Conflict() for _ in range(5)]))
    with pytest.raises(StoreUnavailable):
        await Dispatcher(small.desk).take(small.message("hello"))
    assert small.store.commits == []


async def test_with_the_store_away_nothing_is_acknowledged_and_the_copy_is_decided_anew() -> None:
    small = SmallDesk(store=MemoryStore(faults=[StoreUnavailable()]))
    dispatcher = Dispatcher(small.desk)
    with pytest.raises(StoreUnavailable):
        await dispatcher.take(small.message("hello"))
    assert (await dispatcher.take(small.message("hello"))).reply == Reply("hello")
    assert small.store.quarantined == []


async def test_sessions_beyond_the_cache_are_read_from_the_store() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk, sessions_cached=1)
    other = Address("chat", "wang")
    await dispatcher.take(small.message("a", key="1"))
    await dispatcher.take(small.message("b", key="2", address=other))
    await dispatcher.take(small.message("c", key="3"))
    assert small.store.reader.remembered[RESIDENT].seq == 2
    assert small.store.reader.asked == 3


# When a turn breaks


async def test_a_broken_turn_is_set_aside_counted_and_the_person_told_with_a_receipt() -> None:
    handle = Scripted(KeyError("secret words"))
    small = SmallDesk(handle=handle, traits=AT_ONCE)
    dispatcher = Dispatcher(small.desk)
    message = small.message("hello")
    answer = await dispatcher.take(message)
    [(incident, why, kept, _)] = small.store.quarantined
    assert answer.reply == Reply(f"zh_CN: error.unexpected incident={incident}")
    assert kept == message
    assert "KeyError" in why
    assert "secret words" not in why
    assert await dispatcher.take(message) == answer
    assert len(handle.turns) == 1
    assert small.count("minsheng_errors_total", where="turn") == 1
    assert small.count("minsheng_quarantined_total") == 1


async def test_the_apology_is_pushed_where_the_reply_cannot_travel_in_the_request() -> None:
    small = SmallDesk(handle=Scripted(ValueError()))
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    [push] = small.store.commits[0].pushes
    assert push.reply == answer.reply
    assert small.heard == small.store.commits


async def test_after_three_failures_in_a_row_the_dialogue_begins_anew() -> None:
    small = SmallDesk(handle=Scripted(ValueError(), ValueError(), ValueError()))
    question = Question("kind", "d1", small.clock.now())
    stuck = Session(address=RESIDENT, seq=1, question=question, current="d1")
    small.store.reader.remembered[RESIDENT] = stuck
    dispatcher = Dispatcher(small.desk)
    for n in range(2):
        await dispatcher.take(small.message("x", key=str(n)))
    assert small.store.reader.remembered[RESIDENT].question == question
    await dispatcher.take(small.message("x", key="2"))
    session = small.store.reader.remembered[RESIDENT]
    assert (session.question, session.current, session.seq) == (None, "", 4)


async def test_a_good_turn_in_between_starts_the_count_again() -> None:
    small = SmallDesk(handle=Scripted(ValueError(), ValueError(), None, ValueError()))
    question = Question("kind", "d1", small.clock.now())
    small.store.reader.remembered[RESIDENT] = Session(address=RESIDENT, seq=1, question=question, current="d1")
    dispatcher = Dispatcher(small.desk)
    for n in range(4):
        await dispatcher.take(small.message("x", key=str(n)))
    assert small.store.reader.remembered[RESIDENT].question == question


async def test_what_cannot_be_stored_is_set_aside_and_its_name_kept() -> None:
    small = SmallDesk(store=MemoryStore(faults=[Unstorable(), Unstorable()]), traits=AT_ONCE)
    answer = await Dispatcher(small.desk).take(small.message("poison", raw=b"poison"))
    assert len(small.store.quarantined) == 1
    [changes] = small.store.commits
    assert changes.message is not None
    assert (changes.message.key, changes.message.text, changes.message.raw) == ("1", "", b"")
    assert changes.answer == answer


async def test_a_session_nobody_can_read_does_not_make_the_desk_dumb() -> None:
    small = SmallDesk(traits=AT_ONCE)
    small.store.reader.broken = ValueError("not JSON")
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    assert answer.reply is not None
    assert answer.reply.text.startswith("zh_CN: error.unexpected")
    assert small.store.commits[0].session is None


async def test_with_the_store_away_even_the_apology_is_not_acknowledged() -> None:
    small = SmallDesk(handle=Scripted(ValueError()), store=MemoryStore(faults=[StoreUnavailable()]))
    with pytest.raises(StoreUnavailable):
        await Dispatcher(small.desk).take(small.message("hello"))


async def test_a_receipt_written_by_somebody_else_meanwhile_is_the_answer() -> None:
    theirs = Answer(Reply("theirs"), SmallDesk().clock.now())
    small = SmallDesk(handle=Scripted(ValueError()), store=MemoryStore(faults=[AlreadyAnswered(theirs)]))
    assert await Dispatcher(small.desk).take(small.message("hello")) == theirs


# Credits and kept pushes


async def test_each_action_brings_its_credits_and_a_short_one_never_shrinks_a_long_one() -> None:
    small = SmallDesk(traits=WECHAT)
    dispatcher = Dispatcher(small.desk)
    start = small.clock.now()
    await dispatcher.take(small.message(key="1", kind=MessageKind.PRESS))
    credit = small.store.reader.remembered[RESIDENT].credit
    assert credit is not None
    assert (credit.granted, credit.until) == (3, start + timedelta(minutes=1))
    await dispatcher.take(small.message("words", key="2"))
    await dispatcher.take(small.message(key="3", kind=MessageKind.PRESS))
    credit = small.store.reader.remembered[RESIDENT].credit
    assert credit is not None
    assert (credit.granted, credit.until) == (5, start + timedelta(hours=48))
    small.clock.advance(timedelta(hours=48))
    await dispatcher.take(small.message(key="4", kind=MessageKind.PRESS))
    credit = small.store.reader.remembered[RESIDENT].credit
    assert credit is not None
    assert credit.granted == 3


def _kept(small: SmallDesk, *texts: str, **fields: timedelta) -> None:
    now = small.clock.now()
    pushes = [
        Push(
            key=str(n),
            address=RESIDENT,
            reply=Reply(text),
            created_at=now,
            expires_at=now + fields["life"] if "life" in fields else None,
        )
        for n, text in enumerate(texts)
    ]
    small.store.reader.kept_pushes[RESIDENT] = [ClaimedPush(n, push) for n, push in enumerate(pushes)]


async def test_what_could_not_be_sent_is_told_under_the_next_answer() -> None:
    small = SmallDesk(traits=WECHAT)
    _kept(small, "news", "more news")
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    assert answer.reply == Reply("hello\n\nzh_CN: kept.header\n\nnews\n\nmore news")
    assert small.store.commits[0].told == [0, 1]


async def test_what_is_stale_is_not_told() -> None:
    small = SmallDesk(traits=WECHAT)
    _kept(small, "news", life=timedelta(0))
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    assert answer.reply == Reply("hello")
    assert small.store.commits[0].told == []


async def test_what_does_not_fit_waits_for_the_next_time() -> None:
    small = SmallDesk(traits=WECHAT)
    _kept(small, "news", "诉" * 60, "more")
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    assert answer.reply == Reply("hello\n\nzh_CN: kept.header\n\nnews\n\nzh_CN: kept.more count=2")
    assert small.store.commits[0].told == [0]


async def test_a_single_text_that_is_too_long_is_shortened() -> None:
    small = SmallDesk(traits=WECHAT)
    _kept(small, "诉" * 100)
    answer = await Dispatcher(small.desk).take(small.message("hello"))
    assert answer.reply is not None
    assert len(answer.reply.text.encode()) <= 200
    assert answer.reply.text.endswith("诉诉…")
    assert small.store.commits[0].told == [0]


async def test_an_answer_that_fills_the_limit_tells_nothing_and_loses_nothing() -> None:
    small = SmallDesk(traits=WECHAT)
    _kept(small, "诉" * 100)
    answer = await Dispatcher(small.desk).take(small.message("x" * 190))
    assert answer.reply == Reply("x" * 190)
    assert small.store.commits[0].told == []


# Timers


def _timer(small: SmallDesk, address: Address | None = RESIDENT) -> Timer:
    return Timer("draft", "d1", small.clock.now(), 1, address)


async def test_a_timer_is_a_turn_of_the_person_it_is_about() -> None:
    small = SmallDesk(fire=Scripted())
    small.store.reader.remembered[RESIDENT] = Session(address=RESIDENT, seq=3)
    timer = _timer(small)
    assert await Dispatcher(small.desk).fire(timer)
    [changes] = small.store.commits
    assert changes.fired == timer
    assert changes.session is not None
    assert changes.session.seq == 4
    [push] = changes.pushes
    assert push.key == f"timer:draft:d1:1:{timer.due_at.isoformat()}"


async def test_a_timer_fires_once() -> None:
    small = SmallDesk(fire=Scripted())
    timer = _timer(small)
    assert await Dispatcher(small.desk).fire(timer)
    assert not await Dispatcher(small.desk).fire(timer)
    assert len(small.store.commits) == 1


async def test_the_desks_own_timer_has_no_session() -> None:
    small = SmallDesk(fire=says_nothing)
    assert await Dispatcher(small.desk).fire(_timer(small, address=None))
    assert small.store.commits[0].session is None
    assert small.store.reader.remembered == {}


async def test_a_timer_waits_for_the_persons_message() -> None:
    store = MemoryStore(gate=asyncio.Event())
    small = SmallDesk(fire=Scripted(), store=store)
    dispatcher = Dispatcher(small.desk)
    taking = asyncio.create_task(dispatcher.take(small.message("hello")))
    await _settled()
    firing = asyncio.create_task(dispatcher.fire(_timer(small)))
    await _settled()
    assert store.gate is not None
    store.gate.set()
    await taking
    assert await firing
    assert [changes.session.seq for changes in store.commits if changes.session] == [1, 2]


async def test_a_timer_that_always_breaks_is_given_up_and_kept_aside() -> None:
    small = SmallDesk(fire=Scripted(ValueError(), ValueError(), ValueError()))
    dispatcher = Dispatcher(small.desk)
    timer = _timer(small)
    assert not await dispatcher.fire(timer)
    assert not await dispatcher.fire(timer)
    assert small.store.quarantined == []
    assert await dispatcher.fire(timer)
    assert [kept for _, _, _, kept in small.store.quarantined] == [timer]
    assert small.store.commits == [Changes(fired=timer, at=small.clock.now())]


async def test_the_store_away_is_told_to_the_firer() -> None:
    small = SmallDesk(fire=Scripted(), store=MemoryStore(faults=[StoreUnavailable()]))
    with pytest.raises(StoreUnavailable):
        await Dispatcher(small.desk).fire(_timer(small))


# Amending


async def test_amending_remembers_and_does_nothing_when_there_is_nothing_to_change() -> None:
    small = SmallDesk(handle=echoes, store=MemoryStore(faults=[Conflict()]))
    dispatcher = Dispatcher(small.desk)
    await dispatcher.amend(RESIDENT, lambda session: structs.replace(session, reachable=False))
    await dispatcher.amend(RESIDENT, lambda session: structs.replace(session, reachable=False))
    assert small.store.reader.remembered[RESIDENT] == Session(address=RESIDENT, seq=1, reachable=False)
    assert len(small.store.commits) == 1


async def test_what_was_kept_counts_as_told_when_the_person_sees_the_talk() -> None:
    small = SmallDesk()
    dispatcher = Dispatcher(small.desk)
    await dispatcher.seen(RESIDENT)
    assert small.store.commits == []
    _kept(small, "news", "more")
    await dispatcher.seen(RESIDENT)
    assert [changes.told for changes in small.store.commits] == [[0, 1]]


async def _settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)

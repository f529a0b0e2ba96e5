"""The contract of `bot.ports.Store`: special cases, their logs, and the lessons they leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.ideas import Lesson
from bot.domain.special import Special, SpecialEvent, State, Step
from bot.domain.work import AnswerDraft, Outcome
from bot.errors import Conflict
from bot.ports import Store
from tests.fakes.changesets import NOW

SPECIAL = Special(
    number="S260304-00017",
    title="路灯'; DROP TABLE special",
    state=State.OPEN,
    unit="u1",
    kind="lamp",
    areas=("a1", "a2"),
    tickets=("260304-00011", "260304-00022"),
    by="boss",
    opened_at=NOW,
    due_at=NOW + timedelta(days=14),
    provisional=True,
    answer=AnswerDraft(outcome=Outcome.SOLVED, text="修好了", by="wang", submitted_at=NOW, evidence=("f1",)),
    answering=("260304-00011",),
    last_answer=AnswerDraft(outcome=Outcome.EXPLAINED, text="暂时修不了", by="wang", submitted_at=NOW),
    answered_at=NOW,
    round=1,
    back=("260304-00022",),
    by_filer=True,
    fine=3,
)


def opened(special: Special = SPECIAL) -> Changes:
    return Changes(at=NOW, specials=[(special, special.event(Step.OPEN, NOW, "boss", unit="u1"))])


def changed(special: Special, step: Step = Step.CHANGE, **fields: object) -> tuple[Special, SpecialEvent]:
    after = special.after(step, NOW, **fields)
    return after, after.event(step, NOW, "boss")


async def test_it_is_kept_whole_with_its_log(store: Store) -> None:
    assert await store.reader.special(SPECIAL.number) is None
    await store.commit(opened())
    assert await store.reader.special(SPECIAL.number) == SPECIAL
    assert await store.reader.special_events(SPECIAL.number) == [
        SpecialEvent(SPECIAL.number, 1, NOW, Step.OPEN, "boss", {"unit": "u1"})
    ]


async def test_two_who_decide_on_the_same_state_of_it_cannot_both_win(store: Store) -> None:
    await store.commit(opened())
    first, second = changed(SPECIAL, unit="u2"), changed(SPECIAL, unit="u3")
    await store.commit(Changes(at=NOW, specials=[first]))
    with pytest.raises(Conflict):
        await store.commit(Changes(at=NOW, specials=[second]))
    now = await store.reader.special(SPECIAL.number)
    assert now is not None
    assert now.unit == "u2"
    assert [event.seq for event in await store.reader.special_events(SPECIAL.number)] == [1, 2]


async def test_two_steps_of_one_change_are_its_last_state(store: Store) -> None:
    first = changed(replace(SPECIAL, answer=None))
    second = changed(first[0], Step.ANSWER, round=2)
    await store.commit(opened())
    await store.commit(Changes(at=NOW, specials=[first, second]))
    now = await store.reader.special(SPECIAL.number)
    assert now is not None
    assert (now.state, now.round, now.seq) == (State.ANSWERED, 2, 3)


async def test_the_list_has_those_that_are_not_closed_the_newest_first(store: Store) -> None:
    newer = replace(SPECIAL, number="S260305-00014")
    closed = replace(SPECIAL, number="S260306-00011", state=State.CLOSED)
    for each in (SPECIAL, closed, newer):
        await store.commit(opened(each))
    assert [each.number for each in await store.reader.specials()] == [newer.number, SPECIAL.number]
    assert [each.number for each in await store.reader.specials(1)] == [newer.number]


async def test_one_lesson_for_each_and_the_last_one_counts(store: Store) -> None:
    lesson = Lesson(SPECIAL.number, "a1", "lamp", "每季度巡检", "boss", NOW)
    later = Lesson(SPECIAL.number, "", "lamp", "每月巡检", "boss", NOW + timedelta(days=1))
    await store.commit(Changes(at=NOW, lessons=[lesson]))
    assert await store.reader.lessons() == [lesson]
    await store.commit(Changes(at=NOW, lessons=[later]))
    assert await store.reader.lessons() == [later]

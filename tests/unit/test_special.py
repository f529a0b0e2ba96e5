"""Special cases: what may follow what, which tickets belong to one, its ladder, and its texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.catalogue import Catalogue
from bot.domain import special as rules
from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.permission import RESIDENT, Act, Person, may_group
from bot.domain.special import LIFECYCLE, Rung, Special, State, Step
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import AnswerDraft, Outcome, Work
from bot.errors import Refusal
from tests.dialogue.stage import sample_guide

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)  # Wednesday, 10:00 in town
TICKET = Ticket(
    number="260304-00011",
    code="000000",
    alias="ABCD",
    type=Type.COMPLAINT,
    kind="roads",
    status=Status.DISPATCHED,
    source="web",
    channel="web",
    text="路灯坏了",
    filed_at=NOW,
    area="north",
    unit="roads",
)
SPECIAL = Special(
    number=f"S{make(NOW.date(), 9)}",
    title="路灯",
    state=State.OPEN,
    unit="transport",
    kind="roads",
    areas=("north",),
    tickets=(TICKET.number,),
    by="boss",
    opened_at=NOW,
    due_at=datetime(2026, 3, 18, 10, tzinfo=UTC),
)
ANSWER = AnswerDraft(outcome=Outcome.SOLVED, text="修好了", by="wang", submitted_at=NOW)


def test_every_state_is_reached_and_only_the_closed_one_has_no_way_on() -> None:
    assert set(LIFECYCLE.values()) == set(State)
    assert {state for state, _ in LIFECYCLE} == set(State) - {State.CLOSED}
    assert {step for _, step in LIFECYCLE} == set(Step) - {Step.OPEN}


def test_the_usual_way() -> None:
    special = SPECIAL
    for step, state in (
        (Step.SUBMIT, State.OPEN),
        (Step.ANSWER, State.ANSWERED),
        (Step.LOOK_BACK_30, State.LOOKED_BACK_30),
        (Step.SAY, State.LOOKED_BACK_30),
        (Step.REOPEN, State.OPEN),
        (Step.ANSWER, State.ANSWERED),
        (Step.LOOK_BACK_30, State.LOOKED_BACK_30),
        (Step.LOOK_BACK_90, State.LOOKED_BACK_90),
        (Step.CLOSE, State.CLOSED),
    ):
        special = special.after(step, NOW)
        assert special.state is state
    assert special.closed_at == NOW
    assert special.seq == 10


@pytest.mark.parametrize(
    ("state", "step"),
    [(s, a) for s in State for a in Step if (s, a) not in LIFECYCLE],
)
def test_what_is_not_in_the_table_is_refused_in_words(state: State, step: Step) -> None:
    with pytest.raises(Refusal) as refused:
        replace(SPECIAL, state=state).after(step, NOW)
    texts = Catalogue.load(Path(__file__).parents[2] / "locales")
    for locale in ("zh_CN", "en"):
        assert SPECIAL.number in texts.words(locale)(refused.value.key, **refused.value.params)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, ""),
        ({"status": Status.CLOSED}, ""),
        ({"type": Type.ENQUIRY}, ""),
        ({"walled": True}, "special.walled"),
        ({"type": Type.REPORT}, "special.walled"),
        ({"work": Work(kept_from=("roads",))}, "special.walled"),
        ({"work": Work(about=("wang",))}, "special.walled"),
        ({"type": Type.IDEA}, "special.type"),
        ({"type": Type.PRAISE}, "special.type"),
        ({"status": Status.WITHDRAWN}, "special.gone"),
        ({"status": Status.MERGED}, "special.gone"),
        ({"status": Status.REJECTED}, "special.gone"),
        ({"work": Work(special="S1")}, "special.in_another"),
    ],
)
def test_which_tickets_can_belong_to_one(changes: dict[str, object], key: str) -> None:
    assert rules.hindrance(replace(TICKET, **changes)) == key


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"status": Status.FILED, "unit": ""}, True),
        ({"status": Status.OBJECTED}, True),
        ({"status": Status.JOINT}, False),
        ({"status": Status.REOPENED}, False),
        ({"status": Status.ANSWERED}, False),
        ({"clock": "utility"}, False),
        ({"clock": "danger"}, False),
        ({"work": Work(answer=ANSWER)}, False),
    ],
)
def test_which_of_them_wait_for_its_answer(changes: dict[str, object], waits: bool) -> None:
    assert rules.waits_for_answer(replace(TICKET, **changes)) is waits


def test_the_ladder_counts_working_time_and_ends_with_the_answer() -> None:
    calendar = sample_guide().calendar
    steps = {rung: (level, at) for level, rung, at in rules.ladder(SPECIAL, calendar)}
    # From Wednesday 10:00 to Wednesday in two weeks, 18:00: 6 h + 10 × 7 h = 76 h; 57 h are Monday 11:00.
    assert steps[Rung.LAST_QUARTER] == (1, datetime(2026, 3, 16, 3, tzinfo=UTC))
    assert steps[Rung.DUE] == (2, SPECIAL.due_at)
    assert steps[Rung.ONE_DAY_LATE] == (3, SPECIAL.due_at + timedelta(days=1))
    assert steps[Rung.TWO_DAYS_LATE] == (4, SPECIAL.due_at + timedelta(days=2))
    assert not rules.ladder(replace(SPECIAL, answer=ANSWER), calendar)
    assert not any(rules.ladder(replace(SPECIAL, state=state), calendar) for state in State if state is not State.OPEN)


def test_its_tickets_climb_no_ladder_and_keep_its_date() -> None:
    guide = sample_guide()
    due = NOW + timedelta(days=20)
    alone = replace(TICKET, dispatched_at=NOW, due_at=due)
    assert guide.ladder(alone)
    assert not guide.ladder(replace(alone, work=Work(together=True)))
    dated = guide.due_of(replace(alone, work=Work(set_due=due, reopened=1)))
    assert dated is not None
    assert dated.at == due


@pytest.mark.parametrize(
    ("back", "by_filer", "proposed"),
    [((), False, False), (("1",), False, False), (("1",), True, True), (("1", "1"), False, True)],
)
def test_when_it_is_proposed_to_open_it_again(back: tuple[str, ...], by_filer: bool, proposed: bool) -> None:
    assert rules.comes_back(replace(SPECIAL, back=back, by_filer=by_filer)) is proposed


@pytest.mark.parametrize("typed", [SPECIAL.number, SPECIAL.number.lower(), SPECIAL.number.replace("-", "")])
def test_its_number_as_it_is_typed(typed: str) -> None:
    assert rules.parse(typed) == SPECIAL.number


@pytest.mark.parametrize("typed", ["", "S", "S1", SPECIAL.number[1:], f"{SPECIAL.number}9", "S260304-00010", "SS"])
def test_what_is_no_number_of_one(typed: str) -> None:
    assert rules.parse(typed) is None


NORTH = frozenset({"north"})


@pytest.mark.parametrize(
    ("person", "act", "areas", "allowed"),
    [
        (RESIDENT, Act.SEE, ("north",), False),
        (Person("h", Role.HANDLER, "transport", frozenset({"transport"})), Act.SEE, ("north",), True),
        (Person("h", Role.HANDLER, "transport", frozenset({"transport"})), Act.ANSWER_SPECIAL, ("north",), True),
        (Person("h", Role.HANDLER, "transport", frozenset({"transport"})), Act.SPECIAL, ("north",), False),
        (Person("h", Role.HANDLER, "water", frozenset({"water"})), Act.SEE, ("north",), False),
        (Person("l", Role.LEAD, "city", frozenset({"city", "transport"})), Act.SEE, ("north",), True),
        (Person("l", Role.LEAD, "city", frozenset({"city", "transport"})), Act.ANSWER_SPECIAL, ("north",), False),
        (Person("s", Role.SUPERVISOR), Act.SPECIAL, ("north", "south"), True),
        (Person("s", Role.SUPERVISOR, areas=NORTH), Act.SPECIAL, ("north",), True),
        (Person("s", Role.SUPERVISOR, areas=NORTH), Act.SPECIAL, ("north", "south"), False),
        (Person("s", Role.SUPERVISOR, areas=NORTH), Act.SPECIAL, (), True),
        (Person("a", Role.ADMIN), Act.SEE, ("north",), True),
        (Person("a", Role.ADMIN), Act.SPECIAL, ("north",), False),
        (Person("c", Role.COLLECTOR), Act.SEE, ("north",), False),
    ],
)
def test_who_may_do_what_with_one(person: Person, act: Act, areas: tuple[str, ...], allowed: bool) -> None:
    assert may_group(person, act, "transport", areas) is allowed


def test_all_its_states_rungs_and_questions_have_words() -> None:
    catalogue = Catalogue.load(Path(__file__).parents[2] / "locales")
    for locale in ("zh_CN", "en"):
        texts = catalogue.words(locale).texts
        assert not {f"special.state.{state}" for state in State} - texts.keys()
        assert not {f"news.special_{rung}" for rung in Rung} - texts.keys()

"""What supervisors type: names of units, moments; and what the wall hides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace as changed

from bot.domain.guide import Guide
from bot.domain.orders import default_due, lifted, open_orders, ordered
from bot.domain.people import Role
from bot.domain.permission import Act, Person, may
from bot.domain.ticket import Status, Type
from bot.domain.town import Clock
from bot.domain.unit_names import first_unit, leading_units, units_called
from bot.domain.until import read_until
from bot.domain.wall import behind_the_wall, open_to, shown_to, visible_text
from bot.domain.work import AnswerDraft, Assist, OrderKind, Outcome, Work
from tests.fakes.changesets import ticket
from tests.fakes.town_hall import sample_town

WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town


def codes(said: str) -> list[str]:
    return [unit.code for unit in units_called(sample_town(), said)]


# Units


def test_a_whole_name_wins_over_the_names_that_hold_it() -> None:
    assert codes("市公安局") == ["public-security"]
    assert codes("公安局") == ["traffic-police", "public-security"]


@pytest.mark.parametrize("said", ["", "  ", "火星", "，"])
def test_what_no_unit_is_called_is_none(said: str) -> None:
    assert codes(said) == []


def test_a_retired_unit_acts_no_more() -> None:
    town = sample_town()
    units = {**town.units, "transport": replace(town.units["transport"], retired=True)}
    assert units_called(replace(town, units=units), "transport") == ()


def test_names_with_blanks_are_read_whole_and_the_rest_is_left() -> None:
    (unit,), rest = first_unit(sample_town(), "Urban Management Bureau please clear it,\n tomorrow")
    assert (unit.code, rest) == ("urban-management", "please clear it,\n tomorrow")


def test_a_text_that_names_none_is_left_as_it_was() -> None:
    assert first_unit(sample_town(), " 请尽快 ") == ((), " 请尽快 ")


def test_several_units_in_a_row() -> None:
    found, unclear, rest = leading_units(sample_town(), "城市管理局、water 云棠公用事业，请一起去看")
    assert [unit.code for unit in found] == ["urban-management", "water", "energy"]
    assert (unclear, rest) == ((), "请一起去看")
    found, unclear, rest = leading_units(sample_town(), "water 公安局 去看")
    assert [unit.code for unit in found] == ["water"]
    assert {unit.code for unit in unclear} == {"traffic-police", "public-security"}
    assert rest == "公安局 去看"


# By when


@pytest.mark.parametrize(
    ("said", "at", "rest"),
    [
        ("2小时 快去", datetime(2026, 3, 4, 4, 0, tzinfo=UTC), "快去"),  # 12:00, exactly the end of the morning
        ("3个工作小时内，快去", datetime(2026, 3, 4, 7, 0, tzinfo=UTC), "快去"),
        ("7h", datetime(2026, 3, 5, 2, 0, tzinfo=UTC), ""),
        ("明天 快去", datetime(2026, 3, 5, 10, 0, tzinfo=UTC), "快去"),
        ("2026-03-06", datetime(2026, 3, 6, 10, 0, tzinfo=UTC), ""),
    ],
)
def test_by_when(said: str, at: datetime, rest: str) -> None:
    assert read_until(said, WEDNESDAY, Guide.of(sample_town()).calendar) == (at, rest)


def test_round_the_clock_hours_are_hours_of_the_day() -> None:
    found = read_until("4小时", WEDNESDAY, Guide.of(sample_town()).calendar, Clock.DANGER)
    assert found == (WEDNESDAY + timedelta(hours=4), "")


@pytest.mark.parametrize("said", ["", "快去", "40 号楼", "hurry"])
def test_words_without_a_moment(said: str) -> None:
    assert read_until(said, WEDNESDAY, Guide.of(sample_town()).calendar) is None


# Orders


def test_an_order_binds_until_an_answer_is_submitted_or_it_is_lifted() -> None:
    bare = changed(ticket(status=Status.IN_PROGRESS), work=Work())
    order = ordered(bare, OrderKind.ORDER, "s1", WEDNESDAY, WEDNESDAY + timedelta(days=1), "办")
    bound = changed(bare, work=Work(orders=(order,)))
    assert order.number == f"{bare.number}-D1"
    assert open_orders(bound) == (order,)
    assert ordered(bound, OrderKind.TALK, "s1", WEDNESDAY, WEDNESDAY, "").number.endswith("-D2")

    def answered(at: datetime) -> AnswerDraft:
        return AnswerDraft(outcome=Outcome.SOLVED, text="x", by="h", submitted_at=at)

    before, after = WEDNESDAY - timedelta(hours=1), WEDNESDAY + timedelta(hours=1)
    assert open_orders(changed(bound, work=Work(orders=(order,), last_answer=answered(before)))) == (order,)
    assert open_orders(changed(bound, work=Work(orders=(order,), last_answer=answered(after)))) == ()
    assert open_orders(changed(bound, work=Work(orders=(order,), answer=answered(after)))) == ()
    assert open_orders(changed(bound, work=lifted(bound.work, frozenset({order.number}), after))) == ()
    met = Work(orders=(order,), last_answer=answered(after))
    assert open_orders(changed(bound, status=Status.ANSWERED, work=met)) == ()
    assert open_orders(changed(bound, status=Status.ANSWERED)) == (order,), "given after the answer, it binds"
    assert open_orders(changed(bound, status=Status.WITHDRAWN)) == ()


def test_what_cannot_wait_has_hours() -> None:
    town = sample_town()
    calendar = Guide.of(town).calendar
    due = default_due(OrderKind.ORDER, WEDNESDAY, Clock.UTILITY, town.limits, calendar)
    assert due == WEDNESDAY + town.limits.urgent_order
    due = default_due(OrderKind.ORDER, WEDNESDAY, Clock.TYPE, town.limits, calendar)
    assert due == datetime(2026, 3, 6, 10, 0, tzinfo=UTC)


# The wall


def test_what_stands_behind_the_wall() -> None:
    kinds = sample_town().kinds
    assert behind_the_wall(kinds["conduct"], Type.COMPLAINT)
    assert behind_the_wall(kinds["roads"], Type.REPORT)
    assert behind_the_wall(None, Type.REPORT)
    assert not behind_the_wall(kinds["roads"], Type.COMPLAINT)


def test_a_unit_reads_the_summary_and_nothing_of_the_filer_s_words() -> None:
    walled = changed(ticket(), walled=True, work=Work(summary="核查态度"))
    handler, marked = Person(role=Role.HANDLER, unit="u1"), Person(role=Role.SUPERVISOR, walled=True)
    assert visible_text(handler, walled) == "核查态度"
    assert visible_text(marked, walled) == walled.text
    shown = shown_to(handler, walled)
    assert (shown.text, shown.place) == ("核查态度", None)
    assert shown_to(marked, walled) is walled
    assert not open_to(handler, walled)
    assert open_to(handler, ticket())
    assert visible_text(handler, changed(walled, work=Work())) == ""


def test_who_was_chosen_to_help_may_see_too_and_nobody_else() -> None:
    walled = changed(ticket(status=Status.DISPATCHED), walled=True, unit="u1")
    helping = changed(walled, work=Work(assists=(Assist(unit="u2", since=WEDNESDAY, due_at=WEDNESDAY),)))
    helper = Person(role=Role.HANDLER, unit="u2", units=frozenset({"u2"}))
    above = Person(role=Role.LEAD, unit="u0", units=frozenset({"u0", "u1", "u2"}))
    assert not may(helper, Act.SEE, walled)
    assert may(helper, Act.SEE, helping)
    assert not may(above, Act.SEE, helping)

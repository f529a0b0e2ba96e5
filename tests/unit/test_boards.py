"""Boards by the rule book: periods, scores, colours, ranks, weather, heat; no store, no desk."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import board_table
from bot.domain.boards import periods, weather
from bot.domain.boards.facts import DeskFacts, Rules
from bot.domain.boards.figures import FIGURES, GROUPS, Sums, figures_of, points_of
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import Board, board, colour_of, desk_row, score_of
from bot.domain.boards.weather import Sky
from bot.domain.boards.worked import Worked
from bot.domain.guide import Guide
from bot.domain.town import Town, Unit
from tests.fakes.town_hall import sample_town

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 9, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=300)).map(lambda later: datetime(2025, 12, 20, tzinfo=UTC) + later)


# Periods


@pytest.mark.parametrize(
    ("span", "day", "key", "first", "last"),
    [
        (Span.WEEK, date(2026, 3, 4), "2026-W10", date(2026, 3, 2), date(2026, 3, 8)),
        (Span.WEEK, date(2027, 1, 1), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        (Span.MONTH, date(2026, 2, 28), "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (Span.MONTH, date(2026, 12, 31), "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        (Span.QUARTER, date(2026, 3, 4), "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (Span.QUARTER, date(2026, 12, 31), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_period(span: Span, day: date, key: str, first: date, last: date) -> None:
    period = periods.of(span, day, ZONE)
    assert (period.key, period.first, period.last) == (key, first, last)
    assert periods.read(key, ZONE) == period
    assert periods.read(f" {key.lower()} ", ZONE) == period


@pytest.mark.parametrize(
    "key", ["", "2026", "2026-13", "2026-00", "2026-W54", "2026-W00", "2026-Q5", "0000-01", "x-W10"]
)
def test_no_period(key: str) -> None:
    assert periods.read(key, ZONE) is None


@given(st.sampled_from(Span), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_periods_follow_each_other_without_a_gap(span: Span, day: date) -> None:
    period = periods.of(span, day, ZONE)
    assert period.first <= day <= period.last
    assert period.before().end == period.begin
    assert period.before(3) == period.before().before().before()
    assert period.holds(period.begin)
    assert not period.holds(period.end)
    assert not period.holds(None)


# Working time


@given(MOMENTS, MOMENTS)
def test_working_time_looked_up_is_working_time_counted(one: datetime, other: datetime) -> None:
    calendar = Guide.of(sample_town()).calendar
    worked = Worked(calendar)
    worked.hours(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    wanted = calendar.working_time_between(one, other) / timedelta(hours=1)
    assert worked.hours(one, other) == pytest.approx(wanted)


def test_working_time_before_the_first_day_that_was_asked_for() -> None:
    calendar = Guide.of(sample_town()).calendar
    worked = Worked(calendar)
    assert worked.hours(NOW, NOW + timedelta(days=1)) == 7
    long_ago = NOW - timedelta(days=800)
    wanted = calendar.working_time_between(long_ago, NOW) / timedelta(hours=1)
    assert worked.hours(long_ago, NOW) == pytest.approx(wanted)


# Figures and scores


def test_there_are_twelve_figures_three_in_each_group() -> None:
    assert [figure.group for figure in FIGURES] == [group for group in GROUPS for _ in range(3)]


def test_nothing_can_be_said_of_nothing() -> None:
    assert set(figures_of(Sums()).values()) == {None}
    assert set(points_of(Sums()).values()) == {None}
    assert score_of(points_of(Sums()), Rules().weights) is None


GOOD = Sums(
    tickets=10, takeable=10, taken=10, due=10, in_time=10, first_answers=10, hours=0, answers=10, yes=4, rated=4,
    stars=20, reached=4, given=4, evidence_wanted=2, evidence=2,
)  # fmt: skip
BAD = Sums(
    tickets=10, takeable=10, due=10, first_answers=10, hours=900, answers=10, reopened=10, false_closings=3, no=4,
    rated=4, stars=4, reached=8, given=4, repeats=10, urges=20, specials={"S1"}, evidence_wanted=1,
)  # fmt: skip


def test_the_best_has_all_points_and_the_worst_has_none_but_for_those_who_answered() -> None:
    assert points_of(GOOD) == dict.fromkeys(GROUPS, 100.0)
    points = points_of(BAD)
    assert points["speed"] == points["quality"] == points["repeats"] == 0
    assert points["satisfaction"] == pytest.approx((0 + 0 + 50) / 3)


def test_the_weights_are_those_of_the_rule_book() -> None:
    points: dict[str, float | None] = {"speed": 100, "quality": 0, "satisfaction": 0, "repeats": 0}
    assert score_of(points, Rules().weights) == 25
    assert score_of({**points, "satisfaction": None}, Rules().weights) == pytest.approx(2500 / 70)
    assert score_of({"speed": 0, "quality": 0, "satisfaction": 100, "repeats": 100}, Rules().weights) == 50


@pytest.mark.parametrize(("score", "colour"), [(85, "red"), (84.99, ""), (60, "black"), (60.01, ""), (0, "black")])
def test_red_and_black_are_thresholds(score: float, colour: str) -> None:
    assert colour_of(score, Rules()) == colour


LEVELS = {"a": 3, "b": 3, "c": 3, "village": 1}


def test_nobody_is_black_by_rank_alone_and_each_level_ranks_apart() -> None:
    made = board("2026-W10", {"a": GOOD, "b": GOOD, "village": BAD}, LEVELS, Rules(), NOW)
    assert [(row.unit, row.rank, row.colour) for row in made.rows] == [
        ("a", 1, "red"),
        ("b", 1, "red"),
        ("village", 1, "black"),
    ]


def test_few_tickets_are_listed_not_ranked_and_unknown_units_stand_on_no_board() -> None:
    few = Sums(tickets=4, takeable=4)
    made = board("2026-W10", {"c": few, "a": GOOD, "gone": GOOD, "b": Sums(excluded=7)}, LEVELS, Rules(), NOW)
    assert [(row.unit, row.rank, row.colour, row.score) for row in made.rows] == [
        ("a", 1, "red", 100.0),
        ("b", 0, "", None),
        ("c", 0, "", pytest.approx(44.44, abs=0.01)),
    ]
    assert made.rows[1].excluded == 7


def test_the_desks_own_row() -> None:
    worked = Worked(Guide.of(sample_town()).calendar)
    nine = datetime(2026, 3, 4, 1, tzinfo=UTC)  # 9:00 on a Wednesday
    pooled = DeskFacts(filed_at=nine, due_at=nine + timedelta(days=1), unit_at=nine + timedelta(hours=3))
    late = DeskFacts(filed_at=nine, due_at=nine + timedelta(hours=1))
    waiting = DeskFacts(filed_at=NOW, due_at=NOW + timedelta(days=1))
    ended = DeskFacts(filed_at=nine, due_at=nine + timedelta(hours=1), ended_at=nine + timedelta(hours=2))
    row = desk_row([pooled, late, waiting, ended], 1, [True, False, None, True], worked, NOW)
    assert (row.filed, row.objections, row.pooled) == (5, 3, 4)
    assert row.in_time == pytest.approx(200 / 3)
    assert row.upheld == pytest.approx(200 / 3)
    # 3 h + (Wed, Thu, Fri 7 h each) + 0 h + 2 h
    assert row.pool_hours == pytest.approx((3 + 21 + 0 + 2) / 4)
    assert desk_row([], 0, [], worked, NOW).in_time is None


# Weather and heat


def test_heat_is_what_the_rule_book_says() -> None:
    assert weather.heat(12, 3) == 4.5  # (12 - 3) / sqrt(3 + 1)
    assert weather.heat(3, 0) == 3


def test_what_fewer_than_three_people_speak_of_is_not_hot() -> None:
    now = {
        ("roads", "north"): (9, 2),
        ("water", "north"): (3, 3),
        ("noise", "south"): (10, 10),
        ("old", "south"): (5, 5),
    }
    before = {("noise", "south"): 8, ("old", "south"): 40}
    found = weather.hot_topics(now, before, 5)
    assert [(topic.kind, topic.expected) for topic in found] == [("noise", 1.0), ("water", 0.0)]
    assert weather.hot_topics(now, before, 1) == found[:1]


@pytest.mark.parametrize(
    ("now", "usual", "sky"),
    [
        (8, 10, Sky.SUNNY),
        (10, 10, Sky.FAIR),
        (12, 10, Sky.CLOUDY),
        (15, 10, Sky.RAIN),
        (20, 10, Sky.STORM),
        (0, 0, Sky.FAIR),
    ],
)
def test_the_sky(now: float, usual: float, sky: Sky) -> None:
    assert weather.sky(now, usual) is sky


def test_a_few_where_nothing_is_usual_are_no_storm() -> None:
    assert weather.sky(1, 0) is Sky.CLOUDY
    assert weather.sky(3, 0) is Sky.STORM


def test_a_reading_stands_beside_the_week_before_and_the_mean_of_eight() -> None:
    line = weather.reading("all", [10, 4, 12])
    assert (line.now, line.before, line.usual) == (10, 4, 2.0)


def test_the_heat_map_puts_the_busiest_first() -> None:
    found = weather.heat_map(
        [("n", "roads", 2), ("s", "water", 5), ("n", "water", 1), ("", "roads", 1), ("n", "roads", 1)]
    )
    assert found.areas == ("s", "n", "")
    assert found.kinds == ("water", "roads")
    assert (found.of("n", "roads"), found.of("s", "roads"), found.total) == (3, 0, 10)


# As a table


def test_no_cell_of_the_table_is_a_formula() -> None:
    town = Town(code="t", name="T", units={"a": Unit(code="a", name="=HYPERLINK(1)"), "b": Unit(code="b", name="\t@x")})
    made = board("2026-W10", {"a": GOOD, "b": BAD}, {"a": 3, "b": 3}, Rules(), NOW)
    text = board_table.as_csv(made, town)
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read[0] == list(board_table.COLUMNS)
    assert [row[3] for row in read[1:3]] == ["'=HYPERLINK(1)", "'\t@x"]
    assert [row[6] for row in read[1:3]] == ["100.0", "5.0"]
    assert all(len(row) == len(board_table.COLUMNS) for row in read[:3])
    assert read[-2:] == [list(board_table.DESK_COLUMNS), ["2026-W10", "0", "", "0", "", "0", ""]]


def test_an_empty_board_is_a_table_too() -> None:
    assert board_table.as_csv(Board(period="2026-W10", at=NOW), Town(code="t", name="T")).count("\r\n") == 4


def test_a_period_is_of_the_towns_days() -> None:
    period = Period(Span.WEEK, date(2026, 3, 2), date(2026, 3, 9), ZONE)
    assert period.begin == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 8, 16, tzinfo=UTC)

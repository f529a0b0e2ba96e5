"""Dates as staff type them. 2026-10-08 is the first working day after the National Day holidays of 2026."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.dates import read_date, read_days
from bot.domain.town import WorkHours
from bot.domain.work_calendar import WorkCalendar

HOLIDAYS = {date(2026, 10, day): True for day in range(1, 8)} | {date(2026, 10, 10): False}
CALENDAR = WorkCalendar(WorkHours(), HOLIDAYS, ZoneInfo("Asia/Shanghai"))
WEDNESDAY = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("2026-10-08 换水管", date(2026, 10, 8), "换水管"),
        ("2026/10/8，换水管", date(2026, 10, 8), "换水管"),
        ("2026年10月8日换水管", date(2026, 10, 8), "换水管"),
        ("10-08 换水管", date(2026, 10, 8), "换水管"),
        ("10月8日前 换水管", date(2026, 10, 8), "换水管"),
        ("10月8号换水管", date(2026, 10, 8), "换水管"),
        ("１０月８日 换水管", date(2026, 10, 8), "换水管"),
        ("明天 换水管", date(2026, 10, 1), "换水管"),
        ("大后天换水管", date(2026, 10, 3), "换水管"),
        ("+3 换水管", date(2026, 10, 10), "换水管"),  # 8, 9 and the make-up Saturday
        ("+3天 换水管", date(2026, 10, 10), "换水管"),
        ("3个工作日内换水管", date(2026, 10, 10), "换水管"),
        ("三个工作日 换水管", date(2026, 10, 10), "换水管"),
        ("3天 换水管", date(2026, 10, 3), "换水管"),
        ("三天内换水管", date(2026, 10, 3), "换水管"),
        ("3 days new pipe", date(2026, 10, 3), "new pipe"),
        ("3 working days, New Pipe", date(2026, 10, 10), "New Pipe"),
        ("tomorrow new pipe", date(2026, 10, 1), "new pipe"),
        ("3日内 换水管", date(2026, 10, 3), "换水管"),
        ("  明天", date(2026, 10, 1), ""),
        ("+0 今晚", WEDNESDAY, "今晚"),
    ],
)
def test_a_date_and_what_follows_it(text: str, day: date, rest: str) -> None:
    assert read_date(text, WEDNESDAY, CALENDAR) == (day, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "换水管",
        "2026-13-01",
        "2026-02-30 换",
        "13-45",
        "2026-10-085",
        "3",
        "3楼没水",
        "+999",
        "3号楼没水",
        "10.5 公斤",
        "3日",
        "10-12点到场",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text, WEDNESDAY, CALENDAR) is None


def test_a_year_that_is_not_said_is_the_nearest() -> None:
    december = date(2026, 12, 28)
    assert read_date("1-10", december, CALENDAR) == (date(2027, 1, 10), "")
    assert read_date("12-27", december, CALENDAR) == (date(2026, 12, 27), ""), "yesterday is not next year"
    assert read_date("12-30", date(2027, 1, 4), CALENDAR) == (date(2026, 12, 30), "")
    assert read_date("2-29", date(2027, 12, 1), CALENDAR) == (date(2028, 2, 29), "")


@given(st.text(max_size=40))
def test_any_text_is_read_without_failing(text: str) -> None:
    found = read_date(text, WEDNESDAY, CALENDAR)
    assert found is None or text.endswith(found[1])


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.text(alphabet="换水管 abc", max_size=8))
def test_every_full_date_is_read(day: date, words: str) -> None:
    assert read_date(f"{day.isoformat()} {words}", WEDNESDAY, CALENDAR) == (day, words.lstrip())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 等配件", (3, "等配件")),
        ("3天 等配件", (3, "等配件")),
        ("+3，等配件", (3, "等配件")),
        ("三个工作日 等配件", (3, "等配件")),
        ("10 working days, parts", (10, "parts")),
        ("0", (0, "")),
        ("等3天", None),
        ("10-08 等配件", None),
        ("1234 等配件", None),
        ("", None),
    ],
)
def test_a_count_of_days(text: str, found: tuple[int, str] | None) -> None:
    assert read_days(text) == found

"""Ticket numbers: every slip of one digit and every swap of neighbours is noticed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.numbers import check_digit, make, parse

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
counters = st.integers(1, 10**9)


def test_the_check_digit_of_the_books() -> None:
    assert check_digit("572") == "4"  # the worked example of Damm's method
    assert check_digit("5724") == "0"


@given(days, counters)
def test_a_number_reads_back_as_itself(day: date, n: int) -> None:
    number = make(day, n)
    assert parse(number) == number
    assert number.isascii()


def test_how_a_number_looks() -> None:
    assert make(date(2026, 3, 4), 1)[:-1] == "260304-0001"
    assert make(date(2026, 3, 4), 12345)[:-1] == "260304-12345"


@given(days, counters, st.data())
def test_one_wrong_digit_is_noticed(day: date, n: int, data: st.DataObject) -> None:
    digits = list(make(day, n).replace("-", ""))
    place = data.draw(st.integers(0, len(digits) - 1))
    digits[place] = data.draw(st.sampled_from("0123456789").filter(lambda d: d != digits[place]))
    assert parse("".join(digits)) is None


@given(days, counters, st.data())
def test_two_swapped_neighbours_are_noticed(day: date, n: int, data: st.DataObject) -> None:
    digits = list(make(day, n).replace("-", ""))
    place = data.draw(st.integers(0, len(digits) - 2))
    left, right = digits[place : place + 2]
    digits[place : place + 2] = right, left
    assert (parse("".join(digits)) is None) == (left != right)


@pytest.mark.parametrize("form", ["{0}-{1}", "{0}{1}", "{0} {1}", " {0} - {1} ", "{0}—{1}", "{0}－{1}", "{0}_{1}"])
def test_the_ways_people_write_it(form: str) -> None:
    number = make(date(2026, 3, 4), 17)
    written = form.format(*number.split("-"))
    assert parse(written) == number
    wide = written.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    assert parse(wide) == number


@pytest.mark.parametrize("text", ["", "3", "260304", "幸福路12号", "260304-0001X", "13800138000", "1" * 40])
def test_what_is_no_number(text: str) -> None:
    assert parse(text) is None


def test_a_date_that_never_was_is_no_number() -> None:
    digits = "2602300001"
    assert parse(digits + check_digit(digits)) is None


def test_a_counter_with_a_needless_zero_is_no_number() -> None:
    digits = "26030400001"
    assert parse(digits + check_digit(digits)) is None


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_number_or_is_not(text: str) -> None:
    found = parse(text)
    assert found is None or parse(found) == found


def test_counters_begin_at_one() -> None:
    with pytest.raises(ValueError, match="start at 1"):
        make(date(2026, 3, 4), 0)

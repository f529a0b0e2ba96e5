"""How fast Telegram is sent to. All times are seconds of a clock that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.pacing import ALL_BURST, ALL_PER_SECOND, CHAT_BURST, SPARED_PER_SECOND, TelegramPace
from bot.domain.people import Address
from bot.message import Lane


def person(number: int) -> Address:
    return Address("telegram", str(number))


GROUP = Address("telegram", "-1001/5")


def sends(pace: TelegramPace, address: Address, lane: Lane, until: float, begin: float = 0.0) -> list[float]:
    """When messages go out if there is always one more to send."""
    now, times = begin, []
    while (at := now + pace.wait(address, lane, now)) <= until:
        now = at
        pace.sent(address, lane, now)
        times.append(now)
    return times


def test_the_first_goes_at_once() -> None:
    assert TelegramPace().wait(person(1), Lane.BULK, 100.0) == 0.0


def test_one_chat_gets_a_short_burst_then_one_a_second() -> None:
    times = sends(TelegramPace(), person(1), Lane.REPLY, until=10.0)
    assert times[:3] == [0.0, 0.0, 0.0]
    assert times[3:] == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])


def test_a_group_gets_five_then_twenty_a_minute() -> None:
    times = sends(TelegramPace(), GROUP, Lane.REPLY, until=59.9)
    assert times[:5] == [0.0] * 5
    assert times[5:8] == pytest.approx([3, 6, 9])
    assert len(times) == 5 + 19


def test_members_of_a_group_share_its_speed() -> None:
    pace = TelegramPace()
    for member in range(5):
        pace.sent(Address("telegram", f"-1001/{member}"), Lane.REPLY, 0.0)
    assert pace.wait(Address("telegram", "-1001/99"), Lane.REPLY, 0.0) == pytest.approx(3.0)


@pytest.mark.parametrize("lane", [Lane.NOTICE, Lane.BULK])
def test_notices_to_many_use_nearly_all_of_thirty_a_second(lane: Lane) -> None:
    pace, times, now = TelegramPace(), [], 0.0
    for number in range(2_000):
        now += pace.wait(person(number), lane, now)
        if now > 10.0:
            break
        pace.sent(person(number), lane, now)
        times.append(now)
    assert times[int(ALL_BURST)] > 0.0
    assert all(sum(second <= at < second + 1 for at in times) in (29, 30) for second in range(1, 10))
    # Somebody who takes thirty a second, and thirty at once, never has to say no.
    assert all(place < 30 + 30 * at for place, at in enumerate(times))


@pytest.mark.parametrize("lane", [Lane.URGENT, Lane.REPLY])
def test_answers_and_danger_do_not_wait_for_notices(lane: Lane) -> None:
    pace = TelegramPace()
    for number in range(100):
        pace.sent(person(number), Lane.BULK, 0.0)
    assert pace.wait(person(1000), Lane.BULK, 0.0) > 0.0
    assert pace.wait(person(1000), lane, 0.0) == 0.0


def test_answers_count_against_notices() -> None:
    pace = TelegramPace()
    for number in range(25):
        pace.sent(person(number), Lane.REPLY, 0.0)
    for number in range(100, 105):  # the spared ones of this second
        assert pace.wait(person(number), Lane.NOTICE, 0.0) == 0.0
        pace.sent(person(number), Lane.NOTICE, 0.0)
    assert pace.wait(person(200), Lane.NOTICE, 0.0) == pytest.approx(1 / ALL_PER_SECOND)


def test_notices_are_not_starved_by_answers() -> None:
    pace, sent = TelegramPace(), 0
    for tenth in range(100):
        now = tenth / 10
        for number in range(10):  # a hundred answers a second
            pace.sent(person(tenth * 10 + number), Lane.REPLY, now)
        if pace.wait(person(100_000 + tenth), Lane.NOTICE, now) == 0.0:
            pace.sent(person(100_000 + tenth), Lane.NOTICE, now)
            sent += 1
    assert sent >= 10 * SPARED_PER_SECOND


def test_a_halt_of_one_chat_leaves_the_others() -> None:
    pace = TelegramPace()
    pace.halted(7, person(1), 100.0)
    assert pace.wait(person(1), Lane.URGENT, 100.0) == 7.0
    assert pace.wait(person(2), Lane.BULK, 100.0) == 0.0
    assert pace.wait(person(1), Lane.URGENT, 107.0) == 0.0


def test_a_halt_of_everybody_holds_even_danger_and_is_not_cut_short() -> None:
    pace = TelegramPace()
    pace.halted(30, None, 100.0)
    pace.halted(2, None, 101.0)
    pace.sent(person(1), Lane.REPLY, 101.0)
    assert pace.wait(person(1), Lane.URGENT, 110.0) == 20.0


def test_idle_chats_are_forgotten_busy_ones_are_not() -> None:
    pace = TelegramPace()
    for number in range(5_000):
        pace.sent(person(number), Lane.REPLY, float(number))
    busy = person(9_999)
    for _ in range(3):
        pace.sent(busy, Lane.REPLY, 5_000.0)
    for number in range(10_000, 15_000):
        pace.sent(person(number), Lane.REPLY, 5_000.0)
    assert len(pace._chats) < 6_000
    assert pace.wait(busy, Lane.REPLY, 5_000.0) == pytest.approx(1.0)


LANES = st.sampled_from(Lane)
TRAFFIC = st.lists(st.tuples(st.integers(0, 3), LANES, st.floats(0, 5)), max_size=80)


@given(TRAFFIC)
def test_obeying_the_wait_never_breaks_a_limit(traffic: list[tuple[int, Lane, float]]) -> None:
    pace, now = TelegramPace(), 0.0
    times: dict[int, list[float]] = {}
    for number, lane, pause in traffic:
        now += pause
        wait = pace.wait(person(number), lane, now)
        assert wait >= 0.0
        now += wait
        assert pace.wait(person(number), lane, now) == pytest.approx(0.0, abs=1e-6)
        pace.sent(person(number), lane, now)
        times.setdefault(number, []).append(now)
    for sent in times.values():
        for first, last in zip(sent, sent[int(CHAT_BURST) + 1 :], strict=False):
            assert last - first >= 1.0 - 1e-6


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.lists(st.floats(0, 100), max_size=10))
def test_waiting_as_told_is_always_enough(seconds: float, now: float, later: list[float]) -> None:
    pace = TelegramPace()
    for step in later:
        now += step
        pace.halted(seconds, person(1), now)
        pace.sent(person(1), Lane.BULK, now)
    then = now + pace.wait(person(1), Lane.BULK, now)
    assert pace.wait(person(1), Lane.BULK, then) == pytest.approx(0.0, abs=1e-6)

"""Answering less: the rule by itself, with seconds that a test says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.buckets import Level, Rate, Shelf, full, risen, taken, until
from bot.domain.flood import ALARMS, RATE, SAME, Figures, Seen, alarmed, answered, calm_in, judged, met

FIGURES = Figures(person=Rate(60, 1 / 3), answers=Rate(240, 240 / 3600), same=8, channel=Rate(10, 1))


def say(seen: Seen, count: int, every: float, start: float = 0.0, same: int = 0) -> tuple[Seen, list[str]]:
    """So many messages, one every so many seconds; what was thought of each."""
    thought = []
    for number in range(count):
        seen = judged(FIGURES, seen, same or number + 1, start + number * every)
        thought.append(seen.over)
    return seen, thought


# Buckets


@given(st.floats(1, 100), st.floats(0.01, 10), st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50)), max_size=30))
def test_no_more_is_taken_than_was_there_at_the_start_and_came_since(
    burst: float, speed: float, asked: list[tuple[float, float]]
) -> None:
    rate, now, got = Rate(burst, speed), 0.0, 0.0
    level = full(rate, now)
    for later, amount in asked:
        now += later
        level, wait = taken(rate, level, now, amount)
        if not wait:
            got += amount
        elif amount <= burst:
            assert taken(rate, level, now + wait + 1e-6, amount)[1] == 0.0
        assert -1e-9 <= level.left <= burst
        assert got <= burst + now * speed + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    assert risen(Rate(5, 1), Level(2, 100), 50) == Level(2, 100)
    assert until(Rate(5, 1), Level(2, 100), 100, 4) == 2


def test_of_too_many_the_longest_silent_is_forgotten() -> None:
    shelf = Shelf(Rate(1, 0.001), most=2)
    assert [shelf.take(who, 0.0) for who in "abc"] == [0, 0, 0]
    assert shelf.left("c", 0) == 0
    assert shelf.left("a", 0) == 1


# Honest people


def test_an_album_a_storm_night_and_an_evening_of_typing_are_answered() -> None:
    seen, thought = say(met(FIGURES, 0), 10, 0.05)  # an album in half a second
    assert not any(thought)
    _, thought = say(seen, 20, 6, 60)  # twenty messages in two minutes, a minute later
    assert not any(thought)
    _, thought = say(met(FIGURES, 0), 200, 15)  # one every fifteen seconds for fifty minutes
    assert not any(thought)


def test_pressing_the_same_button_a_few_times_is_answered() -> None:
    _, thought = say(met(FIGURES, 0), FIGURES.same, 2, same=7)
    assert not any(thought)


# Floods


def test_beyond_the_burst_answers_are_held_back_until_half_of_it_is_there_again() -> None:
    seen, thought = say(met(FIGURES, 0), 100, 0.01)
    assert thought[:60] == [""] * 60
    assert set(thought[61:]) == {RATE}
    wait = calm_in(FIGURES, seen, 1.0)
    assert 85 < wait <= 90  # thirty at one in three seconds
    assert judged(FIGURES, seen, 999, 1.0 + wait / 2).over == RATE
    assert judged(FIGURES, seen, 999, 1.0 + wait).over == ""


def test_the_same_words_again_and_again_are_answered_eight_times() -> None:
    seen, thought = say(met(FIGURES, 0), 12, 5, same=7)
    assert thought == [""] * 8 + [SAME] * 4
    assert judged(FIGURES, seen, 8, 60).over == ""
    assert judged(FIGURES, seen, 7, 55 + 601).over == ""
    assert 0 < calm_in(FIGURES, seen, 100) <= 600


def test_two_programs_that_talk_with_each_other_come_to_an_end() -> None:
    """Whatever each says is answered by the other ten seconds later: over a day the desk says little."""
    seen, now, said = met(FIGURES, 0), 0.0, 0
    while now < 24 * 3600:
        seen = judged(FIGURES, seen, said + 1, now)
        if not seen.over:
            seen, said = answered(FIGURES, seen, now), said + 1
            now += 10
        else:
            now += 60  # it asks again by itself
    assert said <= 240 + 24 * 240  # at their own rhythm it would be 8,640


def test_with_a_crowded_channel_those_who_used_half_of_their_share_wait() -> None:
    seen, _ = say(met(FIGURES, 0), 40, 0.1)
    assert judged(FIGURES, seen, 1, 4.0, crowded=True).over == "channel"
    assert judged(FIGURES, met(FIGURES, 0), 1, 4.0, crowded=True).over == ""


def test_what_to_do_in_a_danger_is_said_five_times_at_once_then_once_a_minute() -> None:
    seen, told = met(FIGURES, 0), []
    for second in range(121):
        seen, said = alarmed(seen, float(second))
        told.append(said)
    assert told[:5] == [True] * 5
    assert sum(told) == 5 + 2
    assert ALARMS.burst == 5

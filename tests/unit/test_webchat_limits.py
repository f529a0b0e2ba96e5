"""Token buckets of the web chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.webchat.limits import Buckets, Limits
from bot.clock import FixedClock
from bot.domain.people import Address

LI, WANG = Address("web", "li"), Address("web", "wang")


def test_a_burst_is_let_through_then_the_rest_waits_and_comes_back() -> None:
    clock = FixedClock()
    buckets = Buckets(clock.monotonic, burst=3, per_second=0.5)
    assert [buckets.wait("li") for _ in range(4)] == [0, 0, 0, 2.0]
    assert buckets.wait("wang") == 0
    clock.advance(timedelta(seconds=1))
    assert buckets.wait("li") == pytest.approx(1.0)
    clock.advance(timedelta(seconds=1))
    assert buckets.wait("li") == 0
    clock.advance(timedelta(hours=1))
    assert [buckets.wait("li") for _ in range(4)] == [0, 0, 0, 2.0]  # never more than the burst


def test_memory_is_bounded_and_the_longest_silent_go_first() -> None:
    clock = FixedClock()
    buckets = Buckets(clock.monotonic, burst=1, per_second=1, most=2)
    assert buckets.wait("a") == 0
    assert buckets.wait("b") == 0
    assert buckets.wait("a") > 0
    assert buckets.wait("c") == 0  # b is forgotten, a is not
    assert buckets.wait("a") > 0
    assert buckets.wait("b") == 0


def test_a_person_and_a_network_each_have_their_share() -> None:
    clock = FixedClock()
    mine, ours, my_files, our_files = (Buckets(clock.monotonic, burst, per_second=1) for burst in (2, 3, 1, 1))
    limits = Limits(mine, ours, my_files, our_files)
    assert limits.message(LI, "village") == 0
    assert limits.message(LI, "village") == 0
    assert limits.message(LI, "village") > 0  # her own share is used up, the village's is not touched
    assert limits.message(WANG, "village") == 0
    assert limits.message(WANG, "village") > 0  # now the village's is
    assert limits.message(WANG, "town") > 0  # her second was taken from her own share already
    assert limits.upload(LI, "village") == 0
    assert limits.upload(WANG, "village") > 0


def test_nobody_types_as_fast_as_the_usual_limits() -> None:
    clock = FixedClock()
    limits = Limits.usual(clock.monotonic)
    assert not any(limits.message(LI, "village") for _ in range(200))

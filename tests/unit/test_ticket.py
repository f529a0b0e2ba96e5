"""The life of a ticket: what may follow what, whatever order people act in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ticket import ENDS, FACTS, LIFECYCLE, STEPS, Action, Status, Ticket, Type
from bot.errors import NotPossibleNow

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


def ticket() -> Ticket:
    return Ticket(
        number="260304-00018",
        code="123456",
        alias="ABCD",
        type=Type.COMPLAINT,
        kind="roads",
        status=Status.FILED,
        source="web",
        channel="web",
        text="路灯坏了",
        filed_at=NOON,
    )


@given(st.lists(st.sampled_from(list(Action)), max_size=30))
def test_any_order_of_actions_keeps_the_log_whole(actions: list[Action]) -> None:
    now, at = ticket(), NOON
    for action in actions:
        at += timedelta(minutes=1)
        if (now.status, action) not in LIFECYCLE and action not in FACTS and now.status not in STEPS.get(action, ()):
            with pytest.raises(NotPossibleNow) as refused:
                now.after(action, at)
            moves = {a for s, a in LIFECYCLE if s is now.status}
            assert set(refused.value.params["possible"]) == moves | {a for a in STEPS if now.status in STEPS[a]}
            continue
        after = now.after(action, at)
        assert after.seq == now.seq + 1
        event = after.event(action, at)
        assert (event.seq, event.status, event.ticket) == (after.seq, after.status, after.number)
        assert (after.closed_at is not None) == (after.status in ENDS)
        assert after.open == (after.status not in ENDS)
        if action is Action.DISPATCH:
            assert after.dispatched_at == at
        now = after


def test_every_status_can_be_reached_and_every_open_one_can_end() -> None:
    following: dict[Status, set[Status]] = {}
    for (before, _), after in LIFECYCLE.items():
        following.setdefault(before, set()).add(after)

    def reach(start: Status) -> set[Status]:
        seen, ahead = {start}, [start]
        while ahead:
            for status in following.get(ahead.pop(), ()):
                if status not in seen:
                    seen.add(status)
                    ahead.append(status)
        return seen

    assert reach(Status.FILED) == set(Status)
    for status in set(Status) - ENDS:
        assert reach(status) & ENDS, f"{status} can never end"


@pytest.mark.parametrize("status", sorted(ENDS - {Status.CLOSED, Status.REJECTED, Status.MERGED}))
def test_what_has_ended_stays_ended(status: Status) -> None:
    assert not [pair for pair in LIFECYCLE if pair[0] is status]


def test_what_was_merged_can_only_be_taken_apart() -> None:
    assert [pair for pair in LIFECYCLE if pair[0] is Status.MERGED] == [(Status.MERGED, Action.UNMERGE)]


def test_facts_are_added_in_any_status_and_change_none() -> None:
    withdrawn = ticket().after(Action.WITHDRAW, NOON)
    noted = withdrawn.after(Action.CLAIM, NOON + timedelta(hours=1))
    assert (noted.status, noted.closed_at, noted.seq) == (Status.WITHDRAWN, NOON, withdrawn.seq + 1)

"""The intake machine."""

from __future__ import annotations

import pytest

from bot.conversation.states import ENDED, INTAKE, OPEN, TRANSITIONS, step
from bot.errors import NotPossibleNow


def test_every_step_of_the_table_is_taken() -> None:
    for transition in TRANSITIONS:
        for source in transition["source"]:
            assert step(source, str(transition["trigger"])) == transition["dest"]


@pytest.mark.parametrize("state", ENDED)
def test_an_ended_draft_does_not_move(state: str) -> None:
    for trigger in {str(t["trigger"]) for t in TRANSITIONS}:
        with pytest.raises(NotPossibleNow):
            step(state, trigger)


@pytest.mark.parametrize("state", OPEN)
def test_from_every_open_state_a_draft_can_be_filed_and_dropped(state: str) -> None:
    assert step(state, "file") == "filed"
    assert step(state, "drop") == "dropped"


def test_the_machine_holds_no_conversation() -> None:
    assert INTAKE.models == []

"""What a ticket's state leaves room for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from bot.domain.permission import Act
from bot.domain.possible import room_for
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import AnswerDraft, Assist, Matter, Outcome, Proposal, Work

NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)


def ticket(status: Status, **fields: object) -> Ticket:
    made = Ticket(
        number="260304-00011", code="1", alias="A", type=Type.HELP, kind="roads", status=status, source="web",
        channel="web", filed_at=NOON, text="x", unit="transport", due_at=NOON,
    )  # fmt: skip
    return replace(made, **fields)


ANSWER = AnswerDraft(outcome=Outcome.SOLVED, text="done", by="w", submitted_at=NOON)
HELPS = Assist(unit="water", since=NOON, due_at=NOON + timedelta(hours=4))


@pytest.mark.parametrize(
    ("act", "status", "fields", "room"),
    [
        (Act.TAKE, Status.DISPATCHED, {}, True),
        (Act.TAKE, Status.IN_PROGRESS, {"handler": "w"}, False),
        (Act.TAKE, Status.IN_PROGRESS, {"handler": ""}, True),  # whoever had it is gone
        (Act.TAKE, Status.FILED, {"unit": ""}, False),
        (Act.ASK, Status.DISPATCHED, {}, True),  # asking takes it
        (Act.ASK, Status.IN_PROGRESS, {}, True),
        (Act.ASK, Status.WAITING_RESIDENT, {"work": Work(paused_at=NOON)}, False),
        (Act.ASK, Status.WAITING_RESIDENT, {}, True),  # the first one stops no clock: a new one takes its place
        (Act.ASK, Status.IN_PROGRESS, {"work": Work(answer=ANSWER)}, False),
        (Act.ANSWER, Status.DISPATCHED, {}, True),
        (Act.ANSWER, Status.ANSWERED, {}, False),
        (Act.RECALL, Status.IN_PROGRESS, {}, False),
        (Act.RECALL, Status.IN_PROGRESS, {"work": Work(answer=ANSWER)}, True),
        (Act.TRANSCRIBE, Status.FILED, {"text": "", "unit": ""}, True),
        (Act.TRANSCRIBE, Status.FILED, {}, False),
        (Act.CONTRIBUTE, Status.IN_PROGRESS, {}, False),
        (Act.CONTRIBUTE, Status.IN_PROGRESS, {"work": Work(assists=(HELPS,))}, True),
        (Act.DECIDE_UNIT, Status.IN_PROGRESS, {}, False),
        (Act.DECIDE_UNIT, Status.IN_PROGRESS,
         {"work": Work(proposals=(Proposal(matter=Matter.EXTENSION, by="w", at=NOON),))}, True),
        (Act.EXTEND, Status.IN_PROGRESS, {"due_at": None}, False),
        (Act.HAND, Status.CLOSED, {}, False),
        (Act.NOTE, Status.CLOSED, {}, True),
        (Act.SEE, Status.WITHDRAWN, {}, True),
    ],
)  # fmt: skip
def test_room(act: Act, status: Status, fields: dict[str, object], room: bool) -> None:
    assert room_for(act, ticket(status, **fields)) is room


def test_every_act_is_answered_in_every_status() -> None:
    for status in Status:
        for act in Act:
            assert room_for(act, ticket(status)) in (True, False)

"""News that somebody's act has made void."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.changes import Note
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import Matter, Proposal, Work
from handlers.timers.overtaken import overtaken

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
TICKET = Ticket(
    number="260304-00011",
    code="123456",
    alias="ABCD",
    type=Type.COMPLAINT,
    kind="roads",
    status=Status.DISPATCHED,
    source="telegram",
    channel="telegram",
    text="路灯坏了",
    filed_at=NOW,
    unit="transport",
)
TAKEN = replace(TICKET, status=Status.IN_PROGRESS, handler="me", work=Work(taken_at=NOW))
POOLED = replace(TICKET, status=Status.FILED, unit="")
EXTENDING = replace(TICKET, work=Work(proposals=(Proposal(matter=Matter.EXTENSION, by="me", at=NOW),)))


def note(what: str, **params: str) -> Note:
    return Note(key="k", box="staff:me", what=what, at=NOW, ticket=TICKET.number, params=params)


@pytest.mark.parametrize(
    ("what", "still", "over"),
    [
        ("arrived", TICKET, TAKEN),
        ("arrived", replace(TICKET, handler="me"), replace(TICKET, handler="other")),
        ("arrived", TICKET, replace(TICKET, status=Status.OBJECTED)),
        ("task.pool", POOLED, TICKET),
        ("rung.pool_due", POOLED, TICKET),
        ("rung.not_taken", TICKET, TAKEN),
        ("rung.due", TAKEN, replace(TAKEN, status=Status.ANSWERED)),
    ],
)
def test_what_asks_for_something_is_void_when_it_was_done(what: str, still: Ticket, over: Ticket) -> None:
    assert not overtaken(note(what), still, "me")
    assert overtaken(note(what), over, "me")


def test_a_decision_is_void_when_that_matter_was_decided() -> None:
    assert not overtaken(note("to_decide", matter="extension"), EXTENDING, "me")
    assert overtaken(note("to_decide", matter="objection"), EXTENDING, "me")
    assert overtaken(note("undecided", matter="extension"), TICKET, "me")


def test_what_has_happened_stays_true() -> None:
    assert not overtaken(note("urge"), replace(TAKEN, status=Status.ANSWERED), "me")

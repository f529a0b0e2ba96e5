"""Programs are told that a ticket was filed, answered or closed.

Every step of every ticket passes here when its turn is decided, whoever took it: so what a program is told is in the
same commit, and goes through the outbox. It is told how the ticket stands; what it says and where exactly only once
staff released a masked copy. Of what may never be public nobody is told but the program that filed it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.people import Address
from bot.domain.public import may_be_public
from bot.domain.ticket import ENDS, Action, Event, Ticket
from bot.message import Lane, Push, Reply
from bot.turn import Turn
from bot.views.open311 import moment
from handlers.open311 import reading
from handlers.open311.origin import filed_by

CHANNEL = "webhook"
LIFE = timedelta(days=3)
"""So long it is tried to tell a program; what it missed by then it can read."""

FILED, ANSWERED, CLOSED = "filed", "answered", "closed"


@dataclass(frozen=True, slots=True)
class Hook:
    """A program that is told. ``id`` is that of its address in the channel; ``events`` what it wants to hear of.

    With ``key``, the address of a key, only of tickets that this key filed.
    """

    id: str
    events: frozenset[str]
    key: str = ""


async def told(turn: Turn, hooks: Collection[Hook]) -> None:
    """Have every program told of the steps this turn takes."""
    if not (hooks and turn.changes.events):
        return
    for event in tuple(turn.changes.events):
        what = _what(event)
        if what and (wanting := [hook for hook in hooks if what in hook.events]):
            ticket = turn.changes.tickets[event.ticket]
            filer = event.by if what == FILED else await filed_by(turn, ticket.number)
            for hook in wanting:
                if _concerns(turn, hook, ticket, filer) and await _listens(turn, hook):
                    _tell(turn, hook, what, event, ticket)


def _what(event: Event) -> str:
    if event.action is Action.FILE:
        return FILED
    if event.action is Action.ANSWER:
        return ANSWERED
    ends = (Action.CLOSE, Action.REJECT, Action.WITHDRAW, Action.MERGE)
    return CLOSED if event.action in ends and event.status in ENDS else ""


def _concerns(turn: Turn, hook: Hook, ticket: Ticket, filer: str) -> bool:
    return filer == hook.key if hook.key else may_be_public(ticket, turn.town.kinds.get(ticket.kind))


async def _listens(turn: Turn, hook: Hook) -> bool:
    """Whether it has not said that it is gone for good."""
    session = await turn.read.session(Address(CHANNEL, hook.id))
    return session is None or session.reachable


def _tell(turn: Turn, hook: Hook, what: str, event: Event, ticket: Ticket) -> None:
    shown = reading.whole(turn, turn.voice(None), ticket, event.at)
    body = {"type": what, "timestamp": moment(event.at), "data": shown.record()}
    turn.changes.push(
        Push(
            key=f"{CHANNEL}:{hook.id}:{ticket.number}:{event.seq}",
            address=Address(CHANNEL, hook.id),
            reply=Reply(json.dumps(body, ensure_ascii=False)),
            created_at=turn.now,
            lane=Lane.BULK,
            expires_at=turn.now + LIFE,
        )
    )

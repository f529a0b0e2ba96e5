"""The telephone number somebody left: opened by a supervisor, one ticket at a time, and that is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from bot.changes import Looked, Reporter
from bot.domain.permission import Act
from bot.domain.phones import masked
from bot.domain.ticket import Event, Ticket
from bot.message import Reply
from bot.turn import Turn
from handlers.staff.command import Command, table
from handlers.staff.filing_for import contact_of
from handlers.staff.me import Me
from handlers.supervisor.saying import about


async def phone(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """The numbers that were left by those a ticket belongs to."""
    turn.changes.looked.append(Looked(by=me.id, what="phone", at=turn.now, ticket=ticket.number))
    events = await turn.read.events(ticket.number)
    found = await numbers(turn, ticket, events, await turn.read.reporters(ticket.number))
    if not found:
        return about(turn, me, ticket, "phone.nobody")
    lines = [turn.words("phone.line", phone=number) for number in found]
    return Reply("\n".join([about(turn, me, ticket, "phone.head").text, *lines]), ticket=ticket.number)


async def numbers(turn: Turn, ticket: Ticket, events: Sequence[Event], reporters: Sequence[Reporter]) -> list[str]:
    """Telephone numbers that can be called about a ticket, each once: left in chat, or with whoever filed it.

    An e-mail address that was left is among them.
    """
    sessions = await turn.read.sessions(reporter.address for reporter in reporters)
    left = [session.phone for reporter in reporters if (session := sessions.get(reporter.address)) is not None]
    return list(dict.fromkeys(filter(None, (*left, *(contact_of(events).get(way, "") for way in ("phone", "email"))))))


def opened(me: Me, ticket: Ticket, events: Sequence[Event], number: str) -> str:
    """A number as this person may read it on the card of a call: whole for supervisors, and for a collector who wrote
    it down; masked for all others."""
    wrote_it = bool(events) and events[0].by == me.id and number == contact_of(events).get("phone")
    return number if wrote_it or me.may(Act.PHONE, ticket) else masked(number)


COMMANDS = table(Command("phone", Act.PHONE, ticket=phone, shared=True))

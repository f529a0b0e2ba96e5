"""Un-merging: what was merged into another ticket stands for itself again, with its people and its time."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot.changes import Reporter, Task
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.town import Clock
from bot.errors import NotFound, Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices, tasks
from handlers.discretion import JOINED
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor.saying import about

LINK = "merged"


async def unmerge(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Take a ticket out of the one it was merged into: its unit gets it with full time, else the pool.

    Who followed the other ticket only because of the merger follows it no longer. Raises Refusal.
    """
    ticket.after(Action.UNMERGE, turn.now)
    other = await turn.read.ticket(ticket.work.merged_into)
    if other is None or not me.may(Act.UNMERGE, other):
        raise NotFound(number=ticket.work.merged_into or ticket.number)
    if other.status is Status.MERGED:
        raise Refusal("unmerge.other_first", number=ticket.number, other=other.number)
    after = await _parted(turn, me, other, ticket)
    work = replace(ticket.work, merged_into="")
    data = {"from": other.number, "text": text} if text else {"from": other.number}
    alone = case.moved(turn, ticket, Action.UNMERGE, me.id, data, work=work)
    alone = _to_its_unit(turn, me, alone)
    turn.changes.unlinked.append((ticket.number, LINK, other.number))
    params = {"into": other.number, "due": alone.promised_at.isoformat() if alone.promised_at else ""}
    await notices.tell_residents(turn, alone, "unmerged" if params["due"] else "unmerged_undated", params=params)
    if after.open:
        await case.tell_who_has_it(turn, after, "parted_from", other=ticket.number)
    return about(turn, me, alone, "unmerge.done", other=other.number)


async def _parted(turn: Turn, me: Me, other: Ticket, ticket: Ticket) -> Ticket:
    """The other ticket without the people whom the merger brought."""
    events = await turn.read.events(other.number)
    merger = next((event for event in reversed(events) if event.data.get("merged") == ticket.number), None)
    gone = await _brought(turn, other, ticket, merger, events)
    turn.changes.removed_reporters.extend((other.number, address) for address in gone)
    counted = int(merger.data.get("people", len(gone))) if merger is not None else 0
    work = replace(other.work, reporters=max(1, other.work.reporters - counted))
    return case.moved(turn, other, Action.CORRECT, me.id, {"unmerged": ticket.number}, work=work)


async def _brought(
    turn: Turn, other: Ticket, ticket: Ticket, merger: Event | None, events: Sequence[Event]
) -> list[Address]:
    """Who joined the other ticket at the moment of the merger, and nobody who joined by themselves."""
    if merger is None:
        return []
    own = {reporter.address for reporter in await turn.read.reporters(ticket.number)}
    themselves = {event.by for event in events if event.action is Action.JOIN}

    def brought(reporter: Reporter) -> bool:
        there = reporter.role == JOINED and reporter.since == merger.at and reporter.address in own
        return there and str(reporter.address) not in themselves

    return [reporter.address for reporter in await turn.read.reporters(other.number) if brought(reporter)]


def _to_its_unit(turn: Turn, me: Me, ticket: Ticket) -> Ticket:
    """The ticket with the unit it had, or in the pool; with the date that is told to its people."""
    unit = turn.town.units.get(ticket.unit)
    if unit is not None and not unit.retired:
        sent = case.sent_to(turn, ticket, unit.code, me.id, {"unmerged": True})
        dated = sent.noted(promised_at=sent.due_at)
    else:
        pooled = ticket.noted(unit="", handler="", due_at=None)
        promised = turn.guide.answer_due_from_pool(ticket.type, Clock(ticket.clock), turn.now)
        dated = pooled.noted(promised_at=promised and promised.at, provisional=bool(promised and promised.provisional))
        by = turn.guide.dispatch_due(Clock(ticket.clock), turn.now).at
        tasks.opened(turn, Task(f"pool:{ticket.number}", "pool", ticket.number, turn.now, by))
    turn.changes.tickets[ticket.number] = dated
    return dated


COMMANDS = table(Command("unmerge", Act.UNMERGE, ticket=unmerge))

"""Taking a step back while nothing of it has left: the last step of a ticket, by whoever took it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec.structs import replace

from bot.domain.permission import Act
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.wall import shown_to
from bot.domain.work import Matter
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import ticket_title
from handlers.staff import asking, cards, chain
from handlers.staff.command import Command, table
from handlers.staff.me import Me


async def undo(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Take the last step back. Raises Refusal when it was somebody else's, another came after it, or it has left."""
    events = [e for e in await turn.read.events(ticket.number) if e.action is not Action.PAUSE]  # no act of anybody
    last = events[-1] if events else None
    if last is None or last.by != me.id or (rest.isdecimal() and rest.lstrip("0") != str(last.seq)):
        raise Refusal("work.undo_none", number=ticket.number)
    step = _STEPS.get(last.action)
    if step is None or "undone" in last.data:
        raise Refusal("work.undo_not_this", number=ticket.number, what=turn.words(f"work.event.{last.action}"))
    after = await step(turn, me, ticket, last)
    title = ticket_title(turn, shown_to(me.person, after))
    what = turn.words(f"work.event.{last.action}")
    return await cards.done(turn, me, after, turn.words("work.undone", number=ticket.number, title=title, what=what))


def last_own(me: Me, events: Sequence[Event]) -> Event | None:
    """The last step of a ticket, when it was this person's and may be one that can be taken back."""
    done = [event for event in events if event.action is not Action.PAUSE]
    last = done[-1] if done else None
    own = last is not None and last.by == me.id and last.action in _STEPS and "undone" not in last.data
    return last if own else None


async def _untake(turn: Turn, me: Me, ticket: Ticket, last: Event) -> Ticket:
    """Nobody has it again, as before; unless the residents have heard already."""
    await _unsay_to_residents(turn, ticket, last, "taken")
    work = replace(ticket.work, taken_at=None)
    data = {"undone": last.seq, "unit": ticket.unit}
    kept = {"dispatched_at": ticket.dispatched_at, "handler": "", "work": work}
    return case.moved(turn, ticket, Action.DISPATCH, me.id, data, **kept)


async def _unhand(turn: Turn, me: Me, ticket: Ticket, last: Event) -> Ticket:
    """Whoever had it before has it again."""
    before, to = str(last.data.get("before", "")), str(last.data.get("to", ""))
    if before in ticket.work.about:  # it was taken from them because it is about them
        raise Refusal("work.undo_not_this", number=ticket.number, what=turn.words(f"work.event.{last.action}"))
    if to == me.id:  # taken from nobody
        await _unsay_to_residents(turn, ticket, last, "taken")
    else:
        await _unsay_to_staff(turn, me, ticket, last, "handed", to)
    return case.moved(turn, ticket, Action.HAND, me.id, {"undone": last.seq, "to": before}, handler=before)


async def _unobject(turn: Turn, me: Me, ticket: Ticket, last: Event) -> Ticket:
    """It is the unit's again, in the state it was in; nobody decides about it any more."""
    objection = ticket.work.proposal(Matter.OBJECTION)
    if objection is None:
        raise Refusal("work.undo_none", number=ticket.number)
    work = replace(ticket.work, proposals=ticket.work.without(Matter.OBJECTION))
    after = case.moved(turn, ticket, Action.RESUME, me.id, {"undone": last.seq}, work=work)
    for staff in chain.deciders(turn, me.directory, ticket, objection):
        await _unsay_to_staff(turn, me, after, last, "to_decide", staff.id)
    if after.handler and work.taken_at is not None and after.may(Action.TAKE):
        after = case.moved(turn, after, Action.TAKE, me.id, {"undone": last.seq}, handler=after.handler)
    return after


async def _unprogress(turn: Turn, me: Me, ticket: Ticket, last: Event) -> Ticket:
    await _unsay_to_residents(turn, ticket, last, "progress")
    return case.moved(turn, ticket, Action.NOTE, me.id, {"undone": last.seq})


async def _unask(turn: Turn, me: Me, ticket: Ticket, last: Event) -> Ticket:
    if ticket.status is not Status.WAITING_RESIDENT or ticket.work.paused_at is not None:
        raise Refusal("work.undo_left", number=ticket.number)
    return await asking.withdrawn(turn, ticket, me.id, last)


async def _unsay_to_residents(turn: Turn, ticket: Ticket, last: Event, what: str) -> None:
    """Take folded news out of the residents' boxes. Raises Refusal when one of them was told."""
    for reporter in await turn.read.reporters(ticket.number):
        key = f"{what}:{ticket.number}:{last.seq}:{reporter.address}"
        ids = [id_ for id_, n in await turn.read.notes(str(reporter.address), ticket.number) if n.key == key]
        if not ids:
            raise Refusal("work.undo_left", number=ticket.number)
        turn.changes.folded.extend(ids)


async def _unsay_to_staff(turn: Turn, me: Me, ticket: Ticket, last: Event, what: str, staff: str) -> None:
    """Take news out of a colleague's box; where they have it already, tell them that it was taken back."""
    box = f"staff:{staff}"
    key = f"{what}:{ticket.number}:{last.seq}:{box}"
    ids = [id_ for id_, n in await turn.read.notes(box) if n.key == key]
    turn.changes.folded.extend(ids)
    told = me.directory.by_id.get(staff)
    if not ids and told is not None:
        notices.tell_staff(turn, [told], "taken_back", ticket, name=me.staff.name)


_STEPS: Mapping[Action, Callable[[Turn, Me, Ticket, Event], Awaitable[Ticket]]] = {
    Action.TAKE: _untake,
    Action.HAND: _unhand,
    Action.OBJECT: _unobject,
    Action.PROGRESS: _unprogress,
    Action.ASK: _unask,
}
"""Steps that can be taken back. An answer has a command of its own for it."""

COMMANDS = table(Command("undo", Act.NOTE, ticket=undo))

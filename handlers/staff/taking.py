"""Taking a ticket, handing it on, internal notes, and news of progress for the resident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from bot.domain.people import DESK, Role, Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import LOAD
from bot.domain.wall import shown_to
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import moment, shortened, ticket_title
from handlers.staff import cards, evidence, named, offering
from handlers.staff.command import Command, table
from handlers.staff.me import Me, person_of

COLLEAGUES = 9
"""So many people are offered to hand a ticket to."""
NEWS_WORDS = 500
"""Characters of news for the resident."""


async def take(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """Say "I act": the ticket is theirs, the next rung of the ladder waits. Raises NotPossibleNow.

    Of two who take at the same moment one wins; the other's turn is decided again and comes to the second half of this.
    """
    number, title = ticket.number, ticket_title(turn, shown_to(me.person, ticket))
    if not ticket.unit or me.staff.unit != ticket.unit:
        return await _follow(turn, me, ticket)
    if ticket.handler == me.id and ticket.status is not Status.DISPATCHED:
        since = moment(turn, ticket.work.taken_at) if ticket.work.taken_at else turn.words("list.none")
        return await cards.done(
            turn, me, ticket, turn.words("work.taken_already", number=number, title=title, at=since)
        )
    if not _free_for(me, ticket):
        name = cards.handler_name(turn, me, ticket)
        key = "work.taken_by" if ticket.work.taken_at else "work.assigned_to"
        return await cards.done(turn, me, ticket, turn.words(key, number=number, title=title, name=name))
    work = replace(ticket.work, taken_at=turn.now)
    if ticket.status is Status.DISPATCHED or not ticket.may(Action.HAND):
        after = case.moved(turn, ticket, Action.TAKE, me.id, handler=me.id, work=work)
    else:  # it is on its way, and whoever had it is gone
        after = case.moved(turn, ticket, Action.HAND, me.id, {"to": me.id}, handler=me.id, work=work)
    await notices.news_for_residents(turn, after, "taken", unit=after.unit)
    due = moment(turn, after.due_at) if after.due_at else turn.words("list.none")
    return await cards.done(
        turn, me, after, turn.words("work.taken", number=number, title=title, due=due), undo(turn, after)
    )


def _free_for(me: Me, ticket: Ticket) -> bool:
    """Whether nobody else has it: given by load to a colleague it is theirs, unless a lead takes it."""
    if ticket.handler in ("", me.id) or ticket.handler in me.person.stands_for:
        return True
    holder = me.directory.by_id.get(ticket.handler)
    if holder is None or holder.removed_at is not None:
        return True
    return ticket.status is Status.DISPATCHED and me.staff.role is Role.LEAD


async def _follow(turn: Turn, me: Me, ticket: Ticket) -> Reply:
    """A supervisor acts on an alert: recorded, and whoever has the ticket hears of it. It stays where it is."""
    after = case.moved(turn, ticket, Action.NOTE, me.id, {"follows": True})
    await case.tell_who_has_it(turn, after, "followed", name=me.staff.name)
    title = ticket_title(turn, shown_to(me.person, ticket))
    return await cards.done(turn, me, after, turn.words("work.followed", number=ticket.number, title=title))


def undo(turn: Turn, ticket: Ticket) -> Choice:
    """The button that takes the step back that led to this state."""
    word = turn.words("command.undo").partition("|")[0]
    return Choice(f"{ticket.number}:undo={ticket.seq}", turn.words("work.undo"), f"{word} {ticket.number}")


async def by_load(turn: Turn, ticket: Ticket, people: Sequence[Staff]) -> Ticket:
    """A ticket that has just arrived, given to whoever of these handlers has the fewest open ones.

    ``people`` are those who can be reached. The ticket stays as it is where its unit does not share work by load, where
    somebody has it already, or where nobody of them may take it.
    """
    unit = turn.town.units.get(ticket.unit)
    if unit is None or unit.assign != LOAD or ticket.handler or ticket.status is not Status.DISPATCHED:
        return ticket
    able = [s for s in people if s.role is Role.HANDLER and s.unit == ticket.unit and await _can_have(turn, s, ticket)]
    if not able:
        return ticket
    load = dict(await turn.read.load([staff.id for staff in able]))
    for given in _given_now(turn):
        load[given] = load.get(given, 0) + 1
    chosen = min(able, key=lambda staff: (load.get(staff.id, 0), staff.name, staff.id))
    after = case.moved(turn, ticket, Action.HAND, DESK, {"to": chosen.id, "how": LOAD}, handler=chosen.id)
    notices.tell_staff(turn, [chosen], "assigned", after, urgent=bool(after.danger))
    return after


def _given_now(turn: Turn) -> Iterable[str]:
    """Whom this very turn gave tickets to: the store does not know of them yet."""
    return (str(e.data["to"]) for e in turn.changes.events if e.action is Action.HAND and "to" in e.data)


async def _can_have(turn: Turn, staff: Staff, ticket: Ticket) -> bool:
    """Whether somebody of the unit may work on a ticket: here, not behind the wall, not their own case."""
    directory = await turn.read.directory()
    if staff.removed_at is not None or staff.away_at(turn.now):
        return False
    if not may(person_of(turn, staff, directory), Act.TAKE, ticket):
        return False
    for address in staff.addresses:
        if await turn.read.owns(address, ticket.number):
            return False
    return True


async def hand(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Give the ticket to a colleague of the same unit, by name. Raises Refusal."""
    if not ticket.may(Action.HAND):
        ticket.after(Action.HAND, turn.now)  # says what is possible
    people = [
        staff
        for staff in (*me.directory.handlers(ticket.unit), *me.directory.leads(ticket.unit))
        if staff.id != ticket.handler
    ]
    found, text = named.people_said(people, rest)
    if len(found) != 1:
        return await _whom(turn, me, ticket, found or people, asked=rest)
    (chosen,) = found
    if chosen.away_at(turn.now):
        deputy = me.directory.standing_in(chosen, turn.now)
        raise Refusal("work.hand_away", number=ticket.number, name=chosen.name, deputy=deputy.name)
    if not await _can_have(turn, chosen, ticket):
        raise Refusal("work.hand_cannot", number=ticket.number, name=chosen.name)
    data = {"to": chosen.id, "before": ticket.handler, "text": text}
    after = case.moved(turn, ticket, Action.HAND, me.id, data, handler=chosen.id)
    told = {"name": me.staff.name, "text": text or turn.words("list.none")}
    notices.tell_staff(turn, [chosen], "handed", after, urgent=bool(after.danger), **told)
    before = me.directory.by_id.get(ticket.handler)
    if before is not None and before.id not in (me.id, chosen.id):
        notices.tell_staff(turn, [before], "handed_away", after, name=chosen.name)
    title = ticket_title(turn, shown_to(me.person, ticket))
    lead = turn.words("work.handed", number=ticket.number, title=title, name=chosen.name)
    return Reply(lead, (undo(turn, after),), ticket=ticket.number)


async def _whom(turn: Turn, me: Me, ticket: Ticket, people: Sequence[Staff], *, asked: str) -> Reply:
    """Ask which colleague is meant."""
    able = [staff for staff in people if await _can_have(turn, staff, ticket)]
    title = ticket_title(turn, shown_to(me.person, ticket))
    if not able:
        raise Refusal("work.hand_nobody", number=ticket.number, title=title)
    choices = [
        Choice(f"{ticket.number}:hand={staff.id}", turn.words("work.colleague", name=staff.name, last=staff.id[-3:]))
        if sum(other.name == staff.name for other in able) > 1
        else Choice(f"{ticket.number}:hand={staff.id}", staff.name)
        for staff in able[:COLLEAGUES]
    ]
    key = "work.hand_which" if asked else "work.hand_whom"
    name = shortened(asked, 20)
    return Reply(turn.words(key, number=ticket.number, title=title, name=name), tuple(choices), ticket=ticket.number)


async def note(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Keep an internal note, and the files sent just before it."""
    files = await evidence.lately(turn)
    if not text and not files:
        return offering.wanting(turn, shown_to(me.person, ticket), "note")
    data: dict[str, object] = {"text": text, "enclosed": _enclosed(turn, ticket, files)}
    after = case.moved(turn, ticket, Action.NOTE, me.id, {name: value for name, value in data.items() if value})
    across_the_wall = ticket.walled and me.staff.unit != ticket.unit
    if ticket.handler and ticket.handler != me.id and not across_the_wall:
        await case.tell_who_has_it(turn, after, "noted", name=me.staff.name, text=shortened(text, NEWS_WORDS))
    title = ticket_title(turn, shown_to(me.person, ticket))
    return await cards.done(turn, me, after, turn.words("work.noted", number=ticket.number, title=title))


def _enclosed(turn: Turn, ticket: Ticket, files: Iterable[str]) -> list[str]:
    ids = list(files)
    turn.changes.moved_attachments.extend((each, "", ticket.number) for each in ids)
    turn.remember(loose=tuple(each for each in turn.session.loose if each.id not in ids))
    return ids


async def progress(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Tell the resident how it is going; folded with other news. Raises Refusal."""
    if not text:
        return offering.wanting(turn, shown_to(me.person, ticket), "progress")
    if len(text) > NEWS_WORDS:
        raise Refusal("work.too_long", number=ticket.number, limit=NEWS_WORDS)
    files = await evidence.lately(turn)
    data: dict[str, object] = {"text": text}
    if files:
        data["enclosed"] = _enclosed(turn, ticket, files)
    after = case.moved(turn, ticket, Action.PROGRESS, me.id, data)
    await notices.news_for_residents(turn, after, "progress", unit=after.unit, text=text)
    title = ticket_title(turn, shown_to(me.person, ticket))
    lead = turn.words("work.progressed", number=ticket.number, title=title)
    return await cards.done(turn, me, after, lead, undo(turn, after))


COMMANDS = table(
    Command("take", Act.TAKE, ticket=take),
    Command("progress", Act.PROGRESS, ticket=progress),
    Command("note", Act.NOTE, ticket=note),
    Command("hand", Act.HAND, ticket=hand),
)

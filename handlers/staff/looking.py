"""Looking: the to-do list, a ticket's card and all its words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from bot.changes import Looked
from bot.domain.people import Role
from bot.domain.permission import Act
from bot.domain.ticket import Status, Ticket
from bot.domain.wall import shown_to, visible_text
from bot.domain.work import Proposal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.naming import place_name, shortened, ticket_title
from handlers.remaining import time_left
from handlers.resident import urging
from handlers.staff import cards, chain, reference
from handlers.staff.command import Command, table
from handlers.staff.me import Me

PER_LIST = 10
GATHERED = 50
"""So many tickets of each sort, the earliest due first, are looked at for the most urgent ones."""
OWN = 100
"""So many of the newest matters somebody filed are kept out of their list: nobody finds an own case."""
WORK = (
    *(Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED, Status.JOINT),
    Status.REOPENED,
)
UNDONE = (Status.FILED, Status.REOPENED)
BUTTON = 24
"""Characters of a title on a button."""
PAGE = 1500
"""Characters of a ticket's words in one message, where it holds so many."""
ROOM_FOR_HEAD = 120
"""Characters of a message that its first line and its buttons need."""


async def todo(turn: Turn, me: Me, rest: str) -> Reply:
    """What waits for this person, the most urgent first, ten at a time; the places 1 to 10 mean these from now on."""
    tickets = await waiting_for(turn, me)
    start = int(rest) if rest.isdecimal() and len(rest) < 5 and int(rest) < len(tickets) else 0
    return listed(turn, me, tickets, start, "work.todo", "more")


def listed(turn: Turn, me: Me, tickets: list[Ticket], start: int, head: str, more: str) -> Reply:
    """A numbered list of tickets from a place on; ``head`` is the text above it, ``more`` the command that goes on."""
    shown = tickets[start : start + PER_LIST]
    if not shown:
        reference.listed(turn, [])
        return turn.say(f"{head}_none")
    reference.listed(turn, shown)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=" ".join(t.number for t in shown)))
    if len(shown) == len(tickets):
        lines = [turn.words(f"{head}_whole", count=len(tickets))]
    else:
        lines = [turn.words(head, count=len(tickets), first=start + 1, last=start + len(shown))]
    choices = []
    for place, ticket in enumerate(shown, 1):
        said = line(turn, me, ticket)
        if turn.traits.buttons:
            lines.append(f"{place}. {said}")
            said = f"{place} {shortened(ticket_title(turn, shown_to(me.person, ticket)), BUTTON)}"
        choices.append(Choice(f"{ticket.number}:see", said))
    if start + len(shown) < len(tickets):
        choices.append(Choice(f"staff:{more}={start + len(shown)}", turn.words("work.more")))
    return Reply("\n".join(lines), tuple(choices))


def line(turn: Turn, me: Me, ticket: Ticket) -> str:
    """A ticket in one line: colour, number, title, place, time left."""
    shown = shown_to(me.person, ticket)
    return turn.words(
        "work.line",
        mark=cards.mark(turn, ticket),
        number=ticket.number,
        title=ticket_title(turn, shown),
        place=place_name(turn, shown.place) if shown.place else turn.words("work.no_place"),
        left=time_left(turn, turn.guide, ticket, turn.now),
    )


async def waiting_for(turn: Turn, me: Me) -> list[Ticket]:
    """Own and untaken tickets of the unit, those it helps with, and what waits for this person's decision."""
    found: dict[str, Ticket] = {}
    own = {t.number for address in me.staff.addresses for t in await turn.read.tickets_of(address, OWN)}
    questions = list(_wanted(me))
    answers = await asyncio.gather(*(turn.read.tickets(wanted, GATHERED) for wanted in questions))
    for wanted, tickets in zip(questions, answers, strict=True):
        for ticket in tickets:
            if ticket.number not in own and _concerns(turn, me, wanted, ticket):
                found[ticket.number] = ticket
    return sorted(found.values(), key=lambda t: (-turn.guide.colour(t, turn.now), _due(turn, t), t.number))


def _due(turn: Turn, ticket: Ticket) -> float:
    due = turn.guide.deadline(ticket)
    return due.timestamp() if due else float("inf")


def _wanted(me: Me) -> Iterable[Wanted]:
    person, staff = me.person, me.staff
    near = Wanted(statuses=WORK, areas=person.areas, walled=person.walled, not_kept_from=person.unit)
    if staff.unit:
        own = replace(near, units=(staff.unit,), walled=True)
        for handler in ("", me.id, *sorted(person.stands_for)):
            yield replace(own, handler=handler)
        yield replace(near, assisted_by=staff.unit, walled=True)
    if staff.role is Role.LEAD:
        yield replace(near, units=tuple(sorted(person.units)), deciding=True, walled=True)
    if staff.role is Role.SUPERVISOR:
        yield replace(near, statuses=(Status.FILED, *WORK), deciding=True)
        yield replace(near, statuses=UNDONE)


def _concerns(turn: Turn, me: Me, wanted: Wanted, ticket: Ticket) -> bool:
    if not me.may(Act.SEE, ticket):
        return False
    if not wanted.deciding:
        return True
    return any(_waits_for(turn, me, ticket, proposal) for proposal in ticket.work.proposals)


def _waits_for(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal) -> bool:
    """Whether somebody is asked for that decision: those who come after them are when it is late."""
    if me.staff.role is not Role.ADMIN and not chain.may_decide(turn, me.person, me.directory, ticket, proposal):
        return False  # nobody else's turn is looked into for what is not theirs anyway; admins hear without deciding
    asked = list(chain.deciders(turn, me.directory, ticket, proposal))
    if proposal.due_at is not None and proposal.due_at <= turn.now:
        asked += chain.following(turn, me.directory, ticket, proposal)
    return any(staff.id == me.id for staff in asked)


async def see(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """The ticket's card. Those who urged it hear that it was seen."""
    ticket = await urging.seen(turn, me, ticket)
    return await cards.card(turn, me, ticket)


async def all_words(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """All words of a ticket, a page at a time."""
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number, detail="words"))
    text = visible_text(me.person, ticket)
    page = min(PAGE, cards.room(turn) - ROOM_FOR_HEAD)
    start = int(rest) if rest.isdecimal() and len(rest) < 7 and int(rest) < len(text) else 0
    choices = [Choice(f"{ticket.number}:see", turn.words("work.back_to_card"))]
    if start + page < len(text):
        choices.insert(0, Choice(f"{ticket.number}:words={start + page}", turn.words("work.go_on")))
    title = ticket_title(turn, shown_to(me.person, ticket))
    head = turn.words("work.head", mark="", number=ticket.number, title=title)
    return Reply(f"{head}\n{text[start : start + page]}", tuple(choices), ticket=ticket.number)


COMMANDS = table(
    Command("todo", Act.TODO, desk=todo),
    Command("more", Act.TODO, desk=todo, hidden=True),
    Command("see", Act.SEE, ticket=see),
    Command("query", Act.SEE, ticket=see, hidden=True, shared=True),
    Command("words", Act.SEE, ticket=all_words, hidden=True),
)

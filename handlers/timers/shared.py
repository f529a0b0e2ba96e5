"""A matter is brought for the third time, or by the third person: supervisors are told, once, with the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.changes import Link, Task, Timer
from bot.domain import special as rules
from bot.domain.people import DESK, Staff
from bot.domain.permission import Act, may
from bot.domain.special import Special, State
from bot.domain.ticket import Ticket
from bot.turn import Turn
from handlers import notices, reaching, shared, special_cases
from handlers.naming import shortened, ticket_title

SHOWN = 10
"""So many tickets are named."""
TITLE = 16


async def count(turn: Turn) -> None:
    """Count a ticket with those like it; what was proposed long ago is forgotten."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    if timer.level == shared.FORGET:
        turn.changes.closed_tasks.append(f"{special_cases.SHARED}:{timer.subject}")
        return
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or not shared.counts(turn.town, ticket) or ticket.work.special:
        return
    tickets = await shared.alike(turn, ticket)
    if (special := await _running(turn, tickets)) is not None:
        await _one_more(turn, special, ticket)
        return
    tickets = [each for each in tickets if not each.work.special]
    persons = await shared.persons(turn, tickets)
    mine = next((own for own in persons.values() if ticket.number in own), [])
    await _repeats(turn, ticket, mine)
    if max(len(persons), len(mine)) >= rules.OFFERED_AT:
        await _offer(turn, tickets, len(persons), len(mine))


async def _running(turn: Turn, tickets: Sequence[Ticket]) -> Special | None:
    """The special case that some of them belong to, while it is not closed."""
    for number in dict.fromkeys(ticket.work.special for ticket in tickets if ticket.work.special):
        special = await turn.read.special(number)
        if special is not None and special.state is not State.CLOSED:
            return special
    return None


async def _one_more(turn: Turn, special: Special, ticket: Ticket) -> None:
    """Another one like those of a special case: its supervisors may add it; after the answer it shows it is back."""
    people = await _supervisors(turn, special, [ticket])
    title = shortened(ticket_title(turn.voice(None), ticket), TITLE)
    what = "special_like" if special.state is State.OPEN else "special_like_again"
    notices.tell_staff(
        turn,
        people,
        what,
        None,
        about=f"{special.number}:{ticket.number}",
        special=special.number,
        called=special.title,
        one=ticket.number,
        text=title,
    )


async def _supervisors(turn: Turn, special: Special, tickets: Sequence[Ticket]) -> list[Staff]:
    directory = await turn.read.directory()
    found = await special_cases.allowed(turn, special, Act.SPECIAL, directory.supervisors())
    return [staff for staff in found if not await special_cases.is_mine(turn, staff, tickets)]


async def _repeats(turn: Turn, ticket: Ticket, mine: Sequence[str]) -> None:
    """The same person's matter again: linked with the one before, unless they parted one matter in two."""
    earlier = [number for number in mine if number < ticket.number]
    if not earlier:
        return
    links = await turn.read.links(ticket.number)
    if any(link.ticket == ticket.number and link.kind in ("repeats", "follows") for link in links):
        return
    parted = {number for link in links if link.kind == "split_from" for number in (link.ticket, link.other)}
    if others := [number for number in earlier if number not in parted]:
        turn.changes.links.append(Link(ticket=ticket.number, kind="repeats", other=max(others), by=DESK, at=turn.now))


async def _offer(turn: Turn, tickets: Sequence[Ticket], persons: int, repeats: int) -> None:
    """Tell the supervisors who may see all of them: once, and again when it has grown to twice that."""
    count = max(persons, repeats)
    known = None
    for ticket in tickets:
        known = known or await turn.read.task(f"{special_cases.SHARED}:{ticket.number}")
    told = int(str((known.data or {}).get("count", 0))) if known is not None else 0
    if known is not None and count < 2 * told:
        return
    root = known.subject if known is not None else tickets[0].number
    data: dict[str, object] = {"numbers": [ticket.number for ticket in tickets], "count": count}
    turn.changes.tasks.append(Task(f"{special_cases.SHARED}:{root}", special_cases.SHARED, root, turn.now, data=data))
    if known is None:
        forget = turn.now + timedelta(days=turn.town.limits.alike_days)
        turn.changes.timer(Timer(shared.TIMER, root, forget, shared.FORGET))
    people = await _who_hears(turn, tickets)
    voice = turn.voice(None)
    lines = [
        voice.words("special.offer_line", place=place, number=t.number, title=shortened(ticket_title(voice, t), TITLE))
        for place, t in enumerate(tickets[:SHOWN], 1)
    ]
    if len(tickets) > SHOWN:
        lines.append(voice.words("special.more", count=len(tickets) - SHOWN))
    notices.tell_staff(
        turn,
        people,
        "shared" if persons >= rules.OFFERED_AT else "repeated",
        None,
        about=f"{root}:{count}",
        offer=root,
        numbers=" ".join(ticket.number for ticket in tickets[:SHOWN]),
        persons=str(persons),
        count=str(len(tickets)),
        times=str(repeats),
        list="\n".join(lines),
    )


async def _who_hears(turn: Turn, tickets: Sequence[Ticket]) -> list[Staff]:
    """The supervisors, or who stands in for them, who may lead all of these and to whom none belongs; else admins."""
    directory = await turn.read.directory()
    for act, people in ((Act.SPECIAL, directory.supervisors()), (Act.SEE, directory.admins())):
        acting = {s.id: s for s in (directory.standing_in(each, turn.now) for each in people)}
        found = []
        for staff in acting.values():
            person = reaching.person(turn, directory, staff)
            if all(may(person, act, ticket) for ticket in tickets) and not await special_cases.is_mine(
                turn, staff, tickets
            ):
                found.append(staff)
        if found:
            return found
    return []

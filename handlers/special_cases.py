"""Moving a special case and the tickets in it: whoever does something with one goes through here, so that its tickets,
its links, its clock and its log agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.changes import Link, Timer
from bot.domain import special as rules
from bot.domain.people import Address, Staff
from bot.domain.permission import Act, may_group
from bot.domain.special import Special, State, Step
from bot.domain.ticket import Action, Status, Ticket
from bot.message import Push, Reply
from bot.turn import Turn
from handlers import calls, case, discretion, notices, reaching, wording
from handlers.naming import ticket_title

LINK = "special"
SHARED = "shared"
"""Kind of the task that proposes a special case; its key ends with the number of one of the tickets."""
NOBODY_TOLD = frozenset({Status.WITHDRAWN, Status.REJECTED})
"""Tickets whose people have no part in what becomes of the others."""
TIMERS = ("special_due", "special_answer", "came_back", "look_back")
"""Kinds of timers whose subject is a special case."""


def stepped(turn: Turn, special: Special, step: Step, by: str, data: dict[str, object], **fields: object) -> Special:
    """The special case after a step, logged, with its clock wound up again. Raises Refusal."""
    after = special.after(step, turn.now, **fields)
    kept(turn, after, step, by, data)
    return after


def kept(turn: Turn, special: Special, step: Step, by: str, data: dict[str, object]) -> None:
    """Log the step that led to this state of it, and wind up its ladder: a timer for each rung that is still ahead."""
    turn.changes.specials.append((special, special.event(step, turn.now, by, **data)))
    turn.changes.cancel("special_due", special.number)
    for level, _, at in rules.ladder(special, turn.guide.calendar_of(special.unit)):
        if at > turn.now:
            turn.changes.timer(Timer("special_due", special.number, at, level))


async def tickets_of(turn: Turn, special: Special) -> list[Ticket]:
    """Its tickets as they are now, those of this very turn too."""
    found = []
    for number in special.tickets:
        ticket = turn.changes.tickets.get(number) or await turn.read.ticket(number)
        if ticket is not None:
            found.append(ticket)
    return found


def together(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those of them that get the answer of the special case."""
    return [ticket for ticket in tickets if ticket.work.together]


async def taken_in(turn: Turn, special: Special, ticket: Ticket, by: str) -> Ticket:
    """The ticket as part of a special case. Where it can wait for its answer, the lead unit has it by the same date.

    Raises NotPossibleNow.
    """
    turn.changes.links.append(Link(ticket=ticket.number, kind=LINK, other=special.number, by=by, at=turn.now))
    data: dict[str, object] = {"special": special.number}
    if not rules.waits_for_answer(ticket):
        after = case.moved(turn, ticket, Action.SPECIAL, by, data, work=replace(ticket.work, special=special.number))
        await case.tell_who_has_it(turn, after, "special_linked", special=special.number)
        return after
    return await led(turn, special, ticket, by, data)


async def led(turn: Turn, special: Special, ticket: Ticket, by: str, data: dict[str, object]) -> Ticket:
    """The ticket with the lead unit, due when the special case is, without a ladder of its own."""
    there = ticket
    if ticket.unit != special.unit or ticket.status in (Status.FILED, Status.REOPENED):
        there = case.sent_to(turn, ticket, special.unit, by, data)
        await _tell_former(turn, ticket, there)
    work = replace(there.work, special=special.number, together=True, set_due=special.due_at)
    dates = {"due_at": special.due_at, "promised_at": special.due_at, "provisional": special.provisional}
    due = {"due": special.due_at.isoformat()}
    return case.moved(turn, there, Action.SPECIAL, by, {**data, **due}, work=work, **dates)


def set_free(turn: Turn, special: Special, ticket: Ticket, by: str) -> Ticket:
    """The ticket out of a special case: it goes on by itself, with the date it has."""
    turn.changes.unlinked.append((ticket.number, LINK, special.number))
    work = replace(ticket.work, special="", together=False)
    return case.moved(turn, ticket, Action.SPECIAL, by, {"special": special.number, "out": True}, work=work)


async def _tell_former(turn: Turn, before: Ticket, after: Ticket) -> None:
    """Whoever had taken it learns that it is gone."""
    directory = await turn.read.directory()
    handler = directory.by_id.get(before.handler)
    if handler is not None and handler.removed_at is None and before.unit != after.unit:
        about = f"{before.number}:{before.seq}"
        notices.tell_staff(
            turn, [directory.standing_in(handler, turn.now)], "moved_away", None, about=about, gone=before.number
        )


async def reporters_of(turn: Turn, tickets: Iterable[Ticket]) -> dict[Address, tuple[Ticket, str]]:
    """Everybody these tickets belong to, each with one of theirs and what they are to it; the newest ticket first."""
    found: dict[Address, tuple[Ticket, str]] = {}
    for ticket in sorted(tickets, key=lambda t: (t.work.together, t.filed_at), reverse=True):
        for reporter in await turn.read.reporters(ticket.number):
            found.setdefault(reporter.address, (ticket, reporter.role))
    return found


async def tell_people(
    turn: Turn,
    special: Special,
    what: str,
    tickets: Sequence[Ticket],
    *,
    but: Collection[Address] = (),
    then: str = "",
    owed: bool = True,
    **params: str,
) -> None:
    """Push ``told.<what>`` to everybody these tickets belong to, once to each, of the newest of theirs.

    Where no message reaches anybody of a ticket, somebody is to call them, unless nothing is ``owed``.
    """
    people = {a: found for a, found in (await reporters_of(turn, tickets)).items() if a not in but}
    sessions = await turn.read.sessions(people)
    for address, (ticket, role) in people.items():
        voice = turn.voice(sessions.get(address))
        shown = discretion.in_role(turn.guide, ticket, role)
        text = wording.told(voice, what, ticket.number, ticket_title(voice, shown), params)
        turn.changes.push(
            Push(
                key=f"told:{what}:{special.number}:{special.seq}:{address}",
                address=address,
                reply=Reply(text, ticket=ticket.number),
                created_at=turn.now,
                ticket=ticket.number,
                brief=wording.told_brief(turn, shown, what),
                then=then,
            )
        )
    if owed:
        await _owed(turn, what, tickets, params)


async def _owed(turn: Turn, what: str, tickets: Sequence[Ticket], params: Mapping[str, str]) -> None:
    voice = turn.voice(None)
    for ticket in tickets:
        if await unreachable(turn, ticket):
            text = wording.told(voice, what, ticket.number, ticket_title(voice, ticket), params)
            calls.owed(turn, ticket, what, text)


async def unreachable(turn: Turn, ticket: Ticket) -> bool:
    """Whether no message reaches anybody a ticket belongs to."""
    reporters = await turn.read.reporters(ticket.number)
    return not calls.anybody_reachable(reporters, await turn.read.sessions(r.address for r in reporters))


async def is_mine(turn: Turn, staff: Staff, tickets: Iterable[Ticket]) -> bool:
    """Whether one of these tickets is somebody's own."""
    for ticket in tickets:
        for address in staff.addresses:
            if await turn.read.owns(address, ticket.number):
                return True
    return False


async def allowed(turn: Turn, special: Special, act: Act, people: Iterable[Staff]) -> list[Staff]:
    """Those of these people, or who stands in for them, who may do that and to whom none of its tickets belongs."""
    directory = await turn.read.directory()
    own = await reporters_of(turn, await tickets_of(turn, special))
    found: dict[str, Staff] = {}
    for staff in (directory.standing_in(each, turn.now) for each in people):
        person = reaching.person(turn, directory, staff)
        if own.keys().isdisjoint(staff.addresses) and may_group(person, act, special.unit, special.areas):
            found[staff.id] = staff
    return list(found.values())


async def tell_supervisors(
    turn: Turn, special: Special, what: str, *, urgent: bool = False, about: str = "", **params: str
) -> None:
    """Put news of a special case before the supervisors who may lead it; before the admins where there is nobody."""
    directory = await turn.read.directory()
    people = await allowed(turn, special, Act.SPECIAL, directory.supervisors())
    people = people or await allowed(turn, special, Act.SEE, directory.admins())
    _tell(turn, special, people, what, about, params, urgent=urgent)


async def tell_lead_unit(turn: Turn, special: Special, what: str, *, about: str = "", **params: str) -> None:
    """Put news of a special case before whoever works in its lead unit, or stands in for them, and its leads; before
    the supervisors where nobody of them can be told."""
    directory = await turn.read.directory()
    workers = await reaching.heard_in(turn, directory, special.unit, None)
    people = await allowed(turn, special, Act.SEE, (*directory.leads(special.unit), *workers))
    if not people:
        people = await allowed(turn, special, Act.SPECIAL, directory.supervisors())
    _tell(turn, special, people, what, about, params)


def _tell(
    turn: Turn,
    special: Special,
    people: Iterable[Staff],
    what: str,
    about: str,
    params: Mapping[str, str],
    *,
    urgent: bool = False,
) -> None:
    fields = {"called": special.title, "count": str(len(special.tickets)), **params}
    about = about or f"{special.number}:{special.seq}"
    notices.tell_staff(turn, people, what, None, urgent=urgent, about=about, special=special.number, **fields)


def default_due(turn: Turn, unit: str, since: datetime) -> tuple[datetime, bool]:
    """By when a special case is due that names no date, and whether that is provisional."""
    due = turn.guide.calendar_of(unit).after_working_days(since, turn.town.limits.study_days)
    return due.at, due.provisional


async def announced(turn: Turn, special: Special, tickets: Sequence[Ticket]) -> None:
    """Tell the people of tickets that were taken in, each once: who leads, by when; of what was answered before too."""
    following, due = together(tickets), special.due_at.isoformat()
    rest = [t for t in tickets if not t.work.together and t.status not in NOBODY_TOLD]
    await tell_people(turn, special, "special_opened", following, unit=special.unit, due=due)
    told = await reporters_of(turn, following)
    await tell_people(turn, special, "special_opened_before", rest, but=told, owed=False, unit=special.unit, due=due)


async def no_more_offered(turn: Turn, special: Special) -> None:
    """What was proposed about these tickets has been done."""
    for number in special.tickets:
        if await turn.read.task(f"{SHARED}:{number}") is not None:
            turn.changes.closed_tasks.append(f"{SHARED}:{number}")


async def follows_merger(turn: Turn, ticket: Ticket, other: Ticket, by: str) -> Ticket:
    """The ticket in which another one of a special case has just ended: it takes that one's place there."""
    special = await turn.read.special(ticket.work.special) if ticket.work.special and not other.work.special else None
    if special is None or special.state is not State.OPEN or special.answer is not None or rules.hindrance(other):
        return other
    after = stepped(
        turn,
        special,
        Step.CHANGE,
        by,
        {"added": [other.number], "merged": ticket.number},
        tickets=(*special.tickets, other.number),
    )
    return await taken_in(turn, after, other, by)

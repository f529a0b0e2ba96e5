"""What waits for somebody with more say: who that is, by when, and who comes after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain.directory import Directory
from bot.domain.people import Role, Staff
from bot.domain.permission import Act, Person, may
from bot.domain.ticket import Action, Ticket
from bot.domain.work import Matter, Proposal, Work
from bot.errors import Refusal
from bot.turn import Turn
from handlers import case, notices
from handlers.staff.me import Me, person_of

UNIT_MATTERS = frozenset({Matter.EXTENSION, Matter.QUESTION, Matter.PROMISE, Matter.SIGN_OFF})
"""What the lead of the unit decides; a lead's own is a supervisor's."""


def act_for(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> Act:
    """Whose decision a proposal is."""
    if proposal.matter is Matter.RAISE:
        return Act.DECIDE_RAISE
    if proposal.matter not in UNIT_MATTERS:
        return Act.DECIDE_DESK
    proposer = directory.by_id.get(proposal.by)
    if proposer is not None and proposer.role is Role.LEAD:
        return Act.DECIDE_DESK
    much = ticket.work.extended + proposal.days > turn.town.limits.extension_days / 2
    return Act.DECIDE_DESK if proposal.matter is Matter.EXTENSION and much else Act.DECIDE_UNIT


def may_decide(turn: Turn, person: Person, directory: Directory, ticket: Ticket, proposal: Proposal) -> bool:
    """Whether somebody may decide a proposal: never their own, and a raised ticket never by the unit that raised it."""
    if proposal.by == person.id or not may(person, act_for(turn, directory, ticket, proposal), ticket):
        return False
    return proposal.matter is not Matter.RAISE or person.role is not Role.LEAD or person.unit != ticket.unit


def deciders(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> tuple[Staff, ...]:
    """Who is asked first; where nobody of them can decide, whoever comes after them."""
    act = act_for(turn, directory, ticket, proposal)
    first: Iterable[Staff] = ()
    if act is not Act.DECIDE_DESK:
        first = directory.leads(proposal.to if proposal.matter is Matter.RAISE else ticket.unit)
    found = _able(turn, directory, ticket, proposal, first)
    return found or following(turn, directory, ticket, proposal)


def following(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> tuple[Staff, ...]:
    """Who hears of a proposal that nobody decided in time: the supervisors; after them the admins too."""
    found = _able(turn, directory, ticket, proposal, directory.supervisors())
    asked_first = act_for(turn, directory, ticket, proposal) is Act.DECIDE_DESK
    late = proposal.due_at is not None and proposal.due_at <= turn.now
    if found and not (asked_first and late):
        return found
    admins = (a for a in directory.admins() if may(person_of(turn, a, directory), Act.SEE, ticket))
    return (*found, *admins)


def proposed(
    turn: Turn,
    me: Me,
    ticket: Ticket,
    proposal: Proposal,
    action: Action = Action.PROPOSE,
    *,
    work: Work | None = None,
    details: Mapping[str, object] | None = None,
) -> Ticket:
    """The ticket with something more to be decided, logged; whoever decides is told. Raises Refusal.

    ``proposal.due_at`` is set here. ``work`` is the ticket's as it shall be besides, ``details`` are logged too.
    """
    if ticket.work.proposal(proposal.matter) is not None:
        matter = turn.words(f"matter.{proposal.matter}")
        raise Refusal("propose.already", number=ticket.number, matter=matter)
    due = decision_due(turn, me.directory, ticket, proposal)
    proposal = replace(proposal, due_at=due)
    work = work or ticket.work
    work = replace(work, proposals=(*work.without(proposal.matter), proposal))
    data = {"matter": str(proposal.matter), "text": proposal.text, **_details(proposal), **(details or {})}
    after = case.moved(turn, ticket, action, me.id, data, work=work)
    level = list(Matter).index(proposal.matter) + 1
    turn.changes.timer(Timer("decision", ticket.number, due, level))
    notices.tell_staff(
        turn,
        deciders(turn, me.directory, after, proposal),
        "to_decide",
        after,
        urgent=bool(ticket.danger),
        **asked(proposal, me.staff.name),
    )
    return after


def asked(proposal: Proposal, name: str) -> dict[str, str]:
    """A proposal as the parameters of news: what, why, by whom, until when."""
    return {
        "matter": f"{proposal.matter}/{proposal.klass}" if proposal.klass else str(proposal.matter),
        "text": proposal.text,
        "name": name,
        "until": proposal.due_at.isoformat() if proposal.due_at else "",
    }


def decision_due(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> datetime:
    """By when a proposal must be decided: four working hours of those who decide."""
    limits, guide = turn.town.limits, turn.guide
    match act_for(turn, directory, ticket, proposal):
        case Act.DECIDE_RAISE:
            return guide.calendar_of(proposal.to).after_working_hours(turn.now, limits.raise_hours).at
        case Act.DECIDE_UNIT:
            return guide.calendar_of(ticket.unit).after_working_hours(turn.now, limits.decide_hours).at
        case _:
            return guide.calendar.after_working_hours(turn.now, limits.decide_hours).at


def concerned(turn: Turn, directory: Directory, ticket: Ticket, *more: str) -> tuple[Staff, ...]:
    """The handler of a ticket and these others (ids), or who stands in for them; each once, none who was removed."""
    found = (directory.by_id.get(each) for each in (ticket.handler, *more))
    here = (directory.standing_in(each, turn.now) for each in found if each is not None and each.removed_at is None)
    return tuple({staff.id: staff for staff in here}.values())


def name_of(directory: Directory, staff: str) -> str:
    """What a member of staff is called, removed or not; the id of somebody nobody knows."""
    found = directory.by_id.get(staff)
    return found.name if found else staff


def _able(
    turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal, people: Iterable[Staff]
) -> tuple[Staff, ...]:
    acting = dict.fromkeys(directory.standing_in(each, turn.now).id for each in people)
    return tuple(
        staff
        for id_ in acting
        for staff in (directory.by_id[id_],)
        if may_decide(turn, person_of(turn, staff, directory), directory, ticket, proposal)
    )


def _details(proposal: Proposal) -> dict[str, object]:
    found: dict[str, object] = {"class": proposal.klass, "days": proposal.days, "to": proposal.to}
    if proposal.until is not None:
        found["until"] = proposal.until.isoformat()
    return {name: value for name, value in found.items() if value}

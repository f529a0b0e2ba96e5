"""Nobody decided in time: a raised ticket goes up, everything else is put before the next in the chain."""

from __future__ import annotations

from bot.domain.directory import Directory
from bot.domain.people import DESK
from bot.domain.ticket import Action, Ticket
from bot.domain.work import Matter, Proposal
from bot.errors import Refusal
from bot.turn import Turn
from handlers import case, notices
from handlers.staff import chain
from handlers.supervisor import rulings


async def late(turn: Turn) -> None:
    """What should have been decided by the timer's moment and was not."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None:
        return
    directory = await turn.read.directory()
    waiting = [p for p in ticket.work.proposals if p.due_at == timer.due_at]
    for proposal in waiting:
        if proposal.matter is not Matter.RAISE:
            _escalated(turn, directory, ticket, proposal)
    for proposal in waiting:
        if proposal.matter is Matter.RAISE:
            await _goes_up(turn, directory, ticket, proposal)


def _escalated(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> None:
    notices.tell_staff(
        turn,
        chain.following(turn, directory, ticket, proposal),
        "undecided",
        ticket,
        urgent=bool(ticket.danger),
        **chain.asked(proposal, chain.name_of(directory, proposal.by)),
    )


async def _goes_up(turn: Turn, directory: Directory, ticket: Ticket, proposal: Proposal) -> None:
    """Not decided in time: it goes to the level above (rule book, "Words": raise)."""
    try:
        ticket.after(Action.DISPATCH, turn.now)
    except Refusal:  # an answer came first
        return
    data = {"matter": str(proposal.matter), "accepted": True, "late": True, "proposer": proposal.by}
    there = case.moved(turn, ticket, Action.DECIDE, DESK, data)
    after = await rulings.up(turn, there, proposal, DESK)
    notices.tell_staff(turn, chain.concerned(turn, directory, ticket, proposal.by), "raise_late", after)

"""What somebody with more say decides: ``approve N``, ``refuse N reason``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.conversation.session import Composing
from bot.domain.masking import masked
from bot.domain.people import DESK
from bot.domain.permission import Act
from bot.domain.ticket import Action, Event, Ticket
from bot.domain.unit_names import first_unit
from bot.domain.work import Matter, Proposal
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import moment
from handlers.staff import chain, spoken
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import assigning, rulings, supervising
from handlers.supervisor.saying import about


async def approve(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Say yes: to the matter named first, or to the only one this person may decide. Raises Refusal."""
    proposal, words = await _matter(turn, me, ticket, text)
    if proposal is None:
        return _which(turn, me, ticket, "approve")
    if proposal.matter is Matter.OBJECTION and len(first_unit(turn.town, words)[0]) != 1:
        # Assigning it elsewhere is what upholds an objection; the likely units are there to tap.
        which = assigning.ask_unit(turn, me, ticket)
        return replace(which, text=f"{_put(turn, me, ticket, proposal)}\n{which.text}")
    if proposal.matter is Matter.FINAL:
        return await supervising.order_send(turn, me, ticket, words)
    return await _decided(turn, me, ticket, proposal, words, accepted=True)


async def refuse(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Say no, with the reason; it is asked when it was not said. Raises Refusal."""
    proposal, words = await _matter(turn, me, ticket, text)
    if proposal is None:
        return _which(turn, me, ticket, "refuse")
    if not words:
        values = {"matter": str(proposal.matter)}
        turn.remember(
            composing=Composing(act="refuse", ticket=ticket.number, at=turn.now, step="reason", values=values)
        )
        return about(turn, me, ticket, "decide.ask_reason", matter=turn.words(f"matter.{proposal.matter}"))
    return await _decided(turn, me, ticket, proposal, words, accepted=False)


async def _reason(turn: Turn, me: Me, ticket: Ticket, composing: Composing, text: str) -> Reply:
    turn.remember(composing=None)
    return await refuse(turn, me, ticket, f"{composing.values['matter']} {text}")


async def _matter(turn: Turn, me: Me, ticket: Ticket, text: str) -> tuple[Proposal | None, str]:
    """The proposal that is meant, and the words that go with it; None where several may be.

    Raises Refusal: nothing waits (any more; by whom it was decided), or it is not theirs to decide.
    """
    named, words = spoken.leading(text, {**spoken.words_of(turn, "matter.words", Matter), **_CODES})
    open_ = [p for p in ticket.work.proposals if not named or p.matter == named]
    if not open_:
        await _not_open(turn, me, ticket, named)
    mine = [p for p in open_ if chain.may_decide(turn, me.person, me.directory, ticket, p)]
    if not mine:
        own = any(p.by == me.id for p in open_)
        matter = turn.words(f"matter.{open_[0].matter}")
        raise Refusal("decide.own" if own else "decide.not_yours", number=ticket.number, matter=matter)
    return (mine[0], words) if len(mine) == 1 else (None, words)


_CODES = {matter.replace("_", ""): str(matter) for matter in Matter} | {str(matter): str(matter) for matter in Matter}
"""Matters as buttons name them."""


async def _not_open(turn: Turn, me: Me, ticket: Ticket, matter: str) -> None:
    """Raises Refusal: who decided it last, or that nothing waits for a decision."""
    decided = [d for d in _decisions(await turn.read.events(ticket.number)) if not matter or d[0] == matter]
    if not decided:
        raise Refusal("decide.nothing", number=ticket.number)
    last, accepted, event = decided[-1]
    raise Refusal(
        "decide.already_accepted" if accepted else "decide.already_refused",
        number=ticket.number,
        matter=turn.words(f"matter.{last}"),
        name=turn.words("work.desk") if event.by == DESK else chain.name_of(me.directory, event.by),
        at=moment(turn, event.at),
    )


def _decisions(events: Sequence[Event]) -> Iterator[tuple[str, bool, Event]]:
    """What was decided on a ticket: the matter, whether it was granted, and the step. Sending a ticket that a unit
    had returned to another one grants the objection, whatever the command was called."""
    objected = False
    for event in events:
        if event.action is Action.OBJECT:
            objected = True
        elif event.action is Action.DECIDE:
            yield str(event.data.get("matter", "")), bool(event.data.get("accepted")), event
            objected = objected and event.data.get("matter") != Matter.OBJECTION
        elif event.action is Action.DISPATCH and objected:
            yield str(Matter.OBJECTION), True, event
            objected = False


def _which(turn: Turn, me: Me, ticket: Ticket, command: str) -> Reply:
    mine = [p for p in ticket.work.proposals if chain.may_decide(turn, me.person, me.directory, ticket, p)]
    choices = [Choice(f"{ticket.number}:{command}={p.matter}", turn.words(f"matter.{p.matter}")) for p in mine]
    lines = [turn.words("decide.which", number=ticket.number), *(_put(turn, me, ticket, p) for p in mine)]
    return Reply("\n".join(lines), tuple(choices), ticket=ticket.number)


def _put(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal) -> str:
    """A proposal in a line: what, by whom, why."""
    name = chain.name_of(me.directory, proposal.by)
    return turn.words(
        "decide.put", matter=turn.words(f"matter.{proposal.matter}"), name=name, text=masked(proposal.text)
    )


async def _decided(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, words: str, *, accepted: bool) -> Reply:
    """The ticket after the decision; everybody concerned hears of it. Raises Refusal."""
    if accepted and proposal.matter is Matter.MERGE:
        await _not_into_own(turn, me, proposal.to)
    ruling = (rulings.ACCEPTED if accepted else rulings.REFUSED)[proposal.matter]
    data = {"matter": str(proposal.matter), "accepted": accepted, "text": words, "proposer": proposal.by}
    upheld = accepted and proposal.matter is Matter.OBJECTION  # the proposal is counted as a bounce where it is sent on
    work = ticket.work if upheld else replace(ticket.work, proposals=ticket.work.without(proposal.matter))
    there = case.moved(turn, ticket, Action.DECIDE, me.id, data, work=work)
    after = await ruling(turn, me, there, proposal, words)
    concerned = chain.concerned(turn, me.directory, ticket, proposal.by)
    what = f"{proposal.matter}_{'accepted' if accepted else 'refused'}"
    if not upheld and proposal.matter is not Matter.FINAL:  # the unit never heard of a drafted order
        notices.tell_staff(turn, concerned, what, after, name=me.staff.name, text=words)
    key = "decide.accepted" if accepted else "decide.refused"
    return about(turn, me, after, key, matter=turn.words(f"matter.{proposal.matter}"))


async def _not_into_own(turn: Turn, me: Me, number: str) -> None:
    """Raises Refusal when the ticket that another shall end in is this person's own, or about them."""
    other = await turn.read.ticket(number)
    if other is not None and (me.id in other.work.about or await is_mine(turn, me, other)):
        raise Refusal("refusal.own_case", number=number)


COMMANDS = table(
    Command("approve", Act.SEE, ticket=approve),
    Command("refuse", Act.SEE, ticket=refuse),
)

GOES_ON = {"refuse": _reason}
"""Use cases that go on with the next words."""

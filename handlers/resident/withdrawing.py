"""A resident takes a matter back: asked once whether they mean it. While it is others' too, only they leave it."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Reporter
from bot.conversation.session import Composing
from bot.domain.review import FILER
from bot.domain.ticket import Action, Ticket
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices, parties, reviews
from handlers.naming import shortened, state_name
from handlers.resident.saying import about, living
from handlers.supervisor.saying import supervisors_of

ACT = "withdraw"
REASON_MOST = 500
"""Characters of a reason that are kept."""


def can(ticket: Ticket) -> bool:
    """Whether it can still be taken back."""
    return ticket.may(Action.WITHDRAW)


async def ask(turn: Turn, number: str, reason: str = "") -> Reply:
    """Say what taking it back means, and wait for a yes. Raises NotFound for others' tickets as for none."""
    ticket = await living(turn, number)
    if not can(ticket):
        return await about(turn, ticket, "withdraw.not_now", state=state_name(turn, ticket))
    reason = shortened(reason.strip(), REASON_MOST)
    turn.remember(composing=Composing(act=ACT, ticket=ticket.number, at=turn.now, text=reason))
    others = await _others(turn, ticket)
    choices = tuple(
        Choice(f"{ticket.number}:{name}", turn.words(f"choice.{name}"), turn.words(f"choice.{name}"))
        for name in ("withdraw_now", "withdraw_not")
    )
    return await about(turn, ticket, "withdraw.ask_leave" if others else "withdraw.ask", *choices)


async def confirmed(turn: Turn, number: str, _words: str = "") -> Reply:
    """They mean it: the ticket ends, or goes on for the others. Raises NotFound."""
    ticket = await living(turn, number)
    composing = turn.session.composing
    reason = composing.text if composing is not None and _about_this(composing, ticket.number) else ""
    if composing is not None and _about_this(composing, ticket.number):
        turn.remember(composing=None)
    if not can(ticket):
        return await about(turn, ticket, "withdraw.not_now", state=state_name(turn, ticket))
    data = {"text": reason} if reason else {}
    if await _others(turn, ticket):
        await _left(turn, ticket, data)
        return await about(turn, ticket, "withdraw.left")
    after = await case.ended(turn, ticket, Action.WITHDRAW, str(turn.address), "withdrawn", data, owed=False)
    await _tell_staff(turn, ticket, after)
    return await about(turn, after, "withdraw.done")


async def kept(turn: Turn, number: str, _words: str = "") -> Reply:
    """They do not mean it: nothing changes. Raises NotFound."""
    ticket = await living(turn, number)
    composing = turn.session.composing
    if composing is not None and _about_this(composing, ticket.number):
        turn.remember(composing=None)
    return await about(turn, ticket, "withdraw.kept")


async def typed(turn: Turn, name: str) -> Reply:
    """The words on the buttons, typed: about what was asked last."""
    composing = turn.session.composing
    if composing is None or composing.act != ACT or not composing.open(turn.now):
        return turn.say("withdraw.nothing")
    do = confirmed if name == "withdraw_now" else kept
    return await do(turn, composing.ticket)


def _about_this(composing: Composing, number: str) -> bool:
    return composing.act == ACT and composing.ticket == number


async def _others(turn: Turn, ticket: Ticket) -> bool:
    """Whether it is the matter of people who have another code than this one."""
    party = (await reviews.parties(turn, ticket)).party
    return any(each != party.get(turn.address) for each in party.values())


async def _left(turn: Turn, ticket: Ticket, data: dict[str, str]) -> None:
    """One party leaves, on all its channels. Whoever joined first is asked in the filer's place (`reviews.parties`)."""
    party = (await reviews.parties(turn, ticket)).party
    mine = party[turn.address]
    leaving: list[Reporter] = []
    rest: list[Reporter] = []
    for reporter in await turn.read.reporters(ticket.number):
        (leaving if party.get(reporter.address) == mine else rest).append(reporter)
    turn.changes.removed_reporters.extend((ticket.number, reporter.address) for reporter in leaving)
    work = replace(
        ticket.work,
        reporters=max(ticket.work.reporters - await parties.added(turn, rest, leaving), 1),
        filer_left=ticket.work.filer_left or mine == FILER,
    )
    after = case.moved(turn, ticket, Action.LEAVE, str(turn.address), data, work=work)
    await case.tell_who_has_it(turn, after, "left")


async def _tell_staff(turn: Turn, before: Ticket, after: Ticket) -> None:
    """Nobody goes on working for nothing: who has it, who helps, and the desk where it knew more than they."""
    await case.tell_who_has_it(turn, after, "withdrawn")
    work = before.work
    helping = {assist.unit for assist in work.assists if assist.done_at is None} | set(work.joint)
    for unit in sorted(helping - {before.unit, ""}):
        notices.tell_unit(turn, unit, "withdrawn", after)
    if before.danger or before.walled or not before.unit:
        notices.tell_staff(turn, await supervisors_of(turn, after), "withdrawn", after)

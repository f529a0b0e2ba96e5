"""What a unit asks of somebody with more say: take it back, more time, the level above, not ours at all, the same."""

from __future__ import annotations

from collections.abc import Mapping

from bot.conversation.session import Composing
from bot.domain.dates import read_days
from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.work import Matter, Objecting, Proposal
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import moment, unit_name
from handlers.notices import NOTHING
from handlers.staff import chain, leaving, reference, spoken
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import rulings
from handlers.supervisor.saying import about


async def object_(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Return a dispatch: ``object N CLASS words``; the class is asked by button when it is not said. Raises Refusal."""
    _may_object(turn, ticket)
    klass, rest = spoken.leading(text, spoken.words_of(turn, "objecting.words", Objecting))
    if klass:
        return _objected(turn, me, ticket, klass, rest)
    _compose(turn, ticket, "object", "class", text)
    choices = [Choice(f"{ticket.number}:object_as={each}", turn.words(f"objecting.{each}")) for each in Objecting]
    return about(turn, me, ticket, "object.ask_class", *choices)


async def object_as(turn: Turn, me: Me, ticket: Ticket, value: str) -> Reply:
    """The class was tapped. Raises Refusal."""
    _may_object(turn, ticket)
    if value not in list(Objecting):
        raise Refusal("propose.gone", number=ticket.number)
    composing = turn.session.composing
    there = composing is not None and composing.act == "object" and composing.ticket == ticket.number
    text = composing.text if composing is not None and there and composing.open(turn.now) else ""
    return _objected(turn, me, ticket, value, text)


async def extend(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Ask for more time: ``extend N DAYS reason``. Raises Refusal."""
    leaving.free_to_act(turn, ticket)
    ticket.after(Action.RETIME, turn.now)
    if ticket.due_at is None:
        raise Refusal("extend.no_due", number=ticket.number)
    waits = ticket.work.paused_at if ticket.status is Status.WAITING_RESIDENT else None
    if (waits or turn.now) >= ticket.due_at:
        raise Refusal("extend.past", number=ticket.number, due=moment(turn, ticket.due_at))
    left = turn.town.limits.extension_days - ticket.work.extended
    if left <= 0:
        raise Refusal("extend.used_up", number=ticket.number, limit=turn.town.limits.extension_days)
    found = read_days(text)
    if found is None:
        return _ask(turn, me, ticket, "extend", "extend.ask_days", left=left)
    days, reason = found
    if not 1 <= days <= left:
        raise Refusal("extend.too_much", number=ticket.number, left=left)
    if not reason:
        return _ask(turn, me, ticket, "extend", "extend.ask_reason", values={"before": str(days)}, days=days)
    return _proposed(turn, me, ticket, _proposal(turn, me, ticket, Matter.EXTENSION, reason, days=days))


async def raise_(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Pass it to the level above, which decides: ``raise N reason``. Raises Refusal."""
    leaving.free_to_act(turn, ticket)
    above = rulings.level_above(turn, ticket)
    ticket.after(Action.DISPATCH, turn.now)
    if not text:
        return _ask(turn, me, ticket, "raise", "raise.ask_reason", unit=unit_name(turn, above))
    return _proposed(turn, me, ticket, _proposal(turn, me, ticket, Matter.RAISE, text, to=above))


async def decline(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Not this desk's business, and where to go instead: supervisors say so, others propose it. Raises Refusal."""
    leaving.free_to_act(turn, ticket)
    ticket.after(Action.REJECT, turn.now)
    if not text:
        return _ask(turn, me, ticket, "decline", "decline.ask_reason")
    proposal = _proposal(turn, me, ticket, Matter.DECLINE, text)
    if not me.may(Act.DECIDE_DESK, ticket):
        return _proposed(turn, me, ticket, proposal)
    _forget(turn, "decline")
    await rulings.declined(turn, me, ticket, proposal, "")
    return about(turn, me, ticket, "decline.done")


async def merge(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """The same matter as another ticket: ``merge N M``, N ends and its people follow M. Raises Refusal."""
    leaving.free_to_act(turn, ticket)
    ticket.after(Action.MERGE, turn.now)
    if not text:
        return _ask(turn, me, ticket, "merge", "merge.ask_number")
    other, reason = await reference.split(turn, me, text)
    if await is_mine(turn, me, other):
        raise Refusal("refusal.own_case", number=other.number)
    rulings.check_merge(ticket, other)
    proposal = _proposal(turn, me, ticket, Matter.MERGE, reason or other.number, to=other.number)
    if not me.may(Act.DECIDE_DESK, ticket) or not me.may(Act.DECIDE_DESK, other):
        return _proposed(turn, me, ticket, proposal, other=other.number)
    _forget(turn, "merge")
    await rulings.merged(turn, me, ticket, proposal, "")
    return about(turn, me, ticket, "merge.done", other=other.number)


async def _went_on(turn: Turn, me: Me, ticket: Ticket, composing: Composing, text: str) -> Reply:
    """The words that were asked for. Raises Refusal."""
    command = COMMANDS[composing.act]
    assert command.ticket is not None  # noqa: S101 - all of them are about a ticket
    if not me.may(command.act, ticket):
        raise Refusal("refusal.not_yours", number=ticket.number, act=turn.words(f"act.{command.act}"))
    before, after = composing.values.get("before", ""), composing.text if composing.step == "class" else ""
    return await command.ticket(turn, me, ticket, f"{before} {text} {after}".strip())


COMMANDS = table(
    Command("object", Act.OBJECT, ticket=object_),
    Command("extend", Act.EXTEND, ticket=extend),
    Command("raise", Act.RAISE, ticket=raise_),
    Command("decline", Act.DECLINE, ticket=decline),
    Command("merge", Act.MERGE, ticket=merge),
    Command("object_as", Act.OBJECT, ticket=object_as, hidden=True),
)

GOES_ON = dict.fromkeys(("object", "extend", "raise", "decline", "merge"), _went_on)
"""Use cases that go on with the next words."""


def _may_object(turn: Turn, ticket: Ticket) -> None:
    """Raises Refusal or NotPossibleNow."""
    leaving.free_to_act(turn, ticket)
    ticket.after(Action.OBJECT, turn.now)
    if ticket.work.lead_fixed:
        raise Refusal("object.fixed", number=ticket.number)
    since = ticket.dispatched_at or turn.now
    calendar = turn.guide.calendar_of(ticket.unit)
    until = calendar.after_working_hours(since, turn.town.limits.object_hours).at
    if turn.now > until:
        raise Refusal("object.late", number=ticket.number, until=moment(turn, until))


def _objected(turn: Turn, me: Me, ticket: Ticket, klass: str, text: str) -> Reply:
    proposal = _proposal(turn, me, ticket, Matter.OBJECTION, text, klass=klass)
    after = chain.proposed(turn, me, ticket, proposal, Action.OBJECT)
    _forget(turn, "object")
    due = _decided_by(turn, after, Matter.OBJECTION)
    return about(turn, me, after, "object.done", reason=turn.words(f"objecting.{klass}"), until=due)


def _proposal(
    turn: Turn, me: Me, ticket: Ticket, matter: Matter, text: str, *, klass: str = "", days: int = 0, to: str = ""
) -> Proposal:
    return Proposal(
        matter=matter, by=me.id, at=turn.now, text=leaving.fitting(ticket, text), klass=klass, days=days, to=to
    )


def _proposed(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal, **params: str) -> Reply:
    after = chain.proposed(turn, me, ticket, proposal)
    _forget(turn, *GOES_ON)
    matter = turn.words(f"matter.{proposal.matter}")
    return about(turn, me, after, "propose.done", matter=matter, until=_decided_by(turn, after, proposal.matter))


def _decided_by(turn: Turn, ticket: Ticket, matter: Matter) -> str:
    proposal = ticket.work.proposal(matter)
    assert proposal is not None  # noqa: S101 - it was proposed just now
    assert proposal.due_at is not None  # noqa: S101 - `chain.proposed` sets it
    return moment(turn, proposal.due_at)


def _ask(
    turn: Turn, me: Me, ticket: Ticket, act: str, key: str, values: Mapping[str, str] = NOTHING, **params: object
) -> Reply:
    """Ask for what a command still needs; the next words give it."""
    _compose(turn, ticket, act, "reason", values=values)
    return about(turn, me, ticket, key, **params)


def _compose(
    turn: Turn, ticket: Ticket, act: str, step: str, text: str = "", values: Mapping[str, str] = NOTHING
) -> None:
    turn.remember(
        composing=Composing(act=act, ticket=ticket.number, at=turn.now, step=step, text=text, values=dict(values))
    )


def _forget(turn: Turn, *acts: str) -> None:
    composing = turn.session.composing
    if composing is not None and composing.act in acts:
        turn.remember(composing=None)

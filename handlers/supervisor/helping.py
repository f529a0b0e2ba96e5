"""Several units on one ticket: some assist the lead unit, or all of them settle it together."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import Clock, Unit
from bot.domain.wall import shown_to
from bot.domain.work import Assist, Matter
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices, reviews
from handlers.naming import moment, unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.offering import WORDS, wanting
from handlers.supervisor import assigning, choosing
from handlers.supervisor.saying import about, allowed


async def assist(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Have more units help: `assist N UNIT UNIT words`. Each has half of the rest of the time."""
    if not rest.strip():
        likely = choosing.offer(turn, ticket, "assist", choosing.likely_units(turn, ticket))
        return about(turn, me, ticket, "assist.which", *likely)
    units, words = choosing.several_units(turn, rest)
    choosing.fit(turn, ticket, units)
    if not ticket.unit:
        raise Refusal("assist.no_lead", number=ticket.number)
    _not_helping_yet(turn, ticket, units)
    if ticket.walled and not ticket.work.summary:
        raise Refusal("assist.walled", number=ticket.number)
    new = tuple(
        Assist(unit=unit.code, since=turn.now, due_at=turn.guide.half_of_rest(ticket, turn.now, unit.code))
        for unit in units
    )
    assists = (*(a for a in ticket.work.assists if a.unit not in {n.unit for n in new}), *new)
    work = replace(ticket.work, assists=assists)
    data: dict[str, object] = {"units": [unit.code for unit in units], "text": words}
    after = case.moved(turn, ticket, Action.HELP, me.id, data, work=work)
    wind_up(turn, after)
    for each in new:
        notices.tell_unit(turn, each.unit, "assist", after, until=each.due_at.isoformat(), text=words)
    return about(turn, me, after, "assist.done", units=_names(turn, units), until=moment(turn, new[0].due_at))


def wind_up(turn: Turn, ticket: Ticket) -> None:
    """One timer for each unit that still helps; its level is the unit's place among them."""
    turn.changes.cancel("assist", ticket.number)
    for place, each in enumerate(ticket.work.assists, 1):
        if each.done_at is None and each.due_at > turn.now:
            turn.changes.timer(Timer("assist", ticket.number, each.due_at, place))


async def contribute(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Report what an assisting unit has done: `assisted N words`."""
    mine = next((a for a in ticket.work.assists if a.unit == me.staff.unit and a.done_at is None), None)
    if mine is None:
        raise Refusal("assisted.not_asked", number=ticket.number)
    words = rest.strip()
    if not words:
        return wanting(turn, shown_to(me.person, ticket), "contribute")
    done = replace(mine, done_at=turn.now, handler=me.id, text=words)
    work = replace(ticket.work, assists=tuple(done if a is mine else a for a in ticket.work.assists))
    data: dict[str, object] = {"unit": mine.unit, "done": words}
    after = case.moved(turn, ticket, Action.HELP, me.id, data, work=work)
    wind_up(turn, after)
    await case.tell_who_has_it(turn, after, "assisted", unit=mine.unit, text=words)
    return about(turn, me, after, "contribute.done", unit=unit_name(turn, ticket.unit))


async def joint(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Have several units settle it together: `joint N UNIT UNIT words`. No clock stops.

    Out of the pool the first unit named leads, so that the ticket has an owner and a date.
    """
    ticket.after(Action.CONFER, turn.now)
    if not rest.strip():
        return wanting(turn, shown_to(me.person, ticket), "joint")
    units, words = choosing.several_units(turn, rest)
    choosing.fit(turn, ticket, units)
    if ticket.work.submitted:
        raise Refusal("joint.answered", number=ticket.number)
    if ticket.walled and not ticket.work.summary:
        raise Refusal("assist.walled", number=ticket.number)
    lead = ticket.unit or units[0].code
    others = tuple(unit.code for unit in units if unit.code != lead)
    if not others:
        raise Refusal("joint.alone", number=ticket.number)
    fields = _first_dates(turn, ticket, lead)
    back = ticket.status is Status.REOPENED
    proposals = ticket.work.without(Matter.OBJECTION)
    turn.changes.cancel("decision", ticket.number)
    for proposal in proposals:
        if proposal.due_at is not None:
            level = list(Matter).index(proposal.matter) + 1
            turn.changes.timer(Timer("decision", ticket.number, proposal.due_at, level))
    work = replace(ticket.work, joint=others, proposals=proposals)
    if back:
        work = replace(work, paused_before=work.paused, extended_before=work.extended, taken_at=None)
    data: dict[str, object] = {"unit": lead, "units": list(others), "text": words}
    after = case.moved(turn, ticket, Action.CONFER, me.id, data, unit=lead, work=work, **fields)
    turn.changes.closed_tasks.extend(f"{kind}:{ticket.number}" for kind in case.TASKS)
    for unit in (lead, *others):
        notices.tell_unit(turn, unit, "joint", after, before=lead, text=words)
    if back:
        after = await reviews.went_back(turn, ticket, after)
    elif not ticket.unit:
        after = await assigning.told_where(turn, ticket, after)
    else:
        await notices.news_for_residents(turn, after, "conferring", unit=lead)
    return about(turn, me, after, "joint.done", lead=unit_name(turn, lead), units=_names(turn, units))


async def outcome(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Record what a joint session came to: `outcome N LEAD-UNIT words`."""
    if ticket.status is not Status.JOINT:
        raise Refusal("outcome.no_session", number=ticket.number)
    unit, words = choosing.one_unit(turn, ticket, "outcome", rest)
    if isinstance(unit, Reply):
        return unit
    if not words:
        choosing.keep(turn, "outcome", ticket, unit.code, step=WORDS)
        return about(turn, me, ticket, "outcome.say_what")
    choosing.done(turn, "outcome")
    assigning.check(turn, ticket, unit)
    after = await assigning.to_unit(turn, me, ticket, unit, words)
    for code in dict.fromkeys((ticket.unit, *ticket.work.joint)):
        if code and code != unit.code:
            people = (*me.directory.handlers(code), *me.directory.leads(code))
            here = await allowed(turn, ticket, people)
            once = f"{ticket.number}:{after.seq}"
            notices.tell_staff(turn, here, "outcome", None, about=once, said=ticket.number, unit=unit.code, text=words)
    due = moment(turn, after.due_at) if after.due_at else turn.words("assign.no_due")
    return about(turn, me, after, "outcome.done", unit=unit_name(turn, unit.code), due=due)


def _not_helping_yet(turn: Turn, ticket: Ticket, units: tuple[Unit, ...]) -> None:
    ticket.after(Action.HELP, turn.now)
    busy = {a.unit for a in ticket.work.assists if a.done_at is None} | {ticket.unit}
    for unit in units:
        if unit.code in busy:
            raise Refusal("assist.already", number=ticket.number, unit=unit_name(turn, unit.code))


def _first_dates(turn: Turn, ticket: Ticket, lead: str) -> dict[str, object]:
    """Dates for a ticket out of the pool, or re-opened, whose clock starts now; none for one that a unit works on."""
    if ticket.status is Status.REOPENED:
        work = replace(ticket.work, paused_before=ticket.work.paused, extended_before=ticket.work.extended)
        due = turn.guide.due_of(ticket.noted(dispatched_at=turn.now, unit=lead, work=work))
        return {"dispatched_at": turn.now, "due_at": due and due.at, "provisional": bool(due and due.provisional)}
    if ticket.unit and ticket.dispatched_at is not None:
        return {}
    due = turn.guide.answer_due(ticket.type, Clock(ticket.clock), turn.now, lead)
    return {"dispatched_at": turn.now, "due_at": due and due.at, "provisional": bool(due and due.provisional)}


def _names(turn: Turn, units: tuple[Unit, ...]) -> str:
    return turn.words("list.comma").join(unit_name(turn, unit.code) for unit in units)


COMMANDS = table(
    Command("assist", Act.ASSIST, ticket=assist),
    Command("contribute", Act.CONTRIBUTE, ticket=contribute),
    Command("joint", Act.JOINT, ticket=joint),
    Command("outcome", Act.JOINT, ticket=outcome),
)

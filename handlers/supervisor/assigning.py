"""Choosing the unit that leads, and keeping a matter from those it is about."""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import Unit
from bot.domain.work import Matter
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices, reviews
from handlers.naming import moment, unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.named import people_said
from handlers.staff.offering import WORDS
from handlers.supervisor import choosing
from handlers.supervisor.saying import about, supervisors_of


async def assign(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send the ticket to a unit: `assign N UNIT words`. Without a unit the likely ones are offered."""
    if not rest.strip():
        return ask_unit(turn, me, ticket)
    unit, words = choosing.one_unit(turn, ticket, "assign", rest)
    if isinstance(unit, Reply):
        return unit
    check(turn, ticket, unit)
    wanted = words_wanted(ticket)
    if wanted and not words:
        choosing.keep(turn, "assign", ticket, unit.code, step=WORDS)
        return about(turn, me, ticket, wanted, unit=unit_name(turn, unit.code))
    return await _assigned(turn, me, ticket, unit, words)


def words_wanted(ticket: Ticket) -> str:
    """The key of what asks for the words without which a ticket goes to no unit: the summary of a matter behind the
    wall, the outcome of a joint session; "" when none are needed."""
    if ticket.walled and not ticket.work.summary:
        return "assign.summary_ask"
    return "assign.outcome_ask" if ticket.status is Status.JOINT else ""


def ask_unit(turn: Turn, me: Me, ticket: Ticket) -> Reply:
    """Which unit? The likely ones to tap, any other by name."""
    choices = choosing.offer(turn, ticket, "assign", choosing.likely_units(turn, ticket))
    return about(turn, me, ticket, "assign.which", *choices)


def check(turn: Turn, ticket: Ticket, unit: Unit) -> None:
    """Raises Refusal, or NotPossibleNow, when a ticket cannot be sent to a unit."""
    choosing.fit(turn, ticket, [unit])
    running = ticket.status in (Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT)
    if running and unit.code == ticket.unit:
        raise Refusal("assign.has_it", number=ticket.number, unit=unit_name(turn, unit.code))
    ticket.after(Action.DISPATCH, turn.now)


async def to_unit(turn: Turn, me: Me, ticket: Ticket, unit: Unit, words: str) -> Ticket:
    """The ticket sent to a unit, everybody told; `check` comes before.

    A unit that gets it anew has its full time, after a re-opening half of it. After two bounces the unit that a
    supervisor names keeps it. Behind the wall the words are the summary the unit reads; after a joint session they are
    its outcome.
    """
    work, same = ticket.work, unit.code == ticket.unit
    bounces = work.bounces + (not same and work.proposal(Matter.OBJECTION) is not None)
    fixed = work.lead_fixed or bounces >= turn.town.limits.bounces_max
    summary = words if ticket.walled and words else work.summary
    work = replace(work, bounces=bounces, lead_fixed=fixed, summary=summary)
    data: dict[str, object] = {"text": words} if words else {}
    if ticket.status is Status.JOINT:
        data |= {"outcome": words, "joint": list(work.joint)}
    back = ticket.status is Status.REOPENED
    after = case.sent_to(turn, ticket.noted(work=work), unit.code, me.id, data, keep_dates=same and not back)
    if ticket.unit and not same:
        _tell_former(turn, me, ticket)
    if back:
        return await reviews.went_back(turn, ticket, after)
    return await told_where(turn, ticket, after)


async def told_where(turn: Turn, before: Ticket, after: Ticket) -> Ticket:
    """The ticket with the date its people were told: at once when that is another one, or the first exact one (from the
    pool it was "by then at the latest"); folded when only the unit is another."""
    due = after.due_at
    if due is not None and (due != before.promised_at or not before.unit):
        after = after.noted(promised_at=due)
        turn.changes.tickets[after.number] = after
        params = {"unit": after.unit, "due": due.isoformat()}
        await notices.tell_residents(turn, after, "reassigned" if before.unit else "assigned", params=params)
    elif after.unit != before.unit:
        await notices.news_for_residents(turn, after, "transferred", unit=after.unit)
    return after


def _tell_former(turn: Turn, me: Me, ticket: Ticket) -> None:
    """Whoever had taken it learns that it is gone: only what they know already, for it may be kept from them now."""
    handler = me.directory.by_id.get(ticket.handler)
    if handler is not None and handler.removed_at is None and ticket.unit not in ticket.work.kept_from:
        standing = me.directory.standing_in(handler, turn.now)
        notices.tell_staff(
            turn, [standing], "moved_away", None, about=f"{ticket.number}:{ticket.seq}", gone=ticket.number
        )


async def _assigned(turn: Turn, me: Me, ticket: Ticket, unit: Unit, words: str) -> Reply:
    choosing.done(turn, "assign")
    after = await to_unit(turn, me, ticket, unit, words)
    due = moment(turn, after.due_at) if after.due_at else turn.words("assign.no_due")
    reply = about(turn, me, after, "assign.done", unit=unit_name(turn, unit.code), due=due)
    if after.work.lead_fixed and not ticket.work.lead_fixed:
        return replace(reply, text=reply.text + turn.words("assign.fixed"))
    return reply


async def keep(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Keep the ticket from a unit or a member of staff it is about: `keep N from WHO`."""
    who = rest.strip()
    if who[:5].lower() == "from ":
        who = who[5:].strip()
    people, _ = people_said(me.directory.active, who)
    if people:
        if len(people) > 1:
            raise Refusal("keep.several", number=ticket.number, name=people[0].name)
        return await _keep_from_person(turn, me, ticket, people[0].id)
    unit, _ = choosing.one_unit(turn, ticket, "keep", who)
    if isinstance(unit, Reply):
        return unit
    if unit.code == ticket.unit and ticket.status is not Status.ANSWERED and ticket.open:
        shut_out = ticket.noted(work=replace(ticket.work, kept_from=(*ticket.work.kept_from, unit.code)))
        likely = choosing.likely_units(turn, shut_out)
        choices = choosing.offer(turn, ticket, "keep_move", likely)
        return about(turn, me, ticket, "keep.who_instead", *choices, unit=unit_name(turn, unit.code))
    return await _keep_from_unit(turn, me, ticket, unit.code)


async def keep_move(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send the ticket to another unit, and keep it from the one that has it."""
    unit, words = choosing.one_unit(turn, ticket, "keep_move", rest)
    if isinstance(unit, Reply):
        return unit
    check(turn, ticket, unit)
    shut_out = ticket.noted(work=replace(ticket.work, kept_from=(*ticket.work.kept_from, ticket.unit)))
    after = await to_unit(turn, me, shut_out, unit, words)
    return about(turn, me, after, "keep.moved", unit=unit_name(turn, unit.code), former=unit_name(turn, ticket.unit))


async def _keep_from_unit(turn: Turn, me: Me, ticket: Ticket, code: str) -> Reply:
    work = ticket.work
    if code in work.kept_from:
        return about(turn, me, ticket, "keep.done", who=unit_name(turn, code))
    work = replace(
        work,
        kept_from=(*work.kept_from, code),
        joint=tuple(unit for unit in work.joint if unit != code),
        assists=tuple(assist for assist in work.assists if assist.unit != code),
    )
    after = await _shut_out(turn, me, ticket.noted(work=work), {"kept_from": code})
    return about(turn, me, after, "keep.done", who=unit_name(turn, code))


async def _keep_from_person(turn: Turn, me: Me, ticket: Ticket, staff: str) -> Reply:
    work = replace(ticket.work, about=tuple(dict.fromkeys((*ticket.work.about, staff))))
    ticket = ticket.noted(work=work)
    after = await _shut_out(turn, me, ticket, {"about": staff})
    if after.handler == staff and after.may(Action.HAND):
        freed = after.noted(work=replace(after.work, taken_at=None))
        after = case.moved(turn, freed, Action.HAND, me.id, {"before": staff, "to": ""}, handler="")
        leads = [lead for lead in me.directory.leads(after.unit) if lead.id != staff]
        notices.tell_staff(turn, leads, "needs_handler", after)
    return about(turn, me, after, "keep.done", who=me.directory.by_id[staff].name)


async def _shut_out(turn: Turn, me: Me, ticket: Ticket, data: dict[str, object]) -> Ticket:
    """The ticket with somebody kept from it, logged. What no unit has yet goes behind the wall, if anybody is there."""
    walled = ticket.walled
    if not ticket.unit:
        behind = [s for s in me.directory.supervisors() if s.walled and s.id not in ticket.work.about]
        walled = walled or bool(behind)
    after = case.moved(turn, ticket, Action.NOTE, me.id, data, walled=walled)
    if walled and not ticket.walled:
        notices.tell_staff(turn, await supervisors_of(turn, after), "walled", after)
    return after


COMMANDS = table(
    Command("assign", Act.ASSIGN, ticket=assign),
    Command("keep", Act.ASSIGN, ticket=keep),
    Command("keep_move", Act.ASSIGN, ticket=keep_move, hidden=True),
)

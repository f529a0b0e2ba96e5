"""Asking the resident: the clock stands from the delivery of the question until the answer, or until it runs again."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain import deadlines, pauses
from bot.domain.people import Role
from bot.domain.permission import Act
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.town import Clock
from bot.domain.wall import shown_to
from bot.domain.work import Matter, Proposal
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import ticket_title
from handlers.staff import cards, chain, leaving, offering, questions, taking
from handlers.staff.command import Command, table
from handlers.staff.me import Me

QUESTION_WORDS = 500
"""Characters of a question."""
WHOLE = 60.0
"""Seconds: a clock that stood still is counted in whole minutes."""
TIMERS = ("pause_reminder", "pause_ends")


async def ask(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Put a question to the resident; in the last quarter of the time the lead says whether. Raises Refusal.

    Asking about what nobody took is taking it. A question that stops no clock (yet) gives way to a new one.
    """
    await _can_ask(turn, ticket)
    if not text:
        return offering.wanting(turn, shown_to(me.person, ticket), "ask")
    if len(text) > QUESTION_WORDS:
        raise Refusal("work.too_long", number=ticket.number, limit=QUESTION_WORDS)
    if ticket.status is Status.WAITING_RESIDENT:
        ticket = await resumed(turn, ticket, me.id, "answer_heard")
    calendar = turn.guide.calendar_of(ticket.unit)
    runs_on = pauses.runs_on(ticket, turn.town.limits, calendar)
    title = ticket_title(turn, shown_to(me.person, ticket))
    late = runs_on is None and pauses.in_last_quarter(ticket, turn.now, calendar)
    if late and me.staff.role is not Role.LEAD:
        proposal = Proposal(matter=Matter.QUESTION, by=me.id, at=turn.now, text=text)
        after = chain.proposed(turn, me, leaving.taken(turn, me, ticket), proposal)
        return await cards.done(turn, me, after, turn.words("work.ask_lead", number=ticket.number, title=title))
    after = await put(turn, leaving.taken(turn, me, ticket), text, me.id)
    key = f"work.asked_{runs_on}" if runs_on else "work.asked"
    return await cards.done(
        turn, me, after, turn.words(key, number=ticket.number, title=title), taking.undo(turn, after)
    )


async def _can_ask(turn: Turn, ticket: Ticket) -> None:
    leaving.free_to_act(turn, ticket)
    if ticket.status is Status.WAITING_RESIDENT and ticket.work.paused_at is not None:
        raise Refusal("work.asked_already", number=ticket.number)
    if ticket.status not in (Status.DISPATCHED, Status.WAITING_RESIDENT):
        ticket.after(Action.ASK, turn.now)
    if not await turn.read.reporters(ticket.number):
        raise Refusal("work.ask_nobody", number=ticket.number)


async def put(turn: Turn, ticket: Ticket, text: str, by: str) -> Ticket:
    """The ticket with a question on its way to everybody it belongs to; nothing stands still until it is delivered.

    Whoever approves a `Matter.QUESTION` calls this with the proposal's words. Raises NotPossibleNow.
    """
    work = replace(ticket.work, asked_at=turn.now, paused_at=None, proposals=ticket.work.without(Matter.QUESTION))
    after = case.moved(turn, ticket, Action.ASK, by, {"text": text}, work=work)
    params = {"unit": after.unit, "text": text}
    await notices.tell_residents(turn, after, "question", then="question_delivered", params=params)
    return after


async def resumed(turn: Turn, ticket: Ticket, by: str, told: str) -> Ticket:
    """The ticket being worked on again: the due moment moves by the time the clock stood still.

    ``told`` is the text of the new date for the residents (with the field ``due``). Raises NotPossibleNow.
    """
    since = ticket.work.paused_at
    calendar, clock = turn.guide.calendar_of(ticket.unit), Clock(ticket.clock)
    stood = deadlines.stood_still(since, turn.now, clock, calendar) if since else 0.0
    stood -= stood % WHOLE  # nobody is told a new date for an answer within the minute
    work = replace(ticket.work, asked_at=None, paused_at=None, paused=ticket.work.paused + stood)
    for kind in TIMERS:
        turn.changes.cancel(kind, ticket.number)
    await questions.silence(turn, ticket)
    if not stood:
        return case.moved(turn, ticket, Action.RESUME, by, work=work)
    return await case.retimed(turn, ticket, by, "pause", Action.RESUME, told, work=work)


async def reopened(turn: Turn, ticket: Ticket, by: str) -> Ticket:
    """The ticket waiting again: what seemed to be the answer was none. The clock stands from now, in the same pause."""
    work = replace(ticket.work, asked_at=turn.now)
    after = case.moved(turn, ticket, Action.ASK, by, {"again": True}, work=work)
    limits, calendar = turn.town.limits, turn.guide.calendar_of(ticket.unit)
    counted = replace(work, pauses=max(work.pauses - 1, 0))
    if pauses.runs_on(after.noted(work=counted), limits, calendar) is not None:
        return after
    after = case.moved(turn, after, Action.PAUSE, by, {"again": True}, work=replace(work, paused_at=turn.now))
    turn.changes.timer(Timer("pause_ends", ticket.number, pauses.runs_again(after, turn.now, limits, calendar).at))
    return after


async def withdrawn(turn: Turn, ticket: Ticket, by: str, asked: Event) -> Ticket:
    """The ticket without a question that has reached nobody yet."""
    await questions.silence(turn, ticket)
    work = replace(ticket.work, asked_at=None)
    return case.moved(turn, ticket, Action.RESUME, by, {"undone": asked.seq}, work=work)


COMMANDS = table(Command("ask", Act.ASK, ticket=ask))

"""The day of a promise: in the morning the handler is asked, at closing time it was kept or broken, and its people say
whether it is done."""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.people import DESK
from bot.domain.permission import Act, may
from bot.domain.ticket import Action, Status, Ticket
from bot.turn import Turn
from handlers import case, notices, review_question
from handlers.staff import chain, leaving
from handlers.staff.me import person_of


async def due(turn: Turn) -> None:
    """A promise that nobody has said was kept is asked about, then counted as broken: lead and supervisors hear."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is None or ticket.status is not Status.ANSWERED or ticket.work.promise_at is None:
        return
    until = ticket.work.promise_at
    if timer.level == leaving.ASK:
        await case.tell_who_has_it(turn, ticket, "promise_due", until=until.isoformat())
    elif until <= timer.due_at:
        await _broken(turn, ticket)


async def _broken(turn: Turn, ticket: Ticket) -> None:
    until = ticket.work.promise_at
    assert until is not None  # noqa: S101 - `due` looked
    work = ticket.work
    work = replace(work, promise_at=None, broken_promises=work.broken_promises + 1, answers=work.answers + 1)
    data = {"kept": False, "until": until.isoformat()}
    after = case.moved(turn, ticket, Action.PROMISE, DESK, data, work=work)
    directory = await turn.read.directory()
    people = (*chain.concerned(turn, directory, after), *directory.leads(after.unit), *directory.supervisors())
    acting = {staff.id: staff for staff in (directory.standing_in(each, turn.now) for each in people)}
    told = [s for s in acting.values() if may(person_of(turn, s, directory), Act.SEE, after)]
    notices.tell_staff(turn, told, "promise_broken", after, until=until.isoformat())
    await review_question.tell(turn, after, "promise_date", {"unit": after.unit, "until": until.isoformat()})

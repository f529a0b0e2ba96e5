"""People say that nothing was settled: supervisors hear, and where none of them decides it goes back by itself."""

from __future__ import annotations

from bot.changes import Task
from bot.domain import review as rules
from bot.domain.masking import masked_but_landlines
from bot.domain.people import DESK, Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import Clock
from bot.turn import Turn
from handlers import notices, reviews
from handlers.naming import shortened
from handlers.staff.me import person_of
from handlers.supervisor import reopening as deciding
from handlers.supervisor.saying import supervisors_of

ANSWER_TOLD = 300


async def reopening(turn: Turn) -> None:
    """Tell the supervisors of a re-opening; later, where nobody has decided, send it back to the unit's lead.

    What was rejected, and what came back a third time, stays theirs: they and the admins hear again.
    """
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    task = await turn.read.task(f"reopen:{timer.subject}")
    if ticket is None or ticket.status is not Status.REOPENED or task is None or task.due_at is None:
        return
    if timer.level == reviews.TELL:
        await _tell(turn, ticket, task)
        return
    if task.due_at > timer.due_at:
        return  # of an earlier re-opening
    unit = deciding.unit_back(turn, ticket)
    if not unit or ticket.work.reopened >= rules.FINAL_AT or (task.data or {}).get("was") == Status.REJECTED:
        people = {s.id: s for s in (*await _supervisors(turn, ticket, task), *await _admins(turn, ticket))}
        notices.tell_staff(turn, people.values(), "reopen_late", ticket, urgent=True)
        return
    after = await deciding.sent_back(turn, ticket, unit, DESK)
    notices.tell_staff(turn, await supervisors_of(turn, after), "reopen_went_back", after, unit=unit)


async def _tell(turn: Turn, ticket: Ticket, task: Task) -> None:
    """Answer, evidence and words side by side, before those who may decide; the admins where there is nobody."""
    assert task.due_at is not None  # noqa: S101 - `reopening` looked
    said = [r for r in (await reviews.of_round(turn, ticket)).values() if r.bad]
    answer = ticket.work.last_answer
    people = await _supervisors(turn, ticket, task) or await _admins(turn, ticket)
    notices.tell_staff(
        turn,
        people,
        "reopen_final" if ticket.work.reopened >= rules.FINAL_AT else "reopen",
        ticket,
        urgent=bool(ticket.danger) or Clock(ticket.clock) is not Clock.TYPE,
        unit=ticket.unit,
        verdict=str(said[0].verdict) if said else str(rules.Verdict.NO),
        answer=shortened(masked_but_landlines(answer.text), ANSWER_TOLD)
        if answer is not None
        else reviews.NOTHING_SAID,
        files=str(len(answer.evidence)) if answer is not None else "0",
        text=reviews.said_of(said),
        until=task.due_at.isoformat(),
    )


async def _supervisors(turn: Turn, ticket: Ticket, task: Task) -> tuple[Staff, ...]:
    """Those who may decide it: what was rejected is looked at by another than who rejected it, if there is one."""
    found = await supervisors_of(turn, ticket)
    if (task.data or {}).get("was") != Status.REJECTED:
        return found
    by = {event.by for event in await turn.read.events(ticket.number) if event.action is Action.REJECT}
    return tuple(staff for staff in found if staff.id not in by) or found


async def _admins(turn: Turn, ticket: Ticket) -> tuple[Staff, ...]:
    directory = await turn.read.directory()
    return tuple(a for a in directory.admins() if may(person_of(turn, a, directory), Act.SEE, ticket))

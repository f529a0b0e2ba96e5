"""A task has been opened, or nobody has seen to it in time: the desk is told."""

from __future__ import annotations

from bot.changes import Task
from bot.domain.directory import Directory
from bot.domain.people import Staff
from bot.domain.permission import Act, may
from bot.domain.ticket import Ticket, Type
from bot.domain.wall import behind_the_wall
from bot.turn import Turn
from handlers import notices
from handlers.naming import shortened
from handlers.staff.me import person_of
from handlers.tasks import ALARMING

WORDS = 40
"""So much of what somebody said stands in the news about it."""


async def told(turn: Turn) -> None:
    """Tell who is on duty at the desk of a task that is open; everybody of the desk when it is late."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    task = await turn.read.task(timer.subject)
    if task is None or (task.data or {}).get("who"):
        return  # somebody saw to it
    ticket = await turn.read.ticket(task.subject)
    directory, late = await turn.read.directory(), timer.level > 0
    on_duty = () if late else directory.duty("", turn.now)
    people = _whom(turn, directory, task, ticket, on_duty)
    people = people or _whom(turn, directory, task, ticket, directory.supervisors())
    people = people or _whom(turn, directory, task, ticket, directory.admins())
    urgent = task.kind in ALARMING or (task.kind == "talk" and turn.guide.calendar.is_open(turn.now))
    urgent = urgent or (ticket is not None and bool(ticket.danger))
    data = {} if ticket is not None else _said(turn, task)
    what = f"task.{task.kind}_late" if late else f"task.{task.kind}"
    notices.tell_staff(turn, people, what, ticket, urgent=urgent, about=task.key, **data)


def _whom(
    turn: Turn, directory: Directory, task: Task, ticket: Ticket | None, people: tuple[Staff, ...]
) -> list[Staff]:
    """Those of them, or their deputies, whom it may be told: areas and the wall bind here too."""
    found: dict[str, Staff] = {}
    for staff in (directory.standing_in(each, turn.now) for each in people):
        if task.address not in staff.addresses and _may(turn, directory, staff, task, ticket):
            found[staff.id] = staff
    return list(found.values())


def _may(turn: Turn, directory: Directory, staff: Staff, task: Task, ticket: Ticket | None) -> bool:
    person = person_of(turn, staff, directory)
    if ticket is not None:
        return may(person, Act.SEE, ticket)
    data = task.data or {}
    if task.kind == "appeal" and data.get("by") == staff.id:
        return False  # somebody else decides
    area, type_ = str(data.get("area", "")), str(data.get("type", ""))
    walled = behind_the_wall(turn.town.kinds.get(str(data.get("kind", ""))), Type(type_ or Type.HELP))
    return (person.walled or not walled) and (person.areas is None or not area or area in person.areas)


def _said(turn: Turn, task: Task) -> dict[str, str]:
    """What the news say of something that is no ticket: a draft nobody confirmed, somebody who wants to talk."""
    data = task.data or {}
    words = " ".join(str(data.get("text", "") or data.get("draft", "")).split())
    where = str(data.get("place", "")) or turn.words_in("")("news.no_place")
    return {"text": shortened(words, WORDS) or "…", "where": where, "task": task.key}

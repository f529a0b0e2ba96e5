"""Talking with a person of the desk: asking for one, and words that go to whoever took the talk."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from bot.changes import Looked, Task
from bot.domain.people import PAGE, Address, Staff
from bot.message import Lane, Push, Reply
from bot.turn import Turn
from handlers import tasks
from handlers.naming import moment

TALK_LIFE = timedelta(hours=2)
"""So long after the last word a talk goes on; later words are a new matter."""

OPEN = 200
"""So many open talks are looked through for somebody's own."""


async def called(turn: Turn) -> Reply:
    """Put the talk before the duty supervisor, and name the hotline for those who cannot wait. Nobody stands twice."""
    waiting = await open_talk(turn, turn.address)
    turn.remember(talking_until=turn.now + TALK_LIFE)
    contacts = turn.town.contacts
    hours = contacts.hotline_hours
    if turn.session.locale == "en":
        hours = contacts.hotline_hours_en or hours
    if waiting is None:
        tasks.opened(turn, _task(turn))
    calendar = turn.guide.calendar
    on_duty = any(staff.on_duty(turn.now) for staff in (await turn.read.directory()).duty("", turn.now))
    if calendar.is_open(turn.now) or on_duty:
        return turn.say("human.done", hotline=contacts.hotline, hours=hours)
    opens = moment(turn, calendar.next_opening(turn.now))
    return turn.say("human.later", hotline=contacts.hotline, hours=hours, at=opens)


async def forwarded(turn: Turn, text: str) -> Reply | None:
    """The answer to words that went to the supervisor who took this person's talk; None where they go elsewhere.

    Who has begun to say a matter since then says that matter.
    """
    until = turn.session.talking_until
    if until is None or not text.strip():
        return None
    task = await open_talk(turn, turn.address) if turn.now < until else None
    if task is None:
        turn.remember(talking_until=None)
        return None
    data = task.data or {}
    staff = (await turn.read.directory()).by_id.get(str(data.get("who", "")))
    if staff is None or staff.removed_at is not None or staff.away_at(turn.now):
        return None
    draft = turn.session.draft
    if draft is not None and draft.touched_at >= datetime.fromisoformat(str(data["taken_at"])):
        return None
    message = turn.message
    assert message is not None  # noqa: S101 - only messages are forwarded
    to = _where(Address.parse(str(data["at"])), staff)
    turn.changes.looked.append(Looked(by=staff.id, what="push", at=turn.now, detail=task.key))
    turn.remember(talking_until=turn.now + TALK_LIFE)
    if to is None:
        return turn.say("talk.passed_on")  # the page of the talk shows it
    voice = turn.voice((await turn.read.sessions([to])).get(to))
    turn.changes.push(
        Push(
            key=f"talk:{message.address.channel}:{message.key}",
            address=to,
            reply=Reply(
                voice.words("talk.from_resident", who=alias(turn.address), text=text),
                slot=f"talk:{handle(task)}:{message.key}",
            ),
            created_at=turn.now,
            lane=Lane.REPLY,
        )
    )
    return turn.say("talk.passed_on")


def _where(at: Address, staff: Staff) -> Address | None:
    """Where words reach whoever took a talk: there, or, where that was on a page, in their chat."""
    return next(iter(staff.addresses), None) if at.channel == PAGE else at


async def open_talk(turn: Turn, address: Address) -> Task | None:
    """The talk that somebody asked for and nobody ended."""
    return next((task for task in await turn.read.tasks(("talk",), OPEN) if task.address == address), None)


def alias(address: Address) -> str:
    """What the desk calls somebody who talks with it: the same each time, and nobody's name."""
    return sha256(str(address).encode()).hexdigest()[:4].upper()


def handle(task: Task) -> str:
    """A short name of a task that fits on a button and says nothing of whose it is."""
    return handle_of(task.key)


def handle_of(key: str) -> str:
    """The `handle` of the task with that key."""
    return sha256(key.encode()).hexdigest()[:12]


def _task(turn: Turn) -> Task:
    draft, recent = turn.session.draft, turn.session.recent
    chance = turn.token()  # no name that says whose talk it is: keys stay in the log when the person has gone
    return Task(
        f"talk:{chance}",
        "talk",
        chance,
        turn.now,
        address=turn.address,
        data={
            "draft": draft.text if draft else "",
            "ticket": recent[0].ticket if recent else "",
            "kind": draft.kind if draft else "",
            "type": draft.type if draft else "",
            "area": draft.place.area if draft and draft.place else "",
        },
    )

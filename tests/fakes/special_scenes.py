"""Scenes of special cases: for each kind of timer of theirs one in which it has something to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.changes import Changes, Timer
from bot.domain import special as rules
from bot.domain.numbers import make
from bot.domain.people import Address
from bot.domain.special import Special, State, Step
from bot.domain.ticket import Status
from bot.domain.work import AnswerDraft, Outcome, Work
from bot.message import Push, Reply
from handlers import looking
from tests.fakes import timer_scenes
from tests.fakes.newsroom import MORNING, NUMBER, UNIT, Newsroom

LI, ZHOU = Address("chat", "li"), Address("chat", "zhou")
SPECIAL = f"{rules.PREFIX}{make(MORNING.date(), 9)}"
SECOND, THIRD = make(MORNING.date(), 2), make(MORNING.date(), 3)
ANSWER = AnswerDraft(outcome=Outcome.SOLVED, text="路灯已经修好，请放心。", by="wang", submitted_at=MORNING)


async def opened(room: Newsroom, status: Status = Status.IN_PROGRESS, **fields: Any) -> Special:
    """A special case of one ticket, li's, which wang has."""
    await timer_scenes.people(room)
    now = room.clock.now()
    given: dict[str, Any] = {
        "state": State.OPEN,
        "opened_at": now,
        "due_at": now + timedelta(days=14),
        **fields,
    }
    special = Special(
        number=SPECIAL,
        title="路灯",
        unit=UNIT,
        kind="street-lights",
        areas=("qiaonan",),
        tickets=(NUMBER,),
        by="boss",
        **given,
    )
    together = status is Status.IN_PROGRESS
    work = Work(taken_at=now, special=SPECIAL, together=together, last_answer=None if together else ANSWER, answers=1)
    await room.file(reporter=LI, status=status, handler="wang", work=work)
    event = special.event(Step.OPEN, now, "boss")
    await room.store.commit(Changes(at=now, specials=[(special, event)]))
    return special


async def answered(room: Newsroom, **fields: Any) -> Special:
    """The same, answered just now."""
    fields = {"state": State.ANSWERED, "answered_at": room.clock.now(), "round": 1, "last_answer": ANSWER, **fields}
    return await opened(room, Status.CLOSED, **fields)


async def shared(room: Newsroom) -> Timer:
    """Three people with one matter."""
    await timer_scenes.people(room)
    for number, who in ((NUMBER, LI), (SECOND, ZHOU), (THIRD, Address("chat", "wu"))):
        await room.file(number, reporter=who, kind="roads", area="qiaonan")
    return await timer_scenes.put(room, timer_scenes.later(room, "shared", THIRD))


async def special_due(room: Newsroom) -> Timer:
    now = room.clock.now()
    special = await opened(room, opened_at=now - timedelta(days=14), due_at=now + timedelta(hours=1))
    return await timer_scenes.put(room, Timer("special_due", special.number, special.due_at, 2))


async def special_answer(room: Newsroom) -> Timer:
    await opened(room, Status.ANSWERED, answer=ANSWER)
    return await timer_scenes.put(room, timer_scenes.later(room, "special_answer", SPECIAL))


async def special_delivered(room: Newsroom) -> Timer:
    await answered(room)
    return await timer_scenes.put(room, timer_scenes.later(room, "special_delivered", address=LI))


async def look_back(room: Newsroom) -> Timer:
    await answered(room, answered_at=room.clock.now() - timedelta(days=30))
    return await timer_scenes.put(room, timer_scenes.later(room, "look_back", SPECIAL, 30))


async def look_back_ask(room: Newsroom) -> Timer:
    await answered(room, answered_at=room.clock.now() - timedelta(days=30))
    return await timer_scenes.put(room, timer_scenes.later(room, "look_back_ask", f"{NUMBER}|{LI}", 30, LI))


async def look_back_reminder(room: Newsroom) -> Timer:
    special = await answered(room, answered_at=room.clock.now() - timedelta(days=33))
    key = looking.key(special, 30, LI)
    push = Push(key=key, address=LI, reply=Reply("x", ticket=NUMBER), created_at=room.clock.now(), ticket=NUMBER)
    timer = timer_scenes.later(room, "look_back_reminder", f"{NUMBER}|{LI}", 30, LI)
    await timer_scenes.put(room, timer, pushes=[push])
    await room.outbox()
    return timer


async def came_back(room: Newsroom) -> Timer:
    await answered(room, back=(NUMBER,), by_filer=True)
    return await timer_scenes.put(room, timer_scenes.later(room, "came_back", SPECIAL, 1))


SCENES = {
    scene.__name__: scene
    for scene in (
        *(shared, special_due, special_answer, special_delivered),
        *(look_back, look_back_ask, look_back_reminder, came_back),
    )
}
"""Kind -> its scene."""

"""An act on many tickets goes on, a few in each turn, so that nobody's message waits for it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.domain.people import PAGE
from bot.domain.permission import Act
from bot.message import Lane, Push, Reply
from bot.turn import Turn
from handlers.staff.me import Me, acting
from handlers.supervisor.bulk import CHUNK, Plan, carried_out

SAID_EVERY = 5
"""After so many turns whoever began it hears how far it is."""

PAUSE = timedelta(seconds=1)


async def go_on(turn: Turn) -> None:
    """Do the next few; in the end say how many it was done on."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    task = await turn.read.task(timer.subject)
    if task is None or task.address is None:
        return
    me, data = await acting(turn, task.address), task.data or {}
    numbers = data["numbers"]
    assert isinstance(numbers, list)  # noqa: S101 - written by `handlers.supervisor.bulk`
    if me is None or not me.may(Act.BULK):
        turn.changes.closed_tasks.append(task.key)
        return
    plan = Plan(action=str(data["action"]), unit=str(data["unit"]), words=str(data["words"]))
    begin, end = timer.level * CHUNK, (timer.level + 1) * CHUNK
    done = int(str(data["done"])) + await carried_out(turn, me, plan, numbers[begin:end])
    if end < len(numbers):
        turn.changes.tasks.append(replace(task, data={**data, "done": done}))
        turn.changes.timer(replace(timer, due_at=turn.now + PAUSE, level=timer.level + 1))
        if (timer.level + 1) % SAID_EVERY == 0:
            _say(turn, me, f"{task.key}:{timer.level}", "bulk.progress", count=end, all=len(numbers))
        return
    turn.changes.closed_tasks.append(task.key)
    _say(turn, me, f"{task.key}:end", "bulk.done", count=done, left=len(numbers) - done)


def _say(turn: Turn, me: Me, key: str, text: str, **params: int) -> None:
    """Tell whoever began it, in chat where it was begun on a page: nothing is pushed to pages."""
    to = turn.address if turn.address.channel != PAGE else next(iter(me.staff.addresses), None)
    if to is not None:
        reply = Reply(turn.words(text, **params))
        turn.changes.push(Push(key=key, address=to, reply=reply, created_at=turn.now, lane=Lane.REPLY))

"""What waits for somebody at the desk: who is on duty is told when it opens, and again when nobody saw to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.changes import Task, Timer
from bot.turn import Turn

ALARMING = frozenset({"danger", "listen"})
"""Kinds that may be about life and limb: told day and night."""

AGAIN_AFTER: Mapping[str, timedelta] = {"danger": timedelta(minutes=15), "talk": timedelta(minutes=10)}
"""After how long everybody at the desk is told that nobody saw to it; others when the task's own time is over."""


def opened(turn: Turn, task: Task) -> None:
    """Open a task, and have the desk told of it (timer ``task``: level 0 now, level 1 when nobody saw to it)."""
    turn.changes.tasks.append(task)
    turn.changes.timer(Timer("task", task.key, turn.now))
    late = turn.now + AGAIN_AFTER[task.kind] if task.kind in AGAIN_AFTER else task.due_at
    calendar = turn.guide.calendar
    if task.kind == "talk" and not calendar.is_open(turn.now):
        late = calendar.next_opening(turn.now) + AGAIN_AFTER["talk"]
    if late is not None and task.kind != "pool":  # the pool has a ladder of its own
        turn.changes.timer(Timer("task", task.key, late, 1))

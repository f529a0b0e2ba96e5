"""The queue of appeals against holds, for those who did not set them."""

from __future__ import annotations

from bot.changes import Looked
from bot.turn import Turn
from bot.views.lists import Item, Tap
from handlers.naming import moment, shortened
from handlers.pages.queue_items import TEXT, facts_of
from handlers.pages.waits import LOOKED_AT, Waits
from handlers.resident.appealing import KIND
from handlers.resident.talking import alias, handle
from handlers.staff.me import Me
from handlers.supervisor import queues


async def waiting(turn: Turn, me: Me) -> list[Waits]:
    """Appeals this person may decide about, the oldest first."""
    found = await turn.read.tasks((KIND,), LOOKED_AT)
    return [Waits(tasks=(task,)) for task in found if queues.may_see_task(turn, me, task)]


async def appeal(turn: Turn, me: Me, waits: Waits) -> Item:
    """An appeal: what the person was told, what they say, and how to decide."""
    task, data = waits.tasks[0], waits.tasks[0].data or {}
    name = handle(task)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, detail=task.key))
    facts = [
        ("since", moment(turn, task.opened_at)),
        ("until", moment(turn, task.due_at) if task.due_at is not None else ""),
        ("reason", str(data.get("reason", ""))),
    ]
    who = alias(task.address) if task.address is not None else name
    return Item(
        id=name,
        title=turn.words("queues.appeal", who=who),
        words=shortened(str(data.get("text", "")), TEXT) or turn.words("appeals.no_words"),
        facts=facts_of(turn, facts),
        taps=(
            Tap(f"staff:appeal_lift={name}", turn.words("choice.appeal_lift")),
            Tap(f"staff:appeal_keep={name}", turn.words("choice.appeal_keep"), second=True),
        ),
    )

"""A held person does not agree: somebody else than who set the hold looks at it, and decides."""

from __future__ import annotations

from collections.abc import Mapping

from bot.changes import Task
from bot.domain.holds import Step
from bot.domain.words import desk_word
from bot.message import Reply
from bot.turn import Turn
from handlers import tasks
from handlers.naming import moment, shortened

KIND = "appeal"
WORDS = 500
LONGEST_WORD = 24


async def appeal(turn: Turn) -> Reply:
    """Put the hold before another supervisor; once for a hold. Words behind the desk word say why."""
    hold = await turn.read.hold(turn.address, turn.now)
    if hold is None:
        return turn.say("appeal.none")
    if hold.appealed_at is not None:
        key = "appeal.waits" if hold.step is Step.APPEAL else "appeal.decided"
        return turn.say(key, until=moment(turn, hold.until))
    text = turn.message.text if turn.message is not None else ""
    words = shortened(" ".join(text.split()[1:]), WORDS)
    turn.changes.holds.append(hold.after(Step.APPEAL, str(turn.address), turn.now, words))
    due = turn.guide.calendar.after_working_hours(turn.now, turn.town.limits.decide_hours).at
    task = Task(
        f"{KIND}:{hold.id}",
        KIND,
        hold.id,
        turn.now,
        due_at=due,
        address=turn.address,
        data={"by": hold.by, "text": words, "reason": hold.reason},
    )
    tasks.opened(turn, task)
    return turn.say("appeal.done", due=moment(turn, due))


def is_appeal(text: str, vocabulary: Mapping[str, str]) -> bool:
    """Whether a text is the desk word for it with words behind it."""
    head = text.split(maxsplit=1)
    return len(head) > 1 and len(head[0]) <= LONGEST_WORD and vocabulary.get(desk_word(head[0])) == KIND

"""What time does to a draft: the card after a quiet window, reminders, and the hand-over to staff."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Timer
from bot.conversation.draft import Draft
from bot.conversation.states import step
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import tasks
from handlers.naming import title
from handlers.resident import card, changing, collecting


def show_card(turn: Turn) -> Reply | None:
    """The quiet window has passed: one card for everything that came."""
    draft = _subject(turn)
    return collecting.card_now(turn, draft) if draft else None


def danger(turn: Turn) -> Reply | None:
    """A dangerous matter was not confirmed in time: staff get it as it is, and the person still can confirm."""
    draft = _subject(turn)
    if draft is None:
        return None
    tasks.opened(turn, changing.unconfirmed_task(turn, draft, "danger"))
    return Reply(turn.words("danger.handed_over"), card.show(turn, draft).choices, "")


def reminder(turn: Turn) -> Reply | None:
    """Ask about a draft that lies unconfirmed; in the end staff decide about it.

    The hours count from when it was touched last, so a timer that finds it touched since waits again.
    """
    draft = _subject(turn)
    if draft is None:
        return None
    limits = turn.town.limits
    schedule = (*limits.draft_reminders, limits.draft_ends)
    due = draft.touched_at + schedule[min(draft.reminders, len(schedule) - 1)]
    if turn.now < due:
        turn.changes.timer(Timer("draft", draft.id, due, draft.reminders, turn.address))
        return None
    if draft.reminders >= len(limits.draft_reminders):
        _end(turn, draft)
        return None
    draft = _keep_in_place(turn, replace(draft, reminders=draft.reminders + 1))
    following = draft.touched_at + schedule[draft.reminders]
    turn.changes.timer(Timer("draft", draft.id, max(following, turn.now), draft.reminders, turn.address))
    if draft.empty:
        return None
    return turn.say(
        "remind.draft",
        card.choice(turn, draft, "confirm"),
        Choice(f"{draft.id}:back", turn.words("choice.show")),
        card.choice(turn, draft, "cancel"),
        title=title(turn, draft),
    )


def _end(turn: Turn, draft: Draft) -> None:
    """Words, a voice or a picture go to the pool as "unconfirmed"; only what is empty is dropped."""
    if draft.said or draft.enclosed:
        step(draft.state, "hand_over")
        tasks.opened(turn, changing.unconfirmed_task(turn, draft, "unconfirmed"))
    else:
        step(draft.state, "drop")
    collecting.forget(turn, draft)


def _subject(turn: Turn) -> Draft | None:
    assert turn.timer is not None  # noqa: S101 - only timers come here
    return turn.session.find(turn.timer.subject)


def _keep_in_place(turn: Turn, draft: Draft) -> Draft:
    turn.remember(drafts=tuple(draft if d.id == draft.id else d for d in turn.session.drafts))
    return draft

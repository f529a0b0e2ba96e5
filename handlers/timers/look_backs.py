"""Looking back: 30 and 90 days after an answer reached somebody, they are asked whether the matter came back."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.changes import Timer
from bot.conversation.session import LookingBack
from bot.domain import special as rules
from bot.domain.people import Address
from bot.domain.special import Special
from bot.domain.ticket import Ticket
from bot.message import Push, Reply
from bot.turn import Turn
from handlers import discretion, looking, notices, wording
from handlers.naming import ticket_title

SLACK = timedelta(days=1)
"""The answer of a special case is complete a little after it has left."""


def begin(turn: Turn, ticket: Ticket, address: Address, since: datetime) -> None:
    """The answer to a ticket of a special case has reached somebody: from now on their days run."""
    if ticket.work.special:
        for stage in rules.STAGES:
            due = since + timedelta(days=stage)
            turn.changes.timer(Timer("look_back_ask", _subject(ticket, address), due, stage, address))


def _subject(ticket: Ticket, address: Address) -> str:
    """Several people of a ticket may have been reached in the same moment."""
    return f"{ticket.number}|{address}"


async def delivered(turn: Turn) -> None:
    """The answer of a special case has reached somebody whose own ticket had been answered before."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(timer.subject)
    if ticket is not None and timer.address is not None:
        begin(turn, ticket, timer.address, min(timer.due_at, turn.now))


async def ask(turn: Turn) -> None:
    """Ask one person, once, by whichever of their channels had the answer first; at a decent hour."""
    timer, found = turn.timer, await _found(turn)
    if timer is None or found is None:
        return
    ticket, special = found
    answered_at = special.answered_at
    if answered_at is None or timer.due_at + SLACK < answered_at + timedelta(days=timer.level):
        return  # of an earlier answer
    for address in await looking.same_person(turn, ticket, turn.address):
        if await turn.read.push_state(looking.key(special, timer.level, address)) is not None:
            return
    later = notices.quiet_until(turn)
    if later is not None:
        turn.changes.timer(replace(timer, due_at=later))
        return
    await _push(turn, ticket, special, timer.level, "look_back", looking.key(special, timer.level, turn.address))
    again = turn.now + rules.REMIND_AFTER
    turn.changes.timer(Timer("look_back_reminder", _subject(ticket, turn.address), again, timer.level, turn.address))
    turn.remember(looking=LookingBack(ticket.number, special.number, timer.level, turn.now))


async def reminder(turn: Turn) -> None:
    """Ask once more, and no second time; not those who want few notices, nor whom the first has not reached."""
    timer, found = turn.timer, await _found(turn)
    if timer is None or found is None or turn.session.muted:
        return
    ticket, special = found
    first = looking.key(special, timer.level, turn.address)
    state = await turn.read.push_state(first)
    if state is None or state.state not in ("sent", "told", "unclear"):
        return
    if await looking.said(turn, ticket, special, timer.level) is not None:
        return
    later = notices.quiet_until(turn)
    if later is not None:
        turn.changes.timer(replace(timer, due_at=later))
        return
    await _push(turn, ticket, special, timer.level, "look_back_again", f"{first}:again")
    turn.remember(looking=LookingBack(ticket.number, special.number, timer.level, turn.now))


async def _found(turn: Turn) -> tuple[Ticket, Special] | None:
    """The timer's ticket and its special case, while they are asked about it and it is this person's."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    number, _, _ = turn.timer.subject.partition("|")
    ticket = await turn.read.ticket(number)
    if ticket is None or not ticket.work.special or ticket.walled:
        return None
    special = await turn.read.special(ticket.work.special)
    if special is None or special.state not in rules.LOOKING_BACK:
        return None
    return (ticket, special) if await turn.read.owns(turn.address, ticket.number) else None


async def _push(turn: Turn, ticket: Ticket, special: Special, stage: int, what: str, key: str) -> None:
    voice, shown = turn.voice(turn.session), await discretion.shown(turn, ticket)
    text = voice.words(f"told.{what}", number=ticket.number, title=ticket_title(voice, shown), days=stage)
    turn.changes.push(
        Push(
            key=key,
            address=turn.address,
            reply=Reply(text, looking.choices(voice, ticket, stage), ticket=ticket.number),
            created_at=turn.now,
            ticket=ticket.number,
            reserve=True,
            brief=wording.told_brief(turn, shown, "look_back"),
        )
    )

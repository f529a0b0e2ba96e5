"""Undelivered climbs: what did not reach somebody in time goes to their next address, then to the next in the chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.changes import Note, Timer
from bot.domain.directory import Directory
from bot.domain.numbers import parse as parse_number
from bot.domain.people import DESK, Address, Staff
from bot.domain.ticket import Action, Ticket
from bot.message import KNOCKED, Lane, Push, Reply
from bot.ports import PushState
from bot.turn import Turn
from handlers import case, reaching
from handlers.notices import put, quiet_until

PATIENCE = timedelta(minutes=30)
URGENT_PATIENCE = timedelta(minutes=5)
"""How long a push to staff may lie undelivered (rule book, "Overdue ladder")."""

URGENT = 1
"""The level of a timer that looks after an urgent push."""


def send(turn: Turn, push: Push, *, urgent: bool) -> None:
    """Push something to a member of staff, and look later whether it came."""
    turn.changes.push(push)
    due = turn.now + (URGENT_PATIENCE if urgent else PATIENCE)
    turn.changes.timer(Timer("undelivered", push.key, due, URGENT if urgent else 0))


def arrived(state: PushState) -> bool:
    """Whether a person has had it, or knows that it is there."""
    return state.state in ("sent", "told", "recalled") or (state.state == "kept" and state.reason == KNOCKED)


async def look(turn: Turn) -> None:
    """A push should have arrived by now; if it has not, somebody else gets it."""
    timer = turn.timer
    assert timer is not None  # noqa: S101 - only timers come here
    state = await turn.read.push_state(timer.subject)
    if state is None or arrived(state):
        return
    directory = await turn.read.directory()
    staff = directory.at(state.address)
    if staff is None or state.reply is None:
        return
    urgent = timer.level == URGENT
    following = await _next_address(turn, staff, state.address)
    if following is not None:
        again = Push(
            key=f"{timer.subject}>{following}",
            address=following,
            reply=state.reply,
            created_at=turn.now,
            lane=Lane.URGENT if urgent else Lane.NOTICE,
            ticket=state.reply.ticket,
        )
        send(turn, again, urgent=urgent)
        return
    tickets = [ticket for number in _numbers(state.reply) if (ticket := await turn.read.ticket(number)) is not None]
    await pass_on(turn, directory, staff, tickets, timer.subject, urgent=urgent)


async def pass_on(
    turn: Turn, directory: Directory, staff: Staff, tickets: Iterable[Ticket], key: str, *, urgent: bool
) -> None:
    """What somebody could not be told goes to the next in the chain who can be, and is noted on each ticket.

    ``key`` names what was to be told. Outside the quiet hours it goes at once. Of a ticket that had several news one
    note is enough.
    """
    groups = list(reaching.chain(turn, directory, staff))
    sessions = await reaching.sessions_of(turn, (s for group in groups for s in group))
    at_once = urgent or quiet_until(turn) is None
    for number in dict.fromkeys(each.number for each in tickets):
        # What was to be shown may be masked, and what was noted in this turn counts: neither is what ``tickets`` hold.
        ticket = turn.changes.tickets.get(number) or await turn.read.ticket(number)
        if ticket is None or not ticket.open:
            continue
        heard: list[Staff] = []
        for group in groups:
            for each in group:
                able = each.id != staff.id and not each.away_at(turn.now) and reaching.open_addresses(sessions, each)
                if able and await reaching.may_hear(turn, directory, each, ticket):
                    heard.append(each)
            if heard:
                break
        for each in heard:
            _put(turn, each, staff, ticket, key, urgent=at_once)
        _noted(turn, staff, heard, ticket)


def _put(turn: Turn, to: Staff, staff: Staff, ticket: Ticket, key: str, *, urgent: bool) -> None:
    note = Note(
        key=f"undelivered:{key}:{ticket.number}>{to.id}",
        box=f"staff:{to.id}",
        what="undelivered",
        ticket=ticket.number,
        at=turn.now,
        params={"name": staff.name},
        urgent=urgent,
    )
    put(turn, note, turn.now)


def _noted(turn: Turn, staff: Staff, heard: list[Staff], ticket: Ticket) -> None:
    if any(e.ticket == ticket.number and e.data.get("undelivered") == staff.id for e in turn.changes.events):
        return
    words = turn.words_in("")
    names = words("list.comma").join(each.name for each in heard) or words("list.none")
    text = words("undelivered.noted", name=staff.name, names=names)
    data = {"undelivered": staff.id, "text": text, "to": [each.id for each in heard]}
    case.moved(turn, ticket, Action.NOTE, DESK, data)


async def _next_address(turn: Turn, staff: Staff, tried: Address) -> Address | None:
    sessions = await reaching.sessions_of(turn, [staff])
    later = staff.addresses[staff.addresses.index(tried) + 1 :]
    return next((address for address in reaching.open_addresses(sessions, staff) if address in later), None)


def _numbers(reply: Reply) -> list[str]:
    """The tickets a push speaks of: its own, and those its choices lead to."""
    tokens = [reply.ticket, *(choice.token.partition(":")[0] for choice in reply.choices)]
    return list(dict.fromkeys(number for token in tokens if (number := parse_number(token))))

"""Who is told what, and how soon: at once, or folded with other news (rule book, "Notices" and "Overdue ladder")."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from bot.changes import Note, Timer
from bot.conversation.session import Session
from bot.domain.people import Address, Staff
from bot.domain.ticket import Ticket
from bot.message import Choice, Push, Reply
from bot.turn import Turn, Voice
from handlers import calls, discretion, page_links
from handlers.naming import ticket_title
from handlers.wording import local, said, told, told_brief

__all__ = ["local", "news_for_residents", "said", "tell_residents", "tell_staff", "tell_unit"]

GATHER = timedelta(seconds=10)
"""News of so many seconds is opened together; it also keeps the number of timers small in a storm."""

SETTLING = timedelta(seconds=5)
"""How long after that: whoever put news into a box in the last moment must have committed it when it is opened."""

PUSH_GAP = timedelta(minutes=10)
"""A member of staff gets one push in this time, outside danger and red."""

NEWS_GAP = timedelta(hours=4)
"""Residents get one push of folded news in this time, for each ticket."""

STAFF_PUSH_LIFE = timedelta(hours=48)
"""A push to staff that could not be sent is worth nothing later: the to-do list says more."""

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
"""The quiet hours, in the town's time; only danger and direct replies go then."""

NOTHING: Mapping[str, str] = {}


def no_choices(_voice: Voice) -> tuple[Choice, ...]:
    """Nothing to tap."""
    return ()


def nothing_below(_voice: Voice) -> str:
    """Nothing more to say."""
    return ""


async def tell_residents(
    turn: Turn,
    ticket: Ticket,
    what: str,
    choices: Callable[[Voice], tuple[Choice, ...]] = no_choices,
    *,
    then: str = "",
    reserve: bool = False,
    params: Mapping[str, str] = NOTHING,
    brief: str = "",
    below: Callable[[Voice], str] = nothing_below,
    owed: bool = True,
    linked: bool = False,
) -> None:
    """Push ``told.<what>`` to everybody a ticket belongs to, each in their language, now.

    For what is never folded: question, new date, answer, rejected, re-opened, and every end. ``then`` is the timer that
    its delivery sets (see `Push`); ``reserve`` may use the credits kept for answers and reviews. The texts may use
    ``number`` and ``title`` besides ``params``, which are as `said` takes them. ``brief`` is the name of the `Brief`
    where that is not ``what``. ``below`` stands under the text, with what is asked; ``linked``: then where they find
    their page. Where no message reaches anybody,
    somebody is to call or visit them (`calls.owed`), unless nothing is ``owed``.
    """
    reporters = await turn.read.reporters(ticket.number)
    sessions = await turn.read.sessions(r.address for r in reporters)
    for reporter in reporters:
        if reporter.address == turn.address and turn.message is not None:
            continue  # they are being answered
        voice = turn.voice(sessions.get(reporter.address))
        shown = discretion.in_role(turn.guide, ticket, reporter.role)
        title = ticket_title(voice, shown)
        page = page_links.url(turn, ticket.number, reporter.address, sessions.get(reporter.address))
        link = voice.words("rpage.link", url=page) if linked and page else ""
        text = "\n".join(filter(None, (told(voice, what, ticket.number, title, params), below(voice), link)))
        turn.changes.push(
            Push(
                key=f"told:{what}:{ticket.number}:{ticket.seq}:{reporter.address}",
                address=reporter.address,
                reply=Reply(text, choices(voice), ticket=ticket.number),
                created_at=turn.now,
                ticket=ticket.number,
                reserve=reserve,
                brief=told_brief(turn, shown, what, brief, page=page),
                then=then,
            )
        )
    if owed and not calls.anybody_reachable(reporters, sessions) and await calls.can_be_called(turn, ticket):
        voice = turn.voice(None)
        calls.owed(turn, ticket, what, told(voice, what, ticket.number, ticket_title(voice, ticket), params))


async def news_for_residents(turn: Turn, ticket: Ticket, what: str, **params: str) -> None:
    """News that may be folded (taken, progress, transfer, urges seen): one push per ticket and 4 hours at most."""
    for reporter in await turn.read.reporters(ticket.number):
        address = reporter.address
        if address == turn.address and turn.message is not None:
            continue
        turn.changes.notes.append(
            Note(
                key=f"{what}:{ticket.number}:{ticket.seq}:{address}",
                box=str(address),
                topic=ticket.number,
                what=what,
                ticket=ticket.number,
                at=turn.now,
                params=params,
            )
        )
        turn.changes.timer(Timer("news", f"{ticket.number}|{address}", gathered(turn.now), address=address))


def tell_staff(
    turn: Turn,
    people: Iterable[Staff],
    what: str,
    ticket: Ticket | None,
    *,
    urgent: bool = False,
    about: str = "",
    **params: str,
) -> None:
    """Put news before members of staff (not before who is acting now). Each gets it once whatever happens twice.

    ``about`` tells news of one name apart ("": by the ticket's last event, or this moment).
    """
    acting = {turn.address, turn.message.person} if turn.message is not None else set()
    for staff in people:
        if not acting.isdisjoint((staff.page, *staff.addresses)):
            continue
        _put(turn, f"staff:{staff.id}", what, ticket, urgent, about, params)


def tell_unit(turn: Turn, unit: str, what: str, ticket: Ticket, *, urgent: bool = False, **params: str) -> None:
    """Put news before whoever works in a unit when it is opened: its handlers, or who stands in for them."""
    _put(turn, f"unit:{unit}", what, ticket, urgent or bool(ticket.danger), "", params)


def _put(
    turn: Turn, box: str, what: str, ticket: Ticket | None, urgent: bool, about: str, params: Mapping[str, str]
) -> None:
    about = about or (f"{ticket.number}:{ticket.seq}" if ticket else turn.now.isoformat())
    note = Note(
        key=f"{what}:{about}:{box}",
        box=box,
        what=what,
        ticket=ticket.number if ticket else "",
        at=turn.now,
        params=dict(params),
        urgent=urgent,
    )
    # Danger does not wait for the others of its ten seconds.
    at_once = urgent and (ticket is None or bool(ticket.danger))
    put(turn, note, turn.now if at_once else gathered(turn.now))


def put(turn: Turn, note: Note, opened: datetime) -> None:
    """Put news into a box of staff, to be opened at a moment.

    What has fired never fires again, so a timer for this very moment has a level of its own.
    """
    turn.changes.notes.append(note)
    if any(t.kind == "fold" and t.subject == note.box and t.due_at == opened for t in turn.changes.timers):
        return
    level = zlib.crc32(note.key.encode()) >> 1 if opened <= turn.now else 0
    turn.changes.timer(Timer("fold", note.box, opened, level))


def gathered(now: datetime) -> datetime:
    """A little after the end of the ten seconds in which a moment lies: news of one span share a timer."""
    span = GATHER.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // span + 1) * span, now.tzinfo) + SETTLING


def quiet_until(turn: Turn) -> datetime | None:
    """When the quiet hours end, in UTC; None when it is not quiet now."""
    local_now = turn.now.astimezone(turn.guide.calendar.zone)
    if QUIET_UNTIL <= local_now.time() < QUIET_FROM:
        return None
    day = local_now.date() + timedelta(days=local_now.time() >= QUIET_FROM)
    return datetime.combine(day, QUIET_UNTIL, local_now.tzinfo).astimezone(UTC)


def reachable(sessions: Mapping[Address, Session], staff: Staff) -> bool:
    """Whether at least one of their addresses takes messages."""
    return any((s := sessions.get(a)) is None or s.reachable for a in staff.addresses)

"""Who is told what, and how soon: at once, or folded with other news (rule book, "Notices" and "Overdue ladder")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from bot.changes import Note, Timer
from bot.conversation.session import Session
from bot.domain.people import Address, Staff
from bot.domain.ticket import Ticket
from bot.message import Brief, Choice, Push, Reply
from bot.turn import Turn, Voice
from handlers.naming import Speaking, area_name, kind_name, moment, ticket_title, type_name, unit_name

GATHER = timedelta(seconds=10)
"""News of so many seconds is opened together; it also keeps the number of timers small in a storm."""


NOTHING: Mapping[str, str] = {}


def no_choices(_voice: Voice) -> tuple[Choice, ...]:
    """Nothing to tap."""
    return ()


async def tell_residents(
    turn: Turn,
    ticket: Ticket,
    what: str,
    choices: Callable[[Voice], tuple[Choice, ...]] = no_choices,
    *,
    then: str = "",
    reserve: bool = False,
    params: Mapping[str, str] = NOTHING,
) -> None:
    """Push ``told.<what>`` to everybody a ticket belongs to, each in their language, now.

    For what is never folded: question, new date, answer, rejected, re-opened, and every end. ``then`` is the timer that
    its delivery sets (see `Push`); ``reserve`` may use the credits kept for answers and reviews. The texts may use
    ``number`` and ``title`` besides ``params``, which are as `said` takes them.
    """
    reporters = await turn.read.reporters(ticket.number)
    sessions = await turn.read.sessions(r.address for r in reporters)
    for reporter in reporters:
        if reporter.address == turn.address and turn.message is not None:
            continue  # they are being answered
        voice = turn.voice(sessions.get(reporter.address))
        title = ticket_title(voice, ticket)
        text = voice.words(f"told.{what}", number=ticket.number, title=title, **said(voice, params))
        turn.changes.push(
            Push(
                key=f"told:{what}:{ticket.number}:{ticket.seq}:{reporter.address}",
                address=reporter.address,
                reply=Reply(text, choices(voice), ticket=ticket.number),
                created_at=turn.now,
                ticket=ticket.number,
                reserve=reserve,
                brief=Brief(what, {"number": ticket.number, "title": title}),
                then=then,
            )
        )


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

    ``about`` tells news of one name apart that are about no ticket.
    """
    for staff in people:
        if turn.message is not None and turn.address in staff.addresses:
            continue
        _put(turn, f"staff:{staff.id}", what, ticket, urgent=urgent, about=about, **params)


def tell_unit(turn: Turn, unit: str, what: str, ticket: Ticket, *, urgent: bool = False, **params: str) -> None:
    """Put news before whoever works in a unit when it is opened: its handlers, or who stands in for them."""
    _put(turn, f"unit:{unit}", what, ticket, urgent=urgent or bool(ticket.danger), **params)


def _put(
    turn: Turn, box: str, what: str, ticket: Ticket | None, *, urgent: bool, about: str = "", **params: str
) -> None:
    about = about or (f"{ticket.number}:{ticket.seq}" if ticket else turn.now.isoformat())
    note = Note(
        key=f"{what}:{about}:{box}",
        box=box,
        what=what,
        ticket=ticket.number if ticket else "",
        at=turn.now,
        params=params,
        urgent=urgent,
    )
    turn.changes.notes.append(note)
    turn.changes.timer(Timer("fold", box, turn.now if urgent else gathered(turn.now)))


def gathered(now: datetime) -> datetime:
    """The end of the ten seconds in which a moment lies: news of one span share a timer."""
    span = GATHER.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // span + 1) * span, now.tzinfo)


def reachable(sessions: Mapping[Address, Session], staff: Staff) -> bool:
    """Whether at least one of their addresses takes messages."""
    return any((s := sessions.get(a)) is None or s.reachable for a in staff.addresses)


def said(voice: Speaking, params: Mapping[str, str]) -> dict[str, str]:
    """Parameters as their reader reads them.

    ``unit``, ``kind``, ``type`` and ``area`` are codes, ``due``, ``until`` and ``at`` moments in ISO form; everything
    else is said as it is.
    """
    return {name: _SAID[name](voice, value) if name in _SAID and value else value for name, value in params.items()}


def _moment(voice: Speaking, iso: str) -> str:
    return moment(voice, datetime.fromisoformat(iso))


_SAID: Mapping[str, Callable[[Speaking, str], str]] = {
    "unit": unit_name,
    "before": unit_name,
    "kind": kind_name,
    "type": type_name,
    "area": area_name,
    "due": _moment,
    "until": _moment,
    "at": _moment,
}

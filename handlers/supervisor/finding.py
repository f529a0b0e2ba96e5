"""Search by number, name of the ticket's person, unit, or words; only what this person may see, and recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.changes import Looked
from bot.conversation.session import Composing
from bot.domain.numbers import parse as parse_number
from bot.domain.permission import Act
from bot.domain.search import wanted as words_wanted
from bot.domain.ticket import Status, Ticket
from bot.domain.unit_names import units_called
from bot.domain.wall import open_to
from bot.domain.words import fold
from bot.message import Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.staff import looking
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor import glance

FOUND = 60
"""So many tickets of each way of finding are shown; whoever needs more says more words."""

OWN = 100
ENDING = 3
"""A number of at least so many digits may be the end of a ticket's."""


async def find(turn: Turn, me: Me, rest: str) -> Reply:
    """Tickets that match, ten at a time: `find words`."""
    said = " ".join(rest.split())
    if not said:
        return turn.say("find.how", usage=turn.words("usage.find"))
    turn.remember(composing=Composing(act="find", ticket="", at=turn.now, text=said))
    return await _listed(turn, me, said, 0)


async def more(turn: Turn, me: Me, rest: str) -> Reply:
    """The next ten of the last search."""
    composing = turn.session.composing
    if composing is None or composing.act != "find" or not composing.open(turn.now):
        return turn.say("find.how", usage=turn.words("usage.find"))
    return await _listed(turn, me, composing.text, int(rest) if rest.isdecimal() and len(rest) < 5 else 0)


async def search(turn: Turn, me: Me, said: str) -> list[Ticket]:
    """What matches and may be seen: a ticket by number, those of a unit named, those in which all the words stand."""
    found = await named(turn, me, said)
    if not parse_number(fold(said)):
        found |= {t.number: t for t in await worded(turn, me, said, FOUND)}
    return await theirs(turn, me, found.values())


async def named(turn: Turn, me: Me, said: str) -> dict[str, Ticket]:
    """The ticket with that number, those whose number ends so, those of a unit called so."""
    person, read, base = me.person, turn.read, everything(me)
    found: dict[str, Ticket] = {}
    if number := parse_number(fold(said)):
        ticket = await read.ticket(number)
        found = {ticket.number: ticket} if ticket is not None else {}
    else:
        digits = fold(said).replace("-", "")
        if digits.isdecimal() and len(digits) >= ENDING:
            found |= {t.number: t for t in await read.ending(digits, base)}
        named = units_called(turn.town, said)
        if len(named) == 1:
            of_unit = Wanted(
                units=(named[0].code,), areas=person.areas, walled=person.walled, not_kept_from=person.unit
            )
            found |= {t.number: t for t in await read.tickets(of_unit, FOUND)}
    return found


async def worded(turn: Turn, me: Me, said: str, limit: int, before: int | None = None) -> Sequence[Ticket]:
    """Those in which all the words stand, the newest first, from `bot.domain.search.place` ``before`` on."""
    return [t for t in await turn.read.found(said, everything(me), limit, before) if readable(me, t, said)]


async def theirs(turn: Turn, me: Me, found: Iterable[Ticket]) -> list[Ticket]:
    """Those of them that this person may see, their own matters left out."""
    own = {t.number for address in me.staff.addresses for t in await turn.read.tickets_of(address, OWN)}
    return [t for t in found if t.number not in own and me.may(Act.SEE, t)]


async def _listed(turn: Turn, me: Me, said: str, start: int) -> Reply:
    tickets = await search(turn, me, said)
    turn.changes.looked.append(Looked(by=me.id, what="search", at=turn.now, detail=said))
    return looking.listed(turn, me, tickets, start if start < len(tickets) else 0, "find.list", "find_more")


def everything(me: Me) -> Wanted:
    """All tickets that somebody may find, ended ones too."""
    return replace(glance.reach(me), statuses=tuple(Status))


def readable(me: Me, ticket: Ticket, said: str) -> bool:
    """Whether somebody may learn that these words stand in a ticket: behind the wall only what they read of it."""
    if open_to(me.person, ticket):
        return True
    readable = fold(f"{ticket.work.summary} {ticket.number} {ticket.alias}")
    return all(word in readable for word in words_wanted(said))


COMMANDS = table(
    Command("find", Act.FIND, desk=find),
    Command("find_more", Act.FIND, desk=more, hidden=True),
)

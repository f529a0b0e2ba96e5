"""Tickets in a list: somebody's own to-do, and all in reach, as the address asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.changes import Looked
from bot.domain import search
from bot.domain.colour import Colour
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.domain.wall import visible_text
from bot.domain.words import fold
from bot.ports import Wanted
from bot.turn import Turn
from bot.views.lists import Paging, TicketList
from handlers.pages import asked as asking
from handlers.pages import fields, rows, tinted
from handlers.pages.asked import ALL, Asked
from handlers.staff import looking
from handlers.staff.me import Me
from handlers.supervisor import bulk, finding, glance

PER_PAGE = 50
COUNTED = 1000
"""So many tickets of a list are counted; the dashboard says how many there are of all."""

FURTHEST = 1000
"""Pages begin at most so far behind the first ticket; whoever looks further asks for less."""


async def tickets(turn: Turn, me: Me, query: Mapping[str, str]) -> TicketList:
    """A page of a list. Raises Refusal for whom no list is."""
    asked = asking.understood(turn, me, query)
    said = asking.given(query)
    own = await rows.own(turn, me)
    notes = fields.notes(turn, me, asked, said)
    if asked.view != ALL:
        found, paging = await _own(turn, me, asked, said, query)
    elif asked.text:
        found, paging = await _worded(turn, me, asked, said, query, own)
    elif asked.colour is not None:
        found, paging = await _tinted(turn, me, asked, said, query, own)
    else:
        found, paging = await _by_due(turn, me, asked, said, query, own)
    numbers = " ".join(ticket.number for ticket in found)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"tickets {numbers}".strip()))
    words = search.wanted(asked.text)
    filtered = bool(set(said) - {"view"})
    many = me.may(Act.BULK)
    return TicketList(
        title=turn.words("lists.all" if asked.view == ALL else "lists.mine"),
        view=asked.view,
        views=_views(turn, me, asked),
        rows=tuple(rows.row(turn, me, ticket, words) for ticket in found),
        empty=turn.words("lists.empty_filtered" if filtered else f"lists.empty_{asked.view}"),
        paging=paging,
        selects=fields.selects(turn, me, asked),
        fields=fields.typed(turn, said),
        ticks=fields.ticks(turn, me, asked),
        filtered=filtered,
        notes=notes,
        acts=tuple((act, turn.words(f"lists.bulk.{act}")) for act in bulk.ACTIONS) if many else (),
        units=fields.all_units(turn) if many else (),
    )


def _views(turn: Turn, me: Me, asked: Asked) -> tuple[tuple[str, str, bool], ...]:
    if not me.may(Act.FIND):
        return ()
    return (
        (rows.TICKETS, turn.words("lists.mine"), asked.view != ALL),
        (rows.address(rows.TICKETS, {"view": ALL}), turn.words("lists.all"), asked.view == ALL),
    )


async def _own(
    turn: Turn, me: Me, asked: Asked, said: dict[str, str], query: Mapping[str, str]
) -> tuple[list[Ticket], Paging]:
    """What waits for this person, as `todo` has it."""
    all_ = await looking.waiting_for(turn, me)
    words = search.wanted(asked.text)
    found = [
        ticket
        for ticket in all_
        if asking.fits(turn, asked, ticket)
        and (asked.colour is None or turn.guide.colour(ticket, turn.now) is asked.colour)
        and _says(me, ticket, words)
    ]
    start = rows.place_in(query.get("start", ""), FURTHEST)
    shown = found[start : start + PER_PAGE]
    return shown, rows.paging(turn, rows.TICKETS, said, start, len(shown), PER_PAGE, len(found))


async def _by_due(
    turn: Turn, me: Me, asked: Asked, said: dict[str, str], query: Mapping[str, str], own: frozenset[str]
) -> tuple[list[Ticket], Paging]:
    """All in reach, the earliest due first."""
    wanted = asking.wanted(turn, glance.reach(me), asked, me)
    start = rows.place_in(query.get("start", ""), FURTHEST)
    got = await turn.read.tickets(wanted, PER_PAGE, start)
    count = await turn.read.count(wanted, COUNTED + 1) if not asked.ended else None
    if asked.ended and len(got) < PER_PAGE:
        count = start + len(got)
    paging = rows.paging(turn, rows.TICKETS, said, start, len(got), PER_PAGE, count, COUNTED)
    if start + PER_PAGE > FURTHEST:
        paging = replace(paging, after="")
    return _theirs(me, got, own), paging


async def _tinted(
    turn: Turn, me: Me, asked: Asked, said: dict[str, str], query: Mapping[str, str], own: frozenset[str]
) -> tuple[list[Ticket], Paging]:
    """All in reach of one colour, those first that time has coloured."""
    wanted = asking.wanted(turn, glance.reach(me), asked, me)
    at = tinted.Spot.read(query.get("start", ""))
    colour = asked.colour if asked.colour is not None else Colour.GREEN
    got, further = await tinted.tickets(turn, wanted, colour, at, PER_PAGE)
    after = rows.address(rows.TICKETS, {**said, "start": str(further)}) if further else ""
    first = rows.address(rows.TICKETS, said) if at != tinted.Spot() else ""
    found = _theirs(me, got, own)
    text = turn.words("lists.shown_colour_more" if after else "lists.shown_colour", count=len(found))
    return found, Paging(shown=text, before=first, after=after)


async def _worded(
    turn: Turn, me: Me, asked: Asked, said: dict[str, str], query: Mapping[str, str], own: frozenset[str]
) -> tuple[list[Ticket], Paging]:
    """All in reach in which words stand, the newest first."""
    wanted: Wanted = asking.wanted(turn, glance.reach(me), asked, me)
    before = search.place(query.get("start", ""))
    got = await turn.read.found(asked.text, wanted, PER_PAGE, before)
    found = [
        ticket
        for ticket in _theirs(me, got, own)
        if finding.readable(me, ticket, asked.text)
        and (asked.colour is None or turn.guide.colour(ticket, turn.now) is asked.colour)
    ]
    after = rows.address(rows.TICKETS, {**said, "start": got[-1].number}) if len(got) == PER_PAGE else ""
    first = rows.address(rows.TICKETS, said) if before is not None else ""
    return found, Paging(shown=turn.words("lists.shown_newest", count=len(found)), before=first, after=after)


def _theirs(me: Me, tickets_: Sequence[Ticket], own: frozenset[str]) -> list[Ticket]:
    return [ticket for ticket in tickets_ if ticket.number not in own and me.may(Act.SEE, ticket)]


def _says(me: Me, ticket: Ticket, words: Sequence[str]) -> bool:
    if not words:
        return True
    said = fold(f"{visible_text(me.person, ticket)} {ticket.number} {ticket.alias}")
    return all(word in said for word in words)

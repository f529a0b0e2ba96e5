"""Tickets as rows of a list, with what a search found marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from bot.domain.colour import Colour
from bot.domain.permission import Act
from bot.domain.ticket import Status, Ticket
from bot.domain.wall import shown_to, visible_text
from bot.domain.words import fold
from bot.turn import Turn
from bot.views.lists import Paging, Piece, Row
from handlers.naming import (
    TITLE_LENGTH,
    kind_name,
    moment,
    place_name,
    shortened,
    state_name,
    ticket_title,
    type_name,
    unit_name,
)
from handlers.remaining import time_left
from handlers.staff import cards
from handlers.staff.me import Me

TICKETS = "/staff/tickets"
OWN = 100
"""So many of the newest matters somebody filed are kept out of their lists: nobody finds an own case."""

AROUND = 40
"""Characters of a text before and behind what was found in it."""


async def own(turn: Turn, me: Me) -> frozenset[str]:
    """The numbers of this person's own matters."""
    return frozenset([t.number for each in me.staff.addresses for t in await turn.read.tickets_of(each, OWN)])


def row(turn: Turn, me: Me, ticket: Ticket, words: Sequence[str] = ()) -> Row:
    """A ticket as this person may know it; ``words``, folded, are marked in its title."""
    shown = shown_to(me.person, ticket)
    level = turn.guide.colour(ticket, turn.now)
    return Row(
        number=ticket.number,
        address=f"{TICKETS}/{ticket.number}" if me.may(Act.SEE, ticket) else "",
        level=level.name.lower(),
        level_word=colour_name(turn, level),
        title=marked(ticket_title(turn, shown), words),
        type=type_name(turn, ticket.type),
        kind=kind_name(turn, ticket.kind),
        place=place_name(turn, shown.place) if shown.place else "",
        state=state_name(turn, ticket),
        unit=unit_name(turn, ticket.unit) if ticket.unit else turn.words("lists.no_unit"),
        handler=cards.handler_name(turn, me, ticket) if ticket.unit else "",
        left=time_left(turn, turn.guide, ticket, turn.now),
        due=_due(turn, ticket),
        filed=moment(turn, ticket.filed_at),
        signs=tuple(_signs(turn, me, ticket)),
    )


def _due(turn: Turn, ticket: Ticket) -> str:
    """Until when the unit has time; where none has it, until when one must."""
    due = turn.guide.deadline(ticket)
    if due is None:
        return ""
    if ticket.status in (Status.FILED, Status.REOPENED):
        return turn.words("lists.unit_by", due=moment(turn, due))
    return moment(turn, due)


def _signs(turn: Turn, me: Me, ticket: Ticket) -> list[str]:
    work, found = ticket.work, []
    if ticket.danger:
        found.append(turn.words("lists.sign.danger"))
    if ticket.walled:
        found.append(turn.words("lists.sign.walled"))
    if work.reopened:
        found.append(turn.words("lists.sign.reopened", count=work.reopened))
    if work.reporters > 1:
        found.append(turn.words("lists.sign.reporters", count=work.reporters))
    if work.urges:
        found.append(turn.words("lists.sign.urges", count=work.urges))
    if me.staff.unit and ticket.unit != me.staff.unit and ticket.unit:
        found += [turn.words("lists.sign.helping") for assist in work.assists if assist.unit == me.staff.unit][:1]
    return found


def colour_name(turn: Turn, level: Colour) -> str:
    """A colour as a word."""
    return turn.words(f"lists.colour.{level.name.lower()}")


def marked(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """A text in pieces; where one of the folded words stands, the piece is marked."""
    folded = _letterwise(text)
    if not words:
        return (Piece(text),)
    pieces: list[Piece] = []
    end = 0
    for match in re.finditer("|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)), folded):
        if match.start() > end:
            pieces.append(Piece(text[end : match.start()]))
        pieces.append(Piece(text[match.start() : match.end()], marked=True))
        end = match.end()
    if end < len(text) or not pieces:
        pieces.append(Piece(text[end:]))
    return tuple(pieces)


def excerpt(me: Me, ticket: Ticket, words: Sequence[str]) -> tuple[Piece, ...]:
    """The part of what this person may read of a ticket in which the words stand; nothing where its title says all."""
    text = " ".join(visible_text(me.person, ticket).split())
    if shortened(text, TITLE_LENGTH) == text:
        return ()
    folded = _letterwise(text)
    first = min((spot for word in words if (spot := folded.find(word)) >= 0), default=0)
    begin, end = max(first - AROUND, 0), first + 2 * AROUND
    return marked(f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}", words)


def _letterwise(text: str) -> str:
    """A text folded letter by letter, as long as it was: a letter that would become several stays what it is."""
    return "".join(each if len(each := fold(letter)) == 1 else letter for letter in text)


def paging(
    turn: Turn,
    path: str,
    query: dict[str, str],
    start: int,
    shown: int,
    per: int,
    count: int | None,
    counted: int | None = None,
) -> Paging:
    """Where the neighbours of a page are, and what it shows. ``count`` None: nobody counted, and there may be more; no
    more than ``counted`` were."""
    more = count is None or start + shown < count
    if count is None:
        said = turn.words("lists.shown_some", first=start + 1, last=start + shown)
    elif counted is not None and count > counted:
        said = turn.words("lists.shown_over", first=start + 1, last=start + shown, count=counted)
    else:
        said = turn.words("lists.shown", first=min(start + 1, count), last=start + shown, count=count)
    return Paging(
        shown=said,
        before=address(path, {**query, "start": str(max(start - per, 0))}) if start else "",
        after=address(path, {**query, "start": str(start + per)}) if more and shown else "",
    )


def address(path: str, query: dict[str, str]) -> str:
    """An address with what is asked for."""
    asked = {name: value for name, value in query.items() if value and (name, value) != ("start", "0")}
    return f"{path}?{urlencode(asked)}" if asked else path


def typed(text: str, most: int) -> str:
    """What somebody typed into an address, in one line without control characters, at most so long."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * most]).split())[:most]


def place_in(text: str, most: int) -> int:
    """Where a page begins, as its address says; 0 for anything odd."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) <= most else 0

"""Search: words lead to tickets in reach, the newest first, what was searched for marked."""

from __future__ import annotations

from bot.changes import Looked
from bot.domain import search
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.lists import Found
from handlers.pages import rows
from handlers.staff.me import Me
from handlers.supervisor import finding

PATH = "/staff/search"
PER_PAGE = 30
LONGEST = 60


async def page(turn: Turn, me: Me, said: str, before: str) -> Found:
    """What a search finds; ``before`` is the number behind which it goes on. Raises NotFound for who may not search."""
    if not me.may(Act.FIND):
        raise NotFound()
    said = rows.typed(said, LONGEST)
    if not said:
        return Found(said="", rows=(), excerpts=())
    place = search.place(before)
    got = await turn.read.found(said, finding.everything(me), PER_PAGE, place)
    tickets: dict[str, Ticket] = {} if place is not None else await finding.named(turn, me, said)
    tickets |= {ticket.number: ticket for ticket in got if finding.readable(me, ticket, said)}
    found = await finding.theirs(turn, me, tickets.values())
    turn.changes.looked.append(Looked(by=me.id, what="search", at=turn.now, detail=said))
    numbers = " ".join(ticket.number for ticket in found)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"search {numbers}".strip()))
    words = search.wanted(said)
    older = rows.address(PATH, {"q": said, "before": got[-1].number}) if len(got) == PER_PAGE else ""
    return Found(
        said=said,
        rows=tuple(rows.row(turn, me, ticket, words) for ticket in found),
        excerpts=tuple(rows.excerpt(me, ticket, words) for ticket in found),
        note=turn.words("search.found_more" if older else "search.found", count=len(found)),
        older=older,
    )

"""Lists of tickets, queues, the morning page, search, the idea store, and acts on many tickets, for staff.

What is pressed goes where all forms of staff go (`bot.web.ticket.ACT`); only the tickets that were ticked in a list
come here first, because they are many.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from bot.errors import BadRequest
from bot.turn import Turn
from bot.views.frame import Frame
from bot.views.lists import Bulk, Count, Found, Ideas, Morning, Queue, TicketList
from bot.web.replies import shown
from bot.web.sign_in import SignedIn
from bot.web.staff_door import StaffDoor

T = TypeVar("T")

TICKETS, QUEUES, BULK = "/staff/tickets", "/staff/queues", "/staff/bulk"
LONGEST = 300
"""Characters of the words that go with an act on many."""

MOST = 200
"""So many tickets can be ticked at once; a list shows fewer."""

_TICKED = re.compile(r"[0-9]{6}-[0-9]{5,12}")
_ACT = re.compile(r"[a-z]{1,20}")
_UNIT = re.compile(r"[0-9A-Za-z_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Sees:
    """What the pages show, each in its frame. Raise NotFound for whom a page is not."""

    tickets: Callable[[Turn, Mapping[str, str]], Awaitable[tuple[Frame, TicketList]]]
    queues: Callable[[Turn], Awaitable[tuple[Frame, tuple[Count, ...]]]]
    queue: Callable[[Turn, str, str], Awaitable[tuple[Frame, Queue]]]
    morning: Callable[[Turn], Awaitable[tuple[Frame, Morning]]]
    search: Callable[[Turn, str, str], Awaitable[tuple[Frame, Found]]]
    bulk: Callable[[Turn], Awaitable[tuple[Frame, Bulk]]]
    ideas: Callable[[Turn, str], Awaitable[tuple[Frame, Ideas]]]


def routes(door: StaffDoor, sees: Sees) -> list[web.RouteDef]:
    """All of these pages."""

    async def page(
        request: web.Request,
        who: SignedIn,
        see: Callable[[Turn], Awaitable[tuple[Frame, T]]],
        template: str,
        back: str,
    ) -> web.Response:
        """A page, with what the last form was answered on top of it."""
        answer = await door.said(request, who)
        reply = answer.reply if answer is not None else None
        frame, view = await door.look(request, who, see)
        said = shown(reply) if reply is not None else None
        return door.page(request, who, frame, template, view=view, said=said, back=back)

    async def tickets(request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await page(request, who, lambda turn: sees.tickets(turn, request.query), "staff/tickets.html", TICKETS)

    async def queues(request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await page(request, who, sees.queues, "staff/queues.html", QUEUES)

    async def queue(request: web.Request, who: SignedIn) -> web.StreamResponse:
        name, start = request.match_info["name"], request.query.get("start", "")
        return await page(
            request, who, lambda turn: sees.queue(turn, name, start), "staff/queue.html", f"{QUEUES}/{name}"
        )

    async def morning(request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await page(request, who, sees.morning, "staff/morning.html", "/staff/morning")

    async def search(request: web.Request, who: SignedIn) -> web.StreamResponse:
        said, before = request.query.get("q", ""), request.query.get("before", "")
        return await page(
            request, who, lambda turn: sees.search(turn, said, before), "staff/search.html", "/staff/search"
        )

    async def ideas(request: web.Request, who: SignedIn) -> web.StreamResponse:
        said = request.query.get("q", "")
        return await page(request, who, lambda turn: sees.ideas(turn, said), "staff/ideas.html", "/staff/ideas")

    async def bulk(request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await page(request, who, sees.bulk, "staff/bulk.html", BULK)

    async def choose(request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Tickets were ticked and an act chosen: what it would do is shown next. Nothing is done yet."""
        fields = await request.post()
        nonce = door.checked(request, who, fields)
        numbers = [str(number) for number in fields.getall("n", [])]
        act, unit, words = (str(fields.get(name, "")) for name in ("act", "unit", "words"))
        odd = not all(_TICKED.fullmatch(number) for number in numbers) or len(numbers) > MOST
        if odd or not _ACT.fullmatch(act) or (unit and not _UNIT.fullmatch(unit)):
            raise BadRequest()
        parts = (",".join(numbers) or "-", act, unit if act == "assign" else "", " ".join(words.split())[:LONGEST])
        await door.look(request, who, sees.bulk)  # not found for whom this is not
        press = f"staff:bulk_of={' '.join(filter(None, parts))}"
        nonce = f"{nonce[:24]}-{hashlib.sha256(press.encode()).hexdigest()[:8]}"
        await door.act(request, who, nonce, press)
        raise door.back(BULK, nonce)

    required = door.sign_in.required
    return [
        web.get(TICKETS, required(tickets)),
        web.get(QUEUES, required(queues)),
        web.get(f"{QUEUES}/{{name:[a-z_]{{1,20}}}}", required(queue)),
        web.get("/staff/morning", required(morning)),
        web.get("/staff/search", required(search)),
        web.get("/staff/ideas", required(ideas)),
        web.get(BULK, required(bulk)),
        web.post(BULK, required(choose)),
    ]

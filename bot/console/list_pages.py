"""Lists, queues, the morning page and search of staff, given what they show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web

from bot.turn import Turn
from bot.views.frame import Frame
from bot.views.lists import Bulk, Count, Found, Ideas, Morning, Queue, TicketList
from bot.web import staff_lists
from bot.web.staff_door import StaffDoor
from handlers.pages import bulk_page, ideas_page, lists, morning, queues, search_page
from handlers.pages.frame import at_page, frame
from handlers.staff.me import Me

T = TypeVar("T")


async def _framed(turn: Turn, name: str, see: Callable[[Me], Awaitable[T]]) -> tuple[Frame, T]:
    """What somebody sees, in the frame of the page of that name."""
    me = await at_page(turn)
    seen = await see(me)
    return frame(turn, me, name), seen


def list_routes(door: StaffDoor) -> list[web.RouteDef]:
    """These pages."""

    async def tickets(turn: Turn, query: Mapping[str, str]) -> tuple[Frame, TicketList]:
        return await _framed(turn, "tickets", lambda me: lists.tickets(turn, me, query))

    async def all_queues(turn: Turn) -> tuple[Frame, tuple[Count, ...]]:
        return await _framed(turn, "queues", lambda me: queues.counts(turn, me))

    async def queue(turn: Turn, name: str, start: str) -> tuple[Frame, Queue]:
        return await _framed(turn, "queues", lambda me: queues.queue(turn, me, name, start))

    async def first(turn: Turn) -> tuple[Frame, Morning]:
        return await _framed(turn, "morning", lambda me: morning.page(turn, me))

    async def search(turn: Turn, said: str, before: str) -> tuple[Frame, Found]:
        return await _framed(turn, "search", lambda me: search_page.page(turn, me, said, before))

    async def bulk(turn: Turn) -> tuple[Frame, Bulk]:
        return await _framed(turn, "tickets", lambda me: bulk_page.page(turn, me))

    async def ideas(turn: Turn, said: str) -> tuple[Frame, Ideas]:
        return await _framed(turn, "ideas", lambda me: ideas_page.page(turn, me, said))

    return staff_lists.routes(
        door,
        staff_lists.Sees(
            tickets=tickets,
            queues=all_queues,
            queue=queue,
            morning=first,
            search=search,
            bulk=bulk,
            ideas=ideas,
        ),
    )

"""The dashboard and the boards: shown as their address asks, looked at again while they are open, published by a form.

Their answers are packed where the browser takes that; see `bot.web.sign_in.SignIn.proof` for why that is safe.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.turn import Turn
from bot.views.dashboard import BoardPage, Dashboard, PublishPage, TicketsPage, UnitPage
from bot.web.sign_in import SignedIn
from bot.web.staff_door import SAID, StaffDoor

DASHBOARD, BOARDS = "/staff/dashboard", "/staff/boards"
PACKED_FROM = 2048
"""Bytes; what is smaller is not worth it."""

SECONDS, SOON = 30, 2
"""An open page looks again after so many seconds, and sooner while something is being counted."""

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sees:
    """The use cases behind the pages; each raises NotFound for whom it is not."""

    dashboard: Callable[[Turn, Query], Awaitable[Dashboard]]
    boards: Callable[[Turn, Query], Awaitable[BoardPage]]
    unit: Callable[[Turn, Query], Awaitable[UnitPage]]
    tickets: Callable[[Turn, Query], Awaitable[TicketsPage]]
    publishing: Callable[[Turn, Query], Awaitable[PublishPage]]


def routes(door: StaffDoor, sees: Sees) -> list[web.RouteDef]:
    """The pages."""

    async def dashboard(request: web.Request, who: SignedIn) -> web.StreamResponse:
        view = await door.look(request, who, lambda turn: sees.dashboard(turn, request.query))
        return packed(request, door.page(request, who, view.frame, "dashboard/dashboard.html", **_live(view)))

    async def boards(request: web.Request, who: SignedIn) -> web.StreamResponse:
        view = await door.look(request, who, lambda turn: sees.boards(turn, request.query))
        answer = await door.said(request, who)
        said = answer.reply.text if answer is not None and answer.reply is not None else ""
        page = door.page(request, who, view.frame, "dashboard/boards.html", said=said, **_live(view))
        return packed(request, page)

    async def unit(request: web.Request, who: SignedIn) -> web.StreamResponse:
        view = await door.look(request, who, lambda turn: sees.unit(turn, request.query))
        return packed(request, door.page(request, who, view.frame, "dashboard/unit.html", **_until_counted(view)))

    async def tickets(request: web.Request, who: SignedIn) -> web.StreamResponse:
        view = await door.look(request, who, lambda turn: sees.tickets(turn, request.query))
        return packed(request, door.page(request, who, view.frame, "dashboard/tickets.html", **_until_counted(view)))

    async def publishing(request: web.Request, who: SignedIn) -> web.StreamResponse:
        view = await door.look(request, who, lambda turn: sees.publishing(turn, request.query))
        return door.page(request, who, view.frame, "dashboard/publish.html", view=view)

    async def publish(request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Said as a tap in chat says it: the same use case, the same permission."""
        fields = await request.post()
        nonce = door.checked(request, who, fields)
        period = str(fields.get("period", ""))
        await door.act(request, who, nonce, f"staff:publish={period}")
        raise web.HTTPSeeOther(f"{BOARDS}?{urlencode({'period': period, SAID: nonce})}")

    required = door.sign_in.required
    return [
        web.get(DASHBOARD, required(dashboard)),
        web.get(BOARDS, required(boards)),
        web.get(f"{BOARDS}/unit", required(unit)),
        web.get(f"{BOARDS}/tickets", required(tickets)),
        web.get(f"{BOARDS}/publish", required(publishing)),
        web.post(f"{BOARDS}/publish", required(publish)),
    ]


def _live(view: Dashboard | BoardPage) -> dict[str, Any]:
    return {"view": view, "seconds": SOON if view.pending else SECONDS}


def _until_counted(view: UnitPage | TicketsPage) -> dict[str, Any]:
    return {"view": view, "seconds": SOON if view.pending else 0}


def packed(request: web.Request, page: web.Response) -> web.Response:
    """The page, packed where that is asked for and worth it."""
    if page.body is not None and len(page.body) >= PACKED_FROM:  # type: ignore[arg-type]  # a page's body is bytes
        page.headers["Vary"] = f"{page.headers.get('Vary', '')}, Accept-Encoding".removeprefix(", ")
        page.enable_compression()
    return page

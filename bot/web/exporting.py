"""Tickets as a table: asked for on a page, written in the background, fetched when they are done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web

from bot.errors import DeskError, NotFound
from bot.turn import Turn
from bot.views.exporting import ExportPage, Table
from bot.web.rendering import headers
from bot.web.sign_in import SignedIn
from bot.web.staff_door import StaffDoor

PATH = "/staff/export"
REFRESH_SECONDS = 2
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Start = Callable[[SignedIn, str, str, str, str], Awaitable[None]]
"""(who, first day, last day, form, locale): begin a table. Raises Refusal."""


def routes(
    door: StaffDoor,
    page: Callable[[Turn], Awaitable[ExportPage]],
    start: Start,
    tables: Callable[[SignedIn, str], Awaitable[Sequence[Table]]],
    file: Callable[[str, str], Awaitable[Path | None]],
) -> list[web.RouteDef]:
    """The page, beginning a table, and fetching one."""

    async def shown(request: web.Request, who: SignedIn, problem: str = "", status: int = 200) -> web.Response:
        view = await door.look(request, who, page)
        own = await tables(who, door.renderer.locale(request))
        running = any(table.state == "running" for table in own)
        return door.page(
            request,
            who,
            view.frame,
            "staff/export.html",
            status=status,
            view=view,
            tables=own,
            problem=problem,
            refresh=REFRESH_SECONDS if running else 0,
        )

    async def look(request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await shown(request, who)

    async def begin(request: web.Request, who: SignedIn) -> web.StreamResponse:
        fields = await request.post()
        door.checked(request, who, fields)
        locale = door.renderer.locale(request)
        since, until, form = (str(fields.get(name, ""))[:20] for name in ("since", "until", "as"))
        try:
            await start(who, since, until, form, locale)
        except DeskError as error:
            if isinstance(error, NotFound):
                raise
            return await shown(request, who, door.renderer.words(locale)(error.key, **error.params), 400)
        raise web.HTTPSeeOther(PATH)

    async def fetch(request: web.Request, who: SignedIn) -> web.StreamResponse:
        path = await file(who.staff.id, request.match_info["id"])
        if path is None:
            raise NotFound()
        form = path.suffix[1:]
        disposition = f'attachment; filename="tickets.{form}"'
        return web.FileResponse(
            path, headers={**headers(), "Content-Type": _TYPES[form], "Content-Disposition": disposition}
        )

    required = door.sign_in.required
    return [
        web.get(PATH, required(look)),
        web.post(PATH, required(begin)),
        web.get(PATH + "/{id:[0-9A-Za-z_-]{8,40}}", required(fetch)),
    ]

"""What everybody may look at: kept for a minute, so that many visitors cost what one costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.views.public_page import PublicBoard, PublicPage
from bot.web.rendering import LANG, Renderer

PATH = "/public"
KEPT_SECONDS = 60.0
KEPT_MOST = 200
"""So many rendered pages are kept: boards in languages."""


@dataclass(slots=True)
class _Kept:
    """Rendered pages, for a while."""

    monotonic: Callable[[], float]
    pages: dict[str, tuple[float, str]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        found = self.pages.get(name)
        return found[1] if found is not None and self.monotonic() - found[0] < KEPT_SECONDS else None

    def put(self, name: str, text: str) -> None:
        if len(self.pages) >= KEPT_MOST:
            self.pages.clear()
        self.pages[name] = (self.monotonic(), text)


def routes(
    renderer: Renderer,
    page: Callable[[str], Awaitable[PublicPage]],
    board: Callable[[str, str], Awaitable[PublicBoard]],
    monotonic: Callable[[], float],
) -> list[web.RouteDef]:
    """The page, and published boards. ``page(locale)`` and ``board(key, locale)`` make what they show."""
    kept = _Kept(monotonic)

    async def answered(
        request: web.Request, template: str, name: str, view: Callable[[], Awaitable[PublicPage | PublicBoard]]
    ) -> web.Response:
        if request.query.keys() - {LANG}:
            raise web.HTTPSeeOther(request.path)  # what is kept for everybody holds nothing a visitor put in
        name = f"{template} {name} {renderer.locale(request)}"
        if kept.get(name) is None:
            kept.put(name, renderer.text(template, request, view=await view()))
        response = renderer.answer(request, kept.get(name) or "")
        del response.headers["X-Robots-Tag"]
        response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS:.0f}"
        return response

    async def shown(request: web.Request) -> web.StreamResponse:
        return await answered(request, "public/page.html", "", lambda: page(renderer.locale(request)))

    async def one_board(request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        return await answered(request, "public/board.html", key, lambda: board(key, renderer.locale(request)))

    return [
        web.get(PATH, shown),
        web.get(PATH + "/boards/{key:[0-9]{4}-[QW0-9]{1,3}}", one_board),
    ]

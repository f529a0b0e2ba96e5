"""Signing in with a link from chat, and signing out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.buckets import Buckets
from bot.turn import Turn
from bot.views.frame import Frame
from bot.web.sign_in import SIGN_IN_PATH, SignedIn
from bot.web.staff_door import StaffDoor

HOME = "/staff/"
ENTER = "/staff/enter/{code:[0-9A-Za-z-]{1,40}}"
FAILURES, WINDOW = 30, 3600.0
"""So many links that are not good at once, and again in so many seconds, from one network: an office may share one."""

Spend = Callable[[str, str], Awaitable[str]]
"""(code, locale) -> the id of whoever is let in, "" when the code is not good."""


def routes(
    door: StaffDoor,
    spend: Spend,
    account: Callable[[Turn], Awaitable[Frame]],
    first_page: Callable[[Turn], Awaitable[str]],
    visitor: Callable[[web.Request], str],
    monotonic: Callable[[], float],
) -> list[web.RouteDef]:
    """How to get in, the page of a link, one's own sign-in, and the way out."""
    tries = Buckets(monotonic, FAILURES, FAILURES / WINDOW)
    renderer, sign_in = door.renderer, door.sign_in

    async def how(request: web.Request) -> web.StreamResponse:
        return renderer.page("staff/sign_in.html", request, problem="")

    async def shown(request: web.Request) -> web.StreamResponse:
        """Nothing is looked up: programs that fetch a preview of the link spend nothing and learn nothing."""
        return renderer.page("staff/enter.html", request)

    async def enter(request: web.Request) -> web.StreamResponse:
        site, who = request.headers.get("Sec-Fetch-Site", "same-origin"), visitor(request)
        if not tries.left(who):
            return renderer.page("staff/sign_in.html", request, status=429, problem="signing.too_many")
        same = site == "same-origin"
        staff = await spend(request.match_info["code"], renderer.locale(request)) if same else ""
        if not staff:
            if same:  # another site's page must not use up the tries of an office
                tries.wait(who)
            return renderer.page("staff/sign_in.html", request, status=404, problem="signing.not_good")
        response = web.HTTPSeeOther(HOME)
        sign_in.admit(request, response, staff)
        raise response

    async def home(request: web.Request, who: SignedIn) -> web.StreamResponse:
        raise web.HTTPSeeOther(await door.look(request, who, first_page))

    async def own(request: web.Request, who: SignedIn) -> web.StreamResponse:
        frame = await door.look(request, who, account)
        return door.page(request, who, frame, "staff/account.html", since=who.since)

    async def out(request: web.Request, who: SignedIn) -> web.StreamResponse:
        sign_in.check(request, who, await request.post())
        raise _leaving(request)

    async def out_everywhere(request: web.Request, who: SignedIn) -> web.StreamResponse:
        nonce = door.checked(request, who, await request.post())
        await door.act(request, who, nonce, "staff:logout")
        raise _leaving(request)

    def _leaving(request: web.Request) -> web.HTTPSeeOther:
        response = web.HTTPSeeOther(SIGN_IN_PATH)
        sign_in.dismiss(request, response)
        return response

    required = sign_in.required
    return [
        web.get(SIGN_IN_PATH, how),
        web.get(ENTER, shown),
        web.post(ENTER, enter),
        web.get(HOME, required(home)),
        web.get("/staff/account", required(own)),
        web.post("/staff/sign-out", required(out)),
        web.post("/staff/sign-out-everywhere", required(out_everywhere)),
    ]

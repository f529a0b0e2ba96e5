"""The aiohttp application, put together from route lists.

It has no middleware: a webhook's handler is called by aiohttp directly, inside one thin wrapper that turns what goes
wrong into the fixed shape of `bot.web.wrong`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp import web

from bot.web.wrong import ERROR_KEYS, Handler, Words, Wrong

BODY_BYTES = 1024 * 1024
"""The largest body that a handler can read into memory at once; uploads are streamed and have their own limit."""
PLAIN = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEYS = frozenset(ERROR_KEYS.values()) | {"web.error.title", "web.error.back"}
"""Every key of the catalogue that the application asks for."""


def everybody(_request: web.Request) -> bool:
    """Whoever asks."""
    return True


def build_app(
    routes: Iterable[web.RouteDef],
    ready: Callable[[], Awaitable[list[str]]],
    metrics: Callable[[], bytes],
    words: Callable[[str], Words],
    *,
    locales: tuple[str, ...] = ("zh_CN", "en"),
    body_bytes: int = BODY_BYTES,
    notices: Sequence[str] = (),
    operators: Callable[[web.Request], bool] = everybody,
) -> web.Application:
    """The application that serves the routes and ``/healthz``, ``/readyz``, ``/metrics``.

    ``ready()`` returns what keeps the desk from working, in words for the operator; nothing when all is well.
    ``notices`` are what operators should know though nothing is wrong. ``metrics()`` renders the Prometheus text
    format. ``words(locale)(key, **params)`` renders a text. ``/readyz`` and ``/metrics`` are there for ``operators``.
    """
    app = web.Application(client_max_size=body_bytes)
    wrong = Wrong(words, locales)

    async def healthz(request: web.Request) -> web.StreamResponse:
        return web.json_response({"alive": True}, headers=PLAIN)

    async def readyz(request: web.Request) -> web.StreamResponse:
        if not operators(request):
            raise web.HTTPNotFound
        problems = await ready()
        body = {"ready": not problems, "problems": problems, **({"notices": list(notices)} if notices else {})}
        return web.json_response(body, status=503 if problems else 200, headers=PLAIN)

    async def show_metrics(request: web.Request) -> web.StreamResponse:
        if not operators(request):
            raise web.HTTPNotFound
        return web.Response(body=metrics(), headers={**PLAIN, "Content-Type": METRICS_TYPE})

    async def nothing_here(request: web.Request) -> web.StreamResponse:
        """What no other route takes: another method is told apart from no such address."""
        allowed: set[str] = set()
        for resource in app.router.resources():
            if resource is not nowhere:
                allowed |= (await resource.resolve(request))[1]
        if allowed:
            raise web.HTTPMethodNotAllowed(request.method, allowed)
        raise web.HTTPNotFound

    own = (web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics))
    for route in (*routes, *own):
        web.RouteDef(route.method, route.path, wrong.guarded(_handler(route)), route.kwargs).register(app.router)
    nowhere = app.router.add_resource("/{tail:.*}")
    nowhere.add_route("*", wrong.guarded(nothing_here))
    return app


def _handler(route: web.RouteDef) -> Handler:
    """The handler of a route; handlers here are functions, never view classes."""
    if isinstance(route.handler, type):
        raise TypeError(f"{route.method} {route.path} is not handled by a function")
    return route.handler

"""How long the dashboard takes beside a million tickets, a hundred thousand of them open, and how much is sent.

The desk and its pages run inside this process, on the archive of ``bench staff``; a supervisor looks at them over HTTP.
The time ends with the first byte of the page; the processor time is that of the whole process meanwhile, counting
included. The first rounds come while nothing has been counted yet, and a page says
so; when all is counted the numbers are compared with what SQL finds, and as many rounds follow, in which counts are
made anew whenever they are too old.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from rich.table import Table

from bench.archive import Archive, kept
from bench.figures import median
from bench.hall import Hall, Took, hall
from bench.load import LoadError
from bench.process import free_port
from bot.catalogue import Catalogue
from bot.console.board_pages import routes_of
from bot.domain.people import Address, Role
from bot.turn import Turn
from bot.web.rendering import Renderer
from bot.web.sign_in import SignIn
from bot.web.staff_door import StaffDoor
from handlers.staff.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
WANTED_MS, WANTED_KB = 300.0, 300.0
"""To the first byte of a page at the 99th percentile; a page with its styles and scripts, on a first visit."""

PAGES = {
    "dashboard": "/staff/dashboard",
    "boards": "/staff/boards",
    "unit": "/staff/boards/unit?unit={unit}",
    "tickets": "/staff/boards/tickets?of=now&colour=red",
    "a unit's tickets": "/staff/boards/tickets?of=now&unit={unit}",
}
PHASES = ("counting", "counted")
_SETTLED = 300.0
_PAUSE = 0.05
_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')
T = TypeVar("T")


def run(
    cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """ms to the first byte and kB of each page. Raises LoadError for a wrong page."""
    return asyncio.run(_run(cache, tickets, open_, times, step))


def steps(times: int) -> int:
    """How often `run` calls ``step``, but for the archive when it is made."""
    return 2 * times + 2


async def _run(cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None]) -> dict[str, Any]:
    archive = await kept(cache, tickets, open_, step)
    unit = _busiest(archive)
    rows: list[dict[str, Any]] = []
    async with hall(archive.folder) as desk, _served(desk) as (url, http):
        began = time.perf_counter()
        for phase in PHASES:
            took: dict[str, list[Took]] = {name: [] for name in PAGES}
            kilobytes: dict[str, float] = {}
            for number in range(times):
                step(f"{phase}, round {number + 1} of {times}")
                for name, path in PAGES.items():
                    waited, page, size = await _looked(http, url + path.format(unit=unit))
                    took[name].append(waited)
                    kilobytes[name] = size + await _assets(http, url, page)
                await asyncio.sleep(_PAUSE)
            rows += [_row(name, phase, took[name], kilobytes[name]) for name in PAGES]
            if phase == PHASES[0]:
                step("until all is counted")
                await _verified(http, url, archive)
                counted = time.perf_counter() - began
    return {
        "tickets": tickets,
        "open": open_,
        "times": times,
        "rows": rows,
        "counted_after_s": round(counted, 1),
        "missed": [f"{row['page']}, {row['phase']}" for row in rows if row["p99"] > WANTED_MS or row["kb"] > WANTED_KB],
        "wanted": f"p99 <= {WANTED_MS:.0f} ms to the first byte, <= {WANTED_KB:.0f} kB with styles and scripts",
        "verified": True,
    }


def _row(name: str, phase: str, all_: Sequence[Took], kilobytes: float) -> dict[str, Any]:
    waited, worked = (sorted(values) for values in ([took.wall for took in all_], [took.cpu for took in all_]))
    return {
        "page": name,
        "phase": phase,
        "p50": median(waited, 1),
        "p99": round(waited[int(len(waited) * 0.99)], 1),
        "cpu_p50": median(worked, 1),
        "kb": round(kilobytes, 1),
    }


@asynccontextmanager
async def _served(desk: Hall) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """The pages of the desk, and a browser in which a supervisor who sees everything is signed in."""
    reader, engine = desk.store.reader, desk.engine
    renderer = Renderer(Catalogue.load(ROOT / "locales").words, ("zh_CN", "en"))
    sign_in = SignIn(secrets.token_bytes(32), reader.directory, desk.clock.now)
    staff = (await reader.directory()).active
    boss = next(s for s in staff if s.role is Role.SUPERVISOR and s.walled and not s.areas)

    async def look(address: Address, see: Callable[[Turn], Awaitable[T]], locale: str) -> T:
        return await engine.dispatcher.look(address, see, locale)

    async def enter(request: web.Request) -> web.StreamResponse:
        response = web.Response()
        sign_in.admit(request, response, boss.id)
        return response

    door = StaffDoor(renderer, sign_in, look, engine.dispatcher.take, reader.answered, frozenset(COMMANDS))
    app = web.Application()
    app.add_routes([*routes_of(door, desk.clock.monotonic), *renderer.assets.routes(), web.get("/enter", enter)])
    runner, port = web.AppRunner(app, access_log=None), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Encoding": "gzip"}) as http:
            await http.get(f"{url}/enter")
            yield url, http
    finally:
        await runner.cleanup()


async def _looked(http: aiohttp.ClientSession, address: str) -> tuple[Took, str, float]:
    """ms to the first byte of a page, the page, and its kB over the wire."""
    cpu, began = time.process_time(), time.perf_counter()
    async with http.get(address, allow_redirects=False) as answer:
        first = await answer.content.readany()
        waited = Took((time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3)
        page = (first + await answer.content.read()).decode()
        if answer.status != 200:
            raise LoadError(f"{address} is answered with {answer.status}")
        return waited, page, int(answer.headers.get("Content-Length", len(page.encode()))) / 1e3


async def _assets(http: aiohttp.ClientSession, url: str, page: str) -> float:
    """kB of the styles and scripts of a page."""
    total = 0.0
    for path in dict.fromkeys(_ASSET.findall(page)):
        async with http.get(url + path) as answer:
            total += int(answer.headers["Content-Length"]) / 1e3
    return total


async def _verified(http: aiohttp.ClientSession, url: str, archive: Archive) -> None:
    """Wait until everything has been counted. Raises LoadError unless as many are open as SQL finds."""
    sql = "SELECT count(*) FROM ticket WHERE closed_at IS NULL AND status <> 'answered'"
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        (wanted,) = database.execute(sql).fetchone()
    until = time.perf_counter() + _SETTLED
    while True:
        _, page, _ = await _looked(http, f"{url}/staff/boards/tickets?of=now")
        found = re.search(r'data-count="(\d+)"', page)
        whole = [(await _looked(http, url + PAGES[name]))[1] for name in ("dashboard", "boards")]
        if found and int(found[1]) == wanted and not any('data-seconds="2"' in each for each in whole):
            return
        if time.perf_counter() > until:
            raise LoadError(f"{wanted} are open, and the page says {found and found[1]}")
        await asyncio.sleep(1)


def _busiest(archive: Archive) -> str:
    sql = "SELECT unit FROM ticket WHERE closed_at IS NULL AND unit <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        return str(database.execute(sql).fetchone()[0])


def table(result: dict[str, Any]) -> Table:
    """The same for people."""
    drawn = Table(
        title=f"Pages beside {result['tickets']:,} tickets, {result['open']:,} of them open", title_justify="left"
    )
    for column in ("page", "phase", "p50", "p99", "cpu_p50", "kb"):
        drawn.add_column(column, justify="left" if column in ("page", "phase") else "right")
    for row in result["rows"]:
        drawn.add_row(*(str(row[column.header]) for column in drawn.columns))
    return drawn

"""What an offer of likely the same cases costs beside many tickets.

Each time somebody else writes a text of the bench's grammar at a place of the sample town. What is measured is the use
case that looks for offers: the question to the store, the comparison of texts and the look at each ticket that is
offered. First looks at an area and a kind, which read their tickets, are among them, and told apart. On a shared
machine the processor time of an answer says more than the time on the wall.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.archive import kept
from bench.hall import CHAT, Hall, Took, hall
from bench.lives import AT, CHANNEL, guide
from bench.words import matter
from bot.conversation.draft import Draft, Said
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.turn import Turn
from handlers.resident import likely_same

WANTED_MS = 15.0


def run(
    cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """p50, p99 and the longest, in ms: of all, and of those that looked at an area and a kind before."""
    return asyncio.run(_run(cache, tickets, open_, times, step))


async def _run(cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None]) -> dict[str, Any]:
    archive = await kept(cache, tickets, open_, step)
    async with hall(archive.folder) as desk:
        result = await measured(desk, times, step)
    return {"tickets": tickets, "open": open_, **result, "wanted": f"p99 <= {WANTED_MS} ms", "units": "ms"}


async def measured(desk: Hall, times: int, step: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The figures of an open desk."""
    chance, seen = random.Random(7), set[str]()
    town = guide().town
    places = [(area.code, road) for area in town.areas.values() for road in area.roads if not area.retired]
    first: list[Took] = []
    again: list[Took] = []
    offered = asked = 0
    while asked < times:
        area, road = chance.choice(places)
        kind, text = matter(chance, road)
        if not town.kinds[kind].joinable:
            continue
        asked += 1
        step(f"ask, {asked} of {times}")
        draft = Draft(
            id="bench",
            opened_at=AT,
            touched_at=AT,
            said=(Said("1", text),),
            kind=kind,
            kind_chosen=True,
            place=guide().place_in(area, road),
        )
        turn = _turn(desk, f"asker-{asked}")
        cpu, begun = time.process_time(), time.perf_counter()
        found = await likely_same.sought(turn, draft)
        took = Took((time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3)
        offered += bool(found.offers)
        (again if f"{area} {kind}" in seen else first).append(took)
        seen.add(f"{area} {kind}")
    return {
        "times": times,
        "offered": offered,
        "all": _figures(first + again),
        "first": _figures(first),
        "again": _figures(again),
    }


def _figures(took: list[Took]) -> dict[str, float]:
    if not took:
        return {}
    wall, cpu = sorted(t.wall for t in took), sorted(t.cpu for t in took)
    last = len(took) - 1
    return {
        "count": len(took),
        "p50": round(wall[last // 2], 2),
        "p99": round(wall[min(len(took) * 99 // 100, last)], 2),
        "max": round(wall[last], 2),
        "cpu": round(cpu[last // 2], 2),
        "cpu_p99": round(cpu[min(len(took) * 99 // 100, last)], 2),
    }


def _turn(desk: Hall, person: str) -> Turn:
    words = desk.desk.words
    return Turn(
        now=AT,
        session=Session(address=Address(CHANNEL, person)),
        guide=guide(),
        traits=CHAT,
        read=desk.store.reader,
        numbers=desk.desk.numbers,
        words=words(""),
        words_in=words,
        token=lambda: "0" * 16,
    )


def steps(times: int) -> int:
    """How often `run` calls ``step``; two more when the archive is there already."""
    return times + 2


def table(result: dict[str, Any]) -> Table:
    """The same for people."""
    title = (
        f"Likely the same beside {result['tickets']:,} tickets; {result['offered']} of {result['times']} offered; ms"
    )
    drawn = Table(title=title, title_justify="left")
    shown = {"count": "count", "p50": "p50", "p99": "p99", "max": "max", "CPU p50": "cpu", "CPU p99": "cpu_p99"}
    for column in ("asked", *shown):
        drawn.add_column(column, justify="left" if column == "asked" else "right")
    for name, label in (("all", "all"), ("first", "area and kind not read yet"), ("again", "read before")):
        figures = result[name]
        if figures:
            drawn.add_row(label, *(f"{figures[column]:g}" for column in shown.values()))
    return drawn

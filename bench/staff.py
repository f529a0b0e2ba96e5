"""How long staff wait for their lists, cards and searches beside many tickets.

The desk runs inside this process, on an archive: each question is a message through the dispatcher, the router and the
use case, and its time ends when the answer is committed with full sync. Questions go one at a time, all in turn, so
that what slows the machine for a while slows all alike. On a shared machine the processor time of an answer (of this
whole process, while it was made) says more than the time on the wall.
"""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.archive import Archive, kept, open_by_unit
from bench.figures import median
from bench.hall import Hall, Took, hall
from bench.lives import RARE, RARELY
from bench.load import LoadError

WANTED_MS = 20.0
"""The p99 that is wanted of every question (the desk's figures are only told)."""

_WARM = 3
_NUMBER = re.compile(r"\d{6}-\d{5,}")
_SEARCHES = {
    "very common": "小区",
    "common": "路灯",
    "two words": "路灯 人民路",
    "pairs that stand apart": "人民路灯",
    "rare": RARE,
    "rare and common": f"{RARE} 小区",
    "not there": "龙舟比赛",
    "one character": "灯",
    "a number's end": "1234",
    "a unit": "城市管理局",
}


@dataclass(slots=True)
class Case:
    """A question that is asked again and again. ``text`` gives the words each time; ``holds``: what must stand in the
    answer, given those words."""

    what: str
    who: str
    person: str
    text: Callable[[], str]
    holds: Callable[[str, str], bool]
    told: bool = False
    took: list[Took] = field(default_factory=list)

    async def ask(self, desk: Hall) -> Took:
        """How long the answer took. Raises LoadError for a wrong one."""
        text = self.text()
        reply, took = await desk.say(self.person, text)
        if not self.holds(text, reply.text):
            raise LoadError(f"{self.who} asked {text!r} and was told: {reply.text[:200]!r}")
        return took


def run(
    cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """p50, p99 and the longest, in ms, of each question. Raises LoadError for a wrong answer."""
    return asyncio.run(_run(cache, tickets, open_, times, step))


async def _run(cache: Path, tickets: int, open_: int, times: int, step: Callable[[str], None]) -> dict[str, Any]:
    archive = await kept(cache, tickets, open_, step)
    cases = list(_cases(archive))
    async with hall(archive.folder) as desk:
        for number in range(_WARM + times):
            step(f"ask, round {number + 1} of {_WARM + times}")
            for case in cases:
                took = await case.ask(desk)
                if number >= _WARM:
                    case.took.append(took)
    rows = [_row(case) for case in cases]
    wanted = [row for row in rows if not row["told_only"]]
    return {
        "tickets": tickets,
        "open": open_,
        "database_mb": round(archive.database.stat().st_size / 2**20),
        "times": times,
        "rows": rows,
        **{
            name: {what: max(r[name] for r in wanted if r["what"] == what) for what in ("todo", "status", "search")}
            for name in ("p50", "p99", "cpu_p99")
        },
        "missed": [f"{r['what']}, {r['who']}" for r in wanted if r["p99"] > WANTED_MS],
        "wanted": f"p99 <= {WANTED_MS} ms",
        "verified": True,
        "units": "ms",
    }


def steps(times: int) -> int:
    """How often `run` calls ``step``; two more when the archive is there already."""
    return _WARM + times + 2


def table(result: dict[str, Any]) -> Table:
    """The same for people."""
    drawn = Table(
        title=f"Staff beside {result['tickets']:,} tickets, {result['open']:,} open; ms", title_justify="left"
    )
    figures = {"p50": "p50", "p99": "p99", "max": "max", "CPU p50": "cpu", "CPU p99": "cpu_p99"}
    for column in ("what", "who", *figures):
        drawn.add_column(column, justify="left" if column in ("what", "who") else "right")
    for row in result["rows"]:
        drawn.add_row(
            row["what"], row["who"], *(f"{row[name]:.1f}" for name in ("p50", "p99", "max", "cpu", "cpu_p99"))
        )
    return drawn


def _row(case: Case) -> dict[str, Any]:
    wall, cpu = sorted(took.wall for took in case.took), sorted(took.cpu for took in case.took)
    return {
        "what": case.what,
        "who": case.who,
        "p50": median(wall, 2),
        "p99": _p99(wall),
        "max": round(wall[-1], 2),
        "cpu": median(cpu, 2),
        "cpu_p99": _p99(cpu),
        "told_only": case.told,
    }


def _p99(in_order: list[float]) -> float:
    return round(in_order[int(len(in_order) * 0.99)], 2)


def _cases(archive: Archive) -> Iterator[Case]:
    units = list(open_by_unit(archive))
    busy, middling = units[0], units[len(units) // 2]
    people = {
        "handler of the busiest unit": f"{busy}-1",
        "handler of a middling unit": f"{middling}-1",
        "lead of the busiest unit": f"{busy}-lead",
        "lead of a middling unit": f"{middling}-lead",
        "supervisor": "boss1",
    }
    chance = random.Random(7)
    any_, of_unit, residents = _known(archive, busy)
    for who, person in people.items():
        yield Case("todo", who, person, lambda: "待办", _lists)
    for who in ("handler of the busiest unit", "lead of the busiest unit"):
        yield Case("status", who, people[who], lambda: f"查询 {chance.choice(of_unit)}", _names)
    yield Case("status", "supervisor", people["supervisor"], lambda: f"查询 {chance.choice(any_)}", _names)
    for number, (resident, own) in enumerate(residents, 1):
        yield Case("status", f"resident {number}", resident, lambda own=own: f"查询 {own}", _names)  # type: ignore[misc]  # mypy infers no type for a lambda with a default
    for what, words in _SEARCHES.items():
        for who in ("supervisor", "lead of the busiest unit", "lead of a middling unit"):
            sure = who == "supervisor" and what != "rare and common"
            holds = _finds(what, archive.tickets) if sure else _anything
            yield Case("search", f"{who}: {what}", people[who], lambda words=words: f"搜 {words}", holds)  # type: ignore[misc]  # as above
    for who in ("supervisor", "lead of the busiest unit"):
        yield Case("desk figures", who, people[who], lambda: "看板", _anything, told=True)


def _known(archive: Archive, unit: str) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Numbers of all open tickets, those of a unit, and some residents with a ticket of theirs."""
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        sql = "SELECT number, unit FROM ticket WHERE closed_at IS NULL"
        rows = database.execute(sql).fetchall()
        sql = "SELECT address, ticket FROM reporter ORDER BY ticket DESC LIMIT 3"
        residents = [(who.partition(":")[2], number) for who, number in database.execute(sql)]
    return [number for number, _ in rows], [number for number, its in rows if its == unit], residents


def _lists(_text: str, answer: str) -> bool:
    return bool(_NUMBER.search(answer))


def _names(text: str, answer: str) -> bool:
    return text.split()[1] in answer


def _finds(what: str, tickets: int) -> Callable[[str, str], bool]:
    """What the first page of a search must hold: exactly the tickets with the rare word, none, or some."""
    exactly = {"rare": min(10, tickets // RARELY), "not there": 0, "pairs that stand apart": 0}.get(what)

    def holds(_text: str, answer: str) -> bool:
        found = len(set(_NUMBER.findall(answer)))
        return found > 0 if exactly is None else found == exactly

    return holds


def _anything(_text: str, _answer: str) -> bool:
    return True

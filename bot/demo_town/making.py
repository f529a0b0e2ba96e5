"""The made-up town as town files: towns on a plane, villages in them, departments, and who acts on what."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from bot.demo_town.wordbook import Wordbook, wordbook
from bot.townfile import SAMPLE

TOWNS, DEPARTMENTS = 31, 45
"""How many there are in a county of `TICKETS` cases a year."""
TICKETS = 14_000
VILLAGES = 4

_OWN = ("areas.toml", "units.toml")
_BASE = (117.20, 33.10)
_STEP = 0.09
_INNER = 0.022
_ROADS, _ESTATES, _LANDMARKS = 3, 2, 1


def towns_for(tickets: int) -> tuple[int, int]:
    """How many towns and departments a town with so many cases a year has."""
    share = min(1.0, (tickets / TICKETS) ** 0.5)
    least = len([d for d in wordbook().departments if d.kinds])
    return max(2, round(TOWNS * share)), max(least, round(DEPARTMENTS * share))


def make_town(folder: Path, towns: int, departments: int, seed: int) -> None:
    """Write the files of a town into a folder. The same ones for the same numbers."""
    book = wordbook()
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(SAMPLE.glob("*.toml")):
        if file.name not in _OWN:
            text = file.read_text(encoding="utf-8")
            (folder / file.name).write_text(_renamed(text, book) if file.name == "town.toml" else text, "utf-8")
    areas = list(_areas(book, towns, random.Random(seed)))  # noqa: S311 - names, not secrets
    (folder / _OWN[0]).write_text("".join(map(_area, areas)), "utf-8")
    (folder / _OWN[1]).write_text("".join(_units(book, areas, departments)), "utf-8")


def _renamed(text: str, book: Wordbook) -> str:
    """The sample's own settings under another name."""
    for key, value in book.town.items():
        text = re.sub(rf"(?m)^{key} = \".*\"$", f"{key} = {json.dumps(value, ensure_ascii=False)}", text, count=1)
    return text


def _areas(book: Wordbook, towns: int, chance: random.Random) -> Iterator[dict[str, object]]:
    places = book.places
    names = _names(places["heads"])
    width = max(1, round(towns**0.5))
    for town in range(towns):
        code, ending = f"t{town + 1:02d}", places["town_endings"][town % len(places["town_endings"])]
        centre = (_BASE[0] + _STEP * (town % width), _BASE[1] + _STEP * (town // width))
        yield {"code": code, "name": next(names) + ending, "level": 2, "centre": _near(chance, centre, 0.008)}
        for village in range(VILLAGES):
            ending = places["village_endings"][village % len(places["village_endings"])]
            spot = (centre[0] + _INNER * (village % 2 * 2 - 1), centre[1] + _INNER * (village // 2 * 2 - 1))
            yield {
                "code": f"{code}-{village + 1}",
                "name": next(names) + ending,
                "parent": code,
                "centre": _near(chance, spot, 0.006),
                "roads": [next(names) + places["road_endings"][n % 4] for n in range(_ROADS)],
                "estates": [next(names) + places["estate_endings"][n + village % 3] for n in range(_ESTATES)],
                "landmarks": [
                    next(names) + places["landmark_endings"][(town + village) % 8] for _ in range(_LANDMARKS)
                ],
            }


def _names(heads: list[str]) -> Iterator[str]:
    """Heads of names: each as it is, then pairs of their characters, so that no name comes twice."""
    yield from heads
    given = set(heads)
    for step in range(1, len(heads)):
        for place, head in enumerate(heads):
            found = head[0] + heads[(place + step) % len(heads)][1]
            if found not in given:
                given.add(found)
                yield found


def _near(chance: random.Random, spot: tuple[float, float], reach: float) -> list[float]:
    return [round(value + chance.uniform(-reach, reach), 5) for value in spot]


def _area(area: dict[str, object]) -> str:
    return f"[[areas]]\n{_written(area)}\n"


def _units(book: Wordbook, areas: list[dict[str, object]], departments: int) -> Iterator[str]:
    rules: list[list[str]] = []
    own = book.departments[:departments]
    for kind, level in (("housing", "@2"), ("farming", "@2"), ("elderly-childcare", "@1")):
        rules.append([kind, "*", level])
    rules += [[kind, "*", department.code] for department in own for kind in department.kinds]
    yield f"[dispatch]\n{_written({'rules': rules})}\n"
    for each in own:
        yield f"[[units]]\n{_written({'code': each.code, 'name': each.name, 'name_en': each.name_en})}\n"
    endings = {**book.places["office_ending"], **book.places["committee_ending"]}
    for area in areas:
        code, name = str(area["code"]), str(area["name"])
        rank = 2 if "level" in area else 1
        ending = next(e for e in sorted(endings, key=len, reverse=True) if name.endswith(e))
        unit: dict[str, object] = {"code": f"u-{code}", "level": rank, "area": code}
        unit["name"] = name.removesuffix(ending) + endings[ending]
        if rank == 1:
            unit["parent"] = f"u-{area['parent']}"
        yield f"[[units]]\n{_written(unit)}\n"


def _written(table: dict[str, object]) -> str:
    """A table as TOML: strings, numbers and lists of them look there as they do in JSON."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())

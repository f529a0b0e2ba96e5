"""What people of the made-up town say: read from a file, so that no language stands in the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.domain.ticket import Type

_FILE = Path(__file__).parent / "words.toml"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that may be wrong somewhere. ``what`` says the same in several ways, with ``{p}`` for the place."""

    id: int
    kind: str
    type: Type
    what: tuple[str, ...]
    urgent: bool  # runs on the clock of its kind
    storm: bool  # comes with bad weather


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the made-up town, and the kinds that are its own."""

    code: str
    name: str
    name_en: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wordbook:
    """All words there are. The mappings are as the file has them: name -> list of texts."""

    town: dict[str, str]
    places: dict[str, Any]
    people: dict[str, list[str]]
    departments: tuple[Department, ...]
    problems: tuple[Problem, ...]
    matters: dict[str, list[str]]
    answers: dict[str, Any]
    reviews: dict[str, list[str]]


@cache
def wordbook() -> Wordbook:
    """The words, read once."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    departments = [Department(d["code"], d["name"], d["name_en"], tuple(d["kinds"])) for d in found["departments"]]
    departments += [
        Department(f"d-{n:02d}", name, "") for n, name in enumerate(found["other_departments"]["names"], 16)
    ]
    problems = tuple(
        Problem(
            id=place,
            kind=each["kind"],
            type=Type(each.get("type", "complaint")),
            what=tuple(each["what"]),
            urgent="clock" in each,
            storm=each.get("storm", False),
        )
        for place, each in enumerate(found["problems"])
    )
    return Wordbook(
        town=found["town"],
        places=found["places"],
        people=found["people"],
        departments=tuple(departments),
        problems=problems,
        matters=found["matters"],
        answers=found["answers"],
        reviews=found["reviews"],
    )

"""Units in a table, compared with those of the town."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.town import Town, Unit, WorkHours
from bot.domain.words import desk_word
from bot.personnel.sheet import Fault, Line, Sheet, WrongSheet

COLUMNS = ("code", "name", "name_en", "level", "parent", "area", "phone", "hours", "sign_off", "retired")
"""What a table of units may say. What has no column stays as it is; a unit that is not in the table stays too."""

Value = str | int | bool | list[str]

_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_APART = re.compile(r"[\s;；、,，]+")
_DEFAULTS: Mapping[str, Value] = {
    **dict.fromkeys(("name_en", "parent", "area", "phone"), ""),
    "level": 3,
    "hours": [],
    "sign_off": False,
    "retired": False,
}


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What a line makes of a unit: ``before`` and ``after`` hold only what differs; a ``new`` one is all after."""

    line: int
    code: str
    new: bool
    after: Mapping[str, Value]
    before: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitDifference:
    """How a table of units differs from the town. ``missing`` are units it does not speak of: they stay."""

    changes: tuple[UnitChange, ...]
    same: int
    missing: tuple[str, ...]


def compared(
    sheet: Sheet, town: Town, truths: Mapping[str, str], read_hours: Callable[[Sequence[str]], WorkHours]
) -> UnitDifference:
    """The difference between a table and the town. ``truths`` maps folded words to yes and no.

    Raises WrongSheet: codes twice, unknown parents and areas, loops, levels that stand wrong.
    """
    reading = _Reading(town, truths, read_hours)
    missing_columns = [name for name in ("code", "name") if name not in sheet.columns]
    if missing_columns:
        raise WrongSheet([Fault(1, f"a table of units needs the heading {name!r}") for name in missing_columns])
    wanted: dict[str, tuple[Line, dict[str, Value]]] = {}
    for line in sheet.lines:
        values = reading.values(line, sheet.columns)
        code = str(values["code"])
        if code in wanted:
            reading.fault(line, f"code {code!r} stands in line {wanted[code][0].number} already")
        else:
            wanted[code] = line, values
    merged = {code: written(unit) for code, unit in town.units.items()}
    for code, (_, values) in wanted.items():
        merged[code] = {**merged.get(code, _DEFAULTS), **values}
    for code, (line, _) in wanted.items():
        reading.check_parent(line, code, merged)
    if reading.faults:
        raise WrongSheet(reading.faults)
    changes = [_change(line, code, values, town.units.get(code)) for code, (line, values) in wanted.items()]
    return UnitDifference(
        tuple(change for change in changes if change is not None),
        sum(change is None for change in changes),
        tuple(code for code in town.units if code not in wanted),
    )


def written(unit: Unit) -> dict[str, Value]:
    """A unit as it is written in a table or a town file."""
    hours = [f"{begin:%H:%M}-{end:%H:%M}" for begin, end in unit.hours.spans] if unit.hours else []
    values: dict[str, Value] = {name: getattr(unit, name) for name in COLUMNS if name != "hours"}
    return {**values, "hours": hours}


def _change(line: Line, code: str, values: Mapping[str, Value], unit: Unit | None) -> UnitChange | None:
    if unit is None:
        after = {name: value for name, value in values.items() if value != _DEFAULTS.get(name)}
        return UnitChange(line.number, code, True, after)
    before = written(unit)
    after = {name: value for name, value in values.items() if value != before[name]}
    return UnitChange(line.number, code, False, after, {name: before[name] for name in after}) if after else None


class _Reading:
    """Reads cells and gathers what is wrong with them."""

    def __init__(self, town: Town, truths: Mapping[str, str], read_hours: Callable[[Sequence[str]], WorkHours]) -> None:
        self.faults: list[Fault] = []
        self._truths = truths
        self._read_hours = read_hours
        self._areas = {desk_word(name): a.code for a in town.areas.values() for name in (a.code, a.name, a.name_en)}
        self._areas.pop("", None)

    def fault(self, line: Line, why: str) -> None:
        self.faults.append(Fault(line.number, why))

    def values(self, line: Line, columns: Sequence[str]) -> dict[str, Value]:
        """What a line says, by column."""
        found: dict[str, Value] = {name: line[name] for name in columns if name in COLUMNS}
        if not _CODE.fullmatch(line["code"]):
            self.fault(line, f"code {line['code']!r} may hold small letters, digits, - and _ only")
        if not line["name"]:
            self.fault(line, "has no name")
        if "level" in found:
            found["level"] = self._level(line)
        if line["area"]:
            code = self._areas.get(desk_word(line["area"]))
            if code is None:
                self.fault(line, f"area {line['area']!r} does not exist")
            found["area"] = code or ""
        for name in ("sign_off", "retired"):
            if name in found:
                found[name] = self._truth(line, name)
        if "hours" in found:
            found["hours"] = self._hours(line)
        return found

    def check_parent(self, line: Line, code: str, units: Mapping[str, Mapping[str, Value]]) -> None:
        """See that what a unit stands below exists, is of a higher level, and does not stand below the unit."""
        way, above = [code], str(units[code]["parent"])
        if above and above not in units:
            self.fault(line, f"parent {above!r} does not exist")
            return
        while above and above in units:
            way.append(above)
            if above == code:
                self.fault(line, f"a loop: {' -> '.join(way)}")
                return
            if way.count(above) > 1:
                return  # a loop further up: its own lines are told
            above = str(units[above]["parent"])
        parent = str(units[code]["parent"])
        if parent and _level(units[parent]) <= _level(units[code]):
            self.fault(line, f"parent {parent!r} is not of a higher level")

    def _level(self, line: Line) -> int:
        if not line["level"]:
            return 3
        if line["level"] not in ("1", "2", "3"):
            self.fault(line, f"level {line['level']!r}: 1 (village), 2 (town) or 3 (department)")
            return 3
        return int(line["level"])

    def _truth(self, line: Line, name: str) -> bool:
        said = self._truths.get(desk_word(line[name]), "") if line[name] else "no"
        if not said:
            self.fault(line, f"{name} {line[name]!r}: write yes or no")
        return said == "yes"

    def _hours(self, line: Line) -> list[str]:
        spans = [span for span in _APART.split(line["hours"]) if span]
        if spans:
            try:
                self._read_hours(spans)
            except ValueError as error:
                self.fault(line, str(error))
        return spans


def _level(unit: Mapping[str, Value]) -> int:
    level = unit["level"]
    return level if isinstance(level, int) else 3

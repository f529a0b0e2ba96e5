"""From checked files to a `bot.domain.town.Town`: everything that one entry says about another is checked here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.dispatch import ANY, SERVING
from bot.domain.ticket import Type
from bot.domain.town import UNDECIDED, Area, Clock, Contacts, Danger, Kind, Limits, Rule, Town, Unit, WorkHours
from bot.errors import ConfigurationError
from bot.townfile import entries as e
from bot.townfile.holidays import merge_holidays
from bot.townfile.source import Placed, Source, each, only
from bot.townfile.values import middle, read_hours, read_outline, read_point, read_span

_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_MEGABYTE = 1024 * 1024
V = TypeVar("V")
C = TypeVar("C", bound=StrEnum)
N = TypeVar("N", Area, Unit)


def build_town(sources: Sequence[Source]) -> Town:
    """The town that some files describe together. Raises ConfigurationError with file and line."""
    head: Placed[e.TownEntry] | None = only(sources, "town")
    if head is None:
        raise ConfigurationError(sources[0].name, "no file holds the table [town]")
    _check_code(head, head.entry.code)
    _check_zone(head)
    hours: Placed[e.HoursEntry] | None = only(sources, "hours")
    contacts: Placed[e.ContactsEntry] | None = only(sources, "contacts")
    groups = {code: (g.zh, g.en or g.zh) for code, g in _table(sources, "groups").items()}
    holidays, years = merge_holidays(only(sources, "holidays"))
    canned: dict[str, e.CannedEntry] = _table(sources, "canned")
    areas = _areas(sources)
    kinds = _kinds(sources, groups)
    units = _units(sources, areas)
    return Town(
        code=head.entry.code,
        name=head.entry.name,
        name_en=head.entry.name_en,
        timezone=head.entry.timezone,
        areas=areas,
        kinds=kinds,
        units=units,
        rules=_rules(sources, areas, kinds, units),
        dangers=_dangers(sources, kinds),
        type_words=_type_words(sources),
        hours=_value(hours, read_hours, hours.entry.working, "working") if hours else WorkHours(),
        holidays=holidays,
        holiday_years=years,
        limits=_limits(only(sources, "limits")),
        contacts=_contacts(contacts),
        canned={code: entry.zh for code, entry in canned.items()},
        canned_en={code: entry.en or entry.zh for code, entry in canned.items()},
        groups=groups,
    )


def _table(sources: Sequence[Source], table: str) -> dict[str, Any]:
    """A table with free keys, which may be spread over files."""
    found: dict[str, Any] = {}
    for source in sources:
        for key, value in (getattr(source.entry, table) or {}).items():
            if key in found:
                raise source.fault(f"{key!r} stands twice", table, key)
            found[key] = value
    return found


def _value(placed: Placed[Any], read: Callable[[Any], V], written: Any, *keys: str | int) -> V:
    """What is written under a key, read; a reason why it cannot be read becomes the error of its line."""
    try:
        return read(written)
    except ValueError as error:
        raise placed.fault(str(error), *keys) from None


def _check_code(placed: Placed[Any], code: str, known: Iterable[str] = ()) -> None:
    if not _CODE.fullmatch(code):
        raise placed.fault(f"code {code!r} may hold small letters, digits, - and _ only", "code")
    if code in known:
        raise placed.fault(f"code {code!r} stands twice", "code")
    if not placed.entry.name.strip():
        raise placed.fault(f"{code!r} has no name", "name")


def _check_zone(head: Placed[e.TownEntry]) -> None:
    try:
        ZoneInfo(head.entry.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise head.fault(f"time zone {head.entry.timezone!r} is not known", "timezone") from None


def _one_of(placed: Placed[Any], choices: type[C], written: str, key: str) -> C:
    try:
        return choices(written)
    except ValueError:
        known = ", ".join(choices)
        raise placed.fault(f"unknown {key} {written!r}; there are: {known}", key) from None


def _words(placed: Placed[Any], key: str) -> tuple[str, ...]:
    """A list of words; one of a single character would be found everywhere."""
    words: list[str] = getattr(placed.entry, key)
    for number, word in enumerate(words):
        if len(word.strip()) < 2:
            raise placed.fault(f"{word!r} is too short: at least two characters", key.removesuffix("_"), number)
    return tuple(word.strip() for word in words)


def _check_parents(found: Mapping[str, N], placed: Mapping[str, Placed[Any]]) -> None:
    for code, entry in found.items():
        if not entry.parent:
            continue
        parent = found.get(entry.parent)
        if parent is None:
            raise placed[code].fault(f"parent {entry.parent!r} does not exist", "parent")
        way: list[str] = [code]
        above: str = entry.parent
        while above and above in found:
            if above in way:
                raise placed[code].fault(f"a loop: {' -> '.join((*way, above))}", "parent")
            way.append(above)
            above = found[above].parent
        if parent.level <= entry.level:
            raise placed[code].fault(f"parent {entry.parent!r} is not of a higher level", "parent")


def _areas(sources: Sequence[Source]) -> dict[str, Area]:
    areas: dict[str, Area] = {}
    places: dict[str, Placed[e.AreaEntry]] = {}
    found: Iterator[Placed[e.AreaEntry]] = each(sources, "areas")
    for placed in found:
        entry = placed.entry
        _check_code(placed, entry.code, areas)
        level = entry.level if entry.level is not None else (1 if entry.parent else 2)
        if level not in (1, 2):
            raise placed.fault("level is 1 (village, community) or 2 (town, street)", "level")
        outline = _value(placed, read_outline, entry.outline, "outline")
        centre = _value(placed, read_point, entry.centre, "centre") if entry.centre is not None else None
        places[entry.code] = placed
        areas[entry.code] = Area(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            level=level,
            parent=entry.parent,
            aliases=_words(placed, "aliases"),
            roads=_words(placed, "roads"),
            estates=_words(placed, "estates"),
            landmarks=_words(placed, "landmarks"),
            centre=centre or (middle(outline) if outline else None),
            outline=outline,
            retired=entry.retired,
        )
    _check_parents(areas, places)
    return areas


def _kinds(sources: Sequence[Source], groups: Mapping[str, object]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    found: Iterator[Placed[e.KindEntry]] = each(sources, "kinds")
    for placed in found:
        entry = placed.entry
        _check_code(placed, entry.code, kinds)
        if entry.group and entry.group not in groups:
            raise placed.fault(f"group {entry.group!r} does not exist", "group")
        if not entry.group and entry.code != UNDECIDED:
            raise placed.fault(f"kind {entry.code!r} needs a group", "code")
        kinds[entry.code] = Kind(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            group=entry.group,
            words=_words(placed, "words"),
            strong_words=_words(placed, "strong_words"),
            urgent_words=_words(placed, "urgent_words"),
            for_type=_one_of(placed, Type, entry.for_type, "for_type") if entry.for_type else None,
            details=tuple(entry.details),
            details_en=tuple(entry.details_en),
            clock=_one_of(placed, Clock, entry.clock, "clock"),
            forbids_level_1=entry.forbids_level_1,
            walled=entry.walled,
            joinable=entry.joinable,
            public=entry.public,
            retired=entry.retired,
        )
    if UNDECIDED not in kinds or kinds[UNDECIDED].retired:
        raise ConfigurationError(sources[0].name, f"no file holds the kind {UNDECIDED!r}, which must always exist")
    return kinds


def _units(sources: Sequence[Source], areas: Mapping[str, Area]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    places: dict[str, Placed[e.UnitEntry]] = {}
    found: Iterator[Placed[e.UnitEntry]] = each(sources, "units")
    for placed in found:
        entry = placed.entry
        _check_code(placed, entry.code, units)
        if entry.level not in (1, 2, 3):
            raise placed.fault("level is 1 (village), 2 (town) or 3 (department)", "level")
        if entry.area and entry.area not in areas:
            raise placed.fault(f"area {entry.area!r} does not exist", "area")
        places[entry.code] = placed
        units[entry.code] = Unit(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            level=entry.level,
            parent=entry.parent,
            area=entry.area,
            hours=_value(placed, read_hours, entry.hours, "hours") if entry.hours is not None else None,
            phone=entry.phone,
            sign_off=entry.sign_off,
            retired=entry.retired,
        )
    _check_parents(units, places)
    return units


def _rules(
    sources: Sequence[Source], areas: Mapping[str, Area], kinds: Mapping[str, Kind], units: Mapping[str, Unit]
) -> tuple[Rule, ...]:
    placed: Placed[e.DispatchEntry] | None = only(sources, "dispatch")
    if placed is None:
        return ()
    rules: list[Rule] = []
    for number, written in enumerate(placed.entry.rules):
        why = _rule_fault(written, areas, kinds, units)
        if why:
            raise placed.fault(why, "rules", number)
        rules.append(Rule(*written))
    return tuple(rules)


def _rule_fault(
    written: list[str], areas: Mapping[str, Area], kinds: Mapping[str, Kind], units: Mapping[str, Unit]
) -> str:
    """What is wrong with a rule; "" when nothing is."""
    if len(written) != 3:
        return "a rule is [kind, area, unit]"
    kind, area, code = written
    if kind != ANY and kind not in kinds:
        return f"kind {kind!r} does not exist"
    if kind == UNDECIDED:
        return f"{UNDECIDED!r} always goes to the pool; no rule can change that"
    if area != ANY and area not in areas:
        return f"area {area!r} does not exist"
    if code.startswith(SERVING):
        return "" if code[1:] in ("1", "2", "3") else f"{code!r}: write @1, @2 or @3"
    unit = units.get(code)
    if unit is None:
        return f"unit {code!r} does not exist"
    if unit.retired:
        return f"unit {code!r} is retired"
    if kind != ANY and unit.level == 1 and kinds[kind].forbids_level_1:
        return f"kind {kind!r} may not go to a unit of level 1"
    return ""


def _dangers(sources: Sequence[Source], kinds: Mapping[str, Kind]) -> tuple[Danger, ...]:
    dangers: dict[str, Danger] = {}
    found: Iterator[Placed[e.DangerEntry]] = each(sources, "danger")
    for placed in found:
        entry = placed.entry
        _check_code(placed, entry.code, dangers)
        if entry.kind not in kinds:
            raise placed.fault(f"kind {entry.kind!r} does not exist", "kind")
        dangers[entry.code] = Danger(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            phrases=_words(placed, "phrases"),
            except_=_words(placed, "except_"),
            kind=entry.kind,
            numbers=tuple(entry.numbers),
            advice=entry.advice,
            advice_en=entry.advice_en,
        )
    return tuple(dangers.values())


def _type_words(sources: Sequence[Source]) -> dict[Type, tuple[str, ...]]:
    placed: Placed[Any] | None = only(sources, "type_words")
    found: dict[Type, tuple[str, ...]] = {}
    for key, words in (placed.entry if placed else {}).items():
        if placed and key not in list(Type):
            raise placed.fault(f"unknown type {key!r}; there are: {', '.join(Type)}", key)
        found[Type(key)] = tuple(words)
    return found


def _contacts(placed: Placed[e.ContactsEntry] | None) -> Contacts:
    if placed is None:
        return Contacts()
    entry = placed.entry
    return Contacts(
        hotline=entry.hotline,
        hotline_hours=entry.hotline_hours,
        hotline_hours_en=entry.hotline_hours_en,
        privacy_url=entry.privacy_url,
    )


def _limits(placed: Placed[e.LimitsEntry] | None) -> Limits:
    """The rule book's figures, but for those the town has its own."""
    if placed is None:
        return Limits()
    own: dict[str, Any] = {}
    for key in placed.entry.__struct_fields__:
        written = getattr(placed.entry, key)
        if written is None:
            continue
        if key == "answer_days":
            own[key] = {**Limits().answer_days, **_answer_days(placed)}
        elif key == "file_max_mb":
            own["file_max_bytes"] = _value(placed, _positive, written, key) * _MEGABYTE
        elif isinstance(written, str):
            own[key] = _value(placed, read_span, written, key)
        elif isinstance(written, list):
            own[key] = _value(placed, _spans_in_order, written, key)
        else:
            own[key] = _value(placed, _positive, written, key)
    return Limits(**own)


def _answer_days(placed: Placed[e.LimitsEntry]) -> dict[Type, int | None]:
    days: dict[Type, int | None] = {}
    for key, written in placed.entry.answer_days.items():
        if key not in list(Type):
            raise placed.fault(f"unknown type {key!r}; there are: {', '.join(Type)}", "answer_days", key)
        if written == "none":
            days[Type(key)] = None
        elif isinstance(written, str):
            raise placed.fault(f'{written!r}: write a number of working days, or "none"', "answer_days", key)
        else:
            days[Type(key)] = _value(placed, _positive, written, "answer_days", key)
    return days


def _positive(number: int) -> int:
    if number <= 0:
        raise ValueError(f"{number}: must be more than 0")
    return number


def _spans_in_order(written: list[str]) -> tuple[timedelta, ...]:
    spans = tuple(read_span(span) for span in written)
    if list(spans) != sorted(set(spans)):
        raise ValueError("the spans must become longer from one to the next")
    return spans

"""From checked files to a `bot.domain.town.Town`: everything that one entry says about another is checked here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.dispatch import ANY, SERVING
from bot.domain.ticket import Type
from bot.domain.town import FIRST, LOAD, UNDECIDED, Area, Clock, Danger, Kind, Rule, Town, Unit, WorkHours
from bot.errors import ConfigurationError
from bot.townfile import entries as e
from bot.townfile.checks import check_code, check_parents, free_table, one_of, value_of, words_of
from bot.townfile.common import common_words
from bot.townfile.figures import contacts_of, limits_of, type_words_of
from bot.townfile.holidays import merge_holidays
from bot.townfile.source import Placed, Source, each, only
from bot.townfile.values import middle, read_hours, read_outline, read_point


def build_town(sources: Sequence[Source]) -> Town:
    """The town that some files describe together. Raises ConfigurationError with file and line."""
    head: Placed[e.TownEntry] | None = only(sources, "town")
    if head is None:
        raise ConfigurationError(sources[0].name, "no file holds the table [town]")
    check_code(head, head.entry.code)
    _check_zone(head)
    hours: Placed[e.HoursEntry] | None = only(sources, "hours")
    contacts: Placed[e.ContactsEntry] | None = only(sources, "contacts")
    groups = {code: (g.zh, g.en or g.zh) for code, g in free_table(sources, "groups").items()}
    holidays, years = merge_holidays(only(sources, "holidays"))
    canned: dict[str, e.CannedEntry] = free_table(sources, "canned")
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
        type_words=type_words_of(sources),
        hours=value_of(hours, read_hours, hours.entry.working, "working") if hours else WorkHours(),
        holidays=holidays,
        holiday_years=years,
        limits=limits_of(only(sources, "limits")),
        contacts=contacts_of(contacts),
        canned={code: entry.zh for code, entry in canned.items()},
        canned_en={code: entry.en or entry.zh for code, entry in canned.items()},
        groups=groups,
        common=common_words(),
    )


def _check_zone(head: Placed[e.TownEntry]) -> None:
    try:
        ZoneInfo(head.entry.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise head.fault(f"time zone {head.entry.timezone!r} is not known", "timezone") from None


def _areas(sources: Sequence[Source]) -> dict[str, Area]:
    areas: dict[str, Area] = {}
    places: dict[str, Placed[e.AreaEntry]] = {}
    found: Iterator[Placed[e.AreaEntry]] = each(sources, "areas")
    for placed in found:
        entry = placed.entry
        check_code(placed, entry.code, areas)
        level = entry.level if entry.level is not None else (1 if entry.parent else 2)
        if level not in (1, 2):
            raise placed.fault("level is 1 (village, community) or 2 (town, street)", "level")
        outline = value_of(placed, read_outline, entry.outline, "outline")
        centre = value_of(placed, read_point, entry.centre, "centre") if entry.centre is not None else None
        places[entry.code] = placed
        areas[entry.code] = Area(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            level=level,
            parent=entry.parent,
            aliases=words_of(placed, "aliases"),
            roads=words_of(placed, "roads"),
            estates=words_of(placed, "estates"),
            landmarks=words_of(placed, "landmarks"),
            centre=centre or (middle(outline) if outline else None),
            outline=outline,
            retired=entry.retired,
        )
    check_parents(areas, places)
    return areas


def _kinds(sources: Sequence[Source], groups: Mapping[str, object]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    found: Iterator[Placed[e.KindEntry]] = each(sources, "kinds")
    for placed in found:
        entry = placed.entry
        check_code(placed, entry.code, kinds)
        if entry.group and entry.group not in groups:
            raise placed.fault(f"group {entry.group!r} does not exist", "group")
        if not entry.group and entry.code != UNDECIDED:
            raise placed.fault(f"kind {entry.code!r} needs a group", "code")
        kinds[entry.code] = Kind(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            group=entry.group,
            words=words_of(placed, "words"),
            strong_words=words_of(placed, "strong_words"),
            urgent_words=words_of(placed, "urgent_words"),
            for_type=one_of(placed, Type, entry.for_type, "for_type") if entry.for_type else None,
            details=tuple(entry.details),
            details_en=tuple(entry.details_en),
            clock=one_of(placed, Clock, entry.clock, "clock"),
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
        check_code(placed, entry.code, units)
        if entry.level not in (1, 2, 3):
            raise placed.fault("level is 1 (village), 2 (town) or 3 (department)", "level")
        if entry.assign not in (FIRST, LOAD):
            raise placed.fault(f'assign is "{FIRST}" (who takes it first) or "{LOAD}" (who has least to do)', "assign")
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
            hours=value_of(placed, read_hours, entry.hours, "hours") if entry.hours is not None else None,
            phone=entry.phone,
            sign_off=entry.sign_off,
            assign=entry.assign,
            retired=entry.retired,
        )
    check_parents(units, places)
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
        check_code(placed, entry.code, dangers)
        if entry.kind not in kinds:
            raise placed.fault(f"kind {entry.kind!r} does not exist", "kind")
        dangers[entry.code] = Danger(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            phrases=words_of(placed, "phrases"),
            except_=words_of(placed, "except_"),
            kind=entry.kind,
            numbers=tuple(entry.numbers),
            advice=entry.advice,
            advice_en=entry.advice_en,
        )
    return tuple(dangers.values())

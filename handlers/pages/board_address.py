"""What the address of the dashboard or of a board chooses, and the addresses that lead on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import quote_plus, urlencode

from bot.domain.boards import periods
from bot.domain.boards.periods import Period, Span
from bot.domain.people import Role
from bot.domain.permission import Act
from bot.errors import NotFound, Refusal
from bot.ports.dashboard_questions import Within
from bot.turn import Turn
from bot.views.dashboard import Choice, Filters
from handlers import reckoning
from handlers.naming import area_name
from handlers.staff.me import Me
from handlers.supervisor import board_words

DASHBOARD, BOARDS = "/staff/dashboard", "/staff/boards"
UNIT, TICKETS, PUBLISH = f"{BOARDS}/unit", f"{BOARDS}/tickets", f"{BOARDS}/publish"

FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
"""Days beyond these are no days of a desk."""

NOWHERE = "-"
"""What has no place, and the pool, in an address."""

SPANS = (Span.WEEK, Span.MONTH, Span.QUARTER)
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What is chosen. ``only`` are the codes of the area and what lies in it (None: the whole town). ``problem`` says
    what of the address could not be followed."""

    period: Period
    area: str
    only: frozenset[str] | None
    within: Within
    problem: str = ""

    def link(self, path: str, **more: str) -> str:
        """An address that chooses the same, and more; what is "" is left out."""
        fields = {"period": self.period.key, "area": self.area, **more}
        return f"{path}?{'&'.join(f'{name}={_quoted(value)}' for name, value in fields.items() if value)}"


@lru_cache(maxsize=4096)
def _quoted(value: str) -> str:
    """A value of an address: a page has a thousand links, and few different values in them."""
    return quote_plus(value)


def admitted(me: Me) -> None:
    """Raises NotFound for whom there are no boards."""
    if not me.may(Act.BOARDS):
        raise NotFound()


def asked(turn: Turn, me: Me, query: Mapping[str, str], *, running: bool = False) -> Asked:
    """What an address chooses; without a period the one that runs, or the last full week. Raises NotFound for an area
    that is not there or not theirs."""
    area = query.get("area", "")[:LONGEST]
    only: frozenset[str] | None = None
    if area:
        if area not in turn.town.areas or (me.person.areas is not None and area not in me.person.areas):
            raise NotFound()
        above = turn.guide.gazetteer.above
        only = frozenset(each for each in turn.town.areas if area in above.get(each, (each,)))
    units = me.person.units if me.staff.role is Role.LEAD else None
    within = Within(units=units, areas=me.person.areas, only=only, not_kept_from=me.person.unit)
    period, problem = _period(turn, query, running=running)
    return Asked(period, area, only, within, problem)


def _period(turn: Turn, query: Mapping[str, str], *, running: bool) -> tuple[Period, str]:
    """The period that is asked for, and what is wrong with it."""
    zone = turn.guide.calendar.zone
    usual = reckoning.running(turn.guide, Span.WEEK, turn.now)
    usual = usual if running else usual.before()
    if query.get("from") or query.get("to"):
        found = _chosen(query.get("from", ""), query.get("to", ""), turn)
    elif query.get("period"):
        found = periods.read(query["period"][:LONGEST], zone)
    else:
        return usual, ""
    if found is None or not FIRST <= found.first < found.after <= LAST:
        return usual, turn.words("dashboard.no_period", days=periods.LONGEST)
    if found.begin > turn.now:
        return found, turn.words("board.future", period=board_words.period_name(turn, found))
    return found, ""


def _chosen(first: str, last: str, turn: Turn) -> Period | None:
    try:
        return periods.between(date.fromisoformat(first), date.fromisoformat(last), turn.guide.calendar.zone)
    except ValueError:
        return None


def filters(turn: Turn, me: Me, asked: Asked, path: str, **kept: str) -> Filters:
    """The filters of a page; ``kept`` are fields of its address besides period and area."""
    period = asked.period

    def to(other: Period) -> str:
        return f"{path}?{urlencode({'period': other.key, **({'area': asked.area} if asked.area else {}), **kept})}"

    spans = tuple(
        Choice(turn.words(f"dashboard.span.{span}"), to(_of(turn, span, period)), chosen=span is period.span)
        for span in SPANS
    )
    before, after = period.before(), period.following()
    return Filters(
        path=path,
        period=board_words.period_name(turn, period),
        key=period.key,
        spans=spans,
        before=Choice(turn.words("dashboard.before"), to(before) if before.first >= FIRST else ""),
        following=Choice(turn.words("dashboard.following"), to(after) if after.begin <= turn.now else ""),
        first=str(period.first),
        last=str(period.last),
        areas=_areas(turn, me, asked),
        kept=tuple(kept.items()),
        problem=asked.problem,
    )


def _of(turn: Turn, span: Span, period: Period) -> Period:
    """The period of another span that holds the last day there is of this one."""
    today = turn.guide.calendar.local_day(turn.now)
    return periods.of(span, min(period.last, max(today, period.first)), period.zone)


def _areas(turn: Turn, me: Me, asked: Asked) -> tuple[Choice, ...]:
    """Streets and towns, each followed by what lies in it."""
    town, mine = turn.town, me.person.areas
    codes = [area.code for area in town.areas.values() if not area.retired and (mine is None or area.code in mine)]
    codes.sort(key=lambda code: (town.areas[code].parent or code, bool(town.areas[code].parent), code))
    whole = turn.words("dashboard.everywhere" if mine is None else "dashboard.my_areas")
    options = [Choice(area_name(turn, code), value=code, chosen=code == asked.area) for code in codes]
    return (Choice(whole, value="", chosen=not asked.area), *options)


def future(asked: Asked, turn: Turn) -> bool:
    """Whether the period has not begun."""
    return asked.period.begin > turn.now


def number_of(text: str, most: int) -> int:
    """A number of an address; 0 for anything odd."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 7 and int(text) <= most else 0


def refused(turn: Turn, refusal: Refusal) -> str:
    """A refusal in words."""
    return turn.words(refusal.key, **refusal.params)

"""The tickets behind a number of the dashboard or of a board: as many as the number says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.changes import Looked
from bot.domain.boards.facts import DeskFacts
from bot.domain.boards.figures import FIGURES, Sums
from bot.domain.boards.parts import EXCLUDED, PARTS, PAUSED, TICKETS, added
from bot.domain.boards.ranking import desk_row
from bot.domain.boards.worked import Worked
from bot.domain.deadlines import Rung
from bot.domain.permission import Act
from bot.domain.ticket import Action
from bot.errors import NotFound
from bot.ports.dashboard_questions import Filed
from bot.turn import Turn
from bot.views.dashboard import Listed, TicketsPage
from handlers import reckoning
from handlers.naming import area_name, kind_name, unit_name
from handlers.pages import board_address, board_counts, census
from handlers.pages import rows as ticket_rows
from handlers.pages.board_address import BOARDS, DASHBOARD, NOWHERE, Asked, number_of
from handlers.pages.board_address import TICKETS as LIST
from handlers.pages.boards import DESK_FIGURES, figure_name, figure_text
from handlers.pages.census import Picked
from handlers.pages.counts import Counts
from handlers.pages.frame import at_page, frame
from handlers.staff.me import Me
from handlers.supervisor import board_words

PER_PAGE = 50
FURTHEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """The tickets of a page: numbers and what each is to the number asked about; ``count`` is of all pages."""

    title: str
    total: str
    count: int
    numbers: Sequence[tuple[str, str]]
    shares: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for which tickets, from which on."""

    turn: Turn
    me: Me
    counts: Counts
    asked: Asked
    query: Mapping[str, str]
    start: int


async def see(turn: Turn, counts: Counts, query: Mapping[str, str]) -> TicketsPage:
    """The tickets behind a number. Raises NotFound where no number of this person's leads."""
    me = await at_page(turn)
    board_address.admitted(me)
    of = query.get("of", "")
    if of not in _BEHIND:
        raise NotFound()
    asked = board_address.asked(turn, me, query, running=True)
    start = number_of(query.get("start", ""), FURTHEST)
    found = await _BEHIND[of](Question(turn, me, counts, asked, query, start))
    listed, withheld = await _rows(turn, me, found.numbers)
    shown = " ".join(each.row.number for each in listed)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"board {shown}".strip()))
    said = {name: value for name, value in query.items() if name != "start"}
    first = DASHBOARD if of in ("now", "filed") else BOARDS
    return TicketsPage(
        frame=frame(turn, me, "dashboard" if first == DASHBOARD else "boards"),
        title=found.title,
        total=found.total,
        count=found.count,
        rows=tuple(listed),
        withheld=turn.words("dashboard.withheld", count=withheld) if withheld else "",
        shares=found.shares,
        back=asked.link(first),
        paging=ticket_rows.paging(turn, LIST, said, start, len(found.numbers), PER_PAGE, found.count),
        pending=found.pending,
    )


async def _rows(turn: Turn, me: Me, numbers: Sequence[tuple[str, str]]) -> tuple[list[Listed], int]:
    """The tickets as this person may know them, and how many they may not: the number counts those as well."""
    own = await ticket_rows.own(turn, me)
    listed = []
    for number, share in numbers:
        ticket = await turn.read.ticket(number)
        if ticket is not None and number not in own and me.may(Act.SEE, ticket):
            listed.append(Listed(ticket_rows.row(turn, me, ticket), share))
    return listed, len(numbers) - len(listed)


async def _now(q: Question) -> Found:
    """What is open now."""
    kept, turn, picked = census.counted(q.turn, q.counts), q.turn, Picked.of(q.query)
    await q.counts.settle(kept)
    words = [turn.words("dashboard.open_now")]
    if picked.unit:
        unit = "" if picked.unit == NOWHERE else picked.unit
        words.append(unit_name(turn, unit))
    if picked.colour is not None:
        words.append(turn.words(f"dashboard.column.{picked.colour.name.lower()}"))
    if picked.due is not None:
        words.append(turn.words(f"dashboard.due.{picked.due}"))
    if picked.rung in _RUNGS:
        words.append(turn.words(f"dashboard.rung.{picked.rung}"))
    words += _area(q)
    title = turn.words("list.comma").join(words)
    if kept.value is None:
        return Found(title, turn.words("dashboard.counting"), 0, (), pending=True)
    count, numbers = census.numbers(kept.value, q.me, q.asked, picked, q.start, PER_PAGE)
    return Found(title, turn.words("dashboard.tickets", count=count), count, [(number, "") for number in numbers])


def _area(q: Question) -> list[str]:
    return [area_name(q.turn, q.asked.area)] if q.asked.area else []


async def _filed(q: Question) -> Found:
    """What was filed in a period."""
    turn, query, town = q.turn, q.query, q.turn.town
    words, kinds, areas = [turn.words("dashboard.filed_in", period=_period(q)), *_area(q)], None, None
    if group := query.get("group", ""):
        if group not in town.groups:
            raise NotFound()
        kinds = frozenset(kind.code for kind in town.kinds.values() if kind.group == group)
        chinese, english = town.groups[group]
        words.append(english or chinese if turn.locale == "en" else chinese)
    if kind := query.get("kind", ""):
        if kind not in town.kinds:
            raise NotFound()
        kinds = frozenset({kind})
        words.append(kind_name(turn, kind))
    if spot := query.get("spot", ""):
        areas = _areas(q, spot)
        words.append(turn.words("heat.no_place") if spot == NOWHERE else area_name(turn, spot))
    count, numbers = await turn.read.filed_numbers(
        q.asked.period, q.asked.within, Filed(kinds, areas), PER_PAGE, q.start
    )
    return Found(_joined(turn, words), turn.words("dashboard.tickets", count=count), count, [(n, "") for n in numbers])


def _areas(q: Question, spot: str) -> frozenset[str]:
    """An area alone, or a street with all that lies in it."""
    if spot == NOWHERE:
        return frozenset({""})
    if spot not in q.turn.town.areas:
        raise NotFound()
    if q.query.get("own"):
        return frozenset({spot})
    return frozenset(area for area, above in reckoning.streets(q.turn.guide).items() if above == spot)


async def _happened(q: Question) -> Found:
    """What was answered or re-opened in a period."""
    action = Action(q.query["of"])
    count, numbers = await q.turn.read.happened_numbers(action, q.asked.period, q.asked.within, PER_PAGE, q.start)
    words = [q.turn.words(f"dashboard.{action}_in", period=_period(q)), *_area(q)]
    total = q.turn.words("dashboard.tickets", count=count)
    return Found(_joined(q.turn, words), total, count, [(number, "") for number in numbers])


async def _figure(q: Question) -> Found:
    """What a figure of a unit is made of."""
    turn, name, unit = q.turn, q.query.get("name", ""), q.query.get("unit", "")
    if name not in PARTS or unit not in turn.town.units or not board_counts.open_to(q.me, unit):
        raise NotFound()
    title = _joined(turn, [figure_name(turn, name), unit_name(turn, unit), _period(q), *_area(q)])
    if board_address.future(q.asked, turn):
        return Found(title, turn.words("dashboard.tickets", count=0), 0, ())
    kept = board_counts.counted(turn, q.counts, q.asked.period, q.asked.only)
    await q.counts.settle(kept)
    if kept.value is None:
        return Found(title, turn.words("dashboard.counting"), 0, (), pending=True)
    shares = await board_counts.behind(turn.read, turn.guide, kept.value, name, unit)
    part, whole = added(name, shares)
    beside = name in (TICKETS, EXCLUDED, PAUSED)
    if beside:
        total = turn.words("dashboard.total", figure=figure_name(turn, name), value=figure_text(turn, name, part))
    else:
        value = next(figure for figure in FIGURES if figure.name == name).value(kept.value.sums.get(unit, Sums()))
        total = turn.words(
            "dashboard.total_of", figure=figure_name(turn, name), value=board_words.value(turn, name, value),
            part=f"{part:.1f}".removesuffix(".0"), whole=f"{whole:g}",
        )  # fmt: skip
    shown = shares[q.start : q.start + PER_PAGE]
    written = [
        (
            each.number,
            "" if beside else turn.words("dashboard.made_of", part=_short(each.part), whole=f"{each.whole:g}"),
        )
        for each in shown
    ]
    return Found(title, total, len(shares), written, shares="" if beside else figure_name(turn, name))


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


async def _desk(q: Question) -> Found:
    """What the desk's own row is made of."""
    turn, name = q.turn, q.query.get("name", "")
    if name not in DESK_FIGURES or not q.me.may(Act.POOL):
        raise NotFound()
    at_once, waited, objected = await turn.read.desk_numbers(q.asked.period, reckoning.dispatch_due(turn.guide))
    found: list[tuple[str, str]]
    if name in ("objections", "upheld"):
        decided = [(number, upheld) for number, upheld in objected if upheld is not None]
        found = [(n, turn.words("dashboard.upheld" if upheld else "dashboard.refused")) for n, upheld in decided]
    elif name in ("pooled", "pool_hours"):
        found = [(each.number, turn.words("dashboard.hours", hours=_hours(turn, each))) for each in waited]
    else:
        judged = {each.number: _in_time(turn, each) for each in waited}
        found = [(n, judged.get(n, "100")) for n in sorted([*at_once, *judged])]
        if name == "in_time":
            found = [(number, turn.words(f"dashboard.in_time.{said}")) for number, said in found if said]
        else:
            found = [(number, "") for number, _ in found]
    title = _joined(turn, [turn.words(f"dashboard.desk.{name}"), turn.words("people.desk"), _period(q)])
    page = found[q.start : q.start + PER_PAGE]
    total = turn.words("dashboard.tickets", count=len(found))
    return Found(title, total, len(found), page, shares="" if name == "filed" else turn.words(f"dashboard.desk.{name}"))


def _in_time(turn: Turn, fact: DeskFacts) -> str:
    """Whether a ticket had a unit in time, "" while nobody can say."""
    value = desk_row((fact,), 0, (), Worked(turn.guide.calendar), turn.now).in_time
    return "" if value is None else f"{value:.0f}"


def _hours(turn: Turn, fact: DeskFacts) -> str:
    return f"{desk_row((fact,), 0, (), Worked(turn.guide.calendar), turn.now).pool_hours or 0:.1f}"


def _period(q: Question) -> str:
    return board_words.period_name(q.turn, q.asked.period)


def _joined(turn: Turn, words: Sequence[str]) -> str:
    return turn.words("list.comma").join(words)


_RUNGS = frozenset(map(str, Rung))
_BEHIND: Mapping[str, Callable[[Question], Awaitable[Found]]] = {
    "now": _now,
    "filed": _filed,
    str(Action.ANSWER): _happened,
    str(Action.REOPEN): _happened,
    "figure": _figure,
    "desk": _desk,
}
"""What numbers can be made of."""

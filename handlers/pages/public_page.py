"""The desk's public page: promises, figures of the month, and what was published or released; nothing of anybody."""

from __future__ import annotations

from bot.domain.boards import periods
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import Board, Row
from bot.domain.public import public_copy
from bot.domain.special import State
from bot.domain.ticket import Action, Ticket, Type
from bot.domain.work import Outcome
from bot.errors import NotFound
from bot.ports import Released
from bot.turn import Turn
from bot.views.public_page import BoardLevel, BoardLink, BoardRow, Entry, Figure, PublicBoard, PublicPage
from handlers import idea_store
from handlers.files import public_photos_of
from handlers.naming import area_name, kind_name, moment, state_name, unit_name
from handlers.supervisor import board_words

WEEKS, MONTHS, QUARTERS = 6, 6, 4
"""So many periods back is looked for published boards."""

SHOWN = 10
"""So many ideas and cases are shown."""

PROMISED = (Type.ENQUIRY, Type.COMPLAINT, Type.HELP, Type.IDEA)
COLUMNS = ("in_time", "hours", "reopened", "solved", "rating", "repeat")
"""Of the twelve figures, those that say something to everybody."""


async def page(turn: Turn) -> PublicPage:
    """Everything that is public, as of now."""
    today = turn.now.astimezone(turn.guide.calendar.zone).date()
    month = periods.of(Span.MONTH, today, turn.guide.calendar.zone)
    return PublicPage(
        town=_town(turn),
        promises=tuple(_promises(turn)),
        month=board_words.period_name(turn, month),
        figures=await _figures(turn, month),
        boards=await _boards(turn),
        ideas=await _ideas(turn),
        specials=await _specials(turn),
        cases=await _cases(turn),
        hotline=_hotline(turn),
    )


async def board(turn: Turn, key: str) -> PublicBoard:
    """A board as it was published. Raises NotFound for every other."""
    period = periods.read(key, turn.guide.calendar.zone)
    found = await turn.read.published(period.key) if period is not None else None
    if period is None or found is None:
        raise NotFound()
    return PublicBoard(
        town=_town(turn),
        name=board_words.period_name(turn, period),
        published=moment(turn, found.at),
        columns=tuple(turn.words(f"board.figure.{name}") for name in COLUMNS),
        levels=tuple(_levels(turn, found)),
    )


def _town(turn: Turn) -> str:
    town = turn.town
    return town.name_en or town.name if turn.locale == "en" else town.name


def _promises(turn: Turn) -> list[str]:
    limits = turn.town.limits
    said = [turn.words("public.promise.dispatch", count=limits.dispatch_days)]
    for type_ in PROMISED:
        days = limits.answer_days[type_]
        if days is not None:
            said.append(turn.words("public.promise.answer", type=turn.words(f"type.{type_}"), count=days))
    hours = int(limits.danger_answer.total_seconds()) // 3600
    said.append(turn.words("public.promise.danger", count=hours))
    said.append(turn.words("public.promise.review"))
    return said


async def _figures(turn: Turn, month: Period) -> tuple[Figure, ...]:
    filed = await turn.read.export_count(month.begin, turn.now)
    answered = await turn.read.happened(Action.ANSWER, month)
    reopened = await turn.read.happened(Action.REOPEN, month)
    counted = (("filed", filed), ("answered", answered), ("reopened", reopened))
    return tuple(Figure(turn.words(f"public.figure.{name}"), f"{count:,}") for name, count in counted)


async def _boards(turn: Turn) -> tuple[BoardLink, ...]:
    zone = turn.guide.calendar.zone
    today = turn.now.astimezone(zone).date()
    looked_for = [
        periods.of(span, today, zone).before(count)
        for span, back in ((Span.WEEK, WEEKS), (Span.MONTH, MONTHS), (Span.QUARTER, QUARTERS))
        for count in range(1, back + 1)
    ]
    return tuple(
        [
            BoardLink(period.key, board_words.period_name(turn, period))
            for period in looked_for
            if await turn.read.published(period.key) is not None
        ]
    )


async def _specials(turn: Turn) -> tuple[Entry, ...]:
    """What is dealt with together: of what kind, where, for how many tickets and until when; no words of anybody."""
    shown = []
    for special in await turn.read.specials():
        kind = turn.town.kinds.get(special.kind)
        if kind is None or not kind.public or kind.walled:
            continue
        places = turn.words("list.comma").join(area_name(turn, area) for area in special.areas)
        state = turn.words("public.special", count=len(special.tickets), due=moment(turn, special.due_at))
        said = turn.words(f"public.special.{'open' if special.state is State.OPEN else 'answered'}")
        opened = f"{special.opened_at.astimezone(turn.guide.calendar.zone):%Y-%m}"
        shown.append(Entry(kind_name(turn, special.kind), places, f"{said} {state}", opened))
    return tuple(shown[:SHOWN])


async def _ideas(turn: Turn) -> tuple[Entry, ...]:
    found = await idea_store.ideas(turn, "", lambda ticket: idea_store.released(turn, ticket))
    adopted = [
        (ticket, text)
        for ticket, text in found
        if ticket.work.last_answer is not None and ticket.work.last_answer.outcome is Outcome.ADOPTED
    ]
    return tuple([await _entry(turn, ticket, text) for ticket, text in adopted[:SHOWN]])


async def _cases(turn: Turn) -> tuple[Entry, ...]:
    kinds = tuple(code for code, kind in turn.town.kinds.items() if kind.public and not kind.walled)
    found = await turn.read.released(Released(kinds=kinds, limit=4 * SHOWN))
    shown = [
        (ticket, text)
        for ticket, _ in found
        if ticket.type is not Type.IDEA and (text := public_copy(ticket, turn.town.kinds.get(ticket.kind)))
    ]
    return tuple([await _entry(turn, ticket, text) for ticket, text in shown[:SHOWN]])


async def _entry(turn: Turn, ticket: Ticket, text: str) -> Entry:
    photos = await public_photos_of(turn, ticket)
    place = area_name(turn, ticket.area) if ticket.area else ""
    head = turn.words("list.comma").join(filter(None, (kind_name(turn, ticket.kind), place)))
    state = idea_store.became(turn, ticket) if ticket.type is Type.IDEA else state_name(turn, ticket)
    return Entry(head, text, state, _month_of(turn, ticket), photos)


def _month_of(turn: Turn, ticket: Ticket) -> str:
    """When it was filed, as exactly as anybody may know."""
    return f"{ticket.filed_at.astimezone(turn.guide.calendar.zone):%Y-%m}"


def _hotline(turn: Turn) -> str:
    contacts = turn.town.contacts
    if not contacts.hotline:
        return ""
    hours = contacts.hotline_hours_en or contacts.hotline_hours if turn.locale == "en" else contacts.hotline_hours
    return turn.words("public.hotline", number=contacts.hotline, hours=hours)


def _levels(turn: Turn, found: Board) -> list[BoardLevel]:
    levels = sorted({row.level for row in found.rows}, reverse=True)
    return [
        BoardLevel(
            turn.words(f"public.level.{level}"), tuple(_row(turn, row) for row in found.rows if row.level == level)
        )
        for level in levels
    ]


def _row(turn: Turn, row: Row) -> BoardRow:
    return BoardRow(
        rank=str(row.rank) if row.rank else "",
        unit=unit_name(turn, row.unit),
        score=f"{row.score:.1f}" if row.rank and row.score is not None else "",
        tickets=row.tickets,
        colour=row.colour,
        mark=turn.words(f"board.mark.{row.colour}") if row.colour else "",
        figures=tuple(board_words.value(turn, name, row.figures.get(name)) for name in COLUMNS),
    )

"""Boards in chat: who does how well, where and about what people speak, against before; publishing by a tap."""

from __future__ import annotations

from collections.abc import Sequence

from bot.changes import Looked
from bot.domain.boards import periods
from bot.domain.boards.periods import Period, Span
from bot.domain.permission import Act
from bot.domain.town import Unit
from bot.domain.unit_names import first_unit
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import reckoning
from handlers.naming import unit_name
from handlers.staff import cards
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import board_words, picturing

WORDS = (
    *("this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter"),
    *("week", "month", "quarter"),
)
"""Periods that can be said; a bare one is the last that is over."""

ROOM_FOR_THE_REST = 160
"""Characters of a message that its head and its buttons need."""

PAGE = "/"


async def ranking(turn: Turn, me: Me, rest: str) -> Reply:
    """The board of a period, or all figures of a unit in it: ``ranking last month``, ``ranking 2026-W10 unit``."""
    period, rest = _period(turn, rest)
    page, rest = _page(rest)
    unit = _unit(turn, rest)
    board = await reckoning.board_of(turn.read, turn.guide, period, turn.now)
    turn.changes.looked.append(Looked(by=me.id, what="board", at=turn.now, detail=period.key))
    name = board_words.period_name(turn, period)
    head = turn.words("board.head" if period.end <= turn.now else "board.head_running", period=name)
    if unit is not None:
        row = next((row for row in board.rows if row.unit == unit.code), None)
        none = turn.words("board.no_unit", unit=_called(turn, unit))
        lines = board_words.of_unit(turn, row) if row is not None else [none]
        return Reply("\n".join((head, *lines)), (_before(turn, period, "ranking", unit.code),))
    if not board.rows and not board.desk.filed:
        return Reply("\n".join((head, turn.words("board.empty"))), (_before(turn, period, "ranking"),))
    if page == 0 and (sheet := picturing.board_sheet(turn, board, period)) is not None:
        picturing.owe(turn, "board", [sheet])
    pages = _pages(turn, board_words.ranking(turn, board))
    shown = pages[min(page, len(pages) - 1)]
    choices = []
    if page + 1 < len(pages):
        choices.append(Choice(f"staff:ranking={period.key}{PAGE}{page + 1}", turn.words("board.next_page")))
    if me.may(Act.PUBLISH) and period.end <= turn.now and page == 0:
        choices.append(Choice(f"staff:publish={period.key}", turn.words("board.publish")))
    return Reply("\n".join((head, *shown)), (*choices, _before(turn, period, "ranking")))


async def publish(turn: Turn, me: Me, rest: str) -> Reply:
    """Publish the board of a period that is over, as it is now. Raises Refusal."""
    period, _ = _period(turn, rest)
    name = board_words.period_name(turn, period)
    if period.end > turn.now:
        raise Refusal("board.not_over", period=name)
    if period.span is Span.DAYS:
        raise Refusal("board.own_days", period=name)
    board = await reckoning.board_of(turn.read, turn.guide, period, turn.now)
    if not board.rows:
        raise Refusal("board.nothing_to_publish", period=name)
    before = await turn.read.published(period.key)
    turn.changes.published.append((board, me.id))
    key = "board.published" if before is None else "board.published_anew"
    return turn.say(key, period=name, count=len(board.rows))


async def barometer(turn: Turn, me: Me, rest: str) -> Reply:
    """A period against the one before and what is usual, and what is hot."""
    period, _ = _period(turn, rest)
    found = await reckoning.barometer_of(turn.read, turn.guide, period)
    picturing.owe(turn, "barometer", picturing.barometer_sheets(turn, found))
    head = turn.words("barometer.head", period=board_words.period_name(turn, period))
    return _told(turn, me, head, board_words.barometer(turn, found), "barometer", period)


async def heatmap(turn: Turn, me: Me, rest: str) -> Reply:
    """Where and about what tickets were filed in a period."""
    period, _ = _period(turn, rest)
    heat = await reckoning.heat_of(turn.read, turn.guide, period)
    name = board_words.period_name(turn, period)
    if not heat.map.total:
        return Reply(turn.words("heat.empty", period=name), (_before(turn, period, "heatmap"),))
    picturing.owe(turn, "heat", picturing.heat_sheets(turn, heat))
    head = turn.words("heat.head", period=name, count=heat.map.total)
    return _told(turn, me, head, board_words.heat_map(turn, heat), "heatmap", period)


def _told(turn: Turn, me: Me, head: str, lines: Sequence[str], command: str, period: Period) -> Reply:
    turn.changes.looked.append(Looked(by=me.id, what="board", at=turn.now, detail=f"{command} {period.key}"))
    (shown, *_) = _pages(turn, lines)
    return Reply("\n".join((head, *shown)), (_before(turn, period, command),))


def _before(turn: Turn, period: Period, command: str, more: str = "") -> Choice:
    """The period before, to tap."""
    before = period.before()
    return Choice(f"staff:{command}={before.key} {more}".strip(), board_words.period_name(turn, before))


def _period(turn: Turn, said: str) -> tuple[Period, str]:
    """The period a text begins with, and the rest; last week where it names none. Raises Refusal for a future one."""
    name, rest = leading(said, words_of(turn, "board.said", WORDS))
    if name:
        which, _, span = name.rpartition("_")
        period = reckoning.running(turn.guide, Span(span), turn.now)
        return (period if which == "this" else period.before()), rest
    word, _, after = said.strip().partition(" ")
    key, page, number = word.partition(PAGE)
    found = periods.read(key, turn.guide.calendar.zone)
    if found is None:
        return reckoning.last_full(turn.guide, Span.WEEK, turn.now), said
    if found.begin > turn.now:
        raise Refusal("board.future", period=board_words.period_name(turn, found))
    return found, f"{page}{number} {after}".strip()


def _page(rest: str) -> tuple[int, str]:
    """The page asked for, from 0, and the rest of the text."""
    if rest.startswith(PAGE):
        number, _, rest = rest[len(PAGE) :].partition(" ")
        if number.isdecimal() and len(number) < 4:
            return int(number), rest
    return 0, rest


def _unit(turn: Turn, rest: str) -> Unit | None:
    """The unit that is asked for, if any. Raises Refusal for none of that name, and for several."""
    if not rest.strip():
        return None
    found, _ = first_unit(turn.town, rest)
    if not found:
        raise Refusal("unit.unknown", said=rest.split()[0])
    if len(found) > 1:
        raise Refusal("unit.several", names=turn.words("list.comma").join(_called(turn, unit) for unit in found[:6]))
    return found[0]


def _called(turn: Turn, unit: Unit) -> str:
    return unit_name(turn, unit.code)


def _pages(turn: Turn, lines: Sequence[str]) -> list[list[str]]:
    """The lines in as many messages as they need on this channel."""
    room = max(cards.room(turn) - ROOM_FOR_THE_REST, ROOM_FOR_THE_REST)
    pages: list[list[str]] = [[]]
    left = room
    for line in lines:
        if pages[-1] and len(line) + 1 > left:
            pages.append([])
            left = room
        pages[-1].append(line)
        left -= len(line) + 1
    return pages


COMMANDS = table(
    Command("ranking", Act.BOARDS, desk=ranking),
    Command("heatmap", Act.BOARDS, desk=heatmap),
    Command("barometer", Act.BOARDS, desk=barometer),
    Command("publish", Act.PUBLISH, desk=publish, hidden=True),
)

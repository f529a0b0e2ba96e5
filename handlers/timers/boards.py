"""On Monday mornings leads, supervisors and admins get the ranking of the week that is over (rule book, "Boards").

The desk's own turn counts once for all and keeps the board as a record; each reader's push is made from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

import msgspec

from bot.changes import Looked, Task, Timer
from bot.domain.boards.periods import Period, Span
from bot.domain.boards.ranking import BLACK, RED, Board
from bot.domain.guide import Guide
from bot.domain.people import DESK
from bot.domain.sheets import BoardSheet
from bot.message import Choice, Lane, Push, Reply
from bot.turn import Turn
from handlers import reaching, reckoning, wording
from handlers.naming import unit_name
from handlers.supervisor import board_words, picturing
from handlers.timers import lists
from handlers.timers.daily import useful
from handlers.timers.lists import LIFE, Reading
from handlers.timers.weekly import READERS

AT = time(9)
NAMED = 6
"""So many units of each colour and level are named."""


def next_one(guide: Guide, now: datetime) -> Timer:
    """When the next ranking is due. Setting it twice is setting it once."""
    return Timer("board", DESK, guide.calendar.next_week(now, AT))


async def board(turn: Turn) -> None:
    """Set the next one; count the week that is over; a push for everybody who leads."""
    turn.changes.timer(next_one(turn.guide, turn.now))
    if not useful(turn):
        return
    period = reckoning.last_full(turn.guide, Span.WEEK, turn.now)
    made = await reckoning.board_of(turn.read, turn.guide, period, turn.now)
    if not made.rows:
        return
    data: dict[str, object] = {"board": msgspec.to_builtins(made)}
    turn.changes.tasks.append(Task(_record(period), "board", DESK, turn.now, data=data))
    turn.changes.closed_tasks.append(_record(period.before()))
    for staff in (await turn.read.directory()).active:
        if staff.role in READERS:
            turn.changes.timer(Timer("board_list", staff.id, turn.now))


async def own_list(turn: Turn) -> None:
    """One reader's push: the red and the black list of each level, and their own unit's place."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    reader = await lists.reading(turn, turn.timer.subject)
    period = reckoning.last_full(turn.guide, Span.WEEK, turn.now)
    task = await turn.read.task(_record(period))
    if reader is None or task is None or task.data is None:
        return
    made = msgspec.convert(task.data["board"], Board)
    await _send(turn, reader, period, told(reader, period, made), picturing.board_sheet(reader.voice, made, period))


def told(reader: Reading, period: Period, made: Board) -> list[str]:
    """The lines of a push."""
    voice = reader.voice
    lines = [voice.words("board.push", period=board_words.period_name(voice, period))]
    listed: list[str] = []
    for level in sorted({row.level for row in made.rows}, reverse=True):
        part = []
        for colour in (RED, BLACK):
            names = [
                voice.words("board.scored", unit=unit_name(voice, row.unit), score=f"{row.score or 0:.1f}")
                for row in made.rows
                if row.level == level and row.colour == colour
            ]
            if names:
                shown = voice.words("list.comma").join(_first(colour, names))
                part.append(voice.words("board.push_list", mark=voice.words(f"board.{colour}"), units=shown))
        if part:
            listed += [voice.words(f"board.level.{level}"), *part]
    lines += listed or [voice.words("board.push_none")]
    own = next((row for row in made.rows if row.unit == reader.staff.unit and row.rank), None)
    if own is not None:
        lines.append(voice.words("board.push_own", line=board_words.ranked(voice, own)))
    return [*lines, *board_words.desk(voice, made.desk)]


def _first(colour: str, names: Sequence[str]) -> Sequence[str]:
    """The best of the red list, the worst of the black one."""
    return names[:NAMED] if colour == RED else names[-NAMED:]


async def _send(turn: Turn, reader: Reading, period: Period, lines: Sequence[str], picture: BoardSheet | None) -> None:
    sessions = await reaching.sessions_of(turn, [reader.staff])
    address = reaching.open_addresses(sessions, reader.staff)[0]
    words = reader.voice.words
    word = words("command.ranking").partition("|")[0]
    turn.changes.push(
        Push(
            key=f"board:{reader.staff.id}:{period.key}",
            address=address,
            reply=Reply(
                "\n".join(lines),
                (Choice(f"staff:ranking={period.key}", words("choice.board"), f"{word} {period.key}"),),
            ),
            created_at=turn.now,
            lane=Lane.BULK,
            expires_at=turn.now + LIFE,
            brief=wording.work_brief(turn, None, len(lines), lines[0], urgent=False),
        )
    )
    if picture is not None:
        key = f"weekly:{reader.staff.id}:{period.key}"
        turn.changes.drawings.append(picturing.owed(reader.voice, key, address, picture, turn.now, asked=False))
    turn.changes.looked.append(Looked(by=reader.staff.id, what="board", at=turn.now, detail=period.key))


def _record(period: Period) -> str:
    """The key of the record of a period's board."""
    return f"board:{period.key}"

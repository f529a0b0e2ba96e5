"""The one command for special cases: alone, with tickets, or with the number of one and what to do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.conversation.session import Composing
from bot.domain.permission import GRANTS, Act
from bot.domain.special import Special
from bot.domain.words import desk_word
from bot.errors import NotFound, Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import special_cases
from handlers.staff import special_answers
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import special_changes, special_opening, specials
from handlers.supervisor.special_changes import CHANGES, Change

PICK_DIGITS = 2
"""A number of so few digits picks a line of what was shown last."""

UNITS: Mapping[str, Change] = {
    "take": special_answers.take,
    "answer": special_answers.answer,
    "recall": special_answers.recall,
}
"""What the lead unit does with one."""

DOES: Mapping[str, Change] = {**CHANGES, **UNITS}


async def special(turn: Turn, me: Me, rest: str) -> Reply:
    """`special`; `special N N title`; `special S… [add|out|lead|due|reopen|close|…] …`. Raises Refusal."""
    if not rest.strip():
        return await specials.listed(turn, me)
    named = await specials.found(turn, me, rest)
    if named is not None:
        return await _about(turn, me, *named)
    if not rest.strip()[0].isdigit() and rest.strip()[0] not in "#＃":
        return turn.say("special.how", usage=turn.words("usage.special"))
    if me.staff.role not in GRANTS[Act.SPECIAL]:
        raise Refusal("refusal.not_your_role", act=turn.words(f"act.{Act.SPECIAL}"))
    return await special_opening.begun(turn, me, rest)


async def _about(turn: Turn, me: Me, found: Special, rest: str) -> Reply:
    name, words = leading(rest, {**words_of(turn, "special.do", DOES), **{each: each for each in DOES}})
    if not name:
        if rest:
            return turn.say("special.how", usage=turn.words("usage.special"))
        return await specials.shown(turn, me, found)
    await special_changes.not_own(turn, me, found)
    return await DOES[name](turn, me, found, words)


async def from_offer(turn: Turn, me: Me, number: str) -> Reply:
    """What was proposed about a matter that many speak of, or somebody again and again. Raises Refusal."""
    task = await turn.read.task(f"{special_cases.SHARED}:{number}")
    known = (task.data or {}).get("numbers") if task is not None else None
    if not isinstance(known, list):
        raise Refusal("special.offer_gone")
    able = []
    for each in map(str, known):
        ticket = await turn.read.ticket(each)
        if ticket is not None and me.may(Act.SPECIAL, ticket) and not ticket.work.special:
            able.append(each)
    if not able:
        raise NotFound(number=number)
    return await special_opening.proposed(turn, me, able)


async def answer(turn: Turn, me: Me, text: str) -> Reply:
    """`answer S… words`. Raises Refusal."""
    return await _by_unit(turn, me, "answer", text)


async def recall(turn: Turn, me: Me, text: str) -> Reply:
    """`recall S…`. Raises Refusal."""
    return await _by_unit(turn, me, "recall", text)


async def _by_unit(turn: Turn, me: Me, name: str, text: str) -> Reply:
    named = await specials.found(turn, me, text)
    if named is None:
        return turn.say("which.missing", usage=turn.words(f"usage.{name}"))
    found, words = named
    await special_changes.not_own(turn, me, found)
    return await UNITS[name](turn, me, found, words)


async def went_on(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """Words for what is being put together about a special case; None where they are not for it. Raises Refusal."""
    go_on, word = GOES_ON.get(composing.act), desk_word(text)
    if go_on is None or not word or (word.isdecimal() and len(word) <= PICK_DIGITS):
        return None
    if word in {desk_word(each) for key in ("work.leave_it", "word.cancel") for each in turn.words(key).split("|")}:
        turn.remember(composing=None)
        return turn.say("work.left_alone", Choice("staff:todo", turn.words("choice.todo")))
    return await go_on(turn, me, composing, text)


WentOn = Callable[[Turn, Me, Composing, str], Awaitable[Reply | None]]
GOES_ON: Mapping[str, WentOn] = {
    special_opening.ACT: special_opening.unit_said,
    special_changes.CLOSING: special_changes.lesson_said,
    special_answers.ACT: special_answers.went_on,
}
"""Which use case goes on with the next words, by `Composing.act`; None where they are not for it."""


COMMANDS = table(
    Command("special", Act.SPECIALS, desk=special),
    Command("special_open", Act.SPECIALS, desk=special_opening.opened, hidden=True),
    Command("special_from", Act.SPECIALS, desk=from_offer, hidden=True),
    *special_answers.COMMANDS.values(),
)

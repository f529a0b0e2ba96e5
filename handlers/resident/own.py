"""What can be done with an own ticket: by a word and its number, by the word alone where it fits only one, by a tap."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.domain.numbers import parse as parse_number
from bot.domain.phones import read_phone
from bot.domain.ticket import Ticket
from bot.domain.words import desk_word, fold
from bot.errors import NotFound
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import discretion
from handlers.naming import state_name, ticket_title
from handlers.resident import following, hiding, phone, speaking, splitting, urging, withdrawing

OnOwn = Callable[[Turn, str, str], Awaitable[Reply]]
"""A use case about an own ticket: its number, and what was said besides."""

LOOKED_AT = 50
LISTED = 9
_COMMAND = re.compile(
    r"\s*/?([^\W\d]{1,20})(?:@\w{1,40})?[\s:：,，]*([0-9０-９][0-9０-９\-－—–]*)(?:[\s:：,，。]+(.*))?", re.S
)
_PHONE = re.compile(r"\s*/?([^\W\d]{1,20})(?:@\w{1,40})?[\s:：,，]*([+＋]?[0-9０-９(（][0-9０-９\s()（）\-－]*)")
_LIKE_A_NUMBER = re.compile(r"\s*[0-9]{6}-?[0-9]{5,}\s*")
SHORT = 5
"""Fewer digits with words behind them are no number of a ticket: "withdraw 3 of the five signs"."""


@dataclass(frozen=True, slots=True)
class Own:
    """A use case, and which tickets it fits when nobody has named one."""

    do: OnOwn
    fits: Callable[[Ticket], bool]


ABOUT: Mapping[str, Own] = {
    "urge": Own(urging.urge, urging.can),
    "withdraw": Own(withdrawing.ask, withdrawing.can),
    "split": Own(splitting.ask, splitting.can),
    "hide": Own(hiding.hide, hiding.open_ones),
    "unhide": Own(hiding.unhide, hiding.open_ones),
    "correct": Own(speaking.correct, speaking.can),
}
"""Desk words about an own ticket."""

BUTTONS: Mapping[str, OnOwn] = {
    **{name: own.do for name, own in ABOUT.items()},
    "withdraw_now": withdrawing.confirmed,
    "withdraw_not": withdrawing.kept,
    "said": speaking.pressed,
}
"""``NUMBER:<name>``."""

QUESTIONS: Mapping[str, OnOwn] = {
    following.REWORD: following.reword,
    splitting.SPLIT: splitting.parted,
    speaking.SAID: speaking.answered,
}
"""Questions that are answered in words, by name."""


async def picked(turn: Turn, name: str) -> Reply:
    """The word alone: of the only ticket it fits; with several they are shown to choose from."""
    own = ABOUT[name]
    found = [t for t in await turn.read.tickets_of(turn.address, LOOKED_AT) if own.fits(t)]
    if not found:
        return turn.say(f"own.none.{name}")
    if len(found) == 1:
        return await own.do(turn, found[0].number, "")
    choices = [
        Choice(
            f"{t.number}:{name}",
            turn.words("status.line", number=t.number, title=ticket_title(turn, t), state=state_name(turn, t)),
        )
        for t in [await discretion.shown(turn, t) for t in found[:LISTED]]
    ]
    return turn.say(f"own.which.{name}", *choices)


async def named(turn: Turn, text: str, vocabulary: Mapping[str, str]) -> Reply | None:
    """A word with a number; None where the text is something else. Raises NotFound: others' numbers are as none.

    The last digits do for a number of one's own.
    """
    if (told := _COMMAND.fullmatch(text)) is None:
        return None
    own = ABOUT.get(vocabulary.get(desk_word(told[1]), ""))
    if own is None:
        return None
    digits, words = fold(told[2]), (told[3] or "").strip()
    if (number := parse_number(digits)) is None:
        if words and len(digits) < SHORT:
            return None
        number = await _ending(turn, digits)
    return await own.do(turn, number, words)


async def _ending(turn: Turn, said: str) -> str:
    digits = "".join(sign for sign in said if sign.isdigit())
    mine = [t.number for t in await turn.read.tickets_of(turn.address, LOOKED_AT)]
    found = [number for number in mine if number.replace("-", "").endswith(digits)]
    if len(found) != 1:
        raise NotFound(number=said)
    return found[0]


def phone_said(turn: Turn, text: str, vocabulary: Mapping[str, str]) -> Reply | None:
    """The answer to a telephone number, asked for or said with its word; None where the text is something else.

    Raises NotFound for the number of a ticket: nobody but staff asks for its telephone.
    """
    if phone.answers(turn, text):
        return phone.typed(turn, text)
    said = _PHONE.fullmatch(text)
    if said is None or vocabulary.get(desk_word(said[1])) != phone.PHONE:
        return None
    if read_phone(said[2]) is None and _LIKE_A_NUMBER.fullmatch(fold(said[2])):
        raise NotFound(number=said[2])
    return phone.typed(turn, said[2])

"""Which ticket a command means: N is a number, its last digits, or a place in the last list."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation.session import Listed
from bot.domain.numbers import parse as parse_number
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.domain.words import fold
from bot.errors import NotFound, Refusal
from bot.ports import Wanted
from bot.turn import Turn
from handlers.staff.me import Me

PLACE_DIGITS = 2
"""A number of so few digits is a place in the last list, a longer one the end of a ticket's number."""

_REFERENCE = re.compile(
    r"\s*[#＃]?([0-9０-９][0-9０-９ -]{0,20}[0-9０-９]|[0-9０-９])(?![0-9.:月年])[\s,，:：、]*(.*)", re.S
)


async def split(turn: Turn, me: Me, text: str, act: Act = Act.SEE) -> tuple[Ticket, str]:
    """The ticket a text begins with, and the rest of the text.

    Raises Refusal: ``which.missing`` without a reference, ``which.list_gone`` for a place in a list that is no longer
    good, ``which.several`` for digits that fit more than one; NotFound for what is not there or not theirs to see.
    """
    matched = _REFERENCE.fullmatch(text)
    if matched is None:
        raise Refusal("which.missing")
    digits, rest = fold(matched[1]), matched[2].strip()
    if number := parse_number(digits):
        return await seen(turn, me, number, act), rest
    first, _, more = digits.partition(" ")
    if more:  # "3 2026-..." or "12 5": the reference ends at the blank
        digits, rest = first, text[text.index(matched[1]) + len(first) :].strip(" ,，:：、\n")
        if number := parse_number(digits):
            return await seen(turn, me, number, act), rest
    digits = digits.replace("-", "")
    if len(digits) <= PLACE_DIGITS:
        return await _in_list(turn, me, int(digits), act), rest
    return await _ending(turn, me, digits, act), rest


async def seen(turn: Turn, me: Me, number: str, act: Act = Act.SEE) -> Ticket:
    """A ticket by its number, if it is theirs to see, or to do that ``act`` with: who hears a voice need not see more.

    Raises NotFound: the same words for what is not there and what is not theirs.
    """
    ticket = await turn.read.ticket(number)
    if ticket is None or not (me.may(Act.SEE, ticket) or me.may(act, ticket)):
        raise NotFound(number=number)
    return ticket


def listed(turn: Turn, tickets: list[Ticket]) -> None:
    """Bind the places 1, 2, ... to the tickets of a list that is being shown; older lists are dead from now on."""
    turn.remember(listed=Listed(tuple(t.number for t in tickets), turn.now))


async def _in_list(turn: Turn, me: Me, place: int, act: Act) -> Ticket:
    shown = turn.session.listed
    if shown is None or not shown.good(turn.now):
        raise Refusal("which.list_gone")
    if not 1 <= place <= len(shown.numbers):
        raise Refusal("which.not_in_list", place=place, count=len(shown.numbers))
    return await seen(turn, me, shown.numbers[place - 1], act)


async def _ending(turn: Turn, me: Me, digits: str, act: Act) -> Ticket:
    person = me.person
    near = Wanted(areas=person.areas, walled=person.walled, not_kept_from=person.unit)
    reached = [near]
    if person.unit:
        reached = [
            replace(near, units=tuple(sorted(person.units)), walled=True),
            replace(near, assisted_by=person.unit),
        ]
    found = {t.number: t for wanted in reached for t in await turn.read.ending(digits, wanted)}
    theirs = [t for t in found.values() if me.may(Act.SEE, t) or me.may(act, t)]
    if not theirs:
        raise NotFound(number=digits)
    if len(theirs) > 1:
        numbers = turn.words("list.comma").join(t.number for t in theirs)
        raise Refusal("which.several", digits=digits, numbers=numbers)
    return theirs[0]

"""Special cases for staff: the list of them, and one as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from bot.changes import Looked
from bot.conversation.session import Listed
from bot.domain import special as rules
from bot.domain.permission import Act, may_group
from bot.domain.special import Special, Step
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to
from bot.errors import NotFound
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import special_cases
from handlers.naming import moment, shortened, state_name, ticket_title, unit_name
from handlers.staff import reference
from handlers.staff.me import Me

SHOWN = 10
"""So many of its tickets are named."""
LISTED = 20
WORDS_SHOWN = 300


async def listed(turn: Turn, me: Me) -> Reply:
    """The special cases somebody may see that are not closed, the newest first."""
    found = [special for special in await turn.read.specials() if sees(me, special)]
    if not found:
        return turn.say("special.none")
    shown = found[:LISTED]
    turn.remember(listed=Listed(tuple(special.number for special in shown), turn.now))
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="special"))
    lines = [turn.words("special.list", count=len(found))]
    choices = []
    for place, special in enumerate(shown, 1):
        lines.append(
            turn.words(
                "special.line",
                place=place,
                special=special.number,
                title=special.title,
                state=turn.words(f"special.state.{special.state}"),
                unit=unit_name(turn, special.unit),
                due=moment(turn, special.due_at),
                count=len(special.tickets),
            )
        )
        choices.append(see(turn, special))
    return Reply("\n".join(lines), tuple(choices))


async def shown(turn: Turn, me: Me, special: Special) -> Reply:
    """A special case as it stands, its tickets, and what this person can do with it."""
    tickets = await special_cases.tickets_of(turn, special)
    visible = [t for t in tickets if me.may(Act.SEE, t) and not await special_cases.is_mine(turn, me.staff, [t])]
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=special.number))
    lines = [
        turn.words("special.head", special=special.number, title=special.title),
        turn.words(
            "special.state_line",
            state=turn.words(f"special.state.{special.state}"),
            unit=unit_name(turn, special.unit),
            due=moment(turn, special.due_at),
        ),
    ]
    if special.last_answer is not None and special.answered_at is not None:
        text = shortened(special.last_answer.text, WORDS_SHOWN)
        lines.append(turn.words("special.answered_line", at=moment(turn, special.answered_at), text=text))
    if special.round:
        lines.append(turn.words("special.back_line", back=len(special.back), fine=special.fine))
    reference.listed(turn, visible[:SHOWN])
    lines += [turn.words("special.tickets", count=len(tickets)), *lines_of(turn, me, visible)]
    own = await special_cases.is_mine(turn, me.staff, tickets)
    return Reply("\n".join(lines), () if own else _choices(turn, me, special, tickets))


def sees(me: Me, special: Special) -> bool:
    """Whether somebody may look at a special case."""
    return may_group(me.person, Act.SEE, special.unit, special.areas)


async def found(turn: Turn, me: Me, text: str) -> tuple[Special, str] | None:
    """The special case a text begins with, and the rest; None where it begins with none.

    Its number, the last digits of it, or its place in the list of them that was shown last, each behind an S. Raises
    Refusal, and NotFound in the same words for what is not there and what is not theirs.
    """
    said, _, rest = text.strip().partition(" ")
    head = said.strip(",，:：、").upper().replace("Ｓ", rules.PREFIX)
    digits = head[1:].lstrip("-").replace("-", "")
    if not head.startswith(rules.PREFIX) or not digits.isdecimal() or not digits.isascii():
        return None
    number = rules.parse(head) or await _meant(turn, me, digits)
    special = await turn.read.special(number) if number else None
    if special is None or not sees(me, special):
        raise NotFound("special.not_found", special=head[:20])
    return special, rest.strip()


async def _meant(turn: Turn, me: Me, digits: str) -> str:
    if len(digits) <= reference.PLACE_DIGITS:
        shown = turn.session.listed
        if shown is None or not shown.good(turn.now) or not 1 <= int(digits) <= len(shown.numbers):
            return ""
        return shown.numbers[int(digits) - 1]
    there = [each.number for each in await turn.read.specials() if sees(me, each)]
    fitting = [number for number in there if number.replace("-", "").endswith(digits)]
    return fitting[0] if len(fitting) == 1 else ""


def lines_of(turn: Turn, me: Me, tickets: Sequence[Ticket]) -> list[str]:
    """These tickets, a line each, the first of many."""
    lines = [
        turn.words(
            "special.ticket",
            place=place,
            number=ticket.number,
            title=ticket_title(turn, shown_to(me.person, ticket)),
            state=state_name(turn, ticket),
        )
        for place, ticket in enumerate(tickets[:SHOWN], 1)
    ]
    if len(tickets) > SHOWN:
        lines.append(turn.words("special.more", count=len(tickets) - SHOWN))
    return lines


def see(turn: Turn, special: Special) -> Choice:
    """Its number to tap."""
    return Choice(f"staff:special={special.number}", special.number)


def _choices(turn: Turn, me: Me, special: Special, tickets: Sequence[Ticket]) -> tuple[Choice, ...]:
    """What this person can do with it now."""
    leads = may_group(me.person, Act.SPECIAL, special.unit, special.areas)
    answers = may_group(me.person, Act.ANSWER_SPECIAL, special.unit, special.areas)
    wanted: list[tuple[str, bool]] = [
        ("take", answers and any(not t.handler for t in special_cases.together(tickets))),
        ("answer", answers and special.may(Step.SUBMIT) and special.answer is None),
        ("recall", answers and special.answer is not None),
        ("reopen", leads and special.may(Step.REOPEN)),
        ("close", leads and special.may(Step.CLOSE)),
        ("dissolve", leads and special.may(Step.DISSOLVE) and special.answer is None),
    ]
    return tuple(
        Choice(f"staff:special={special.number} {name}", turn.words(f"special.tap.{name}"))
        for name, possible in wanted
        if possible
    )

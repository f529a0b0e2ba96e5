"""Choosing units: what somebody typed, what they can tap instead, and which units are likely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.conversation.session import Composing
from bot.domain.ticket import Ticket
from bot.domain.town import Unit
from bot.domain.unit_names import first_unit, leading_units
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import unit_name

OFFERED = 6
"""So many units are offered to tap; more would not be read."""

LIKELY = 4

UNIT = "unit"
"""The step of a command that waits for a unit to be tapped."""


def one_unit(turn: Turn, ticket: Ticket, command: str, text: str) -> tuple[Unit | Reply, str]:
    """The unit a text begins with and the rest of the text, or what asks which of several is meant.

    Tapping one of them goes on with the command and with the rest of the text. Raises Refusal for no unit at all.
    """
    found, rest = first_unit(turn.town, text)
    if not found:
        raise Refusal("unit.unknown", said=text.split()[0] if text.split() else "")
    rest = rest or kept(turn, command, ticket)
    if len(found) == 1:
        return found[0], rest
    if len(found) > OFFERED:
        raise Refusal("unit.too_many", count=len(found))
    keep(turn, command, ticket, rest)
    head = turn.words("unit.which", number=ticket.number)
    return Reply(head, tuple(_choice(turn, ticket, command, unit.code) for unit in found), ticket=ticket.number), rest


def several_units(turn: Turn, text: str) -> tuple[tuple[Unit, ...], str]:
    """The units a text begins with, and the rest. Raises Refusal for none, and where a name fits several."""
    found, unclear, rest = leading_units(turn.town, text)
    if unclear:
        names = turn.words("list.comma").join(unit_name(turn, unit.code) for unit in unclear[:OFFERED])
        raise Refusal("unit.several", names=names)
    if not found:
        raise Refusal("unit.unknown", said=text.split()[0] if text.split() else "")
    return found, rest


def offer(turn: Turn, ticket: Ticket, command: str, units: Iterable[str]) -> tuple[Choice, ...]:
    """These units to tap for a command."""
    return tuple(_choice(turn, ticket, command, unit) for unit in units)


def _choice(turn: Turn, ticket: Ticket, command: str, unit: str) -> Choice:
    return Choice(f"{ticket.number}:{command}={unit}", unit_name(turn, unit))


def likely_units(turn: Turn, ticket: Ticket) -> tuple[str, ...]:
    """The units that a ticket may be for, the likeliest first: what its kind and the kinds its words speak of lead to
    at its place, or anywhere; then those that serve its area."""
    guide = turn.guide
    kinds = dict.fromkeys((ticket.kind, *guide.read(ticket.text).kinds))
    codes = [guide.route(kind, ticket.area).unit for kind in kinds]
    codes += [rule.unit for kind in kinds for rule in turn.town.rules if rule.kind == kind]
    codes += [guide.dispatcher.serving_unit(level, ticket.area) for level in (2, 1)]
    found = (code for code in dict.fromkeys(codes) if code in turn.town.units and code != ticket.unit)
    return tuple(code for code in found if hindrance(turn, ticket, code) is None)[:LIKELY]


def hindrance(turn: Turn, ticket: Ticket, code: str) -> str | None:
    """The key of what forbids that a unit works on a ticket; None when nothing does."""
    unit, kind = turn.town.units[code], turn.town.kinds.get(ticket.kind)
    if code in ticket.work.kept_from:
        return "unit.kept_from"
    if unit.level == 1 and kind is not None and kind.forbids_level_1:
        return "unit.level_1"
    return None


def fit(turn: Turn, ticket: Ticket, units: Sequence[Unit]) -> None:
    """Raises Refusal when one of these units must not work on a ticket."""
    for unit in units:
        why = hindrance(turn, ticket, unit.code)
        if why is not None:
            raise Refusal(why, number=ticket.number, unit=unit_name(turn, unit.code))


def keep(turn: Turn, command: str, ticket: Ticket, text: str, step: str = UNIT) -> None:
    """Remember what was said for a command until what is missing has been tapped or typed."""
    turn.remember(composing=Composing(act=command, ticket=ticket.number, at=turn.now, step=step, text=text))


def kept(turn: Turn, command: str, ticket: Ticket) -> str:
    """What was said for a command before a unit was tapped; "" for nothing."""
    composing = turn.session.composing
    if composing is None or not composing.open(turn.now):
        return ""
    wanted = (command, ticket.number, UNIT)
    return composing.text if (composing.act, composing.ticket, composing.step) == wanted else ""


def done(turn: Turn, *commands: str) -> None:
    """Nothing more is waited for."""
    composing = turn.session.composing
    if composing is not None and composing.act in commands:
        turn.remember(composing=None)

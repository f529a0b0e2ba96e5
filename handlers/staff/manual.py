"""Help: exactly what this person may do now, and what is possible with the ticket they looked at last."""

from __future__ import annotations

from bot.domain.people import Role
from bot.domain.permission import GRANTS, Act
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import ticket_title
from handlers.staff import cards, offering
from handlers.staff.command import Command, table
from handlers.staff.me import Known, Me, is_mine

DECIDING = dict.fromkeys(("approve", "refuse"), (Act.DECIDE_UNIT, Act.DECIDE_DESK, Act.DECIDE_RAISE))
"""Commands that only see a ticket first: what they do then depends on what was proposed."""


async def manual(turn: Turn, me: Me, _rest: str) -> Reply:
    """The commands of this person's role, a line each; for the ticket in focus those that are possible now."""
    role = turn.words(f"role.{me.staff.role}")
    lines = [turn.words("work.help", name=me.staff.name, role=role)]
    lines += [turn.words(f"usage.{command.name}") for command in me.commands.values() if _theirs(me, command)]
    lines.append(turn.words("work.help_which"))
    ticket = await _in_focus(turn, me)
    if ticket is None:
        return Reply("\n".join(lines), (Choice("staff:todo", turn.words("choice.todo")),))
    title = ticket_title(turn, shown_to(me.person, ticket))
    what = offering.usages(turn, me, ticket)
    lines.append(turn.words("work.help_now", number=ticket.number, title=title, what=what))
    return Reply("\n".join(lines), offering.choices(turn, me, ticket), ticket=ticket.number)


async def _in_focus(turn: Turn, me: Me) -> Ticket | None:
    number = cards.in_focus(turn)
    ticket = await turn.read.ticket(number) if number else None
    seen = ticket is not None and me.may(Act.SEE, ticket) and not await is_mine(turn, me, ticket)
    return ticket if seen else None


def _theirs(me: Me, command: Known) -> bool:
    if command.hidden:
        return False
    return me.may(command.act) if command.ticket is None else in_hands_of(me.staff.role, command)


def in_hands_of(role: Role, command: Known) -> bool:
    """Whether there may be something that somebody of this role can do with a command."""
    return any(role in GRANTS[act] for act in DECIDING.get(command.name, (command.act,)))


async def leave_it(turn: Turn, _me: Me, _rest: str) -> Reply:
    """Nothing more is wanted for the command that waits for its words."""
    turn.remember(composing=None)
    return turn.say("work.left_alone", Choice("staff:todo", turn.words("choice.todo")))


COMMANDS = table(
    Command("manual", Act.TODO, desk=manual),
    Command("leave_it", Act.TODO, desk=leave_it, hidden=True),
)

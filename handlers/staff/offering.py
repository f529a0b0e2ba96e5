"""What somebody may do with a ticket now, to tap or to type, and the words a command still needs."""

from __future__ import annotations

from bot.conversation.session import Composing
from bot.domain.possible import room_for
from bot.domain.ticket import Ticket
from bot.domain.wall import shown_to
from bot.message import Choice, MessageKind, Reply
from bot.turn import Turn
from handlers.naming import state_name, ticket_title
from handlers.staff import chain
from handlers.staff.me import Known, Me

WORDS = "words"
"""The step of a command that waits for nothing but its words."""

OFFERED = (
    "reopening",
    *("take", "ask", "answer", "progress", "note", "transcribe", "recall", "contribute", "hand", "promise"),
    *("object", "extend", "raise", "decline", "merge", "assign", "assist", "joint", "supervise", "classify", "retier"),
    *("close", "trace"),
)
"""Commands a card offers, in this order, where they are possible."""

CHOICES_MOST = 12


def possible(me: Me, ticket: Ticket) -> tuple[Known, ...]:
    """What somebody may do with a ticket now: both the table of permissions and its state leave room for it."""
    known = me.commands
    found = (known[name] for name in OFFERED if name in known and known[name].ticket is not None)
    return tuple(c for c in found if me.may(c.act, ticket) and room_for(c.act, ticket))


def choices(turn: Turn, me: Me, ticket: Ticket) -> tuple[Choice, ...]:
    """The same to tap, or to type; what waits for this person's decision comes first."""
    known = me.commands
    found: list[Choice] = []
    for proposal in ticket.work.proposals:
        if not chain.may_decide(turn, me.person, me.directory, ticket, proposal):
            continue
        several = f"={proposal.matter}" if len(ticket.work.proposals) > 1 else ""
        found += [
            Choice(f"{ticket.number}:{name}{several}", turn.words(f"work.{name}"), _typed(turn, ticket, name))
            for name in ("approve", "refuse")
            if name in known
        ]
    found += [
        Choice(f"{ticket.number}:{c.name}", turn.words(f"button.{c.name}"), _typed(turn, ticket, c.name))
        for c in possible(me, ticket)
    ]
    return tuple(found[:CHOICES_MOST])


def _typed(turn: Turn, ticket: Ticket, name: str) -> str:
    word = turn.words(f"command.{name}").partition("|")[0]
    return f"{word} {ticket.number}"


def usages(turn: Turn, me: Me, ticket: Ticket) -> str:
    """What can be typed about a ticket now, with its number filled in."""
    found = [choice.word for choice in choices(turn, me, ticket) if choice.word]
    return turn.words("list.comma").join(dict.fromkeys(found)) or turn.words("list.none")


def pressed(turn: Turn) -> bool:
    """Whether a button is being answered."""
    return turn.message is not None and turn.message.kind is MessageKind.PRESS


def wanting(turn: Turn, ticket: Ticket, command: str) -> Reply:
    """Ask for the words a command needs: the next message gives them, unless it is a command itself.

    ``ticket`` is as its reader may see it (`bot.domain.wall.shown_to`); the question is ``work.want.<command>``.
    """
    turn.remember(composing=Composing(act=command, ticket=ticket.number, at=turn.now, step=WORDS))
    leave = Choice("staff:leave_it", turn.words("work.leave_it"))
    reply = turn.say(
        f"work.want.{command}",
        leave,
        number=ticket.number,
        title=ticket_title(turn, ticket),
        usage=turn.words(f"usage.{command}"),
    )
    return Reply(reply.text, reply.choices, ticket=ticket.number)


def instead(turn: Turn, me: Me, ticket: Ticket, wanted: Known) -> Reply:
    """What a ticket's state forbids, how it stands, and what this person can do with it now."""
    text = turn.words(
        "work.not_possible",
        number=ticket.number,
        title=ticket_title(turn, shown_to(me.person, ticket)),
        act=turn.words(f"act.{wanted.act}"),
        state=state_name(turn, ticket),
        what=usages(turn, me, ticket),
    )
    return Reply(text, choices(turn, me, ticket), ticket=ticket.number)

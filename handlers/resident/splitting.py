"""One matter, one ticket: what was filed together comes apart, and the second matter has its own number and clock."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot.changes import Link
from bot.conversation.draft import Draft, Said
from bot.conversation.session import Question
from bot.domain.ticket import Action, Ticket
from bot.errors import NotFound
from bot.message import Reply
from bot.turn import Turn
from handlers import case
from handlers.naming import shortened, ticket_title
from handlers.resident import collecting
from handlers.resident.saying import filed

SPLIT = "split"
"""The question for the words of the second matter."""

KIND = "split_from"
SHOWN = 300
_PARTS = re.compile(r"\s*[1１][.．、:：)）]\s*(\S.*?)[\s;；。]*\s[2２][.．、:：)）]\s*(\S.*?)\s*", re.S)


def can(ticket: Ticket) -> bool:
    """Whether something can still be taken out of it: later it is filed anew."""
    return ticket.open and bool(ticket.text)


async def ask(turn: Turn, number: str, words: str = "") -> Reply:
    """Begin with the words of the second matter, or ask for them. Raises NotFound for others' tickets as for none."""
    ticket = await filed(turn, number)
    if not can(ticket):
        return turn.say("split.not_now", number=ticket.number, title=ticket_title(turn, ticket))
    if words.strip():
        return await parted(turn, ticket.number, words)
    turn.remember(question=Question(SPLIT, ticket.number, turn.now))
    return Reply(
        turn.words("split.ask", number=ticket.number, text=shortened(ticket.text, SHOWN)), ticket=ticket.number
    )


async def parted(turn: Turn, number: str, words: str) -> Reply:
    """The card of the second matter: nothing has come apart until it is confirmed.

    ``words`` are those of the second matter, or both as "1. ... 2. ..."; then that one stays that is of the ticket's
    kind, so that its unit keeps what it works on.
    """
    turn.remember(question=None)
    ticket = await filed(turn, number)
    if not can(ticket):
        return turn.say("split.not_now", number=ticket.number, title=ticket_title(turn, ticket))
    stays, goes = _parts(turn, ticket, words)
    draft = collecting.open_draft(turn)
    message = turn.message
    assert message is not None  # noqa: S101 - only messages say words
    draft = replace(draft, split_from=ticket.number, split_rest=stays, place=ticket.place, hidden=ticket.hidden)
    draft = collecting.with_words(turn, draft, Said(message.edit_key, goes))
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("split.card", number=ticket.number))


async def done(turn: Turn, draft: Draft, made: Ticket) -> str:
    """The second matter was filed: both are linked, and what stays with the first takes the place of its words.

    Returns what to say of it. Whoever works on the first hears, but not of a matter that is not for them. Who has no
    part in the first any more has simply filed the second.
    """
    try:
        ticket = await filed(turn, draft.split_from)
    except NotFound:
        return ""
    link = Link(ticket=made.number, kind=KIND, other=ticket.number, by=str(turn.address), at=turn.now)
    turn.changes.links.append(link)
    if ticket.open:
        data: dict[str, object] = {"split": True}
        fields: dict[str, object] = {}
        if draft.split_rest:
            data["text"] = fields["text"] = draft.split_rest
        after = case.moved(turn, ticket, Action.CORRECT, str(turn.address), data, **fields)
        if made.walled or made.danger:
            await case.tell_who_has_it(turn, after, "split")
        else:
            await case.tell_who_has_it(turn, after, "split_into", other=made.number)
    return turn.words("split.done", number=ticket.number, title=ticket_title(turn, ticket))


def _parts(turn: Turn, ticket: Ticket, words: str) -> tuple[str, str]:
    """What stays with the ticket ("" where nobody said), and the second matter."""
    found = _PARTS.fullmatch(words)
    if found is None:
        return "", words.strip()
    first, second = found[1], found[2]
    if turn.guide.read(second).kind == ticket.kind != turn.guide.read(first).kind:
        return second, first
    return first, second

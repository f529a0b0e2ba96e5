"""What a resident does on the page of one of their tickets: the same use cases as in chat, named by a closed table.

Whoever has the link may do these things with this ticket and nothing else. What the chat was just talking about is left
alone: a number or a word that is typed there next means what it meant before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.conversation.session import Reviewing
from bot.domain import review as rules
from bot.domain.links import FIND
from bot.domain.numbers import parse as parse_number
from bot.domain.review import Verdict
from bot.message import InboundMessage, Reply
from bot.turn import Turn
from handlers.naming import state_name
from handlers.resident import desk, following, hiding, reviewing, speaking, urging, withdrawing
from handlers.resident.own_review import about, mine
from handlers.resident.review_words import reason

Act = Callable[[Turn, str, str], Awaitable[Reply]]
"""A use case: the ticket's number, and the value that was chosen."""

LOCALES = ("zh_CN", "en")


async def handle(turn: Turn, message: InboundMessage) -> Reply:
    """Do what a form of a page stands for: ``press`` is ``NUMBER:act=value``. Raises Refusal."""
    about_, _, rest = message.press.partition(":")
    name, _, value = rest.partition("=")
    number = parse_number(about_)
    if message.address.channel == FIND:
        return await _found(turn, number or "", value)
    act = ACTS.get(name)
    if number is None or act is None:
        return turn.say("press.unknown")
    before = turn.session
    if message.locale:  # they are answered in the language they are reading, whatever the chat speaks
        turn.words = turn.words_in(message.locale)
        turn.remember(locale=message.locale)
    reply = await act(turn, number, value)
    reviewed = before.reviewing is not None and before.reviewing.ticket == number
    turn.remember(
        locale=turn.session.locale if name == "language" else before.locale,
        question=before.question,
        reviewing=None if reviewed else before.reviewing,
        replied=before.replied,
        composing=turn.session.composing if name in _WITHDRAWING else before.composing,
    )
    return reply


async def _found(turn: Turn, number: str, code: str) -> Reply:
    """Look a ticket up by number and code, for somebody without any address; tries are limited as in chat."""
    ticket = await following.proven(turn, number, code)
    return turn.say(ticket) if isinstance(ticket, str) else Reply(turn.words("rpage.find.found"), ticket=number)


async def _supplement(turn: Turn, number: str, _value: str) -> Reply:
    message, limits = _message(turn), turn.town.limits
    if not (message.text.strip() or message.attachments):
        return turn.say("unknown.empty")
    if len(message.text) > limits.text_max:
        return turn.say("intake.too_long", limit=limits.text_max)
    ticket = await following.own(turn, number)
    if len(message.attachments) + len(await turn.read.attachments_of(number)) > limits.attachments_max:
        return Reply(turn.words("intake.too_many", limit=limits.attachments_max), ticket=ticket.number)
    return await following.supplement(turn, number, certain=True)


async def _urge(turn: Turn, number: str, _value: str) -> Reply:
    return await urging.urge(turn, number)


async def _rate(turn: Turn, number: str, value: str) -> Reply:
    ticket = await following.own(turn, number)
    what, _, _ = value.partition("/")
    if rules.too_late(ticket, turn.now) and what != Verdict.YES:
        return await about(turn, ticket, "review.too_late")  # a new matter is begun in chat, not from a link
    return await _review(turn, number, value, name="rate")


async def _review(turn: Turn, number: str, value: str, *, name: str) -> Reply:
    return await reviewing.pressed(turn, number, name, value) or turn.say("press.unknown")


async def _reason(turn: Turn, number: str, _value: str) -> Reply:
    """Why: words or files for the review that was given before."""
    message = _message(turn)
    if not (message.text.strip() or message.attachments):
        return turn.say("unknown.empty")
    ticket = await following.own(turn, number)
    known = await mine(turn, ticket)
    if known is None or not known.said:
        return await about(turn, ticket, "review.not_yet", state=state_name(turn, ticket))
    turn.remember(reviewing=Reviewing(number, known.round, known.party, "words", turn.now))
    return await reason(turn, message) or turn.say("press.unknown")


async def _said(turn: Turn, number: str, value: str) -> Reply:
    """What they really said in the voice of that id."""
    return await speaking.said(turn, number, value, _message(turn).text)


async def _withdraw(turn: Turn, number: str, _value: str) -> Reply:
    return await withdrawing.ask(turn, number, _message(turn).text)


async def _mute(turn: Turn, _number: str, _value: str, *, muted: bool) -> Reply:
    return desk.mute(turn, muted=muted)


async def _language(turn: Turn, _number: str, value: str) -> Reply:
    return desk.language(turn, value) if value in LOCALES else turn.say("press.unknown")


async def _call_back(turn: Turn, _number: str, _value: str) -> Reply:
    return desk.call_back_links(turn)


ACTS: Mapping[str, Act] = {
    "supplement": _supplement,
    "urge": _urge,
    "rate": _rate,
    "finished": partial(_review, name="finished"),
    "points": partial(_review, name="points"),
    "reason": _reason,
    "transcript": _said,
    "withdraw": _withdraw,
    "withdraw_now": withdrawing.confirmed,
    "withdraw_not": withdrawing.kept,
    "hide": hiding.hide,
    "unhide": hiding.unhide,
    "mute": partial(_mute, muted=True),
    "unmute": partial(_mute, muted=False),
    "language": _language,
    "call_back": _call_back,
}
"""Everything that can be done from a link."""

_WITHDRAWING = frozenset({"withdraw", "withdraw_now", "withdraw_not"})
"""What is asked there waits for its answer with the reason that was given."""


def _message(turn: Turn) -> InboundMessage:
    assert turn.message is not None  # noqa: S101 - pages send messages
    return turn.message

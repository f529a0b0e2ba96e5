"""What a member of staff says or taps: a command, a word to a ticket, or, as for any resident, their own matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.changes import Changes
from bot.conversation.session import Loose
from bot.domain.numbers import parse as parse_number
from bot.domain.permission import Act
from bot.domain.wall import shown_to
from bot.domain.words import desk_word, fold
from bot.errors import NotFound, NotPossibleNow, Refusal
from bot.message import InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers.naming import ticket_title
from handlers.resident import collecting
from handlers.staff import answering, offering, reference
from handlers.staff.command import Command
from handlers.staff.commands import COMMANDS
from handlers.staff.me import Me, is_mine
from handlers.supervisor import special_desk, talking

LONGEST_WORD = 20
LONGEST_NUMBER = 24
PICK_DIGITS = 2
PRIVATE = frozenset(
    {
        Act.JOIN,
        Act.INVITE,
        Act.COLLECT,
        Act.SLIP,
        Act.CALL_BACK,
        Act.PHONE,
        Act.UNMASK,
        Act.TALK,
        Act.RELEASE,
        Act.PAGES,
        Act.HOLD,
        Act.HOLDS,
        Act.DECIDE_HOLD,
    }
)
"""What is answered with a code, a telephone number, or what was said to the desk alone: never where others listen."""


async def handle(turn: Turn, me: Me, message: InboundMessage, vocabulary: Mapping[str, str]) -> Reply | None:
    """The answer to a member of staff; None when the message is a resident's (their own matter, a desk word).

    ``vocabulary`` maps folded words to names of commands. Raises Refusal, with the title beside the number.
    """
    me = replace(me, commands=COMMANDS)
    try:
        match message.kind:
            case MessageKind.PRESS:
                return await press(turn, me, message.press)
            case MessageKind.TEXT:
                return await _text(turn, me, message, vocabulary)
            case MessageKind.ATTACHMENT:
                return await _files(turn, me, message, vocabulary)
            case _:
                return None
    except Refusal as refusal:
        raise await _titled(turn, me, refusal) from refusal


async def press(turn: Turn, me: Me, token: str) -> Reply | None:
    """The answer to a button of staff; None when it is a resident's. Raises Refusal."""
    me = replace(me, commands=COMMANDS)
    about, _, act = token.partition(":")
    name, _, value = act.partition("=")
    command = COMMANDS.get(name)
    if command is None:
        return None
    if about == "staff" and command.desk is not None:
        return await on_desk(turn, me, command, value)
    if (number := parse_number(about)) and command.ticket is not None:
        ticket = await turn.read.ticket(number)
        if ticket is None:
            raise NotFound(number=number)
        if await is_mine(turn, me, ticket):
            return None  # their own matter: they are a resident here
        return await on_ticket(turn, me, command, number, value)
    return None


async def _text(turn: Turn, me: Me, message: InboundMessage, vocabulary: Mapping[str, str]) -> Reply | None:
    command, rest = command_of(message.text, vocabulary)
    if command is not None:
        return await run(turn, me, command, rest)
    reply = await _went_on(turn, me, message.text)
    if reply is not None:
        return reply
    if message.quote and parse_number(about := await turn.read.quoted(turn.address, message.quote)):
        ticket = await reference.seen(turn, me, about)
        if not await is_mine(turn, me, ticket):
            return await on_ticket(turn, me, COMMANDS["note"], about, message.text)
    if len(message.text) <= LONGEST_NUMBER and (number := parse_number(fold(message.text))):
        return await run(turn, me, COMMANDS["query"], number)
    return await talking.plain(turn, me, message)


async def _went_on(turn: Turn, me: Me, text: str) -> Reply | None:
    """Words for a command that still needs them; None when none waits, or a number picks a line of the last list."""
    composing = turn.session.composing
    if composing is None or not composing.open(turn.now):
        return None
    if composing.act in special_desk.GOES_ON:
        return await special_desk.went_on(turn, me, composing, text)
    if composing.step != offering.WORDS:
        return await answering.went_on(turn, me, composing, text)
    question, word = turn.session.question, desk_word(text)
    picks = question is not None and question.open(turn.now) and word.isdecimal() and len(word) <= PICK_DIGITS
    command = COMMANDS.get(composing.act)
    if picks or command is None or command.ticket is None or not text.strip():
        return None
    if word in {desk_word(each) for key in ("work.leave_it", "word.cancel") for each in turn.words(key).split("|")}:
        return await on_desk(turn, me, COMMANDS["leave_it"], "")
    turn.remember(composing=None)
    return await on_ticket(turn, me, command, composing.ticket, f"{composing.text} {text.strip()}".strip())


async def _files(turn: Turn, me: Me, message: InboundMessage, vocabulary: Mapping[str, str]) -> Reply | None:
    """Files with a command go with it; files alone wait ten minutes for the command they belong to."""
    if turn.session.reporting or turn.session.draft is not None:
        return None
    enclosed = [collecting.enclose(turn, attachment, draft=f"staff{me.id}") for attachment in message.attachments]
    kept = tuple(Loose(e.id, e.type, turn.now) for e in enclosed if not e.problem)
    lately = (each for each in turn.session.loose if turn.now - each.at <= turn.town.limits.evidence_within)
    turn.remember(loose=(*lately, *kept))
    files = tuple(turn.changes.attachments)
    try:
        reply = await _captioned(turn, me, message.text, vocabulary) if message.text else None
    except Refusal as refusal:
        turn.changes = Changes(code_failures=turn.changes.code_failures)
        named = await _titled(turn, me, refusal)
        reply = Reply(turn.words(named.key, **named.params))
    if not turn.changes.attachments:  # what was meant to be done was not; the files are there for the next try
        turn.changes.attachments.extend(files)
    if reply is not None:
        return reply
    return turn.say("staff.file_kept" if kept else "staff.file_not_kept", count=len(kept))


async def _captioned(turn: Turn, me: Me, text: str, vocabulary: Mapping[str, str]) -> Reply | None:
    """The words that came with files: a command, or what a command still needs."""
    command, rest = command_of(text, vocabulary)
    return await run(turn, me, command, rest) if command is not None else await _went_on(turn, me, text)


async def _titled(turn: Turn, me: Me, refusal: Refusal) -> Refusal:
    """The same refusal, with the title of the ticket beside its number unless the text has it already."""
    number = str(refusal.params.get("number", ""))
    if isinstance(refusal, NotFound):
        return NotFound("which.not_found", number=number) if refusal.key == NotFound.key and number else refusal
    ticket = await turn.read.ticket(number) if parse_number(number) == number else None
    if ticket is None or not (me.may(Act.SEE, ticket) or await is_mine(turn, me, ticket)):
        return refusal
    text, title = turn.words(refusal.key, **refusal.params), ticket_title(turn, shown_to(me.person, ticket))
    if text.count(number) != 1 or title in text:
        return refusal
    named = turn.words("which.named", number=number, title=title)
    return type(refusal)(refusal.key, **{**refusal.params, "number": named})


def command_of(text: str, vocabulary: Mapping[str, str]) -> tuple[Command | None, str]:
    """The command a text begins with, and what follows; None when it begins with none.

    The word may stand alone, be followed by a blank, or, before a reference, by the digits at once ("接单3").
    """
    stripped = text.strip().removeprefix("/")
    head, _, rest = stripped.partition("\n") if "\n" in stripped.split(" ")[0] else stripped.partition(" ")
    word = head.partition("@")[0]
    if len(word) > LONGEST_WORD:
        return None, text
    name = vocabulary.get(desk_word(word))
    if name is not None:
        return COMMANDS.get(name), rest.strip()
    letters = word.rstrip("0123456789-")
    if letters and letters != word and (name := vocabulary.get(desk_word(letters))) is not None:
        command = COMMANDS.get(name)
        if command is not None and command.ticket is not None:
            return command, f"{word[len(letters) :]} {rest}".strip()
    return None, text


async def run(turn: Turn, me: Me, command: Command, text: str) -> Reply | None:
    """Do a typed command; None when it is meant as a resident means it. Raises Refusal."""
    if command.shared and not text:
        return None
    if command.ticket is None or (command.desk is not None and not text):
        return await on_desk(turn, me, command, text)
    try:
        ticket, rest = await reference.split(turn, me, text, command.act)
    except NotFound:
        if command.shared:
            return None  # their own matter, perhaps
        raise
    except Refusal as refusal:
        if command.desk is not None and refusal.key == "which.missing":
            return await on_desk(turn, me, command, text)
        if refusal.key == "which.missing":
            return turn.say("which.missing", usage=turn.words(f"usage.{command.name}"))
        raise
    if command.shared and await is_mine(turn, me, ticket):
        return None
    return await on_ticket(turn, me, command, ticket.number, rest)


def _forget_words(turn: Turn) -> None:
    """Another command was given: the words of the next message are not for the one that still waited for some."""
    composing = turn.session.composing
    if composing is not None and composing.step == offering.WORDS:
        turn.remember(composing=None)


async def on_desk(turn: Turn, me: Me, command: Command, text: str) -> Reply:
    """A command about no ticket. Raises Refusal."""
    _forget_words(turn)
    if command.desk is None:
        return turn.say("which.missing", usage=turn.words(f"usage.{command.name}"))
    act = command.desk_act or command.act
    if me.in_group and act in PRIVATE:
        raise Refusal("unknown.group")
    if not me.may(act):
        raise Refusal("refusal.not_your_role", act=turn.words(f"act.{act}"))
    return await command.desk(turn, me, text)


async def on_ticket(turn: Turn, me: Me, command: Command, number: str, text: str) -> Reply:
    """A command about a ticket they may see. Raises Refusal: the same words for what is not there and not theirs.

    What the ticket's state forbids is answered with what is possible instead, to be tapped or typed.
    """
    assert command.ticket is not None  # noqa: S101 - whoever calls this looked
    _forget_words(turn)
    if me.in_group and command.act in PRIVATE:
        raise Refusal("unknown.group")
    ticket = await reference.seen(turn, me, number, command.act)
    if await is_mine(turn, me, ticket):
        raise Refusal("refusal.own_case", number=number)
    if not me.may(command.act, ticket):
        raise Refusal("refusal.not_yours", number=number, act=turn.words(f"act.{command.act}"))
    try:
        return await command.ticket(turn, me, ticket, text)
    except NotPossibleNow:
        turn.changes = Changes(code_failures=turn.changes.code_failures)
        return offering.instead(turn, me, ticket, command)

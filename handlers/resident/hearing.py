"""What a message of a resident belongs to (rule book, "What a message belongs to": first match wins).

1. a button, or a quoted message of ours: what that was about
2. the whole text is a desk word
3. an open question that asked for this form of answer
4. the open draft, if touched lately; else "go on with it, or a new one?"
5. an attachment without words soon after filing: that ticket
6. thanks, a greeting, an OK, a lone emoji: a short answer
7. anything else opens a new draft
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.domain.numbers import parse as parse_number
from bot.domain.words import desk_word, fold
from bot.message import Choice, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers.resident import (
    appealing,
    asking_for,
    changing,
    collecting,
    desk,
    following,
    idea_search,
    joining_cases,
    looking_back,
    own,
    replying,
    review_words,
    reviewing,
    talking,
)

DESK_WORD_LENGTH = 24
"""Longer texts are never a desk word; they are not folded to find out."""

_NUMBER_AND_CODE = re.compile(r"\s*([0-9][0-9 -]{8,16}[0-9])[\s,，:：#]+([0-9]{6})\s*")
_COMMAND_AND_NUMBER = re.compile(r"\s*/?(\w+)[\s:：]+([0-9][0-9-]{8,16})(?:[\s:：,，]+(.*))?", re.S)
_DIGITS_OF_A_NUMBER = re.compile(r"(?:\d\W*){11}")
"""As many digits as a ticket number has at least, however they are parted; texts without them name no ticket."""
_LONE_SIGNS = re.compile(r"(?>\[[^\[\]\s]{1,8}\]|/:[^\s/\[]{1,8}|[^\w\s]|\s|_)++")
"""Signs, and pictures as WeChat writes them ("[Smile]", "/:rose"). Nothing is tried twice: a sign can be read in
several ways, and a short text of them would otherwise keep the desk busy for hours."""


Tap = Callable[[Turn, str], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class Hearing:
    """Finds the use case for what a resident does.

    ``vocabulary`` maps folded desk words to commands; ``tap`` does what a picked choice stands for.
    """

    vocabulary: Mapping[str, str]
    tap: Tap

    async def text(self, turn: Turn, message: InboundMessage) -> Reply | None:
        if message.quote:
            about = await turn.read.quoted(turn.address, message.quote)
            draft = turn.session.find(about.removeprefix("card:"))
            if draft is not None:
                turn.remember(current=draft.id)
            elif parse_number(about):
                quoting = self.vocabulary.get(command_word(message.text[: DESK_WORD_LENGTH + 1]), "")
                if (verdict := reviewing.verdict_of(quoting)) is not None:
                    return await reviewing.judge(turn, about, verdict)
                return await following.supplement(turn, about, certain=True)
        text = message.text
        if turn.session.looking is not None and (reply := await looking_back.heard(turn, text)) is not None:
            return reply
        word = command_word(text) if len(text) <= DESK_WORD_LENGTH else ""
        command = self.vocabulary.get(word)
        if command in reviewing.WORDS:
            reply = await reviewing.heard(turn, command)
            if reply is not None:
                return reply
            command = "skip" if command == "skip" else None
        if command is not None:
            said_on = await talking.forwarded(turn, text) if command in asking_for.COURTESIES else None
            return said_on or await asking_for.command(turn, command)
        if appealing.is_appeal(text, self.vocabulary):
            return await appealing.appeal(turn)
        if (reply := own.phone_said(turn, text, self.vocabulary)) is not None:
            return reply
        if (reply := await own.named(turn, text, self.vocabulary)) is not None:
            return reply
        if words := idea_search.asked(text, self.vocabulary):
            return await idea_search.search(turn, words)
        if _DIGITS_OF_A_NUMBER.search(text):
            reply = await self._with_number(turn, text)
            if reply is not None:
                return reply
        if word.isdecimal() and len(word) <= 2:
            if (reply := await reviewing.digit(turn, int(word))) is not None:
                return reply
            return await self._number(turn, int(word))
        question = turn.session.question
        if question is not None and question.name in own.QUESTIONS and question.open(turn.now):
            return await own.QUESTIONS[question.name](turn, question.about, text)
        draft = turn.session.draft
        if draft is not None and question is not None and question.open(turn.now):
            reply = await changing.answer_in_words(turn, draft, text)
            if reply is not None:
                return reply
        if not text.strip():
            return turn.say("unknown.empty")
        if (reply := await talking.forwarded(turn, text)) is not None:
            return reply
        if _LONE_SIGNS.fullmatch(text):
            return desk.courtesy(turn, "emoji")
        said = await looking_back.words(turn, message) or await review_words.reason(turn, message)
        return said or await _for_a_ticket(turn, message) or await _into_draft(turn)

    async def _with_number(self, turn: Turn, text: str) -> Reply | None:
        """Number and code claim a ticket; a command with a number is about that ticket."""
        folded = fold(text)
        if claimed := _NUMBER_AND_CODE.fullmatch(folded):
            number = parse_number(claimed[1])
            return await following.claim(turn, number, claimed[2]) if number else turn.say("claim.wrong")
        if number := parse_number(folded) if len(folded) <= DESK_WORD_LENGTH else None:
            return await following.status(turn, number)
        if named := _COMMAND_AND_NUMBER.fullmatch(text):
            command, number = self.vocabulary.get(desk_word(named[1])), parse_number(fold(named[2]))
            if command == "status":
                return await following.status(turn, number or named[2])
            if command == "support":
                return await joining_cases.support(turn, number or named[2])
            if number and (verdict := reviewing.verdict_of(command or "")) is not None:
                return await reviewing.judge(turn, number, verdict, words=named[3] or "")
            if command == "supplement" and number and named[3]:
                return await following.supplement(turn, number, certain=True)
        return None

    async def _number(self, turn: Turn, place: int) -> Reply | None:
        """A bare number picks a line of the last list, while that still waits for an answer."""
        question = turn.session.question
        if question is not None and question.open(turn.now) and 1 <= place <= len(question.choices):
            return await self.tap(turn, question.choices[place - 1])
        if turn.session.draft is not None:
            return collecting.card_now(turn, turn.session.draft, turn.words("number.gone"))
        return turn.say("number.nothing")

    async def press(self, turn: Turn, token: str) -> Reply | None:
        about, _, act = token.partition(":")
        name, _, value = act.partition("=")
        if about == "desk":
            return await asking_for.command(turn, name)
        draft = turn.session.find(about)
        if draft is not None:
            turn.remember(current=draft.id)
            return await changing.act(turn, draft, name, value)
        filed = next((f for f in turn.session.recent if about and f.draft == about), None)
        if filed is not None:
            return turn.say("press.filed_already", number=filed.ticket)
        if number := parse_number(about):
            if (reply := await reviewing.pressed(turn, number, name, value)) is not None:
                return reply
            if name == "came_back":
                return await looking_back.pressed(turn, number, value)
            if name == "not_back":
                return await looking_back.not_that(turn, number, value)
            if name == "not_this":
                return await following.not_this(turn, number, value)
            if name == "not_answer":
                return await replying.not_answer(turn, await following.own(turn, number), value)
            if name == "not_same":
                return await joining_cases.not_same(turn, number)
            if name in own.BUTTONS:
                return await own.BUTTONS[name](turn, number, value)
            if name == "reword":
                return await following.ask_to_reword(turn, number)
            return await following.status(turn, number)
        return turn.say("press.gone")


def command_word(text: str) -> str:
    """A text as a possible desk word: ``/new@desk_bot`` and ``NEW。`` are both ``new``."""
    return desk_word(text.strip().removeprefix("/").partition("@")[0]) if text.startswith("/") else desk_word(text)


async def _into_draft(turn: Turn) -> Reply | None:
    draft = turn.session.draft
    if draft is None and turn.works_here and not turn.session.reporting:
        return turn.say("staff.hint", Choice("staff:todo", turn.words("choice.todo")))
    if draft is not None and turn.now - draft.touched_at >= turn.town.limits.draft_fresh:
        return changing.doubt(turn, draft)
    return await collecting.add(turn, draft)


async def _for_a_ticket(turn: Turn, message: InboundMessage) -> Reply | None:
    """The answer to a handler's question, or more of it; None when no question waits for one."""
    if not (turn.session.asked or turn.session.replied):
        return None
    ticket = await replying.asked(turn)
    if ticket is not None:
        return await replying.answer(turn, ticket, certain=False)
    number = replying.still_replying(turn, message)
    if not number:
        return None
    ticket = await following.own(turn, number)
    return await replying.answer(turn, ticket, certain=False) if ticket.open else None


async def item(turn: Turn, message: InboundMessage) -> Reply | None:
    """A file or a pin, with or without words."""
    if message.quote:
        about = await turn.read.quoted(turn.address, message.quote)
        if parse_number(about):
            return await following.supplement(turn, about, certain=True)
    if (reply := await looking_back.words(turn, message) or await review_words.reason(turn, message)) is not None:
        return reply
    if (reply := await _for_a_ticket(turn, message)) is not None:
        return reply
    recent = turn.session.recent
    wordless_file = message.kind is MessageKind.ATTACHMENT and not message.text
    if turn.session.draft is None and wordless_file and recent:
        newest = recent[0]
        if newest.draft and turn.now - newest.at <= turn.town.limits.after_filing:
            return await following.supplement(turn, newest.ticket, certain=False)
    return await _into_draft(turn)


async def edit(turn: Turn, message: InboundMessage) -> Reply | None:
    """New words for an earlier message: the draft changes; a filed ticket gets a correction."""
    for draft in turn.session.drafts:
        said = tuple(type(s)(s.key, message.text) if s.key == message.edits else s for s in draft.said)
        if said != draft.said:
            changed = collecting.understood(turn, draft.touched(turn.now, said=said))
            return collecting.respond(turn, collecting.keep(turn, changed), opened=False, alarmed=False)
    filed = next((f for f in turn.session.recent if message.edits in f.said), None)
    if filed is not None and message.text:
        return await following.correct(turn, filed.ticket, message.text)
    return None


def unknown(turn: Turn, message: InboundMessage) -> Reply:
    known = {"sticker", "foreign_contact", "link", "file", "poll"}
    return turn.say(f"unknown.{message.unknown}" if message.unknown in known else "unknown.other")

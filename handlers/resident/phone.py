"""Leaving a telephone number: typed and checked, or proven by the platform; shown masked ever after."""

from __future__ import annotations

from bot.conversation.session import Question
from bot.domain.phones import like_a_phone, masked, read_phone
from bot.message import Choice, Reply
from bot.turn import Turn

PHONE = "phone"
"""The question for a number."""


def ask(turn: Turn) -> Reply:
    """Ask for it, or say what is kept already."""
    turn.remember(question=Question(PHONE, "", turn.now))
    known = turn.session.phone
    if known:
        return turn.say("phone.known", ask="contact", phone=masked(known))
    return turn.say("phone.ask", ask="contact")


def typed(turn: Turn, text: str) -> Reply:
    """A number as it was typed, after the word for it or when it was asked for."""
    number = read_phone(text)
    if number is None:
        turn.remember(question=Question(PHONE, "", turn.now))
        return turn.say("phone.wrong")
    return kept(turn, number)


def proven(turn: Turn, number: str) -> Reply:
    """A number that the platform has proven to be this person's."""
    return kept(turn, read_phone(number) or number)


def kept(turn: Turn, number: str) -> Reply:
    """Keep a number."""
    turn.remember(phone=number, question=None)
    forget = Choice("desk:phone_forget", turn.words("choice.phone_forget"), turn.words("choice.phone_forget"))
    return turn.say("phone.kept", forget, phone=masked(number))


def forgotten(turn: Turn) -> Reply:
    """Keep none any more."""
    had = bool(turn.session.phone)
    turn.remember(phone="", question=None)
    return turn.say("phone.forgotten" if had else "phone.none")


def answers(turn: Turn, text: str) -> bool:
    """Whether a text is the number that was asked for, right or wrong."""
    question = turn.session.question
    return question is not None and question.name == PHONE and question.open(turn.now) and like_a_phone(text)

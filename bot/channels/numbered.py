"""Choices for channels without buttons: a numbered line each, under the words."""

from __future__ import annotations

from bot.message import Reply


def with_numbers(reply: Reply) -> str:
    """The words of a reply and, below them, one line ``N label`` for each choice, counted from 1.

    Typing the number picks the choice: the desk remembers the choices in the order shown.
    """
    if not reply.choices:
        return reply.text
    lines = [f"{number} {choice.label}" for number, choice in enumerate(reply.choices, 1)]
    if reply.text:
        lines.insert(0, reply.text)
    return "\n".join(lines)

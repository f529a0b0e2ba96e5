"""What can be tapped under a message, as the Bot API wants it (core.telegram.org/bots/api#inlinekeyboardmarkup).

Plain JSON: a message has four buttons, and making objects of them only to take them apart costs as much as sending it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from bot.message import Choice, JsonObject, Reply

INLINE = "inline_keyboard"
"""The key of a markup whose buttons stand under the message; others cannot be edited in."""

PRESS_BYTES = 64
"""Most bytes of a button's data (core.telegram.org/bots/api#inlinekeyboardbutton)."""

_ROW_CELLS = 30  # widths of a Latin letter that fit beside each other on a small phone
_ROW_BUTTONS = 3
_BUTTONS = 100
# Signs, not words: understood in every language, for questions that bring no label of their own.
_PICKERS = {"place": "\N{ROUND PUSHPIN}", "contact": "\N{MOBILE PHONE}"}


def keyboard(reply: Reply) -> JsonObject | None:
    """The buttons of a reply, or None.

    A question for a place or a contact gets Telegram's own picker, labelled by the choice whose token is the name of
    the question; the other choices become typed words beside it. Telegram cannot show both sorts of button under one
    message, so where a choice has no word to type, the choices win for a place: people can send one from the menu.
    """
    others = [choice for choice in reply.choices if choice.token != reply.ask]
    if reply.ask in _PICKERS and (reply.ask == "contact" or all(choice.word for choice in others)):
        return _picker(reply, [choice for choice in others if choice.word])
    choices = [choice for choice in reply.choices if _tappable(choice)][:_BUTTONS]
    if not choices:
        return None
    return {INLINE: [[{"text": c.label, "callback_data": c.token} for c in row] for row in rows(choices)]}


def _picker(reply: Reply, others: Sequence[Choice]) -> JsonObject:
    label = next((choice.label for choice in reply.choices if choice.token == reply.ask), "") or _PICKERS[reply.ask]
    wanted = "request_contact" if reply.ask == "contact" else "request_location"
    words = ([{"text": choice.word} for choice in row] for row in rows(others))
    return {"keyboard": [[{"text": label, wanted: True}], *words], "resize_keyboard": True, "one_time_keyboard": True}


def _tappable(choice: Choice) -> bool:
    return bool(choice.label.strip()) and 0 < len(choice.token.encode()) <= PRESS_BYTES


def rows(choices: Sequence[Choice]) -> Iterator[list[Choice]]:
    """The choices in order, as many beside each other as a phone shows unshortened."""
    row: list[Choice] = []
    used = 0
    for choice in choices:
        width = cells(choice.label) + 4
        if row and (used + width > _ROW_CELLS or len(row) == _ROW_BUTTONS):
            yield row
            row, used = [], 0
        row.append(choice)
        used += width
    if row:
        yield row


def cells(text: str) -> int:
    """How wide a text is: a Chinese character takes two cells, a Latin letter one."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)

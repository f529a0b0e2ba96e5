"""Making a text fit into one Telegram message."""

from __future__ import annotations

from bot.text import clean

TEXT_LIMIT = 4000
"""UTF-16 units. Telegram allows 4096 characters and does not say how it counts; this is below either way."""

_ELLIPSIS = "…"
_BREAKS = ("\n", "。", "！", "？", ". ", "，", ", ", " ")
_LOOK_BACK = 200


def fitting(text: str) -> str:
    """The text; one that is too long is cut at the end of a line, sentence or word, with a sign for what is missing."""
    text = clean(text, 2 * TEXT_LIMIT)
    if _units(text) <= TEXT_LIMIT:
        return text
    head = text[: TEXT_LIMIT - 1]
    while (over := _units(head) - (TEXT_LIMIT - 1)) > 0:
        head = head[: -((over + 1) // 2)]
    for sign in _BREAKS:
        at = head.rfind(sign, max(0, len(head) - _LOOK_BACK))
        if at > 0:
            head = head[: at + len(sign)]
            break
    return head.rstrip() + _ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2

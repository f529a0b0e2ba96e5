"""From a `Reply` to what WeChat shows: one text, choices as numbered lines, never longer than it takes."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot.channels.numbered import with_numbers
from bot.message import Reply

TEXT_LIMIT = 2000
"""Bytes of UTF-8 in one text. WeChat documents none; users found 2048 and an error for the person beyond it."""

_ELLIPSIS = "…"
_LEAST_WORDS = 300  # bytes of the words that stay, however long the choices are
# What XML 1.0 cannot carry at all, escaped or not; a carriage return would come out as another character.
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def fitted(reply: Reply, limit: int = TEXT_LIMIT) -> str:
    """The reply as one text of at most ``limit`` bytes. Words are cut before choices; choices only among themselves."""
    whole = with_numbers(reply)
    if len(whole) * 4 <= limit or _bytes(whole) <= limit:
        return _NOT_XML.sub("", whole)
    reply = _pure(reply)
    if _bytes(with_numbers(reply)) <= limit:
        return with_numbers(reply)
    if not reply.choices:
        return _words(reply.text, limit)
    words_need = min(_bytes(reply.text), _LEAST_WORDS, limit // 2)
    choices_room = limit - words_need - 1
    if _bytes(with_numbers(replace(reply, text=""))) > choices_room:
        share = max(choices_room // len(reply.choices) - len(f"{len(reply.choices)} \n"), 0)
        reply = replace(reply, choices=tuple(replace(c, label=cut(c.label, share)) for c in reply.choices))
    lines = with_numbers(replace(reply, text=""))
    words = _words(reply.text, max(limit - _bytes(lines) - 1, 0))
    return cut(f"{words}\n{lines}" if words else lines, limit)


def _words(text: str, limit: int) -> str:
    """The words in at most ``limit`` bytes. An address in their last line stays whole as long as half of the room is
    left for the others: one that is cut leads nowhere, and behind it stands what was cut."""
    before, _, last = text.rpartition("\n")
    room = limit - _bytes(last) - 1
    if not before or "://" not in last or room < limit // 2:
        return cut(text, limit)
    return f"{cut(before, room)}\n{last}"


def cut(text: str, limit: int) -> str:
    """The text in at most ``limit`` bytes of UTF-8, ending in an ellipsis when something had to go."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    room = limit - len(_ELLIPSIS.encode())
    return encoded[:room].decode("utf-8", "ignore").rstrip() + _ELLIPSIS if room >= 0 else ""


def passive(text: str, to: str, sender: str, at: int) -> bytes:
    """The XML of a passive text reply. ``at``: epoch seconds. Well-formed whatever the text holds."""
    return (
        f"<xml><ToUserName><![CDATA[{_escaped(to)}]]></ToUserName>"
        f"<FromUserName><![CDATA[{_escaped(sender)}]]></FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{_escaped(text)}]]></Content></xml>"
    ).encode()


def _escaped(text: str) -> str:
    """The text as it may stand inside a CDATA section."""
    return _NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")


def _pure(reply: Reply) -> Reply:
    """The reply without characters that will not be sent anyway."""
    choices = tuple(replace(choice, label=_NOT_XML.sub("", choice.label)) for choice in reply.choices)
    return replace(reply, text=_NOT_XML.sub("", reply.text), choices=choices)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))

"""Pushes that could not be sent are told under the answer to the person's next message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.message import Lane, Reply
from bot.ports import ClaimedPush, Traits

GAP = "\n\n"
ELLIPSIS = "…"
LEAST = 40
"""With less room than so many characters a shortened text says nothing."""


def told_under(
    reply: Reply, kept: Sequence[ClaimedPush], traits: Traits, words: Callable[..., str], now: datetime
) -> tuple[Reply, list[int]]:
    """The reply with the kept texts under it, oldest first, and the ids of those it tells.

    What does not fit stays for the next time; only when not even the first fits is that one shortened.
    """
    fresh = [push for push in kept if push.push.expires_at is None or push.push.expires_at > now]
    if not fresh:
        return reply, []
    size = _bytes if traits.text_unit == "bytes" else len
    more = GAP + words("kept.more", count=len(fresh))
    text = reply.text + GAP + words("kept.header")
    # Choices are written out under the text by channels without buttons: "12 label".
    room = traits.text_limit - sum(size(choice.label) + 6 for choice in reply.choices)
    told: list[int] = []
    for push in fresh:
        longer = text + GAP + _text(push)
        last = len(told) + 1 == len(fresh)
        if size(longer) + (0 if last else size(more)) > room:
            break
        text = longer
        told.append(push.id)
    if not told:
        left = room - size(text + GAP + ELLIPSIS) - (size(more) if len(fresh) > 1 else 0)
        short = _cut(_text(fresh[0]), left, size)
        if len(short) < LEAST:
            return reply, []
        text += GAP + short + ELLIPSIS
        told.append(fresh[0].id)
    rest = len(fresh) - len(told)
    if rest:
        text += GAP + words("kept.more", count=rest)
    return replace(reply, text=text), told


def _text(push: ClaimedPush) -> str:
    """What is told of a kept push: its words, and what can be typed in place of its buttons."""
    reply = push.push.reply
    return reply.text if push.push.lane is Lane.REPLY else reply.typed


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _cut(text: str, room: int, size: Callable[[str], int]) -> str:
    """The longest beginning of a text that has room, by halving."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip()

"""The idea store for anybody: copies that staff have released."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.words import desk_word
from bot.message import Reply
from bot.turn import Turn
from handlers import idea_store

IDEAS = "ideas"
LONGEST = 24
"""Longer texts that begin with the word for it say a matter."""

_SAID = re.compile(r"\s*/?([^\W\d]{1,20})[\s:：]+([^\s。.!?！？，,][^。.!?！？，,\n]*)")


async def search(turn: Turn, words: str = "") -> Reply:
    """Released ideas with these words, the newest first."""
    found = await idea_store.ideas(turn, words, lambda ticket: idea_store.released(turn, ticket))
    if not found:
        return turn.say("idea.none_released")
    lines = [turn.words("idea.head_released", count=len(found))]
    lines += [idea_store.line(turn, ticket, text) for ticket, text in found[: idea_store.SHOWN]]
    lines.append(turn.words("idea.support"))
    return Reply("\n".join(lines))


def asked(text: str, vocabulary: Mapping[str, str]) -> str:
    """What is searched for, where a text is the word for the idea store and a few more; else ""."""
    if len(text) > LONGEST or (said := _SAID.fullmatch(text)) is None:
        return ""
    return said[2].strip() if vocabulary.get(desk_word(said[1])) == IDEAS else ""

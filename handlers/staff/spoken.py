"""Words of the catalogue that people type inside a command: an outcome, a reason class, a matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.words import desk_word
from bot.turn import Turn

LANGUAGES = ("zh_CN", "en")
"""Words of both are understood whatever somebody reads."""

LONGEST = 24
_SIGNS = " \t\r\n,:;，：；、"


def words_of(turn: Turn, prefix: str, names: Iterable[str]) -> Mapping[str, str]:
    """Folded words, each with the name it stands for; they are ``<prefix>.<name>`` in the catalogue, parted by |."""
    return {
        desk_word(word): name
        for name in names
        for language in LANGUAGES
        for word in turn.words_in(language)(f"{prefix}.{name}").split("|")
    }


def phrases_of(turn: Turn, key: str) -> tuple[str, ...]:
    """All phrases under a key, of every language."""
    return tuple(phrase for language in LANGUAGES for phrase in turn.words_in(language)(key).split("|"))


def leading(text: str, words: Mapping[str, str]) -> tuple[str, str]:
    """The name of the word a text begins with, and what follows it; "" and the text where there is none.

    The word ends with a blank, a sign or the text: "solved: ..." says the outcome, "solved it in no time" may be the
    beginning of the answer itself, and so is any longer word.
    """
    stripped = text.strip()
    for end in range(min(len(stripped), LONGEST), 0, -1):
        if end < len(stripped) and stripped[end] not in _SIGNS:
            continue
        name = words.get(desk_word(stripped[:end]))
        if name is not None:
            return name, stripped[end:].lstrip(_SIGNS)
    return "", text

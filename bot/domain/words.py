"""Words as people type them, made comparable: full width, upper case, traditional characters, hidden characters.

Which character is the traditional form of which is data the standard library lacks; `use_table` takes it once, at the
start (see `bot.simplified`). Without it everything works, but traditional characters stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# Soft hyphen, keycap frame, zero-width signs, direction marks, variation selectors, byte order mark: typed, never seen.
_HIDDEN = (
    0xAD,
    0x20E3,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    *range(0xFE00, 0xFE10),
    0xFEFF,
)

# What NFKC does to the signs in nearly every Chinese sentence; done first, most texts are normal already, and checking
# that is a hundred times cheaper than normalizing.
_COMMON = tuple(zip("，！？：；（）", ",!?:;()", strict=True))
# Signs that NFKC writes out as five letters or more: whole phrases and units. A text of nothing else would become many
# times as long as it is; none of them is in any word that is looked for.
_WRITTEN_OUT = re.compile(
    "[\u3307\u3315-\u3317\u3319\u331a\u3320\u332b\u332e\u3332\u3334\u3336\u3347\u334a\u3356\u33ae\u33af\ufdfa\ufdfb]"
)
_SIGN = re.compile(r"[\W_]")


def _odd_characters(table: Mapping[int, str | None]) -> re.Pattern[str]:
    return re.compile("[" + re.escape("".join(map(chr, table))) + "]")


_table: dict[int, str | None] = dict.fromkeys(_HIDDEN)
_odd = _odd_characters(_table)


def use_table(traditional: Mapping[int, str]) -> None:
    """From now on read each of these characters (code points) as the simplified one it maps to."""
    global _table, _odd
    _table = {**traditional, **dict.fromkeys(_HIDDEN)}
    _odd = _odd_characters(_table)


def fold(text: str) -> str:
    """The text as the desk matches it: NFKC, simplified characters, lower case, hidden characters gone."""
    if not text.isascii():
        for wide, narrow in _COMMON:
            text = text.replace(wide, narrow)
        if not unicodedata.is_normalized("NFKC", text):
            text = _WRITTEN_OUT.sub("\ufffd", text)
            text = unicodedata.normalize("NFKC", text)
        if _odd.search(text):
            text = text.translate(_table)
    return text.lower()


def desk_word(text: str) -> str:
    """The whole text for comparing it with a desk word: folded, without blanks and punctuation.

    ``"３。"`` becomes ``"3"``; ``"3号楼没水"`` stays what it is. Symbols (an emoji, say) stay: they mean something.
    """
    folded = fold(text)
    return folded if folded.isalnum() else _SIGN.sub(_symbol, folded)


def _symbol(sign: re.Match[str]) -> str:
    """The sign itself when it means something, "" for blanks and punctuation ("~" is one in chat)."""
    return "" if sign[0] == "~" or unicodedata.category(sign[0])[0] in "PZC" else sign[0]

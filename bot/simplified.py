"""Where the domain gets its table of traditional characters from: the OpenCC dictionaries."""

from __future__ import annotations

from opencc import OpenCC

from bot.domain import words

_HAN = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))


def simplified_table() -> dict[int, str]:
    """Code point of each traditional character -> its simplified form, one character for one."""
    characters = [chr(point) for point in _HAN]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = {
        ord(before): after
        for before, after in zip(characters, converted, strict=True)
        if before != after and len(after) == 1
    }
    return {point: table.get(ord(simple), simple) for point, simple in table.items()}  # one is simplified in two steps


def learn_traditional() -> None:
    """Give the table to `bot.domain.words`, for the life of the process."""
    words.use_table(simplified_table())

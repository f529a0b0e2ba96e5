"""What of a text goes when the person who wrote it wants to be forgotten: their numbers, and their name.

Numbers go whole, without the last two signs that `bot.domain.masking` leaves. A name goes where the writer says that it
is one, by a word such as "my name is" with a surname behind it; after that it goes wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.masking import STARS, finds

NAME = "**"
"""What stands where a name was."""

PHRASE = 6
"""Signs of the shortest piece of a text that is looked for."""

SHORTEST = 2
"""Signs of the shortest name that is looked for."""

_SURNAMES = (
    "\u738b\u674e\u5f20\u5218\u9648\u6768\u9ec4\u8d75\u5434\u5468\u5f90\u5b59\u9a6c\u6731\u80e1"
    "\u90ed\u4f55\u9ad8\u6797\u7f57\u90d1\u6881\u8c22\u5b8b\u5510\u8bb8\u97e9\u51af\u9093\u66f9"
    "\u5f6d\u66fe\u8096\u7530\u8463\u8881\u6f58\u4e8e\u848b\u8521\u4f59\u675c\u53f6\u7a0b\u82cf"
    "\u9b4f\u5415\u4e01\u4efb\u6c88\u59da\u5362\u59dc\u5d14\u949f\u8c2d\u9646\u6c6a\u8303\u91d1"
    "\u77f3\u5ed6\u8d3e\u590f\u97e6\u4ed8\u65b9\u767d\u90b9\u5b5f\u718a\u79e6\u90b1\u6c5f\u5c39"
    "\u859b\u95eb\u6bb5\u96f7\u4faf\u9f99\u53f2\u9676\u9ece\u8d3a\u987e\u6bdb\u90dd\u9f9a\u90b5"
    "\u4e07\u94b1\u4e25\u8983\u6b66\u6234\u83ab\u5b54\u5411\u6c64\u5e38\u6e29\u5eb7\u65bd\u6587"
    "\u725b\u6a0a\u845b\u90a2\u5b89\u9f50\u6613\u4e54\u4f0d\u5e9e\u989c\u502a\u5e84\u8042\u7ae0"
    "\u9c81\u5cb3\u7fdf\u6bb7\u8a79\u7533\u6b27\u803f\u5173\u5170\u7126\u4fde\u5de6\u67f3\u7518"
    "\u795d\u5305\u5b81\u5c1a\u7b26\u8212\u962e\u67ef\u7eaa\u6885\u7ae5\u51cc\u6bd5\u5355\u5b63"
    "\u88f4\u970d\u6d82\u6210\u82d7\u8c37\u76db\u66f2\u7fc1\u5189\u9a86\u84dd\u8def\u6e38\u8f9b"
    "\u9773\u9633\u7ba1\u67f4\u8499\u9c8d\u534e\u55bb\u7941\u84b2\u623f\u6ed5\u5c48\u9976\u89e3"
    "\u725f\u827e\u5c24\u65f6\u7a46\u519c\u53f8\u5353\u53e4\u5409\u7f2a\u7b80\u8f66\u9879\u8fde"
    "\u82a6\u9ea6\u891a\u5a04\u7aa6\u621a\u5c91\u666f\u515a\u5bab\u8d39\u535c\u51b7\u664f\u5e2d"
    "\u536b\u7c73\u67cf\u5b97\u77bf\u6842\u5168\u4f5f\u5e94\u81e7\u95f5\u82df\u90ac\u8fb9\u535e"
    "\u59ec\u5e08\u548c\u4ec7\u683e\u968b\u5546\u5201\u6c99\u8363\u5deb\u5bc7\u6851\u90ce\u7504"
    "\u4e1b\u4ef2\u865e\u6556\u5de9\u660e\u4f58\u6c60\u67e5\u9ebb\u82d1\u8fdf\u909d"
)
"""The single surnames of nearly all people in China."""

_DOUBLE = (
    "\u6b27\u9633|\u53f8\u9a6c|\u4e0a\u5b98|\u8bf8\u845b|\u4e1c\u65b9|\u7687\u752b|\u5c09\u8fdf|"
    "\u516c\u5b59|\u6155\u5bb9|\u4ee4\u72d0|\u7aef\u6728|\u590f\u4faf|\u53f8\u5f92|\u5357\u5bab"
)
_STRONG = (
    "\u6211\u53eb|\u6211\u540d\u53eb|\u672c\u4eba\u59d3\u540d|\u59d3\u540d|"
    "\u8054\u7cfb\u4eba|\u7f72\u540d|\u6295\u8bc9\u4eba|\u53cd\u6620\u4eba|"
    "\u4e3e\u62a5\u4eba|\u7533\u8bf7\u4eba|\u6c42\u52a9\u4eba|\u5f53\u4e8b\u4eba|"
    "\u6211\u7684\u540d\u5b57\u662f|\u6211\u7684\u540d\u5b57\u53eb|\u540d\u5b57\u662f|\u540d\u5b57\u53eb"
)
_WEAK = "\u6211\u662f|\u672c\u4eba\u662f|\u8fd9\u91cc\u662f|\u672c\u4eba"
_PLACES = (
    "\u6751\u8def\u8857\u9547\u4e61\u533a\u53bf\u5e02\u6821\u5382\u5e97\u9662\u7ec4\u5e84\u5c6f"
    "\u6865\u91cc\u5bb6\u56ed\u57ce\u5e9c\u82d1\u5df7\u5f04\u574a\u6e7e\u5cad\u5c71\u6cb3\u6e56"
)
"""What names of places end with: somebody is from there, and not called that."""
_HAN = "\u4e00-\u9fff"
_FAMILY = f"(?:{_DOUBLE}|[{_SURNAMES}])"
_NAME = rf"({_FAMILY}[{_HAN}]{{1,2}}?)"
_AFTER_NAME = "[\uff0c\u3002\uff1b\u3001\uff01\uff1f,.;!?()\uff08\uff09\\s0-9*\uff1a:]"
_ALSO_AFTER = "\u7535\u624b\u4f4f\u8eab\u8054\u7684\u53cd\u6295\u8981\u60f3"
_CALLED = (
    re.compile(rf"(?:{_STRONG})[\u662f\u53eb\u4e3a\uff1a: ]{{0,2}}{_NAME}(?=$|{_AFTER_NAME}|[{_ALSO_AFTER}])"),
    re.compile(rf"(?:{_WEAK}) ?{_NAME}(?=$|{_AFTER_NAME})"),
    re.compile(r"(?i:\bmy name is|\bname:|\bthis is) ([A-Z][a-z'-]+(?: [A-Z][a-z'-]+){0,2})"),
)
_LONE = re.compile(rf"[{_HAN}A-Za-z]")


def names_in(text: str) -> tuple[str, ...]:
    """The names by which a text says who wrote it, each once, the longest first."""
    found = (matched[1] for form in _CALLED for matched in form.finditer(text))
    names = dict.fromkeys(name for name in found if name[-1] not in _PLACES)
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def numbers_in(text: str) -> tuple[str, ...]:
    """The personal numbers in a text, as they are written there, each once."""
    return tuple(dict.fromkeys(text[each.begin : each.end] for each in finds(text)))


def phrases_of(text: str) -> tuple[str, ...]:
    """The pieces of a text by which it is known again where it is told to others: without its numbers, and long enough
    to be said by nobody else."""
    for number in finds(text)[::-1]:
        text = f"{text[: number.begin]}\n{text[number.end :]}"
    return tuple(piece for line in text.split("\n") if len(piece := line.strip()) >= PHRASE)


def blotted(text: str, names: Iterable[str] = ()) -> str:
    """The text without its personal numbers and without these names."""
    for number in finds(text)[::-1]:
        text = text[: number.begin] + "*" * min(number.end - number.begin, STARS) + text[number.end :]
    for name in names:
        if len(name) >= SHORTEST and _LONE.search(name):
            text = text.replace(name, NAME)
    return text

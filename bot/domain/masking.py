"""Numbers in people's words that say who somebody is: telephone, identity card, bank card, number plate.

They are masked wherever words are shown, unless one is the matter itself and is opened on purpose (rule book,
"Identity, personal data, the wall"). What merely looks like one is left alone where a check digit tells: ID numbers by
ISO 7064 MOD 11-2 (GB 11643-1999), bank cards by Luhn's sum (ISO/IEC 7812-1, annex B).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

STARS = 8
"""So many stars at most stand for what is hidden."""

LAST = 2
"""So many last signs stay, by which somebody who has the number knows that it is this one."""

_NARROW = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20}
"""Full-width signs, and what they are; each is one sign, so places stay."""

_GAP = "[ \\-\u00a0\u2010-\u2015\u00b7.]?"
_LOOSE = "[ \\-\u00a0\u200b-\u200d\u2010-\u2015\u00b7._()]{0,3}"
"""Between the digits of a mobile number people put whatever comes to hand."""

_PROVINCES = (
    "\u4eac\u6d25\u6caa\u6e1d\u5180\u8c6b\u4e91\u8fbd\u9ed1\u6e58\u7696\u9c81\u65b0\u82cf\u6d59\u8d63\u9102\u6842\u7518"
    "\u664b\u8499\u9655\u5409\u95fd\u8d35\u7ca4\u9752\u85cf\u5ddd\u5b81\u743c"
)
"""The 31 characters that plates begin with (GA 36-2018)."""

_PLATE_ENDS = "\u5b66\u8b66\u6e2f\u6fb3\u6302\u9886"
_EMBASSY = "\u4f7f"
"""Plates of embassies: this and six digits. It is in many words too, so only certain characters may stand before it."""

_BEFORE_EMBASSY = "[^\u4e00-\u9fff]|[\u724c\u8f66\u53f7\u662f]"
_COUNTED = "\u5143\u4eba\u4e07\u4ebf\u5428\u7c73\u4e2a\u5ea7\u6237"
_ONE, _SAID_ONE = "\u4e00\u58f9\u5e7a", "\u96f6\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d"
_SAID_DIGIT = f"{_ONE}{_SAID_ONE}\u8d30\u53c1\u8086\u4f0d\u9646\u67d2\u634c\u7396"
_OLD_IDENTITY = "\u8eab\u4efd\u8bc1|\u8bc1\u53f7|\u8bc1\u4ef6"
_AREA_CODE = "0(?:10|2[0-9]|[3-9][0-9]{2})"
_SAID = "\u7535\u8bdd|\u5ea7\u673a|\u8054\u7cfb\u65b9\u5f0f|\u81f4\u7535|\u62e8\u6253"
_CALLED = rf"(?:{_SAID}|\btel\b|\bphone\b|\bcall\b)"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<![0-9])(?<![0-9]{2}[.\-])", r"(?![0-9])"

_END_OF_MOBILE = f"(?:{_NO_DIGIT_AFTER}|(?=20[0-9]{{2}}\u5e74))"
"""A year may follow at once."""

_POSSIBLE = re.compile(f"[0-9](?:{_LOOSE}[0-9]){{5}}|[{_PROVINCES}][A-Za-z]|[{_SAID_DIGIT}](?: ?[{_SAID_DIGIT}]){{10}}")
"""What any of them needs; nearly all texts have none, and cost no more than this."""


class Number(StrEnum):
    """What a number is."""

    PHONE = "phone"
    IDENTITY = "identity"
    CARD = "card"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Found:
    """A number in a text, from place ``begin`` to before ``end``."""

    number: Number
    begin: int
    end: int


def _anything(_signs: str) -> bool:
    return True


def _identity(signs: str) -> bool:
    """Whether 18 signs are an ID number: a date of birth, and the check digit (17 weighted digits, modulo 11)."""
    try:
        born = date(int(signs[6:10]), int(signs[10:12]), int(signs[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = sum(weight * int(sign) for weight, sign in zip(weights, signs, strict=False)) % 11
    return born.year >= 1850 and "10X98765432"[check] == signs[17].upper()


def _old_identity(signs: str) -> bool:
    """Whether the last 15 signs are an ID number as it was given out until 1999: a date of birth in two-digit years."""
    born = signs[-9:-3]
    try:
        date(1900 + int(born[:2]), int(born[2:4]), int(born[4:]))
    except ValueError:
        return False
    return True


def _card(signs: str) -> bool:
    """Whether 16 to 19 digits are a bank card's: those begin with 3 to 6 or 9, and Luhn's sum ends with 0."""
    doubled = (2 * int(sign) if place % 2 else int(sign) for place, sign in enumerate(reversed(signs)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def _plate(signs: str) -> bool:
    """Whether what looks like a plate has digits enough to be one."""
    return sum(sign.isdigit() for sign in signs) >= 2


_FORMS: tuple[tuple[Number, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        Number.IDENTITY,
        re.compile(f"{_NO_DIGIT_BEFORE}[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx](?![0-9A-Za-z])"),
        _identity,
    ),
    (
        Number.CARD,
        re.compile(f"{_NO_DIGIT_BEFORE}[3-69](?:{_GAP}[0-9]){{15,18}}{_NO_DIGIT_AFTER}"),
        _card,
    ),
    (
        Number.PHONE,
        re.compile(f"{_NO_DIGIT_BEFORE}(?:(?:\\+|00)?86{_LOOSE})?1[3-9](?:{_LOOSE}[0-9]){{9}}{_END_OF_MOBILE}"),
        _anything,
    ),
    (
        Number.IDENTITY,
        re.compile(
            f"(?:{_OLD_IDENTITY})[^0-9\\n]{{0,6}}(?:15[^0-9\\n]{{1,4}})?(?P<number>[1-8][0-9]{{14}}){_NO_DIGIT_AFTER}"
        ),
        _old_identity,
    ),
    (
        Number.PHONE,  # with something between any two digits
        re.compile(f"{_NO_DIGIT_BEFORE}1(?P<gap>[ \\-.\u00b7_])[3-9](?:(?P=gap)[0-9]){{9}}(?!(?P=gap)?[0-9])"),
        _anything,
    ),
    (
        Number.PHONE,  # spelt out
        re.compile(f"(?<![{_SAID_DIGIT}])[{_ONE}](?: ?[{_SAID_DIGIT}]){{10}}(?! ?[{_SAID_DIGIT}])"),
        _anything,
    ),
    (
        Number.PHONE,
        re.compile(
            f"{_NO_DIGIT_BEFORE}(?:\\({_AREA_CODE}\\)|{_AREA_CODE})[ \\-\u2010-\u2015]?"
            f"[2-8][0-9]{{2,3}}[ \\-]?[0-9]{{4}}{_NO_DIGIT_AFTER}"
        ),
        _anything,
    ),
    (
        Number.PHONE,
        re.compile(f"{_CALLED}[^0-9]{{0,6}}(?P<number>[2-8][0-9]{{2,3}}[ \\-]?[0-9]{{4}}){_NO_DIGIT_AFTER}", re.I),
        _anything,
    ),
    (
        Number.PLATE,
        re.compile(
            f"(?<![0-9])[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][ \\-\u00b7\u2022.]?[A-HJ-NP-Za-hj-np-z0-9]{{4,5}}"
            f"(?:[A-HJ-NP-Za-hj-np-z0-9]|[{_PLATE_ENDS}])(?![0-9A-Za-z])"
        ),
        _plate,
    ),
    (
        Number.PLATE,
        re.compile(f"(?:^|(?<={_BEFORE_EMBASSY})){_EMBASSY}[0-9]{{3}}[ \u00b7.]?[0-9]{{3}}(?![0-9{_COUNTED}])"),
        _anything,
    ),
)
"""In the order in which they are looked for: what one has taken is no other's."""


def finds(text: str) -> tuple[Found, ...]:
    """The numbers in a text, in their order; full-width signs count as what they are."""
    plain = text.translate(_NARROW)
    if not _POSSIBLE.search(plain):
        return ()
    found: list[Found] = []
    taken = bytearray(len(plain))  # a text may hold a thousand numbers
    for number, form, is_one in _FORMS:
        for matched in form.finditer(plain):
            begin, end = matched.span("number" if "number" in form.groupindex else 0)
            if taken.find(1, begin, end) < 0 and is_one(re.sub(r"[^0-9A-Za-z]", "", matched[0])):
                found.append(Found(number, begin, end))
                taken[begin:end] = b"\1" * (end - begin)
    return tuple(sorted(found, key=lambda each: each.begin))


def masked(text: str) -> str:
    """The text with stars in the place of each number, but for its last two signs."""
    found = finds(text)
    return "".join(_pieces(text, found)) if found else text


def masked_but_landlines(text: str) -> str:
    """The same where a unit gives its own number: what has an area code, or is none of a mobile, stays readable."""
    found = tuple(
        each for each in finds(text) if each.number is not Number.PHONE or _mobile(text[each.begin : each.end])
    )
    return "".join(_pieces(text, found)) if found else text


def _mobile(written: str) -> bool:
    digits = re.sub(r"[^0-9]", "", written.translate(_NARROW))
    return re.fullmatch(r"(?:00)?(?:86)?1[3-9][0-9]{9}", digits) is not None


def _pieces(text: str, found: tuple[Found, ...]) -> Iterator[str]:
    at = 0
    for each in found:
        yield text[at : each.begin]
        hidden = each.end - each.begin - LAST
        yield "*" * min(hidden, STARS) + text[each.end - LAST : each.end]
        at = each.end
    yield text[at:]

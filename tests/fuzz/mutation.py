"""Good inputs made bad: whole pieces are put elsewhere, taken out, repeated, replaced by what is known to hurt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

ODD: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b" ",
    b"\r\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\xbd",  # a lone surrogate
    b"\xed\xb8\x80\xed\xa0\xbd",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    "\u202e\u2066\u200b\u200f".encode(),
    "\ufdfa\ufdfa".encode(),  # becomes eighteen signs each under NFKC
    "\u0130\u0131\u1e9e\ufb03".encode(),  # change their length in lower case
    "e\u0301\u0301\u0301".encode(),
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0010ffff".encode(),
    "\u0661\u0662\u0663\u0967\uff11\u00b2\u2460\u4e00".encode(),  # digits of many kinds
    b"9" * 19,
    b"9" * 30,
    b"9" * 60,
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"Infinity",
    b"2147483648",
    b"9223372036854775808",
    b"253402300800",
    b"0000-00-00",
    b"9999-12-31",
    b"true",
    b"null",
    b"]]>",
    b"<![CDATA[",
    b"&#0;&#xD800;&#x110000;",
    b"%00%ff%ud83d",
    b"{0.__class__}%s%n${x}",
    b"'\";--",
    b"=cmd|' /C calc'!A0",
    b"../../../../etc/passwd",
    b"A" * 100,
    b"a " * 40,
)
"""What has hurt programs before."""

LONG: tuple[bytes, ...] = (
    b"9" * 400,
    b"9" * 5000,
    b"A" * 3000,
    b"a " * 2000,
    "\u3300".encode() * 1000,
    "长".encode() * 1000,
)
"""Rarely, for each costs much."""

_LONG_ONES = 0.004

EXPLODING = 20
"""How often at most a piece is repeated in one go, but for the few inputs that are to be large."""


def as_it_is(words: bytes) -> bytes:
    """Words that need no quoting."""
    return words


@dataclass(frozen=True, slots=True)
class Grammar:
    """Seeds and how they fall into pieces. ``odd`` are pieces that hurt this grammar; ``largest``: bytes of an input.

    A piece that is a ``value`` may be another value without harm to the form: any words, written as ``quote`` writes
    them, or one of ``values``. So half of the inputs get past whoever looks at the form.
    """

    seeds: Sequence[bytes]
    pieces: re.Pattern[bytes]
    odd: Sequence[bytes] = ()
    value: re.Pattern[bytes] = field(default=re.compile(rb"[^\s]+", re.S))
    values: Sequence[bytes] = ()
    quote: Callable[[bytes], bytes] = as_it_is
    largest: int = 65536
    split: list[list[bytes]] = field(default_factory=list)
    places: list[list[int]] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.split.extend(self.pieces.findall(seed) for seed in self.seeds)
        for seed, pieces in zip(self.seeds, self.split, strict=True):
            assert b"".join(pieces) == seed, f"pieces of a seed are lost: {seed[:80]!r}"
            self.places.append([n for n, piece in enumerate(pieces) if self.value.fullmatch(piece)])
        self.written.extend((*map(self.quote, ODD), *self.values))

    def make(self, chance: Random) -> bytes:
        """An input."""
        roll = chance.random()
        if roll < 0.5:
            return self.gentle(chance)
        roll = 2 * roll - 1
        if roll < 0.03:
            return self.noise(chance)
        pieces = list(chance.choice(self.split))
        for _ in range(1 if roll < 0.4 else 2 if roll < 0.7 else int(chance.random() * 6) + 1):
            chance.choice(_ON_PIECES)(self, pieces, chance)
        made = b"".join(pieces)
        if roll > 0.75:
            made = spoiled(made, chance)
        if roll > 0.9995:
            made = self.large(made, chance)
        return made[: self.largest]

    def gentle(self, chance: Random) -> bytes:
        """An input of good form."""
        n = int(chance.random() * len(self.split))
        pieces, places = list(self.split[n]), self.places[n]
        if not places:
            return self.noise(chance)
        for _ in range(1 + int(chance.random() * 3)):
            place, roll = places[int(chance.random() * len(places))], chance.random()
            if roll < 0.6:
                pieces[place] = chance.choice(self.written)
            elif roll < 0.605:
                pieces[place] = self.quote(chance.choice(LONG))
            elif roll < 0.8:
                other = int(chance.random() * len(self.split))
                if self.places[other]:
                    pieces[place] = self.split[other][chance.choice(self.places[other])]
            else:
                words = b"".join(chance.choice(ODD) for _ in range(1 + int(chance.random() * 4)))
                pieces[place] = self.quote(words * (1 + int(chance.random() * chance.random() * EXPLODING)))
        return b"".join(pieces)[: self.largest]

    def noise(self, chance: Random) -> bytes:
        """No seed at all."""
        if chance.random() < 0.5:
            return chance.randbytes(int(chance.random() * 200))
        return b"".join(self.fragment(chance) for _ in range(int(chance.random() * 12)))

    def large(self, made: bytes, chance: Random) -> bytes:
        """As large as an input may be."""
        begin = int(chance.random() * (len(made) + 1))
        piece = made[begin : begin + 1 + int(chance.random() * 60)] or self.fragment(chance) or b"x"
        count = int(chance.random() * self.largest / len(piece))
        return made[:begin] + piece * count + made[begin:]

    def fragment(self, chance: Random) -> bytes:
        """Something that hurts."""
        if chance.random() < _LONG_ONES:
            return chance.choice(LONG)
        return chance.choice(self.odd) if self.odd and chance.random() < 0.6 else chance.choice(ODD)


def spoiled(made: bytes, chance: Random) -> bytes:
    """The bytes, a few of them changed, without a thought for what they mean."""
    for _ in range(int(chance.random() * 3) + 1):
        at = int(chance.random() * (len(made) + 1))
        roll = chance.random()
        if roll < 0.3 and at < len(made):
            made = made[:at] + bytes((made[at] ^ 1 << int(chance.random() * 8),)) + made[at + 1 :]
        elif roll < 0.5:
            made = made[:at] + bytes((int(chance.random() * 256),)) + made[at:]
        elif roll < 0.65:
            made = made[:at]
        elif roll < 0.85:
            made = made[:at] + made[at + 1 + int(chance.random() * 8) :]
        else:
            made = made[:at] + chance.choice(ODD) + made[at:]
    return made


def _replace(grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    if pieces:
        pieces[int(chance.random() * len(pieces))] = grammar.fragment(chance)


def _insert(grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    pieces.insert(int(chance.random() * (len(pieces) + 1)), grammar.fragment(chance))


def _drop(_grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    if pieces:
        begin = int(chance.random() * len(pieces))
        del pieces[begin : begin + 1 + int(chance.random() * 4)]


def _repeat(_grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    begin = int(chance.random() * (len(pieces) + 1))
    end = begin + 1 + int(chance.random() * 6)
    pieces[begin:begin] = pieces[begin:end] * (1 + int(chance.random() * chance.random() * EXPLODING))


def _swap(_grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    if pieces:
        one, other = (int(chance.random() * len(pieces)) for _ in range(2))
        pieces[one], pieces[other] = pieces[other], pieces[one]


def _splice(grammar: Grammar, pieces: list[bytes], chance: Random) -> None:
    other = chance.choice(grammar.split)
    at = int(chance.random() * (len(other) + 1))
    pieces[int(chance.random() * (len(pieces) + 1)) :] = other[at : at + 40]


_ON_PIECES: tuple[Callable[[Grammar, list[bytes], Random], None], ...] = (
    *(_replace, _replace, _insert, _drop, _repeat, _swap, _splice),
)

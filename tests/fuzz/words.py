"""What people write: residents' matters, staff's commands, names of signed links, and everything that reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from bot.catalogue import Catalogue
from bot.domain import (
    answers,
    blotting,
    masking,
    phones,
    public,
    search,
)
from bot.domain.duplicates import said_alike, spoken_title
from bot.domain.guide import Guide
from bot.domain.words import fold
from bot.sheet_cells import line
from bot.simplified import learn_traditional
from bot.text import clean
from bot.townfile import SAMPLE, load_town
from handlers.pages.rows import marked, place_in, typed
from tests.fuzz.decoder import Decoder, Ready, text_of
from tests.fuzz.mutation import Grammar

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LONGEST = 20_000
"""Characters: what channels let through at most."""

PIECES = re.compile(rb"[0-9]+|[A-Za-z]+|(?:[\xe0-\xef][\x80-\xbf]{2}){1,2}|.", re.S)

MATTERS = (
    "幸福路12号门口的路灯坏了三天，晚上看不见路，联系电话13812345678",
    "人民路社区垃圾桶满了没人清运，我叫王小明，身份证11010519491231002X",
    "楼上漏水，物业不管，车牌沪A12345D，卡号6222021234567890128，座机010-62345678",
    "有人触电了！快来人，煤气泄漏，幸福里3号楼",
    "The street light at Xingfu Road 12 has been broken for 3 days. My name is John Smith, phone +44 20 7946 0958",
    "我要举报城管局张某收红包　建議增設公交車站",
    "谢谢你们，问题解决了",
    "明天下午3点 2026-10-08 10月8日 3个工作日内",
)
_MATTERS_ODD = (
    *(b"13812345678 " * 30, "1３-８ 1 2.3(4)5678".encode(), b"1 3-8-1-2-3-4-5-6-7-8", b"4" * 60, b"1 " * 60),
    *(b"11010519491231002X" * 5, "沪A".encode() * 20, "沪A12345D沪A12345".encode(), "电话".encode() * 30),
    *(
        "幸福路".encode() * 20,
        "触电".encode() * 20,
        "我叫王".encode() * 20,
        b"my name is A" * 10,
        b"{date}____",
        b"_" * 300,
    ),
    *(
        "【日期】".encode() * 30,
        "，。！？".encode() * 20,
        "㍿㌔①Ⅷ".encode(),
        "๑๒๓".encode(),
        "，".encode() * 200,
        b"\n" * 100,
    ),
)


@cache
def texts() -> Catalogue:
    """The texts of the desk."""
    return Catalogue.load(Path(__file__).parents[2] / "locales")


@cache
def guide() -> Guide:
    """The sample town."""
    learn_traditional()
    return Guide.of(load_town(SAMPLE))


def _matters() -> Grammar:
    return Grammar([each.encode() for each in MATTERS], PIECES, _MATTERS_ODD, largest=LONGEST * 3)


def resident_decoder() -> Ready:
    """A matter in somebody's words: type, kinds, place and danger are read in it, and it is compared with another."""
    town, other = guide(), guide().likeness.matter(MATTERS[0])

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), LONGEST)
        reading = town.read(text)
        town.place_from_text(reading)
        town.likeness.likeness(town.likeness.matter(text), other)
        return reading

    return Ready(_matters().make, decode)


def masking_decoder() -> Ready:
    """Numbers and names that say who somebody is."""

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), LONGEST)
        found = masking.finds(text)
        assert all(one.end <= other.begin for one, other in pairwise(found)), "masks overlap"
        assert len(masking.masked(text)) <= len(text), "a text grows by what is hidden in it"
        return found

    return Ready(_matters().make, decode)


def blotting_decoder() -> Ready:
    """The same for everybody's eyes, and for the words of somebody who goes."""

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), LONGEST)
        shown = public.without_personal_numbers(text)
        assert len(shown) <= len(text), "a text grows by what is hidden in it"
        return blotting.blotted(shown, blotting.names_in(text))

    return Ready(_matters().make, decode)


def answer_decoder() -> Ready:
    """The words of an answer: what is odd about them, what is to be filled in, under which terms they are found."""
    phrases = answers.Phrases.of(("已转交相关部门", "正在处理"), ("感谢", "您好"))
    named = frozenset({fold("【日期】")})

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), LONGEST)
        found = answers.flags(text, (MATTERS[0],), phrases, 10)
        for blank in answers.blanks(text, named):
            answers.filled(text, blank, "x")
        said_alike(text, MATTERS[0])
        spoken_title(text)
        search.terms(text)
        return found

    return Ready(_matters().make, decode)


def search_decoder() -> Ready:
    """What somebody looks for, or types as a telephone number, and how it is shown on a page and in a table."""
    seeds = ("路灯 坏了", "13812345678", "+86 138-1234-5678", "010-62345678", "ticket 260304-00017", "=SUM(A1)", "垃圾")
    odd = (b"=cmd", b"\t=1", "＝1".encode(), b"'=", b"(?:a+)+$", b".*" * 20, b"[" * 50, b"\\", "ﷺ".encode() * 20)
    grammar = Grammar([each.encode() for each in seeds], PIECES, odd, largest=6000)

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), 2000)
        wanted = search.wanted(text)
        search.wanted_terms(wanted)
        search.place(text)
        pieces = marked(MATTERS[0] + text, wanted)
        assert "".join(piece.text for piece in pieces) == MATTERS[0] + text, "marks change a text"
        typed(text, 100)
        place_in(text, 10_000)
        phones.read_phone(text)
        phones.like_a_phone(text)
        phones.masked(text)
        cell = line([text])
        assert cell.lstrip('" ')[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠"), "a cell is a formula"
        return wanted

    return Ready(grammar.make, decode)


DECODERS = (
    Decoder("resident", resident_decoder),
    Decoder("masking", masking_decoder),
    Decoder("blotting", blotting_decoder),
    Decoder("answer", answer_decoder),
    Decoder("search", search_decoder),
)

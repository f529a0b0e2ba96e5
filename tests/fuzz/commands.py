"""What staff type, before anything is looked up, and names of signed links."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from random import Random

from bot.catalogue import COMMANDS_PREFIX
from bot.domain import dates, invitations, links, numbers, slips, special, until
from bot.domain.people import Address
from bot.domain.town import Clock
from bot.domain.words import desk_word, fold
from bot.text import clean
from handlers.resident.hearing import command_word
from handlers.staff import joining
from handlers.staff.desk import command_of
from handlers.staff.spoken import leading
from tests.fuzz.decoder import Decoder, Ready, text_of
from tests.fuzz.mutation import Grammar
from tests.fuzz.words import LONGEST, PIECES, guide, texts

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)

COMMANDS = (
    "接单 260304-00017",
    "答复 3 已解决 已经清运完毕并安排每天两次巡查。",
    "承诺 17 +3 三天内修好",
    "延期 17 3个工作日 需要采购配件",
    "督办 260304-00017 提醒 4小时 请抓紧",
    "离岗 明天 李四",
    "批量 交通运输局 提醒",
    "回避 17 王强",
    "join K7QXM-3R9TD 李四",
    "接单3",
    "/todo@desk_bot",
    "promise 17 2026-10-08 fixed by then",
    "专项 Z260304-00017",
    "看 #１７",
    "研究\n17",
)
_COMMANDS_ODD = (
    *(
        b"+999",
        b"+400",
        b"0000-00-00",
        b"9999-12-31",
        b"0001-01-01",
        b"2026-02-30",
        b"12-31",
        b"999h",
        "999小时".encode(),
    ),
    *(
        "三百天".encode(),
        "十工作日".encode(),
        "大后天".encode(),
        b"+\xd9\xa3",
        "²天".encode(),
        b"260304-00017" * 3,
        b"#",
    ),
    *(b"@" * 50, b"/" * 50, "　".encode() * 50, b"\n" * 50, "接单".encode() * 20, b"K7QXM-" * 10),
)


def command_decoder() -> Ready:
    """A command of staff, before anything is looked up: its word, its ticket, its date, a code, an outcome."""
    town, catalogue = guide(), texts()
    commands = catalogue.vocabulary(desk_word, COMMANDS_PREFIX)
    outcomes = {desk_word(word): word for word in ("已解决", "部分解决", "已说明", "solved", "explained")}
    grammar = Grammar([each.encode() for each in COMMANDS], PIECES, _COMMANDS_ODD, largest=LONGEST * 3)
    today = date(2026, 3, 4)

    def decode(raw: bytes) -> object:
        text = clean(text_of(raw), LONGEST)
        command, rest = command_of(text, commands)
        joining.asked(text, commands)
        command_word(text)
        numbers.parse(fold(rest)[:200])
        special.parse(rest)
        dates.read_date(text, today, town.calendar)
        dates.read_days(rest)
        until.read_until(rest, NOW, town.calendar)
        until.read_until(rest.partition(" ")[2], NOW, town.calendar, Clock.DANGER)
        invitations.split(rest)
        leading(rest, outcomes)
        return command

    return Ready(grammar.make, decode)


def links_decoder() -> Ready:
    """Names of links, as they came, or spoiled before they were signed: first byte."""
    keys, slip_key = links.Keys({"1": bytes(32), "2": b"\1" * 32}, "2"), b"\2" * 32
    whose = Address("wechat", "oResident_1")
    own = keys.signed(links.OWN, "260304-00011", whose, NOW)
    slip = slips.signed(slip_key, "260304-00011", NOW)
    body = own.rpartition(".")[0]
    odd = (
        b".",
        b"..",
        b"." * 10,
        b"1",
        b"2",
        b"own",
        b"find",
        b"253402300800",
        b"9" * 60,
        b"-1",
        "²".encode(),
        b"\xd9\xa3",
    )
    pieces = re.compile(rb"[^.]+|.", re.S)
    value = re.compile(rb"[^.]+", re.S)
    whole = Grammar([own.encode(), slip.encode()], pieces, odd, value, odd, largest=4000)
    unsigned = Grammar([body.encode()], pieces, odd, value, odd, largest=400)

    def make(chance: Random) -> bytes:
        return b"\1" + unsigned.make(chance) if chance.random() < 0.5 else b"\0" + whole.make(chance)

    sign = partial(links._short, keys.by_id["2"])

    def decode(raw: bytes) -> object:
        name = text_of(raw[1:])
        if raw[:1] == b"\1" and name.isascii():
            name = _signed(name, sign)
        found = keys.opened(name, NOW)
        if found is not None:
            keys.is_of(found, whose)
        slips.opened(slip_key, name, NOW)
        return found

    return Ready(make, decode)


def _signed(name: str, sign: Callable[[str, int], str]) -> str:
    return f"{name}.{sign('link' + chr(0) + name, links._MAC_BYTES)}"


DECODERS = (Decoder("command", command_decoder), Decoder("links", links_decoder))

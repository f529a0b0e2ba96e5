"""Numbers that say who somebody is: found wherever people write them, and what only looks like one left alone.

The set is made by a seed: each number is right by its own rule (written again here), stands in a sentence as people
write it, and each of the others breaks a rule or is something else that has digits.
"""

from __future__ import annotations

import random
import string
from datetime import date, timedelta

import pytest

from bot.domain.masking import Number, finds, masked
from bot.domain.public import without_numbers, without_personal_numbers

MANY = 400
RECALL, PRECISION = 0.99, 0.98
PLACES = (
    *("{}", "我的号码是{}，请回电", "联系人王先生{}", "请打{}。", "({})", "电话:{}谢谢", "路灯坏了{}没人管"),
    "tel {} thanks",
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NARROW = string.digits + string.ascii_letters
FULL = str.maketrans(NARROW, "".join(chr(ord(sign) + 0xFEE0) for sign in NARROW))


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(string.digits) for _ in range(count))


def mobile(chance: random.Random) -> str:
    number = f"1{chance.choice('3456789')}{digits(chance, 9)}"
    parts = (number[:3], number[3:7], number[7:])
    forms = (number, " ".join(parts), "-".join(parts), f"+86 {number}")
    return chance.choice(forms)


def landline(chance: random.Random) -> str:
    return chance.choice(("010", "021", "0571", "0731")) + chance.choice(("-", "", " ")) + "8" + digits(chance, 7)


def identity(chance: random.Random) -> str:
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(28_000))
    first = f"{chance.randrange(110000, 660000)}{born:%Y%m%d}{digits(chance, 3)}"
    total = sum(int(sign) * (2 ** (17 - place) % 11) for place, sign in enumerate(first))
    check = (12 - total % 11) % 11
    return first + ("X" if check == 10 else str(check))


def card(chance: random.Random) -> str:
    first = chance.choice("3456") + digits(chance, chance.choice((14, 17)))
    for last in string.digits:
        number, total = first + last, 0
        for place, sign in enumerate(reversed(number)):
            value = int(sign) * (1 + place % 2)
            total += value // 10 + value % 10
        if total % 10 == 0:
            break
    return chance.choice((number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))))


def plate(chance: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    tail = "".join(chance.choice(letters + string.digits * 2) for _ in range(3)) + digits(chance, 2)
    tail += chance.choice(("", chance.choice(string.digits)))
    return chance.choice(PROVINCES) + chance.choice(letters) + chance.choice(("", "·", " ")) + tail


MAKERS = {
    "mobile": (mobile, Number.PHONE),
    "landline": (landline, Number.PHONE),
    "identity": (identity, Number.IDENTITY),
    "card": (card, Number.CARD),
    "plate": (plate, Number.PLATE),
}


def other(chance: random.Random) -> str:
    """Something with digits that is nobody's number."""
    wrong = identity(chance)
    wrong = wrong[:-1] + ("1" if wrong[-1] != "1" else "2")
    day = date(2020, 1, 1) + timedelta(days=chance.randrange(2500))
    free = digits(chance, 14)
    return chance.choice(
        (
            *(f"{day:%Y-%m-%d}", f"{day:%Y年%m月%d日}", f"{day:%Y%m%d}", f"{day:%y%m%d}-{free[:5]}", "12345", "110"),
            *(f"{free[:5]}元", f"{free[:2]}栋{free[2:5]}室", f"第{free[:6]}号", f"400-{free[:3]}-{free[3:7]}", wrong),
            *(f"3.{free[:8]}", f"京东{free[:9]}", f"2{free[:10]}", f"订单7{free}", "G60", f"K{free[:3]}路", "A3区"),
            *("云A区", f"{free[:7]}平方米", "12315"),
        )
    )


@pytest.mark.parametrize("name", MAKERS)
def test_nearly_all_of_them_are_found(name: str) -> None:
    make, what = MAKERS[name]
    chance = random.Random(name)
    missed = []
    for turn in range(MANY):
        number = make(chance)
        shown = number.translate(FULL) if turn % 4 == 0 else number
        text = chance.choice(PLACES).format(shown)
        found = [text[each.begin : each.end] for each in finds(text) if each.number is what]
        if shown not in found:
            missed.append(text)
    assert 1 - len(missed) / MANY >= RECALL, missed[:10]


def test_nearly_nothing_else_is_taken_for_one() -> None:
    chance = random.Random(11)
    right = sum(
        len(finds(chance.choice(PLACES).format(make(chance)))) for make, _ in MAKERS.values() for _ in range(MANY)
    )
    texts = [chance.choice(PLACES[:-1]).format(other(chance)) for _ in range(len(MAKERS) * MANY)]
    wrong = [text for text in texts if finds(text)]
    assert right / (right + len(wrong)) >= PRECISION, wrong[:20]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请打13812345678，谢谢", "请打********78，谢谢"),
        ("１３８１２３４５６７８", "********７８"),
        ("+86 138-1234-5678", "********78"),
        ("车牌浙A·12345挡道", "车牌******45挡道"),
        ("座机 8765 4321", "座机 *******21"),
        ("110101199003070071", "110101199003070071"),
        ("260304-00018 路灯", "260304-00018 路灯"),
        ("1.13800138000 王先生", "1.********00 王先生"),
        ("138 - 0013 - 8000", "********00"),
        ("138\u200b0013\u200b8000", "********00"),
        ("wx13800138000m", "wx********00m"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text", ["wx13800138000", "138.0013.8000", "138·0013·8000", "１３８００１３８０００", "13800138000m"]
)
def test_what_anybody_may_read_has_no_number_either(text: str) -> None:
    for shown in (without_numbers(text), without_personal_numbers(text)):
        assert "8000" not in shown
        assert "８０００" not in shown
    assert without_personal_numbers("热线 0571-12345 或 0571-88881234") == "热线 0571-12345 或 0571-88881234"


def test_several_in_one_text_and_nothing_twice() -> None:
    chance = random.Random(3)
    text = f"{identity(chance)}，{mobile(chance)}，{plate(chance)}"
    assert [each.number for each in finds(text)] == [Number.IDENTITY, Number.PHONE, Number.PLATE]


def test_a_long_text_of_digits_is_looked_through_quickly() -> None:
    assert finds("1" * 20_000) == ()
    assert finds("1 " * 10_000) == ()
    assert finds("京A" * 10_000) == ()

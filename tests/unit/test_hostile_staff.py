"""What staff try that they may not: to read across the wall, to break the desk with what they type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.people import Address, Role
from bot.domain.ticket import Type
from bot.domain.unit_names import leading_units
from bot.domain.work import Work
from bot.message import InboundMessage, MessageKind
from tests.fakes.town_hall import Hall, sample_town, texts, town_hall

N, M = "260304-00011", "260304-00022"
SECRET = "局长收受红包"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, datetime(2026, 3, 4, 2, 0, tzinfo=UTC)) as open_:
        yield open_


async def walled(hall: Hall) -> None:
    """A report that a supervisor sent to a unit with a summary."""
    await hall.filed(N, "transport", text=SECRET, walled=True, type=Type.REPORT, work=Work(summary="作风问题"))


def words(key: str) -> str:
    """How a text of the desk begins."""
    return texts().words("")(key).split("{")[0].strip()


async def test_an_assisting_unit_reads_the_summary_of_a_report_whatever_it_types(hall: Hall) -> None:
    await walled(hall)
    supervisor = await hall.staff("陈督", Role.SUPERVISOR, walled=True)
    helper = await hall.staff("李娟", Role.HANDLER, "urban-management")
    await supervisor.say(f"协办 {N} 城市管理局 请配合")
    for command in texts().words("").texts:
        if not command.startswith("command."):
            continue
        word = texts().words("")(command).partition("|")[0]
        said = await helper.say(f"{word} {N}")
        assert SECRET not in said, word
        assert not [choice for choice in helper.last.choices if SECRET in choice.label], word


@pytest.mark.parametrize("command", ["undo", "words"])
async def test_a_number_of_thousands_of_digits_is_a_wrong_number(hall: Hall, command: str) -> None:
    await hall.filed(N, "transport")
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await handler.say(f"接单 {N}")
    said = await handler.tap(f"{N}:{command}={'9' * 5000}")
    assert N in said
    assert words("error.unexpected") not in said


@pytest.mark.parametrize(
    "press",
    [
        "invite=督办员 张三",
        "join",
        "login",
        "logout",
        "collect=phone 李四 13812345678",
        "slip",
        "call_back=1",
        "receive",
        "draft=1",
    ],
)
async def test_no_code_and_nobodys_own_words_are_shown_in_a_group(hall: Hall, press: str) -> None:
    supervisor = await hall.staff("陈督", Role.SUPERVISOR, walled=True)
    await hall.resident().say("人工")
    answer = await hall.dispatcher.take(
        InboundMessage(
            address=Address("chat", "group/陈督"),
            person=supervisor.address,
            key="g1",
            kind=MessageKind.PRESS,
            at=hall.clock.now(),
            press=f"staff:{press}",
        )
    )
    assert answer.reply is not None
    assert answer.reply.text == texts().words("")("unknown.group")


async def test_undo_gives_no_case_back_to_whom_it_is_about(hall: Hall) -> None:
    await hall.filed(N, "transport")
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    await handler.say(f"接单 {N}")
    await supervisor.say(f"回避 {N} 王强")
    await supervisor.say(f"撤销 {N}")
    assert (await hall.ticket(N)).handler == ""


@pytest.mark.parametrize("role", [Role.HANDLER, Role.LEAD, Role.COLLECTOR])
async def test_who_may_not_hear_a_report_does_not_write_its_words(hall: Hall, role: Role) -> None:
    await hall.filed(N, "transport", text="", walled=True, type=Type.REPORT, work=Work(summary="作风问题"))
    person = await hall.staff("王强", role, "transport")
    await person.say(f"听写 {N} 我们单位很好，没有问题")
    assert (await hall.ticket(N)).text == ""


@pytest.mark.parametrize(
    ("typed", "answered"),
    [("离岗 明天 " + "张 " * 200, "leave.no_date"), ("批量 " + "交通运输局 " * 100 + "提醒", "bulk.how")],
)
async def test_a_long_text_is_not_looked_through_word_by_word(hall: Hall, typed: str, answered: str) -> None:
    """Each word costs as much as all that follow it, or a look at every unit: a page of them kept the desk for long."""
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    assert (await supervisor.say(typed)).startswith(words(answered))


def test_nobody_names_thousands_of_units() -> None:
    found, unclear, rest = leading_units(sample_town(), "交通运输局 " * 100)
    assert [unit.code for unit in found] == ["transport"]
    assert unclear == ()
    assert rest.startswith("交通运输局")


async def test_nobody_lets_a_case_end_in_their_own(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    supervisor = await hall.staff("陈督", Role.SUPERVISOR)
    await hall.filed(N, "transport")
    await hall.filed(M, "transport", "陈督")
    await handler.say(f"并案 {N} {M}")
    assert (await supervisor.say(f"准 {N}")).startswith(words("refusal.own_case"))
    assert (await hall.ticket(N)).open

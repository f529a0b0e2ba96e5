"""The to-do list, references to tickets, the card and help: who sees what, and what a place in a list means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.changes import Changes
from bot.domain.colour import Colour
from bot.domain.pauses import RunsOn
from bot.domain.people import Role
from bot.domain.permission import GRANTS
from bot.domain.ticket import Action, Ticket
from bot.domain.work import Assist, Matter, Work
from handlers.resident.following import SHOWN
from handlers.staff.commands import COMMANDS
from handlers.staff.offering import OFFERED
from tests.fakes.town_hall import Hall, texts, town_hall

MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in town
N, M, THIRD = "260304-00011", "260304-00022", "260304-00033"
UNIT = "transport"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, MORNING) as opened:
        yield opened


async def step(hall: Hall, ticket: Ticket, action: Action, **fields: object) -> Ticket:
    after = ticket.after(action, hall.clock.now(), **fields)
    changes = Changes(at=hall.clock.now())
    changes.ticket(after, after.event(action, hall.clock.now()))
    await hall.store.commit(changes)
    return after


async def looked(hall: Hall, what: str) -> list[str]:
    def read(connection: object) -> list[str]:
        rows = connection.execute("SELECT ticket FROM looked WHERE what = ? ORDER BY rowid", (what,))  # type: ignore[attr-defined]
        return [row[0] for row in rows]

    return await hall.store.reader._readers.ask(read)


async def test_the_list_says_number_title_place_and_time_the_most_urgent_first(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await hall.filed(M, UNIT, text="桥上护栏断了，有人掉下去", danger="collapse", clock="danger")
    text = await wang.say("待办")
    lines = text.splitlines()
    assert lines[0].startswith("待办2件")
    assert lines[1].startswith("1. 【红】") and M in lines[1], "danger comes first"  # noqa: PT018 - one line
    assert lines[2].startswith("2. ")
    assert "剩" in lines[2]
    assert "路灯坏了" in lines[2]
    assert [choice.token for choice in wang.last.choices] == [f"{M}:see", f"{N}:see"]


async def test_the_list_holds_own_untaken_and_helped_tickets_and_nobody_elses(hall: Hall) -> None:
    wang, li = [await hall.staff(name, Role.HANDLER, UNIT) for name in ("王强", "李娟")]
    water = await hall.staff("周水", Role.HANDLER, "water")
    await hall.filed(N, UNIT)
    await hall.filed(M, UNIT)
    await li.say(f"接单 {M}")
    helped = Work(assists=(Assist(unit="water", since=MORNING, due_at=MORNING + timedelta(hours=5)),))
    await step(hall, await hall.ticket(N), Action.HELP, work=helped)
    assert N in await wang.say("待办")
    assert M not in wang.last.text
    assert M in await li.say("待办")
    assert N in await water.say("待办"), "its unit helps"
    assert M not in water.last.text


async def test_what_somebody_filed_is_not_in_their_list(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT, filer="王强")
    assert "没有待办" in await wang.say("待办")
    assert "本人反映" in await wang.say(f"接单 {N}")


async def test_ten_at_a_time_and_places_mean_the_newest_list(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    from bot.domain.numbers import parse

    numbers = [n for i in range(10, 200) if (n := parse(f"260304-{i:05}"))][:12]
    for number in numbers:
        await hall.filed(number, UNIT)
        hall.clock.at += timedelta(seconds=1)
    await wang.say("待办")
    assert "第1至10件" in wang.last.text
    assert numbers[2] in await wang.say("看 3")
    await wang.say("待办")
    text = await wang.press("后面的")
    assert "第11至12件" in text
    assert numbers[11] in await wang.say("看 2"), "place 2 of the newest list"
    assert "没有第3件" in await wang.say("接单 3")
    assert numbers[10] in await wang.say("接单1"), "no blank is needed"
    assert (await hall.ticket(numbers[10])).handler == "id-王强"


async def test_a_place_dies_after_thirty_minutes(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say("待办")
    hall.clock.at += timedelta(minutes=29)
    assert N in await wang.say("看 1")
    hall.clock.at += timedelta(minutes=2)
    assert "列表已失效" in await wang.say("接单 1")
    assert (await hall.ticket(N)).handler == ""


async def test_a_place_stays_with_its_ticket_when_the_list_moves(hall: Hall) -> None:
    wang, li = [await hall.staff(name, Role.HANDLER, UNIT) for name in ("王强", "李娟")]
    await hall.filed(N, UNIT)
    hall.clock.at += timedelta(seconds=1)
    await hall.filed(M, UNIT)
    await wang.say("待办")
    assert wang.last.choices[0].token == f"{N}:see"
    await li.say(f"接单 {N}")  # the list of now would begin with the other one
    assert "已由李娟接单" in await wang.say("接单 1")
    assert (await hall.ticket(M)).handler == ""


async def test_a_bare_number_picks_a_line_of_the_list(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say("待办")
    assert f"{N} 人民路" in await wang.say("1")
    assert "反映人代号 ABCD" in wang.last.text


async def test_last_digits_when_they_fit_one_only(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await hall.filed("260305-00010", UNIT)
    await hall.filed("260304-10012", UNIT)
    assert N in await wang.say("看 0011")
    assert "没有找到" in await wang.say("看 9999")
    await hall.filed("260306-10011", UNIT)
    assert "请多写几位" in await wang.say("看 0011")


async def test_others_tickets_are_as_good_as_none(hall: Hall) -> None:
    teacher = await hall.staff("周老师", Role.HANDLER, "education-bureau")
    await hall.filed(N, UNIT)
    none = await teacher.say(f"看 {M}")
    assert none.replace(M, N) == await teacher.say(f"看 {N}")
    assert none.replace(M, "0011") == await teacher.say("看 0011")


async def test_the_card_says_who_what_when_and_offers_what_is_possible(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    zhao = await hall.staff("赵刚", Role.LEAD, UNIT)
    await hall.filed(N, UNIT)
    text = await wang.say(f"看 {N}")
    for part in (N, "反映人代号 ABCD", "投诉", "人民路的路灯坏了三天", "经办人 还没有", "3月11日（周三）18:00", "转办"):
        assert part in text, part
    assert "filer" not in text, "the person is not shown"
    words = {choice.word.partition(" ")[0] for choice in wang.last.choices}
    assert {"接单", "答复", "问"} <= words
    assert "改派" not in words
    await wang.say(f"延期 {N} 3 等配件到货")
    assert "待决定" in await zhao.say(f"看 {N}")
    assert [choice.label for choice in zhao.last.choices[:2]] == ["批准", "不批准"]
    assert "批准" not in {choice.label for choice in wang.last.choices}, "nobody decides about an own proposal"
    assert (await looked(hall, "card")) == [N, N]


async def test_only_the_summary_is_read_behind_the_wall(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT, walled=True, text="王局长收了红包", work=Work(summary="请核实一处施工许可"))
    text = await wang.say(f"看 {N}")
    assert "红包" not in text
    assert "请核实一处施工许可" in text
    await wang.tap(f"{N}:words")
    assert "红包" not in wang.last.text
    assert "红包" not in await wang.say("待办")


async def test_the_card_says_whether_the_resident_was_reached(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say(f"接单 {N}")
    await wang.say(f"问 {N} 哪一盏？")
    assert "发送中" in await wang.say(f"看 {N}")
    await hall.settle()
    assert "已送达" in await wang.say(f"看 {N}")


async def test_long_words_are_read_a_page_at_a_time(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT, text="灯" * 2000 + "完")
    assert "…" in await wang.say(f"看 {N}")
    assert "完" not in await wang.press("看全文")
    assert (await wang.press("继续看")).endswith("完")


async def test_a_card_that_was_pressed_is_shown_in_its_own_place(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await wang.say(f"看 {N}")
    slot = wang.last.slot
    assert slot
    await wang.press("接单")
    assert wang.last.slot == slot
    assert "已接单" in wang.last.text
    assert "经办人 王强" in wang.last.text
    await wang.say(f"看 {N}")
    assert wang.last.slot not in ("", slot), "what is asked for anew is shown anew"


async def test_query_is_the_card_for_staff_and_the_status_for_the_filer(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    await hall.filed(M, UNIT, filer="王强")
    assert "反映人代号" in await wang.say(f"查询 {N}")
    assert "反映人代号" in await wang.say(N), "the bare number does the same"
    own = await wang.say(f"查询 {M}")
    assert "反映人代号" not in own
    assert M in own
    assert M in await wang.say("查询"), "their own matters"
    assert "没有找到" in await wang.say(f"查询 {THIRD}")


async def test_help_shows_what_this_person_may_do(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await hall.filed(N, UNIT)
    text = await wang.say("帮助")
    assert "接单 编号" in text
    assert "改派" not in text
    supervisors = await chief.say("帮助")
    assert "改派" in supervisors
    assert "承诺 编号" not in supervisors
    await wang.say(f"看 {N}")
    assert f"接单 {N}" in await wang.say("帮助"), "for the ticket that was looked at last, with its number"
    await wang.say(f"接单 {N}")
    assert f"接单 {N}" not in await wang.say("帮助")


async def test_a_command_of_another_role_says_so(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    await hall.filed(N, UNIT)
    assert "不由您办理" in await wang.say(f"改派 {N} water")


async def test_a_lead_and_a_supervisor_find_what_waits_for_them(hall: Hall) -> None:
    wang = await hall.staff("王强", Role.HANDLER, UNIT)
    zhao = await hall.staff("赵刚", Role.LEAD, UNIT)
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await hall.filed(N, UNIT)
    await hall.filed(M, UNIT)
    await wang.say(f"接单 {N}")
    await wang.say(f"接单 {M}")
    assert "没有待办" in await zhao.say("待办")
    await wang.say(f"延期 {N} 3 等配件到货")
    assert N in await zhao.say("待办")
    assert M not in zhao.last.text
    await wang.say(f"退件 {M} 不属本单位职责 这是小区内部道路")
    assert M in await chief.say("待办")
    assert N not in chief.last.text


def test_every_command_has_words_and_a_usage_in_every_language() -> None:
    catalogue: Catalogue = texts()
    for name, command in COMMANDS.items():
        for words in catalogue.languages.values():
            assert words(f"act.{command.act}")
            if not command.hidden:
                assert words(f"command.{name}")
                assert words(f"usage.{name}")
        assert command.ticket is not None or command.desk is not None
        assert command.act in GRANTS


def test_what_a_card_offers_can_be_typed() -> None:
    for name in OFFERED:
        command = COMMANDS[name]
        assert command.ticket is not None
        assert not command.hidden
        assert texts().words("en")(f"command.{name}")


def test_everything_a_card_or_a_resident_is_told_of_has_a_name() -> None:
    for words in texts().languages.values():
        for action in Action:
            assert words(f"work.event.{action}")
        for action in SHOWN:
            assert words(f"event.{action}")
        for matter in Matter:
            assert words(f"matter.{matter}")
        for colour in Colour:
            assert colour is Colour.GREEN or words(f"work.colour.{colour.name.lower()}")
        for why in RunsOn:
            assert words(f"work.asked_{why}", number="", title="")

"""Joining, leaving and taking apart: who may join what, who is counted, and what nobody is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Reporter
from bot.conversation.session import Session
from bot.domain.directory import Directory
from bot.domain.people import Address, Role, Staff
from bot.domain.place import Place
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.town import UNDECIDED
from bot.domain.work import Work
from handlers import parties
from handlers.resident.likely_same import joinable
from tests.fakes.town_hall import Hall, sample_town, town_hall

TOWN = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 3, 4, 10, tzinfo=TOWN)
N, M = "260304-00011", "260304-00022"
PLACE = Place("人民路，幸福社区", "xingfu", address="人民路3号楼2单元王家门口")
HERE: dict[str, Any] = {"area": "xingfu", "place": PLACE}
WRONG = "没有找到"


async def state(hall: Hall, number: str, **fields: object) -> None:
    """Make a ticket what it is not, as if much had happened."""
    ticket = await hall.ticket(number)
    after = replace(ticket, seq=ticket.seq + 1, **fields)
    changes = Changes(at=hall.clock.now())
    changes.ticket(after, after.event(Action.NOTE, hall.clock.now()))
    await hall.store.commit(changes)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.CLOSED, "closed_at": WEDNESDAY},
        {"status": Status.ANSWERED},
        {"status": Status.MERGED, "closed_at": WEDNESDAY},
        {"status": Status.WITHDRAWN, "closed_at": WEDNESDAY},
        {"walled": True},
        {"hidden": True},
        {"type": Type.REPORT},
        {"kind": "health"},
        {"kind": "social-security"},
        {"kind": UNDECIDED},
        {"area": ""},
        {"work": Work(kept_from=("transport",))},
        {"work": Work(about=("id-handler",))},
    ],
    ids=str,
)
async def test_what_cannot_be_joined_is_answered_as_a_wrong_number_is(tmp_path: Path, fields: dict[str, Any]) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        await hall.filed(N, "transport", **HERE)
        await state(hall, N, **fields)
        wrong = await hall.resident("neighbour").say("附议 260304-00033")
        assert WRONG in wrong
        assert await hall.resident("neighbour").say(f"附议 {N}") == wrong.replace("260304-00033", N)
        assert len(await hall.store.reader.reporters(N)) == 1
        assert joinable(sample_town(), replace(await hall.ticket(N), **fields)) is False


async def test_nobody_joins_an_own_case_whatever_made_it_theirs(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        await hall.filed(N, "transport", **HERE)
        assert WRONG in await hall.resident().say(f"附议 {N}")
        await hall.resident("phone").say(f"{N} 123456")
        assert WRONG in await hall.resident("phone").say(f"附议 {N}")
        assert (await hall.ticket(N)).work.reporters == 1


async def test_who_joins_is_told_neither_words_nor_house(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        handler = await hall.staff("handler", Role.HANDLER, "transport")
        await hall.filed(N, "transport", text="我家3号楼2单元门口的路灯坏了，我姓王", **HERE)
        neighbour = hall.resident("neighbour")
        joined = await neighbour.say(f"附议 {N}")
        assert "人民路，幸福社区" in joined
        await handler.say(f"接单 {N}")
        await handler.say(f"进展 {N} 已联系厂家，明天更换灯头")
        told = [joined, await neighbour.say("查询"), await neighbour.say(f"查询 {N}")]
        told.append(await neighbour.say(f"补充 {N} 我这边也看不见"))
        await hall.after(hours=5)
        told += neighbour.heard
        assert any("明天更换灯头" in text for text in neighbour.heard)
        assert not [text for text in told if any(word in text for word in ("3号楼", "2单元", "姓王"))]
        assert WRONG in await neighbour.tap(f"{N}:reword"), "the words are not theirs to change"


async def test_accounts_that_are_known_to_be_one_persons_count_once(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        clerk = await hall.staff(
            "clerk", Role.HANDLER, "housing", addresses=(Address("chat", "a"), Address("chat", "b"))
        )
        assert clerk.staff is not None
        await hall.filed(N, "transport", **HERE)
        for name in ("a", "c"):
            await hall.resident(name).say(f"附议 {N}")
        assert WRONG in await hall.resident("b").say(f"附议 {N}"), "the clerk has joined already, by another window"
        assert (await hall.ticket(N)).work.reporters == 3
        assert len(await hall.store.reader.reporters(N)) == 3


def test_people_are_grouped_by_all_that_is_known() -> None:
    def reporter(name: str, role: str, ticket: str = N) -> Reporter:
        return Reporter(ticket, Address("chat", name), role, WEDNESDAY)

    def phone(name: str, number: str) -> tuple[Address, Session]:
        return Address("chat", name), Session(address=Address("chat", name), phone=number)

    nobody = Directory({})
    three = [reporter("a", "filer"), reporter("b", "joined"), reporter("c", "joined")]
    assert parties.people(three, {}, nobody) == 3, "nothing is known of them"
    assert parties.people([*three, reporter("d", "claimed")], {}, nobody) == 3, "whoever has the code is the filer"
    assert parties.people(three, dict([phone("b", "139"), phone("c", "139")]), nobody) == 2
    assert parties.people(three, dict([phone("a", "139"), phone("b", "139"), phone("c", "138")]), nobody) == 2
    other = [reporter("e", "filer", M), reporter("f", "claimed", M)]
    assert parties.people([*three, *other], {}, nobody) == 4, "the codes of two tickets are two people's"
    staff = Staff(id="s", name="s", role=Role.LEAD, addresses=(Address("chat", "c"),), joined_at=WEDNESDAY)
    assert parties.people(three, {}, Directory.of([staff])) == 3
    assert parties.people([], {}, nobody) == 0


async def test_the_third_person_makes_it_orange_and_one_who_leaves_takes_that_back(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        await hall.filed(N, "transport", **HERE)
        for name in ("b", "c"):
            await hall.resident(name).say(f"附议 {N}")
        assert hall.guide.colour(await hall.ticket(N), WEDNESDAY).name == "ORANGE"
        assert "已退出" in await hall.resident("c").press("不是同一件事")
        ticket = await hall.ticket(N)
        assert (ticket.work.reporters, hall.guide.colour(ticket, WEDNESDAY).name) == (2, "GREEN")
        assert WRONG in await hall.resident("c").say(f"查询 {N}")
        assert WRONG in await hall.resident("c").tap(f"{N}:not_same"), "nobody leaves twice"
        assert "共 3 人" in await hall.resident("c").say(f"附议 {N}"), "and may come back"


async def test_an_offer_that_ended_meanwhile_is_taken_off_the_card(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        await hall.filed(N, "transport", **HERE)
        neighbour = hall.resident("neighbour")
        assert "同一件事" in await neighbour.say("人民路路灯不亮，很黑")
        await state(hall, N, status=Status.CLOSED, closed_at=WEDNESDAY)
        said = await neighbour.press(f"和 {N}")
        assert "不能附议" in said
        assert "可能是同一件事" not in said
        assert "已收到" in await neighbour.say("确认")


async def test_nothing_is_offered_for_a_danger_a_report_or_a_hidden_name(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        await hall.filed(N, "transport", **HERE)
        neighbour = hall.resident("neighbour")
        assert "同一件事" in await neighbour.say("人民路路灯不亮，很黑")
        assert "同一件事" not in await neighbour.say("隐藏姓名")
        assert "同一件事" not in await hall.resident("c").say("人民路路灯不亮，电线掉下来带电了，着火了")
        fourth = hall.resident("d")
        await fourth.say("人民路路灯不亮，很黑")
        await fourth.press("修改")
        await fourth.press("类型")
        assert "同一件事" not in await fourth.press("举报")


async def test_the_nearest_counts_across_the_border_of_an_area(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        west, east = border(hall)
        area = hall.guide.gazetteer.area_at(east)
        place = replace(hall.guide.place_in(area), latitude=east[0], longitude=east[1])
        await hall.filed(N, "transport", area=area, place=place)
        near, far = hall.resident("near"), hall.resident("far")
        for person, point in ((near, west), (far, (west[0], west[1] - 0.003))):
            await person.say("路灯不亮，晚上很黑")
            await person.pin(*point)
        assert N in near.last.text
        assert N not in far.last.text


def border(hall: Hall) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two points of neighbouring areas, some hundred metres apart."""
    area_at, step = hall.guide.gazetteer.area_at, 0.001
    latitude, longitude = 33.38, 117.66
    for _ in range(200):
        one, other = (latitude, longitude), (latitude, longitude + step)
        if area_at(one) and area_at(other) and area_at(one) != area_at(other):
            return one, other
        longitude += step
    raise AssertionError("no border found")


async def test_the_same_words_at_another_place_are_another_matter(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        me = hall.resident("me")
        for road in ("人民路", "槐荫巷"):
            await me.say(f"{road}的路灯坏了")
            assert "已收到" in await me.say("确认")
        await me.say("人民路的路灯坏了")
        assert "已经反映过" in await me.say("确认")
        await hall.after(days=1)
        ours = [t for t in await hall.store.reader.tickets_of(me.address) if "人民路" in t.text]
        await state(hall, ours[0].number, status=Status.CLOSED, closed_at=WEDNESDAY + timedelta(days=1))
        await me.say("人民路的路灯坏了")
        assert "已收到" in await me.say("确认"), "what has ended can come back"


async def test_merged_and_taken_apart_everybody_is_where_they_were(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        boss = await hall.staff("boss", Role.SUPERVISOR)
        await hall.filed(N, "transport", filer="a", **HERE)
        await hall.filed(M, "transport", filer="b", **HERE)
        await hall.resident("c").say(f"附议 {N}")
        await hall.resident("c").say(f"附议 {M}")
        await hall.resident("d").say(f"附议 {N}")
        before = {number: await hall.store.reader.reporters(number) for number in (N, M)}
        counted = {number: (await hall.ticket(number)).work.reporters for number in (N, M)}
        assert counted == {N: 3, M: 2}
        await boss.say(f"并案 {N} {M}")
        assert (await hall.ticket(N)).status is Status.MERGED
        assert (await hall.ticket(M)).work.reporters == 4
        assert [(link.ticket, link.kind, link.other) for link in await hall.store.reader.links(N)] == [(N, "merged", M)]
        assert "已从" in await boss.say(f"拆案 {N}")
        assert {number: await hall.store.reader.reporters(number) for number in (N, M)} == before
        apart = await hall.ticket(N)
        assert (apart.status, apart.unit, apart.work.merged_into) == (Status.DISPATCHED, "transport", "")
        assert apart.due_at is not None
        assert apart.promised_at == apart.due_at
        assert {n: (await hall.ticket(n)).work.reporters for n in (N, M)} == counted
        assert await hall.store.reader.links(N) == []
        assert (await hall.actions(N))[-2:] == [Action.UNMERGE, Action.DISPATCH]
        assert "单独办理" in (await told(hall, "a"))
        assert "不能" in await boss.say(f"拆案 {N}") or "现在" in boss.last.text, "it is not merged any more"


async def test_what_was_merged_on_is_taken_apart_from_the_outside(tmp_path: Path) -> None:
    third = "260304-00033"
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        boss = await hall.staff("boss", Role.SUPERVISOR)
        for number, filer in ((N, "a"), (M, "b"), (third, "c")):
            await hall.filed(number, "transport", filer=filer, **HERE)
        await boss.say(f"并案 {N} {M}")
        await boss.say(f"并案 {M} {third}")
        assert "请先拆" in await boss.say(f"拆案 {N}")
        await boss.say(f"拆案 {M}")
        assert "已从" in await boss.say(f"拆案 {N}")
        assert {n: (await hall.ticket(n)).work.reporters for n in (N, M, third)} == {N: 1, M: 1, third: 1}


async def told(hall: Hall, name: str) -> str:
    await hall.settle()
    return "\n".join(hall.resident(name).heard)


async def test_an_unmerged_ticket_without_a_unit_goes_to_the_pool(tmp_path: Path) -> None:
    async with town_hall(tmp_path, WEDNESDAY) as hall:
        boss = await hall.staff("boss", Role.SUPERVISOR)
        for number, filer in ((N, "a"), (M, "b")):
            await hall.filed(number, "transport", filer=filer, **HERE)
        await boss.say(f"并案 {N} {M}")
        await state(hall, N, unit="")
        await boss.say(f"拆案 {N}")
        ticket: Ticket = await hall.ticket(N)
        assert (ticket.status, ticket.unit, ticket.due_at) == (Status.FILED, "", None)
        assert ticket.promised_at is not None
        assert await hall.store.reader.task(f"pool:{N}") is not None

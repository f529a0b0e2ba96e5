"""Queues on pages: something waits in each, and what is pressed or typed there does what it does in chat."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.changes import Changes, Task
from bot.domain.holds import Step, begun
from bot.domain.people import Address
from bot.domain.ticket import Status, Ticket
from handlers.pages.frame import MENU
from handlers.pages.queues import KINDS
from tests.dialogue.player import Player
from tests.dialogue.stage import Stage, stage
from tests.fakes.clerk import Clerk, clerk, forms_of
from tests.fakes.queue_day import DAY, EVIL, PEOPLE, played

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
QUEUES = [kind.name for kind in KINDS]
DESK = {*QUEUES}
MAY: Mapping[str, set[str]] = {
    "supervisor": DESK,
    "admin": {"appeals", "pool", "orders", "decisions", "sign_off", "objections", "reopenings", "specials"},
    "lead": {"orders", "decisions", "sign_off", "specials"},
    "collector": {"listen", "calls"},
    "handler": {"specials"},
}
"""Who has which queue."""


@dataclass
class Day:
    """The desk at the end of that day, with everybody's browsers."""

    stage: Stage
    player: Player
    clerks: dict[str, Clerk] = field(default_factory=dict)

    async def of(self, who: str) -> Clerk:
        """The browser of somebody, signed in."""
        if who not in self.clerks:
            self.clerks[who] = clerk(self.stage)
            await self.clerks[who].sign_in(self.player.actors[who].phone)
        return self.clerks[who]

    def number(self, letter: str) -> str:
        return self.player.learnt[f"number_{letter}"]

    async def ticket(self, letter: str) -> Ticket:
        found = await self.stage.store.reader.ticket(self.number(letter))
        assert found is not None
        return found


@asynccontextmanager
async def day(folder: Path, script: str = DAY) -> AsyncIterator[Day]:
    async with stage("telegram", folder, START, staffed=True) as there:
        found = Day(there, await played(there, script))
        try:
            yield found
        finally:
            for each in found.clerks.values():
                await each.http.close()


def said(page: str) -> str:
    """What the desk answered, on top of a page."""
    found = re.search(r'<section class="said".*?</section>', page, re.S)
    return re.sub(r"<[^>]+>", "", found[0]) if found else ""


async def test_each_queue_lets_do_what_the_chat_lets_do(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        boss = await there.of("supervisor")
        # the pool: a unit is named
        await boss.get("/staff/queues/pool")
        assert there.number("b") in boss.page
        form = next(f for f in forms_of(boss.page) if f.fields.get("number") == there.number("b"))
        await boss.post(form.action, {**form.fields, "part0": "市公安局 请上门看看"})
        assert boss.path == "/staff/queues/pool"
        assert there.number("b") in said(boss.page)
        assert (await there.ticket("b")).unit
        # an unconfirmed draft is filed for whoever began it
        await boss.get("/staff/queues/drafts")
        assert "煤气味" in boss.page
        tap = next(f for f in forms_of(boss.page) if f.fields.get("press", "").startswith("staff:draft_file="))
        await boss.post(tap.action, tap.fields)
        assert "编号" in said(boss.page)
        await boss.get("/staff/queues/drafts")
        assert "没有未确认的草稿" in boss.page
        # a re-opened case goes back with an order
        await boss.get("/staff/queues/reopenings")
        assert "晚上还是黑的" in boss.page
        assert "今天上午已更换三盏路灯" in boss.page
        await boss.press(next(f.button for f in forms_of(boss.page) if f.fields.get("press", "").endswith("_back")))
        assert (await there.ticket("f")).status is Status.DISPATCHED
        assert (await there.ticket("f")).work.orders
        # an objection is refused with the reason
        await boss.get("/staff/queues/objections")
        assert "井盖归城管局" in boss.page
        no = next(f for f in forms_of(boss.page) if f.fields.get("command") == "refuse")
        await boss.post(no.action, {**no.fields, "part1": "市政道路上的归你们"})
        assert (await there.ticket("c")).status is Status.DISPATCHED
        assert not (await there.ticket("c")).work.proposals
        # an order is lifted
        await boss.get("/staff/queues/orders")
        assert f"{there.number('a')}-D1" in boss.page
        lift = next(
            f
            for f in forms_of(boss.page)
            if f.fields.get("command") == "lift" and f.fields["number"] == there.number("a")
        )
        await boss.post(lift.action, {**lift.fields, "part0": "配件已到"})
        assert (await there.ticket("a")).work.orders[0].closed_at is not None
        await boss.get("/staff/queues/orders")
        assert f"{there.number('a')}-D1" not in boss.page
        # an answer is looked into, and found to be all right
        await boss.get("/staff/queues/trace")
        assert there.number("g") in boss.page
        await boss.press(next(f.button for f in forms_of(boss.page) if f.fields.get("press", "").endswith(":trace")))
        assert "今天下午已更换镇流器" in said(boss.page)
        g = there.number("g")
        unfair = next(f for f in forms_of(boss.page) if f.fields.get("press") == f"{g}:finding=unfair")
        await boss.post(unfair.action, unfair.fields)
        words = next(f for f in forms_of(boss.page) if "text" in f.fields)  # the desk asks why
        await boss.post(words.action, {**words.fields, "text": "一天内就修好了"})
        assert "没有要倒查的答复" in boss.page
        assert [each.what for each in await there.stage.store.reader.findings(g)] == ["unfair"]


SPECIAL = """
resident: {road}的路灯坏了三天
resident: 确认
desk: 编号 {number_a}
other: {road}的井盖没了
other: 确认
other hears: 编号 {number_b}
supervisor: 专项 {number_a} {number_b} 人民路设施
supervisor presses 市交通运输局
"""


async def test_a_special_case_is_opened_from_its_queue_and_dissolved(tmp_path: Path) -> None:
    async with day(tmp_path, SPECIAL) as there:
        handler = await there.of("handler")
        await handler.get("/staff/queues/specials")
        assert "人民路设施" in handler.page
        boss = await there.of("supervisor")
        await boss.get("/staff/queues/specials")
        await boss.press(
            next(f.button for f in forms_of(boss.page) if f.fields.get("press", "").startswith("staff:sp"))
        )
        assert there.number("a") in said(boss.page)
        end = next(f for f in forms_of(boss.page) if f.fields.get("press", "").endswith(" dissolve"))
        await boss.post(end.action, end.fields)
        assert "没有未结束的专项治理" in boss.page
        assert not (await there.ticket("a")).work.special


async def test_the_lead_decides_and_signs(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        lead = await there.of("lead")
        await lead.get("/staff/queues/decisions")
        assert "等配件" in lead.page
        assert there.number("w") not in lead.page
        before = (await there.ticket("a")).due_at
        await lead.press(next(f.button for f in forms_of(lead.page) if ":approve=" in f.fields.get("press", "")))
        after = (await there.ticket("a")).due_at
        assert before is not None
        assert after is not None
        assert after > before
        assert "没有等您决定的申请" in lead.page
        signer = await there.of("signer")
        await signer.get("/staff/queues/sign_off")
        assert "责成向您当面致歉" in signer.page
        assert "态度恶劣" not in signer.page  # behind the wall: the unit reads the summary
        await signer.press(next(f.button for f in forms_of(signer.page) if ":approve=" in f.fields.get("press", "")))
        assert (await there.ticket("w")).status is Status.ANSWERED


async def test_a_voice_is_typed_out_by_a_collector(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        collector = await there.of("collector")
        await collector.get("/staff/queues/listen")
        number = there.number("d")
        assert number in collector.page
        form = next(f for f in forms_of(collector.page) if f.fields.get("command") == "transcribe")
        await collector.post(form.action, {**form.fields, "part0": "人民路的路灯坏了三天\n没人管"})
        assert collector.path == "/staff/queues/listen"
        assert (await there.ticket("d")).text == "人民路的路灯坏了三天\n没人管"
        assert "没有要听写的工单" in collector.page
        await there.player.actors["other"].phone.look()
        assert any("路灯坏了三天" in shown.text for shown in there.player.actors["other"].phone.screen)


async def test_a_talk_is_held_on_the_page_and_heard_in_chat(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        boss, resident = await there.of("supervisor"), there.player.actors["third"].phone
        phone = there.player.actors["supervisor"].phone
        await boss.get("/staff/queues/talks")
        await boss.press(next(f.button for f in forms_of(boss.page) if "receive=" in f.fields.get("press", "")))
        form = next(f for f in forms_of(boss.page) if f.fields.get("command") == "say")
        await boss.post(form.action, {**form.fields, "part0": "您好，请讲"})
        await resident.look()
        assert any("您好，请讲" in shown.text for shown in resident.screen)
        await resident.say("社保卡怎么补办")
        await there.stage.settle()
        await phone.look()
        assert any("社保卡怎么补办" in shown.text for shown in phone.screen)
        await boss.get("/staff/queues/talks")
        assert "对方：社保卡怎么补办" in boss.page
        await boss.press(next(f.button for f in forms_of(boss.page) if f.fields.get("press") == "staff:end"))
        assert "没有人在等人工" in boss.page


async def test_a_call_is_made_and_its_number_opened_on_record(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        collector, number = await there.of("collector"), there.number("e")
        await collector.get("/staff/queues/calls")
        assert number in collector.page
        assert "13812345678" not in collector.page
        opened = next(f for f in forms_of(collector.page) if f.fields.get("press") == f"staff:call_back={number}")
        await collector.post(opened.action, opened.fields)
        assert "13812345678" in said(collector.page)
        looks = await there.stage.store.reader.looked_at(number)
        assert any(look.what == "phone" for look in looks)
        form = next(f for f in forms_of(collector.page) if f.fields.get("command") == "call_back")
        await collector.post(form.action, {**form.fields, "part1": "yes", "part2": "修好了"})
        assert "没有欠着的回电" in collector.page


async def test_an_appeal_is_decided_by_somebody_else_than_who_set_the_hold(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        boss, store, now = await there.of("supervisor"), there.stage.store, there.stage.clock.now()
        (own,) = (each.id for each in (await store.reader.directory()).named("孙敏"))
        for who, by in (("one", own), ("two", "somebody")):
            hold = begun(f"h-{who}", Address("web", who), by, "反复发送相同内容", now, timedelta(days=3))
            appealed = hold.after(Step.APPEAL, f"web:{who}", now, "不是我")
            data: dict[str, object] = {"by": by, "text": f"不是我{who}", "reason": hold.reason}
            task = Task(f"appeal:{hold.id}", "appeal", hold.id, now, address=hold.address, data=data)
            await store.commit(Changes(at=now, holds=[hold, appealed], tasks=[task]))
        await boss.get("/staff/queues/appeals")
        assert "不是我two" in boss.page
        assert "反复发送相同内容" in boss.page
        assert "不是我one" not in boss.page
        lift = next(f for f in forms_of(boss.page) if f.fields.get("press", "").startswith("staff:appeal_lift="))
        await boss.post(lift.action, lift.fields)
        assert "已解除" in said(boss.page)
        assert [hold.address.id for hold in await store.reader.holds(now)] == ["one"]


async def test_who_has_which_queue_and_which_page(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        for who, names in MAY.items():
            browser = await there.of(who)
            for name in QUEUES:
                await browser.get(f"/staff/queues/{name}")
                assert (who, name, browser.status) == (who, name, 200 if name in names else 404)
            await browser.get("/staff/queues")
            assert (browser.status == 200) is bool(names)
            shown = set(re.findall(r'href="/staff/queues/(\w+)"', browser.page))
            assert shown == names
            await browser.get("/staff/")
            assert browser.path == "/staff/morning"
            for entry in MENU:
                listed = f'href="{entry.address}"' in browser.page
                await browser.get(entry.address)
                assert (who, entry.name, browser.status) == (who, entry.name, 200 if listed else 404)
                await browser.get("/staff/morning")
            await browser.get("/staff/queues/nothing")
            assert browser.status == 404


async def test_nothing_that_anybody_wrote_is_markup_and_the_wall_holds(tmp_path: Path) -> None:
    paths = [f"queues/{name}" for name in QUEUES]
    paths += ["morning", "tickets", "tickets?view=all", "search?q=路灯", "search?q=恶劣", "tickets?view=all&text=恶劣"]
    paths += [f"search?q={EVIL}", f"tickets?view=all&text={EVIL}&status={EVIL}", f"ideas?q={EVIL}"]
    async with day(tmp_path) as there:
        walled = there.number("w")
        for who in PEOPLE.split("\n"):
            words = who.split()
            if not words or words[0] != "staff":
                continue
            name = words[3] if words[2] == "as" else words[1]
            browser = await there.of(name)
            for path in paths:
                await browser.get(f"/staff/{path}")
                assert "<script>alert" not in browser.page, (name, path)
                if name not in ("supervisor", "signer", "inspector"):
                    assert walled not in browser.page, (name, path)
                if name != "supervisor":
                    assert "态度恶劣" not in browser.page, (name, path)
        boss = await there.of("supervisor")
        await boss.get("/staff/search?q=恶劣")
        assert walled in boss.page


async def test_looking_changes_nothing_and_is_recorded(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        reader = there.stage.store.reader
        numbers = [there.number(letter) for letter in "abcdefgw"]
        before = [len(await reader.events(number)) for number in numbers]
        boss = await there.of("supervisor")
        for name in QUEUES:
            await boss.get(f"/staff/queues/{name}")
        for path in ("morning", "tickets?view=all", "queues", "search?q=路灯", "ideas", "bulk"):
            await boss.get(f"/staff/{path}")
            async with boss.http.head(f"{there.stage.url}/staff/{path}") as response:
                assert response.status == 200
        assert [len(await reader.events(number)) for number in numbers] == before
        me = next(s.id for s in (await reader.directory()).active if s.name == "孙敏")
        for letter in "abcdfgw":
            looks = await reader.looked_at(there.number(letter))
            assert any(look.by == me and look.detail == "queue" for look in looks), letter


async def test_one_form_pressed_twice_does_it_once_and_others_of_the_page_still_work(tmp_path: Path) -> None:
    async with day(tmp_path) as there:
        boss = await there.of("supervisor")
        await boss.get("/staff/queues/pool")
        assign = [f for f in forms_of(boss.page) if f.fields.get("command") == "assign"]
        one = next(f for f in assign if f.fields["number"] == there.number("b"))
        await boss.post(one.action, {**one.fields, "part0": "市公安局"})
        first = said(boss.page)
        seq = (await there.ticket("b")).seq
        await boss.post(one.action, {**one.fields, "part0": "市公安局"})
        assert said(boss.page) == first
        assert (await there.ticket("b")).seq == seq


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"form": "wrong"}, {}),
        ({"form": ""}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
)
async def test_a_form_from_elsewhere_does_nothing(
    tmp_path: Path, fields: dict[str, str], headers: dict[str, str]
) -> None:
    async with day(tmp_path) as there:
        boss = await there.of("supervisor")
        await boss.get("/staff/queues/pool")
        one = next(f for f in forms_of(boss.page) if f.fields.get("number") == there.number("b"))
        await boss.post(one.action, {**one.fields, "part0": "市公安局", **fields}, **headers)
        assert boss.status in (400, 403)
        assert not (await there.ticket("b")).unit
        await boss.get("/staff/tickets?view=all")
        chosen = next(f for f in forms_of(boss.page) if f.action == "/staff/bulk")
        await boss.post("/staff/bulk", {**chosen.fields, "n": there.number("a"), **fields}, **headers)
        assert boss.status in (400, 403)


async def test_a_queue_that_is_left_by_somebody_else_in_the_meantime(tmp_path: Path) -> None:
    """Two supervisors press at once: the second is told how it stands."""
    async with day(tmp_path) as there:
        boss, plain = await there.of("supervisor"), await there.of("plain")
        for each in (boss, plain):
            await each.get("/staff/queues/objections")
        no = [next(f for f in forms_of(e.page) if f.fields.get("command") == "refuse") for e in (boss, plain)]
        await boss.post(no[0].action, {**no[0].fields, "part1": "归你们"})
        await plain.post(no[1].action, {**no[1].fields, "part1": "归你们"})
        assert "孙敏" in said(plain.page)
        assert not (await there.ticket("c")).work.proposals

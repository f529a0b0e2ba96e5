"""The page of a ticket for staff, over HTTP without scripts: reading it, acting on it, its file and its history."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.work import Matter
from bot.ports import Wanted
from tests.dialogue.stage import Stage, stage
from tests.fakes.clerk import Clerk, clerk, forms_of

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
CANARY = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'{{7*7}}"
MATTER = "人民路的路灯坏了三天"
ANSWER = "今天上午已经更换三盏路灯和一段电缆，晚上就会亮，请放心通行。"


@dataclass
class Town:
    """A staffed desk, everybody with a browser by name."""

    stage: Stage
    clerks: dict[str, Clerk] = field(default_factory=dict)

    async def hire(self, name: str, role: str, **details: str) -> Clerk:
        phone = self.stage.phones[name] = await self.stage.new_phone("web")
        await self.stage.employ(phone, role, {"name": name, **details})
        found = self.clerks[name] = clerk(self.stage)
        await found.sign_in(phone)
        return found

    async def file(self, text: str = MATTER) -> str:
        """The number of a new ticket of the resident."""
        resident = self.stage.phones["resident"]
        before = {ticket.number for ticket in await self.tickets()}
        for said in (text, "确认"):
            await resident.say(said)
            await self.stage.advance(timedelta(seconds=5))
        (new,) = {ticket.number for ticket in await self.tickets()} - before
        return new

    async def tickets(self) -> list[Ticket]:
        return list(await self.stage.store.reader.tickets(Wanted(statuses=tuple(Status), since=START)))

    async def ticket(self, number: str) -> Ticket:
        found = await self.stage.store.reader.ticket(number)
        assert found is not None
        return found


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with stage("web", folder, START, staffed=True) as there:
        await there.open()
        await there.phones["resident"].look()
        found = Town(there)
        try:
            yield found
        finally:
            for each in found.clerks.values():
                await each.http.close()


def said(page: str) -> str:
    """What the desk said on a page."""
    found = re.search(r'<section class="said".*?</section>', page, re.S)
    return re.sub(r"<[^>]+>", "", found[0]) if found else ""


async def test_a_ticket_is_taken_answered_with_a_photo_recalled_and_sent_by_forms_alone(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file()
        path = f"/staff/tickets/{number}"
        await wang.get(path)
        for shown in (number, MATTER, "市交通运输局", "人民路", "3月11日"):
            assert shown in wang.page
        await wang.press("接单")
        assert (await there.ticket(number)).handler
        assert "已接单" in said(wang.page)
        await wang.press("答复", b"\xff\xd8\xff\xe0 a photo", part0="已解决", part1=ANSWER)
        assert "居民会看到" in said(wang.page)
        assert ANSWER in said(wang.page)
        assert "照片1张" in said(wang.page)
        await wang.press("发出")
        submitted = (await there.ticket(number)).work.answer
        assert submitted is not None
        assert len(submitted.evidence) == 1
        await wang.get(path)
        await wang.press("撤回答复")
        assert (await there.ticket(number)).work.answer is None
        await wang.press("修改")
        assert wang.form("继续").fields["text"] == ANSWER
        await wang.press("继续", text=ANSWER + "谢谢。")
        await wang.press("发出")
        await there.stage.advance(timedelta(minutes=3))
        ticket = await there.ticket(number)
        assert ticket.status is Status.ANSWERED
        assert ticket.work.last_answer is not None
        assert ticket.work.last_answer.text == ANSWER + "谢谢。"
        assert any(ANSWER in shown.text for shown in there.stage.phones["resident"].screen)
        await wang.get(path)
        assert ANSWER in wang.page
        told = re.sub(r"<[^>]+>|\n", " ", wang.page.split('id="h-deliveries"')[-1])[:200]
        assert "等对方再来时送达" in told  # the web chat, where nobody listens


async def test_the_same_form_twice_does_it_once(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file()
        await wang.get(f"/staff/tickets/{number}")
        form = wang.form("记录")
        for _ in range(2):
            await wang.post(form.action, {**form.fields, "part0": "看过现场"})
            assert "看过现场" in wang.page
        notes = [e for e in await there.stage.store.reader.events(number) if e.data.get("text") == "看过现场"]
        assert len(notes) == 1
        await wang.post(form.action, {**form.fields, "part0": "又看了一次"})  # the page as it was, other words
        notes = [e for e in await there.stage.store.reader.events(number) if e.data.get("text") == "又看了一次"]
        assert len(notes) == 1


async def test_what_is_missing_is_asked_and_given_on_the_page(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file()
        await wang.get(f"/staff/tickets/{number}")
        await wang.press("答复", part0="承诺", part1=ANSWER)
        await wang.press("继续", text="2026-03-20")
        assert "3月20日" in said(wang.page)
        await wang.press("不发了")
        code = wang.form("用这一条").options["part0"][1]
        await wang.press("用这一条", part0=code)
        for _ in range(5):  # as many blanks as the town's text has
            if "继续" not in [form.button for form in forms_of(wang.page)]:
                break
            await wang.press("继续", text="三天")
        await wang.press("已解决")
        assert "居民会看到" in said(wang.page)


async def test_a_unit_proposes_and_a_supervisor_decides(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        chen = await there.hire("陈督办", "supervisor")
        number = await there.file()
        path = f"/staff/tickets/{number}"
        await wang.get(path)
        await wang.press("接单")
        choice = wang.form("退件").options["part0"][1]
        await wang.press("退件", part0=choice, part1="这条路归住建局管")
        assert (await there.ticket(number)).work.proposal(Matter.OBJECTION)
        assert "批准" not in [form.button for form in forms_of(wang.page)]
        await chen.get(path)
        assert "这条路归住建局管" in chen.page
        units = chen.form("批准").options["part1"]
        assert "transport" not in units
        await chen.press("批准", part1="housing" if "housing" in units else units[1])
        ticket = await there.ticket(number)
        assert ticket.unit not in ("", "transport")
        await wang.get(path)
        assert wang.status == 404
        await chen.get(path)
        await chen.press("督办", command="supervise", part0="order", part1="2026-03-10", part2="请抓紧")
        assert (await there.ticket(number)).work.orders


async def test_what_takes_a_ticket_out_of_sight_is_still_answered(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        chen = await there.hire("陈督办", "supervisor")
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file("我要举报人民路执法队员王某乱收费")
        await chen.get(f"/staff/tickets/{number}")
        if chen.status == 200:
            types = chen.form("改类型").options["part0"]
            await chen.press("改类型", part0="report" if "report" in types else types[1])
            assert chen.status == 200
            assert said(chen.page)
            await chen.get(f"/staff/tickets/{number}")
        assert chen.status == 404
        await wang.get(f"/staff/tickets/{number}")
        assert wang.status == 404


async def test_nothing_is_shown_of_what_is_not_theirs(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        liu = await there.hire("刘水", "handler", unit="urban_management")
        collector = await there.hire("采集", "collector")
        number = await there.file()
        await wang.get(f"/staff/tickets/{number}")
        await wang.press("接单")
        wang_id = (await there.ticket(number)).handler
        nonce = re.search(r"said=([0-9A-Za-z_-]+)", str(wang.query))
        assert nonce
        for other in (liu, collector):
            missing = []
            for path in (number, "260304-00059"):
                for end in ("", "/file", "/history", f"?said={nonce[1]}"):
                    await other.get(f"/staff/tickets/{path}{end}")
                    assert other.status == 404
                    assert MATTER not in other.page
                    missing.append(other.page)
            assert len(set(missing)) == 1
            await other.get("/staff/account")
            form = other.form("在所有设备上退出").fields
            await other.post("/staff/act", {**form, "back": "/staff/account", "press": f"{number}:take"})
            assert other.status == (404 if other is liu else 200)  # who hears voices may type their words
            assert MATTER not in other.page
            assert (await there.ticket(number)).handler == wang_id
        await liu.get(f"/staff/account?said={nonce[1]}")
        assert "已接单" not in liu.page


async def test_forms_from_elsewhere_and_odd_ones_do_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file()
        await wang.get(f"/staff/tickets/{number}")
        fields = wang.form("接单").fields
        for changed, status in (
            ({"form": "x"}, 403),
            ({"form": ""}, 403),
            ({"nonce": ""}, 400),
            ({"nonce": "a b"}, 400),
            ({"back": "//evil.example"}, 400),
            ({"back": "https://evil.example/staff/"}, 400),
            ({"command": "confirm"}, 400),
            ({"command": ""}, 400),
            ({"number": "staff:take\n"}, 400),
            ({"surprise": "1"}, 400),
        ):
            await wang.post("/staff/act", {**fields, **changed})
            assert wang.status == status, changed
        await wang.post("/staff/act", fields, **{"Sec-Fetch-Site": "cross-site"})
        assert wang.status == 400
        assert (await there.ticket(number)).handler == ""


async def test_everything_anybody_writes_is_shown_as_words(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        lead = await there.hire("李分管", "lead", unit="transport")
        number = await there.file(f"人民路的路灯坏了{CANARY}")
        path = f"/staff/tickets/{number}"
        await wang.get(path)
        await wang.press("接单")
        await wang.press("记录", part0=f"备注{CANARY}")
        await wang.press("进展", part0=f"进展{CANARY}")
        await wang.press("延期", part0="2", part1=f"理由{CANARY}")
        await wang.press("答复", part0="已解决", part1=f"{ANSWER}{CANARY}")
        for who in (wang, lead):
            for end in ("", "/file", "/history"):
                await who.get(f"{path}{end}")
                assert "<script>alert" not in who.page
                assert "<img src=x" not in who.page
        await lead.get(path)
        for begin in ("坏了", "备注", "进展", "理由"):
            assert f"{begin}&lt;script&gt;" in lead.page


async def test_who_looked_is_written_down_and_shown_to_who_may_know(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        lead = await there.hire("李分管", "lead", unit="transport")
        number = await there.file()
        path = f"/staff/tickets/{number}"
        await wang.get(path)
        assert "谁看过" not in wang.page
        await wang.get(f"{path}/file")
        assert "王强" in wang.page
        assert "<form" not in wang.page.split("<main")[1]
        await wang.get(f"{path}/history")
        assert wang.status == 404
        await lead.get(f"{path}/history")
        rows = re.findall(r"<tr><td>.*?</td><td>(.*?)</td><td>(.*?)</td></tr>", lead.page)
        assert rows == [("王强", "导出或打印案卷"), ("王强", "在网页上看")]


async def test_english(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        number = await there.file()
        await wang.get(f"/staff/tickets/{number}?lang=en")
        assert "working days" in wang.page
        await wang.press("Take")
        assert "Taken" in said(wang.page) or "taken" in said(wang.page)


async def test_behind_the_wall_a_unit_reads_the_summary_and_nothing_else(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        wang = await there.hire("王强", "handler", unit="transport")
        boss = await there.hire("陈督办", "supervisor", walled="1")
        plain = await there.hire("赵督办", "supervisor")
        number = await there.file("举报人民路执法队员收红包，我住朝阳路5号")
        ticket = await there.ticket(number)
        work = replace(ticket.work, summary="有人反映执法人员违纪")
        after = ticket.after(Action.DISPATCH, START, walled=True, unit="transport", work=work)
        event = after.event(Action.SUPPLEMENT, START, by="web:somebody", text="他还要过两条烟")
        await there.stage.store.commit(Changes(at=START, tickets={number: after}, events=[event]))
        for end in ("", "/file"):
            await wang.get(f"/staff/tickets/{number}{end}")
            assert "有人反映执法人员违纪" in wang.page
            for hidden in ("红包", "朝阳路", "两条烟"):
                assert hidden not in wang.page
            await boss.get(f"/staff/tickets/{number}{end}")
            assert "红包" in boss.page
            assert "两条烟" in boss.page
            await plain.get(f"/staff/tickets/{number}{end}")
            assert plain.status == 404

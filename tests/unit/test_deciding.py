"""What a unit asks for and what somebody with more say decides about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import Changes, StaffEvent
from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from bot.domain.work import Matter
from tests.fakes.town_hall import Hall, Person, town_hall

N, M = "260304-00011", "260304-00022"
WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
DUE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        await open_.filed(N, "transport")
        yield open_


@pytest.fixture
async def handler(hall: Hall) -> Person:
    return await hall.staff("王强", Role.HANDLER, "transport")


@pytest.fixture
async def lead(hall: Hall) -> Person:
    return await hall.staff("赵敏", Role.LEAD, "transport")


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


async def test_a_raise_that_nobody_decides_goes_up(hall: Hall, supervisor: Person) -> None:
    await hall.filed(M, "xingfu-committee", "other", area="xingfu")
    handler = await hall.staff("社区小李", Role.HANDLER, "xingfu-committee")
    own_lead = await hall.staff("社区书记", Role.LEAD, "xingfu-committee")
    above = await hall.staff("街道主任", Role.LEAD, "dongtang-office")
    before = await hall.ticket(M)
    assert "已提交" in await handler.say(f"提级 {M} 社区没有维修资金")
    assert "不由您决定" in await own_lead.say(f"准 {M}"), "the level above decides"
    await hall.after_working_hours(3.5)
    assert [text for text in above.heard if "提级" in text and "社区没有维修资金" in text]
    assert (await hall.ticket(M)).unit == "xingfu-committee"
    await hall.after_working_hours(0.5)
    raised = await hall.ticket(M)
    assert (raised.unit, raised.status) == ("dongtang-office", Status.DISPATCHED)
    assert raised.due_at == before.due_at, "a raise stops no clock"
    assert "已由" in await above.say(f"准 {M}"), "the desk decided"


async def test_a_raise_decided_by_the_level_above(hall: Hall) -> None:
    await hall.filed(M, "xingfu-committee", "other", area="xingfu")
    handler = await hall.staff("社区小李", Role.HANDLER, "xingfu-committee")
    above = await hall.staff("街道主任", Role.LEAD, "dongtang-office")
    await handler.say(f"提级 {M} 社区没有维修资金")
    assert "未准" in await above.say(f"不准 {M} 先用应急资金")
    assert (await hall.ticket(M)).unit == "xingfu-committee"
    await handler.say(f"提级 {M} 应急资金不够")
    assert "已准" in await above.say(f"准 {M}")
    assert (await hall.ticket(M)).unit == "dongtang-office"


async def test_there_is_nothing_above_a_department(handler: Person) -> None:
    assert "没有可以上报" in await handler.say(f"提级 {N} 难办")


async def test_a_decline_is_told_with_the_reason(hall: Hall, handler: Person, supervisor: Person) -> None:
    assert "该找谁" in await handler.say(f"不受理 {N}")
    assert "已提交" in await handler.say("合同纠纷，请向区法院起诉或拨打12348")
    assert (await hall.ticket(N)).open
    assert "已准" in await supervisor.say(f"准 {N}")
    await hall.settle()
    assert (await hall.ticket(N)).status is Status.REJECTED
    assert "请向区法院起诉或拨打12348" in hall.resident().heard[-1]


async def test_a_supervisor_declines_at_once(hall: Hall, supervisor: Person) -> None:
    assert "不受理结束" in await supervisor.say(f"不受理 {N} 合同纠纷，请拨打12348")
    assert (await hall.ticket(N)).status is Status.REJECTED


async def test_a_merge_gives_the_people_the_other_number(hall: Hall, handler: Person, supervisor: Person) -> None:
    await hall.filed(M, "transport", "other")
    assert "已提交" in await handler.say(f"并案 {N} {M}")
    assert "已准" in await supervisor.say(f"准 {N}")
    ended, main = await hall.ticket(N), await hall.ticket(M)
    assert (ended.status, ended.work.merged_into) == (Status.MERGED, M)
    assert (main.status, main.work.reporters) == (Status.DISPATCHED, 2)
    reporters = await hall.store.reader.reporters(M)
    assert [(r.address.id, r.role) for r in reporters] == [("other", "filer"), ("filer", "joined")]
    await hall.settle()
    assert M in hall.resident().heard[-1]
    assert await hall.store.due_timers(DUE, 100)
    assert not [t for t in await hall.store.due_timers(DUE + timedelta(days=30), 500) if t.subject == N]
    await handler.say(f"答复 {M} 已解决：路灯线路断了，今天上午已经换好电缆，晚上会亮。")
    await handler.press("发出")
    await hall.after(minutes=2)
    for name in ("filer", "other"):
        assert "今天上午已经换好电缆" in hall.resident(name).heard[-1], name


async def test_somebody_with_both_stays_one_person(hall: Hall, supervisor: Person) -> None:
    await hall.filed(M, "transport", "filer")
    assert "已并入" in await supervisor.say(f"并案 {N} {M}"), "a supervisor does it at once"
    assert (await hall.ticket(M)).work.reporters == 1


@pytest.mark.parametrize(("target", "answer"), [(N, "不能并入自己"), ("260304-00033", "没有")])
async def test_what_cannot_be_merged(hall: Hall, supervisor: Person, target: str, answer: str) -> None:
    assert answer in await supervisor.say(f"并案 {N} {target}")
    assert (await hall.ticket(N)).open


async def test_nothing_is_merged_through_the_wall_or_into_what_has_ended(hall: Hall) -> None:
    supervisor = await hall.staff("陈督", Role.SUPERVISOR, walled=True)
    await hall.filed(M, "discipline", "other", walled=True)
    assert "保密范围不同" in await supervisor.say(f"并案 {N} {M}")
    await hall.filed("260304-00033", "transport", "third")
    await supervisor.say("不受理 260304-00033 请拨打12348")
    assert "已答复或结束" in await supervisor.say(f"并案 {N} 260304-00033")


async def test_pressed_twice_says_who_decided(hall: Hall, handler: Person, lead: Person) -> None:
    second = await hall.staff("钱副", Role.LEAD, "transport")
    assert "没有等待决定" in await lead.say(f"准 {N}")
    await handler.say(f"延期 {N} 2 等配件")
    await lead.say(f"准 {N}")
    for person in (lead, second):
        assert "已由赵敏" in await person.say(f"准 {N}")
        assert "已由赵敏" in await person.tap(f"{N}:refuse=extension")
    assert (await hall.ticket(N)).work.extended == 2


async def test_several_matters_are_told_apart(hall: Hall, handler: Person, supervisor: Person) -> None:
    await hall.filed(M, "transport", "other")
    await handler.say(f"延期 {N} 2 等配件")
    await handler.say(f"并案 {N} {M}")
    asked = await supervisor.say(f"不准 {N}")
    assert "请选一项" in asked
    assert "请写原因" in await supervisor.press("延期")
    assert "未准" in await supervisor.say("配件已到")
    assert [p.matter for p in (await hall.ticket(N)).work.proposals] == [Matter.MERGE]
    assert "已准" in await supervisor.say(f"准 {N} 并案 是同一盏灯")
    assert (await hall.ticket(N)).status is Status.MERGED


async def test_nobody_decides_in_time(hall: Hall, handler: Person, lead: Person, supervisor: Person) -> None:
    await handler.say(f"延期 {N} 2 等配件")
    await hall.after_working_hours(3.9)
    assert not supervisor.heard
    await hall.after_working_hours(0.5)
    assert [text for text in supervisor.heard if "还没有决定" in text and "等配件" in text]
    assert "已准" in await supervisor.say(f"准 {N}")
    assert (await hall.ticket(N)).work.extended == 2


async def test_a_unit_without_a_lead_asks_the_supervisors(hall: Hall, handler: Person, supervisor: Person) -> None:
    await handler.say(f"延期 {N} 2 等配件")
    await hall.after(minutes=15)
    assert [text for text in supervisor.heard if "延期" in text]


async def test_a_handler_decides_nothing(hall: Hall, handler: Person) -> None:
    colleague = await hall.staff("李娟", Role.HANDLER, "transport")
    await handler.say(f"延期 {N} 2 等配件")
    assert "不由您决定" in await colleague.say(f"准 {N}")


async def test_an_own_case_is_decided_by_somebody_else(hall: Hall, handler: Person) -> None:
    await hall.filed(M, "transport", "赵敏")
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    await handler.say(f"延期 {M} 2 等配件")
    await lead.say(f"准 {M}")
    assert (await hall.ticket(M)).work.extended == 0


async def test_a_decision_is_logged_with_who_and_what(hall: Hall, handler: Person, lead: Person) -> None:
    await handler.say(f"延期 {N} 2 等配件")
    await lead.say(f"准 {N} 下不为例")
    decided = next(e for e in await hall.store.reader.events(N) if e.action is Action.DECIDE)
    assert decided.by == "id-赵敏"
    assert decided.data == {
        "matter": "extension",
        "accepted": True,
        "text": "下不为例",
        "proposer": "id-王强",
    }


async def test_a_removed_lead_decides_nothing(hall: Hall, handler: Person, lead: Person) -> None:
    await handler.say(f"延期 {N} 2 等配件")
    assert lead.staff is not None
    gone = replace(lead.staff, removed_at=hall.clock.now(), seq=2)
    event = StaffEvent(staff=gone.id, seq=2, at=hall.clock.now(), action="removed", by="desk")
    await hall.store.commit(Changes(at=hall.clock.now(), staff=[(gone, event)]))
    await lead.say(f"准 {N}")
    assert (await hall.ticket(N)).work.extended == 0

"""Supervision orders, and what a ticket is taken for: kind, type, tier, the final finding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.orders import open_orders
from bot.domain.people import Role
from bot.domain.ticket import Action, Status, Type
from bot.domain.work import Matter, OrderKind
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
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


@pytest.fixture
async def handler(hall: Hall) -> Person:
    return await hall.staff("王强", Role.HANDLER, "transport")


# Orders


@pytest.mark.parametrize(
    ("said", "kind", "due", "words"),
    [
        ("督办单 2026-03-06 请两天内修好", OrderKind.ORDER, datetime(2026, 3, 6, 10, tzinfo=UTC), "请两天内修好"),
        ("提醒", OrderKind.REMIND, datetime(2026, 3, 5, 10, tzinfo=UTC), ""),
        ("约谈 明天 请来说明", OrderKind.TALK, datetime(2026, 3, 5, 10, tzinfo=UTC), "请来说明"),
        ("通报 4小时 请整改", OrderKind.NOTICE, datetime(2026, 3, 4, 8, tzinfo=UTC), "请整改"),
        ("order 2h hurry", OrderKind.ORDER, datetime(2026, 3, 4, 4, tzinfo=UTC), "hurry"),
    ],
)
async def test_an_order_has_number_kind_deadline_and_words(
    hall: Hall, supervisor: Person, said: str, kind: OrderKind, due: datetime, words: str
) -> None:
    assert f"{N}-D1" in await supervisor.say(f"督办 {N} {said}")
    (order,) = (await hall.ticket(N)).work.orders
    assert (order.number, order.kind, order.due_at, order.text, order.by) == (f"{N}-D1", kind, due, words, "id-陈督")


async def test_the_handler_and_the_lead_hear_of_it(hall: Hall, supervisor: Person, handler: Person) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    await handler.say(f"接单 {N}")
    await supervisor.say(f"督办 {N} 督办单 请尽快修好")
    await hall.after(minutes=12)
    for person in (handler, lead):
        assert [text for text in person.heard if f"{N}-D1" in text and "请尽快修好" in text]


async def test_an_order_that_is_not_met_comes_back_to_the_supervisors(
    hall: Hall, supervisor: Person, handler: Person
) -> None:
    await handler.say(f"接单 {N}")
    await supervisor.say(f"督办 {N} 提醒 明天")
    await hall.until(datetime(2026, 3, 6, 2, 0, tzinfo=UTC))
    assert sum(f"{N}-D1 到期未办" in text for text in supervisor.heard) == 1


async def test_an_order_is_met_by_an_answer(hall: Hall, supervisor: Person, handler: Person) -> None:
    await handler.say(f"接单 {N}")
    await supervisor.say(f"督办 {N} 提醒 明天")
    await handler.say(f"答复 {N} 已解决 已更换灯泡并检查了线路，今晚恢复照明。")
    await handler.press("发出")
    await hall.until(datetime(2026, 3, 6, 2, 0, tzinfo=UTC))
    ticket = await hall.ticket(N)
    assert ticket.status is Status.ANSWERED
    assert open_orders(ticket) == ()
    assert not [text for text in supervisor.heard if "到期未办" in text]


async def test_an_order_is_lifted(hall: Hall, supervisor: Person, handler: Person) -> None:
    await supervisor.say(f"督办 {N} 提醒 明天")
    await supervisor.press("督办办结")
    assert open_orders(await hall.ticket(N)) == ()
    assert "没有未销的督办" in await supervisor.say(f"销督 {N}")
    await supervisor.say(f"督办 {N} 督办单")
    assert [o.number for o in (await hall.ticket(N)).work.orders] == [f"{N}-D1", f"{N}-D2"], "numbers are never reused"
    await hall.until(datetime(2026, 3, 6, 2, 0, tzinfo=UTC))
    assert not [text for text in supervisor.heard if "D1 到期未办" in text]


async def test_the_order_drafted_two_days_late_goes_out_with_one_tap(
    hall: Hall, supervisor: Person, handler: Person
) -> None:
    await handler.say(f"接单 {N}")
    await hall.until(datetime(2026, 3, 13, 10, 5, tzinfo=UTC))
    assert (await hall.ticket(N)).work.proposal(Matter.FINAL) is not None
    await supervisor.tap(f"{N}:order_send")
    ticket = await hall.ticket(N)
    assert [o.kind for o in ticket.work.orders] == [OrderKind.ORDER]
    assert ticket.work.orders[0].due_at > hall.clock.now()
    assert ticket.work.proposal(Matter.FINAL) is None
    assert "没有待发的督办单" in await supervisor.tap(f"{N}:order_send"), "pressed twice"


async def test_a_time_that_is_over_is_refused(hall: Hall, supervisor: Person) -> None:
    assert "已经过去" in await supervisor.say(f"督办 {N} 督办单 2026-03-02 快办")
    assert (await hall.ticket(N)).work.orders == ()


async def test_a_lead_sends_no_orders(hall: Hall) -> None:
    lead = await hall.staff("赵敏", Role.LEAD, "transport")
    assert "不能督办" in await lead.say(f"督办 {N} 提醒")


# Kind, type and tier


async def test_another_type_counts_from_the_dispatch(hall: Hall, supervisor: Person) -> None:
    await hall.after_working_hours(7)
    await supervisor.say(f"类型 {N} 咨询")
    ticket = await hall.ticket(N)
    assert (ticket.type, ticket.due_at) == (Type.ENQUIRY, datetime(2026, 3, 9, 10, 0, tzinfo=UTC))
    assert ticket.promised_at == ticket.due_at
    await hall.after(minutes=1)
    assert "按咨询办理" in hall.resident().heard[-1]
    assert "3月9日" in hall.resident().heard[-1]


async def test_a_date_that_would_be_over_already_is_left_alone(hall: Hall, supervisor: Person) -> None:
    await hall.until(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    heard = len(hall.resident().heard)
    await supervisor.say(f"类型 {N} 咨询")
    assert (await hall.ticket(N)).due_at == DUE
    await hall.after(minutes=1)
    assert len(hall.resident().heard) == heard


async def test_another_kind_offers_the_unit_it_is_for(hall: Hall, supervisor: Person) -> None:
    assert "是否改派" in await supervisor.say(f"类别 {N} 市场消费")
    assert (await hall.ticket(N)).kind == "market"
    await supervisor.press("市市场监督管理局")
    assert (await hall.ticket(N)).unit == "market-regulation"


async def test_a_kind_that_cannot_wait_runs_round_the_clock(hall: Hall, supervisor: Person) -> None:
    await hall.filed(M, "transport", text="我们小区停水了")
    await supervisor.say(f"类别 {M} water-power-gas")
    ticket = await hall.ticket(M)
    assert (ticket.clock, ticket.due_at) == ("utility", datetime(2026, 3, 5, 2, 0, tzinfo=UTC))


async def test_a_tier_needs_a_reason_and_the_resident_hears_it(hall: Hall, supervisor: Person) -> None:
    assert "请写改时限的原因" in await supervisor.say(f"时限 {N} 研究")
    await supervisor.say("涉及路灯改造计划")
    ticket = await hall.ticket(N)
    assert ticket.work.tier == "study"
    assert ticket.due_at == datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
    await hall.after(minutes=1)
    assert "涉及路灯改造计划" in hall.resident().heard[-1]
    assert "3月18日" in hall.resident().heard[-1]


async def test_within_the_day_is_seven_working_hours(hall: Hall, supervisor: Person) -> None:
    await supervisor.say(f"时限 {N} 即办 简单小修")
    assert (await hall.ticket(N)).due_at == datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


async def test_within_the_day_is_refused_when_the_day_is_over(hall: Hall, supervisor: Person) -> None:
    await hall.after_working_hours(8)
    assert "已经过期" in await supervisor.say(f"时限 {N} 即办 简单小修")
    assert (await hall.ticket(N)).due_at == DUE


async def test_a_tier_leaves_the_round_the_clock_classes_alone(hall: Hall, supervisor: Person) -> None:
    await hall.filed(M, "energy", clock="utility", kind="water-power-gas", text="停水")
    assert "不能改" in await supervisor.say(f"时限 {M} 研究 原因")


async def test_a_final_finding_ends_it_and_tells_the_resident(hall: Hall, supervisor: Person) -> None:
    assert "不能终结" in await supervisor.say(f"终结 {N} 已三次核查"), "nothing has been answered yet"
    ticket = await hall.ticket(N)
    changes = Changes(at=hall.clock.now())
    for action in (Action.TAKE, Action.ANSWER, Action.REOPEN):
        ticket = ticket.after(action, hall.clock.now())
        changes.ticket(ticket, ticket.event(action, hall.clock.now()))
    await hall.store.commit(changes)
    await supervisor.say(f"终结 {N} 已三次核查，可向法院起诉")
    closed = await hall.ticket(N)
    assert closed.status is Status.CLOSED
    assert closed == replace(closed, closed_at=hall.clock.now())
    await hall.after(minutes=1)
    assert "可向法院起诉" in hall.resident().heard[-1]


async def test_a_lead_who_gives_the_unit_more_time_is_seen_by_the_supervisors(hall: Hall, supervisor: Person) -> None:
    lead = await hall.staff("周明", Role.LEAD, "transport")
    heard = len(supervisor.heard)
    await lead.say(f"类型 {N} 建议")
    await hall.after(minutes=11)
    assert any("周明" in text and "改长" in text for text in supervisor.heard[heard:])


async def test_a_promise_is_not_for_another_year(hall: Hall, supervisor: Person) -> None:
    lead = await hall.staff("周明", Role.LEAD, "transport")
    assert "180天" in await lead.say(f"承诺 {N} 2099-12-31 道路改造完成后修好这盏路灯")
    assert (await hall.ticket(N)).promised_at != datetime(2099, 12, 31, 10, 0, tzinfo=UTC)

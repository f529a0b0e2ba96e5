"""Typing the words of a voice: the ticket finds its unit, the resident sees the words and can put them right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.changes import Changes, Reporter, Task
from bot.domain.people import Role
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.town import UNDECIDED, Town
from tests.fakes.town_hall import Hall, sample_town, town_hall

MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in town
N = "260304-00011"
HEARD = "桥南社区人民路的路灯坏了三天，请来修"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, MORNING) as opened:
        yield opened


async def wordless(hall: Hall) -> None:
    """A voice that was filed without words: in the pool, with a task to hear it."""
    ticket = Ticket(
        number=N,
        code="123456",
        alias="ABCD",
        type=Type.HELP,
        kind=UNDECIDED,
        status=Status.FILED,
        source="chat",
        channel="chat",
        text="",
        filed_at=MORNING,
    )
    changes = Changes(at=MORNING)
    changes.ticket(ticket, ticket.event(Action.FILE, MORNING))
    filer = hall.resident()
    changes.reporters.append(Reporter(N, filer.address, "filer", MORNING))
    changes.tasks.append(Task(f"listen:{N}", "listen", N, MORNING, MORNING + timedelta(minutes=30)))
    await hall.store.commit(changes)


async def test_the_words_send_it_to_its_unit_and_the_resident_sees_them(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await wordless(hall)
    text = await chief.say(f"听写 {N} {HEARD}")
    assert "已登记" in text
    ticket = await hall.ticket(N)
    assert ticket.text == HEARD
    assert ticket.kind != UNDECIDED
    assert ticket.status is Status.DISPATCHED
    assert ticket.unit
    assert ticket.due_at is not None
    assert ticket.promised_at == ticket.due_at
    assert await hall.store.reader.task(f"listen:{N}") is None
    await hall.settle()
    (heard,) = [told for told in hall.resident().heard if HEARD in told]
    assert "前答复您" in heard
    assert (await hall.actions(N))[1:] == [Action.TRANSCRIBE, Action.DISPATCH]


async def test_a_collector_may_type_them_without_seeing_more(hall: Hall) -> None:
    chen = await hall.staff("陈收", Role.COLLECTOR)
    await wordless(hall)
    assert "没有找到" in await chen.say(f"看 {N}")
    assert "已登记" in await chen.say(f"听写 {N} {HEARD}")
    assert (await hall.ticket(N)).text == HEARD


async def test_words_no_rule_takes_wait_in_the_pool(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await wordless(hall)
    assert "已登记" in await chief.say(f"听写 {N} 嗯这个就是那个事情")
    ticket = await hall.ticket(N)
    assert (ticket.status, ticket.unit) == (Status.FILED, "")
    assert ticket.promised_at is not None
    assert await hall.store.reader.task(f"pool:{N}") is not None
    assert await hall.store.reader.task(f"listen:{N}") is None


async def test_danger_that_is_heard_starts_its_clock_and_is_told_at_once(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await wordless(hall)
    await chief.say(f"听写 {N} 桥南社区3号楼煤气泄漏，味道很重")
    ticket = await hall.ticket(N)
    assert ticket.danger
    assert ticket.clock == "danger"
    await hall.settle()
    assert any("马上拨打" in told for told in hall.resident().heard)


async def test_a_ticket_with_words_needs_none(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await hall.filed(N, "transport")
    assert "已有文字" in await chief.say(f"听写 {N} {HEARD}")
    assert "已有文字" in await chief.say(f"听写 {N}")


async def test_without_words_they_are_asked_for(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await wordless(hall)
    assert "请写下听到" in await chief.say(f"听写 {N}")
    assert "已登记" in await chief.say(HEARD)


async def test_what_is_behind_the_wall_stays_with_the_supervisors(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR, walled=True)
    await wordless(hall)
    await chief.say(f"听写 {N} 我要举报交通局的科长收红包")
    ticket = await hall.ticket(N)
    assert ticket.walled
    assert ticket.unit == ""


async def test_the_resident_puts_the_words_right(hall: Hall) -> None:
    chief = await hall.staff("周敏", Role.SUPERVISOR)
    await wordless(hall)
    await chief.say(f"听写 {N} 嗯这个就是那个事情")
    await hall.settle()
    li = hall.resident()
    assert "请写下正确的内容" in await li.tap(f"{N}:reword")
    assert N in await li.say(HEARD)
    ticket = await hall.ticket(N)
    assert ticket.text == HEARD
    assert ticket.status is Status.DISPATCHED, "the right words find the unit"
    events = await hall.store.reader.events(N)
    assert [e.data.get("text") for e in events if e.action in (Action.TRANSCRIBE, Action.CORRECT)] == [
        "嗯这个就是那个事情",
        HEARD,
    ], "what was typed stays in the log"


async def test_only_the_filer_may(hall: Hall) -> None:
    await wordless(hall)
    assert "没有找到" in await hall.resident("other").tap(f"{N}:reword")


async def test_a_town_without_rules_keeps_it_in_the_pool(tmp_path: Path) -> None:
    def shared(town: Town) -> Town:
        return replace(town, rules=())

    assert sample_town().rules
    async with town_hall(tmp_path, MORNING, shared) as hall:
        chief = await hall.staff("周敏", Role.SUPERVISOR)
        await wordless(hall)
        await chief.say(f"听写 {N} {HEARD}")
        assert (await hall.ticket(N)).unit == "", "without a rule it waits in the pool"

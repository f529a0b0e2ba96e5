"""What the clock does by itself: rungs, tasks, the lists of the morning and the week, dates counted anew.

Working time is 09:00-12:00 and 14:00-18:00. The newsroom's morning is Wed 4 March 2026, 10:00; its ticket is due on
Wed 11 March, 18:00.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace as with_
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Note, Task, Timer
from bot.domain.deadlines import Rung
from bot.domain.guide import Guide
from bot.domain.people import DESK, Address, Role, Shift
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.work import Matter, OrderKind, Work
from bot.message import Lane
from bot.runtime.dispatcher import Dispatcher
from bot.townfile import SAMPLE, load_town
from handlers.timers.standing import standing
from tests.fakes.newsroom import MORNING, NUMBER, UNIT, Newsroom, newsroom

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LI = Address("chat", "li")


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide.of(load_town(SAMPLE))


@pytest.fixture
async def room(tmp_path: Path, guide: Guide) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path / "data", guide) as room:
        yield room


async def everybody(room: Newsroom) -> None:
    """A handler and a lead of the unit, one of another unit, two supervisors of whom one is limited, an admin."""
    await room.hire("wang")
    await room.hire("lead", Role.LEAD)
    await room.hire("stranger", Role.LEAD, "transport")
    await room.hire("boss", Role.SUPERVISOR, "", walled=True)
    await room.hire("limited", Role.SUPERVISOR, "", areas=("beiguan",), walled=True)
    await room.hire("admin", Role.ADMIN, "")


async def climbed(room: Newsroom, *rungs: Rung) -> list[tuple[str, bool, set[str]]]:
    """Fire the rungs of the ticket that are due, nothing else; what was told to whom, and whether at once."""
    before = {note.key for note in await notes(room)}
    for timer in await room.store.due_timers(room.clock.now(), 100):
        if timer.kind == "rung":
            assert await room.dispatcher.fire(timer)
    told: dict[tuple[str, bool], set[str]] = {}
    for note in await notes(room):
        if note.key not in before:
            told.setdefault((note.what, note.urgent), set()).add(note.box)
    assert {what for what, _ in told} == {f"rung.{rung}" for rung in rungs}
    return [(what, urgent, boxes) for (what, urgent), boxes in told.items()]


async def notes(room: Newsroom) -> list[Note]:
    people = (await room.store.reader.directory()).active
    boxes = [f"unit:{UNIT}", *(f"staff:{staff.id}" for staff in people)]
    return [note for box in boxes for _, note in await room.store.reader.notes(box)]


async def wound_up(room: Newsroom, ticket: Ticket) -> Ticket:
    """The timers of its ladder."""
    steps = room.desk.guide().ladder(ticket)
    timers = [Timer("rung", ticket.number, step.at, step.level) for step in steps]
    await room.store.commit(Changes(at=room.clock.now(), timers=timers))
    return ticket


STAFF = {name: f"staff:{name}" for name in ("wang", "lead", "boss", "limited", "admin", "stranger")}


async def test_the_ladder_of_a_ticket_nobody_takes(room: Newsroom) -> None:
    await everybody(room)
    await wound_up(room, await room.file())
    room.clock.at = local(3, 4, 16)  # 4 working hours: 2 before noon, 2 after
    assert await climbed(room, Rung.NOT_TAKEN) == [("rung.not_taken", False, {STAFF["lead"]})]
    room.clock.at = local(3, 10, 14, 45)  # three quarters of 41 h: 30.75 h; nobody took it, so the unit hears
    assert await climbed(room, Rung.LAST_QUARTER) == [("rung.last_quarter", False, {f"unit:{UNIT}"})]
    room.clock.at = local(3, 11, 18)
    assert await climbed(room, Rung.DUE) == [("rung.due", False, {f"unit:{UNIT}", STAFF["lead"]})]
    room.clock.at = local(3, 12, 18)
    (late,) = await climbed(room, Rung.ONE_DAY_LATE)
    assert late == ("rung.one_day_late", False, {f"unit:{UNIT}", STAFF["lead"], STAFF["boss"]})
    room.clock.at = local(3, 13, 18)
    assert await climbed(room, Rung.ORDER) == [("rung.order", True, {STAFF["boss"]})]


async def test_two_days_late_an_order_is_drafted_for_a_tap_and_only_once(room: Newsroom) -> None:
    await everybody(room)
    ticket = await wound_up(room, await room.file())
    room.clock.at = local(3, 13, 18)
    await climbed(room, *(r for r in Rung if r not in (Rung.STILL_NOT_TAKEN, Rung.POOL_HALF, Rung.POOL_DUE)))
    after = await room.store.reader.ticket(NUMBER)
    assert after is not None
    drafted = after.work.proposal(Matter.FINAL)
    assert drafted is not None
    assert (drafted.by, drafted.klass) == (DESK, OrderKind.ORDER)
    assert drafted.due_at == local(3, 16, 15)  # 4 working hours: none on Friday, 3 and 1 on Monday
    again = replace(after, due_at=ticket.due_at + DAY if ticket.due_at else None, seq=after.seq + 1)
    await room.store.commit(_event(again, Action.RETIME, room))
    await wound_up(room, again)
    room.clock.at = local(3, 20, 18)
    await climbed(room, *(Rung.LAST_QUARTER, Rung.DUE, Rung.ONE_DAY_LATE, Rung.ORDER))
    later = await room.store.reader.ticket(NUMBER)
    assert later is not None
    assert len(later.work.proposals) == 1


def _event(ticket: Ticket, action: Action, room: Newsroom) -> Changes:
    changes = Changes(at=room.clock.now())
    changes.ticket(ticket, ticket.event(action, room.clock.now()))
    return changes


async def test_one_alert_for_a_rung_and_a_deadline_even_when_its_moment_moves(room: Newsroom) -> None:
    await everybody(room)
    await wound_up(room, await room.file())
    room.clock.at = local(3, 4, 16)
    await climbed(room, Rung.NOT_TAKEN)
    await room.store.commit(Changes(at=room.clock.now(), timers=[Timer("rung", NUMBER, room.clock.now(), 1)]))
    same = Timer("rung", NUMBER, room.clock.now() - timedelta(minutes=3), 1)  # as after a change of the calendar
    await room.store.commit(Changes(at=room.clock.now(), timers=[same]))
    assert await room.dispatcher.fire(same)
    alerts = await room.store.reader.tasks(("overdue",), 50)
    assert [task.key for task in alerts] == [f"overdue:{NUMBER}:1:{(MORNING + timedelta(days=7, hours=8)).isoformat()}"]
    assert len([n for n in await notes(room) if n.what == "rung.not_taken"]) == 1


async def test_a_rung_that_no_longer_holds_says_nothing_and_winds_the_ladder_up(room: Newsroom) -> None:
    await everybody(room)
    taken = Work(taken_at=MORNING)
    await room.file(status=Status.IN_PROGRESS, handler="wang", work=taken)
    stale = Timer("rung", NUMBER, local(3, 4, 16), 1)
    await room.store.commit(Changes(at=MORNING, timers=[stale]))
    room.clock.at = local(3, 4, 16)
    assert await climbed(room) == []
    due = await room.store.due_timers(local(3, 20), 100)
    assert [timer.level for timer in due if timer.kind == "rung"] == [2, 3, 4, 5]


async def test_the_handler_hears_or_their_deputy(room: Newsroom) -> None:
    await everybody(room)
    await room.hire("deputy")
    away = Shift(MORNING, MORNING + 20 * DAY)
    await room.hire("gone", away=away, deputy="deputy")
    await wound_up(room, await room.file(status=Status.IN_PROGRESS, handler="gone", work=Work(taken_at=MORNING)))
    room.clock.at = local(3, 11, 18)
    told = await climbed(room, Rung.LAST_QUARTER, Rung.DUE)
    assert ("rung.due", False, {"staff:deputy", STAFF["lead"]}) in told


@pytest.mark.parametrize(("minutes", "rung"), [(15, Rung.NOT_TAKEN), (30, Rung.STILL_NOT_TAKEN), (120, Rung.DUE)])
async def test_danger_climbs_in_minutes_day_and_night(room: Newsroom, minutes: int, rung: Rung) -> None:
    await everybody(room)
    await room.hire("night", duty=(Shift(MORNING, MORNING + DAY),))
    room.clock.at = local(3, 4, 23)
    now = room.clock.now()
    await wound_up(room, await room.file(danger="gas", clock="danger", due_at=now + 2 * HOUR))
    room.clock.at = now + timedelta(minutes=minutes)
    earlier = [r for m, r in ((15, Rung.NOT_TAKEN), (30, Rung.STILL_NOT_TAKEN)) if m < minutes]
    told = await climbed(room, *earlier, rung)
    expected = {
        Rung.NOT_TAKEN: {"staff:night", STAFF["lead"]},
        Rung.STILL_NOT_TAKEN: {STAFF["boss"]},  # nobody is on the desk's duty list; the limited one may not see it
        Rung.DUE: {f"unit:{UNIT}", STAFF["lead"], STAFF["boss"]},
    }[rung]
    assert (f"rung.{rung}", True, expected) in told


async def test_the_pool_calls_the_supervisors_and_then_the_admin(room: Newsroom) -> None:
    await everybody(room)
    await wound_up(room, await room.file(status=Status.FILED, unit="", dispatched_at=None, due_at=None))
    room.clock.at = local(3, 5, 9, 30)  # of 6 + 7 h half is 6.5 h
    assert await climbed(room, Rung.POOL_HALF) == [("rung.pool_half", False, {STAFF["boss"]})]
    room.clock.at = local(3, 5, 18)
    assert await climbed(room, Rung.POOL_DUE) == [("rung.pool_due", False, {STAFF["boss"], STAFF["admin"]})]


async def test_the_wall_and_own_cases_bind_alerts_too(room: Newsroom) -> None:
    await room.hire("plain", Role.SUPERVISOR, "")
    await room.hire("marked", Role.SUPERVISOR, "", walled=True)
    await wound_up(
        room, await room.file(status=Status.FILED, unit="", dispatched_at=None, due_at=None, walled=True)
    )  # fmt: skip
    room.clock.at = local(3, 5, 9, 30)
    assert await climbed(room, Rung.POOL_HALF) == [("rung.pool_half", False, {"staff:marked"})]


async def test_a_lead_is_not_called_to_an_own_case(room: Newsroom) -> None:
    await everybody(room)
    await wound_up(room, await room.file(reporter=Address("chat", "lead")))
    room.clock.at = local(3, 4, 16)
    ((_, _, boxes),) = await climbed(room, Rung.NOT_TAKEN)
    assert STAFF["lead"] not in boxes
    assert STAFF["boss"] in boxes


async def test_without_a_lead_the_nearest_one_above_is_told(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("above", Role.LEAD, "nanqiao-office")
    await wound_up(room, await room.file())
    room.clock.at = local(3, 4, 16)
    assert await climbed(room, Rung.NOT_TAKEN) == [("rung.not_taken", False, {"staff:above"})]


# Tasks


async def opened(room: Newsroom, kind: str, data: dict[str, object], subject: str = "d1") -> Timer:
    task = Task(f"{kind}:{subject}", kind, subject, room.clock.now(), address=LI, data=data)
    timer = Timer("task", task.key, room.clock.now())
    late = Timer("task", task.key, room.clock.now() + timedelta(minutes=15), 1)
    await room.store.commit(Changes(at=room.clock.now(), tasks=[task], timers=[timer, late]))
    assert await room.dispatcher.fire(timer)
    return late


async def test_who_is_on_duty_hears_of_danger_at_once_and_everybody_when_it_is_late(room: Newsroom) -> None:
    await everybody(room)
    await room.hire("duty", Role.SUPERVISOR, "", duty=(Shift(MORNING, MORNING + DAY),))
    late = await opened(room, "danger", {"text": "煤气味很大", "area": "qiaonan", "place": "桥南路"})
    (told,) = await notes(room)
    assert (told.box, told.what, told.urgent) == ("staff:duty", "task.danger", True)
    assert told.params["text"] == "煤气味很大"
    room.clock.at += timedelta(minutes=15)
    assert await room.dispatcher.fire(late)
    assert {n.box for n in await notes(room) if n.what == "task.danger_late"} == {"staff:duty", STAFF["boss"]}


async def test_a_task_somebody_saw_to_is_not_late(room: Newsroom) -> None:
    await everybody(room)
    late = await opened(room, "danger", {"text": "x"})
    await room.store.commit(Changes(at=room.clock.now(), closed_tasks=["danger:d1"]))
    room.clock.at += timedelta(minutes=15)
    assert await room.dispatcher.fire(late)
    assert {n.what for n in await notes(room)} == {"task.danger"}


async def test_a_draft_behind_the_wall_is_only_for_those_marked(room: Newsroom) -> None:
    await room.hire("plain", Role.SUPERVISOR, "")
    await room.hire("marked", Role.SUPERVISOR, "", walled=True)
    await opened(room, "unconfirmed", {"text": "x", "type": Type.REPORT.value})
    assert {n.box for n in await notes(room)} == {"staff:marked"}


# Lists


async def lists(room: Newsroom) -> Mapping[str, str]:
    """What each address was pushed, in bulk only."""
    return {push.address.id: push.reply.text for push in await room.outbox() if push.lane is Lane.BULK}


async def seeded(room: Newsroom) -> None:
    await room.store.commit(standing(room.desk.guide(), room.clock.now()))


async def test_the_morning_list_says_what_each_must_do_today(room: Newsroom) -> None:
    await everybody(room)
    await room.file(number(1), status=Status.IN_PROGRESS, handler="wang", due_at=local(3, 3, 18))
    await room.file(number(2), status=Status.IN_PROGRESS, handler="wang", due_at=local(3, 5, 18))
    await room.file(number(3), status=Status.WAITING_RESIDENT, handler="wang", due_at=local(3, 9, 18))
    await room.file(number(4))
    await room.file(number(5), status=Status.FILED, unit="", dispatched_at=None, due_at=None)
    await seeded(room)
    room.clock.at = local(3, 5, 8, 30)
    await room.tick()
    told = await lists(room)
    assert set(told) == {"wang", "lead", "boss", "admin"}  # all of it lies outside the areas of the limited one
    lines = told["wang"].split("\n")
    assert lines[0] == "日提醒 3月5日"
    assert [line for line in lines if "件" in line] == [
        "已超时 1 件：",
        "今天到期 1 件：",
        "等居民答复 1 件：",
        "还没有人接单 1 件：",
    ]
    assert "待派 1 件：" in told["boss"]
    assert number(5) in told["boss"]


def number(n: int) -> str:
    return f"260304-{n:05d}"


async def test_who_has_nothing_to_do_hears_nothing(room: Newsroom) -> None:
    await everybody(room)
    await seeded(room)
    room.clock.at = local(3, 5, 8, 30)
    await room.tick()
    assert await lists(room) == {}


async def test_the_lists_are_read_on_working_days_only_and_set_themselves_again(room: Newsroom) -> None:
    await everybody(room)
    await room.file(status=Status.IN_PROGRESS, handler="wang", due_at=local(3, 3, 18))
    room.clock.at = local(9, 29, 12)
    await seeded(room)
    days: list[date] = []
    while room.clock.at < local(10, 13):
        room.clock.at += HOUR
        await room.tick()
        if "wang" in await lists(room):
            days.append(room.clock.at.astimezone(ZONE).date())
    # Wed 30 Sep; 1-7 Oct off; Thu 8, Fri 9, Sat 10 (make-up), Mon 12.
    assert days == [date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10), date(2026, 10, 12)]


async def test_a_desk_that_was_off_for_days_tells_one_list_and_none_after_closing_time(room: Newsroom) -> None:
    await everybody(room)
    await room.file(status=Status.IN_PROGRESS, handler="wang", due_at=local(3, 3, 18))
    await seeded(room)
    room.clock.at = local(3, 10, 20)
    await room.tick()
    assert await lists(room) == {}
    room.clock.at = local(3, 11, 8, 30)
    await room.tick()
    assert "wang" in await lists(room)


async def test_seeding_twice_is_seeding_once(room: Newsroom) -> None:
    await everybody(room)
    await room.file(status=Status.IN_PROGRESS, handler="wang", due_at=local(3, 3, 18))
    for _ in range(3):
        await seeded(room)
        room.clock.at += timedelta(minutes=1)
    room.clock.at = local(3, 5, 8, 30)
    await room.tick()
    assert [push.address.id for push in await room.outbox() if push.lane is Lane.BULK].count("wang") == 1


async def test_the_week_is_reckoned_up_against_the_week_before(room: Newsroom) -> None:
    await everybody(room)
    made = {}
    for n, (day, fields) in enumerate(
        [
            ((2, 24), {}),  # the week before: filed
            ((3, 3), {}),
            ((3, 4), {}),
            ((3, 5), {"due_at": local(3, 6, 18)}),  # due on Friday and not answered: late
        ]
    ):
        room.clock.at = local(*day, 10)
        made[n] = await room.file(number(n), None, **{"status": Status.IN_PROGRESS, "handler": "wang", **fields})
    room.clock.at = local(3, 6, 10)
    await room.alter(made[1], Action.ANSWER)
    room.clock.at = local(3, 7, 12)
    await seeded(room)
    room.clock.at = local(3, 9, 8, 45)  # Monday
    await room.tick()
    told = await lists(room)
    assert set(told) >= {"lead", "boss", "admin"}
    assert "stranger" not in told
    assert told["lead"].split("\n")[:6] == [
        "周对账 3月2日至3月8日",
        "收件 3（上周 1）",
        "答复 1（上周 0）",
        "超时 1（上周 0）",
        "重新办理 0（上周 0）",
        "久拖未结 0（上周 0）",
    ]


async def test_on_a_monday_off_the_week_waits_for_the_next_working_day(room: Newsroom) -> None:
    await everybody(room)
    room.clock.at = local(9, 30, 12)
    await room.file(status=Status.IN_PROGRESS, handler="wang")
    await seeded(room)
    room.clock.at = local(10, 5, 9)
    await room.tick()
    assert "lead" not in await lists(room)
    room.clock.at = local(10, 8, 8, 45)
    await room.tick()
    told = [push.reply.text for push in await room.outbox() if push.key.startswith("weekly:lead:")]
    assert len(told) == 1
    assert "9月28日至10月4日" in told[0]


# Dates counted anew


async def test_a_new_calendar_moves_open_tickets_and_tells_those_concerned(room: Newsroom, guide: Guide) -> None:
    await everybody(room)
    await seeded(room)
    await room.tick()
    due = local(3, 11, 18)
    await wound_up(
        room, await room.file(status=Status.IN_PROGRESS, handler="wang", reporter=LI, promised_at=due, due_at=due)
    )  # fmt: skip
    answered = await room.file(number(2), status=Status.ANSWERED, handler="wang", reporter=LI, promised_at=due)
    off = with_(guide.town, holidays={**guide.town.holidays, date(2026, 3, 6): True})  # Friday 6 March
    changed = Guide.of(off)
    room.dispatcher = Dispatcher(with_(room.desk, guide=lambda: changed))
    room.clock.at += HOUR
    await room.store.commit(standing(changed, room.clock.now()))
    await room.tick()
    after = await room.store.reader.ticket(NUMBER)
    assert after is not None
    assert (after.due_at, after.promised_at) == (local(3, 12, 18), local(3, 12, 18))
    assert [event.action for event in await room.store.reader.events(NUMBER)][-1] is Action.RETIME
    assert await room.store.reader.ticket(number(2)) == answered
    await room.wait(timedelta(minutes=1))
    pushed = {push.address.id: push.reply.text for push in await room.outbox() if push.ticket == NUMBER}
    assert set(pushed) == {"li", "wang"}
    assert all("3月12日" in text for text in pushed.values())
    rungs = await room.store.due_timers(local(4, 1), 100)
    assert [t.due_at for t in rungs if (t.kind, t.subject, t.level) == ("rung", NUMBER, 3)] == [local(3, 12, 18)]
    room.clock.at += HOUR
    await room.store.commit(standing(changed, room.clock.now()))
    await room.tick()
    assert (await room.store.reader.ticket(NUMBER)) == after  # known already


async def test_dates_that_were_provisional_become_exact(room: Newsroom, guide: Guide) -> None:
    await everybody(room)
    room.clock.at = local(12, 29, 10)
    await seeded(room)
    await room.tick()
    # A complaint of Tue 29 Dec 2026: 30, 31 Dec, 1, 4, 5 Jan 2027, as long as nobody knows 2027.
    jan = datetime(2027, 1, 5, 18, tzinfo=ZONE)
    await room.file(status=Status.IN_PROGRESS, handler="wang", due_at=jan, promised_at=jan, provisional=True)
    new_year = {date(2027, 1, day): True for day in (1, 2, 3)}
    years = guide.calendar.years | {2027}
    known = Guide.of(with_(guide.town, holidays={**guide.calendar.holidays, **new_year}, holiday_years=years))
    room.dispatcher = Dispatcher(with_(room.desk, guide=lambda: known))
    room.clock.at += HOUR
    await room.store.commit(standing(known, room.clock.now()))
    await room.tick()
    after = await room.store.reader.ticket(NUMBER)
    assert after is not None
    assert (after.due_at, after.provisional) == (datetime(2027, 1, 6, 18, tzinfo=ZONE), False)


async def test_many_tickets_are_counted_anew_in_parts(room: Newsroom, guide: Guide) -> None:
    await everybody(room)
    await seeded(room)
    await room.tick()
    for n in range(100, 195):
        await room.file(number(n), due_at=local(3, 11, 18))
    off = Guide.of(with_(guide.town, holidays={**guide.town.holidays, date(2026, 3, 6): True}))
    room.dispatcher = Dispatcher(with_(room.desk, guide=lambda: off))
    room.clock.at += HOUR
    await room.store.commit(standing(off, room.clock.now()))
    await room.tick()
    tickets = [await room.store.reader.ticket(number(n)) for n in range(100, 195)]
    assert {ticket.due_at for ticket in tickets if ticket} == {local(3, 12, 18)}

"""News for staff: folded, filtered, urgent at once, quiet at night, and never lost because somebody is not reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.changes import Changes, Note, Timer
from bot.domain.guide import Guide
from bot.domain.numbers import make
from bot.domain.people import Address, Role, Shift
from bot.domain.ticket import Action, Status
from bot.domain.town import LOAD
from bot.message import KNOCKED, InboundMessage, Lane, MessageKind
from bot.townfile import SAMPLE, load_town
from handlers.reaching import unreached
from storage.beside import reading
from tests.fakes.newsroom import MORNING, NUMBER, UNIT, Newsroom, newsroom

TEN_MINUTES = timedelta(minutes=10)
NIGHT = MORNING + timedelta(hours=12)  # 22:00 in town
EIGHT = MORNING + timedelta(hours=22)  # 08:00 the next day


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide.of(load_town(SAMPLE))


@pytest.fixture
async def room(tmp_path: Path, guide: Guide) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path / "data", guide) as room:
        yield room


def number(n: int) -> str:
    return make(MORNING.date(), n)


async def many(room: Newsroom, box: str, count: int) -> None:
    """So many news about as many tickets, put in together."""
    now = room.clock.now()
    notes = [
        Note(key=f"urge:{n}:{box}", box=box, what="urge", ticket=number(n), at=now) for n in range(100, 100 + count)
    ]
    await room.store.commit(Changes(at=now, notes=notes, timers=[Timer("fold", box, now)]))


async def test_a_units_news_reach_its_handlers_with_what_they_can_do(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("zhao")
    await room.hire("lead", Role.LEAD)
    await room.file()
    await room.news(f"unit:{UNIT}")
    await room.tick()
    pushes = await room.outbox()
    assert {push.address.id for push in pushes} == {"wang", "zhao"}
    assert pushes[0].lane is Lane.NOTICE
    assert pushes[0].ticket == NUMBER
    for told in (NUMBER, "路灯坏了三天", "还剩"):
        assert told in pushes[0].reply.text
    tokens = [choice.token for choice in pushes[0].reply.choices]
    assert f"{NUMBER}:take" in tokens
    assert f"{NUMBER}:see" in tokens
    assert f"{NUMBER}:assign" not in tokens
    take = next(choice for choice in pushes[0].reply.choices if choice.token.endswith(":take"))
    assert take.word == f"接单 {NUMBER}"


async def test_what_was_told_counts_as_read_and_is_never_told_again(room: Newsroom) -> None:
    await room.hire("wang")
    await room.file()
    await room.news("staff:wang")
    await room.tick()
    assert len(await room.outbox()) == 1
    assert await room.store.reader.notes("staff:wang") == []
    await room.store.commit(Changes(at=room.clock.now(), timers=[Timer("fold", "staff:wang", room.clock.now(), 1)]))
    await room.tick()
    assert await room.outbox() == []


@pytest.mark.parametrize("stands_in", ["lead", "above", "supervisor", "admin"])
async def test_where_no_handler_can_be_reached_the_next_in_the_chain_hears_it(room: Newsroom, stands_in: str) -> None:
    await room.hire("wang", addresses=())
    await room.hire("zhao")
    await room.remember(Address("chat", "zhao"), reachable=False)
    chain = ["lead", "above", "supervisor", "admin"]
    for name in chain[chain.index(stands_in) :]:
        match name:
            case "lead":
                await room.hire(name, Role.LEAD)
            case "above":
                await room.hire(name, Role.LEAD, "nanqiao-office")
            case _:
                await room.hire(name, Role(name), "")
    await room.file()
    await room.news(f"unit:{UNIT}")
    await room.tick()
    assert [push.address.id for push in await room.outbox()] == [stands_in]


async def test_the_deputy_gets_the_news_of_somebody_on_leave(room: Newsroom) -> None:
    await room.hire("zhao")
    away = Shift(MORNING - timedelta(days=1), MORNING + timedelta(days=1))
    await room.hire("wang", away=away, deputy="zhao")
    await room.file()
    await room.news("staff:wang", "supplemented", text="还没有修")
    await room.tick()
    assert [push.address.id for push in await room.outbox()] == ["zhao"]


async def test_one_push_in_ten_minutes_and_the_rest_fold_into_the_next(room: Newsroom) -> None:
    await room.hire("wang")
    for n in (1, 2, 3):
        await room.file(number(n))
    await room.news("staff:wang")
    await room.tick()
    assert len(await room.outbox()) == 1
    for n in (2, 3):
        await room.wait(timedelta(minutes=1))
        await room.news("staff:wang", ticket=number(n))
        await room.tick()
    assert await room.outbox() == []
    await room.wait(timedelta(minutes=7, seconds=59))
    assert await room.outbox() == []
    await room.wait(timedelta(seconds=1))
    (push,) = await room.outbox()
    assert push.ticket == ""
    assert [choice.token for choice in push.reply.choices] == [f"{number(2)}:see", f"{number(3)}:see", "staff:todo"]
    assert "1. " in push.reply.text
    assert number(3) in push.reply.text


async def test_danger_waits_for_nothing_and_goes_before_everything(room: Newsroom) -> None:
    await room.hire("wang")
    await room.file()
    await room.news("staff:wang")
    await room.tick()
    await room.outbox()
    await room.file(number(2), danger="gas", clock="danger")
    await room.news("staff:wang", ticket=number(2), urgent=True)
    await room.tick()
    (push,) = await room.outbox()
    assert (push.lane, push.ticket) == (Lane.URGENT, number(2))
    assert push.reply.text.startswith("紧急工单")


async def test_red_does_not_wait_for_the_ten_minutes(room: Newsroom) -> None:
    await room.hire("wang")
    await room.file()
    await room.news("staff:wang")
    await room.tick()
    await room.outbox()
    late = MORNING - timedelta(days=10)
    await room.file(number(2), dispatched_at=late, due_at=late + timedelta(days=1))
    await room.news("staff:wang", "urge", ticket=number(2))
    await room.tick()
    (push,) = await room.outbox()
    assert push.ticket == number(2)
    assert "已超时" in push.reply.text


async def test_at_night_only_danger_is_told_and_the_rest_in_the_morning(room: Newsroom) -> None:
    await room.hire("wang")
    await room.file()
    await room.file(number(2), danger="gas", clock="danger")
    room.clock.at = NIGHT
    await room.news("staff:wang", "urge")
    await room.tick()
    await room.news("staff:wang", "arrived", ticket=number(2), urgent=True)
    await room.tick()
    (push,) = await room.outbox()
    assert push.ticket == number(2)
    await room.wait(EIGHT - NIGHT - timedelta(seconds=1))
    assert NUMBER not in [push.ticket for push in await room.outbox()]
    await room.wait(timedelta(seconds=1))
    assert NUMBER in [push.ticket for push in await room.outbox()]


async def test_news_that_no_longer_mean_anything_are_not_told(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("zhao")
    taken = await room.file()
    await room.alter(taken, Action.TAKE, handler="zhao")
    over = await room.file(number(2))
    await room.alter(over, Action.WITHDRAW)
    moved = await room.file(number(3))
    await room.alter(moved, Action.DISPATCH, unit="heping-committee")
    for n, what in ((1, "arrived"), (2, "urge"), (3, "urge")):
        await room.news("staff:wang", what, ticket=number(n))
    await room.tick()
    assert await room.outbox() == []
    assert await room.store.reader.notes("staff:wang") == []


async def test_nobody_hears_of_their_own_case_or_of_one_behind_the_wall(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("boss", Role.SUPERVISOR, "")
    await room.file(reporter=Address("chat", "wang"))
    await room.file(number(2), walled=True, unit="")
    await room.news("staff:wang", "urge")
    await room.news("staff:boss", "urge", ticket=number(2))
    await room.tick()
    assert await room.outbox() == []


async def test_a_list_shows_ten_and_counts_the_rest(room: Newsroom) -> None:
    await room.hire("wang")
    for n in range(100, 113):
        await room.file(number(n))
    await many(room, "staff:wang", 13)
    await room.tick()
    (push,) = await room.outbox()
    assert "有13件" in push.reply.text
    assert "还有3件" in push.reply.text
    assert len(push.reply.choices) == 11


async def test_a_storm_becomes_one_digest_for_each_and_leaves_nothing_behind(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("zhao")
    await room.file(number(100))
    await many(room, f"unit:{UNIT}", 3000)
    await room.tick()
    pushes = await room.outbox()
    assert [push.address.id for push in pushes] == ["wang", "zhao"]
    assert "3000" in pushes[0].reply.text
    assert await room.store.reader.notes_waiting(f"unit:{UNIT}") == (0, 0)


async def test_where_work_is_shared_by_load_one_handler_gets_each_ticket(tmp_path: Path, guide: Guide) -> None:
    units = {**guide.town.units, UNIT: replace(guide.town.units[UNIT], assign=LOAD)}
    async with newsroom(tmp_path / "load", Guide.of(replace(guide.town, units=units))) as room:
        await room.hire("wang")
        await room.hire("zhao")
        for n in range(100, 160):
            await room.file(number(n))
        now = room.clock.now()
        notes = [
            Note(key=f"arrived:{n}", box=f"unit:{UNIT}", what="arrived", ticket=number(n), at=now)
            for n in range(100, 160)
        ]
        await room.store.commit(Changes(at=now, notes=notes, timers=[Timer("fold", f"unit:{UNIT}", now)]))
        await room.wait(timedelta(minutes=1))
        pushes = await room.outbox()
        assert {push.address.id for push in pushes} == {"wang", "zhao"}
        assert await room.store.reader.load(["wang", "zhao"]) == {"wang": 30, "zhao": 30}


async def test_a_full_box_of_one_person_is_one_push(room: Newsroom) -> None:
    await room.hire("wang")
    for n in range(100, 160):
        await room.file(number(n))
    await many(room, "staff:wang", 60)
    await room.tick()
    (push,) = await room.outbox()
    assert "有60件" in push.reply.text
    assert await room.store.reader.notes_waiting("staff:wang") == (0, 0)


async def test_news_of_a_name_that_is_no_more_silence_nobody(room: Newsroom) -> None:
    await room.hire("wang")
    await room.file()
    await room.news("staff:wang", "of_an_older_version")
    await room.news("staff:wang", "without_a_ticket_too", ticket="")
    await room.tick()
    (push,) = await room.outbox()
    assert NUMBER in push.reply.text


# What is not delivered climbs


async def told(room: Newsroom, state: str = "kept", reason: str = "window") -> None:
    await room.file()
    await room.news("staff:wang")
    await room.tick()
    assert len(await room.outbox(state, reason)) == 1


@pytest.mark.parametrize(("state", "reason"), [("sent", ""), ("kept", KNOCKED)])
async def test_what_arrived_stays_where_it_is(room: Newsroom, state: str, reason: str) -> None:
    await room.hire("wang")
    await room.hire("lead", Role.LEAD)
    await told(room, state, reason)
    await room.wait(timedelta(hours=1))
    assert await room.outbox() == []


async def test_what_did_not_arrive_goes_to_the_next_address_then_to_the_lead(room: Newsroom) -> None:
    await room.hire("wang", addresses=(Address("chat", "wang"), Address("chat", "wang2")))
    await room.hire("lead", Role.LEAD)
    await told(room)
    await room.wait(timedelta(minutes=29))
    assert await room.outbox() == []
    await room.wait(timedelta(minutes=1))
    (again,) = await room.outbox("kept", "window")
    assert again.address.id == "wang2"
    assert again.reply == room.pushed[0].reply
    await room.wait(timedelta(minutes=30))
    (up,) = await room.outbox()
    assert up.address.id == "lead"
    assert "wang同志" in up.reply.text
    assert up.ticket == NUMBER
    events = await room.store.reader.events(NUMBER)
    assert events[-1].action is Action.NOTE
    assert events[-1].data["undelivered"] == "wang"
    assert "lead同志" in events[-1].data["text"]


async def test_danger_climbs_after_five_minutes_and_to_the_top(room: Newsroom) -> None:
    await room.hire("wang")
    await room.hire("lead", Role.LEAD)
    await room.hire("boss", Role.SUPERVISOR, "")
    await room.hire("admin", Role.ADMIN, "")
    room.clock.at = NIGHT
    await room.file(danger="gas", clock="danger")
    await room.news("staff:wang", "arrived", urgent=True)
    await room.tick()
    climbed = []
    for _ in range(5):
        climbed += [push.address.id for push in await room.outbox("unclear")]
        await room.wait(timedelta(minutes=5))
    assert list(dict.fromkeys(climbed)) == ["wang", "lead", "boss", "admin"]
    assert all(push.lane is Lane.URGENT for push in room.pushed)


async def test_several_news_of_a_ticket_that_reach_nobody_are_noted_once_and_leave_it_as_it_is(room: Newsroom) -> None:
    """Urgent and calm ones of one matter in one turn; whoever cannot be told may know it by its summary only."""
    await room.hire("wang", addresses=())
    ticket = await room.file(walled=True)
    await room.news("staff:wang", "arrived", urgent=True)
    await room.news("staff:wang", "urge", urgent=True)
    await room.news("staff:wang", "supplemented")
    await room.tick()
    notes = [e for e in await room.store.reader.events(NUMBER) if e.data.get("undelivered") == "wang"]
    assert len(notes) == 1
    after = await room.store.reader.ticket(NUMBER)
    assert after is not None
    assert (after.text, after.place) == (ticket.text, ticket.place)
    assert after.text
    assert await room.store.reader.notes("staff:wang") == []


async def test_whoever_has_no_address_that_works_is_passed_over_at_once(room: Newsroom) -> None:
    await room.hire("wang", addresses=())
    await room.hire("lead", Role.LEAD)
    await room.file()
    await room.news("staff:wang")
    await room.tick()
    assert [push.address.id for push in await room.outbox()] == ["lead"]


# Residents

RESIDENT = Address("chat", "li")


async def for_resident(room: Newsroom, what: str, **params: str) -> None:
    now = room.clock.now()
    note = Note(
        key=f"{what}:{now.isoformat()}:{params}",
        box=str(RESIDENT),
        topic=NUMBER,
        what=what,
        ticket=NUMBER,
        at=now,
        params={"unit": UNIT, **params},
    )
    timer = Timer("news", f"{NUMBER}|{RESIDENT}", now, len(params), address=RESIDENT)
    await room.store.commit(Changes(at=now, notes=[note], timers=[timer]))
    await room.tick()


async def says(room: Newsroom, text: str) -> None:
    at = room.clock.now()
    message = InboundMessage(address=RESIDENT, key=text, kind=MessageKind.TEXT, at=at, text=text)
    answer = await room.dispatcher.take(message)
    assert answer.reply is not None
    assert "通知您" in answer.reply.text
    await room.outbox()


async def test_a_resident_hears_folded_news_of_a_ticket_once_in_four_hours(room: Newsroom) -> None:
    await room.file(reporter=RESIDENT)
    await for_resident(room, "taken")
    (push,) = await room.outbox()
    assert (push.address, push.ticket, push.lane) == (RESIDENT, NUMBER, Lane.NOTICE)
    assert NUMBER in push.reply.text
    await room.wait(timedelta(hours=1))
    await for_resident(room, "progress", text="材料已到")
    await for_resident(room, "progress", text="明天更换灯头")
    assert await room.outbox() == []
    await room.wait(timedelta(hours=3))
    (push,) = await room.outbox()
    assert push.reply.text.index("材料已到") < push.reply.text.index("明天更换灯头")


async def test_news_of_progress_are_void_when_the_answer_has_left(room: Newsroom) -> None:
    await room.file(reporter=RESIDENT, status=Status.ANSWERED)
    await for_resident(room, "progress", text="明天更换灯头")
    assert await room.outbox() == []


async def test_folded_news_of_the_night_come_in_the_morning(room: Newsroom) -> None:
    await room.file(reporter=RESIDENT)
    room.clock.at = NIGHT
    await for_resident(room, "taken")
    assert await room.outbox() == []
    await room.wait(EIGHT - NIGHT)
    assert len(await room.outbox()) == 1


async def test_who_wants_few_notices_gets_none_of_the_folded_ones(room: Newsroom) -> None:
    await room.file(reporter=RESIDENT)
    await says(room, "少通知")
    await for_resident(room, "taken")
    assert await room.outbox() == []
    assert await room.store.reader.notes(str(RESIDENT)) == []
    await says(room, "unmute")
    await room.wait(timedelta(hours=4))
    await for_resident(room, "progress", text="材料已到")
    assert len(await room.outbox()) == 1


# Who cannot be reached


async def test_who_cannot_be_reached_is_named(room: Newsroom, tmp_path: Path) -> None:
    await room.hire("an")
    await room.hire("bo", addresses=())
    await room.hire("chen")
    await room.remember(Address("chat", "chen"), reachable=False)
    await room.hire("wang")
    await told(room)  # kept: the window is shut
    async with reading("", tmp_path / "data") as read:
        assert [staff.id for staff in await unreached(read)] == ["bo", "chen", "wang"]


async def test_who_was_knocked_at_is_reached(room: Newsroom, tmp_path: Path) -> None:
    await room.hire("wang")
    await told(room, "kept", KNOCKED)
    async with reading("", tmp_path / "data") as read:
        assert await unreached(read) == ()

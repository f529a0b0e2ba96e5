"""Joining and leaving on the real store: races, hundreds of cases, what is logged and what is kept of a code."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.catalogue import COMMANDS_PREFIX
from bot.changes import Changes, StaffEvent
from bot.clock import FixedClock
from bot.domain.invitations import digest_of
from bot.domain.people import DESK, Address, Invitation, Role, Staff
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.words import desk_word
from bot.message import InboundMessage, MessageKind
from bot.ports import Wanted
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.metrics import Metrics
from bot.runtime.timer_firer import TimerFirer
from handlers.router import Router
from handlers.timers.absences import CHUNK
from storage.numbers import BlockNumbers
from storage.store import SqliteStore
from tests.dialogue.stage import sample_guide, texts
from tests.fakes.small_desk import CHAT

CODE = "K7QXM-3R9TD"


@dataclass
class Office:
    """A desk on a real store whose messages are handed in directly."""

    store: SqliteStore
    clock: FixedClock
    dispatcher: Dispatcher
    firer: TimerFirer
    keys: itertools.count[int] = field(default_factory=itertools.count)

    async def say(self, who: str, text: str, press: str = "") -> str:
        message = InboundMessage(
            address=Address("web", who),
            key=str(next(self.keys)),
            kind=MessageKind.PRESS if press else MessageKind.TEXT,
            at=self.clock.now(),
            text=text,
            press=press,
        )
        answer = await self.dispatcher.take(message)
        return answer.reply.text if answer.reply else ""

    async def employ(self, id_: str, role: Role = Role.HANDLER, unit: str = "transport") -> Staff:
        staff = Staff(
            id=id_, name=id_, role=role, unit=unit, addresses=(Address("web", id_),), joined_at=self.clock.now()
        )
        joined = StaffEvent(staff=id_, seq=1, at=self.clock.now(), action="joined", by=DESK)
        await self.store.commit(Changes(at=self.clock.now(), staff=[(staff, joined)]))
        return staff

    async def invite(self, code: str = CODE, **fields: object) -> None:
        now = self.clock.now()
        invitation = Invitation(
            digest=digest_of(code), role=Role.HANDLER, unit="transport", made_at=now, expires_at=now + timedelta(days=7)
        )
        await self.store.commit(Changes(at=now, invitations=[replace(invitation, **fields)]))

    async def tickets(self, handler: str, count: int, status: Status = Status.IN_PROGRESS) -> None:
        now = self.clock.now()
        changes = Changes(at=now)
        for number in range(count):
            ticket = Ticket(
                number=f"260304-{number:05}",
                code="123456",
                alias="A",
                type=Type.COMPLAINT,
                kind="roads",
                status=status,
                source="web",
                channel="web",
                text="路灯坏了",
                filed_at=now,
                dispatched_at=now,
                due_at=now + timedelta(days=7),
                unit="transport",
                handler=handler,
            )
            changes.tickets[ticket.number] = ticket
        await self.store.commit(changes)

    async def settle(self) -> None:
        """Fire what is due now."""
        for _ in range(50):
            if not await self.firer.once():
                return

    async def people(self) -> list[Staff]:
        return list((await self.store.reader.directory()).active)


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    clock, guide, catalogue, metrics = FixedClock(), sample_guide(), texts(), Metrics()
    store = await SqliteStore.open("", folder, clock=clock)
    waiting: list[TimerFirer] = []

    def committed(changes: Changes) -> None:
        for timer in changes.timers:
            waiting[0].expect(timer.due_at)

    router = Router(catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX))
    desk = Desk(
        store=store,
        clock=clock,
        numbers=BlockNumbers(store.take_numbers, guide.town.timezone),
        guide=lambda: guide,
        words=catalogue.words,
        traits={"web": CHAT},
        handle=router.handle,
        fire=router.fire,
        metrics=metrics,
        committed=committed,
    )
    dispatcher = Dispatcher(desk)
    waiting.append(TimerFirer(store, clock, dispatcher.fire, asyncio.Event()))
    try:
        yield Office(store, clock, dispatcher, waiting[0])
    finally:
        await store.close()


@pytest.mark.parametrize("many", [2, 9])
async def test_of_many_who_use_one_code_at_the_same_moment_one_joins(many: int, tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.invite()
        said = await asyncio.gather(*(desk.say(f"p{n}", f"绑定 {CODE}") for n in range(many)))
        assert sum("您已成为经办人" in text for text in said) == 1
        assert sum("这个码不能用" in text for text in said) == many - 1
        [staff] = await desk.people()
        assert len(staff.addresses) == 1


async def test_one_who_sends_the_code_twice_at_once_joins_once(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.invite()
        said = await asyncio.gather(*(desk.say("p", f"绑定 {CODE}") for _ in range(2)))
        assert sorted("您已成为经办人" in text for text in said) == [False, True]
        assert any("您已经绑定了" in text for text in said)
        assert len(await desk.people()) == 1


async def test_one_with_two_codes_at_once_joins_once(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.invite()
        await desk.invite("K7QXM-3R9TE", role=Role.SUPERVISOR, unit="")
        await asyncio.gather(desk.say("p", f"绑定 {CODE}"), desk.say("p", "绑定 K7QXM-3R9TE"))
        assert len(await desk.people()) == 1


async def test_wrong_expired_and_used_codes_get_the_same_words_and_count(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.invite()
        await desk.invite("K7QXM-3R9TE", expires_at=desk.clock.now())
        await desk.say("first", f"绑定 {CODE}")
        said = {await desk.say("p", f"绑定 {code}") for code in (CODE, "K7QXM-3R9TE", "K7QXM-3R9TF")}
        assert len(said) == 1
        session = await desk.store.reader.session(Address("web", "p"))
        assert session is not None
        assert len(session.tries) == 3


async def test_after_five_wrong_codes_even_the_right_one_waits_an_hour(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.invite()
        for n in range(5):
            await desk.say("p", f"绑定 K7QXM-3R9T{n}")
        assert "一小时后再试" in await desk.say("p", f"绑定 {CODE}")
        desk.clock.advance(timedelta(minutes=61))
        assert "您已成为经办人" in await desk.say("p", f"绑定 {CODE}")


async def test_only_the_digest_of_an_invitation_is_stored_with_it(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.employ("boss", Role.ADMIN, "")
        said = await desk.say("boss", "邀请 经办人 transport 王强")
        code = said.split("绑定 ")[1].split()[0]
        invitation = await desk.store.reader.invitation(digest_of(code))
        assert invitation is not None
        assert (invitation.name, invitation.by) == ("王强", "boss")
        assert code not in repr(invitation)


async def test_every_change_of_somebody_is_logged(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.employ("boss", Role.ADMIN, "")
        await desk.employ("second")
        await desk.invite(name="王强", by="boss")
        await desk.say("w", f"绑定 {CODE}")
        staff = next(s for s in await desk.people() if s.name == "王强")
        own = (await desk.say("w", "绑定")).split("绑定 ")[1].split("”")[0]
        await desk.say("w2", f"绑定 {own}")
        await desk.say("w", "离岗 明天 second")
        await desk.say("w2", "回岗")
        await desk.say("boss", "值班 王强 明天")
        await desk.say("boss", "移除 王强")
        events = await desk.store.reader.staff_events(staff.id)
        assert [(e.seq, e.action, e.by) for e in events] == [
            (1, "joined", "boss"),
            (2, "address", staff.id),
            (3, "leave", staff.id),
            (4, "leave", staff.id),
            (5, "duty", "boss"),
            (6, "removed", "boss"),
        ]
        assert [a.id for a in (await desk.store.reader.directory()).by_id[staff.id].addresses] == ["w2", "w"]


@pytest.mark.parametrize("count", [1, CHUNK, 3 * CHUNK + 7])
async def test_who_is_removed_gives_back_hundreds_of_cases(count: int, tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.employ("boss", Role.LEAD)
        await desk.employ("w")
        await desk.tickets("w", count)
        assert f"手上的{count}件" in await desk.say("boss", "移除 w")
        await desk.settle()
        assert await desk.store.reader.count(Wanted(handler="w")) == 0
        assert await desk.store.reader.count(Wanted(handler="", units=("transport",))) == count
        [last] = [e for e in await desk.store.reader.events("260304-00000") if e.action == "hand"]
        assert (last.by, last.data) == ("boss", {"from": "w", "to": ""})
        notes = await desk.store.reader.notes("staff:boss")
        assert [(note.what, note.params["count"]) for _, note in notes] == [("cases_back", str(count))]


async def test_what_has_ended_stays_with_whoever_ended_it(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.employ("boss", Role.LEAD)
        await desk.employ("w")
        await desk.tickets("w", 3, Status.ANSWERED)
        await desk.say("boss", "移除 w")
        await desk.settle()
        ticket = await desk.store.reader.ticket("260304-00000")
        assert ticket is not None
        assert ticket.handler == "w"


async def test_a_removed_persons_buttons_do_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        await desk.employ("boss", Role.LEAD)
        await desk.employ("w")
        await desk.tickets("", 1, Status.DISPATCHED)
        await desk.say("boss", "移除 w")
        for press in ("260304-00000:take", "staff:todo", "staff:staff", "staff:remove=boss", "staff:invite=lead x"):
            said = await desk.say("w", "", press=press)
            assert "路灯" not in said
        ticket = await desk.store.reader.ticket("260304-00000")
        assert ticket is not None
        assert ticket.handler == ""
        assert [staff.id for staff in await desk.people()] == ["boss"]


async def test_two_who_remove_one_person_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        for boss in ("boss1", "boss2"):
            await desk.employ(boss, Role.LEAD)
        await desk.employ("w")
        said = await asyncio.gather(desk.say("boss1", "移除 w"), desk.say("boss2", "移除 w"))
        assert sorted("已移除" in text for text in said) == [False, True]
        assert len(await desk.store.reader.staff_events("w")) == 2


async def test_what_is_not_a_code_is_a_residents_matter(tmp_path: Path) -> None:
    async with office(tmp_path) as desk:
        for text in ("绑定手机号一直不成功", "加入业委会要什么条件", "join us", "绑定 社保卡 怎么弄"):
            await desk.say("p", text)
            session = await desk.store.reader.session(Address("web", "p"))
            assert session is not None
            assert session.draft is not None, text
            await desk.say("p", "取消")

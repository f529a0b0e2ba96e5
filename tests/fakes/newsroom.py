"""A desk with a real store and real use cases, and no channel: tests say what became of each push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.changes import Changes, Note, Reporter, StaffEvent, Timer
from bot.clock import FixedClock
from bot.conversation.session import Session
from bot.domain import words
from bot.domain.guide import Guide
from bot.domain.numbers import make
from bot.domain.people import Address, Role, Staff
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.message import Push
from bot.ports import PushOutcome, Traits
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.metrics import Metrics
from bot.townfile import SAMPLE, load_town
from handlers.router import Router
from storage.numbers import BlockNumbers
from storage.store import SqliteStore
from tests.fakes.small_desk import CHAT

MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in town
UNIT = "qiaonan-committee"  # below nanqiao-office
NUMBER = make(MORNING.date(), 1)
LOCALES = Path(__file__).parent.parent.parent / "locales"


@cache
def texts() -> Catalogue:
    """All texts, read once."""
    return Catalogue.load(LOCALES)


@dataclass
class Newsroom:
    """``pushed`` are all pushes taken out of the outbox so far."""

    store: SqliteStore
    clock: FixedClock
    desk: Desk
    dispatcher: Dispatcher
    pushed: list[Push] = field(default_factory=list)

    async def hire(self, id_: str, role: Role = Role.HANDLER, unit: str = UNIT, **fields: Any) -> Staff:
        given: dict[str, Any] = {"addresses": (Address("chat", id_),), **fields}
        staff = Staff(id=id_, name=f"{id_}同志", role=role, unit=unit, joined_at=MORNING, **given)
        event = StaffEvent(staff=id_, seq=staff.seq, at=self.clock.now(), action="joined", by="desk")
        await self.store.commit(Changes(at=self.clock.now(), staff=[(staff, event)]))
        return staff

    async def file(self, number: str = NUMBER, reporter: Address | None = None, **fields: Any) -> Ticket:
        """A ticket at a unit, its words "路灯坏了三天", due in five working days."""
        now = self.clock.now()
        given: dict[str, Any] = {
            "status": Status.DISPATCHED,
            "unit": UNIT,
            "dispatched_at": now,
            "due_at": MORNING + timedelta(days=7, hours=8),
            "kind": "street-lights",
            "area": "qiaonan",
            "filed_at": now,
            **fields,
        }
        ticket = Ticket(
            number=number,
            code="012345",
            alias="居民甲",
            type=Type.COMPLAINT,
            source="chat",
            channel="chat",
            text="路灯坏了三天",
            **given,
        )
        changes = Changes(at=now)
        changes.ticket(ticket, ticket.event(Action.FILE, now))
        if reporter is not None:
            changes.reporters.append(Reporter(number, reporter, "filer", now))
        await self.store.commit(changes)
        return ticket

    async def alter(self, ticket: Ticket, action: Action, **fields: Any) -> Ticket:
        """The ticket one step on."""
        after = ticket.after(action, self.clock.now(), **fields)
        changes = Changes(at=self.clock.now())
        changes.ticket(after, after.event(action, self.clock.now()))
        await self.store.commit(changes)
        return after

    async def remember(self, address: Address, **fields: Any) -> None:
        """What is remembered of somebody nobody has met before."""
        session = Session(address=address, seq=1, **fields)
        await self.store.commit(Changes(address=address, session=session, at=self.clock.now()))

    async def news(
        self, box: str, what: str = "arrived", ticket: str = NUMBER, *, urgent: bool = False, **params: str
    ) -> None:
        """Put news into a box and have it opened now."""
        now = self.clock.now()
        key = f"{what}:{ticket}:{box}:{now.isoformat()}"
        note = Note(key=key, box=box, what=what, ticket=ticket, at=now, urgent=urgent, params=params)
        timer = Timer("fold", box, now, len(self.pushed) + (await self.store.reader.notes_waiting(box))[1])
        await self.store.commit(Changes(at=now, notes=[note], timers=[timer]))

    async def tick(self) -> None:
        """Fire what is due now; nothing may be due for ever."""
        for _ in range(30):
            due = await self.store.due_timers(self.clock.now(), 500)
            if not due:
                return
            for timer in due:
                assert await self.dispatcher.fire(timer), f"{timer} failed"
        raise AssertionError("timers do not go away")

    async def wait(self, span: timedelta) -> None:
        """Let time pass, stopping at each timer."""
        end = self.clock.now() + span
        while (due := await self.store.next_timer_at()) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            await self.tick()
        self.clock.at = end

    async def outbox(self, state: str = "sent", reason: str = "", channel: str = "chat") -> list[Push]:
        """Take all pushes that may go now and say what became of them."""
        taken: list[Push] = []
        while claimed := await self.store.claim_pushes(channel, self.clock.now(), 100):
            taken += [each.push for each in claimed]
            now = self.clock.now()
            await self.store.settle_pushes([PushOutcome(each.id, state, now, reason=reason) for each in claimed])
        self.pushed += taken
        return taken


@asynccontextmanager
async def newsroom(
    folder: Path, guide: Guide | None = None, at: datetime = MORNING, traits: Mapping[str, Traits] | None = None
) -> AsyncIterator[Newsroom]:
    """Open one. ``traits``: what channels can do, besides "chat"."""
    clock, catalogue = FixedClock(at), texts()
    guide = guide or Guide.of(load_town(SAMPLE))
    store = await SqliteStore.open("", folder, clock=clock)
    router = Router(catalogue.vocabulary(words.desk_word), catalogue.vocabulary(words.desk_word, COMMANDS_PREFIX))
    desk = Desk(
        store=store,
        clock=clock,
        numbers=BlockNumbers(store.take_numbers, guide.town.timezone),
        guide=lambda: guide,
        words=catalogue.words,
        traits={"chat": CHAT, **(traits or {})},
        handle=router.handle,
        fire=router.fire,
        metrics=Metrics(),
    )
    try:
        yield Newsroom(store, clock, desk, Dispatcher(desk))
    finally:
        await asyncio.sleep(0)
        await store.close()

"""A staffed desk without a network: the real store, router and dispatcher, people who type, and a clock that is moved.

Everybody has the same chat, with buttons. What is pushed to somebody is delivered at once and lies in their `heard`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from msgspec.structs import replace as changed

from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.changes import Changes, Reporter, StaffEvent
from bot.clock import FixedClock
from bot.domain.guide import Guide
from bot.domain.people import DESK, Address, Role, Staff
from bot.domain.place import Pin
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.town import Town
from bot.domain.words import desk_word
from bot.message import Attachment, AttachmentType, Choice, InboundMessage, MessageKind, Reply
from bot.ports import PushOutcome, Traits
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.metrics import Metrics
from bot.simplified import learn_traditional
from bot.townfile import SAMPLE, load_town
from handlers.router import Router
from storage.numbers import BlockNumbers
from storage.store import SqliteStore

CHAT = Traits(answers_at_once=True, quiet_window=False, late_card=False, edits=False, buttons=True, text_limit=20_000)
FILER = Address("chat", "filer")


@cache
def sample_town() -> Town:
    learn_traditional()
    return load_town(SAMPLE)


@cache
def texts() -> Catalogue:
    return Catalogue.load(Path(__file__).parent.parent.parent / "locales")


@dataclass
class Person:
    """Somebody with a phone: what they were answered last, and what was pushed to them."""

    hall: Hall
    address: Address
    staff: Staff | None = None
    last: Reply = field(default_factory=lambda: Reply(""))
    heard: list[str] = field(default_factory=list)

    async def say(self, text: str, *files: str) -> str:
        """The text of the answer. ``files`` are fingerprints of photos that come with it."""
        photos = tuple(
            Attachment(type=AttachmentType.PHOTO, ref=f"ref-{f}", fingerprint=f, mime="image/jpeg") for f in files
        )
        kind = MessageKind.ATTACHMENT if files else MessageKind.TEXT
        return await self._send(kind, text=text, attachments=photos)

    async def pin(self, latitude: float, longitude: float) -> str:
        """The text of the answer to a place in WGS-84."""
        return await self._send(MessageKind.PLACE, pin=Pin(latitude, longitude))

    async def press(self, label: str) -> str:
        """The answer to the first choice shown last whose label begins so."""
        choice = next((c for c in self.last.choices if c.label.startswith(label)), None)
        assert choice is not None, f"nothing to tap that begins with {label}: {self.last}"
        return await self.tap(choice)

    async def tap(self, choice: Choice | str) -> str:
        """The answer to a button, wherever it was shown."""
        return await self._send(MessageKind.PRESS, press=choice if isinstance(choice, str) else choice.token)

    def token(self, label: str) -> str:
        """What a button shown last says."""
        return next(c.token for c in self.last.choices if c.label.startswith(label))

    async def _send(self, kind: MessageKind, **fields: object) -> str:
        self.hall.count += 1
        message = InboundMessage(
            address=self.address,
            key=f"m{self.hall.count}",
            kind=kind,
            at=self.hall.clock.now(),
            **fields,  # type: ignore[arg-type]  # the fields of a message, as the callers above spell them
        )
        answer = await self.hall.dispatcher.take(message)
        assert answer.reply is not None
        self.last = answer.reply
        return answer.reply.text


@dataclass
class Hall:
    """The desk and everybody in it."""

    store: SqliteStore
    clock: FixedClock
    guide: Guide
    dispatcher: Dispatcher
    people: dict[Address, Person] = field(default_factory=dict)
    count: int = 0

    async def staff(self, name: str, role: Role, unit: str = "", /, **details: object) -> Person:
        """Somebody who works here from now on."""
        address = Address("chat", name)
        staff = changed(
            Staff(id=f"id-{name}", name=name, role=role, unit=unit, addresses=(address,), joined_at=self.clock.now()),
            **details,
        )
        joined = StaffEvent(staff=staff.id, seq=staff.seq, at=self.clock.now(), action="joined", by=DESK)
        await self.store.commit(Changes(at=self.clock.now(), staff=[(staff, joined)]))
        person = self.people[address] = Person(self, address, staff)
        return person

    def resident(self, name: str = "filer") -> Person:
        """Somebody who does not work here."""
        address = Address("chat", name)
        return self.people.setdefault(address, Person(self, address))

    async def filed(self, number: str, unit: str, filer: str = "filer", **details: object) -> Ticket:
        """A ticket that was just dispatched to a unit."""
        now = self.clock.now()
        due = self.guide.calendar_of(unit).after_working_days(now, 5).at
        ticket = changed(
            Ticket(
                number=number,
                code="123456",
                alias="ABCD",
                type=Type.COMPLAINT,
                kind="roads",
                status=Status.FILED,
                source="chat",
                channel="chat",
                text="人民路的路灯坏了三天，晚上看不见路",
                filed_at=now,
            ),
            **details,
        )
        changes = Changes(at=now)
        changes.ticket(ticket, ticket.event(Action.FILE, now, by=f"chat:{filer}"))
        ticket = ticket.after(Action.DISPATCH, now, unit=unit, due_at=due, promised_at=due)
        changes.ticket(ticket, ticket.event(Action.DISPATCH, now, unit=unit))
        changes.reporters.append(Reporter(number, self.resident(filer).address, "filer", now))
        await self.store.commit(changes)
        return ticket

    async def ticket(self, number: str) -> Ticket:
        found = await self.store.reader.ticket(number)
        assert found is not None
        return found

    async def actions(self, number: str) -> list[Action]:
        return [event.action for event in await self.store.reader.events(number)]

    async def settle(self) -> None:
        """Fire what is due and deliver what was pushed, until nothing is left."""
        for _ in range(50):
            due = await self.store.due_timers(self.clock.now(), 100)
            for timer in due:
                assert await self.dispatcher.fire(timer), timer
            pushes = await self.store.claim_pushes("chat", self.clock.now(), 100)
            for push in pushes:
                self.people[push.push.address].heard.append(push.push.reply.text)
            outcomes = [PushOutcome(push.id, "sent", self.clock.now()) for push in pushes]
            if outcomes:
                await self.store.settle_pushes(outcomes)
            if not due and not pushes:
                return
        raise AssertionError(f"something does not go away: {due}")

    async def until(self, moment: datetime) -> None:
        """Move the clock, stopping at every timer on the way."""
        await self.settle()
        while (due := await self.store.next_timer_at()) is not None and due <= moment:
            self.clock.at = max(self.clock.at, due)
            await self.settle()
        self.clock.at = max(self.clock.at, moment)
        await self.settle()

    async def after(self, **step: float) -> None:
        await self.until(self.clock.now() + timedelta(**step))

    async def after_working_hours(self, hours: float) -> None:
        await self.until(self.guide.calendar.after_working_hours(self.clock.now(), hours).at)


@asynccontextmanager
async def town_hall(
    folder: Path, start: datetime, change: Callable[[Town], Town] = lambda town: town, traits: Traits = CHAT
) -> AsyncIterator[Hall]:
    """Open the desk of the sample town (as ``change`` makes it) at a moment, on a chat of these ``traits``."""
    clock, guide, catalogue = FixedClock(start), Guide.of(change(sample_town())), texts()
    store = await SqliteStore.open("", folder, clock=clock)
    try:
        router = Router(catalogue.vocabulary(desk_word), catalogue.vocabulary(desk_word, COMMANDS_PREFIX))
        desk = Desk(
            store=store,
            clock=clock,
            numbers=BlockNumbers(store.take_numbers, guide.town.timezone),
            guide=lambda: guide,
            words=catalogue.words,
            traits={"chat": traits},
            handle=router.handle,
            fire=router.fire,
            metrics=Metrics(),
        )
        yield Hall(store, clock, guide, Dispatcher(desk))
        assert (await store.audit.verify()).problems == []  # whatever was done, the chained record tells it
    finally:
        await store.close()


def signing_off(unit: str) -> Callable[[Town], Town]:
    """A town in which a unit wants its lead's signature under every answer."""
    return lambda town: replace(town, units={**town.units, unit: replace(town.units[unit], sign_off=True)})

"""A desk that plays: one resident, one handler, one supervisor, and a clock that can be pushed on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import structs

from bot.changes import Changes, StaffEvent
from bot.clock import ShiftedClock
from bot.conversation.session import Session
from bot.domain.guide import Guide
from bot.domain.people import DESK, Address, Role, Staff
from bot.domain.ticket import Ticket
from bot.errors import NotFound, StoreUnavailable
from bot.message import Attachment, AttachmentType, InboundMessage, JsonObject, MessageKind, Picture
from bot.ports import Channel, Line, MediaStore
from bot.runtime.desk import Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.push_sender import PushSender
from bot.runtime.timer_firer import AGAIN, TimerFirer

CAST = ("resident", "handler", "supervisor")
STOPS = 2000
"""Timers at which the clock stops on its way, at most: a rehearsal that has more is not one."""
ROUNDS = 50

PHOTO = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
"""A picture of one point."""


class Rehearsal:
    """Plays on a desk of its own. Whatever is said or due has happened, with all that follows, when a call returns."""

    def __init__(
        self,
        desk: Desk,
        clock: ShiftedClock,
        channel: Channel,
        media: MediaStore,
        index: Callable[[], Awaitable[int]],
        draw: Callable[[], Awaitable[int]],
    ) -> None:
        """``index`` makes new words findable, ``draw`` draws the pictures that are owed. The handler moves to the unit
        that has the newest ticket."""
        desk = replace(desk, clock=clock, committed=self._committed)
        self._desk, self._clock, self._channel, self._media = desk, clock, channel, media
        self._index, self._draw = index, draw
        self._unit, self._locale = next(iter(desk.guide().town.units), ""), ""
        self._dispatcher = Dispatcher(desk)
        self._firer = TimerFirer(desk.store, clock, self._dispatcher.fire, asyncio.Event())
        self._sender = PushSender(
            channel, desk.store, clock, desk.metrics, self._nobody, asyncio.Event(), self._firer.expect
        )
        self._acting = asyncio.Lock()
        self._drawing: asyncio.Task[None] | None = None

    def address(self, part: str) -> Address:
        """Where somebody of the cast is reached."""
        return Address(self._channel.name, part)

    async def open(self, standing: Callable[[Guide, datetime], Changes]) -> None:
        """Go to working time, set the desk's own timers and bring in the cast.

        At night staff hear only of danger, so a rehearsal that began there would show an empty desk.
        """
        guide, now = self._desk.guide(), self._clock.now()
        if not guide.calendar.is_open(now):
            self._clock.push_to(guide.calendar.next_opening(now))
        own = standing(guide, self._clock.now())
        await self._desk.store.commit(own)
        self._committed(own)
        await self._engage("handler", Role.HANDLER, self._unit)
        await self._engage("supervisor", Role.SUPERVISOR, "")

    async def speak(self, locale: str) -> None:
        """Let the whole cast read one language from now on."""
        async with self._acting:
            if locale == self._locale:
                return
            self._locale = locale
            for part in CAST:
                await self._dispatcher.amend(self.address(part), lambda session: _speaking(session, locale))
            await self._engage("handler", Role.HANDLER, self._unit)
            await self._engage("supervisor", Role.SUPERVISOR, "")

    async def say(self, part: str, *, text: str = "", press: str = "", photo: bool = False) -> None:
        """Let somebody say or tap something, or send a picture."""
        async with self._acting:
            attachments: tuple[Attachment, ...] = ()
            kind = MessageKind.PRESS if press else MessageKind.TEXT
            if photo:
                stored = await self._media.save(_once(PHOTO), len(PHOTO))
                kind = MessageKind.ATTACHMENT
                attachments = (
                    Attachment(
                        type=AttachmentType.PHOTO, ref="", mime=stored.mime, bytes=stored.bytes, sha256=stored.sha256
                    ),
                )
            elif not text and not press:
                return
            await self._dispatcher.take(
                InboundMessage(
                    address=self.address(part),
                    key=f"{part}:{secrets.token_urlsafe(16)}",
                    kind=kind,
                    at=self._clock.now(),
                    text=text,
                    press=press,
                    attachments=attachments,
                )
            )
            await self._follow()
            await self._settle()
            self._draw_soon()

    async def leap(self, leap: str) -> None:
        """Push the clock on by 10 minutes, 4 working hours, 1 or 5 working days, stopping wherever something is due."""
        async with self._acting:
            end, last = self._end(leap), None
            for _ in range(STOPS):
                due = await self._desk.store.next_timer_at()
                if due is None or due > end:
                    break
                # What failed rests a little before it is tried again; nothing else must be passed by meanwhile.
                self._clock.push_to(due if due != last else self._clock.now() + AGAIN)
                last = due
                await self._settle()
                if await self._draw():  # at once: when the clock stands still again nobody waits for it any more
                    await self._settle()
            self._clock.push_to(end)
            await self._settle()

    async def close(self) -> None:
        """Stop what is being drawn."""
        if self._drawing is not None:
            self._drawing.cancel()
            await asyncio.wait([self._drawing])

    def _draw_soon(self) -> None:
        """Draw what is owed while the words are read; it is shown when somebody looks again."""
        if self._drawing is None or self._drawing.done():
            self._drawing = asyncio.get_running_loop().create_task(self._drawn())

    async def _drawn(self) -> None:
        with contextlib.suppress(StoreUnavailable, OSError):  # the words say the same
            while await self._draw():
                pass

    async def talk(self, part: str) -> Sequence[Line]:
        """What somebody has said and was told."""
        return await self._desk.store.reader.talk(self.address(part), 200)

    async def content(self, picture: Picture) -> bytes | None:
        """A picture that somebody was shown; None where it is gone."""
        try:
            return b"".join([piece async for piece in self._media.open(picture.sha256)])
        except NotFound:
            return None

    async def facts(self) -> JsonObject:
        """The town's time and the newest ticket."""
        async with self._acting:
            await self._settle()
        guide = self._desk.guide()
        ticket = await self._newest()
        unit = guide.town.units.get(ticket.unit) if ticket else None
        local = self._clock.now().astimezone(ZoneInfo(guide.town.timezone))
        return {
            "now": f"{local:%Y-%m-%d %H:%M}",
            "ticket": ticket.number if ticket else "",
            "unit": unit.name if unit else "",
            "unit_en": (unit.name_en or unit.name) if unit else "",
            "status": ticket.status.value if ticket else "",
        }

    def _end(self, leap: str) -> datetime:
        calendar, now = self._desk.guide().calendar, self._clock.now()
        hours = self._desk.guide().town.limits
        match leap:
            case "minutes":
                return now + timedelta(minutes=10)
            case "hours":
                return calendar.after_working_hours(now, hours.take_hours).at
            case "day":
                return calendar.after_working_hours(now, hours.day_hours).at
            case _:
                return calendar.after_working_hours(now, 5 * hours.day_hours).at

    async def _settle(self) -> None:
        for _ in range(ROUNDS):
            done = await self._firer.once() + await self._sender.once() + await self._index()
            await self._sender.drain(5)
            if not done:
                return

    async def _newest(self) -> Ticket | None:
        tickets = await self._desk.store.reader.tickets_of(self.address("resident"), 1)
        return tickets[0] if tickets else None

    async def _follow(self) -> None:
        """The handler works where the newest ticket is, so that any complaint can be played to its end."""
        ticket = await self._newest()
        if ticket is None or not ticket.unit or ticket.unit == self._unit:
            return
        self._unit = ticket.unit
        await self._engage("handler", Role.HANDLER, ticket.unit)

    async def _engage(self, part: str, role: Role, unit: str) -> None:
        now = self._clock.now()
        known = (await self._desk.store.reader.directory()).by_id.get(part)
        staff = Staff(
            id=part,
            name=self._desk.words_in(self._locale)(f"demo.name.{part}"),
            role=role,
            unit=unit,
            walled=role is Role.SUPERVISOR,
            addresses=(self.address(part),),
            joined_at=now,
            seq=known.seq + 1 if known else 1,
        )
        event = StaffEvent(staff=part, seq=staff.seq, at=now, action="joined" if known is None else "changed", by=DESK)
        await self._desk.store.commit(Changes(at=now, staff=[(staff, event)]))

    def _committed(self, changes: Changes) -> None:
        for timer in changes.timers:
            self._firer.expect(timer.due_at)

    async def _nobody(self, address: Address) -> None:
        """Nobody of the cast ever leaves."""


def _speaking(session: Session, locale: str) -> Session:
    return structs.replace(session, locale=locale)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content

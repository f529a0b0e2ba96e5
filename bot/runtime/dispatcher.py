"""One message or one timer in, one committed turn out."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import Changes, Timer
from bot.conversation.session import Session
from bot.domain.people import DESK, Address
from bot.domain.ticket import Action
from bot.errors import AlreadyAnswered, AlreadyFired, Conflict, Lethal, Refusal, StoreUnavailable
from bot.failpoints import reach
from bot.message import Answer, InboundMessage, MessageKind, Reply
from bot.runtime.desk import NO_TRAITS, PAGE_TRAITS, Desk, Handler
from bot.runtime.gate import Gate
from bot.runtime.glances import Glances
from bot.runtime.hazards import TRIES, name_of, name_of_timer
from bot.runtime.incidents import Incidents
from bot.runtime.kept import told_under
from bot.runtime.landings import Landings
from bot.runtime.rounds import answering, rest, rounds
from bot.runtime.sessions import Sessions, met
from bot.runtime.turnstile import Turnstile
from bot.runtime.waiting_room import PUT_BY, WaitingRoom
from bot.turn import Turn

LEFT_TO_NEWER = timedelta(hours=1)
"""While a newer program comes beside us, its workers fire the timers that only they know."""


class Dispatcher(Glances, Landings):
    """Gives every message its answer, once: copies share it, one person's messages wait for each other.

    ``in_flight_max``: with more messages than that under way the next are refused, so that the platform repeats them.
    ``held``: people of whom something waits in the spool; nobody overtakes it. ``alone``: no other process answers.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        sessions_cached: int = 30_000,
        answers_cached: int = 4_096,
        in_flight_max: int = 10_000,
        alone: bool = True,
    ) -> None:
        super().__init__(desk, Sessions(desk.store.reader, sessions_cached, shared=not alone))
        self._rounds = rounds(alone=alone)
        self._commit = desk.store.commit
        self._incidents = Incidents(desk, self._sessions)
        self._turnstile = Turnstile()
        Landings.__init__(self)
        self._recent: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._recent_max = answers_cached
        self._in_flight_max = in_flight_max
        self._hazards = desk.hazards
        self._gate = Gate(desk.flood, desk.clock.monotonic, desk.metrics.held)
        self.room = WaitingRoom(desk)
        self.held: Mapping[Address, object] = {}

    async def take(self, message: InboundMessage, *, spooled: bool = False) -> Answer:
        """The answer to a message; it is on disk when this returns. Raises StoreUnavailable: nothing was acknowledged.
        ``spooled``: it comes out of the spool, and its turn is now.

        Whoever waits may be cancelled at any moment. Nothing is half done then: either it was written, and a repeat
        of the message finds the answer, or it was not, and the repeat is answered anew.
        """
        name = (message.address.channel, message.key)
        answer = self._recent.get(name)
        if answer is not None:
            self._desk.metrics.copies.inc()
            return answer
        copies = self._flying.get(name)
        if copies is not None:
            self._desk.metrics.copies.inc()
            copy: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            copies.append(copy)
            return await copy
        if len(self._flying) >= self._in_flight_max:
            raise StoreUnavailable()
        copies = self._flying[name] = []
        try:
            answer = await self._work(message, spooled)
        except BaseException as error:
            # Copies of a message whose first bearer gave up are told to come again.
            told = error if isinstance(error, Exception) else StoreUnavailable()
            for copy in copies:
                if not copy.done():
                    copy.set_exception(told)
            raise
        finally:
            del self._flying[name]
            if not self._flying:
                self._landed.set()
        self._recent[name] = answer
        if len(self._recent) > self._recent_max:
            self._recent.popitem(last=False)
        for copy in copies:
            if not copy.done():
                copy.set_result(answer)
        return answer

    async def fire(self, timer: Timer) -> bool:
        """Answer a timer; True when that is settled for good. Raises StoreUnavailable.

        False: it had fired already, or it failed and may be tried again, or it is of a kind that only a newer program
        knows, which is left to a worker of that for a while.
        """
        late = self._desk.clock.now() - timer.due_at
        if timer.kind != PUT_BY and not self._desk.knows(timer.kind) and late < LEFT_TO_NEWER:
            return False
        address, name = timer.address or Address(DESK, timer.subject), name_of_timer(timer)
        async with self._turnstile.through(address):
            reach("timer.before_fire", timer.kind)
            for lost in range(self._rounds):
                try:
                    await self._fired(timer, address, name)
                except AlreadyFired:
                    self._hazards.over(name)
                    break
                except Conflict:
                    await self._stale(address, lost)
                    continue
                except StoreUnavailable:
                    self._sessions.forget(address)
                    raise
                except Exception as error:
                    self._sessions.forget(address)
                    given_up = await self._incidents.timer(timer, error)
                    if given_up:
                        self._hazards.over(name)
                    return given_up
                self._hazards.over(name)
                self._desk.metrics.timers.labels(timer.kind).inc()
                reach("timer.after_fire", timer.kind)
                return True
        return False

    async def amend(self, address: Address, change: Callable[[Session], Session]) -> None:
        """Change what is remembered of a person outside a turn. Raises StoreUnavailable."""
        async with self._turnstile.through(address):
            for lost in range(self._rounds):
                old = await self._sessions.of(address)
                new = change(old)
                if new == old:
                    return
                new = replace(new, seq=old.seq + 1)
                try:
                    await self._commit(Changes(address=address, session=new, at=self._desk.clock.now()))
                except Conflict:
                    await self._stale(address, lost)
                    continue
                self._sessions.keep(new)
                return
        raise StoreUnavailable()

    async def _work(self, message: InboundMessage, spooled: bool) -> Answer:
        desk, address = self._desk, message.address
        if self.room.full(message, self._turnstile.waiting(address)) and not spooled and address not in self.held:
            put_by = await self.room.put_by(message, self._turnstile.waiting(address))
            if put_by is not None:
                return put_by
        began = desk.clock.monotonic()
        await self._turnstile.enter(address)
        entered, name = desk.clock.monotonic(), name_of(message)
        try:
            if self.held and not spooled and address in self.held:
                raise StoreUnavailable(why="spooled")  # asked here, for it may be spooled while others wait behind it
            answer = await self._answered(message, name, self._gate.judged(message))
        except asyncio.CancelledError:
            self._sessions.forget(address)  # it may have been written all the same
            raise
        finally:
            took, waiting = desk.clock.monotonic() - entered, self._turnstile.waiting(address)
            self._turnstile.leave(address, self.room.pause(took, waiting))
        self._hazards.over(name)
        desk.metrics.message(address.channel, message.kind)
        desk.metrics.turn_seconds.observe(desk.clock.monotonic() - began)
        return answer

    async def _later(self, message: InboundMessage) -> None:
        """The turn of a message that was put by."""
        self._gate.judged(message)
        await self._answered(message, name_of(message), PUT_BY)
        self._hazards.over(name_of(message))

    async def _answered(self, message: InboundMessage, name: bytes, why: str) -> Answer:
        for lost in range(self._rounds):
            try:
                return await self._turned(message, name, why)
            except Conflict:
                await self._stale(message.address, lost)
            except AlreadyAnswered as found:
                self._sessions.forget(message.address)
                self._desk.metrics.copies.inc()
                if isinstance(found.answer, Answer):
                    return found.answer
                raise
            except StoreUnavailable:
                self._sessions.forget(message.address)
                raise
            except Exception as error:
                self._sessions.forget(message.address)
                return await self._incidents.message(message, error)
        raise StoreUnavailable()

    async def _turned(self, message: InboundMessage, name: bytes, why: str) -> Answer:
        """Decide and commit once. ``why`` it is not answered at once, "" where it is."""
        desk, address = self._desk, message.address
        traits = PAGE_TRAITS if message.on_page else desk.traits.get(address.channel, NO_TRAITS)
        before = await self._sessions.of(address)
        now = desk.clock.now()
        turn = desk.turn(met(before, message, traits, now), traits, now, message=message)
        reply = self._gate.said(turn, await self._decided(turn, desk.handle, name), why)
        changes = turn.changes
        if reply is not None:
            tells = traits.tells_kept if turn.tell_kept is None else turn.tell_kept
            if tells and (kept := await desk.store.reader.kept(address)):
                reply, told = told_under(reply, kept, traits, turn.words, now)
                changes.told.extend(told)
            if not traits.answers_at_once or why == PUT_BY:
                key = f"reply:{address.channel}:{message.key}"
                changes.push(answering(key, address, reply, now))
        elif message.kind is MessageKind.TICKLE and turn.session == before and changes == Changes():
            return Answer(None, now)  # nothing happened; a copy of it finds the same
        answer = Answer(reply, now)
        changes.message, changes.answer = message, answer
        await self._seal(turn, replace(turn.session, seq=before.seq + 1))
        return answer

    async def _fired(self, timer: Timer, address: Address, name: bytes) -> None:
        """Decide about a timer and commit, once."""
        if timer.kind == PUT_BY:
            await self.room.take_up(timer, self._later, self.busy)
            return
        desk = self._desk
        traits = desk.traits.get(address.channel, NO_TRAITS)
        before = await self._sessions.of(address) if timer.address else Session(address=address)
        turn = desk.turn(before, traits, desk.clock.now(), timer=timer)
        waits = self._gate.waits(turn)
        reply = None if waits else self._gate.shown(turn, await self._decided(turn, desk.fire, name))
        turn.changes.fired = timer
        if timer.address is None:
            await self._seal(turn, None)
            return
        if reply is not None:
            key = f"timer:{timer.kind}:{timer.subject}:{timer.level}:{timer.due_at.isoformat()}"
            turn.changes.push(answering(key, address, reply, turn.now))
        await self._seal(turn, replace(turn.session, seq=before.seq + 1))

    async def _decided(self, turn: Turn, handle: Handler, name: bytes) -> Reply | None:
        """What the use case says. A refusal is said too, and undoes everything but what is remembered of the person.

        Raises Lethal for what has taken the process with it too often.
        """
        if self._hazards.tries(name) >= TRIES:
            raise Lethal
        slot = self._hazards.begin(name)
        try:
            reach("turn.decide", turn.message.text if turn.message else turn.timer.kind if turn.timer else "")
            return await handle(turn)
        except Refusal as refusal:
            turn.changes = Changes(code_failures=turn.changes.code_failures)
            return Reply(turn.words(refusal.key, **refusal.params))
        finally:
            self._hazards.end(slot)

    async def _seal(self, turn: Turn, session: Session | None) -> None:
        """Make it true, then tell whoever works on what it left to do."""
        changes = turn.changes
        changes.at, changes.session = turn.now, session
        if session is not None:
            changes.address = session.address
        await self._commit(changes)
        if session is not None:
            self._sessions.keep(session)
            self._incidents.well(session.address)
        if changes.tickets:
            for event in changes.events:
                if event.action is Action.FILE:
                    self._desk.metrics.tickets.labels(changes.tickets[event.ticket].channel).inc()
        if changes.pushes or changes.timers or changes.attachments or changes.told:
            self._desk.committed(changes)

    async def _stale(self, address: Address, lost: int = 0) -> None:
        self._sessions.forget(address)
        self._desk.metrics.conflicts.inc()
        await rest(lost)

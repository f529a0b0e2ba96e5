"""When a turn breaks: nothing is lost, nobody is stuck, and the person is told."""

from __future__ import annotations

import secrets

import structlog
from msgspec import structs

from bot.changes import Changes, Timer
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.errors import AlreadyAnswered, Conflict, Lethal, StoreUnavailable, Unstorable
from bot.logs import frames
from bot.message import Answer, InboundMessage, Lane, Push, Reply
from bot.runtime.desk import NO_TRAITS, PAGE_TRAITS, Desk
from bot.runtime.sessions import Sessions, met

IN_A_ROW = 3
"""After so many failures of one person in a row the dialogue begins anew; a timer is given up."""

_ROUNDS = 5
_log = structlog.get_logger("minsheng.dispatcher")


class Incidents:
    """Sets broken messages and timers aside and answers in their place."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions
        self._failures: dict[Address | Timer, int] = {}

    def well(self, address: Address) -> None:
        """A turn of this person went well."""
        if self._failures:
            self._failures.pop(address, None)

    async def message(self, message: InboundMessage, error: Exception) -> Answer:
        """Keep the message aside and say that something went wrong; the receipt stops the platform from repeating it.

        Raises StoreUnavailable when not even that can be kept.
        """
        incident, failures = await self._set_aside(message.address, error, message=message)
        traits = PAGE_TRAITS if message.on_page else self._desk.traits.get(message.address.channel, NO_TRAITS)
        bare = structs.replace(
            message, text="", attachments=(), pin=None, press="", scene="", phone="", unknown="", raw=b""
        )
        answer = Answer(None, self._desk.clock.now())
        for kept in (message, bare):
            for _ in range(_ROUNDS):
                before = await self._session(message.address)
                now = self._desk.clock.now()
                reply = Reply(self._desk.words_for(before)("error.unexpected", incident=incident))
                answer = Answer(reply, now)
                changes = Changes(address=message.address, message=kept, answer=answer, at=now)
                if before is not None:
                    after = met(before, message, traits, now)
                    if failures >= IN_A_ROW:
                        after = structs.replace(after, question=None, current="")
                    changes.session = structs.replace(after, seq=before.seq + 1)
                if not traits.answers_at_once:
                    key = f"reply:{message.address.channel}:{message.key}"
                    changes.push(Push(key=key, address=message.address, reply=reply, created_at=now, lane=Lane.REPLY))
                try:
                    await self._desk.store.commit(changes)
                except Conflict:
                    self._sessions.forget(message.address)
                    continue
                except AlreadyAnswered as found:
                    return found.answer if isinstance(found.answer, Answer) else answer
                except Unstorable:
                    break  # even the message itself cannot be written: keep its name only
                if changes.session is not None:
                    self._sessions.keep(changes.session)
                if failures >= IN_A_ROW:
                    self._failures.pop(message.address, None)
                self._desk.committed(changes)
                return answer
        return answer

    async def timer(self, timer: Timer, error: Exception) -> bool:
        """Keep a broken timer; after some tries it counts as fired, so that it cannot stand in the way of others.

        True when it was given up. Raises StoreUnavailable.
        """
        _, failures = await self._set_aside(timer, error, timer=timer)
        if failures < IN_A_ROW:
            return False
        self._failures.pop(timer, None)
        try:
            await self._desk.store.commit(Changes(fired=timer, at=self._desk.clock.now()))
        except (Conflict, Unstorable):
            return False
        return True

    async def _set_aside(
        self,
        who: Address | Timer,
        error: Exception,
        message: InboundMessage | None = None,
        timer: Timer | None = None,
    ) -> tuple[str, int]:
        """(incident id, how many failures in a row)"""
        desk = self._desk
        incident = secrets.token_hex(4)
        lethal = isinstance(error, Lethal)  # counted elsewhere, for here nothing outlives the process
        failures = self._failures[who] = IN_A_ROW if lethal else self._failures.get(who, 0) + 1
        desk.metrics.errors.labels("timer" if message is None else "turn").inc()
        _log.error(
            "turn failed",
            incident=incident,
            channel=message.address.channel if message else "",
            kind=message.kind.value if message else timer.kind if timer else "",
            failures=failures,
            where=frames(error),
        )
        if message is None and failures < IN_A_ROW:
            return incident, failures  # it will be tried again
        why = f"{type(error).__qualname__} {frames(error)[-1]}"
        try:
            await desk.store.quarantine(incident, why, desk.clock.now(), message=message, timer=timer)
        except StoreUnavailable:
            raise
        except Exception as worse:
            _log.error("quarantine failed", incident=incident, where=frames(worse))
        else:
            desk.metrics.quarantined.inc()
        return incident, failures

    async def _session(self, address: Address) -> Session | None:
        """The person's session; None when that is what cannot be read."""
        try:
            return await self._sessions.of(address)
        except StoreUnavailable:
            raise
        except Exception as error:
            _log.error("session cannot be read", channel=address.channel, where=frames(error))
            return None

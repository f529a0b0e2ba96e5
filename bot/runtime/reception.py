"""The door of platforms that hang up soon: a message is answered in time, or kept on disk and answered later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import StoreUnavailable
from bot.message import Answer, InboundMessage, MessageKind, Reply
from bot.runtime.desk import NO_TRAITS, Desk
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.hazards import name_of
from bot.runtime.spool import Entry, Spool

BUDGET_SECONDS = 2.0
"""What is not committed after so long goes to the spool: WeChat hangs up after 5 s, and a disk may take its time."""

SAY_AGAIN = timedelta(minutes=5)
"""Whoever was told that they will be answered is not told so again for each of their next messages."""

_SILENT = (MessageKind.TICKLE, MessageKind.UNFOLLOW)


def no_advice(_text: str, _locale: str) -> str:
    """Nobody knows what is dangerous."""
    return ""


class Reception:
    """Has messages answered by the dispatcher; what it cannot answer in time goes to the spool.

    ``advice`` says what to do at once when a text tells of a danger, "" for none: that waits for no database.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        spool: Spool,
        desk: Desk,
        advice: Callable[[str, str], str] = no_advice,
        budget: float = BUDGET_SECONDS,
    ) -> None:
        """``budget`` in seconds."""
        dispatcher.held = spool.held
        self._dispatcher = dispatcher
        self._spool = spool
        self._desk = desk
        self._advice = advice
        self._budget = budget

    async def take(self, message: InboundMessage) -> Answer:
        """The answer to a message, or what is said when it will be answered later; either way it is on disk.

        Raises StoreUnavailable when it can be kept nowhere: nothing was acknowledged.
        """
        spool = self._spool
        seq = spool.next_seq()
        waits = spool.find(message)
        if waits is not None:
            self._desk.metrics.copies.inc()
            return await spool.kept(waits)
        hazards = self._desk.hazards
        if message.address in spool.held or (hazards.suspects and hazards.tries(name_of(message))):
            # What took a process with it is kept before it is tried again: no platform repeats it often enough.
            return await spool.kept(self._admitted(message, seq))
        try:
            async with asyncio.timeout(self._budget):
                return await self._dispatcher.take(message)
        except (TimeoutError, StoreUnavailable):
            # Perhaps it is being committed all the same: then its key says so when it is tried again. Nothing has been
            # awaited since its turn ended, so nobody of this person has passed.
            return await spool.kept(spool.find(message) or self._admitted(message, seq))

    def _admitted(self, message: InboundMessage, seq: int) -> Entry:
        return self._spool.admit(message, seq, self._told(message))

    def _told(self, message: InboundMessage) -> Answer:
        """What is said now: advice in danger, and that an answer will come, unless they know that."""
        desk, now = self._desk, self._desk.clock.now()
        traits = desk.traits.get(message.address.channel, NO_TRAITS)
        if not traits.answers_at_once or message.kind in _SILENT:
            return Answer(None, now)
        locale = self._dispatcher.locale_of(message.address) or message.locale or desk.default_locale
        lines = [self._advice(message.text, locale) if message.text else ""]
        if not self._knows(message, now):
            lines.append(desk.words(locale)("spool.kept" if traits.late_card else "spool.kept_ask"))
        text = "\n".join(filter(None, lines))
        return Answer(Reply(text) if text else None, now)

    def _knows(self, message: InboundMessage, now: datetime) -> bool:
        first = self._spool.first(message.address)
        return first is not None and first.answer.reply is not None and now - first.answer.at < SAY_AGAIN

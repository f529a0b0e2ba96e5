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
        self._turns: set[asyncio.Task[Answer]] = set()  # given up, and not at their end yet

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
        if message.address in spool.held or self._desk.hazards.tries(name_of(message)):
            # What took a process with it is kept before it is tried again: no platform repeats it often enough.
            return await spool.kept(self._admitted(message, seq))
        turn = asyncio.get_running_loop().create_task(self._dispatcher.take(message))
        await asyncio.wait((turn,), timeout=self._budget)
        if turn.done():
            try:
                return turn.result()
            except StoreUnavailable:
                return await spool.kept(self._admitted(message, seq))
        # From here on nobody of this person passes; only then the turn may let go of its place.
        entry = self._admitted(message, seq, turn)
        return await spool.kept(entry)

    def _admitted(self, message: InboundMessage, seq: int, turn: asyncio.Task[Answer] | None = None) -> Entry:
        entry = self._spool.find(message)
        try:
            if entry is None:
                entry = self._spool.admit(message, seq, self._told(message))
            return entry
        finally:
            if turn is not None:
                # Perhaps it is being committed all the same: then its key says so when the message is tried again.
                turn.cancel()
                self._turns.add(turn)
                turn.add_done_callback(self._ended)

    def _ended(self, turn: asyncio.Task[Answer]) -> None:
        self._turns.discard(turn)
        if not turn.cancelled():
            turn.exception()  # heard; whoever asked has been told something else

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

"""What needs no turn: looks that change nothing but the record of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.people import Address
from bot.runtime.desk import PAGE_TRAITS, Desk
from bot.runtime.sessions import Sessions
from bot.turn import Turn

T = TypeVar("T")


class Glances:
    """Shows people what there is. ``sessions`` is what is remembered of everybody."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions

    def locale_of(self, address: Address) -> str:
        """The person's language as far as it can be told without the store."""
        return self._sessions.language(address)

    async def look(self, address: Address, see: Callable[[Turn], Awaitable[T]], locale: str = "") -> T:
        """What a page shows somebody: a turn that changes nothing but the record of who looked at what.

        ``locale`` is the page's language ("": the person's own). Raises what ``see`` raises, and StoreUnavailable.
        """
        session = await self._sessions.of(address)
        now = self._desk.clock.now()
        turn = self._desk.turn(replace(session, locale=locale or session.locale), PAGE_TRAITS, now)
        shown = await see(turn)
        if turn.changes.looked:
            await self._desk.store.commit(Changes(at=now, looked=turn.changes.looked))
        return shown

    async def seen(self, address: Address, keys: Collection[str] | None = None) -> None:
        """A person is shown the whole talk, or the pushes with these keys: what of it was kept for them is told.

        Raises StoreUnavailable.
        """
        found = await self._desk.store.reader.kept(address)
        kept = [each for each in found if keys is None or each.push.key in keys]
        if kept:
            changes = Changes(at=self._desk.clock.now(), told=[push.id for push in kept])
            await self._desk.store.commit(changes)
            self._desk.committed(changes)

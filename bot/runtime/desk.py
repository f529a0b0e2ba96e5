"""What the runtime works with, handed over by the composition root."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.changes import Changes, Timer
from bot.conversation.session import Session
from bot.domain.flood import Figures
from bot.domain.guide import Guide
from bot.domain.people import Address
from bot.message import InboundMessage, Reply
from bot.ports import Clock, Numbers, Store, Traits
from bot.runtime.hazards import Hazards
from bot.runtime.metrics import Metrics
from bot.turn import Turn, no_own_page, no_page, no_staff_page

PAGE_TRAITS = Traits(
    answers_at_once=True, quiet_window=False, late_card=False, edits=False, buttons=True, text_limit=100_000
)
"""For what people do on the desk's pages."""

Handler = Callable[[Turn], Awaitable[Reply | None]]
"""Decides what a turn means: the reply, and effects in ``turn.changes``."""

NO_TRAITS = Traits(
    answers_at_once=False, quiet_window=False, late_card=False, edits=False, buttons=False, text_limit=4096
)
"""For the desk's own turns, and for people on a channel that is switched off now."""


def _everything(_kind: str) -> bool:
    """All kinds of timers are known."""
    return True


def _nothing(_changes: Changes) -> None:
    """Nobody wants to hear of commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The store, the clock, the town, the texts, and what to do with a turn.

    ``guide`` gives the town as it is loaded now; ``words`` the texts of a locale; ``committed`` hears of every commit
    that leaves something to do: pushes, timers, files. ``hazards`` notes what is being decided;
    ``knows`` tells which kinds of timers there is a use case for.
    """

    store: Store
    clock: Clock
    numbers: Numbers
    guide: Callable[[], Guide]
    words: Callable[[str], Callable[..., str]]
    traits: Mapping[str, Traits]
    handle: Handler
    fire: Handler
    metrics: Metrics
    committed: Callable[[Changes], None] = _nothing
    hazards: Hazards = field(default_factory=Hazards)
    knows: Callable[[str], bool] = _everything
    default_locale: str = "zh_CN"
    flood: Figures = field(default_factory=Figures)
    slip_url: Callable[[str, datetime], str] = no_page
    page_url: Callable[[str, Address, datetime], str] = no_own_page
    staff_url: Callable[[str], str] = no_staff_page

    def words_for(self, session: Session | None) -> Callable[..., str]:
        """The texts in a person's language."""
        return self.words(session.locale if session is not None and session.locale else self.default_locale)

    def words_in(self, locale: str) -> Callable[..., str]:
        """The texts of a language; "" is the desk's own."""
        return self.words(locale or self.default_locale)

    def turn(
        self,
        session: Session,
        traits: Traits,
        now: datetime,
        message: InboundMessage | None = None,
        timer: Timer | None = None,
    ) -> Turn:
        """A turn of that person, nothing decided yet."""
        return Turn(
            now=now,
            session=session,
            guide=self.guide(),
            traits=traits,
            read=self.store.reader,
            numbers=self.numbers,
            words=self.words_for(session),
            words_in=self.words_in,
            token=_token,
            message=message,
            timer=timer,
            slip_url=self.slip_url,
            page_url=self.page_url,
            staff_url=self.staff_url,
        )


class _Tokens:
    """16 hex digits nobody can guess, each time. The system is asked for many at once: a call costs as much as all."""

    def __init__(self) -> None:
        self._left: list[str] = []

    def __call__(self) -> str:
        if not self._left:
            many = secrets.token_hex(8 * 256)
            self._left = [many[start : start + 16] for start in range(0, len(many), 16)]
        return self._left.pop()


_token = _Tokens()

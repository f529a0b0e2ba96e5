"""A turn is one thing that happened, being answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.changes import Changes, Timer
from bot.conversation.session import Session
from bot.domain.guide import Guide
from bot.domain.people import Address
from bot.domain.town import Town
from bot.message import Choice, InboundMessage, Reply
from bot.ports import Numbers, Reader, Traits


def no_page(_number: str, _now: datetime) -> str:
    """The desk has no pages to print."""
    return ""


def no_own_page(_number: str, _address: Address, _now: datetime) -> str:
    """The desk has no pages for residents."""
    return ""


def no_staff_page(_path: str) -> str:
    """The desk has no pages for staff."""
    return ""


class Voice(msgspec.Struct, frozen=True):
    """What it takes to name things in somebody's language. A `Turn` is the voice in which its person is answered."""

    words: Callable[..., str]
    locale: str
    town: Town


class Turn(msgspec.Struct, kw_only=True):
    """One message or timer, everything needed to decide what it means, and what was decided.

    Use cases read ``turn.read``, change ``turn.session`` through `remember`, and put effects into ``turn.changes``.
    ``words`` renders a text of the catalogue in the person's language, ``words_in(locale)`` gives those of another one
    ("" is the desk's own); ``token()`` is a fresh unguessable id. ``works_here``: a member of staff, who opens a draft
    only on purpose. ``tell_kept``: whether what was kept for this person is told under the answer (None: as their
    channel has it). ``slip_url(number, now)`` is where a ticket's slip can be printed for a while, "" where nowhere;
    ``page_url(number, address, now)`` where that person finds their ticket's page, ``staff_url(path)`` where staff find
    one of theirs.
    """

    now: datetime
    session: Session
    guide: Guide
    traits: Traits
    read: Reader
    numbers: Numbers
    words: Callable[..., str]
    words_in: Callable[[str], Callable[..., str]]
    token: Callable[[], str]
    message: InboundMessage | None = None
    timer: Timer | None = None
    changes: Changes = msgspec.field(default_factory=Changes)
    works_here: bool = False
    tell_kept: bool | None = None
    slip_url: Callable[[str, datetime], str] = no_page
    page_url: Callable[[str, Address, datetime], str] = no_own_page
    staff_url: Callable[[str], str] = no_staff_page

    @property
    def town(self) -> Town:
        """The town's settings."""
        return self.guide.town

    @property
    def locale(self) -> str:
        """The person's language; "" is the desk's own."""
        return self.session.locale

    def voice(self, session: Session | None) -> Voice:
        """The voice in which somebody else is told something (None: somebody nobody has met)."""
        locale = session.locale if session is not None else ""
        return Voice(self.words_in(locale), locale, self.town)

    @property
    def address(self) -> Address:
        """Whose turn it is."""
        return self.session.address

    def remember(self, **fields: Any) -> None:
        """Change what is remembered of this person."""
        self.session = replace(self.session, **fields)

    def say(self, key: str, *choices: Choice, slot: str = "", ask: str = "", **params: Any) -> Reply:
        """A reply in the person's language, from the catalogue."""
        return Reply(self.words(key, **params), choices, slot, ask)

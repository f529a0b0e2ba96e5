"""What an action of a person changes in their session before anybody decides anything; and a cache of sessions."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from msgspec.structs import replace

from bot.conversation.session import Credit, Session
from bot.domain.links import FIND
from bot.domain.people import PAGE, Address
from bot.message import InboundMessage, MessageKind
from bot.ports import Reader, Traits


class Sessions:
    """The newest committed session of the ``size`` addresses last written. Who is not here is read from the store.

    ``shared``: other processes write sessions too, so each is read from the store every time: one that is old costs a
    turn that must be decided again, which is more.
    """

    def __init__(self, reader: Reader, size: int, *, shared: bool = False) -> None:
        self._reader = reader
        self._size = size
        self._shared = shared
        self._kept: OrderedDict[Address, Session] = OrderedDict()

    async def of(self, address: Address) -> Session:
        """The session of an address; a new one for somebody never seen."""
        known = None if self._shared else self._kept.get(address)
        return known or await self._reader.session(address) or Session(address=address)

    def language(self, address: Address) -> str:
        """The person's language as far as it is remembered here, without asking the store; "" else."""
        session = self._kept.get(address)
        return session.locale if session is not None else ""

    def keep(self, session: Session) -> None:
        """Remember a session that is committed."""
        self._kept[session.address] = session
        self._kept.move_to_end(session.address)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def forget(self, address: Address) -> None:
        """Read it from the store next time: somebody else may have written it."""
        self._kept.pop(address, None)


def met(session: Session, message: InboundMessage, traits: Traits, now: datetime) -> Session:
    """The session after somebody acted: their language if none is known, reachable again or not, and new credits.

    What is done on a resident's page says nothing of whether their chat takes messages, nor which language it speaks.
    """
    reachable = session.reachable if message.on_page else message.kind is not MessageKind.UNFOLLOW
    chosen = message.address.channel in (PAGE, FIND)  # there the page's own language is meant, whatever was before
    spoken = "" if message.on_page and not chosen else message.locale
    locale = (spoken or session.locale) if chosen else (session.locale or spoken)
    credit = _credit(session.credit, message, traits, now) if traits.credits else session.credit
    if reachable == session.reachable and locale == session.locale and credit is session.credit:
        return session
    return replace(session, reachable=reachable, locale=locale, credit=credit)


def unreachable(session: Session) -> Session:
    """The session of somebody the platform says is gone."""
    return replace(session, reachable=False)


def _credit(old: Credit | None, message: InboundMessage, traits: Traits, now: datetime) -> Credit | None:
    """What the platform allows since this action. One that ends sooner never replaces one that runs longer."""
    grant = traits.credits.get(message.kind)
    if grant is None:
        return old
    granted, life = grant
    at = min(message.at, now)  # the platform's window starts when they wrote, not when we heard of it
    until = at + life
    if old is not None and old.until > until:
        return old
    return Credit(granted, at, until)

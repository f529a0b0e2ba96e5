"""What the desk's pages are made of, and the keys their links and sign-ins are signed with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.api_settings import Open311Section
from bot.catalogue import Catalogue
from bot.domain.guide import Guide
from bot.domain.links import OWN, Keys
from bot.domain.people import Address
from bot.errors import ConfigurationError, StoreUnavailable
from bot.message import Answer, InboundMessage
from bot.ports import Clock, MediaStore, Reader
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.exporter import Exporter
from bot.turn import no_own_page
from bot.web import keys
from bot.web.rendering import Renderer
from bot.web.sign_in import SignIn
from bot.web.visitors import LOCAL

RESIDENT_PATH = "/t/"
STAFF_PATH = "/staff/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What pages are made of. ``home`` is the address people reach the desk by, without a slash at its end.

    ``take`` answers what is done on a page, as the channels' messages are; ``dispatcher()`` looks for them, and
    ``exporter`` writes the tables they ask for.
    ``proxies`` are the network addresses whose X-Forwarded-For is believed.
    """

    home: str
    renderer: Renderer
    sign_in: SignIn
    links: Keys
    read: Reader
    media: MediaStore
    guide: Callable[[], Guide]
    clock: Clock
    catalogue: Catalogue
    dispatcher: Callable[[], Dispatcher]
    take: Callable[[InboundMessage], Awaitable[Answer]]
    exporter: Exporter
    proxies: frozenset[str] = LOCAL
    public: bool = False
    open311: Open311Section | None = None


KEYS = ("links", "sign-in", "slip", "forgotten", "audit")
"""What is signed with keys of our own, and who was forgotten is recognised by."""


async def common_keys(folder: Path, shared: Callable[[str, bytes], Awaitable[bytes]]) -> None:
    """Have all workers sign with the same keys, so that each knows the links of the others: ``shared`` makes the first
    one's everybody's. The data folder holds a copy, for a start while the database is away. Raises OSError, and
    ConfigurationError for a worker that never started while it was there.
    """
    for name in KEYS:
        fresh = not (folder / f"{name}.key").exists()
        own = keys.key_in(folder, name)
        try:
            common = await shared(name, own)
        except StoreUnavailable:
            if fresh:
                (folder / f"{name}.key").unlink()
                why = "does not answer; a worker must have started once while it does, for the keys of links"
                raise ConfigurationError("storage.url", why) from None
            continue
        if common != own:
            keys.put(folder, name, common)


def link_keys(folder: Path) -> Keys:
    """The key that residents' links are signed with. Raises OSError."""
    return Keys({"1": keys.key_in(folder, "links")}, "1")


def residents_page(home: str, links: Keys) -> Callable[[str, Address, datetime], str]:
    """Where somebody finds their page of a ticket; "" where the desk is reached by an address that anybody on the way
    can read along (plain http, and not this machine's own)."""
    address = urlsplit(home)
    if address.scheme != "https" and address.hostname not in (*LOCAL, "localhost"):
        return no_own_page
    return lambda number, address, now: f"{home}{RESIDENT_PATH}{links.signed(OWN, number, address, now)}"


def sign_in_for(folder: Path, read: Reader, clock: Clock) -> SignIn:
    """Who of the staff is signed in. Raises OSError."""
    return SignIn(keys.key_in(folder, "sign-in"), read.directory, clock.now)

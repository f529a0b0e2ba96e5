"""What every handler of the web chat shares: who asks, in which language, and how a no sounds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.changes import AttachmentRecord
from bot.channels.webchat.identity import PAGE_HEADER, Door, Visitor, network, preferred
from bot.channels.webchat.limits import Limits
from bot.channels.webchat.live import Live
from bot.channels.webchat.wire import bad, talk_lines
from bot.domain.people import Address
from bot.errors import Malformed
from bot.message import Answer, InboundMessage, JsonObject
from bot.ports import ClaimedPush, Clock, Line, MediaStore

Words = Callable[..., str]
Take = Callable[[InboundMessage], Awaitable[Answer]]
"""Gives a message to the desk and returns what it is answered; raises StoreUnavailable or TimeoutError."""

KeptFor = Callable[[Address], Awaitable[Sequence[ClaimedPush]]]
"""What is kept for somebody until they are shown it."""

HISTORY = 200
"""Lines of a talk that a page shows."""
BODY_BYTES = 512 * 1024
"""The largest body that is not an upload: more than twice the longest text, written in escapes."""
BODY_SECONDS = 30.0
PROXIES = frozenset({"127.0.0.1", "::1"})


class Seen(Protocol):
    """Is told whenever a person is shown the talk, or of it what was pushed with these keys."""

    async def __call__(self, address: Address, keys: Collection[str] | None = None) -> object: ...


class Talk(Protocol):
    """The questions the web chat asks the store; a part of `bot.ports.Reader`."""

    async def talk(self, address: Address, limit: int = 100) -> Sequence[Line]: ...

    async def attachments(self, ids: Sequence[str]) -> Sequence[AttachmentRecord]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the handlers need of the desk; see `bot.channels.webchat.channel.WebChat` for each of them."""

    words: Callable[[str], Words]
    reader: Talk
    media: MediaStore
    clock: Clock
    seen: Seen
    locales: tuple[str, ...]
    proxies: frozenset[str]
    cap: int
    door: Door
    limits: Limits
    live: Live
    shared: bool = False

    def locale(self, request: web.Request) -> str:
        """The language to speak to whoever asks."""
        return preferred(request, self.locales)

    def words_for(self, request: web.Request) -> Words:
        """The texts in that language."""
        return self.words(self.locale(request))

    def wait(self, request: web.Request, visitor: Visitor) -> float:
        """Seconds until this visitor may send again; 0.0 for now."""
        return self.limits.message(visitor.address, network(request, self.proxies))

    def wait_upload(self, request: web.Request, visitor: Visitor) -> float:
        """Seconds until this visitor may send a file again; 0.0 for now."""
        return self.limits.upload(visitor.address, network(request, self.proxies))

    async def talk(self, address: Address) -> list[JsonObject]:
        """A person's talk as the page shows it; what was kept for them counts as seen from now on."""
        lines = talk_lines(address, await self.reader.talk(address, HISTORY))
        await self.seen(address)
        return lines

    def refused(self, request: web.Request, *, upload: bool = False) -> web.Response | None:
        """The answer to a request that another site could have made this browser send; None for a proper one.

        Browsers ask before they send JSON or a header of ours to another site's server, and we never say yes.
        """
        proper = PAGE_HEADER in request.headers if upload else request.content_type == "application/json"
        if proper and self.door.same_origin(request):
            return None
        return bad(403, "forged", self.words_for(request)("web.error.forged"))

    def not_found(self, request: web.Request) -> web.Response:
        """No such thing, or somebody else's: the words are the same."""
        return bad(404, "not_found", self.words_for(request)("web.error.not_found"))

    def unavailable(self, request: web.Request) -> web.Response:
        """The desk cannot keep anything just now."""
        return bad(503, "unavailable", self.words_for(request)("web.error.unavailable"), retry_after=2)


def fresh_key() -> str:
    """An id for a message, as the page's scripts make them too: 128 random bits."""
    return secrets.token_urlsafe(16)


async def read_body(request: web.Request) -> bytes:
    """A small body. Raises Malformed when it is too long, breaks off, or takes too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while piece := await request.content.read(BODY_BYTES):
                body += piece
                if len(body) > BODY_BYTES:
                    raise Malformed("web.error.too_much")
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise Malformed("web.error.malformed") from None
    return bytes(body)

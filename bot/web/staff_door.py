"""What every page of staff does alike: who looks, what is shown, and how what is pressed is said to the desk."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from aiohttp import web

from bot.domain.people import PAGE, Address
from bot.errors import BadRequest
from bot.message import Answer, Attachment, InboundMessage, MessageKind
from bot.turn import Turn
from bot.views.frame import Frame
from bot.web.rendering import Renderer
from bot.web.sign_in import SignedIn, SignIn

T = TypeVar("T")
SAID = "said"
"""The field of an address that names the form whose answer is shown."""

SAID_LIFE = timedelta(minutes=10)
"""For so long an answer can be shown again: later somebody may no longer read what it says."""

NONCE = "nonce"
_NONCE = re.compile(r"[0-9A-Za-z_-]{8,40}")
_PRESS = re.compile(r"(?:staff|[0-9]{6}-[0-9]{5,12}):([a-z_]{1,40})(?:=.*)?", re.S)
LONGEST = 8_000
"""Characters of what is said with one form."""

FILES = ".files"
"""The files of a form are a message of their own, before the one that says what they are for."""


class Look(Protocol):
    """See `bot.runtime.dispatcher.Dispatcher.look`."""

    async def __call__(self, address: Address, see: Callable[[Turn], Awaitable[T]], locale: str) -> T: ...


@dataclass(frozen=True, slots=True)
class StaffDoor:
    """Shows pages to those who are signed in, and says to the desk what they press, as if they had in chat.

    ``answered(channel, key)`` gives what a message was answered before; ``commands`` names what staff can do.
    """

    renderer: Renderer
    sign_in: SignIn
    look_: Look
    take: Callable[[InboundMessage], Awaitable[Answer]]
    answered: Callable[[str, str], Awaitable[Answer | None]]
    commands: frozenset[str]

    async def look(self, request: web.Request, who: SignedIn, see: Callable[[Turn], Awaitable[T]]) -> T:
        """What a use case gives this person to see, in the language of the page. Raises what it raises."""
        return await self.look_(who.staff.page, see, self.renderer.locale(request))

    def page(
        self, request: web.Request, who: SignedIn, frame: Frame, template: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page in its frame. Its forms send back ``form`` and ``nonce`` (layout/proof.html writes both)."""
        given = {"me": frame, "menu": frame.menu, "form": self.sign_in.proof(who), NONCE: secrets.token_urlsafe(12)}
        return self.renderer.page(template, request, status=status, **{**given, **values})

    def checked(self, request: web.Request, who: SignedIn, fields: Mapping[str, Any]) -> str:
        """The nonce of a form of ours. Raises Forged for what came from elsewhere, BadRequest for none."""
        self.sign_in.check(request, who, fields)
        nonce = str(fields.get(NONCE, ""))
        if not _NONCE.fullmatch(nonce):
            raise BadRequest()
        return nonce

    async def act(
        self, request: web.Request, who: SignedIn, nonce: str, press: str, files: tuple[Attachment, ...] = ()
    ) -> Answer:
        """Press a button of staff (``NUMBER:command=value`` or ``staff:command=value``), with files that go with it.

        The same nonce again does nothing and gives the same answer. Raises BadRequest for what is no such button.
        """
        named = _PRESS.fullmatch(press)
        if len(press) > LONGEST or named is None or named[1] not in self.commands:
            raise BadRequest()
        if files:
            await self.take(self._message(request, who, f"{nonce}{FILES}", kind=MessageKind.ATTACHMENT, files=files))
        return await self.take(self._message(request, who, nonce, press=press))

    async def write(self, request: web.Request, who: SignedIn, nonce: str, text: str) -> Answer:
        """Write what the desk asked for last. Raises BadRequest for nothing, and for too much."""
        if not text.strip() or len(text) > LONGEST:
            raise BadRequest()
        return await self.take(self._message(request, who, nonce, kind=MessageKind.TEXT, text=text.strip()))

    async def said(self, request: web.Request, who: SignedIn) -> Answer | None:
        """What a form of this person was answered, if the address names one."""
        nonce = request.query.get(SAID, "")
        found = await self.answered(PAGE, _key(who, nonce)) if _NONCE.fullmatch(nonce) else None
        return found if found is not None and self.now() - found.at < SAID_LIFE else None

    def back(self, path: str, nonce: str) -> web.HTTPSeeOther:
        """The way back to a page that shows what was answered; to be raised."""
        return web.HTTPSeeOther(f"{path}?{SAID}={nonce}")

    @property
    def now(self) -> Callable[[], datetime]:
        """What time it is."""
        return self.sign_in.now

    def _message(
        self,
        request: web.Request,
        who: SignedIn,
        nonce: str,
        *,
        kind: MessageKind = MessageKind.PRESS,
        press: str = "",
        text: str = "",
        files: tuple[Attachment, ...] = (),
    ) -> InboundMessage:
        return InboundMessage(
            address=who.staff.page,
            key=_key(who, nonce),
            kind=kind,
            at=self.now(),
            press=press,
            text=text,
            attachments=files,
            locale=self.renderer.locale(request),
            on_page=True,
        )


def _key(who: SignedIn, nonce: str) -> str:
    """A form is its person's: nobody sees what another's form was answered."""
    return f"page:{who.staff.id}:{nonce}"

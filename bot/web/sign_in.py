"""Who of the staff looks at a page: a signed cookie, checked against the directory at every request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.domain.directory import Directory
from bot.domain.people import Staff
from bot.errors import Forged

SIGN_IN_LIFE = timedelta(hours=12)
"""A working day with what comes before and after; then a new link is asked for in chat."""

SIGN_IN_PATH = "/staff/sign-in"
FORM_FIELD = "form"
_MAC_BYTES = 18
_PARTS = 4


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in. ``form`` must come back with every form, as `SignIn.proof` writes it."""

    staff: Staff
    form: str
    since: datetime


StaffHandler = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """Signs people in and says who they are. ``key`` is secret; ``directory()`` gives who works here now."""

    key: bytes
    directory: Callable[[], Awaitable[Directory]]
    now: Callable[[], datetime]

    async def who(self, request: web.Request) -> SignedIn | None:
        """Who looks; None for anybody else, and for those who were removed or signed out everywhere."""
        cookie = request.cookies.get(_name(request), "")
        parts = cookie.split(".")
        if len(parts) != _PARTS or len(cookie) > 200 or not cookie.isascii():
            return None
        staff_id, since, nonce, mac = parts
        if not (since.isdecimal() and hmac.compare_digest(mac, self._mac(f"page.{staff_id}.{since}.{nonce}"))):
            return None
        at = datetime.fromtimestamp(int(since) / 1000, UTC)
        staff = (await self.directory()).by_id.get(staff_id)
        if staff is None or staff.removed_at is not None or not at <= self.now() < at + SIGN_IN_LIFE:
            return None
        if staff.pages_from is not None and at < staff.pages_from:
            return None
        return SignedIn(staff, self._mac(f"form.{nonce}"), at)

    def admit(self, request: web.Request, response: web.StreamResponse, staff: str) -> None:
        """Sign somebody in with this response."""
        since, nonce = int(self.now().timestamp() * 1000), secrets.token_urlsafe(12)
        body = f"{staff}.{since}.{nonce}"
        response.set_cookie(
            _name(request),
            f"{body}.{self._mac(f'page.{body}')}",
            max_age=int(SIGN_IN_LIFE.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=_secure(request),
            path="/",
        )

    def dismiss(self, request: web.Request, response: web.StreamResponse) -> None:
        """Sign whoever it is out, on this device."""
        response.del_cookie(_name(request), path="/", secure=_secure(request), httponly=True, samesite="Lax")

    def required(self, handler: StaffHandler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler for those who are signed in; everybody else is led to how to sign in."""

        async def handle(request: web.Request) -> web.StreamResponse:
            who = await self.who(request)
            if who is None:
                raise web.HTTPSeeOther(SIGN_IN_PATH)
            return await handler(request, who)

        return handle

    def proof(self, who: SignedIn) -> str:
        """What a form of theirs sends back. It looks otherwise on each page: those are packed, and from the size of
        packed pages that hold the same secret it could be guessed letter by letter (BREACH)."""
        pad = secrets.token_bytes(_MAC_BYTES)
        return base64.urlsafe_b64encode(pad + _mixed(pad, base64.urlsafe_b64decode(who.form))).decode()

    def check(self, request: web.Request, who: SignedIn, fields: Mapping[str, Any]) -> None:
        """Whether a form came from one of our pages. Raises Forged.

        The ``Origin`` header says nothing here: under our ``no-referrer`` browsers send ``null``.
        """
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if site != "same-origin" or not hmac.compare_digest(_proven(str(fields.get(FORM_FIELD, ""))), who.form):
            raise Forged()

    def _mac(self, text: str) -> str:
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).digest()[:_MAC_BYTES]
        return base64.urlsafe_b64encode(digest).decode()


def _mixed(pad: bytes, mac: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(pad, mac, strict=True))


def _proven(sent: str) -> str:
    """What `SignIn.proof` was made of; "" for what it cannot have made."""
    try:
        both = base64.b64decode(sent.encode("ascii"), b"-_", validate=True)
    except ValueError:
        return ""
    if len(both) != 2 * _MAC_BYTES:
        return ""
    return base64.urlsafe_b64encode(_mixed(both[:_MAC_BYTES], both[_MAC_BYTES:])).decode()


def _secure(request: web.Request) -> bool:
    return request.secure or request.headers.get("X-Forwarded-Proto") == "https"


def _name(request: web.Request) -> str:
    """Under https the name itself keeps other hosts of the domain from setting it."""
    return "__Host-staff" if _secure(request) else "staff"

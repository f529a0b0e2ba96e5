"""Who is talking: a secret cookie, of which the desk keeps only the hash; and whether the page is really ours."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from bot.buckets import block
from bot.domain.people import Address

CHANNEL = "web"
COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie at most; renewed with every visit of the page."""
LANGUAGE_COOKIE = "minsheng_lang"
PAGE_HEADER = "X-Minsheng"
"""A header only a page of our own can add: browsers ask before they send it elsewhere, and nobody says yes."""

EMBED = "/embed"
"""The page for frames of other sites."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser. ``token`` is the cookie's value and goes nowhere else; ``fresh``: the browser has none yet.

    ``embedded``: the page stands in a frame of another site, which is another visitor to us than the same browser here.
    """

    token: str = field(repr=False)
    fresh: bool
    embedded: bool = False

    @property
    def home(self) -> str:
        """Where their page is."""
        return EMBED if self.embedded else "/"

    @property
    def address(self) -> Address:
        """The desk's name for this browser: 128 bits of the token's SHA-256."""
        return Address(CHANNEL, hashlib.sha256(self.token.encode()).hexdigest()[:32])

    @property
    def form_token(self) -> str:
        """What a form of our own page carries, and another site's form cannot know."""
        return hashlib.sha256(b"form:" + self.token.encode()).hexdigest()[:32]

    def wrote(self, form_token: str) -> bool:
        """Whether a form came from a page that was made for this visitor."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Door:
    """Recognises visitors. ``public_url`` is where people reach the desk; with https the cookie is locked to it.

    ``embedding``: other sites may show the page in a frame. A browser keeps a cookie of its own there for each site.
    """

    public_url: str
    embedding: bool = False

    @property
    def secure(self) -> bool:
        """Whether people come over https."""
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The cookie's name. ``__Host-`` makes browsers refuse one that another host of the domain has set."""
        return "__Host-minsheng" if self.secure else "minsheng"

    def known(self, request: web.Request) -> Visitor | None:
        """The visitor this request's cookie belongs to, if it has a proper one."""
        for embedded in (False, True) if self.embedding else (False,):
            token = request.cookies.get(self._own(embedded), "")
            if _TOKEN.fullmatch(token):
                return Visitor(token, False, embedded)
        return None

    def visitor(self, request: web.Request) -> Visitor:
        """The visitor, or a new one with 256 random bits."""
        return self.known(request) or Visitor(secrets.token_urlsafe(32), True)

    def embedded(self, request: web.Request) -> Visitor:
        """The visitor of the page in a frame, or a new one."""
        token = request.cookies.get(self._own(True), "")
        fresh = not _TOKEN.fullmatch(token)
        return Visitor(secrets.token_urlsafe(32) if fresh else token, fresh, True)

    def remember(self, response: web.StreamResponse, visitor: Visitor) -> None:
        """Have the browser keep who it is."""
        self._set(response, self._own(visitor.embedded), visitor.token, visitor.embedded)

    def speak(self, response: web.StreamResponse, locale: str, *, embedded: bool = False) -> None:
        """Have the browser keep the language it chose."""
        self._set(response, LANGUAGE_COOKIE, locale, embedded)

    def _own(self, embedded: bool) -> str:
        return f"{self.cookie}-embed" if embedded else self.cookie

    def _set(self, response: web.StreamResponse, name: str, value: str, embedded: bool) -> None:
        if embedded and self.secure:
            # Written out: only newer Pythons know a cookie that is kept apart for each site whose frame we are in.
            attributes = "HttpOnly; Secure; SameSite=None; Partitioned"
            response.headers.add("Set-Cookie", f"{name}={value}; Max-Age={COOKIE_SECONDS}; Path=/; {attributes}")
            return
        response.set_cookie(
            name, value, max_age=COOKIE_SECONDS, path="/", secure=self.secure, httponly=True, samesite="Lax"
        )

    def same_origin(self, request: web.Request) -> bool:
        """Whether a browser says that the request comes from our own page.

        A client that says nothing at all is no browser that another site could misuse; it passes.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        return urlsplit(origin).netloc in {request.host, urlsplit(self.public_url).netloc} - {""}


def network(request: web.Request, proxies: frozenset[str]) -> str:
    """The visitor a request came from: its network address, of newer ones the first 64 bits.

    What proxies say counts only when the peer is one of ``proxies``.
    """
    peer = request.remote or ""
    if peer in proxies:
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            hop = hop.strip()
            if hop and hop not in proxies:
                return block(hop[:64])
    return block(peer)


def preferred(request: web.Request, locales: tuple[str, ...]) -> str:
    """The language to speak: the one chosen on the page, else the browser's, else the first of ``locales``."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in locales:
        return chosen
    return spoken(request.headers.get("Accept-Language", ""), locales)


def spoken(header: str, locales: tuple[str, ...]) -> str:
    """The best of ``locales`` for an Accept-Language header (RFC 9110, 12.5.4), else the first."""
    best, best_weight = locales[0], 0.0
    for item in header.split(",")[:20]:
        tag, _, weight_text = item.partition(";")
        try:
            weight = float(weight_text.partition("=")[2]) if weight_text else 1.0
        except ValueError:
            continue
        language = tag.strip().lower().split("-")[0]
        match = next((locale for locale in locales if locale.lower().split("_")[0] == language), None)
        if match and weight > best_weight:
            best, best_weight = match, weight
    return best

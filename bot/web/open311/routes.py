"""The addresses of Open311 GeoReport v2, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Protocol

from aiohttp import web
from msgspec import to_builtins

from bot.domain.numbers import parse as parse_number
from bot.domain.people import Address
from bot.errors import Forged, Malformed, NotFound
from bot.message import Form, InboundMessage, MessageKind
from bot.ports import MediaStore
from bot.text import clean
from bot.views.open311 import Asked, Definition, Objection, Record, Request, Service, Taken, Update
from bot.web.open311 import asking, writing
from bot.web.open311.failing import Guard, Handler, TooOften
from bot.web.open311.keys import FILE, READ, UPDATE, Key, Keyring
from bot.web.open311.receiving import Received, form_of, pin_of, words_of
from bot.web.visitors import network

CHANNEL = "open311"
"""The channel of programs: the id of an address there is the name of a key."""

ROOT = "/open311"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-01T00:00:00Z"
"""When these addresses were changed last."""

_FORMAT = r"{format:(?:\.(?:json|xml))?}"
_ID = r"{id:[^/.]+}"


class Serving(Protocol):
    """What the desk does for programs. ``key`` is the address of the key that was shown, "" for none."""

    async def services(self, locale: str) -> Sequence[Service]: ...

    async def definition(self, code: str, locale: str) -> Definition:
        """Raises NotFound."""
        ...

    async def requests(self, asked: Asked, key: str, locale: str) -> Sequence[Request]: ...

    async def request(self, number: str, key: str, locale: str) -> Request:
        """Raises NotFound."""
        ...

    async def updates(self, number: str, key: str, locale: str) -> Sequence[Update]:
        """Raises NotFound."""
        ...

    async def hand_in(self, message: InboundMessage) -> Taken | Objection:
        """File it, or say why not. The same message (`InboundMessage.key`) within minutes is one ticket."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Open311:
    """Answers programs. ``home`` is the address people reach the desk by; ``open_reading``: reading needs no key.

    ``cap()`` are the bytes of the largest file. ``jurisdiction`` "" takes any; ``contact`` is told to whoever asks whom
    to write to.
    """

    home: str
    serving: Serving
    keyring: Keyring
    media: MediaStore
    cap: Callable[[], int]
    now: Callable[[], datetime]
    guard: Guard
    proxies: frozenset[str]
    jurisdiction: str = ""
    contact: str = ""
    open_reading: bool = True

    def routes(self) -> list[web.RouteDef]:
        """Every address below ``/open311``."""
        v2 = f"{ROOT}/v2"
        gets: tuple[tuple[str, Handler], ...] = (
            (f"{ROOT}/discovery{_FORMAT}", self._discovery),
            (f"{v2}/discovery{_FORMAT}", self._discovery),
            (f"{v2}/services{_FORMAT}", self._services),
            (f"{v2}/services/{_ID}{_FORMAT}", self._definition),
            (f"{v2}/requests{_FORMAT}", self._requests),
            (f"{v2}/requests/{_ID}{_FORMAT}", self._request),
            (f"{v2}/requests/{_ID}/updates{_FORMAT}", self._updates),
            (f"{v2}/tokens/{_ID}{_FORMAT}", self._token),
        )
        posts: tuple[tuple[str, Handler], ...] = (
            (f"{v2}/requests{_FORMAT}", self._file),
            (f"{v2}/requests/{_ID}/updates{_FORMAT}", self._update),
        )
        return [
            *(web.get(path, self.guard.guarded(handler)) for path, handler in gets),
            *(web.post(path, self.guard.guarded(handler)) for path, handler in posts),
            *(web.route("*", path, self.guard.guarded(self._other_method)) for path, _ in gets),
            web.route("*", f"{ROOT}/{{tail:.*}}", self.guard.guarded(self._nowhere)),
        ]

    async def _discovery(self, request: web.Request) -> web.Response:
        self._reader(request, request.query.get("api_key", ""), needs_key=False)
        endpoint: Record = {
            "specification": SPECIFICATION,
            "url": f"{self.home}{ROOT}/v2",
            "changeset": CHANGESET,
            "type": "production",
            "formats": [writing.Format.XML.value, writing.Format.JSON.value],
        }
        record: Record = {
            "changeset": CHANGESET,
            "contact": self.contact or self.home,
            "key_service": self.guard.words_for(request)("open311.key_service"),
            "endpoints": [endpoint],
        }
        return writing.single(request, "discovery", record)

    async def _services(self, request: web.Request) -> web.Response:
        self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.services(self.guard.locale(request))
        return writing.listing(request, "services", "service", [each.record() for each in found])

    async def _definition(self, request: web.Request) -> web.Response:
        self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.definition(request.match_info["id"], self.guard.locale(request))
        return writing.single(request, "service_definition", found.record())

    async def _requests(self, request: web.Request) -> web.Response:
        key = self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.requests(asking.asked(request.query, self.now()), key, self.guard.locale(request))
        return writing.listing(request, "service_requests", "request", [each.record() for each in found])

    async def _request(self, request: web.Request) -> web.Response:
        key = self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.request(self._number(request), key, self.guard.locale(request))
        return writing.listing(request, "service_requests", "request", [found.record()])

    async def _updates(self, request: web.Request) -> web.Response:
        key = self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.updates(self._number(request), key, self.guard.locale(request))
        return writing.listing(request, "service_request_updates", "request_update", [each.record() for each in found])

    async def _token(self, request: web.Request) -> web.Response:
        """Numbers are given at once, so a token is the number itself."""
        key = self._reader(request, request.query.get("api_key", ""))
        found = await self.serving.request(self._number(request), key, self.guard.locale(request))
        record: Record = {"service_request_id": found.number, "token": found.number}
        return writing.listing(request, "service_requests", "request", [record])

    async def _file(self, request: web.Request) -> web.Response:
        received, address = await self._received(request, FILE)
        locale = self.guard.locale(request)
        first = received.one()
        words_of(first, "service_code")
        questions = await self._questions(first.get("service_code", ""), locale)
        form = form_of(received.fields, questions)
        message = self._message(request, received, address, form, words_of(first, "description"))
        taken = await self.serving.hand_in(message)
        if isinstance(taken, Objection):
            return writing.failure(request, taken.status, taken.reason)
        record: Record = {"service_request_id": taken.id, "service_notice": taken.notice, "account_id": None}
        return writing.listing(request, "service_requests", "request", [record], 201)

    async def _update(self, request: web.Request) -> web.Response:
        received, address = await self._received(request, UPDATE)
        text = words_of(received.one(), "description")
        if not text and not received.files:
            raise Malformed("open311.wrong.missing", name="description")
        message = self._message(request, received, address, Form(about=self._number(request)), text)
        taken = await self.serving.hand_in(message)
        if isinstance(taken, Objection):
            return writing.failure(request, taken.status, taken.reason)
        record: Record = {"update_id": taken.id, "service_notice": taken.notice}
        return writing.listing(request, "service_request_updates", "request_update", [record], 201)

    async def _received(self, request: web.Request, right: str) -> tuple[Received, Address]:
        """A body, and the address of the key that was shown with it. Raises Forged and whatever reading raises.

        Files are only taken where the key stands before them, in the address or in a field. How often is asked before
        the body is read: of the key, where it stands in the address, else of the network.
        """
        secret = request.query.get("api_key", "")
        if secret:
            self._key(request, secret)
        elif seconds := self.keyring.wait_unread(network(request, self.proxies)):
            raise TooOften(seconds)

        def admit(fields: Mapping[str, str]) -> None:
            found = self.keyring.find(fields.get("api_key", "") or request.query.get("api_key", ""))
            if found is None or right not in found.rights:
                raise Forged("open311.wrong.key")

        received = Received(self.media, self.cap(), admit)
        await received.read(request)
        fields = received.one()
        key = self.keyring.find(secret) if secret else self._key(request, fields.get("api_key", ""))
        self._jurisdiction(fields.get("jurisdiction_id", ""))
        if key is None or right not in key.rights:
            raise Forged("open311.wrong.key")
        return received, Address(CHANNEL, key.name)

    def _message(
        self, request: web.Request, received: Received, address: Address, form: Form, text: str
    ) -> InboundMessage:
        """What was handed in, under a name that the same content has again."""
        pin = None if form.about else pin_of(received.one())
        content = dumps(
            [to_builtins(form), text, to_builtins(pin), [file.sha256 for file in received.files]], sort_keys=True
        )
        return InboundMessage(
            address=address,
            key=f"{address.id}:{sha256(content.encode()).hexdigest()[:32]}",
            kind=MessageKind.FORM,
            at=self.now(),
            text=text,
            attachments=tuple(received.files),
            pin=pin,
            locale=self.guard.locale(request),
            form=form,
        )

    async def _questions(self, code: str, locale: str) -> dict[str, str]:
        try:
            return dict((await self.serving.definition(code, locale)).questions)
        except NotFound:
            return {}  # that there is no such service is said with all else that is wrong

    async def _other_method(self, request: web.Request) -> web.Response:
        return writing.failure(
            request, 405, self.guard.words_for(request)("open311.wrong.method"), {"Allow": "GET, HEAD, POST"}
        )

    async def _nowhere(self, request: web.Request) -> web.Response:
        raise NotFound("open311.wrong.not_found")

    def _reader(self, request: web.Request, secret: str, *, needs_key: bool = True) -> str:
        """The address of who reads, "" where no key is shown. Raises Forged, NotFound or TooOften."""
        key = self._key(request, secret)
        self._jurisdiction(request.query.get("jurisdiction_id", ""))
        if needs_key and not self.open_reading and (key is None or READ not in key.rights):
            raise Forged("open311.wrong.key")
        return "" if key is None else str(Address(CHANNEL, key.name))

    def _key(self, request: web.Request, secret: str) -> Key | None:
        """The key that is shown; None for none. Raises Forged for one there is not, TooOften for too many requests."""
        key = self.keyring.find(secret) if secret else None
        seconds = self.keyring.wait(key, network(request, self.proxies))
        if seconds:
            raise TooOften(seconds)
        if secret and key is None:
            raise Forged("open311.wrong.key")
        return key

    def _jurisdiction(self, given: str) -> None:
        if self.jurisdiction and given and given != self.jurisdiction:
            raise NotFound("open311.wrong.jurisdiction")

    def _number(self, request: web.Request) -> str:
        number = parse_number(clean(request.match_info["id"], 40))
        if number is None:
            raise NotFound("open311.no_request")
        return number

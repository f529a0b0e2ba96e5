"""What a program hands in: a form, or a form with files. Nothing is fetched, and no XML is read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, hdrs, web
from aiohttp.http import HttpProcessingError

from bot.domain.place import Pin
from bot.errors import Malformed
from bot.message import Attachment, AttachmentType, Form
from bot.ports import MediaStore
from bot.text import clean
from bot.views.open311 import DESCRIPTION
from bot.web.open311.asking import point, wrong
from bot.web.open311.failing import TooBig

FIELDS, FIELD_BYTES = 200, 128 * 1024
"""Fields of a request, and bytes of them all."""

FILES = 9
FILE_FIELDS = frozenset({"media", "media[]", "file", "files[]"})
PIECE = 64 * 1024
UPLOAD_SECONDS = 300.0

LENGTHS = {
    "description": DESCRIPTION,
    "address_string": 500,
    "address_id": 100,
    "service_code": 100,
    "first_name": 50,
    "last_name": 50,
    "email": 254,
    "phone": 40,
    "media_url": 2000,
}
"""Characters of each field at most."""

DETAIL, DETAILS = 1000, 30
"""Characters of the answer to one detail, and how many are answered at most."""

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,60})\](?:\[[^\[\]]{0,20}\])?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(slots=True)
class Received:
    """The fields of a request, each with all its values, and its files.

    ``cap``: bytes of a file at most. ``admit`` is given the fields before the first file is taken, and may raise.
    """

    media: MediaStore
    cap: int
    admit: Callable[[Mapping[str, str]], None]
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[Attachment] = field(default_factory=list)
    _bytes: int = 0

    def one(self) -> dict[str, str]:
        """The first value of each field."""
        return {name: values[0] for name, values in self.fields.items()}

    async def read(self, request: web.Request) -> None:
        """Read the body, whatever form it has, below what stands in the address.

        Raises Malformed, TooBig, TimeoutError, and whatever the media store raises.
        """
        if (request.content_length or 0) > FIELD_BYTES + FILES * self.cap:
            raise TooBig
        match request.content_type:
            case "multipart/form-data":
                await self._multipart(request)
            case "application/x-www-form-urlencoded":
                await self._form(request)
            case "application/octet-stream" if hdrs.CONTENT_TYPE not in request.headers:
                await self._form(request)  # no type was said
            case _:
                raise Malformed("open311.wrong.media_type")
        for name, value in request.query.items():
            if name not in self.fields:
                self._put(name, value)

    def _put(self, name: str, value: str) -> None:
        self._bytes += len(name) + len(value)
        if self._bytes > FIELD_BYTES or len(self.fields) >= FIELDS:
            raise TooBig
        self.fields.setdefault(clean(name, 200), []).append(value)

    async def _form(self, request: web.Request) -> None:
        body = bytearray()
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                async for piece in request.content.iter_chunked(PIECE):
                    body += piece
                    if len(body) > FIELD_BYTES:
                        raise TooBig
        except web.RequestPayloadError as error:
            raise ConnectionResetError("the program broke off") from error
        try:
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
        except ValueError:
            raise Malformed("open311.wrong.unreadable") from None
        for name, value in pairs:
            self._put(name, value)

    async def _multipart(self, request: web.Request) -> None:
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await self._parts(await request.multipart())
        except web.RequestPayloadError as error:
            raise ConnectionResetError("the program broke off") from error
        except (ValueError, AssertionError, web.HTTPException, HttpProcessingError):
            # What the multipart reader says about bodies that are not multipart at all, or end too early.
            raise Malformed("open311.wrong.unreadable") from None

    async def _parts(self, parts: MultipartReader) -> None:
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader) or not part.name:
                raise Malformed("open311.wrong.unreadable")
            if part.name in FILE_FIELDS and (part.filename or part.name != "media"):
                await self._file(part)
            else:
                self._put(part.name, await _text(part))

    async def _file(self, part: BodyPartReader) -> None:
        if not self.files:
            self.admit(self.one())
        if len(self.files) >= FILES:
            raise Malformed("open311.wrong.too_many_files", limit=FILES)
        try:
            async with aclosing(_pieces(part)) as pieces:
                stored = await self.media.save(pieces, self.cap)
        except Malformed:
            raise TooBig from None
        if not stored.bytes:
            raise Malformed("open311.wrong.file")
        name = clean(re.split(r"[/\\]", part.filename or "")[-1], 120).replace("\n", " ").strip()
        self.files.append(
            Attachment(
                type=_type(stored.mime),
                ref=stored.sha256,
                name=name,
                mime=stored.mime,
                bytes=stored.bytes,
                fingerprint=stored.sha256,
                sha256=stored.sha256,
            )
        )


def words_of(fields: Mapping[str, str], name: str) -> str:
    """A field as the desk keeps it. Raises Malformed when it is too long."""
    text = clean(fields.get(name, "").replace("\r\n", "\n"), LENGTHS[name] + 1).strip()
    if len(text) > LENGTHS[name]:
        raise Malformed("open311.wrong.too_long", name=name, limit=LENGTHS[name])
    return text


def pin_of(fields: Mapping[str, str]) -> Pin | None:
    """Where it is, in WGS-84 degrees; None where no point was given. Raises Malformed."""
    where = point(fields)
    return Pin(*where) if where is not None else None


def form_of(fields: Mapping[str, Sequence[str]], asked: Mapping[str, str]) -> Form:
    """The form of a request. ``asked``: what the details of its kind ask, by their codes.

    A detail nobody asked for is kept under the name the program gave it. Raises Malformed.
    """
    first = {name: values[0] for name, values in fields.items()}
    if not words_of(first, "service_code"):
        raise Malformed("open311.wrong.missing", name="service_code")
    email = words_of(first, "email")
    if email and not _EMAIL.fullmatch(email):
        raise wrong("email", "email")
    name = " ".join(filter(None, (words_of(first, "first_name"), words_of(first, "last_name"))))
    contact = {"name": name, "phone": words_of(first, "phone"), "email": email}
    return Form(
        kind=words_of(first, "service_code"),
        area=words_of(first, "address_id"),
        address=" ".join(words_of(first, "address_string").split()),
        details=_details(fields, asked),
        contact={key: value for key, value in contact.items() if value},
        link=words_of(first, "media_url"),
    )


def _details(fields: Mapping[str, Sequence[str]], asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, list[str]] = {}
    for name, values in fields.items():
        if asked_for := _ATTRIBUTE.fullmatch(name):
            found.setdefault(asked_for[1], []).extend(filter(None, (clean(v, DETAIL + 1).strip() for v in values)))
    if len(found) > DETAILS or sum(map(len, found.values())) > FIELDS:
        raise TooBig
    told = {code: ", ".join(values) for code, values in found.items() if values}
    for code, answer in told.items():
        if len(answer) > DETAIL:
            raise Malformed("open311.wrong.too_long", name=f"attribute[{code}]", limit=DETAIL)
    return tuple((asked.get(code, code), answer) for code, answer in told.items())


def _type(mime: str) -> AttachmentType:
    kinds = {"image": AttachmentType.PHOTO, "audio": AttachmentType.AUDIO, "video": AttachmentType.VIDEO}
    return kinds.get(mime.partition("/")[0], AttachmentType.FILE)


async def _pieces(part: BodyPartReader) -> AsyncGenerator[bytes, None]:
    while not part.at_eof():
        piece = await part.read_chunk(PIECE)
        if piece:
            yield piece


async def _text(part: BodyPartReader) -> str:
    value = bytearray()
    async with aclosing(_pieces(part)) as pieces:
        async for piece in pieces:
            value += piece
            if len(value) > FIELD_BYTES:
                raise TooBig
    return value.decode("utf-8", "replace")

"""What the page posts, made into messages. Everything is checked here: a page can be anything that speaks HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from bot.channels.webchat.wire import message_key
from bot.domain.people import Address
from bot.domain.place import Pin
from bot.errors import Malformed
from bot.message import Attachment, AttachmentType, InboundMessage, MessageKind
from bot.ports import MediaStore
from bot.text import clean

TEXT_LIMIT = 20_000
PRESS_BYTES = 64
LABEL_LIMIT = 100
NAME_LIMIT = 120
FILES = 9
FIELD_BYTES = 8 * TEXT_LIMIT
PIECE = 64 * 1024
UPLOAD_SECONDS = 900.0
LONGEST_RECORDING = 3600

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_RECORDED = {"video/webm", "video/mp4", "video/ogg", "application/ogg", "application/x-matroska", "video/x-matroska"}
"""What recorders put sound into; by its first bytes such a file cannot be told from a film."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts, when, and in which language the page speaks."""

    address: Address
    at: datetime
    locale: str


def said(sender: Sender, body: bytes) -> InboundMessage:
    """The message of a JSON body.

    Fields: ``key`` (8 to 64 letters, digits, ``-``, ``_``, chosen by the page, the same when it sends again),
    ``kind`` (text, place, press, follow) and what belongs to the kind: ``text``; ``latitude``, ``longitude`` (WGS-84
    degrees); ``press`` (the token) with ``text`` (the label); ``quote``. Raises Malformed.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(fields, dict):
        raise _malformed()
    key = _key(sender.address, fields.get("key"))
    try:
        kind = MessageKind(_text(fields, "kind", 16) or MessageKind.TEXT)
    except ValueError:
        raise _malformed() from None
    text, press, pin = words_of(_text(fields, "text", TEXT_LIMIT)), "", None
    match kind:
        case MessageKind.TEXT:
            if not text:
                raise Malformed("web.error.empty")
        case MessageKind.PLACE:
            pin = Pin(_degrees(fields, "latitude", 90), _degrees(fields, "longitude", 180))
        case MessageKind.PRESS:
            press, text = pressed(_text(fields, "press", PRESS_BYTES)), text[:LABEL_LIMIT]
        case MessageKind.FOLLOW:
            text = ""
        case _:
            raise _malformed()
    return InboundMessage(
        address=sender.address,
        key=key,
        kind=kind,
        at=sender.at,
        text=text,
        pin=pin,
        press=press,
        quote=words_of(_text(fields, "quote", 200)),
        locale=sender.locale,
        raw=body,
    )


def words_of(text: str) -> str:
    """Words as the desk keeps them: nothing that no store can hold, no blank ends."""
    return clean(text.replace("\r\n", "\n"), TEXT_LIMIT).strip()


def pressed(token: str) -> str:
    """A token as it may be a `Choice`'s. Raises Malformed."""
    token = clean(token, PRESS_BYTES)
    if not token or len(token.encode()) > PRESS_BYTES:
        raise _malformed()
    return token


def _malformed() -> Malformed:
    return Malformed("web.error.malformed")


def _key(address: Address, key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _malformed()
    return message_key(address, key)


def _text(fields: dict[str, Any], name: str, limit: int) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _malformed()
    if len(value) > limit:
        raise Malformed("web.error.too_long", limit=limit)
    return value


def _degrees(fields: dict[str, Any], name: str, most: float) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed()
    if not -most <= value <= most:  # NaN is within nothing, and an integer may be too large for a float
        raise _malformed()
    return float(value)


@dataclass(slots=True)
class Upload:
    """A multipart body on its way in: the fields called ``names``, then ``file`` or ``voice`` parts.

    Each file is streamed into the media store, at most ``cap`` bytes of it; one piece is in memory at a time.
    """

    media: MediaStore
    cap: int
    names: frozenset[str] = frozenset({"key", "text", "seconds"})
    fields: dict[str, str] = field(default_factory=dict)
    files: list[Attachment] = field(default_factory=list)

    async def read(self, request: web.Request, sender: Sender) -> InboundMessage:
        """The message it makes. Raises what `receive` raises."""
        await self.receive(request)
        key = _key(sender.address, self.fields.get("key"))
        if not self.files:
            raise _malformed()
        return InboundMessage(
            address=sender.address,
            key=key,
            kind=MessageKind.ATTACHMENT,
            at=sender.at,
            text=words_of(self.fields.get("text", "")),
            attachments=tuple(self.files),
            locale=sender.locale,
            raw=json.dumps({**self.fields, "files": [file.ref for file in self.files]}).encode(),
        )

    async def receive(self, request: web.Request) -> None:
        """Read it into ``fields`` and ``files``.

        Raises Malformed, TimeoutError when it takes more than `UPLOAD_SECONDS`, ConnectionError when the page breaks
        off, and whatever the media store raises.
        """
        most = FILES * self.cap + 1024 * 1024
        if (request.content_length or 0) > most:
            raise Malformed("web.error.too_much")
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await self._parts(await request.multipart())
        except web.RequestPayloadError as error:
            raise ConnectionResetError("the page broke off") from error
        except (ValueError, AssertionError, web.HTTPException):
            # What the multipart reader says about bodies that are not multipart at all, or end too early.
            raise _malformed() from None
        if len(self.fields.get("text", "")) > TEXT_LIMIT:
            raise Malformed("web.error.too_long", limit=TEXT_LIMIT)

    async def _parts(self, parts: MultipartReader) -> None:
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise _malformed()
            if part.name in self.names:
                self.fields[part.name] = await _field(part)
            elif part.name in ("file", "voice"):
                if len(self.files) >= FILES:
                    raise Malformed("web.error.too_many", limit=FILES)
                self.files.append(await self._file(part))
            else:
                raise _malformed()

    async def _file(self, part: BodyPartReader) -> Attachment:
        name = _file_name(part.filename or "")
        claimed = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        recorded = part.name == "voice"
        try:
            async with aclosing(_pieces(part)) as pieces:
                stored = await self.media.save(pieces, self.cap)
        except Malformed as error:
            problem = "too_large" if error.key == "media.too_large" else "unsupported"
            async with aclosing(_pieces(part)) as rest:
                async for _ in rest:  # the page only listens once it has said everything
                    pass
            kind = _type(claimed, recorded)
            ref = f"{problem}/{len(self.files)}"
            return Attachment(type=kind, ref=ref, name=name, mime=claimed[:100], problem=problem)
        mime = stored.mime
        if recorded and mime in _RECORDED:
            mime = "audio/" + mime.partition("/")[2].removeprefix("x-")
        if not stored.bytes:
            return Attachment(
                type=AttachmentType.FILE, ref=f"empty/{len(self.files)}", name=name, problem="unsupported"
            )
        return Attachment(
            type=_type(mime, recorded),
            ref=stored.sha256,
            name=name,
            mime=mime,
            bytes=stored.bytes,
            seconds=_seconds(self.fields.get("seconds", "")) if recorded else None,
            fingerprint=stored.sha256,
            sha256=stored.sha256,
        )


def _type(mime: str, recorded: bool) -> AttachmentType:
    match mime.partition("/")[0]:
        case "image":
            return AttachmentType.PHOTO
        case "audio":
            return AttachmentType.VOICE if recorded else AttachmentType.AUDIO
        case "video":
            return AttachmentType.VIDEO
        case _:
            return AttachmentType.FILE


def _seconds(text: str) -> int | None:
    return min(int(text), LONGEST_RECORDING) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _file_name(name: str) -> str:
    """The last part of a name, for showing only; it never names anything on disk."""
    return words_of(re.split(r"[/\\]", name)[-1])[-NAME_LIMIT:].replace("\n", " ")


async def _pieces(part: BodyPartReader) -> AsyncGenerator[bytes, None]:
    while not part.at_eof():
        piece = await part.read_chunk(PIECE)
        if piece:
            yield piece


async def _field(part: BodyPartReader) -> str:
    value = bytearray()
    async with aclosing(_pieces(part)) as pieces:
        async for piece in pieces:
            value += piece
            if len(value) > FIELD_BYTES:
                raise _malformed()
    return value.decode("utf-8", "replace")

"""A desk behind the web chat that is just big enough: it remembers the talk, shows a card, files, and can be away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec.structs import replace

from bot.changes import AttachmentRecord
from bot.channels.webchat import WebChat
from bot.channels.webchat.limits import Limits
from bot.clock import SystemClock
from bot.domain.people import Address
from bot.errors import Malformed, NotFound, StoreUnavailable
from bot.message import Answer, Choice, Delivery, InboundMessage, MessageKind, Push, Reply
from bot.ports import Clock, Line, StoredMedia
from bot.web import build_app
from storage.content_type import HEAD, content_type

Words = Callable[..., str]
SAYS = {"card": "card: {said}"}


def key_words(locale: str) -> Words:
    """Texts that are their own key, with the language in front."""

    def words(key: str, **params: Any) -> str:
        return f"{locale}:{key}"

    return words


@dataclass
class MediaFolder:
    """A media store in a folder; ``largest`` is the most it ever held in memory of one file, in bytes."""

    folder: Path
    largest: int = 0
    broken: bool = False

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        if self.broken:
            raise OSError(28, "No space left on device")
        digest, size, kept = hashlib.sha256(), 0, bytearray()
        async for chunk in chunks:
            self.largest = max(self.largest, len(chunk))
            size += len(chunk)
            if size > cap:
                raise Malformed("media.too_large")
            digest.update(chunk)
            kept += chunk
        name = digest.hexdigest()
        (self.folder / name).write_bytes(kept)
        return StoredMedia(name, size, kind_of(bytes(kept)))

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        if not await self.exists(sha256):
            raise NotFound
        content = (self.folder / sha256).read_bytes()[first:after]
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    async def exists(self, sha256: str) -> bool:
        return (self.folder / sha256).is_file()


def kind_of(content: bytes) -> str:
    """What the first bytes say."""
    return content_type(content[:HEAD])


@dataclass
class WebDesk:
    """The desk. ``window`` is its quiet window in seconds; ``away``: the database is gone."""

    folder: Path
    words: Callable[[str], Words] = key_words
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    public_url: str = ""
    cap: int = 20 * 1024 * 1024
    window: float = 0.3
    patience: float = 2.0
    limits: Limits | None = None
    embed: tuple[str, ...] = ()
    away: bool = False
    problems: list[str] = field(default_factory=list)
    taken: list[InboundMessage] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    seen_by: list[Address] = field(default_factory=list)
    lines: dict[Address, list[Line]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    records: dict[str, AttachmentRecord] = field(default_factory=dict)
    pushed: int = 0
    _later: dict[Address, asyncio.Task[None]] = field(default_factory=dict)
    _seen: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.media = MediaFolder(self.folder)
        self.chat = WebChat(
            words=self.words,
            media=self.media,
            reader=self,
            clock=self.clock,
            public_url=self.public_url,
            file_max_bytes=self.cap,
            seen=self.seen,
            limits=self.limits,
            patience=self.patience,
            embed=self.embed,
        )

    def app(self) -> web.Application:
        """The application as main puts it together."""

        async def ready() -> list[str]:
            return self.problems

        return build_app(self.chat.routes(self.take), ready, lambda: b"desk_up 1\n", self.words)

    async def stop(self) -> None:
        """Let the pages go and wait for what is under way."""
        await self.chat.stop()
        for task in self._later.values():
            task.cancel()
        await asyncio.gather(*self._later.values(), return_exceptions=True)

    # -- the reader -------------------------------------------------------------------------------------------------

    async def talk(self, address: Address, limit: int = 100) -> Sequence[Line]:
        if self.away:
            raise StoreUnavailable
        return self.lines.get(address, [])[-limit:]

    async def attachments(self, ids: Sequence[str]) -> Sequence[AttachmentRecord]:
        return [self.records[i] for i in ids if i in self.records]

    async def seen(self, address: Address, keys: Collection[str] | None = None) -> None:
        self.seen_by.append(address)
        async with self._seen:
            self._seen.notify_all()

    async def seen_so_often(self, address: Address, times: int) -> None:
        """Wait until a person has been shown the talk so often. Raises TimeoutError after ten seconds."""
        async with asyncio.timeout(10), self._seen:
            await self._seen.wait_for(lambda: self.seen_by.count(address) >= times)

    # -- turns ------------------------------------------------------------------------------------------------------

    async def take(self, message: InboundMessage) -> Answer:
        """Answer a message once, the same for every copy."""
        if self.away:
            raise StoreUnavailable
        if message.key in self.answers:
            return self.answers[message.key]
        self.taken.append(message)
        answer = Answer(self._decide(message), message.at)
        self.answers[message.key] = answer
        talk = self.lines.setdefault(message.address, [])
        talk.append(self._line(message))
        if answer.reply:
            talk.append(Line(f"{message.key}/answer", "desk", answer.at, answer.reply.text, answer.reply))
        return answer

    def _decide(self, message: InboundMessage) -> Reply | None:
        match message.kind, message.press or message.text:
            case MessageKind.FOLLOW, _:
                return self._say(message, "greeting")
            case (MessageKind.PRESS, "confirm") | (MessageKind.TEXT, "confirm"):
                return self._say(message, "receipt", Choice("status", self._text(message, "status")))
            case MessageKind.PRESS, "status":
                return self._say(message, "progress")
            case _:
                later = self._later.get(message.address)
                if later:
                    later.cancel()
                self._later[message.address] = asyncio.create_task(self._show_card(message))
                return None

    async def _show_card(self, message: InboundMessage) -> None:
        await asyncio.sleep(self.window)
        choices = [Choice(token, self._text(message, token)) for token in ("confirm", "add", "change", "drop")]
        await self.push(message.address, replace(self._say(message, "card", *choices), slot="card:1"))

    async def push(self, address: Address, reply: Reply) -> Delivery:
        """Say something of one's own accord; it is in the talk before it leaves."""
        self.pushed += 1
        push = Push(key=f"push-{self.pushed}", address=address, reply=reply, created_at=self.clock.now())
        self.lines.setdefault(address, []).append(Line(push.key, "desk", push.created_at, reply.text, reply))
        delivery = await self.chat.deliver(push, "")
        self.deliveries.append(delivery)
        return delivery

    def _line(self, message: InboundMessage) -> Line:
        records = []
        for file in message.attachments:
            record = AttachmentRecord(
                id=f"file-{len(self.records) + 1}",
                address=message.address,
                type=file.type,
                ref=file.ref,
                state="stored" if file.sha256 else "failed",
                created_at=message.at,
                name=file.name,
                mime=file.mime,
                sha256=file.sha256,
                bytes=file.bytes,
                seconds=file.seconds,
                problem=file.problem,
            )
            self.records[record.id] = record
            records.append(record)
        return Line(message.key, "resident", message.at, message.text, None, tuple(records), message.pin)

    def _say(self, message: InboundMessage, name: str, *choices: Choice) -> Reply:
        return Reply(self._text(message, name), choices)

    def _text(self, message: InboundMessage, name: str) -> str:
        said = " / ".join(m.text for m in self.taken if m.kind is not MessageKind.PRESS and m.text)
        return self.texts.get(message.locale, {}).get(name, SAYS.get(name, name)).format(said=said)

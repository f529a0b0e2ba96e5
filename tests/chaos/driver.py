"""Sends what residents say as the platforms do, again and again until answered, and remembers what was acknowledged."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from tests.chaos.people import Crowd, Resident
from tests.fakes import wechat_requests
from tests.fakes.telegram_api import SECRET, SECRET_HEADER
from tests.fakes.telegram_updates import TelegramPerson

WECHAT_TRIES = 3
WECHAT_PATIENCE = 5.0
"""Seconds WeChat waits for an answer before it sends the message again; after the third time it gives up."""

TELEGRAM_PATIENCE = 30.0
TELEGRAM_AGAIN = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries; the last for ever. Telegram's own are not published: it keeps an update for a day."""


@dataclass(slots=True)
class Message:
    """One thing said. ``acked_at``: monotonic seconds of the first acknowledgement, ``to``: the workers that had it.

    ``replies``: all different answers.
    """

    channel: str
    key: str
    resident: Resident
    place: int
    text: str
    sent_at: float
    tries: int = 0
    acked_at: float = 0.0
    took: float = 0.0
    replies: set[str] = field(default_factory=set)
    refused: int = 0
    to: set[str] = field(default_factory=set)

    @property
    def stored_key(self) -> str:
        """Its key in the inbox."""
        return f"u{self.key}" if self.channel == "telegram" else self.key


@dataclass(slots=True)
class Ledger:
    """All messages of one desk, and what came of them."""

    messages: list[Message] = field(default_factory=list)
    given_up: int = 0
    unanswered: int = 0

    @property
    def acked(self) -> list[Message]:
        """What the desk has acknowledged."""
        return [message for message in self.messages if message.acked_at]


class Driver:
    """The platforms' side of one desk, or of several workers of one (a copy of a message goes to any of them).

    ``patience`` is `WECHAT_PATIENCE` unless a short test has no time. ``lines``: how many residents at most are
    between two messages.
    """

    def __init__(
        self, urls: Sequence[str], crowd: Crowd, chance: random.Random, *, patience: float = WECHAT_PATIENCE
    ) -> None:
        self.urls = list(urls)
        self.ledger = Ledger()
        self.crowd = crowd
        self._chance = chance
        self._patience = patience
        self._idle: deque[Resident] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._keys = 24_000_000_000_000_000 + chance.getrandbits(40) * 1000
        self._updates = iter(range(870_000_001, 2_000_000_000))
        self._people: dict[str, TelegramPerson] = {}
        self._ending = False
        self.shift = 0.0  # seconds by which the clock of the whole world is moved
        self.heard: Callable[[Message], None] = _nobody

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._session.close()

    async def load(self, per_second: float, until: Callable[[], bool]) -> None:
        """Keep an even pace (open loop: whatever the desk does, the next message comes) until told."""
        began, sent = time.monotonic(), 0
        while not until():
            due = int((time.monotonic() - began) * per_second)
            for _ in range(min(due - sent, 200)):
                self.begin(self._speaker())
            sent = due
            await asyncio.sleep(0.005)

    def begin(self, resident: Resident) -> asyncio.Task[None]:
        """Have a resident say the next thing; the task ends when that is acknowledged or given up."""
        task = asyncio.get_running_loop().create_task(self._said(resident))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def landed(self, seconds: float) -> bool:
        """Wait until nothing is under way; whether that came true."""
        if self._under_way:
            await asyncio.wait(list(self._under_way), timeout=seconds)
        return not self._under_way

    async def finish(self, seconds: float, at_once: int = 64) -> None:
        """Let everybody who is in the middle of something come to its end."""
        end = time.monotonic() + seconds
        while (self._idle or self._under_way) and time.monotonic() < end:
            while self._idle and len(self._under_way) < at_once:
                self.begin(self._idle.popleft())
            await asyncio.sleep(0.01)

    @property
    def under_way(self) -> int:
        """Messages that are not answered yet."""
        return len(self._under_way)

    def _speaker(self) -> Resident:
        # Old acquaintances go on after others have spoken: several matters are open at any time.
        if len(self._idle) > 50 or (self._idle and self._chance.random() < 0.5):
            return self._idle.popleft()
        return self.crowd.next()

    async def _said(self, resident: Resident) -> None:
        message = self.message(resident, resident.script.popleft())
        await self.deliver(message)
        if resident.script and not self._ending:
            self._idle.append(resident)

    def message(self, resident: Resident, text: str) -> Message:
        """A message with a key of its own, in the ledger."""
        resident.said += 1
        if resident.channel == "telegram":
            key = str(next(self._updates))
        else:
            self._keys += 1
            key = str(self._keys)
        message = Message(resident.channel, key, resident, resident.said, text, time.monotonic())
        self.ledger.messages.append(message)
        return message

    async def deliver(self, message: Message) -> None:
        """Send it as its platform does, until acknowledged or given up."""
        if message.channel == "telegram":
            await self._by_telegram(message)
        else:
            await self._by_wechat(message)

    async def _by_wechat(self, message: Message) -> None:
        for _ in range(WECHAT_TRIES):
            began = time.monotonic()
            if await self.post_once(message):
                return
            self.ledger.unanswered += 1
            await asyncio.sleep(max(0.0, self._patience - (time.monotonic() - began)))
        self.ledger.given_up += 1

    async def _by_telegram(self, message: Message) -> None:
        tries = 0
        while not await self.post_once(message):
            self.ledger.unanswered += 1
            await asyncio.sleep(TELEGRAM_AGAIN[min(tries, len(TELEGRAM_AGAIN) - 1)])
            tries += 1

    async def post_once(self, message: Message) -> bool:
        """One call of the webhook; whether it was acknowledged."""
        url = self._chance.choice(self.urls) if len(self.urls) > 1 else self.urls[0]
        message.tries += 1
        message.to.add(url)
        began = time.monotonic()
        try:
            status, body = await (self._telegram if message.channel == "telegram" else self._wechat)(url, message)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if status != 200:
            message.refused = status
            return False
        if not message.acked_at:
            message.acked_at = time.monotonic()
            message.took = message.acked_at - began
            self.heard(message)
        message.replies.add(body)
        return True

    async def _wechat(self, url: str, message: Message) -> tuple[int, str]:
        at = int(time.time() + self.shift)
        bare = {"MsgId": message.key, "CreateTime": str(at)}
        xml = wechat_requests.document({"MsgType": "text", "Content": message.text}, bare, message.resident.id)
        request = wechat_requests.safe(xml, at=at)
        timeout = aiohttp.ClientTimeout(total=self._patience)
        async with self._session.post(
            f"{url}hooks/wechat", params=request.query, data=request.body, timeout=timeout
        ) as answer:
            body = await answer.read()
            if answer.status != 200:
                return answer.status, ""
            if not body.startswith(b"<"):
                return 200, ""
            return 200, wechat_requests.read_sealed_reply(body)["Content"]

    async def _telegram(self, url: str, message: Message) -> tuple[int, str]:
        id_ = int(message.resident.id)
        person = TelegramPerson(id_, updates=iter((int(message.key),)), date=int(time.time() + self.shift))
        word, _, rest = message.text.partition(" ")
        update = person.photo(rest) if word == "/photo" else person.text(message.text)
        update["message"]["message_id"] = message.place
        timeout = aiohttp.ClientTimeout(total=TELEGRAM_PATIENCE)
        headers = {"Content-Type": "application/json", SECRET_HEADER: SECRET}
        async with self._session.post(
            f"{url}hooks/telegram", data=json.dumps(update).encode(), headers=headers, timeout=timeout
        ) as answer:
            await answer.read()
            return answer.status, ""


def _nobody(_message: Message) -> None:
    """Nobody wants to hear of acknowledgements."""

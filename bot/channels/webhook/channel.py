"""A channel on which nobody talks: pushes are posted, signed, to addresses of the settings and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from bot.channels.webhook import signing
from bot.message import Delivered, Delivery, Push, Refused, TryLater
from bot.ports import Clock, NoPace, Pace, Traits, Unfetchable

CHANNEL = "webhook"
SECONDS = 15.0
LONGEST_WAIT = 3600.0
LATER = frozenset({408, 425, 429})
GONE = 410


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address that is told, and what its messages are signed with."""

    url: str
    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What it is called in our address: another address is another receiver, whatever the old one said."""
        return sha256(self.url.encode()).hexdigest()[:16]


class Webhooks:
    """Posts each push once or more. Redirects are not followed: who sends us elsewhere is not who the settings name."""

    name: str = CHANNEL
    traits = Traits(
        answers_at_once=False,
        quiet_window=False,
        late_card=False,
        edits=False,
        buttons=False,
        text_limit=100_000,
        repeatable=True,
    )

    def __init__(self, receivers: Iterable[Receiver], clock: Clock) -> None:
        self.pace: Pace = NoPace()
        self._receivers = {receiver.id: receiver for receiver in receivers}
        self._clock = clock
        self._http: ClientSession | None = None

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Post it. Taken is any 2xx; 410 ends it for good; 408, 425, 429, 5xx and silence are tried again."""
        receiver = self._receivers.get(push.address.id)
        if receiver is None:
            return Refused("not in the settings any more")
        if self._http is None:
            return TryLater(1.0, "not started")
        body = push.reply.text.encode()
        id_ = signing.message_id(push.key)
        headers = {
            **signing.headers(receiver.key, id_, self._clock.now(), body),
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "minsheng-webhook",
        }
        try:
            async with self._http.post(receiver.url, data=body, headers=headers, allow_redirects=False) as response:
                return _outcome(response.status, response.headers.get("Retry-After", ""), id_)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            return TryLater(0.0, type(error).__name__)

    async def fetch(self, ref: str) -> Unfetchable:
        """Nobody sends files here."""
        return Unfetchable("refused")

    async def start(self) -> None:
        """Open the connections. Cookies are not kept."""
        self._http = ClientSession(timeout=ClientTimeout(total=SECONDS), cookie_jar=DummyCookieJar())

    async def stop(self) -> None:
        """Close them."""
        if self._http is not None:
            await self._http.close()
            self._http = None


def _outcome(status: int, retry_after: str, id_: str) -> Delivery:
    if 200 <= status < 300:
        return Delivered(id_)
    if status == GONE:
        return Refused("http 410", gone=True)
    if status in LATER or status >= 500:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return TryLater(min(seconds, LONGEST_WAIT), f"http {status}")
    return Refused(f"http {status}")

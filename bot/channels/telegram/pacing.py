"""How fast Telegram may be sent to: pure state of one process, moved by monotonic seconds.

Telegram publishes no exact limits. These are its own guides: about one message a second in a chat with short bursts,
20 a minute in a group, about 30 a second over all chats for notices to many (core.telegram.org/bots/faq,
"My bot is hitting limits"); a 429 is always obeyed. Over all chats the desk stays a little below, so that a push that
was late on its way does not meet the next one there.
"""

from __future__ import annotations

from bot.domain.people import Address
from bot.message import Lane

CHAT_PER_SECOND = 1.0
CHAT_BURST = 3.0
GROUP_PER_SECOND = 20 / 60
GROUP_BURST = 5.0
ALL_PER_SECOND = 29.0
ALL_BURST = 25.0
SPARED_PER_SECOND = 5.0
"""Notices that may go each second even while answers use up the speed for everybody."""

_PRUNE_AT = 4096


class Bucket:
    """Tokens that come back at a steady rate, up to a most."""

    __slots__ = ("_at", "_left", "_most", "_rate")

    def __init__(self, rate: float, most: float, now: float) -> None:
        self._rate, self._most = rate, most
        self._left, self._at = most, now

    def _fill(self, now: float) -> None:
        if now > self._at:
            self._left = min(self._most, self._left + (now - self._at) * self._rate)
            self._at = now

    def wait(self, now: float) -> float:
        """Seconds until a whole token is there."""
        self._fill(now)
        # A token that is there but for a rounding error must not cost another wake-up.
        return max(0.0, (1.0 - 1e-9 - self._left) / self._rate)

    def take(self, now: float) -> None:
        """Use one token; what is not there is not owed."""
        self._fill(now)
        self._left = max(0.0, self._left - 1.0)

    def empty(self, now: float) -> None:
        """Use up all that is there."""
        self._fill(now)
        self._left, self._at = 0.0, now

    def full(self, now: float) -> bool:
        """Whether nothing would be forgotten with it."""
        self._fill(now)
        return self._left >= self._most


class TelegramPace:
    """`bot.ports.Pace` for Telegram. Answers and danger never wait for notices; they only wait for their own chat."""

    def __init__(self) -> None:
        self._chats: dict[str, Bucket] = {}
        self._everybody = Bucket(ALL_PER_SECOND, ALL_BURST, 0.0)
        self._spared = Bucket(SPARED_PER_SECOND, SPARED_PER_SECOND, 0.0)
        self._halts: dict[str, float] = {}
        self._halted_until = float("-inf")
        self._prune_at = _PRUNE_AT

    def begun(self, now: float) -> None:
        """Another sender may have used up what goes at once."""
        self._everybody.empty(now)
        self._spared.empty(now)

    def wait(self, address: Address, lane: Lane, now: float) -> float:
        """Seconds this push must still wait; 0.0 when it may go now."""
        chat = chat_of(address)
        waits = [0.0, self._halted_until - now, self._halts.get(chat, now) - now]
        if bucket := self._chats.get(chat):
            waits.append(bucket.wait(now))
        if lane in (Lane.NOTICE, Lane.BULK):
            waits.append(min(self._everybody.wait(now), self._spared.wait(now)))
        return max(waits)

    def sent(self, address: Address, lane: Lane, now: float) -> None:
        """A push of this lane went out to this address."""
        chat = chat_of(address)
        bucket = self._chats.get(chat)
        if bucket is None:
            group = chat.startswith("-")
            rate, most = (GROUP_PER_SECOND, GROUP_BURST) if group else (CHAT_PER_SECOND, CHAT_BURST)
            bucket = self._chats[chat] = Bucket(rate, most, now)
        bucket.take(now)
        if lane in (Lane.NOTICE, Lane.BULK):
            self._spared.take(now)  # by every notice: while notices go anyway nothing must be spared for them
        self._everybody.take(now)
        if len(self._chats) > self._prune_at:
            self._prune(now)

    def halted(self, seconds: float, address: Address | None, now: float) -> None:
        """Telegram wants nothing for so many seconds: for one chat, or for everybody (None). Never cut short."""
        if address is None:
            self._halted_until = max(self._halted_until, now + seconds)
        else:
            chat = chat_of(address)
            self._halts[chat] = max(self._halts.get(chat, now), now + seconds)

    def _prune(self, now: float) -> None:
        self._chats = {chat: bucket for chat, bucket in self._chats.items() if not bucket.full(now)}
        self._halts = {chat: until for chat, until in self._halts.items() if until > now}
        self._prune_at = max(_PRUNE_AT, 2 * len(self._chats))


def chat_of(address: Address) -> str:
    """The chat an address is reached in: itself, or the group of a group's member."""
    return address.id.partition("/")[0]

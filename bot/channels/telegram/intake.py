"""What happens with an update, however it came: by the webhook or by polling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.decode import Decoded, decode
from bot.errors import Malformed
from bot.message import Answer, InboundMessage, MessageKind
from bot.ports import Clock

Take = Callable[[InboundMessage], Awaitable[Answer]]
"""Answers a message; when it returns, message and answer are on disk. Raises StoreUnavailable when they are not."""

_SILENT = (MessageKind.TICKLE, MessageKind.UNFOLLOW, MessageKind.PRESS)

log = structlog.get_logger()


class Intake:
    """Reads updates, has them answered, and gives Telegram the small signs it shows in between."""

    def __init__(self, channel: Telegram, take: Take, clock: Clock) -> None:
        self._channel = channel
        self._take = take
        self._clock = clock
        self._bot = channel.settings.bot_id
        self._file_limit = channel.settings.file_limit

    def read(self, update: object, raw: bytes) -> Decoded | None:
        """What a person did; None when there is nothing for the desk, or nothing anybody could read."""
        try:
            decoded = decode(
                update,
                raw,
                self._clock.now(),
                bot=self._bot,
                file_limit=self._file_limit,
                username=self._channel.username,
            )
        except Malformed:
            # Telegram would send it again for a day and hold back whatever follows, so it counts as done.
            log.warning("telegram.update_unreadable", bytes=len(raw))
            return None
        if decoded is not None and decoded.message.person is not None:
            self._channel.learn_username()
        return decoded

    async def settle(self, decoded: Decoded) -> None:
        """Have a message answered; when this returns it is on disk. Raises StoreUnavailable."""
        answer = await self._take(decoded.message)
        if decoded.callback:
            self._channel.acknowledge(decoded.callback)
        elif answer.reply is None and decoded.message.kind not in _SILENT:
            self._channel.show_typing(decoded.message.address)

"""Somebody who was forgotten comes again, or an old message of theirs does."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.session import Session
from bot.domain.people import Address
from bot.errors import AlreadyAnswered
from bot.message import Answer, InboundMessage
from storage.codec import moment
from storage.driver import Questions
from storage.forgetting import hidden_key

_SOMEBODY = "SELECT 1 FROM forgotten LIMIT 1"
_FORGOTTEN = "SELECT seq, at FROM forgotten WHERE digest = ?"
_HIDDEN = "SELECT received_at FROM inbox WHERE channel = ? AND key = ?"


class Recognising:
    """Questions about people of whom only an HMAC is left. Nobody is recognised before `recognise` was called."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers
        self._digest: Callable[[str], str] | None = None
        self._anybody = False

    async def recognise(self, digest: Callable[[str], str], *, others: bool = False) -> None:
        """Recognise people by an HMAC from now on. ``others``: other workers forget people too."""
        self._digest = digest
        self._anybody = others or await self._readers.row(_SOMEBODY, ()) is not None

    def somebody_is_forgotten(self) -> None:
        """There is somebody to be recognised now."""
        self._anybody = True

    async def session_of(self, address: Address) -> Session | None:
        """What stays of somebody who was forgotten; None for everybody else."""
        if self._digest is None or not self._anybody:
            return None
        row = await self._readers.row(_FORGOTTEN, (self._digest(str(address)),))
        return None if row is None else Session(address=address, seq=row[0], links_from=moment(row[1]))

    async def check(self, message: InboundMessage) -> None:
        """Raise AlreadyAnswered for a copy of a message whose key had to be hidden, for it had the person's id in it.

        Keys of other messages stay as they are, and are fences like everybody's.
        """
        if self._digest is None or not self._anybody or message.address.id not in message.key:
            return
        key = hidden_key(message.key, str(message.address), self._digest)
        row = await self._readers.row(_HIDDEN, (message.address.channel, key))
        if row is not None:
            raise AlreadyAnswered(Answer(None, moment(row[0])))

"""Who takes part: addresses of people, and the actors that events name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One person on one channel.

    ``id`` is whatever the channel calls that person (an OpenID, a chat id, the hash of a cookie). Only that
    channel may take it apart; everybody else compares it or passes it on.
    """

    channel: str
    id: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read back ``str(address)``. Raises ValueError for anything else."""
        channel, colon, id_ = text.partition(":")
        if not (channel and colon and id_):
            raise ValueError(f"not an address: {text!r}")
        return cls(channel, id_)


class Role(StrEnum):
    """What somebody may be to the desk (see the rule book, "People")."""

    RESIDENT = "resident"
    COLLECTOR = "collector"
    HANDLER = "handler"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


DESK = "desk"
"""The actor of what the desk does by itself: automatic dispatch, timers."""

"""Who takes part: addresses of people, and the actors that events name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


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


PAGE = "page"
"""The channel of members of staff on the desk's pages: the id of their address there is their staff id. Only what has
checked their sign-in speaks from it, and nothing is ever pushed to it."""


class Role(StrEnum):
    """What somebody may be to the desk (see the rule book, "People")."""

    RESIDENT = "resident"
    COLLECTOR = "collector"
    HANDLER = "handler"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Shift(msgspec.Struct, frozen=True):
    """A time of duty, from ``begins`` to ``ends``."""

    begins: datetime
    ends: datetime


class Staff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who works for the desk or for a unit. A role belongs to a person, never to a chat group.

    ``id`` is random and never reused. ``unit`` is a code ("" for people of the desk itself), ``areas`` the codes a lead
    or supervisor is limited to (empty: everywhere). ``walled`` marks who may see conduct complaints and reports.
    ``addresses`` are where to reach them, the one they used last to bind first. While ``away`` (from, to) their cases
    are the ``deputy``'s (an id). ``removed_at`` ends everything at once. ``seq`` counts the changes.
    Sign-ins to the pages from before ``pages_from`` count no more.
    """

    id: str
    name: str
    role: Role
    unit: str = ""
    areas: tuple[str, ...] = ()
    walled: bool = False
    addresses: tuple[Address, ...] = ()
    joined_at: datetime
    away: Shift | None = None
    deputy: str = ""
    duty: tuple[Shift, ...] = ()
    removed_at: datetime | None = None
    pages_from: datetime | None = None
    seq: int = 1

    @property
    def page(self) -> Address:
        """Where they act from on the desk's pages."""
        return Address(PAGE, self.id)

    def away_at(self, at: datetime) -> bool:
        """Whether they are on leave at a moment."""
        return self.away is not None and self.away.begins <= at < self.away.ends

    def on_duty(self, at: datetime) -> bool:
        """Whether the duty list names them at a moment."""
        return any(shift.begins <= at < shift.ends for shift in self.duty)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code that makes whoever types it a member of staff, or gives a member one more address.

    ``digest`` is what is kept of the code: its SHA-256 in hex. ``staff`` is the id of a member who joins with a further
    address ("" for somebody new). ``by`` is who invited: a staff id, or "desk" for the command line.
    With ``pages`` it opens the pages for that member instead, and is never typed.
    """

    digest: str
    role: Role
    unit: str = ""
    areas: tuple[str, ...] = ()
    walled: bool = False
    name: str = ""
    staff: str = ""
    by: str = ""
    made_at: datetime
    expires_at: datetime
    pages: bool = False


DESK = "desk"
"""The actor of what the desk does by itself: automatic dispatch, timers."""

"""What only one worker may do at a time: the sender of a channel, a housekeeping job."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

CHANNEL = "channel:"
"""The lease of a channel is called this and its name: whoever has it sends there, has its token, fetches its files."""


def channel_lease(channel: str) -> str:
    """The name of a channel's lease."""
    return CHANNEL + channel


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that somebody holds, and under which term they do."""

    name: str
    term: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker holds: ``terms`` by the name of the lease. ``workers``: the owners that are there now, sorted.
    ``share``: so many leases that are no channels' are one worker's share."""

    terms: Mapping[str, int]
    workers: Sequence[str]
    share: int


class Leasing(Protocol):
    """Leases. A new owner gets a term that is higher by one; whoever claims or settles under an older one is refused
    (`bot.errors.LeaseLost`) in the very transaction."""

    @property
    def alone(self) -> bool:
        """Whether no other process can use this database while we do."""
        ...

    async def keep_leases(self, owner: str, names: Collection[str], ttl: timedelta) -> Standing:
        """Renew what ``owner`` holds of these leases, take what is free; not more than its share of those that are no
        channels'. ``ttl`` counts from now by the database's own clock, where it has one."""
        ...

    async def give_back(self, owner: str, names: Sequence[str] | None = None) -> None:
        """Let others take them at once; None: all, and ``owner`` is not there any more."""
        ...

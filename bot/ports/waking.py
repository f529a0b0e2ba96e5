"""What one worker tells the others after a commit: that there is something to do. Ids only, nothing anybody wrote.

A wake may be lost. It saves waiting, nothing depends on it: whoever could be woken looks by itself after ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec


class Wake(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """There is something to do now.

    ``pushes``: channels in whose outbox something is; ``later``: from when on something is due in them that waits.
    ``timer_at``: a timer is due then. ``files``: some are to be fetched. ``staff``: somebody of the staff was changed.
    ``kept``: addresses for which something is kept, so that an open page of theirs can show it. ``leases``: some were
    given back. ``everything``: something may have been missed. ``by``: the worker that says so.
    """

    pushes: tuple[str, ...] = ()
    later: tuple[tuple[str, datetime], ...] = ()
    timer_at: datetime | None = None
    files: bool = False
    staff: bool = False
    kept: tuple[str, ...] = ()
    leases: bool = False
    everything: bool = False
    by: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be said."""
        return self == Wake(by=self.by)


EVERYTHING = Wake(everything=True, staff=True)
"""Nobody listened for a while."""


class Wakes(Protocol):
    """A store that tells of what other workers committed."""

    def hear(self, heard: Callable[[Wake], None]) -> None:
        """Have ``heard`` called, in the event loop, for every wake of another worker."""
        ...

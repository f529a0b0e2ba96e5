"""Telling systemd how we do (sd_notify(3)): ready, alive, going. Without systemd nothing is told.

A loop that hangs tells nothing any more, and systemd starts the desk anew. A database that is away is no reason for
that: messages are put by until it is back.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

ADDRESS, WATCHDOG, PROCESS = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class Supervisor:
    """Whoever started us and wants to hear. ``every``: seconds between two signs of life; None when none are wanted."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get(ADDRESS, "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        wanted = environment.get(WATCHDOG, "")
        ours = environment.get(PROCESS, "") in ("", str(os.getpid()))
        self.every = int(wanted) / 3e6 if self._address and ours and wanted.isdecimal() and int(wanted) else None

    def ready(self) -> None:
        """We listen."""
        self._tell("READY=1")

    def going(self) -> None:
        """We stop."""
        self._tell("STOPPING=1")

    async def alive(self) -> int:
        """A sign of life; that it comes from the event loop is what it says."""
        self._tell("WATCHDOG=1")
        return 0

    def _tell(self, words: str) -> None:
        if not self._address:
            return
        # A supervisor that does not listen must not stop a desk that works.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as us:
            us.setblocking(False)
            us.sendto(words.encode(), self._address)

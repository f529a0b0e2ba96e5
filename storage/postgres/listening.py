"""Hearing what other workers commit: LISTEN on a connection of its own, in a thread of its own.

A pooler that gives a session to each transaction (PgBouncer in transaction mode) drops LISTEN. So it needs an address
that leads to the server itself; without one nobody hears anything, and everybody looks by themselves as they do anyway.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import psycopg
import structlog

WAKES = "minsheng_wakes"
"""The name under which workers tell each other."""

_LOOK = 0.25
"""Seconds after which the thread looks whether it is still wanted."""

_AGAIN, _LONGEST = 0.5, 10.0
"""Seconds before a lost connection is opened again: doubled each time, up to the longest."""

_log = structlog.get_logger("minsheng.listening")


class Listening:
    """Calls ``heard`` in the event loop with each text that is told; ``deaf`` is True while nobody listens."""

    def __init__(self, url: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._heard = heard
        self._ending = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._listen, name="minsheng-listening", daemon=True)
        self.deaf = True

    def start(self) -> None:
        """Begin to listen, and go on however often the connection is lost."""
        self._thread.start()

    async def close(self) -> None:
        """Stop; it takes a moment."""
        self._ending.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    # -- in the thread ---------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        pause = _AGAIN
        while not self._ending.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=3, keepalives_idle=5) as connection:
                    (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (None,)
                    if backend != connection.info.backend_pid:
                        _log.warning("a pooler lets nobody listen", hint="set storage.listen_url to the server itself")
                        return
                    connection.execute(f"LISTEN {WAKES}")
                    self.deaf, pause = False, _AGAIN
                    self._told("")  # what was said while nobody listened is not repeated: look everywhere once
                    self._attend(connection)
            except psycopg.Error as error:
                _log.warning("nobody listens to other workers", why=error.sqlstate or type(error).__name__)
            finally:
                self.deaf = True
            self._ending.wait(pause)
            pause = min(_LONGEST, pause * 2)

    def _attend(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._ending.is_set():
            for notify in connection.notifies(timeout=_LOOK):
                self._told(notify.payload)

    def _told(self, text: str) -> None:
        if not self._ending.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._heard, text)

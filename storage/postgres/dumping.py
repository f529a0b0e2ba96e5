"""Backups of a PostgreSQL database, by the server's own programs: pg_dump copies it as of one moment beside everybody
who works on it, pg_restore puts it back in one transaction."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot.errors import ConfigurationError
from storage.backup import Copied
from storage.backup_files import Told, sync
from storage.media_reader import SPOKEN_OF

NAME = "minsheng.dump"

_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
}
_LOOK_SECONDS = 0.2
_POOLED = "this leads to a pooler, where each transaction is in another session: set storage.listen_url to the server"


def dump(url: str, coming: Path, told: Told) -> Copied:
    """Copy the database into a folder. ``url`` leads to the server itself. Raises ConfigurationError."""
    copy = coming / NAME
    with _connected(url) as connection:
        (size,) = _one(connection, "SELECT pg_database_size(current_database())")
        (revision,) = _one(connection, "SELECT version_num FROM alembic_version")
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            with suppress(OSError):
                told("database", min(copy.stat().st_size, size), size)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--file={copy}")
    finally:
        ended.set()
        watching.join()
    copy.chmod(0o600)
    sync(copy)
    told("database", size, size)
    with _connected(url) as connection:
        spoken_of = {row[0] for row in connection.execute(SPOKEN_OF)}
    return Copied(NAME, str(revision), spoken_of)


def check_empty(url: str) -> None:
    """Raise ConfigurationError unless the database can be reached and nothing is in it."""
    with _connected(url) as connection:
        (tables,) = _one(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
    if tables:
        raise ConfigurationError("storage.url", "there is something in this database; restore into an empty one")


def put_back(url: str, copy: Path) -> None:
    """Put a copy into an empty database, all of it or nothing. Raises ConfigurationError."""
    arguments = ("--no-owner", "--no-privileges", "--no-password", "--exit-on-error", "--single-transaction")
    database = str(conninfo_to_dict(url).get("dbname", ""))
    _run(url, "pg_restore", *arguments, f"--dbname={database}", str(copy))


def clear(url: str) -> None:
    """Take everything away that is in a database: for one that trials are made in. Raises ConfigurationError."""
    with _connected(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _run(url: str, program: str, *arguments: str) -> None:
    """Run one of the server's programs; where the database is, and the password, stand in its environment alone."""
    found = shutil.which(program)
    if found is None:
        typed = f"{program} {' '.join(arguments)}"
        why = "is not on the PATH: install PostgreSQL's client programs, not older than the server, or type elsewhere: "
        raise ConfigurationError(program, why + typed)
    given = {_VARIABLES[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in _VARIABLES}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MINSHENG_"))}
    done = subprocess.run(  # noqa: S603  # the server's own program, found on the PATH
        [found, *arguments], env={**kept, **given}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        said = next((line for line in lines if "error:" in line), lines[-1])
        raise ConfigurationError(program, said.removeprefix(f"{program}: error: "))


def _connected(url: str) -> psycopg.Connection[Any]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=5, prepare_threshold=None)
    except psycopg.Error as error:
        why = f"the database does not let us in: {error.sqlstate or type(error).__name__}"
        raise ConfigurationError("storage.url", why) from None
    if connection.execute("SELECT pg_backend_pid()").fetchone() != (connection.info.backend_pid,):
        connection.close()
        raise ConfigurationError("storage.url", _POOLED)
    return connection


def _one(connection: psycopg.Connection[Any], sql: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = connection.execute(sql).fetchone()
    if found is None:
        raise ConfigurationError("storage.url", "this database has no schema version")
    return found

"""Opening a data folder: one process at a time, the right pragmas, the right schema."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bot.errors import ConfigurationError
from storage import promise
from storage.schema import REVISION

_PATIENCE = 5.0
"""Seconds to wait for a process that is just leaving the data folder."""

CHECKPOINT_PAGES = 8000
"""The log is moved into the database after so many pages (32 MB), if no pause came before: pages that many people share
are moved once then, and nobody waits longer than a tenth of a second for it."""

_LOG_LIMIT = 64 * 1024 * 1024
_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 16 * 1024


class FolderInUse(ConfigurationError):
    """Another process holds the data folder."""


class FolderLock:
    """Nobody else may open this data folder while it is held; it goes with the process, however that ends."""

    def __init__(self, folder: Path, patience: float = _PATIENCE) -> None:
        """Take it. Raises ConfigurationError that names the folder; FolderInUse while another process has it."""
        path = folder / ".lock"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(str(folder), f"the data folder cannot be used: {error.strerror}") from error
        until = time.monotonic() + patience
        while not self._taken():
            if time.monotonic() >= until:
                os.close(self._file)
                raise FolderInUse(str(folder), "another process is using this data folder")
            time.sleep(0.05)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def writing(path: Path, busy_ms: int) -> sqlite3.Connection:
    """The one connection that writes, and that does all checkpoints. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    try:
        connection.execute(f"PRAGMA busy_timeout={busy_ms}")
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        for pragma in (
            "synchronous=FULL",  # answered means on disk, not in a cache of the system
            "foreign_keys=ON",
            "secure_delete=ON",
            "trusted_schema=OFF",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"journal_size_limit={_LOG_LIMIT}",
            f"cache_size=-{_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def reading(path: Path, busy_ms: int) -> sqlite3.Connection:
    """A connection that can only read. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",  # closing it never checkpoints: that is the writer's
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=128,
    )
    for pragma in (
        f"busy_timeout={busy_ms}",
        "query_only=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
        f"cache_size=-{_READER_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def read_revision(path: Path) -> str | None:
    """The revision of a database file's schema; None for an empty one. Raises ConfigurationError."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout=5000")
            return _revision(connection, path)
    except sqlite3.Error as error:
        raise ConfigurationError(str(path), f"this database cannot be read: {error}") from error


def known(path: Path, found: str | None) -> bool:
    """Whether this program may work on a database file as it is: ``found`` is its schema's revision. Of a newer one
    the newer program has to have said so; see `storage.promise`."""
    if found is None or found <= REVISION:
        return found == REVISION
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return promise.holds(connection, found)
    except sqlite3.Error:
        return False  # it has no such table


def prepare(path: Path) -> None:
    """Bring a database file to the schema of this code, or leave a newer one that it may work on. Raises
    ConfigurationError for one this code does not know."""
    found = read_revision(path)
    if known(path, found):
        return
    _check_search(path)
    # Alembic takes a while to import, so it is only when there is something to do.
    from storage.migrations.run import upgrade_file

    upgrade_file(path, found)


def _check_search(path: Path) -> None:
    """Raise ConfigurationError when this SQLite cannot keep a search index."""
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(terms)")
    except sqlite3.Error as error:
        raise ConfigurationError(str(path), f"SQLite {sqlite3.sqlite_version} here lacks FTS5: {error}") from error


def _revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """The revision of the schema; None for an empty file."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise ConfigurationError(str(path), "this database belongs to something else: it has no schema version")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise ConfigurationError(str(path), "this database has an empty schema version: its creation was cut off")
    return str(row[0])


def wal_reset_risk(version: str = sqlite3.sqlite_version) -> bool:
    """Whether this SQLite may lose committed writes when two connections write and checkpoint at the same instant.

    Fixed in 3.51.3, and in 3.50.7 and 3.44.6 (sqlite.org/wal.html, "The WAL-reset bug"). The desk stays clear of it
    with one connection that writes and checkpoints; a tool beside it that checkpoints would not.
    """
    major, minor, patch = (*map(int, version.split(".")), 0, 0)[:3]
    if (major, minor) in ((3, 50), (3, 44)):
        return patch < (7 if minor == 50 else 6)
    return (3, 7, 0) <= (major, minor, patch) < (3, 51, 3)

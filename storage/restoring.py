"""Putting a backup back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigurationError
from storage.backup_files import MEDIA, Told, copy_file, hash_of, place, sync
from storage.backup_list import Examined, Flaw, examine, verify
from storage.opening import reading
from storage.schema import REVISION
from storage.store import FILE

NOT_PUT_BACK = frozenset({"sign-in.key"})
"""Whoever was signed in when the backup was made must sign in again: they may have been removed since."""

_BUSY_MS = 10_000
_WHOSE = "SELECT DISTINCT ticket FROM attachment WHERE sha256 = ? AND ticket <> '' ORDER BY ticket"


@dataclass(frozen=True, slots=True)
class Restored:
    """``files`` are back. ``lost`` could not be put back; ``tickets`` of them by the name of the file."""

    files: int
    lost: tuple[Flaw, ...] = ()
    tickets: tuple[tuple[str, tuple[str, ...]], ...] = ()


def restore(
    backup: Path, data: Path, told: Told, *, partial: bool = False, before: Callable[[Path], None] | None = None
) -> Restored:
    """Put a backup of a SQLite database into an empty data folder.

    Everything is checked first. The database gets its name last: a desk never starts on half of a backup. ``partial``:
    files and keys that are damaged or gone are left out and named; without it nothing is put back then. A damaged
    database is never put back. ``before`` is given the database before it gets its name: what it leaves undone no desk
    starts on. Raises ConfigurationError and OSError.
    """
    if (data / FILE).exists() or (data / MEDIA).exists():
        raise ConfigurationError(str(data), "there is a desk's data here already; restore into an empty folder")
    examined = examine(backup, told) if partial else Examined(backup, verify(backup, told), ())
    if examined.database.name != FILE:
        raise ConfigurationError(str(backup), "a backup of PostgreSQL: set the address of an empty database for it")
    understood(examined)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        count = put_files(examined, data, told)
        coming = data / f".{FILE}.coming"
        copy_file(examined.database, coming)
        if hash_of(coming) != examined.manifest["database"]["sha256"]:
            raise ConfigurationError(str(coming), "was damaged while it was copied: is the disk well?")
        if before is not None:
            before(coming)
        sync(coming)
        coming.rename(data / FILE)
        sync(data)
    except BaseException:
        for path in (data / FILE, *data.glob(f".{FILE}.coming*")):
            path.unlink(missing_ok=True)
        shutil.rmtree(data / MEDIA, ignore_errors=True)
        raise
    with closing(reading(data / FILE, _BUSY_MS)) as connection:
        return Restored(count, examined.flaws, _whose(connection, examined.without("file")))


def understood(examined: Examined) -> None:
    """Raise ConfigurationError when this program does not know the schema of a backup."""
    if examined.manifest["revision"] > REVISION:
        why = f"its schema is {examined.manifest['revision']}, newer than this program's"
        raise ConfigurationError(str(examined.path), why)


def put_files(examined: Examined, data: Path, told: Told) -> int:
    """Put back the files and keys that are whole; how many files those were. Raises OSError."""
    gone = examined.without("file")
    wanted = [sha256 for sha256, _ in examined.manifest["media"] if sha256 not in gone]
    for count, sha256 in enumerate(wanted, 1):
        copy_file(place(examined.path.parent / MEDIA, sha256), place(data / MEDIA, sha256))
        told("files", count, len(wanted))
    for name in examined.manifest["keys"].keys() - NOT_PUT_BACK - examined.without("key"):
        copy_file(examined.path / name, data / name)
    return len(wanted)


def _whose(connection: sqlite3.Connection, names: Collection[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The tickets that files belong to."""
    return tuple((name, tuple(row[0] for row in connection.execute(_WHOSE, (name,)))) for name in sorted(names))

"""Backups of a data folder: a copy of the database as of one moment, the files it speaks of, and a list of both.

A folder of backups holds one ``backup-<moment>`` for each, and ``media`` with the files of all of them, each once: the
next backup copies only what is new, and mends what was damaged there. A backup is complete when its list stands beside
it; the list names the SHA-256 of everything, its own stands in a file of its own. Works beside a running desk.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import forgotten
from bot.errors import ConfigurationError
from storage.backup_files import MEDIA, Told, copy_file, files, hash_of, place, sync
from storage.backup_list import FORMAT, PREFIX, put
from storage.media_reader import SPOKEN_OF
from storage.opening import read_revision, reading
from storage.store import FILE

_LOOK_SECONDS = 0.2
_BUSY_MS = 10_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a database: the file's name, its schema, and the files that it speaks of."""

    name: str
    revision: str | None
    spoken_of: Collection[str]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Files in a bucket: where, and their sizes by name. ``fetched``: they are among the files of backups now,
    ``new`` of them just come."""

    where: str
    files: Mapping[str, int]
    fetched: bool = False
    new: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. ``missing`` are files that the database speaks of and that are not there, ``damaged`` those whose
    content is not what their name says; both are left out. ``elsewhere``: so many are only listed."""

    path: Path
    bytes: int
    files: int
    new_files: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    elsewhere: int = 0


def make(
    database: Path,
    data: Path,
    folder: Path,
    now: datetime,
    told: Told,
    *,
    quick: bool = False,
    elsewhere: Callable[[], Elsewhere] | None = None,
) -> Made:
    """Back up a SQLite database, and the files and keys of a data folder, into a folder of backups.

    ``quick``: files that are there are believed when their size is right; else all of them are read. Raises
    ConfigurationError and OSError.
    """
    if not database.is_file():
        raise ConfigurationError(str(database), "there is no database here")

    def copied(coming: Path) -> Copied:
        return _copied_database(database, coming, told)

    return gathered(copied, data, folder, now, told, quick=quick, elsewhere=elsewhere)


def gathered(
    copied: Callable[[Path], Copied],
    data: Path,
    folder: Path,
    now: datetime,
    told: Told,
    *,
    quick: bool = False,
    elsewhere: Callable[[], Elsewhere] | None = None,
) -> Made:
    """A backup of which ``copied`` puts the database into a folder.

    ``elsewhere`` says what is in a bucket, asked after the database is copied. Raises ConfigurationError and OSError.
    """
    name = f"{PREFIX}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    final, coming = folder / name, folder / f".{name}.coming"
    if final.exists():
        raise ConfigurationError(str(final), "there is a backup of this very second already")
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(mode=0o700, parents=True)
    try:
        database = copied(coming)
        copy = coming / database.name
        # After the database, so that every file it speaks of is among them.
        kept, new, damaged = _copied_media(data / MEDIA, folder / MEDIA, told, quick)
        away = elsewhere() if elsewhere is not None else Elsewhere("", {})
        if away.fetched:
            kept |= away.files
            new += away.new
        listed = {} if away.fetched else {name: size for name, size in away.files.items() if name not in kept}
        keys = {path.name: copy_file(path, coming / path.name) for path in sorted(data.glob("*.key"))}
        size = copy.stat().st_size
        put(
            coming,
            {
                "format": FORMAT,
                "made_at": now.astimezone(UTC).isoformat(),
                "revision": database.revision,
                "database": {"name": database.name, "bytes": size, "sha256": hash_of(copy)},
                "keys": keys,
                "media": sorted(kept.items()),
                **({"elsewhere": {"where": away.where, "media": sorted(listed.items())}} if listed else {}),
            },
        )
        coming.rename(final)
        sync(folder)
        _list_copied(data, folder)
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        raise
    missing = tuple(sorted(set(database.spoken_of) - kept.keys() - listed.keys() - set(damaged)))
    return Made(final, size, len(kept), new, missing, damaged, len(listed))


def _list_copied(data: Path, folder: Path) -> None:
    """Who was forgotten stands beside all backups: it is true of the older ones too."""
    known = set(forgotten.read(folder / forgotten.FILE))
    fresh = [each for each in forgotten.read(data / forgotten.FILE) if each not in known]
    if fresh:
        forgotten.append(folder / forgotten.FILE, fresh)


def _copied_database(database: Path, coming: Path, told: Told) -> Copied:
    """The database as of one moment, without its log and without free pages."""
    copy, total, ended = coming / FILE, database.stat().st_size, threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            with suppress(OSError):
                told("database", min(copy.stat().st_size, total), total)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        with closing(reading(database, _BUSY_MS)) as connection:
            connection.execute(
                "PRAGMA query_only=OFF"
            )  # the copy is written; the file itself is opened to be read only
            connection.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        raise ConfigurationError(str(database), f"the database cannot be copied: {error}") from error
    finally:
        ended.set()
        watching.join()
    sync(copy)
    told("database", total, total)
    with closing(sqlite3.connect(copy)) as connection:
        spoken_of = {row[0] for row in connection.execute(SPOKEN_OF)}
    return Copied(FILE, read_revision(copy), spoken_of)


def _copied_media(media: Path, folder: Path, told: Told, quick: bool) -> tuple[dict[str, int], int, tuple[str, ...]]:
    """What was there, by name with its size; how many of them are new in the folder; whose content is damaged."""
    paths = list(files(media))
    kept, new, damaged = dict[str, int](), 0, list[str]()
    for count, path in enumerate(paths, 1):
        target = place(folder, path.name)
        if not _there(target, path, quick):
            if copy_file(path, target) != path.name:
                target.unlink()
                damaged.append(path.name)
                continue
            new += 1
        kept[path.name] = target.stat().st_size
        told("files", count, len(paths))
    return kept, new, tuple(damaged)


def _there(target: Path, source: Path, quick: bool) -> bool:
    """Whether the folder of backups holds a file, whole."""
    if not quick:
        return hash_of(target) == source.name
    return target.exists() and target.stat().st_size == source.stat().st_size

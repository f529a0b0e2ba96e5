"""Backups of a data folder: a copy of the database as of one moment, the files it speaks of, and a list of both.

A folder of backups holds one ``backup-<moment>`` for each, and ``media`` with the files of all of them, each once: the
next backup copies only what is new. A backup is complete when its list stands beside it; the list names the SHA-256 of
everything, its own stands in a file of its own. Works beside a running desk.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from storage.opening import read_revision, reading
from storage.schema import REVISION
from storage.store import FILE

PREFIX = "backup-"
MANIFEST, SUM = "manifest.json", "manifest.json.sha256"
MEDIA = "media"
FORMAT = 1
NOT_PUT_BACK = frozenset({"sign-in.key"})
"""Whoever was signed in when the backup was made must sign in again: they may have been removed since."""

_KEY_NAME = re.compile(r"[a-z][a-z-]{0,30}\.key")
_NAME = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20
_LOOK_SECONDS = 0.2
_BUSY_MS = 10_000
_SPOKEN_OF = (
    "SELECT sha256 FROM attachment WHERE state = 'stored' AND sha256 <> ''"
    " UNION SELECT sha256 FROM rendition WHERE sha256 <> ''"
)

Told = Callable[[str, int, int], None]
"""(what, done, of how many): ``database`` and ``check`` in bytes, ``files`` in files."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. ``missing`` are files that the database speaks of and that are not there, ``damaged`` those whose
    content is not what their name says; both are left out."""

    path: Path
    bytes: int
    files: int
    new_files: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]


def make(database: Path, data: Path, folder: Path, now: datetime, told: Told) -> Made:
    """Back up a database, and the files and keys of a data folder, into a folder of backups.

    Raises ConfigurationError and OSError.
    """
    if not database.is_file():
        raise ConfigurationError(str(database), "there is no database here")
    name = f"{PREFIX}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    final, coming = folder / name, folder / f".{name}.coming"
    if final.exists():
        raise ConfigurationError(str(final), "there is a backup of this very second already")
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(mode=0o700, parents=True)
    try:
        copy = coming / FILE
        _copied_database(database, copy, told)
        with closing(sqlite3.connect(copy)) as connection:
            spoken_of = {row[0] for row in connection.execute(_SPOKEN_OF)}
        files, new, damaged = _copied_media(data / MEDIA, folder / MEDIA, told)
        keys = _copied_keys(data, coming)
        size = copy.stat().st_size
        manifest = {
            "format": FORMAT,
            "made_at": now.astimezone(UTC).isoformat(),
            "revision": read_revision(copy),
            "database": {"name": FILE, "bytes": size, "sha256": _hash(copy)},
            "keys": keys,
            "media": sorted(files.items()),
        }
        _write(coming / MANIFEST, json.dumps(manifest, indent=1).encode())
        _write(coming / SUM, _hash(coming / MANIFEST).encode())
        _sync(coming)
        coming.rename(final)
        _sync(folder)
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        raise
    missing = tuple(sorted(spoken_of - files.keys() - set(damaged)))
    return Made(final, size, len(files), new, missing, damaged)


def newest(folder: Path) -> Path:
    """The newest backup of a folder, or the folder itself when it is one. Raises ConfigurationError."""
    if (folder / MANIFEST).is_file() or folder.name.startswith(PREFIX):
        return folder
    found = sorted(path for path in folder.glob(f"{PREFIX}*") if path.is_dir())
    if not found:
        raise ConfigurationError(str(folder), "there is no backup here")
    return found[-1]


def verify(backup: Path, told: Told) -> dict[str, Any]:
    """The list of a backup of which every byte is as it was. Raises ConfigurationError that names what is not."""
    manifest = _manifest(backup)
    described = manifest["database"]
    database, media = backup / FILE, backup.parent / MEDIA
    sizes = sum(size for _, size in manifest["media"]) + described["bytes"]
    done = 0

    def counted(size: int) -> None:
        nonlocal done
        done += size
        told("check", done, sizes)

    _same(database, described["sha256"], counted)
    for name, sha256 in manifest["keys"].items():
        _same(backup / name, sha256, lambda _: None)
    for sha256, _ in manifest["media"]:
        _same(_place(media, sha256), sha256, counted)
    try:
        with closing(reading(database, _BUSY_MS)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise ConfigurationError(str(database), f"the database in this backup cannot be read: {error}") from error
    if said != "ok":
        raise ConfigurationError(str(database), f"the database in this backup is damaged: {said}")
    return manifest


def restore(backup: Path, data: Path, told: Told) -> int:
    """Put a backup into an empty data folder; how many files were restored. Raises ConfigurationError and OSError.

    Everything is checked first. The database gets its name last: a desk never starts on half of a backup.
    """
    if (data / FILE).exists() or (data / MEDIA).exists():
        raise ConfigurationError(str(data), "there is a desk's data here already; restore into an empty folder")
    manifest = verify(backup, told)
    if manifest["revision"] > REVISION:
        raise ConfigurationError(str(backup), f"its schema is {manifest['revision']}, newer than this program's")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    total = len(manifest["media"])
    try:
        for count, (sha256, _) in enumerate(manifest["media"], 1):
            _copy_file(_place(backup.parent / MEDIA, sha256), _place(data / MEDIA, sha256))
            told("files", count, total)
        for name in manifest["keys"]:
            if name not in NOT_PUT_BACK:
                _copy_file(backup / name, data / name)
        coming = data / f".{FILE}.coming"
        _copy_file(backup / FILE, coming)
        _same(coming, manifest["database"]["sha256"], lambda _: None)
        _sync(coming)
        coming.rename(data / FILE)
        _sync(data)
    except BaseException:
        for path in (data / FILE, data / f".{FILE}.coming"):
            path.unlink(missing_ok=True)
        shutil.rmtree(data / MEDIA, ignore_errors=True)
        raise
    return total


def _manifest(backup: Path) -> dict[str, Any]:
    try:
        written, said = (backup / MANIFEST).read_bytes(), (backup / SUM).read_text("ascii")
        if hashlib.sha256(written).hexdigest() != said.strip():
            raise ValueError
        found: dict[str, Any] = json.loads(written)
    except FileNotFoundError:
        raise ConfigurationError(str(backup), "this is no backup, or one that was never finished") from None
    except ValueError:
        raise ConfigurationError(str(backup / MANIFEST), "the list of this backup is damaged: use another") from None
    named = all(_KEY_NAME.fullmatch(name) for name in found["keys"]) and all(
        _NAME.fullmatch(sha256) and isinstance(size, int) for sha256, size in found["media"]
    )
    if not named:
        raise ConfigurationError(str(backup / MANIFEST), "the list of this backup names what no backup holds")
    if found["format"] != FORMAT:
        raise ConfigurationError(str(backup), f"a backup of format {found['format']}; this program knows {FORMAT}")
    return found


def _copied_database(database: Path, copy: Path, told: Told) -> None:
    """The database as of one moment, without its log and without free pages."""
    total, ended = database.stat().st_size, threading.Event()

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
    _sync(copy)
    told("database", total, total)


def _copied_media(media: Path, folder: Path, told: Told) -> tuple[dict[str, int], int, tuple[str, ...]]:
    """What was there, by name with its size; how many of them are new in the folder; whose content is damaged."""
    paths = list(_files(media))
    files, new, damaged = dict[str, int](), 0, list[str]()
    for count, path in enumerate(paths, 1):
        target = _place(folder, path.name)
        if not target.exists() or target.stat().st_size != path.stat().st_size:
            if _copy_file(path, target) != path.name:
                target.unlink()
                damaged.append(path.name)
                continue
            new += 1
        files[path.name] = target.stat().st_size
        told("files", count, len(paths))
    return files, new, tuple(damaged)


def _copied_keys(data: Path, coming: Path) -> dict[str, str]:
    found = {}
    for path in sorted(data.glob("*.key")):
        found[path.name] = _copy_file(path, coming / path.name)
    return found


def _files(media: Path) -> Iterator[Path]:
    for path in sorted(media.glob("??/??/*")):
        if _NAME.fullmatch(path.name) and path.is_file():
            yield path


def _place(media: Path, sha256: str) -> Path:
    return media / sha256[:2] / sha256[2:4] / sha256


def _copy_file(source: Path, target: Path) -> str:
    """Copy durably; the SHA-256 of what was copied, in hex."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    coming, digest = target.with_name(f".{target.name}.coming"), hashlib.sha256()
    with source.open("rb") as read, open(coming, "wb", opener=_for_us_alone) as write:
        while piece := read.read(_PIECE):
            digest.update(piece)
            write.write(piece)
        write.flush()
        os.fsync(write.fileno())
    coming.rename(target)
    return digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(path: Path, sha256: str, counted: Callable[[int], None]) -> None:
    """Raise ConfigurationError unless a file holds what it held when it was backed up."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                counted(len(piece))
    except FileNotFoundError:
        raise ConfigurationError(str(path), "is missing from this backup: use another") from None
    if digest.hexdigest() != sha256:
        raise ConfigurationError(str(path), "is damaged in this backup: use another")


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

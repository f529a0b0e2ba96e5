"""The list of a backup: what belongs to it, and what of it is as it was."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from storage.backup_files import MEDIA, NAME, Told, hash_of, place, sync, write
from storage.opening import reading

PREFIX = "backup-"
MANIFEST, SUM = "manifest.json", "manifest.json.sha256"
FORMAT = 1

_KEY_NAME = re.compile(r"[a-z][a-z-]{0,30}\.key")
_DATABASE_NAME = re.compile(r"minsheng\.(db|dump)")
_BUSY_MS = 10_000


@dataclass(frozen=True, slots=True)
class Flaw:
    """A part of a backup that is not as it was: ``what`` is "database", "key" or "file"; ``why`` says how it is."""

    what: str
    name: str
    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A backup every byte of which was read: its list, and what is not as the list says."""

    path: Path
    manifest: dict[str, Any]
    flaws: tuple[Flaw, ...]

    @property
    def database(self) -> Path:
        """The copy of the database."""
        return self.path / str(self.manifest["database"]["name"])

    def without(self, what: str) -> frozenset[str]:
        """Names of the parts of that kind which cannot be used."""
        return frozenset(flaw.name for flaw in self.flaws if flaw.what == what)


def newest(folder: Path) -> Path:
    """The newest backup of a folder, or the folder itself when it is one. Raises ConfigurationError."""
    if (folder / MANIFEST).is_file() or folder.name.startswith(PREFIX):
        return folder
    found = sorted(path for path in folder.glob(f"{PREFIX}*") if path.is_dir())
    if not found:
        raise ConfigurationError(str(folder), "there is no backup here")
    return found[-1]


def put(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the list of a backup, and its sum beside it. Raises OSError."""
    written = json.dumps(manifest, indent=1).encode()
    write(folder / MANIFEST, written)
    write(folder / SUM, hashlib.sha256(written).hexdigest().encode())
    sync(folder)


def read(backup: Path) -> dict[str, Any]:
    """The list of a backup. Raises ConfigurationError when there is none, or it is damaged or not understood."""
    try:
        written, said = (backup / MANIFEST).read_bytes(), (backup / SUM).read_text("ascii")
        if hashlib.sha256(written).hexdigest() != said.strip():
            raise ValueError
        found: dict[str, Any] = json.loads(written)
    except FileNotFoundError:
        raise ConfigurationError(str(backup), "this is no backup, or one that was never finished") from None
    except ValueError:
        raise ConfigurationError(str(backup / MANIFEST), "the list of this backup is damaged: use another") from None
    if found["format"] != FORMAT:
        raise ConfigurationError(str(backup), f"a backup of format {found['format']}; this program knows {FORMAT}")
    named = (
        _DATABASE_NAME.fullmatch(found["database"]["name"])
        and all(_KEY_NAME.fullmatch(name) for name in found["keys"])
        and all(
            NAME.fullmatch(sha256) and isinstance(size, int) for sha256, size in (*found["media"], *elsewhere(found))
        )
    )
    if not named:
        raise ConfigurationError(str(backup / MANIFEST), "the list of this backup names what no backup holds")
    return found


def elsewhere(manifest: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
    """Files that were in a bucket when the backup was made, with their sizes: they are not in it."""
    listed: Sequence[tuple[str, int]] = manifest.get("elsewhere", {"media": ()})["media"]
    return listed


def examine(backup: Path, told: Told) -> Examined:
    """Read every byte of a backup. Raises ConfigurationError when its list or its database cannot be trusted: nothing
    can be put back then. Files and keys that are not as they were are told as flaws."""
    manifest = read(backup)
    described = manifest["database"]
    database, media = backup / described["name"], backup.parent / MEDIA
    sizes = sum(size for _, size in manifest["media"]) + described["bytes"]
    done = 0

    def counted(size: int) -> None:
        nonlocal done
        done += size
        told("check", done, sizes)

    found = hash_of(database, counted)
    if found != described["sha256"]:
        raise ConfigurationError(str(database), f"{_how(found)} in this backup: use another")
    flaws = []
    for name, sha256 in manifest["keys"].items():
        if (found := hash_of(backup / name)) != sha256:
            flaws.append(Flaw("key", name, backup / name, _how(found)))
    for sha256, _ in manifest["media"]:
        path = place(media, sha256)
        if (found := hash_of(path, counted)) != sha256:
            flaws.append(Flaw("file", sha256, path, _how(found)))
    if database.suffix == ".db":
        _well_formed(database)
    return Examined(backup, manifest, tuple(flaws))


def verify(backup: Path, told: Told) -> dict[str, Any]:
    """The list of a backup of which every byte is as it was. Raises ConfigurationError that names what is not."""
    examined = examine(backup, told)
    if examined.flaws:
        first, more = examined.flaws[0], len(examined.flaws) - 1
        also = f", and {more} more" if more else ""
        raise ConfigurationError(str(first.path), f"{first.why} in this backup{also}: use another, or --partial")
    return examined.manifest


def _how(found: str | None) -> str:
    return "is missing" if found is None else "is damaged"


def _well_formed(database: Path) -> None:
    try:
        with closing(reading(database, _BUSY_MS)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise ConfigurationError(str(database), f"the database in this backup cannot be read: {error}") from error
    if said != "ok":
        raise ConfigurationError(str(database), f"the database in this backup is damaged: {said}")

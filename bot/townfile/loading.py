"""A town from its files, and a watch over them: read again when they change, kept as it was when they are wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.domain import words
from bot.domain.guide import Guide
from bot.domain.town import Town
from bot.errors import ConfigurationError
from bot.townfile.building import build_town
from bot.townfile.source import read_source, town_files

SAMPLE = Path(__file__).parent / "sample"
"""The invented town that a desk without settings serves."""

_Stamp = tuple[tuple[str, int, int], ...]


def load_town(path: Path) -> Town:
    """The town in a TOML file, or in all TOML files of a folder. Raises ConfigurationError with file and line."""
    return build_town([read_source(file) for file in town_files(path)])


class TownWatch:
    """The guide of the town as its files say now; `refresh` is called from time to time.

    ``error`` is what is wrong with the files as they are, None when the guide follows them; ``digest`` is the SHA-256
    of the files that it follows, in hex.
    """

    def __init__(self, path: Path = SAMPLE, fold: Callable[[str], str] = words.fold, *, privacy_url: str = "") -> None:
        """Read the town; ``privacy_url`` is where people read what is kept, unless the town names another page.

        Raises ConfigurationError: there is no older town to keep.
        """
        self._path = path
        self._fold = fold
        self._privacy_url = privacy_url
        self._stamp = _stamp(path)
        self.guide = Guide.of(self._load(), fold)
        self.digest = _digest(path)
        self.error: ConfigurationError | None = None

    def refresh(self) -> ConfigurationError | None:
        """Read the files again if they changed. Returns what is wrong with them; the old guide stays then."""
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return self.error
            self._stamp = stamp
            town = self._load()
            check_nothing_vanished(self.guide.town, town, self._path)
            self.guide, self.digest = Guide.of(town, self._fold), _digest(self._path)
            self.error = None
        except ConfigurationError as error:
            self.error = error
        return self.error

    def _load(self) -> Town:
        town = load_town(self._path)
        if town.contacts.privacy_url:
            return town
        return replace(town, contacts=replace(town.contacts, privacy_url=self._privacy_url))


def check_nothing_vanished(old: Town, new: Town, path: Path) -> None:
    """Raise ConfigurationError when a code of the old town is gone: tickets may name it."""
    if old.code != new.code:
        raise ConfigurationError(path.name, f"this is another town ({new.code!r} instead of {old.code!r}): start again")
    kept: Sequence[tuple[str, Mapping[str, object], Mapping[str, object]]] = (
        ("area", old.areas, new.areas),
        ("kind", old.kinds, new.kinds),
        ("unit", old.units, new.units),
    )
    for what, before, after in kept:
        gone = sorted(before.keys() - after.keys())
        if gone:
            raise ConfigurationError(
                path.name, f"{what} {gone[0]!r} has vanished; old tickets name it: retire it instead (retired = true)"
            )


def _digest(path: Path) -> str:
    """The SHA-256 of all the files, with their names, in hex."""
    found = hashlib.sha256()
    for file in town_files(path):
        try:
            content = file.read_bytes()
        except OSError:
            raise ConfigurationError(file.name, "cannot be read") from None
        found.update(f"{file.name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _stamp(path: Path) -> _Stamp:
    """What changes when a file is written, comes or goes."""
    stamps = []
    for file in town_files(path):
        try:
            status = file.stat()
        except OSError:
            raise ConfigurationError(file.name, "cannot be read") from None
        stamps.append((file.name, status.st_mtime_ns, status.st_size))
    return tuple(stamps)

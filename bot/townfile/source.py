"""The files of a town, read and checked for their form; what stands in them keeps its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from bot.errors import ConfigurationError
from bot.townfile.entries import FileEntry
from bot.townfile.lines import LineMap

_TOML_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_QUOTED = re.compile(r"`([^`]*)`")
_PLAIN = {
    "array": "a list in [ ]",
    "array | str": "a list in [ ] or text in quotes",
    "array | null": "a list in [ ]",
    "object": "a table",
    "object | null": "a table",
    "str": "text in quotes",
    "str | null": "text in quotes",
    "int": "a whole number",
    "int | null": "a whole number",
    "int | str": "a whole number or text in quotes",
    "float": "a number",
    "float | null": "a number",
    "bool": "true or false",
}
"""How the converter names what it wanted and what it got, and how a clerk would."""
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name, its content, and where things stand in it."""

    name: str
    entry: FileEntry
    lines: LineMap

    def fault(self, why: str, *path: str | int) -> ConfigurationError:
        """The error that says what is wrong at a path of this file."""
        return ConfigurationError(f"{self.name}:{self.lines.line(path)}", why)


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Placed(Generic[E]):
    """An entry and where it stands."""

    entry: E
    source: Source
    path: tuple[str | int, ...]

    def fault(self, why: str, *keys: str | int) -> ConfigurationError:
        """The error that says what is wrong with it, or with a key of it."""
        return self.source.fault(why, *self.path, *keys)


def town_files(path: Path) -> list[Path]:
    """The files of a town: the file itself, or all ``*.toml`` of a folder in the order of their names.

    Raises ConfigurationError when there is none.
    """
    if path.is_dir():
        found = sorted(p for p in path.glob("*.toml") if p.is_file())
        if found:
            return found
        raise ConfigurationError(str(path), "no .toml file in this folder")
    if path.is_file():
        return [path]
    raise ConfigurationError(str(path), "no such file or folder")


def read_source(path: Path) -> Source:
    """One file of a town. Raises ConfigurationError with the line for bad TOML, unknown keys and wrong types."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ConfigurationError(path.name, error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path.name}:{line}", "not UTF-8; save the file as UTF-8") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name}:{_toml_line(error, text)}", _TOML_LINE.sub("", str(error))) from None
    except RecursionError:
        raise ConfigurationError(path.name, "is nested too deep") from None
    except ValueError:  # a number of thousands of digits
        raise ConfigurationError(path.name, "holds a number that is too long") from None
    lines = LineMap(text)
    try:
        entry = msgspec.convert(data, FileEntry)
    except msgspec.ValidationError as error:
        where, why = _told(str(error), data)
        raise ConfigurationError(f"{path.name}:{lines.line(where)}", why) from None
    return Source(path.name, entry, lines)


def only(sources: Sequence[Source], table: str) -> Placed[E] | None:
    """A table that may stand once in all files; None when it is in none of them."""
    found: Placed[E] | None = None
    for source in sources:
        entry = getattr(source.entry, table)
        if entry is None:
            continue
        if found is not None:
            raise source.fault(f"[{table}] stands in {found.source.name} already", table)
        found = Placed(entry, source, (table,))
    return found


def each(sources: Sequence[Source], table: str) -> Iterator[Placed[E]]:
    """All entries of an array of tables, through all files."""
    for source in sources:
        for number, entry in enumerate(getattr(source.entry, table)):
            yield Placed(entry, source, (table, number))


def _toml_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    found = _TOML_LINE.search(str(error))
    return int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1


def _told(message: str, data: dict[str, Any]) -> tuple[tuple[str | int, ...], str]:
    """Where a message of the converter points, and what it says."""
    found = _PATH.search(message)
    why = _PATH.sub("", message)
    path: tuple[str | int, ...] = ()
    if found:
        path = tuple(int(step[2]) if step[2] else step[1] or "..." for step in _STEP.finditer(found[1]))
    if "..." in path:  # a key of an open table: the converter does not say which
        path = path[: path.index("...")]
    unknown = _UNKNOWN.search(why)
    if unknown:
        return (*path, unknown[1]), f"unknown key {unknown[1]!r}"
    why = why.replace("Object missing required field", "a key is missing:").replace("Expected", "expected")
    return path, _QUOTED.sub(lambda found: _PLAIN.get(found[1], f"'{found[1]}'"), why)

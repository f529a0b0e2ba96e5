"""Changing units in a town's files: only the lines that change are touched, so a clerk's order and remarks stay."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bot.domain.town import Town
from bot.errors import ConfigurationError
from bot.townfile.lines import LineMap
from bot.townfile.loading import SAMPLE, check_nothing_vanished, load_town
from bot.townfile.source import read_source, town_files

NEW_FILE = "units.toml"
"""Where units go in a town without a file that holds any."""

Value = str | int | bool | list[str]

_HEADER = re.compile(r"\s*\[\[\s*units\s*\]\]")


class Change(Protocol):
    """What becomes of a unit: its code, whether it is new, and the keys that get another value."""

    @property
    def code(self) -> str: ...
    @property
    def new(self) -> bool: ...
    @property
    def after(self) -> Mapping[str, Value]: ...


def rewritten(path: Path, changes: Iterable[Change]) -> dict[Path, str]:
    """The new texts of the files that change, for a town's file or folder. Nothing is written.

    Raises ConfigurationError: for the sample town, which is the program's own; for files that are wrong already; for
    what the town could not be loaded with afterwards, with file, line and reason.
    """
    if path.resolve() == SAMPLE.resolve():
        raise ConfigurationError("town", "this is the sample town; copy its folder and name the copy in the settings")
    changes = tuple(changes)
    before = load_town(path)
    texts = {file: file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n") for file in town_files(path)}
    edited = dict(texts)
    homes = _homes(path)
    for change in changes:
        if not change.new:
            file, number = homes[change.code]
            edited[file] = _changed(edited[file], number, change.after)
    new = [change.after for change in changes if change.new]
    if new:
        last = next((file for file in reversed(texts) if _HEADER.search(texts[file])), None)
        home = last or (path / NEW_FILE if path.is_dir() else path)
        edited[home] = edited.get(home, "").rstrip("\n") + "\n" + "".join(_block(unit) for unit in new)
    found = {file: text for file, text in edited.items() if text != texts.get(file)}
    _check(path, before, edited, changes)
    return found


def write(texts: Mapping[Path, str]) -> None:
    """Put new texts into their files, each whole or not at all; a running desk reads them by itself. Raises OSError."""
    for path, text in texts.items():
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        file, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(file, "w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _homes(path: Path) -> dict[str, tuple[Path, int]]:
    """In which file each unit stands, and as the how-manieth there."""
    return {
        unit.code: (file, number)
        for file in town_files(path)
        for number, unit in enumerate(read_source(file).entry.units)
    }


def _changed(text: str, number: int, values: Mapping[str, Value]) -> str:
    """A file's text with other values for keys of its ``number``th unit."""
    for key, value in values.items():
        lines = text.split("\n")
        places = LineMap(text)
        head = places.line(("units", number))
        at = places.line(("units", number, key))
        written = f"{key} = {_toml(value)}"
        if at == head:  # it has no such key yet
            lines.insert(head, written)
        else:
            end = _end_of_value(lines, at)
            lines[at - 1 : end] = [written]
        text = "\n".join(lines)
    return text


def _end_of_value(lines: Sequence[str], begin: int) -> int:
    """The line in which the value ends whose key stands in line ``begin``: the first that makes it whole."""
    for end in range(begin, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[begin - 1 : end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return begin


def _block(unit: Mapping[str, Value]) -> str:
    return "\n[[units]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in unit.items())


def _toml(value: Value) -> str:
    """A value in TOML; its strings and lists of strings are written as JSON writes them."""
    return json.dumps(value, ensure_ascii=False)


def _check(path: Path, before: Town, texts: Mapping[Path, str], changes: Iterable[Change]) -> None:
    """See that the town loads with these texts, that nothing vanished, and that the units are what they should be."""
    with tempfile.TemporaryDirectory() as folder:
        for file, text in texts.items():
            (Path(folder) / file.name).write_text(text, "utf-8", newline="\n")
        after = load_town(Path(folder) if path.is_dir() else Path(folder) / path.name)
    check_nothing_vanished(before, after, path)
    expected = {change.code for change in changes}
    for code, unit in after.units.items():
        if code not in expected and unit != before.units.get(code):
            raise ConfigurationError(path.name, f"unit {code!r} cannot be changed by itself: edit the file by hand")

"""A table as a clerk's program saves it (CSV), whatever its encoding and delimiter, with the line of everything."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.words import desk_word

LARGEST = 20 * 1024 * 1024
MOST_COLUMNS = 40
MOST_LINES = 100_000
DELIMITERS = ",;\t，"

_BOMS = ((codecs.BOM_UTF8, "UTF-8"), (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")
"""Signs that no table holds: a file that is none, or was read in the wrong encoding."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which line of the file (0: in none)."""

    line: int
    why: str


class WrongSheet(Exception):
    """The table cannot be used; ``faults`` say why, in the order of their lines."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = sorted(faults, key=lambda fault: fault.line)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, and its cells by the name of their column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell of a column, "" when there is no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it was read; ``encoding`` is what the file turned out to be written in."""

    encoding: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(content: bytes, columns: Mapping[str, str]) -> Sheet:
    """The table in a file. ``columns`` maps folded headings to names of columns.

    UTF-8 (with or without its mark), UTF-16 with its mark and GB18030 are understood. Raises WrongSheet.
    """
    if len(content) > LARGEST:
        raise WrongSheet([Fault(0, f"the file is larger than {LARGEST // 2**20} MB")])
    encoding, text = _decoded(content)
    rows = list(_rows(text))
    if not rows:
        raise WrongSheet([Fault(0, "the file is empty")])
    head, *body = rows
    names = _headings(head, columns)
    faults: list[Fault] = []
    lines: list[Line] = []
    for number, cells in body:
        if any(cells[len(names) :]):
            faults.append(Fault(number, f"has {len(cells)} cells under {len(names)} headings"))
            continue
        lines.append(Line(number, dict(zip(names, cells, strict=False))))
    if len(lines) > MOST_LINES:
        faults.append(Fault(0, f"more than {MOST_LINES} lines"))
    if faults:
        raise WrongSheet(faults)
    return Sheet(encoding, tuple(names), tuple(lines))


def _decoded(content: bytes) -> tuple[str, str]:
    """Encoding and text. GB18030 takes nearly any bytes, so it comes last and its result is looked at."""
    for bom, name in _BOMS:
        if content.startswith(bom):
            tried = [(name, "utf-8-sig" if name == "UTF-8" else "utf-16")]
            break
    else:
        tried = [("UTF-8", "utf-8"), ("GB18030", "gb18030")]
    for name, codec in tried:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        odd = _UNREADABLE.search(text)
        if odd is None:
            return name, text
        line = text.count("\n", 0, odd.start()) + 1
        raise WrongSheet([Fault(line, f"not readable as {name}: save the table as CSV in UTF-8")])
    raise WrongSheet([Fault(0, f"not written in {' or '.join(name for name, _ in tried)}: save it as CSV in UTF-8")])


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they begin in; those without any content are left out."""
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise WrongSheet([Fault(begin, f"not a table: {error}")]) from None


def _headings(head: tuple[int, list[str]], columns: Mapping[str, str]) -> list[str]:
    number, cells = head
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        raise WrongSheet([Fault(number, f"{len(cells)} headings, where {MOST_COLUMNS} are more than any table has")])
    names: list[str] = []
    faults: list[Fault] = []
    for cell in cells:
        name = columns.get(desk_word(cell), "")
        if not name:
            known = ", ".join(dict.fromkeys(columns.values()))
            faults.append(Fault(number, f"unknown heading {cell!r}; there are: {known}"))
        elif name in names:
            faults.append(Fault(number, f"the heading {name!r} stands twice"))
        names.append(name)
    if faults:
        raise WrongSheet(faults)
    return names

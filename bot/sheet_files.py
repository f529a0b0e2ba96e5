"""Tables as files that grow row by row: CSV, and XLSX whose cells are never formulas or links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot import sheet_cells
from bot.errors import Refusal

ROWS_MOST = 1_048_575
"""What a sheet of XLSX holds below its head (the format's limit is 1,048,576 rows)."""

LETTERS_MOST = 32_000
"""A cell of XLSX holds 32,767 characters; longer texts are cut."""

_WIDTH = 16


class SheetFile(Protocol):
    """A table that is being written. `write` and `close` wait for the disk: call them from a thread."""

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows: texts, numbers, moments without a zone, None for an empty cell. Raises OSError, Refusal."""
        ...

    def close(self) -> None:
        """End the file. Raises OSError."""
        ...


class CsvFile:
    """CSV in UTF-8, for spreadsheets: what they would take for a formula begins with an apostrophe."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(sheet_cells.MARK + sheet_cells.line(head))

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows."""
        self._file.writelines(sheet_cells.line(map(_plain, row)) for row in rows)

    def close(self) -> None:
        """End the file."""
        self._file.close()


class XlsxFile:
    """A workbook with one sheet. Rows go to the disk as they come, so memory does not grow."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        import xlsxwriter  # only who exports needs it

        self._book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "default_date_format": "yyyy-mm-dd hh:mm",
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_column(0, len(head) - 1, _WIDTH)
        bold = self._book.add_format({"bold": True})
        for column, title in enumerate(head):
            self._sheet.write_string(0, column, title, bold)
        self._rows = 0

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows. Raises Refusal when the sheet is full."""
        for row in rows:
            self._rows += 1
            if self._rows > ROWS_MOST:
                raise Refusal("export.too_many")
            for column, value in enumerate(row):
                self._cell(column, value)

    def _cell(self, column: int, value: object) -> None:
        if isinstance(value, datetime):
            self._sheet.write_datetime(self._rows, column, value)
        elif isinstance(value, int | float):
            self._sheet.write_number(self._rows, column, value)
        elif value not in (None, ""):
            self._sheet.write_string(self._rows, column, str(value)[:LETTERS_MOST])

    def close(self) -> None:
        """End the file."""
        self._book.close()


FORMS: Mapping[str, Callable[[Path, Sequence[str]], SheetFile]] = {"csv": CsvFile, "xlsx": XlsxFile}
"""How a table can be written; the name is the end of the file's name."""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else value

"""Tables for other people's programs: CSV whose cells no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a cell a formula (OWASP, "CSV Injection"), also as full-width signs, which some programs read as these."""

MARK = "\ufeff"
"""Before the first line: by it spreadsheets know that the file is UTF-8."""


def safe(value: object) -> str:
    """A cell: what would be read as a formula begins with an apostrophe; numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS) else text


def line(cells: Iterable[object]) -> str:
    """One line of a table, with its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return out.getvalue()

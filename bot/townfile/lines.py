"""In which line of a TOML file something stands: the TOML reader itself does not tell.

It reads no more than that takes: table headers, keys, and the elements of arrays. The file must be valid TOML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGN = re.compile(rf"\s*({_DOTTED})\s*=")
_ONE_KEY = re.compile(_KEY)
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|\n|[\[\]{},]|[^\s"\'#\[\]{},]+')


class LineMap:
    """Where each table, key and array element of one file begins."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._map(text)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of an element, or of the nearest thing around it that has one; 1 for the file itself."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(tuple(path[:length]))
            if found is not None:
                return found
        return 1

    def _map(self, text: str) -> None:
        table: Path = ()
        position, line = 0, 1
        while position < len(text):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            header = _HEADER.match(text, position, end)
            assign = None if header else _ASSIGN.match(text, position, end)
            if header:
                table = self._open(_keys(header[2]), array=header[1] == "[[")
                self._lines.setdefault(table, line)
            elif assign:
                path = (*table, *_keys(assign[1]))
                self._lines.setdefault(path, line)
                value_end = self._value(text, assign.end(), path, line)
                line += text.count("\n", position, value_end)
                end = value_end
            position = end + 1
            line += 1

    def _open(self, keys: Path, array: bool) -> Path:
        """The path of a table header, counting through arrays of tables."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            last = number == len(keys) - 1
            if last and array:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _value(self, text: str, position: int, path: Path, line: int) -> int:
        """Walk over a value, noting the elements of arrays; returns where its last line ends."""
        stack: list[tuple[str, int]] = []  # bracket, number of the present element
        while token := _TOKEN.search(text, position):
            word, position = token[0], token.end()
            if word == "\n":
                if not stack:
                    return token.start()
                line += 1
                continue
            if word[0] == "#":
                continue
            if word == ",":
                bracket, number = stack[-1]
                stack[-1] = (bracket, number + 1)
                continue
            if word in ("]", "}"):
                stack.pop()
                continue
            if stack and all(bracket == "[" for bracket, _ in stack):
                self._lines.setdefault((*path, *(number for _, number in stack)), line)
            if word in ("[", "{"):
                stack.append((word, 0))
            elif word in ('"""', "'''"):
                close = _closing(text, word, position)
                line += text.count("\n", position, close)
                position = close
        return len(text)


def _closing(text: str, quotes: str, position: int) -> int:
    """Where a string of several lines is over."""
    while position < len(text):
        if text.startswith(quotes, position):
            position += 3
            while text.startswith(quotes[0], position):  # quotes right before the closing ones belong to the string
                position += 1
            return position
        position += 2 if quotes == '"""' and text[position] == "\\" else 1
    return position


def _keys(dotted: str) -> Path:
    return tuple(key[1:-1] if key[0] in "\"'" else key for key in _ONE_KEY.findall(dotted))

"""Walking through all tables, a slice at a time, for what still leads to somebody who is to be forgotten.

Every text of every row is looked at, whatever it is for: a place nobody thought of is found too. A row that has
something is changed and stays, for many rows are fences: what is not to happen twice has its key, and keeps it.
"""

# ruff: noqa: S608  # only names of tables, columns and question marks are put into the texts; values are variables
from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import Table, Text

from storage.audit_forgetting import bound_anew, subjects_of
from storage.blots import address_in
from storage.columns import metadata
from storage.driver import Driver, Row

SLICE = 2000
"""So many rows are looked at for one question."""

_NOT_LOOKED_AT = frozenset(
    {
        *("erasure", "forgotten", "number_block", "search_queue", "search_mark", "shared_key"),
        # Who works here is known to the desk as long as they do, and what they decided as long as it counts.
        *("staff", "staff_event", "staff_address", "invitation", "invitation_use"),
    }
)
_TALK = frozenset({"inbox", "push", "note", "task", "drawing", "looked"})
"""What was said between people and the desk: there numbers and names are taken out too."""

_TIMES = ("received_at", "created_at", "opened_at", "since", "begun_at", "at")
"""What the moment is called at which a row came to be."""

_BEGINNING = 10
"""By so many signs a phrase is found."""

_NAME = 3
"""A name of so many signs is nobody else's in what was said between people and the desk."""

_LEAST_NUMERIC, _LEAST = 7, 8
"""Shorter ids are only looked for behind the name of their channel: they stand in too much else."""


@dataclass(frozen=True)
class Walked:
    """What of a table is looked at: its key, its texts, and when a row came to be ("" where it does not say)."""

    name: str
    key: tuple[str, ...]
    texts: tuple[str, ...]
    at: str

    @classmethod
    def of(cls, table: Table) -> Walked:
        """That of a table."""
        names = [column.name for column in table.columns]
        return cls(
            name=table.name,
            key=tuple(column.name for column in table.primary_key.columns),
            texts=tuple(column.name for column in table.columns if isinstance(column.type, Text)),
            at=next((name for name in _TIMES if name in names), ""),
        )


@cache
def walked_tables() -> tuple[Walked, ...]:
    """Every table that is walked through."""
    tables = (Walked.of(table) for table in metadata.sorted_tables if table.name not in _NOT_LOOKED_AT)
    return tuple(table for table in tables if table.texts and not table.name.startswith("audit"))


@dataclass(frozen=True)
class Sought:
    """Somebody who is looked for: their address, their numbers, their names, the tickets in whose company a short name
    is theirs, what they said. Only rows up to ``until`` are changed (microseconds; None: all): they may have come back.
    """

    address: str
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    until: int | None = None
    _instead: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What the channel calls them."""
        return self.address.partition(":")[2]

    def needles(self, table: Walked) -> tuple[str, ...]:
        """What a row of a table must have one of."""
        if table.name not in _TALK:
            return (self.id,)
        return (self.id, *self.numbers, *self.names, *(phrase[:_BEGINNING] for phrase in self.phrases))

    def instead(self, table: str) -> str:
        """What stands for the address in a table: the same in all of its rows, another in each table."""
        return self._instead.setdefault(table, f"erased:{secrets.token_hex(8)}")

    def cleaned(self, table: Walked, texts: Sequence[str | None]) -> list[str | None]:
        """The texts of a row without anything of this person."""
        whole = " ".join(text for text in texts if text)
        about = any(sign in whole for sign in (*self.tickets, *(phrase[:_BEGINNING] for phrase in self.phrases)))
        names = [name for name in self.names if about or len(name) >= _NAME]
        return [None if text is None else self._without(text, table.name, names) for text in texts]

    def _without(self, text: str, table: str, names: Iterable[str]) -> str:
        instead = self.instead(table)
        if self.id in text:
            channel, _, id_ = self.address.partition(":")
            text = address_in(self.address).sub(instead, text)
            text = text.replace(
                f'"channel":"{channel}","id":"{id_}"', f'"channel":"erased","id":"{instead.partition(":")[2]}"'
            )
            if (alone := _alone(id_)) is not None:
                text = alone.sub(instead.partition(":")[2], text)
        if table in _TALK:
            for number in self.numbers:
                if len(number) >= _LEAST_NUMERIC:
                    text = text.replace(number, "*" * len(number))
            for name in names:
                text = text.replace(name, "**")
            for phrase in self.phrases:
                text = _unsaid(text, phrase)
        return text


def _unsaid(text: str, phrase: str) -> str:
    """The text without a phrase, or without as much of its beginning as stands there: some places cut it short."""
    beginning = phrase[:_BEGINNING]
    at = text.find(beginning)
    while at >= 0:
        both = zip(text[at:], phrase, strict=False)
        length = next(
            (place for place, (one, other) in enumerate(both) if one != other), min(len(text) - at, len(phrase))
        )
        text = f"{text[:at]}**{text[at + length :]}"
        at = text.find(beginning, at + 2)
    return text


def _alone(id_: str) -> re.Pattern[str] | None:
    """Where an id stands without its channel; None where it is too short to tell. Behind another's channel it is
    another's."""
    if id_.isdecimal():
        return re.compile(rf"(?<![0-9:]){id_}(?![0-9])") if len(id_) >= _LEAST_NUMERIC else None
    return re.compile(rf"(?<![0-9A-Za-z_:-]){re.escape(id_)}(?![0-9A-Za-z_-])") if len(id_) >= _LEAST else None


def end_of_slice(connection: Driver, table: Walked, after: Row | None, size: int = SLICE) -> Row | None:
    """The key of the last row of the next slice; None when no row is left."""
    keys = _listed(table.key)
    begin = "" if after is None else f" WHERE {_tuple(table.key)} > {_marks(table.key)}"
    sql = f'SELECT {keys} FROM "{table.name}"{begin} ORDER BY {keys} LIMIT ?'
    found = connection.execute(sql, (*(after or ()), size)).fetchall()
    return found[-1] if found else None


def found_in(connection: Driver, table: Walked, after: Row | None, to: Row, people: Sequence[Sought]) -> list[Row]:
    """Keys of rows of a slice, behind ``after`` and up to ``to``, that may have something of these people."""
    needles = list(dict.fromkeys(needle for person in people for needle in person.needles(table)))
    whole = " || ' ' || ".join(f"coalesce(\"{name}\", '')" for name in table.texts)
    return in_slice(connection, table, after, to, _any(f"instr({whole}, ?) > 0", len(needles)), needles)


def in_slice(
    connection: Driver, table: Walked, after: Row | None, to: Row, where: str, variables: Sequence[object]
) -> list[Row]:
    """Keys of rows of a slice, behind ``after`` and up to ``to``, for which a condition holds."""
    begin = "" if after is None else f"{_tuple(table.key)} > {_marks(table.key)} AND "
    sql = (
        f'SELECT {_listed(table.key)} FROM "{table.name}"'
        f" WHERE {begin}{_tuple(table.key)} <= {_marks(table.key)} AND ({where})"
    )
    return connection.execute(sql, (*(after or ()), *to, *variables)).fetchall()


def clean_row(connection: Driver, table: Walked, key: Row, people: Sequence[Sought]) -> bool:
    """Take these people out of a row, inside the transaction that is open; whether there was anything of them."""
    where = " AND ".join(f'"{name}" = ?' for name in table.key)
    at = f', "{table.at}"' if table.at else ""
    row = connection.execute(f'SELECT {_listed(table.texts)}{at} FROM "{table.name}" WHERE {where}', key).fetchone()
    if row is None:
        return False
    before = list(row[: len(table.texts)])
    after = before
    for person in people:
        if person.until is None or (table.at and row[-1] <= person.until):
            after = person.cleaned(table, after)
    if after == before:
        return False
    changed = {name: new for name, old, new in zip(table.texts, before, after, strict=True) if new != old}
    sets = ", ".join(f'"{name}" = ?' for name in changed)
    with bound_anew(connection, subjects_of(table.name, key)):
        connection.execute(f'UPDATE "{table.name}" SET {sets} WHERE {where}', (*changed.values(), *key))
    return True


def swept(connection: Driver, people: Sequence[Sought], told: Callable[[Mapping[str, int]], None] | None = None) -> int:
    """Take people out of all tables in one go, where nobody waits; how many rows were changed."""
    changed = dict[str, int]()
    for table in walked_tables():
        after: Row | None = None
        while (to := end_of_slice(connection, table, after)) is not None:
            keys = found_in(connection, table, after, to, people)
            changed[table.name] = changed.get(table.name, 0) + sum(
                clean_row(connection, table, key, people) for key in keys
            )
            after = to
            if told is not None:
                told(changed)
    return sum(changed.values())


def _any(condition: str, count: int) -> str:
    """A condition so many times, with OR; in groups, for SQLite nests no deeper than a thousand."""
    groups = [" OR ".join([condition] * min(50, count - begin)) for begin in range(0, count, 50)]
    return " OR ".join(f"({group})" for group in groups)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _tuple(names: Sequence[str]) -> str:
    return f'"{names[0]}"' if len(names) == 1 else f"({_listed(names)})"


def _marks(names: Sequence[str]) -> str:
    return "?" if len(names) == 1 else f"({', '.join('?' * len(names))})"

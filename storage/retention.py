"""Taking away what has been kept long enough: one rule for each place where a class of data stands.

Tables are walked through by their keys, a slice at a time; what is to go is looked for by readers and taken away by the
writer, at most `BATCH` rows in one transaction. So no index is needed on the moments: every message would pay for it.
"""

# ruff: noqa: S608  # only names of tables, columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import msgspec

from bot.conversation.session import blank
from storage.audit_forgetting import bound_anew, subjects_of
from storage.codec import as_json, micros, moment, read_invitation, read_session
from storage.columns import metadata
from storage.driver import Driver, Questions, Row
from storage.erasing import BLANK, NOTHING
from storage.sweeping import Walked, end_of_slice, in_slice
from storage.writer import Writer

BATCH = 500
"""So many rows at most are changed in one transaction."""

_SETTLED = "('sent', 'told', 'refused', 'unclear', 'expired', 'recalled')"

Change = Callable[[Driver, Row, datetime], Sequence[object] | None]
"""What the row of a key is changed to (the variables of the statement before its key); None where nothing goes. The
moment is before when it goes."""


@dataclass(frozen=True)
class Rule:
    """What goes of a table with a class: rows for which ``where`` holds (its ``?`` is the moment before which they are
    over), and for which ``change`` finds something; by ``steps`` that take a row's key, after what ``change`` gave."""

    name: str
    table: str
    where: str
    steps: tuple[str, ...]
    change: Change | None = None


def _copies_gone(table: str) -> str:
    return f"DELETE FROM {table} WHERE attachment = ?"


_FILE_GOES = "UPDATE attachment SET state = 'dropped', ref = '', name = '', fingerprint = '', sha256 = '' WHERE id = ?"
_USED = (
    "SELECT i.body, u.at FROM invitation AS i LEFT JOIN invitation_use AS u ON u.digest = i.digest WHERE i.digest = ?"
)


def _blanked(connection: Driver, key: Row, _before: datetime) -> Sequence[object] | None:
    row = connection.execute("SELECT body FROM session WHERE address = ?", key).fetchone()
    try:
        new = None if row is None else as_json(blank(read_session(row[0])))
    except msgspec.MsgspecError:  # written by another program: nobody can read it any more
        return None
    return None if new is None or new == row[0] else (new,)


def _over(connection: Driver, key: Row, before: datetime) -> Sequence[object] | None:
    row = connection.execute(_USED, key).fetchone()
    if row is None:
        return None
    used = row[1] is not None and moment(row[1]) < before
    return () if used or read_invitation(row[0]).expires_at < before else None


RULES = (
    Rule(
        "payloads",
        "inbox",
        "received_at < ? AND length(raw) > 0",
        ("UPDATE inbox SET raw = ? WHERE channel = ? AND key = ?",),
        lambda *_: (b"",),
    ),
    Rule(
        "talk",
        "inbox",
        "received_at < ? AND (text <> '' OR reply IS NOT NULL OR pin IS NOT NULL)",
        ("UPDATE inbox SET text = '', pin = NULL, reply = NULL WHERE channel = ? AND key = ?",),
    ),
    Rule(
        "talk",
        "push",
        f"settled_at < ? AND state IN {_SETTLED} AND (reply <> '{BLANK}' OR brief IS NOT NULL)",
        (f"UPDATE push SET reply = '{BLANK}', brief = NULL WHERE id = ?",),
    ),
    Rule("talk", "note", f"told_at < ? AND body <> '{NOTHING}'", (f"UPDATE note SET body = '{NOTHING}' WHERE id = ?",)),
    Rule(
        "talk",
        "task",
        "closed_at < ? AND (data IS NOT NULL OR address IS NOT NULL)",
        ("UPDATE task SET data = NULL, address = NULL WHERE key = ?",),
    ),
    Rule("talk", "drawing", "drawn_at < ?", ("DELETE FROM drawing WHERE key = ?",)),
    Rule(
        "unfiled",
        "attachment",
        "created_at < ? AND ticket = '' AND state <> 'pending' AND (sha256 <> '' OR ref <> '')",
        (*map(_copies_gone, ("rendition", "transcript", "photo", "photo_band")), _FILE_GOES),
    ),
    Rule(
        "files",
        "attachment",
        "sha256 <> '' AND ticket <> '' AND EXISTS (SELECT 1 FROM ticket AS t WHERE t.number = attachment.ticket"
        " AND t.closed_at IS NOT NULL AND t.closed_at < ?)",
        (*map(_copies_gone, ("rendition", "photo", "photo_band")), _FILE_GOES),
    ),
    Rule(
        "sessions",
        "session",
        "EXISTS (SELECT 1 FROM turn AS u WHERE u.address = session.address AND u.seq = session.seq AND u.at < ?)",
        ("UPDATE session SET body = ? WHERE address = ?",),
        _blanked,
    ),
    Rule("codes", "code_failure", "at < ?", ("DELETE FROM code_failure WHERE id = ?",)),
    Rule("quarantine", "quarantine", "at < ?", ("DELETE FROM quarantine WHERE incident = ?",)),
    Rule("looks", "looked", "at < ?", ("DELETE FROM looked WHERE id = ?",)),
    Rule("invitations", "invitation", "? IS NOT NULL", ("DELETE FROM invitation WHERE digest = ?",), _over),
    Rule("receipts", "inbox", "received_at < ?", ("DELETE FROM inbox WHERE channel = ? AND key = ?",)),
)
"""In the order in which they are applied."""


@cache
def _walked(name: str) -> Walked:
    return Walked.of(metadata.tables[name])


def apply(connection: Driver, rule: Rule, keys: Sequence[Row], before: datetime) -> int:
    """Take away what a rule says from rows, inside the transaction that is open; from how many."""
    found = [(first, key) for key in keys if (first := _first(connection, rule, tuple(key), before)) is not None]
    with bound_anew(connection, [each for _, key in found for each in subjects_of(rule.table, key)]):
        for step in rule.steps:
            connection.executemany(step, [(*first, *key) for first, key in found])
    return len(found)


def _first(connection: Driver, rule: Rule, key: Row, before: datetime) -> Sequence[object] | None:
    return () if rule.change is None else rule.change(connection, key, before)


def due(connection: Driver, rule: Rule, after: Row | None, to: Row, before: datetime) -> list[Row]:
    """Keys of the rows of a slice of which something goes."""
    return in_slice(connection, _walked(rule.table), after, to, rule.where, (micros(before),))


Rest = Callable[[], Awaitable[None]]
Counts = dict[tuple[str, str], int]
"""By class and table, how many rows."""


class Retention:
    """Applies the rules beside everything else."""

    def __init__(self, writer: Writer, readers: Questions) -> None:
        self._writer = writer
        self._readers = readers

    async def purge(self, cutoffs: Mapping[str, datetime], rest: Rest) -> Counts:
        """Take away what is over, by class the moment before which it is; from how many rows. Raises StoreUnavailable.

        ``rest`` is awaited after every slice and every transaction.
        """
        counts: Counts = {}
        async for rule, before, keys in _over_due(self._readers, cutoffs):
            for begin in range(0, len(keys), BATCH):
                part = keys[begin : begin + BATCH]
                count = await self._writer.run(partial(apply, rule=rule, keys=part, before=before))
                counts[rule.name, rule.table] = counts.get((rule.name, rule.table), 0) + count
                await rest()
            await rest()
        return counts


async def count_due(readers: Questions, cutoffs: Mapping[str, datetime]) -> Counts:
    """From how many rows something would be taken away now. Raises StoreUnavailable."""
    counts: Counts = {}
    async for rule, before, keys in _over_due(readers, cutoffs):
        count = await readers.ask(partial(_would, rule=rule, keys=keys, before=before))
        counts[rule.name, rule.table] = counts.get((rule.name, rule.table), 0) + count
    return counts


async def _over_due(
    readers: Questions, cutoffs: Mapping[str, datetime]
) -> AsyncIterator[tuple[Rule, datetime, list[Row]]]:
    """Every rule with the moment before which its data are over, and the keys in each slice of its table."""
    for rule in RULES:
        before = cutoffs.get(rule.name)
        after: Row | None = None
        table = _walked(rule.table)
        while before is not None:
            to = await readers.ask(partial(end_of_slice, table=table, after=after))
            if to is None:
                break
            yield rule, before, await readers.ask(partial(due, rule=rule, after=after, to=to, before=before))
            after = to


def _would(connection: Driver, rule: Rule, keys: Sequence[Row], before: datetime) -> int:
    """Of how many of these rows something would go."""
    return sum(_first(connection, rule, tuple(key), before) is not None for key in keys)

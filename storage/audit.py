"""Appending to the chained record: the last thing a transaction does, in the transaction that does the rest."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.audit import BEFORE_ALL, chained
from storage import schema_audit
from storage.driver import Driver, Row
from storage.many_rows import insertion

Entry = tuple[int, str, str, int, int, str, str, bytes, bytes, bytes | None]
"""at, what, subject, part, steps, actor, note, digest, state, salt."""

_ENTRIES = insertion(schema_audit.audit)
_TAKE = "UPDATE audit_head SET seq = seq + ? WHERE id = 1 RETURNING seq, hash"
_FIRST = "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, ?) ON CONFLICT (id) DO NOTHING"
_HEAD = "UPDATE audit_head SET hash = ? WHERE id = 1"


def append(connection: Driver, entries: Sequence[Entry]) -> None:
    """Chain entries to the newest one, inside the transaction that is open.

    Until it ends, other workers that want to append wait. Raises what the driver raises.
    """
    count = len(entries)
    taken = connection.execute(_TAKE, (count,)).fetchall()
    if not taken:
        connection.execute(_FIRST, (BEFORE_ALL,))
        taken = connection.execute(_TAKE, (count,)).fetchall()
    ((last, before),) = taken
    seq, link, rows = last - count, bytes(before), list[Row]()
    for entry in entries:
        seq += 1
        said = (seq, *entry[:-1])
        link = chained(link, said)
        rows.append((*said, link, entry[-1]))
    _ENTRIES.run(connection, rows)
    connection.execute(_HEAD, (link,))

"""Holds and messages that were put by, as rows, and the statements that write them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.changes import Changes
from storage import schema_abuse as t
from storage.codec import clean, micros, micros_or_none, plain, whole_json
from storage.driver import Driver, Row
from storage.many_rows import insertion, once

_STEP = insertion(t.hold_step)
_PUT_BY = once(t.put_by, "channel", "key")
_TAKEN_UP = "DELETE FROM put_by WHERE channel = ? AND key = ?"


class AbuseRows(msgspec.Struct):
    """What few change-sets write of it. ``steps`` are fences."""

    steps: Sequence[Row] = ()
    put_by: Sequence[Row] = ()
    taken_up: Sequence[Row] = ()


def abuse_rows_of(changes: Changes) -> AbuseRows:
    """The rows of a change-set. Raises Unstorable, and TypeError or the like for what is no proper value."""
    return AbuseRows(
        steps=[
            (
                *(h.id, h.seq, str(h.address), h.by, clean(h.reason), micros(h.since), micros(h.until)),
                *(str(h.step), h.actor, micros(h.at), clean(h.text)),
                *(micros_or_none(h.appealed_at), micros_or_none(h.ended_at)),
            )
            for h in changes.holds
        ],
        put_by=[(m.address.channel, plain(m.key), str(m.address), micros(m.at), whole_json(m)) for m in changes.put_by],
        taken_up=[(channel, plain(key)) for channel, key in changes.taken_up],
    )


def write_abuse(connection: Driver, many: Sequence[AbuseRows]) -> None:
    """Write what change-sets of one batch say, inside the transaction that is open. Raises what the driver raises."""
    steps = sorted(row for rows in many for row in rows.steps)
    if steps:
        _STEP.run(connection, steps)
    put_by: dict[Row, Row] = {}
    for row in (row for rows in many for row in rows.put_by):
        put_by.setdefault(row[:2], row)
    if put_by:
        _PUT_BY.run(connection, list(put_by.values()))  # as they came: their ids are their order
    taken_up = [row for rows in many for row in rows.taken_up]
    if taken_up:
        connection.executemany(_TAKEN_UP, sorted(taken_up))

"""What there is to do for others after a batch was written, and how that is said in few bytes."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import Table

from bot.ports.waking import Wake
from storage import schema as t
from storage.batch import Batch
from storage.codec import micros, moment

KEPT_TOLD = 100
"""So many addresses are named in one wake; pages of the others find what is kept for them when they look."""

LONGEST = 7_900
"""Bytes of a wake. PostgreSQL takes no more than 8,000."""

SOON = timedelta(seconds=30)
"""A timer that is due later is found in time by everybody who looks for timers."""


def _place(table: Table, name: str) -> int:
    """Where a column stands in a row that is to be inserted: the database gives the ids."""
    return [column.name for column in table.columns if column.name != "id" or table is t.attachment].index(name)


_CHANNEL, _NOT_BEFORE = _place(t.push, "channel"), _place(t.push, "not_before")
_STATE = _place(t.attachment, "state")
_DUE = 3
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Wake)


def wake_of(batch: Batch) -> Wake:
    """What others can do now that this batch is true."""
    later: dict[str, int] = {}
    for row in batch.pushes:
        if row[_NOT_BEFORE] is not None:
            later[row[_CHANNEL]] = min(row[_NOT_BEFORE], later.get(row[_CHANNEL], row[_NOT_BEFORE]))
    due = [timer[_DUE] for timers in batch.timers.values() for timer in timers]
    due += [told[0] for told in batch.told]  # what was told may have set a timer (see `Push.then`)
    at = moment(min(due)) if due else None
    return Wake(
        pushes=tuple(sorted({row[_CHANNEL] for row in batch.pushes})),
        later=tuple((channel, moment(first)) for channel, first in sorted(later.items())),
        timer_at=at,
        files=any(row[_STATE] == "pending" for row in batch.attachments),
        staff=bool(batch.staff),
    )


def written(wake: Wake) -> str:
    """A wake as text; "" for one that says nothing."""
    if wake.empty:
        return ""
    text = _encoder.encode(wake).decode()
    if len(text.encode()) > LONGEST:
        text = _encoder.encode(msgspec.structs.replace(wake, kept=())).decode()
    return text


def read(text: str) -> Wake | None:
    """What a wake says; None for what no worker of this version says."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        return None


def soon(wake: Wake, now: int) -> Wake:
    """A wake without the timers that everybody finds in time by looking; ``now`` in microseconds."""
    if wake.timer_at is None or micros(wake.timer_at) <= now + SOON // timedelta(microseconds=1):
        return wake
    return msgspec.structs.replace(wake, timer_at=None)

"""What people and services say of files, as rows: covered parts of photos, and words heard in voices; and how these
are written, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.changes import Changes
from storage.codec import as_json, clean, micros
from storage.driver import Driver
from storage.staff_rows import Row


class EvidenceRows(msgspec.Struct):
    """What few change-sets write of it."""

    boxings: Sequence[Row] = ()
    transcripts: Sequence[Row] = ()


_UNBOX = "DELETE FROM rendition WHERE attachment = ? AND kind IN ('boxed', 'boxed_thumb')"
_BOX = (
    "INSERT INTO rendition (attachment, kind, sha256, mime, bytes, width, height, data, actor, at)"
    " VALUES (?, 'boxed', '', '', 0, 0, 0, ?, ?, ?)"
)
_TRANSCRIPT = (
    "INSERT INTO transcript (attachment, state, words, actor, at, attempts) VALUES (?, ?, ?, ?, ?, 0)"
    " ON CONFLICT (attachment) DO UPDATE SET state = excluded.state, words = excluded.words, actor = excluded.actor,"
    " at = excluded.at WHERE excluded.state = 'corrected' OR transcript.state <> 'corrected'"
)
"""What its speaker wrote stays: a service that is late does not write over it."""


def evidence_rows_of(changes: Changes) -> EvidenceRows:
    """The rows of a change-set. Raises Unstorable, and TypeError or the like for what is no proper value."""
    return EvidenceRows(
        boxings=[(b.attachment, as_json(b.boxes) if b.boxes else "", b.by, micros(b.at)) for b in changes.boxings],
        transcripts=[(t.attachment, t.state, clean(t.words), t.by, micros(t.at)) for t in changes.transcripts],
    )


def write_evidence(connection: Driver, many: Sequence[EvidenceRows]) -> None:
    """Write what change-sets of one batch say, inside the transaction that is open. Raises what the driver raises."""
    for attachment, boxes, by, at in (row for rows in many for row in rows.boxings):
        connection.execute(_UNBOX, (attachment,))
        if boxes:
            connection.execute(_BOX, (attachment, boxes, by, at))
    for row in (row for rows in many for row in rows.transcripts):
        connection.execute(_TRANSCRIPT, row)

"""Copies of files that may be shown, and words that were heard in them: what is still to be made, and what there is."""

# ruff: noqa: S608  # only names of columns and question marks are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bot.changes import AttachmentRecord
from bot.domain.evidence import Box, Copies, Copy, Rendition, Transcript
from storage.codec import as_json, clean, micros, micros_or_none, moment
from storage.driver import Driver, Questions, Row
from storage.values import ATTACHMENT, attachment_of

_boxes = msgspec.json.Decoder(tuple[Box, ...]).decode

_UNRENDERED = (
    f"SELECT {ATTACHMENT} FROM attachment AS a INDEXED BY ix_attachment_unrendered"
    " WHERE a.state = 'stored' AND NOT a.rendered ORDER BY a.created_at LIMIT ?"
)
_RENDERED = "UPDATE attachment SET rendered = TRUE WHERE id = ?"
_COLUMNS = "attachment, kind, sha256, mime, bytes, width, height, data, actor"
_KEEP = (
    f"INSERT INTO rendition ({_COLUMNS}, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attachment, kind)"
    " DO UPDATE SET sha256 = excluded.sha256, mime = excluded.mime, bytes = excluded.bytes, width = excluded.width,"
    " height = excluded.height, at = excluded.at"
)
_WANTED = f"SELECT {_COLUMNS} FROM rendition INDEXED BY ix_rendition_wanted WHERE sha256 = '' ORDER BY at LIMIT ?"
_SAME_BOXES = "SELECT 1 FROM rendition WHERE attachment = ? AND kind = 'boxed' AND data = ?"
_UNMAKEABLE = (
    "UPDATE rendition SET sha256 = 'failed' WHERE attachment = ? AND kind = 'boxed' AND data = ? AND sha256 = ''"
)
"""The row stays, and has no type: what was to be covered is not shown uncovered because that failed."""
_FILES = f"SELECT {ATTACHMENT} FROM attachment AS a WHERE a.id IN ({{marks}})"
_STATES = "SELECT id, rendered FROM attachment WHERE id IN ({marks})"
_RENDITIONS = f"SELECT {_COLUMNS} FROM rendition WHERE attachment IN ({{marks}})"
_TRANSCRIPTS = "SELECT attachment, state, words, actor, at FROM transcript WHERE attachment IN ({marks})"
_WANT_WORDS = (
    "INSERT INTO transcript (attachment, state, words, actor, at, attempts, next_try_at)"
    " VALUES (?, 'wanted', '', '', ?, 0, ?) ON CONFLICT (attachment) DO NOTHING"
)
_UNHEARD = (
    f"SELECT {ATTACHMENT}, r.sha256, r.bytes, r.mime, x.attempts FROM transcript AS x INDEXED BY ix_transcript_wanted"
    " JOIN attachment AS a ON a.id = x.attachment JOIN rendition AS r ON r.attachment = a.id AND r.kind = 'sound'"
    " WHERE x.state = 'wanted' AND x.next_try_at <= ? AND a.ticket <> '' AND a.state = 'stored'"
    " ORDER BY x.next_try_at LIMIT ?"
)
_LATER = "UPDATE transcript SET attempts = ?, next_try_at = ? WHERE attachment = ? AND state = 'wanted'"
_FORGOTTEN = "DELETE FROM transcript WHERE state = 'wanted' AND attempts = 0 AND at < ?"


class Unheard(msgspec.Struct, frozen=True):
    """A voice of a ticket whose words are wanted, its copy, and how often that was tried."""

    record: AttachmentRecord
    sha256: str
    bytes: int
    mime: str
    attempts: int


def unrendered(connection: Driver, limit: int) -> list[AttachmentRecord]:
    """Files that are here and of which no copies have been made, the oldest first."""
    return [attachment_of(row) for row in connection.execute(_UNRENDERED, (limit,)).fetchall()]


def unboxed(connection: Driver, limit: int) -> list[tuple[AttachmentRecord, Rendition]]:
    """Photos parts of which are to be covered, and where."""
    wanted = [_rendition(row) for row in connection.execute(_WANTED, (limit,)).fetchall()]
    ids = [each.attachment for each in wanted]
    rows = connection.execute(_FILES.format(marks=_marks(ids)), ids).fetchall()
    files = {record.id: record for record in map(attachment_of, rows)}
    return [(files[each.attachment], each) for each in wanted if each.attachment in files]


def keep(connection: Driver, attachment: str, made: Sequence[Rendition], now: datetime, words_wanted: bool) -> None:
    """Write down the copies of a file, inside the transaction that is open: all that can be made are made now."""
    connection.execute(_RENDERED, (attachment,))
    connection.executemany(_KEEP, [_row(each, now) for each in made])
    if words_wanted and any(each.kind is Copy.SOUND for each in made):
        connection.execute(_WANT_WORDS, (attachment, micros(now), micros(now)))


def keep_boxed(connection: Driver, wanted: Rendition, made: Sequence[Rendition], now: datetime) -> None:
    """Write down a covered copy, unless other parts are to be covered by now. Without one, none could be made."""
    key = (wanted.attachment, as_json(wanted.boxes))
    if not made:
        connection.execute(_UNMAKEABLE, key)
    elif connection.execute(_SAME_BOXES, key).fetchone() is not None:
        connection.executemany(_KEEP, [_row(each, now) for each in made])


def copies(connection: Driver, ids: Sequence[str]) -> Mapping[str, Copies]:
    """What there is of these files besides the files."""
    marks = _marks(ids)
    found: dict[str, list[Rendition]] = {}
    for rendition in map(_rendition, connection.execute(_RENDITIONS.format(marks=marks), ids)):
        found.setdefault(rendition.attachment, []).append(rendition)
    said = {row[0]: _transcript(row) for row in connection.execute(_TRANSCRIPTS.format(marks=marks), ids)}
    return {
        id_: Copies(rendered=bool(rendered), renditions=tuple(found.get(id_, ())), transcript=said.get(id_))
        for id_, rendered in connection.execute(_STATES.format(marks=marks), ids)
    }


def unheard(connection: Driver, now: datetime, limit: int) -> list[Unheard]:
    """Voices of tickets whose words are wanted now."""
    rows = connection.execute(_UNHEARD, (micros(now), limit)).fetchall()
    return [Unheard(attachment_of(row[:-4]), *row[-4:]) for row in rows]


def hear_later(connection: Driver, attachment: str, attempts: int, at: datetime, forget_before: datetime) -> None:
    """Try that voice again at a moment; what never became a ticket's is forgotten."""
    connection.execute(_LATER, (attempts, micros_or_none(at), attachment))
    connection.execute(_FORGOTTEN, (micros(forget_before),))


def _row(made: Rendition, now: datetime) -> Row:
    boxes = as_json(made.boxes) if made.boxes else ""
    size = (made.bytes, made.width, made.height)
    return (made.attachment, str(made.kind), made.sha256, clean(made.mime), *size, boxes, made.by, micros(now))


def _rendition(row: Row) -> Rendition:
    attachment, kind, sha256, mime, size, width, height, data, by = row
    return Rendition(
        attachment=attachment,
        kind=Copy(kind),
        sha256=sha256,
        mime=mime,
        bytes=size,
        width=width,
        height=height,
        boxes=_boxes(data) if data else (),
        by=by,
    )


def _transcript(row: Row) -> Transcript:
    attachment, state, words, by, at = row
    return Transcript(attachment=attachment, state=state, words=words, by=by, at=moment(at))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


class EvidenceReader:
    """`bot.ports.evidence_questions.EvidenceQuestions` on SQLite."""

    _readers: Questions

    async def copies(self, ids: Sequence[str]) -> Mapping[str, Copies]:
        """What there is of these files besides the files, by id; files that are not known are missing."""
        return await self._readers.ask(lambda connection: copies(connection, ids)) if ids else {}

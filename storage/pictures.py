"""How pictures look: which of them nobody has looked at yet, what was seen, and which look alike."""

# ruff: noqa: S608  # only names of columns and question marks are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.changes import AttachmentRecord
from bot.domain.pictures import NEAR, Likeness, Look, bands, difference, probes
from storage.codec import micros, micros_or_none, moment_or_none
from storage.driver import Driver, Questions
from storage.values import ATTACHMENT, attachment_of

CANDIDATES = 20_000
"""So many pictures with a band in common are compared with one at most: some ten milliseconds."""

COMPARED, TOLD = 200, 40
"""So many that look like one are looked up, and so many told of."""

_UNSEEN = (
    f"SELECT {ATTACHMENT} FROM attachment AS a INDEXED BY ix_attachment_unseen"
    " WHERE a.state = 'stored' AND NOT a.seen AND a.type IN ('photo', 'file') ORDER BY a.created_at LIMIT ?"
)
_SEEN = "UPDATE attachment SET seen = TRUE WHERE id = ?"
_LOOK = (
    "INSERT INTO photo (attachment, sha256, phash, taken_at, at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (attachment) DO NOTHING"
)
_BAND = "INSERT INTO photo_band (band, phash, attachment) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_LOOKS = "SELECT attachment, sha256, phash, taken_at FROM photo WHERE attachment IN ({marks})"
_SAME = "SELECT sha256, phash, taken_at FROM photo WHERE sha256 = ? AND sha256 <> '' LIMIT 1"
_COPIES = "SELECT attachment FROM photo WHERE sha256 = ? AND sha256 <> '' LIMIT ?"
_OF_BANDS = "SELECT phash, attachment FROM photo_band WHERE band IN ({marks}) LIMIT ?"
_WHOSE = (
    "SELECT o.id, o.ticket FROM attachment AS o JOIN attachment AS a ON a.id = ? WHERE o.id IN ({marks})"
    " AND o.ticket <> '' AND o.state <> 'dropped' AND o.created_at <= a.created_at ORDER BY o.created_at"
)


def unseen(connection: Driver, limit: int) -> list[AttachmentRecord]:
    """Files that are here and at which nobody has looked, the oldest first."""
    return [attachment_of(row) for row in connection.execute(_UNSEEN, (limit,)).fetchall()]


def keep(connection: Driver, look: Look, now: datetime) -> None:
    """Write down how a file looks, inside the transaction that is open."""
    connection.execute(_SEEN, (look.attachment,))
    if look.sha256:
        values = (look.attachment, look.sha256, look.phash, micros_or_none(look.taken_at), micros(now))
        connection.execute(_LOOK, values)
    if look.phash:
        connection.executemany(_BAND, [(band, look.phash, look.attachment) for band in bands(look.phash)])


def known(connection: Driver, sha256: str) -> Look | None:
    """How the same content looked when it came before; None when it never did."""
    row = connection.execute(_SAME, (sha256,)).fetchone()
    return None if row is None else Look(attachment="", sha256=row[0], phash=row[1], taken_at=moment_or_none(row[2]))


def looks(connection: Driver, ids: Sequence[str]) -> Mapping[str, Look]:
    """How these files look, those at which somebody has looked."""
    rows = connection.execute(_LOOKS.format(marks=_marks(ids)), ids).fetchall()
    return {
        row[0]: Look(attachment=row[0], sha256=row[1], phash=row[2], taken_at=moment_or_none(row[3])) for row in rows
    }


def lookalikes(connection: Driver, ids: Sequence[str]) -> list[Likeness]:
    """Files of tickets that were here before these, and look (nearly) like them; the likest first."""
    found: list[Likeness] = []
    for id_, look in looks(connection, ids).items():
        near = {other: 0 for (other,) in connection.execute(_COPIES, (look.sha256, COMPARED)).fetchall()}
        if look.phash:
            wanted = probes(look.phash)
            rows = connection.execute(_OF_BANDS.format(marks=_marks(wanted)), (*wanted, CANDIDATES))
            for phash, other in rows:
                if other not in near and (bits := difference(look.phash, phash)) <= NEAR:
                    near[other] = bits
        others = [other for other in sorted(near, key=near.__getitem__) if other not in ids][:COMPARED]
        whose = connection.execute(_WHOSE.format(marks=_marks(others)), (id_, *others)).fetchall()
        found += [Likeness(attachment=id_, other=other, ticket=ticket, bits=near[other]) for other, ticket in whose]
    return sorted(found, key=lambda each: (each.bits, each.attachment))[:TOLD]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


class PictureReader:
    """`bot.ports.picture_questions.PictureQuestions` on SQLite."""

    _readers: Questions

    async def looks(self, ids: Sequence[str]) -> Mapping[str, Look]:
        """How these files look, by id; those at which nobody has looked yet are missing."""
        return await self._readers.ask(lambda connection: looks(connection, ids)) if ids else {}

    async def lookalikes(self, ids: Sequence[str]) -> Sequence[Likeness]:
        """Files of tickets that were here before these, and look (nearly) like them; the likest first."""
        return await self._readers.ask(lambda connection: lookalikes(connection, ids)) if ids else []

"""The store on any database: what SQLite and PostgreSQL share."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.changes import AttachmentRecord, Changes, Drawing, Timer
from bot.domain.evidence import Rendition
from bot.domain.pictures import Look
from bot.message import InboundMessage
from bot.ports import ClaimedPush, Clock, PushOutcome
from bot.ports.leasing import Lease
from bot.ports.waking import Wake
from storage import belonging, drawings, pictures, pushes, renditions, search
from storage.attempts import AttemptBook
from storage.audit_reader import AuditReader
from storage.codec import as_json, clean, micros, micros_or_none, moment, plain, whole_json
from storage.driver import Driver, Questions
from storage.personal import Personal
from storage.reader import SqlReader
from storage.reports import SqlReports
from storage.retention import Retention
from storage.rows import rows_of
from storage.sharing import Sharing
from storage.shelf import SqlShelf
from storage.values import ATTACHMENT, attachment_of, timer_of
from storage.waking import KEPT_TOLD
from storage.writer import Writer

CROWD = 16
"""More change-sets than this, written together with a little part of the search index, mean that the desk is busy."""

_DUE = (
    "SELECT kind, subject, level, due_at, address FROM timer WHERE due_at > ? AND due_at <= ? ORDER BY due_at LIMIT ?"
)
_EVER = -(2**62)
_NEXT = "SELECT due_at FROM timer ORDER BY due_at LIMIT 1"
_PENDING = (
    f"SELECT {ATTACHMENT} FROM attachment AS a WHERE a.state = 'pending'"
    " AND (a.next_try_at IS NULL OR a.next_try_at <= ?){others} ORDER BY a.deadline IS NULL, a.deadline, a.id LIMIT ?"
)
_CHANNEL = "substr(a.address, 1, instr(a.address, ':') - 1)"
_SETTLE = (
    "UPDATE attachment SET state = ?, name = ?, mime = ?, sha256 = ?, bytes = ?, seconds = ?, fingerprint = ?,"
    " problem = ?, attempts = ?, next_try_at = ? WHERE id = ? AND state = 'pending'"
)
_ASIDE = (
    "INSERT INTO quarantine (incident, at, why, address, key, message, timer) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (incident) DO NOTHING"
)
_BLOCK = (
    "INSERT INTO number_block (day, next) VALUES (?1, 1 + ?2)"
    " ON CONFLICT (day) DO UPDATE SET next = number_block.next + ?2 RETURNING next"
)


class SqlStore(Sharing):
    """`bot.ports.Store`, once there is somebody who writes and somebody who reads. ``path``: the file, if it is one."""

    path: Path | None = None
    reports: SqlReports
    personal: Personal

    def __init__(self, writer: Writer, readers: Questions, clock: Clock) -> None:
        super().__init__(writer, clock)
        self.reader = SqlReader(readers)
        self.attempts = AttemptBook(writer, readers)
        self.retention = Retention(writer, readers)
        self._writer = writer
        writer.staff_changed = self.reader.forget_directory
        writer.holds_changed = self.reader.forget_holds
        self.audit = AuditReader(readers)
        self._readers = readers
        self._clock = clock
        self.shelf = SqlShelf(writer, readers)

    async def close(self) -> None:
        """Write what waits, close everything."""
        try:
            await self._readers.close()
        finally:
            await self._writer.close()

    @property
    def writable(self) -> bool:
        """Whether change-sets are taken: False after an error of the disk, until the store is opened again."""
        return not self._writer.closed

    @property
    def waiting(self) -> int:
        """How many change-sets wait to be written."""
        return self._writer.waiting

    @property
    def stall(self) -> float:
        """Seconds for which the batch under way has been written; 0.0 without one."""
        return self._writer.stall

    async def commit(self, changes: Changes) -> None:
        """Make all of it true, durably, or none.

        A push whose key exists already is left out in silence: it was decided on before, and deciding again would
        only come to the same push. A timer that is pending, or has fired, under the same key is left out likewise.

        Raises Conflict, AlreadyAnswered, Unstorable or StoreUnavailable. Whoever is cancelled before the writing
        begins has written nothing; once it has begun it is finished.
        """
        if changes.message is not None:
            await self.reader.forgotten.check(changes.message)
        await self._writer.write(rows_of(changes, self._clock.now()))

    async def due_timers(self, now: datetime, limit: int, since: datetime | None = None) -> Sequence[Timer]:
        """Pending timers that are due, earliest first; with ``since`` only those that were due after it."""
        after = _EVER if since is None else micros(since)
        return [timer_of(row) for row in await self._readers.rows(_DUE, (after, micros(now), limit))]

    async def next_timer_at(self) -> datetime | None:
        """When the earliest pending timer is due."""
        row = await self._readers.row(_NEXT, ())
        return None if row is None else moment(row[0])

    async def claim_pushes(
        self,
        channel: str,
        now: datetime,
        limit: int,
        *,
        under: Lease | None = None,
        in_hand: Collection[int] | None = None,
    ) -> Sequence[ClaimedPush]:
        """Take the oldest unsent push of each person, urgent lanes first, and mark the attempt as started on disk."""
        claim = partial(pushes.claim, channel=channel, now=now, limit=limit, in_hand=in_hand)
        return await self._under(under, claim)

    async def settle_pushes(self, outcomes: Sequence[PushOutcome], *, under: Lease | None = None) -> datetime | None:
        """Write down what became of pushes. One that was settled before stays as it was.

        Returns when the earliest of the timers is due that their delivery set; None without.
        """

        def settle(connection: Driver) -> pushes.Settled:
            settled = pushes.settle(connection, outcomes)
            self._announce(connection, Wake(kept=settled.kept[:KEPT_TOLD], timer_at=settled.timer_at))
            return settled

        settled = await self._under(under, settle)
        for address in settled.kept:
            self.reader.note_kept(address)
        return settled.timer_at

    async def recover_pushes(
        self, channel: str, now: datetime, *, repeat: bool = False, under: Lease | None = None
    ) -> int:
        """When somebody begins to send: attempts that were under way when the one before ended become unclear, or
        ready again where they may be repeated. Returns how many."""
        return await self._under(under, partial(pushes.recover, channel=channel, now=now, repeat=repeat))

    async def pending_media(
        self, now: datetime, limit: int, without: Collection[str] = ()
    ) -> Sequence[AttachmentRecord]:
        """Attachments still to be fetched, those that expire first in front; none of the channels ``without``."""
        others = f" AND {_CHANNEL} NOT IN ({', '.join('?' * len(without))})" if without else ""
        sql = _PENDING.format(others=others)
        return [attachment_of(row) for row in await self._readers.rows(sql, (micros(now), *without, limit))]

    async def settle_media(self, record: AttachmentRecord) -> None:
        """Write down what became of a fetch. Whose it is stays as it is, and so does all where somebody was faster."""
        r = record
        values = (
            *(r.state, clean(r.name), r.mime, r.sha256, r.bytes, r.seconds, r.fingerprint, r.problem, r.attempts),
            *(micros_or_none(r.next_try_at), r.id),
        )
        await self._writer.run(lambda connection: connection.execute(_SETTLE, values).rowcount)

    async def unseen_pictures(self, limit: int) -> Sequence[AttachmentRecord]:
        """Files that are here and at which nobody has looked, the oldest first."""
        return await self._readers.ask(partial(pictures.unseen, limit=limit))

    async def known_look(self, sha256: str) -> Look | None:
        """How the same content looked when it came before; None when it never did."""
        return await self._readers.ask(partial(pictures.known, sha256=sha256))

    async def keep_look(self, look: Look) -> None:
        """Write down how a file looks; it is seen now. Raises StoreUnavailable."""
        await self._writer.run(partial(pictures.keep, look=look, now=self._clock.now()))

    async def unrendered(self, limit: int) -> Sequence[AttachmentRecord]:
        """Files that are here and of which no copies have been made, the oldest first."""
        return await self._readers.ask(partial(renditions.unrendered, limit=limit))

    async def unboxed(self, limit: int) -> Sequence[tuple[AttachmentRecord, Rendition]]:
        """Photos parts of which are to be covered, and where."""
        return await self._readers.ask(partial(renditions.unboxed, limit=limit))

    async def keep_renditions(self, id_: str, made: Sequence[Rendition], words_wanted: bool) -> None:
        """Write down the copies of a file: all that can be made are made now. Raises StoreUnavailable.

        ``words_wanted``: what is said in it is to be heard by a service.
        """
        keep = partial(renditions.keep, attachment=id_, made=made, now=self._clock.now(), words_wanted=words_wanted)
        await self._writer.run(keep)

    async def keep_boxed(self, wanted: Rendition, made: Sequence[Rendition]) -> None:
        """Write down a covered copy; without one, none could be made. Raises StoreUnavailable."""
        await self._writer.run(partial(renditions.keep_boxed, wanted=wanted, made=made, now=self._clock.now()))

    async def unheard(self, now: datetime, limit: int) -> Sequence[renditions.Unheard]:
        """Voices of tickets whose words are wanted now."""
        return await self._readers.ask(partial(renditions.unheard, now=now, limit=limit))

    async def hear_later(self, id_: str, attempts: int, at: datetime, forget_before: datetime) -> None:
        """Try that voice again at a moment; what never became a ticket's is forgotten. Raises StoreUnavailable."""
        later = partial(renditions.hear_later, attachment=id_, attempts=attempts, at=at, forget_before=forget_before)
        await self._writer.run(later)

    async def undrawn(self, limit: int) -> Sequence[Drawing]:
        """Pictures that are owed, the oldest first."""
        return await self._readers.ask(partial(drawings.undrawn, limit=limit))

    async def settle_drawing(self, key: str, problem: str = "") -> None:
        """Write down that a picture is drawn, or why it never will be. Raises StoreUnavailable."""
        await self._writer.run(partial(drawings.settle, key=key, problem=problem, now=self._clock.now()))

    async def claim_data(self, given: Mapping[str, str], adopt: bool = False) -> Sequence[belonging.Foreign]:
        """Note whose this data is; returns what it is not (see `storage.belonging`). Raises StoreUnavailable."""
        claim = partial(belonging.claim, given=given, at=micros(self._clock.now()), adopt=adopt)
        return await self._writer.run(claim)

    async def quarantine(
        self, incident: str, why: str, at: datetime, message: InboundMessage | None = None, timer: Timer | None = None
    ) -> None:
        """Keep what could not be handled, whole, for a person to look into. Raises StoreUnavailable."""
        whole = None if message is None else whole_json(message)
        address = "" if message is None else plain(str(message.address))
        key = "" if message is None else plain(message.key)
        values = (incident, micros(at), why, address, key, whole, None if timer is None else as_json(timer))
        await self._writer.run(lambda connection: connection.execute(_ASIDE, values).rowcount)

    async def index_words(self, limit: int = 64) -> int:
        """Make what was written lately findable, the oldest first, at most ``limit`` texts.

        Returns how many those were; 0 when nothing is left, or much else is being written and it should be asked again
        a little later. Raises StoreUnavailable.
        """
        fresh = await self._readers.ask(partial(search.fresh_words, limit=limit))
        if not fresh.texts:
            return 0
        written = self._writer.written
        done = await self._writer.run(partial(search.index_words, fresh=fresh))
        return done if self._writer.written - written <= CROWD else 0

    async def take_numbers(self, day: str, count: int) -> range:
        """``count`` counters of a day that nobody else has or will have. Raises StoreUnavailable."""

        def take(connection: Driver) -> range:
            ((after,),) = connection.execute(_BLOCK, (day, count)).fetchall()
            return range(after - count, after)

        return await self._writer.run(take)

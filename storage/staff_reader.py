"""Questions of use cases of staff, and of timers."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from math import inf

from bot.changes import AttachmentRecord, Note, Reporter, StaffEvent, Task
from bot.conversation.session import Session
from bot.domain.directory import Directory
from bot.domain.people import Address, Invitation
from bot.domain.ticket import Status, Ticket
from bot.ports import OWING, PushState, Wanted
from bot.ports.reading import Tally
from storage import schema as t
from storage import search
from storage import wanted as finding
from storage.codec import micros, moment, read_invitation, read_session, read_staff, reply_or_none
from storage.driver import Driver, Questions, Row
from storage.values import (
    ATTACHMENT,
    NOTE,
    PUSH_STATE,
    TICKET,
    attachment_of,
    columns,
    note_of,
    push_state_of,
    staff_event_of,
    task_of,
    ticket_of,
)

_STAFF = "SELECT body FROM staff ORDER BY id"
_STAFF_EVENTS = "SELECT staff, seq, at, action, actor, data FROM staff_event WHERE staff = ? ORDER BY seq"
_INVITATION = (
    "SELECT body FROM invitation WHERE digest = ?1"
    " AND NOT EXISTS (SELECT 1 FROM invitation_use AS u WHERE u.digest = ?1)"
)
_REPORTERS = (
    "SELECT ticket, address, role, since FROM reporter WHERE ticket = ? AND role <> 'left'"
    " ORDER BY role <> 'filer', since, address"
)
_SESSION = "SELECT body FROM session WHERE address = ?"
_OWING = ", ".join(f"'{status}'" for status in OWING)
_OWING_AFTER = (
    f"SELECT {TICKET} FROM ticket AS t WHERE t.number > ? AND t.closed_at IS NULL AND t.status IN ({_OWING})"
    " ORDER BY t.number LIMIT ?"
)
_UNDELIVERED = (
    "SELECT ticket FROM push INDEXED BY ix_push_undelivered WHERE ticket <> ''"
    " AND state IN ('kept', 'refused', 'unclear', 'expired') ORDER BY id DESC LIMIT 10000"
)
_TALLIES = (
    "WITH e AS (SELECT ticket, max(CASE WHEN action = 'answer' THEN at END) AS answered,"
    " max(CASE WHEN action = 'reopen' THEN 1 ELSE 0 END) AS reopened FROM ticket_event"
    " WHERE at >= :since AND at < :until AND action IN ('answer', 'reopen') GROUP BY ticket)"
    " SELECT t.unit, count(*) FILTER (WHERE t.filed_at >= :since AND t.filed_at < :until), count(e.answered),"
    " count(*) FILTER (WHERE CASE WHEN e.answered IS NOT NULL THEN e.answered > t.due_at"
    f" ELSE t.due_at >= :since AND t.due_at < :until AND t.status IN ({_OWING}) END),"
    f" sum(coalesce(e.reopened, 0)), count(*) FILTER (WHERE t.due_at < :stuck AND t.status IN ({_OWING}))"
    " FROM ticket AS t LEFT JOIN e ON e.ticket = t.number GROUP BY t.unit"
)
_LOAD = (
    "SELECT count(*) FROM ticket AS t INDEXED BY ix_ticket_handler WHERE t.handler = ? AND t.handler <> ''"
    f" AND t.status IN ({_OWING})"
)
_FILES = f"SELECT {ATTACHMENT} FROM attachment AS a WHERE a.ticket = ? AND a.ticket <> '' ORDER BY a.created_at, a.id"
_TASKS = f"SELECT {columns(t.task)} FROM task WHERE kind = ? AND closed_at IS NULL ORDER BY opened_at, rowid LIMIT ?"
_TASK = f"SELECT {columns(t.task)} FROM task WHERE key = ? AND closed_at IS NULL"
_NOTES = f"SELECT {NOTE} FROM note WHERE box = ? AND told_at IS NULL ORDER BY urgent DESC, id LIMIT ?"
_NOTES_OF = (
    f"SELECT {NOTE} FROM note WHERE box = ? AND topic = ? AND urgent = ? AND told_at IS NULL ORDER BY id LIMIT ?"
)
_WAITING = "SELECT count(*), coalesce(max(id), 0) FROM note WHERE box = ? AND topic = ? AND told_at IS NULL"
_FOLDED = (
    "SELECT told_at FROM note WHERE box = ? AND topic = ? AND told_at IS NOT NULL AND NOT urgent"
    " ORDER BY told_at DESC LIMIT 1"
)
_PUSH_STATE = f"SELECT {PUSH_STATE}, reply FROM push WHERE key = ?"
_PUSHES_OF = f"SELECT {PUSH_STATE} FROM push WHERE ticket = ? AND ticket <> '' ORDER BY id DESC LIMIT ?"


def _stands_still() -> float:
    """No time passes where nobody else changes members of staff."""
    return 0.0


def _for_ever() -> float:
    """What was read holds until we change it ourselves."""
    return inf


class StaffReader:
    """`bot.ports.reading.StaffQuestions` on SQLite."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers
        self._directory: Directory | None = None
        self._staff_commits = 0
        self._read_at = 0.0
        self._monotonic: Callable[[], float] = _stands_still
        self._life: Callable[[], float] = _for_ever

    def forget_directory(self) -> None:
        """Somebody of the staff was changed: read all of them again when they are asked for."""
        self._staff_commits += 1
        self._directory = None

    def doubt_directory(self, monotonic: Callable[[], float], life: Callable[[], float]) -> None:
        """Others may change members of staff too: what was read is believed for so many seconds."""
        self._monotonic, self._life = monotonic, life

    async def directory(self) -> Directory:
        """Everybody who works here. Read once, and again after each change."""
        now = self._monotonic()
        if self._directory is not None and now - self._read_at < self._life():
            return self._directory
        commits = self._staff_commits
        directory = Directory.of(read_staff(body) for (body,) in await self._readers.rows(_STAFF))
        if commits == self._staff_commits:  # else it may be older than what was committed meanwhile
            self._directory, self._read_at = directory, now
        return directory

    async def staff_events(self, staff: str) -> Sequence[StaffEvent]:
        """The changes of a member of staff, oldest first."""
        return [staff_event_of(row) for row in await self._readers.rows(_STAFF_EVENTS, (staff,))]

    async def invitation(self, digest: str) -> Invitation | None:
        """The invitation with that digest; None when there is none or it has been used."""
        row = await self._readers.row(_INVITATION, (digest,))
        return None if row is None else read_invitation(row[0])

    async def reporters(self, number: str) -> Sequence[Reporter]:
        """Whom a ticket belongs to, the filer first."""
        rows = await self._readers.rows(_REPORTERS, (number,))
        return [Reporter(ticket, Address.parse(who), role, moment(since)) for ticket, who, role, since in rows]

    async def sessions(self, addresses: Iterable[Address]) -> Mapping[Address, Session]:
        """What is remembered of several people; those nobody has met are missing."""
        people = list(dict.fromkeys(addresses))

        def read(connection: Driver) -> dict[Address, Session]:
            rows = ((who, connection.execute(_SESSION, (str(who),)).fetchone()) for who in people)
            return {who: read_session(row[0]) for who, row in rows if row is not None}

        return await self._readers.ask(read) if people else {}

    async def tickets(self, wanted: Wanted, limit: int = 20, offset: int = 0) -> Sequence[Ticket]:
        """Tickets, the earliest due first (those without a date last)."""
        return await self._readers.ask(partial(finding.found, wanted=wanted, limit=limit, offset=offset))

    async def count(self, wanted: Wanted, most: int = finding.COUNTED) -> int:
        """How many tickets there are of those, at most so many counted."""
        return await self._readers.ask(partial(finding.count, wanted=wanted, most=most))

    async def counts(self, wanted: Wanted) -> Mapping[tuple[str, Status], int]:
        """How many there are of those, by unit and status."""
        return await self._readers.ask(partial(finding.counts, wanted=wanted))

    async def ending(self, digits: str, wanted: Wanted, limit: int = 10) -> Sequence[Ticket]:
        """Open tickets whose number ends with these digits (three or more), the newest first."""
        if len(digits) < 3 or not (digits.isascii() and digits.isdecimal()):
            return []
        return await self._readers.ask(partial(search.ending, digits=digits, wanted=wanted, limit=limit))

    async def found(self, words: str, wanted: Wanted, limit: int = 20, before: int | None = None) -> Sequence[Ticket]:
        """Tickets in which all these words are written, newest first; see the port."""
        return await self._readers.ask(partial(search.found, words=words, wanted=wanted, limit=limit, before=before))

    async def tallies(self, since: datetime, until: datetime, stuck_before: datetime) -> Mapping[str, Tally]:
        """What happened in a span, by unit ("" is the pool). ``stuck_before``: what was due then is stuck."""
        span = {"since": micros(since), "until": micros(until), "stuck": micros(stuck_before)}

        def read(connection: Driver) -> dict[str, Tally]:
            rows = connection.execute(_TALLIES, span).fetchall()
            return {unit: Tally(*(n or 0 for n in numbers)) for unit, *numbers in rows if any(numbers)}

        return await self._readers.ask(read)

    async def owing(self, after: str, limit: int) -> Sequence[Ticket]:
        """Tickets in which something is owed, by number, those behind that number ("" from the start)."""
        return [ticket_of(row) for row in await self._readers.rows(_OWING_AFTER, (after, limit))]

    async def undelivered(self, limit: int = 20) -> Sequence[str]:
        """Numbers of tickets about which a push could not be delivered so far, the newest first."""

        def read(connection: Driver) -> list[str]:
            numbers: dict[str, None] = {}
            for (number,) in connection.execute(_UNDELIVERED):
                numbers[number] = None
                if len(numbers) == limit:
                    break
            return list(numbers)

        return await self._readers.ask(read) if limit > 0 else []

    async def load(self, handlers: Sequence[str]) -> Mapping[str, int]:
        """How many tickets each of these handlers has open."""

        def read(connection: Driver) -> dict[str, int]:
            return {handler: int(connection.execute(_LOAD, (handler,)).fetchone()[0]) for handler in handlers}

        return await self._readers.ask(read)

    async def attachments_of(self, number: str) -> Sequence[AttachmentRecord]:
        """The files of a ticket, oldest first."""
        return [attachment_of(row) for row in await self._readers.rows(_FILES, (number,))]

    async def tasks(self, kinds: Sequence[str], limit: int = 20) -> Sequence[Task]:
        """Open tasks of these kinds, oldest first."""

        def read(connection: Driver) -> list[Task]:
            rows = [
                row for kind in dict.fromkeys(kinds) for row in connection.execute(_TASKS, (kind, limit)).fetchall()
            ]
            return sorted(map(task_of, rows), key=lambda task: task.opened_at)[:limit]

        return await self._readers.ask(read)

    async def task(self, key: str) -> Task | None:
        """An open task."""
        row = await self._readers.row(_TASK, (key,))
        return None if row is None else task_of(row)

    async def notes(self, box: str, topic: str | None = None, limit: int = 200) -> Sequence[tuple[int, Note]]:
        """News that nobody was told yet, with their ids, urgent ones first, then the oldest; of one topic or of all
        (None)."""

        def read(connection: Driver) -> list[Row]:
            if topic is None:
                return connection.execute(_NOTES, (box, limit)).fetchall()
            rows = connection.execute(_NOTES_OF, (box, topic, True, limit)).fetchall()
            return rows + connection.execute(_NOTES_OF, (box, topic, False, limit - len(rows))).fetchall()

        return [note_of(row) for row in await self._readers.ask(read)]

    async def notes_waiting(self, box: str, topic: str = "") -> tuple[int, int]:
        """How many news of that topic nobody was told yet, and the id of the newest of them; (0, 0) when none."""
        ((count, newest),) = await self._readers.rows(_WAITING, (box, topic))
        return count, newest

    async def folded_at(self, box: str, topic: str = "") -> datetime | None:
        """When news of that topic were told last, urgent ones not counted."""
        row = await self._readers.row(_FOLDED, (box, topic))
        return None if row is None else moment(row[0])

    async def push_state(self, key: str) -> PushState | None:
        """How a push stands."""
        row = await self._readers.row(_PUSH_STATE, (key,))
        return None if row is None else push_state_of(row[:-1], reply_or_none(row[-1]))

    async def pushes_of(self, number: str, limit: int = 20) -> Sequence[PushState]:
        """How the pushes about a ticket stand, newest first."""
        return [push_state_of(row) for row in await self._readers.rows(_PUSHES_OF, (number, limit))]

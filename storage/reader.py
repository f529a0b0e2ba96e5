"""Questions to the store."""

# ruff: noqa: S608  # only names of columns and constants are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.changes import AttachmentRecord
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.domain.ticket import Event, Ticket
from bot.message import Answer
from bot.ports import ClaimedPush, Line, Nearby
from storage import schema as t
from storage.abuse_reader import AbuseReader
from storage.alike import AlikeReader
from storage.board_reader import BoardReader
from storage.codec import micros, moment, read_pin, read_session, reply_or_none
from storage.dashboard import DashboardReader
from storage.driver import Driver, Questions, Row
from storage.exporting import ExportReader
from storage.history import HistoryReader
from storage.ideas import IdeaReader
from storage.loop_reader import LoopReader
from storage.media_reader import MediaReader
from storage.pictures import PictureReader
from storage.public import PublicReader
from storage.recognising import Recognising
from storage.renditions import EvidenceReader
from storage.sifting import stored_answer
from storage.specials import SpecialReader
from storage.staff_reader import StaffReader
from storage.values import ATTACHMENT, PUSH, TICKET, attachment_of, columns, event_of, push_of, ticket_of

_SESSION = "SELECT body FROM session WHERE address = ?"
_ANSWERED = "SELECT reply, answered_at, received_at FROM inbox WHERE channel = ? AND key = ?"
_TICKET = f"SELECT {TICKET} FROM ticket AS t WHERE t.number = ?"
_OWNS = "SELECT 1 FROM reporter WHERE ticket = ? AND address = ? AND role <> 'left'"
_EVENTS = f"SELECT {columns(t.ticket_event)} FROM ticket_event WHERE ticket = ? ORDER BY seq"
_TICKETS_OF = (
    f"SELECT {TICKET} FROM reporter AS r CROSS JOIN ticket AS t ON t.number = r.ticket"
    " WHERE r.address = ? AND r.role <> 'left' ORDER BY t.filed_at DESC, t.number DESC LIMIT ?"
)
_QUOTED = (
    "SELECT ticket, slot FROM push WHERE address = ? AND message_id = ? AND message_id <> '' ORDER BY id DESC LIMIT 1"
)
_KEPT = f"SELECT {PUSH} FROM push AS p WHERE p.address = ? AND p.state = 'kept' ORDER BY p.id"
_KEPT_BY = "SELECT DISTINCT address FROM push WHERE state = 'kept'"
_FAILURES = "SELECT count(*) FROM code_failure WHERE ticket = ? AND at >= ?"
_SAID = (
    "SELECT i.key, i.received_at, i.text, i.pin, i.reply, i.answered_at FROM turn AS u"
    " CROSS JOIN inbox AS i ON i.channel = ? AND i.key = u.message WHERE u.address = ? ORDER BY u.seq DESC LIMIT ?"
)
_PUSHED = (
    "SELECT key, created_at, reply FROM push WHERE address = ?"
    " AND state IN ('waiting', 'ready', 'resting', 'sending', 'kept', 'sent', 'unclear') ORDER BY id DESC LIMIT ?"
)

_REPLY = 5
"""Where the reply stands in a row of `PUSH`."""


class SqlReader(
    StaffReader,
    LoopReader,
    BoardReader,
    DashboardReader,
    AlikeReader,
    PictureReader,
    EvidenceReader,
    IdeaReader,
    SpecialReader,
    ExportReader,
    HistoryReader,
    PublicReader,
    AbuseReader,
    MediaReader,
):
    """`bot.ports.Reader` on SQLite."""

    def __init__(self, readers: Questions) -> None:
        super().__init__(readers)
        # Who has kept pushes. The object behind a name is new each time something is kept for that person.
        self._kept: dict[str, object] = {}
        self._kept_by_others = False
        self._near: dict[int, Nearby] = {}
        self.forgotten = Recognising(readers)

    async def prepare(self) -> None:
        """Learn who has kept pushes."""
        for (address,) in await self._readers.rows(_KEPT_BY):
            self.note_kept(address)

    def doubt_kept(self) -> None:
        """Others keep pushes too: whether something is kept for somebody is looked up each time."""
        self._kept_by_others = True

    def note_kept(self, address: str) -> None:
        """Something is kept for this person now."""
        if not self._kept_by_others:
            self._kept[address] = object()

    async def session(self, address: Address) -> Session | None:
        """What is remembered of a person."""
        row = await self._readers.row(_SESSION, (str(address),))
        return await self.forgotten.session_of(address) if row is None else read_session(row[0])

    async def answered(self, channel: str, key: str) -> Answer | None:
        """What a message was answered, if it was."""
        row = await self._readers.row(_ANSWERED, (channel, key))
        return None if row is None else stored_answer(*row)

    async def ticket(self, number: str) -> Ticket | None:
        """A ticket as it is now."""
        row = await self._readers.row(_TICKET, (number,))
        return None if row is None else ticket_of(row)

    async def owns(self, address: Address, number: str) -> bool:
        """Whether this address filed, claimed or joined the ticket."""
        return await self._readers.row(_OWNS, (number, str(address))) is not None

    async def events(self, number: str) -> Sequence[Event]:
        """A ticket's life, oldest first."""
        return [event_of(row) for row in await self._readers.rows(_EVENTS, (number,))]

    async def tickets_of(self, address: Address, limit: int = 20) -> Sequence[Ticket]:
        """Tickets this address filed, claimed or joined, newest first."""
        return [ticket_of(row) for row in await self._readers.rows(_TICKETS_OF, (str(address), limit))]

    async def attachments(self, ids: Sequence[str]) -> Sequence[AttachmentRecord]:
        """Attachments in the order of the ids; unknown ids are left out."""
        if not ids:
            return []
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT {ATTACHMENT} FROM attachment AS a WHERE a.id IN ({marks})"  # only question marks
        found = {row[0]: attachment_of(row) for row in await self._readers.rows(sql, ids)}
        return [found[id_] for id_ in ids if id_ in found]

    async def quoted(self, address: Address, message_id: str) -> str:
        """What a message of ours was about: a ticket number or a slot ("" when unknown)."""
        row = await self._readers.row(_QUOTED, (str(address), message_id))
        return "" if row is None else str(row[0] or row[1])

    async def kept(self, address: Address) -> Sequence[ClaimedPush]:
        """Pushes that wait for this person's next contact, oldest first."""
        name = str(address)
        before = self._kept.get(name)
        if before is None and not self._kept_by_others:
            return ()
        rows = await self._readers.rows(_KEPT, (name,))
        if not rows and before is not None and self._kept.get(name) is before:
            del self._kept[name]
        return [push_of(row) for row in rows if reply_or_none(row[_REPLY]) is not None]

    async def talk(self, address: Address, limit: int = 100) -> Sequence[Line]:
        """The newest lines of a person's talk with the desk, oldest first. What was told under an answer is in it."""

        def read(connection: Driver) -> list[Line]:
            name = str(address)
            said = connection.execute(_SAID, (address.channel, name, limit)).fetchall()
            files = _files(connection, name, [row[0] for row in said])
            lines = [line for row in reversed(said) for line in _exchange(row, files)]
            lines += [
                line for row in reversed(connection.execute(_PUSHED, (name, limit)).fetchall()) for line in _pushed(row)
            ]
            return sorted(lines, key=lambda line: line.at)[-limit:]

        return await self._readers.ask(read)

    async def code_failures(self, number: str, since: datetime) -> int:
        """How many wrong codes were tried on a ticket since a moment."""
        row = await self._readers.row(_FAILURES, (number, micros(since)))
        return 0 if row is None else int(row[0])


def _files(connection: Driver, address: str, keys: list[str]) -> dict[str, list[AttachmentRecord]]:
    """The attachments that came with messages, by the key of the message."""
    files: dict[str, list[AttachmentRecord]] = {}
    for begin in range(0, len(keys), 200):
        part = keys[begin : begin + 200]
        marks = ", ".join("?" * len(part))
        sql = (
            f"SELECT {ATTACHMENT} FROM attachment AS a"  # only column names and question marks
            f" WHERE a.address = ? AND a.message IN ({marks}) ORDER BY a.created_at, a.id"
        )
        for row in connection.execute(sql, (address, *part)).fetchall():
            record = attachment_of(row)
            files.setdefault(record.message, []).append(record)
    return files


def _exchange(row: Row, files: dict[str, list[AttachmentRecord]]) -> list[Line]:
    """What somebody sent, and what they were answered; nothing for an act without words."""
    key, at, text, pin, reply, answered_at = row
    lines = []
    attachments = tuple(files.get(key, ()))
    if text or attachments or pin is not None:
        place = None if pin is None else read_pin(pin)
        lines.append(Line(key, "resident", moment(at), text, None, attachments, place))
    said = reply_or_none(reply)
    if said is not None:
        lines.append(Line(f"{key}/answer", "desk", moment(answered_at or at), said.text, said))
    return lines


def _pushed(row: Row) -> list[Line]:
    key, at, reply = row
    said = reply_or_none(reply)
    return [Line(key, "desk", moment(at), said.text, said)] if said is not None and said.text else []

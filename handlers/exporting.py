"""Tickets as rows of a table for other programs: of what somebody may see, masked as on their cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.changes import Looked
from bot.domain.guide import Guide
from bot.domain.permission import Act, Person, may
from bot.domain.public import without_numbers
from bot.domain.wall import open_to, shown_to
from bot.errors import Refusal
from bot.ports.export_questions import Exported, ExportQuestions
from bot.turn import Turn, Voice
from handlers.naming import area_name, kind_name, place_name, state_name, type_name, unit_name
from handlers.staff.me import Me, me

OWN = 1000
"""So many of the newest matters of whoever exports are left out: nobody finds an own case."""

COLUMNS = (
    *("number", "filed", "type", "kind", "area", "place", "source", "status", "colour", "unit", "handler"),
    *("dispatched", "due", "promised", "answered", "closed", "outcome", "reopened", "urges", "reporters"),
    *("solved", "rating", "words", "answer"),
)
"""Names of the columns; their heads are ``export.column.<name>`` in the catalogue."""

SOURCES = frozenset({"wechat", "telegram", "web", "phone", "letter", "visit", "meeting", "open311", "import", "demo"})
"""How tickets come; ``export.source.<name>`` in the catalogue."""

PART = 500
"""Tickets that are read at once."""

Cell = str | int | datetime | None
"""Moments are in the town's time, without a zone, as spreadsheets have them."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What rows are made with: for whom, in which language, as things are at a moment."""

    voice: Voice
    guide: Guide
    person: Person
    names: dict[str, str]
    """Names of members of staff by their ids."""

    def head(self) -> list[str]:
        """The heads of the columns."""
        return [self.voice.words(f"export.column.{name}") for name in COLUMNS]

    def row(self, found: Exported, now: datetime) -> list[Cell]:
        """A ticket this person may see, as `COLUMNS`."""
        voice, ticket = self.voice, shown_to(self.person, found.ticket)
        answer = ticket.work.last_answer
        return [
            ticket.number,
            self._local(ticket.filed_at),
            type_name(voice, ticket.type),
            kind_name(voice, ticket.kind),
            area_name(voice, ticket.area) if ticket.area and open_to(self.person, ticket) else "",
            place_name(voice, ticket.place) if ticket.place else "",
            voice.words(f"export.source.{ticket.source}") if ticket.source in SOURCES else ticket.source,
            state_name(voice, ticket),
            voice.words(f"export.colour.{self.guide.colour(ticket, now).name.lower()}"),
            unit_name(voice, ticket.unit),
            self.names.get(ticket.handler, ""),
            self._local(ticket.dispatched_at),
            self._local(ticket.due_at),
            self._local(ticket.promised_at),
            self._local((answer.leaves_at or answer.submitted_at) if answer else None),
            self._local(ticket.closed_at),
            voice.words(f"outcome.{answer.outcome}") if answer else "",
            ticket.work.reopened,
            ticket.work.urges,
            ticket.work.reporters,
            voice.words(f"export.verdict.{found.verdict}") if found.verdict else "",
            found.rating,
            without_numbers(ticket.text),
            without_numbers(answer.text) if answer and open_to(self.person, ticket) else "",
        ]

    def _local(self, at: datetime | None) -> datetime | None:
        if at is None:
            return None
        zone: ZoneInfo = self.guide.calendar.zone
        return at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Span:
    """What is exported: what was filed from a moment up to another."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a table, behind which ticket the next part begins ("" when this was the last), and how many were read."""

    rows: list[list[Cell]]
    after: str
    read: int


async def begun(turn: Turn, span: Span, form: str) -> tuple[list[str], int]:
    """The heads of the columns and how many tickets there are to read. It is recorded who exports what.

    Raises Refusal for who may not.
    """
    who = await _exporter(turn)
    detail = f"{form} {span.since:%Y-%m-%dT%H:%MZ} {span.until:%Y-%m-%dT%H:%MZ}"
    turn.changes.looked.append(Looked(by=who.id, what="export", at=turn.now, detail=detail))
    return _teller(turn, who).head(), await turn.read.export_count(span.since, span.until)


async def fetched(turn: Turn, id_: str) -> None:
    """Record that somebody took a finished table away. Raises Refusal for who may not any more."""
    who = await _exporter(turn)
    turn.changes.looked.append(Looked(by=who.id, what="export", at=turn.now, detail=f"fetched {id_}"))


async def part(turn: Turn, span: Span, after: str) -> Part:
    """The next rows: of what this person may see now, without their own matters. Raises Refusal."""
    who = await _exporter(turn)
    own = {t.number for address in who.staff.addresses for t in await turn.read.tickets_of(address, OWN)}
    return await next_part(turn.read, _teller(turn, who), span, after, turn.now, own)


async def next_part(
    read: ExportQuestions, teller: Teller, span: Span, after: str, now: datetime, own: set[str]
) -> Part:
    """The next rows of what the teller's person may see, without those of ``own``."""
    found = await read.exported(span.since, span.until, after, PART)
    rows = [
        teller.row(each, now)
        for each in found
        if each.ticket.number not in own and may(teller.person, Act.SEE, each.ticket)
    ]
    return Part(rows, found[-1].ticket.number if len(found) == PART else "", len(found))


async def _exporter(turn: Turn) -> Me:
    who = await me(turn)
    if who is None or not who.may(Act.EXPORT):
        raise Refusal("refusal.not_your_role", act=turn.words(f"act.{Act.EXPORT}"))
    return who


def _teller(turn: Turn, who: Me) -> Teller:
    names = {id_: staff.name for id_, staff in who.directory.by_id.items()}
    return Teller(turn.voice(turn.session), turn.guide, who.person, names)

"""A town's archive for the figures that need one: many old tickets, many open ones, people who work on them.

Everything is made by a fixed seed, at a fixed moment (`AT`), so one archive is like the next; rows are those that the
store itself makes of a change-set, only written without syncing, and words are indexed by the store's own job. An
archive is kept under its name and used again, until what it is made by has changed.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bench.load import LoadError
from bench.words import matter
from bot.changes import Changes, Reporter, StaffEvent, Timer
from bot.clock import FixedClock
from bot.domain.guide import Guide
from bot.domain.numbers import make
from bot.domain.people import DESK, Address, Role, Staff
from bot.domain.place import Place
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.town import Clock
from bot.domain.work import Matter, Objecting, Proposal, Work
from bot.simplified import learn_traditional
from bot.townfile import SAMPLE, load_town
from storage import schema
from storage.opening import prepare
from storage.rows import rows_of
from storage.store import FILE, SqliteStore

AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""When it is in the archive: a Wednesday, ten in the morning in the sample town."""

RARE = "紫薇花"
"""A word that stands in few tickets, one in `RARELY`."""
RARELY = 50_000

CHANNEL = "chat"
OLD_DAYS, OPEN_DAYS = 1_100, 20
SUPERVISORS, HANDLERS = 5, 3
ANSWERED_IN_WORDS = 5
"""Of one old ticket in so many the words of the answer are kept too."""

_BATCH = 2_000
_WORDS = 4_096
_ON = (
    *(Status.DISPATCHED,) * 5,
    *(Status.IN_PROGRESS,) * 10,
    *(Status.WAITING_RESIDENT,) * 2,
    *(Status.OBJECTED, Status.ANSWERED, Status.FILED),
)
"""How what is open stands, each as often as it is named."""

_TYPES = (*(Type.COMPLAINT,) * 6, *(Type.HELP,) * 3, *(Type.ENQUIRY,) * 2, Type.IDEA)


@cache
def guide() -> Guide:
    """The sample town."""
    learn_traditional()
    return Guide.of(load_town(SAMPLE))


def staff() -> list[Staff]:
    """Everybody who works in the sample town: in each unit a lead and some handlers, at the desk the supervisors."""
    people = [
        Staff(id=f"boss{n}", name=f"督办员{n}", role=Role.SUPERVISOR, walled=n == 1, joined_at=AT)
        for n in range(1, SUPERVISORS + 1)
    ]
    people.append(Staff(id="admin", name="管理员", role=Role.ADMIN, joined_at=AT))
    for unit in guide().town.units.values():
        people.append(Staff(id=f"{unit.code}-lead", name=unit.name, role=Role.LEAD, unit=unit.code, joined_at=AT))
        people += [
            Staff(id=id_, name=f"{unit.name}{n}", role=Role.HANDLER, unit=unit.code, joined_at=AT)
            for n, id_ in enumerate(handlers(unit.code), 1)
        ]
    return [replace(person, addresses=(Address(CHANNEL, person.id),)) for person in people]


def handlers(unit: str) -> list[str]:
    """Ids of the handlers of a unit."""
    return [f"{unit}-{n}" for n in range(1, HANDLERS + 1)]


@dataclass(frozen=True, slots=True)
class Archive:
    """Where an archive is kept, and how much it holds."""

    folder: Path
    tickets: int
    open: int

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / FILE

    def copy(self, folder: Path) -> Archive:
        """The same once more, for what will change it."""
        shutil.copytree(self.folder, folder)
        return Archive(folder, self.tickets, self.open)


async def kept(cache_folder: Path, tickets: int, open_: int, step: Callable[[str], None] = lambda _: None) -> Archive:
    """The archive with so many tickets, so many of them open; it is made when it is not there yet.

    Raises LoadError when the index of words does not end where it must.
    """
    if not 0 < open_ <= tickets:
        raise LoadError(f"{open_} of {tickets} tickets cannot be open")
    folder = cache_folder / f"archive-{tickets}-{open_}-{_recipe()}"
    archive = Archive(folder, tickets, open_)
    if archive.database.exists():
        return archive
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    step(f"write {tickets:,} tickets")
    prepare(making / FILE)
    _write(making / FILE, tickets, open_)
    store = await SqliteStore.open("", making, clock=FixedClock(AT))
    try:
        joined = [(s, StaffEvent(staff=s.id, seq=1, at=AT, action="joined", by=DESK)) for s in staff()]
        await store.commit(Changes(at=AT, staff=joined))
        step("index their words")
        while await store.index_words(_WORDS):
            pass
    finally:
        await store.close()
    making.rename(folder)
    return archive


def _recipe() -> str:
    """What an archive is made by, as a few letters."""
    here = Path(__file__).resolve().parent
    made_by = [here / "archive.py", here / "words.py", *sorted(SAMPLE.glob("*.toml"))]
    made_by += [here.parent / "storage" / name for name in ("schema.py", "schema_staff.py", "rows.py", "search.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:10]


def _write(path: Path, tickets: int, open_: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        made = _tickets(tickets, open_)
        database.execute("BEGIN")
        while many := list(islice(made, _BATCH)):
            write_rows(database, many)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL")


def write_rows(database: sqlite3.Connection, many: Sequence[Changes]) -> None:
    """Write change-sets as the store's own rows, inside the transaction that is open."""
    rows = [rows_of(changes, AT) for changes in many]
    for table, parts in (
        (schema.ticket, [r.tickets for r in rows]),
        (schema.ticket_event, [r.events for r in rows]),
        (schema.reporter, [r.reporters for r in rows]),
        (schema.timer, [r.timers for r in rows]),
        (schema.push, [r.pushes for r in rows]),
        (schema.metadata.tables["search_queue"], [r.words for r in rows]),
    ):
        names = [
            c.name for c in table.columns if not (c.name == "id" and c.autoincrement and c.type.python_type is int)
        ]
        sql = f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608  # the schema's own names
        database.executemany(sql, (row for part in parts for row in part))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _tickets(tickets: int, open_: int) -> Iterator[Changes]:
    """All of them in the order of their numbers, each with its life so far."""
    chance = random.Random(20_261_118)
    zone = ZoneInfo(guide().town.timezone)
    old, number, made_old, made_open = tickets - open_, 0, 0, 0
    for day in range(OLD_DAYS, 0, -1):
        begins = AT - timedelta(days=day)
        old_until = old * (OLD_DAYS - day + 1) // OLD_DAYS
        open_until = open_ * max(0, OPEN_DAYS - day + 1) // OPEN_DAYS
        lives = [False] * (old_until - made_old) + [True] * (open_until - made_open)
        made_old, made_open = old_until, open_until
        chance.shuffle(lives)
        date = begins.astimezone(zone).date()
        for counter, is_open in enumerate(lives, 1):
            number += 1
            filed = begins + timedelta(hours=12 * counter / len(lives))
            yield _life(chance, number, make(date, counter), filed, is_open)


def _life(chance: random.Random, count: int, number: str, filed: datetime, is_open: bool) -> Changes:
    """A ticket, the steps of its life and whom it belongs to."""
    the = guide()
    area = chance.choice(_areas())
    name = chance.choice(the.town.areas[area].roads or (the.town.areas[area].name,))
    kind, text = matter(chance, name)
    if count % RARELY == 0:
        text = f"{text}门口还有一棵{RARE}。"
    resident = Address(CHANNEL, f"r{chance.randrange(300_000)}")
    ticket = Ticket(
        number=number,
        code=f"{count % 1_000_000:06d}",
        alias=f"P{count:X}",
        type=chance.choice(_TYPES),
        kind=kind,
        status=Status.FILED,
        source=CHANNEL,
        channel=CHANNEL,
        text=text,
        filed_at=filed,
        area=area,
        place=Place(name=name, area=area),
    )
    changes = Changes(at=filed)
    changes.reporters.append(Reporter(number, resident, "filer", filed))
    steps = [ticket.event(Action.FILE, filed, by=str(resident))]
    ticket = _under_way(chance, ticket, steps) if is_open else _over(chance, ticket, steps, count)
    changes.ticket(ticket, *steps)
    return changes


def _over(chance: random.Random, ticket: Ticket, steps: list[Event], count: int) -> Ticket:
    unit = guide().route(ticket.kind, ticket.area).unit or "government-office"
    at, due = ticket.filed_at, ticket.filed_at + timedelta(days=7)
    ticket = ticket.after(Action.DISPATCH, at, unit=unit, due_at=due, promised_at=due)
    steps.append(ticket.event(Action.DISPATCH, at, unit=unit))
    by = chance.choice(handlers(unit))
    at += timedelta(hours=chance.randrange(1, 9))
    ticket = ticket.after(Action.TAKE, at, handler=by, work=Work(taken_at=at))
    steps.append(ticket.event(Action.TAKE, at, by=by))
    at += timedelta(hours=chance.randrange(9, 150))
    ticket = ticket.after(Action.ANSWER, at)
    said = {"text": "已到现场看过，今天上午修好，请您再看一看。"} if count % ANSWERED_IN_WORDS == 0 else {}
    steps.append(ticket.event(Action.ANSWER, at, by=by, **said))
    at = min(AT, at + timedelta(days=7))
    ticket = ticket.after(Action.CLOSE, at)
    steps.append(ticket.event(Action.CLOSE, at))
    return ticket


def _under_way(chance: random.Random, ticket: Ticket, steps: list[Event]) -> Ticket:
    the, at = guide(), ticket.filed_at
    unit = the.route(ticket.kind, ticket.area).unit
    status = chance.choice(_ON) if unit else Status.FILED
    if status is Status.FILED:
        promised = the.answer_due_from_pool(ticket.type, Clock.TYPE, at)
        return replace(ticket, promised_at=promised.at if promised else None)
    due = _due(ticket.type, at.replace(minute=0, second=0, microsecond=0), unit)
    ticket = ticket.after(Action.DISPATCH, at, unit=unit, due_at=due, promised_at=due)
    steps.append(ticket.event(Action.DISPATCH, at, unit=unit))
    by = chance.choice(handlers(unit))
    if status is Status.OBJECTED:
        asked = Proposal(matter=Matter.OBJECTION, by=by, at=at, klass=Objecting.NOT_OUR_DUTY, text="不属于我单位职责")
        ticket = ticket.after(Action.OBJECT, at, work=Work(proposals=(replace(asked, due_at=AT + timedelta(days=1)),)))
        steps.append(ticket.event(Action.OBJECT, at, by=by))
    elif status is not Status.DISPATCHED:
        ticket = ticket.after(Action.TAKE, at, handler=by, work=Work(taken_at=at))
        steps.append(ticket.event(Action.TAKE, at, by=by))
        if status is Status.WAITING_RESIDENT:
            ticket = ticket.after(Action.ASK, at, work=replace(ticket.work, asked_at=at))
            steps.append(ticket.event(Action.ASK, at, by=by))
        elif status is Status.ANSWERED:
            ticket = ticket.after(Action.ANSWER, at)
            steps.append(ticket.event(Action.ANSWER, at, by=by))
    return ticket


@cache
def _areas() -> tuple[str, ...]:
    return tuple(area.code for area in guide().town.areas.values() if area.level == 1)


@cache
def _due(type_: Type, at: datetime, unit: str) -> datetime | None:
    due = guide().answer_due(type_, Clock.TYPE, at, unit)
    return due.at if due else None


def ladder_timers(tickets: Iterable[Ticket]) -> Iterator[Timer]:
    """The timers that the desk would have set for these tickets."""
    for ticket in tickets:
        for step in guide().ladder(ticket):
            yield Timer("rung", ticket.number, step.at, step.level)


def open_by_unit(archive: Archive) -> Mapping[str, int]:
    """How many tickets each unit has open, the busiest first."""
    with closing(sqlite3.connect(f"file:{archive.database}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT unit, count(*) FROM ticket WHERE closed_at IS NULL AND unit <> '' GROUP BY unit ORDER BY 2 DESC"
        )
        return dict(rows.fetchall())

"""A small desk whose chained record has every kind of entry, and somebody who tampers with it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bot.changes import Changes, Link, Looked
from bot.domain.audit import BEFORE_ALL, Head, chained
from bot.domain.boards.ranking import Board
from bot.domain.evidence import Transcript
from bot.domain.findings import Finding, What
from bot.domain.holds import Hold
from bot.domain.holds import Step as HoldStep
from bot.domain.ideas import Lesson
from bot.domain.people import Address, Invitation, Role
from bot.domain.review import FILER, Review, Verdict
from bot.domain.special import Special, State, Step
from bot.domain.ticket import Action, Status
from storage.audit_kinds import KINDS
from storage.audit_verify import Report, verify
from storage.batch import batch_of
from storage.codec import micros
from storage.erasing import erase
from storage.opening import prepare
from storage.rows import rows_of
from storage.statements import write
from tests.fakes.changesets import NOW, event, file, filing, joining, person, staff, ticket

LI, WANG, CHEN = person(1), person(2, "web"), person(3)
TICKETS = [f"260304-{n:05d}" for n in range(1, 7)]
HOUR = timedelta(hours=1)


def changes() -> Iterator[Changes]:
    """Everything that is recorded, in a likely order."""
    wang = staff("s1", person(90), person(91))
    yield joining(wang)
    yield joining(staff("s2", person(92)), digest="d2")
    yield joining(replace(wang, seq=2, unit="u2", addresses=(person(90),)), "changed")
    invited = Invitation(digest="d3", role=Role.LEAD, name="赵六", by="s1", made_at=NOW, expires_at=NOW + HOUR)
    yield Changes(at=NOW, invitations=[invited])
    for n, (number, who) in enumerate(zip(TICKETS, (LI, WANG, CHEN, LI, WANG, CHEN), strict=True), 1):
        yield filing(who, n, number)
    for number in TICKETS[:4]:
        yield step(number, 3, Action.TAKE, Status.IN_PROGRESS)
    for number in TICKETS[:2]:
        yield step(number, 4, Action.ANSWER, Status.ANSWERED)
    yield Changes(at=NOW, looked=[looked("card", TICKETS[0]), looked("list", detail="王小明"), looked("export")])
    yield Changes(at=NOW, looked=[looked("phone", TICKETS[1])])
    first = review(FILER, str(LI))
    yield Changes(at=NOW, reviews=[first, review(str(WANG), str(WANG)), review(FILER, str(WANG), TICKETS[1])])
    yield Changes(at=NOW, reviews=[replace(first, verdict=Verdict.NO, words="还是黑的", at=NOW + HOUR)])
    found = Finding(ticket=TICKETS[0], round=1, what=What.SOLVED, by="s2", at=NOW, text="现场看过")
    yield Changes(at=NOW, findings=[found])
    yield Changes(at=NOW, findings=[replace(found, what=What.NOT_SOLVED)])
    yield Changes(at=NOW, links=[link("repeats", TICKETS[1]), link("follows", TICKETS[2])])
    yield Changes(at=NOW, links=[link("repeats", TICKETS[1])], unlinked=[(TICKETS[0], "follows", TICKETS[2])])
    yield Changes(at=NOW, published=[(Board(period="2026-W09", at=NOW), "s2")])
    yield Changes(at=NOW, published=[(Board(period="2026-W09", at=NOW + HOUR), "s2")])
    special = Special(
        number="S260304-1", title="路灯", state=State.OPEN, unit="u1", kind="lamp", areas=("a1",),
        tickets=tuple(TICKETS[:2]), by="s2", opened_at=NOW, due_at=NOW, provisional=False,
    )  # fmt: skip
    yield Changes(at=NOW, specials=[(special, special.event(Step.OPEN, NOW, "s2"))])
    after = special.after(Step.CHANGE, NOW)
    yield Changes(at=NOW, specials=[(after, after.event(Step.CHANGE, NOW, "s2"))])
    yield Changes(at=NOW, lessons=[Lesson("S260304-1", "a1", "lamp", "早点换灯", "s2", NOW)])
    spoken = replace(file("f1", LI, state="stored"), ticket=TICKETS[0], draft="", type="voice")
    yield Changes(at=NOW, attachments=[spoken, replace(spoken, id="f2")])
    heard = Transcript(attachment="f1", state="heard", words="陆灯", by="", at=NOW)
    yield Changes(at=NOW, transcripts=[heard, replace(heard, attachment="f2")])
    yield Changes(at=NOW, transcripts=[replace(heard, state="corrected", words="路灯", by=str(LI))])
    hold = Hold(
        id="h1", seq=1, address=CHEN, by="s2", reason="太多", since=NOW, until=NOW + HOUR, step=HoldStep.BEGIN,
        actor="s2", at=NOW,
    )  # fmt: skip
    yield Changes(at=NOW, holds=[hold])
    yield Changes(at=NOW, holds=[hold.after(HoldStep.LIFT, "s2", NOW, "好了")])


def step(number: str, seq: int, action: Action, status: Status) -> Changes:
    """A step of a member of staff."""
    made = Changes(at=NOW)
    made.ticket(ticket(number, seq, status), event(number, seq, action, status, "s1"))
    return made


def looked(what: str, number: str = "", detail: str = "") -> Looked:
    """Something was read."""
    return Looked(by="s1", what=what, at=NOW, ticket=number, detail=detail)


def review(party: str, by: str, number: str = TICKETS[0]) -> Review:
    """Somebody was asked."""
    return Review(ticket=number, round=1, party=party, address=by, verdict=Verdict.ASKED, by=by, asked_at=NOW, at=NOW)


def link(kind: str, other: str) -> Link:
    """Two tickets belong together."""
    return Link(ticket=TICKETS[0], kind=kind, other=other, by="s1", at=NOW)


def desk(folder: Path) -> sqlite3.Connection:
    """The desk, in memory."""
    path = folder / "desk.db"
    prepare(path)
    with closing(sqlite3.connect(path)) as made:
        memory = copied(made)
    for each in changes():
        write(memory, batch_of([rows_of(each, NOW)]))
    return memory


def copied(database: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in memory."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    database.backup(memory)
    return memory


def forget(database: sqlite3.Connection, who: Address) -> None:
    """Erase one of its people, as far as that is done at once."""
    erase(database, (str(who), 9, micros(NOW)))


def checked(database: sqlite3.Connection, heads: Sequence[Head] = ()) -> Report:
    """What verifying says of it."""
    return verify(database, heads, lambda _done, _of: None)


def head_of(database: sqlite3.Connection) -> Head:
    """The newest entry, as it would be signed."""
    seq, link = database.execute("SELECT seq, hash FROM audit_head").fetchone()
    return Head(seq, link, NOW.isoformat())


class Tamperer:
    """Changes a database as somebody might who can write it: carelessly, and with an eye on the chain."""

    def __init__(self, database: sqlite3.Connection, luck: random.Random) -> None:
        self._database = database
        self._luck = luck
        bounds = [bound for kind in KINDS.values() for bound in (kind.steps, kind.state) if bound is not None]
        self._tables = {bound.table: (bound.columns, bound.which.replace("r.", "")) for bound in bounds}
        entry = ("seq", "at", "what", "subject", "part", "steps", "actor", "note", "digest", "state", "hash", "salt")
        self._tables |= {"audit": (entry, ""), "staff_address": (("address", "staff"), "")}
        self._ways: Sequence[Callable[[], str]] = (
            *(self._flip,) * 4,
            *(self._delete, self._swap, self._insert),
            *(self._cut, self._cut_all, self._rewrite),
        )

    def tamper(self) -> str:
        """Do something, inside a transaction; what it was. What a unique key forbids is not counted: something else is
        done then."""
        while True:
            try:
                said = self._luck.choice(self._ways)()
            except sqlite3.IntegrityError:
                continue
            if said:
                return said

    def _names(self, table: str) -> str:
        return ", ".join(f'"{name}"' for name in self._tables[table][0])

    def _which(self, table: str) -> str:
        which = self._tables[table][1]
        return f" WHERE {which}" if which else ""

    def _table(self) -> str:
        return "audit" if self._luck.random() < 0.3 else self._luck.choice(list(self._tables))

    def _row(self, table: str) -> tuple[str, tuple[Any, ...]]:
        """A condition that holds for one row only, and that row."""
        rows = self._database.execute(f"SELECT {self._names(table)} FROM {table}{self._which(table)}").fetchall()  # noqa: S608  # names of the schema
        row = self._luck.choice(rows)
        return " AND ".join(f'"{name}" IS ?' for name in self._tables[table][0]), row

    def _flip(self) -> str:
        table = self._table()
        where, row = self._row(table)
        place = self._luck.randrange(len(row))
        name = self._tables[table][0][place]
        new = self._other(row[place])
        self._database.execute(f'UPDATE {table} SET "{name}" = ? WHERE {where}', (new, *row))  # noqa: S608  # names of the schema
        return f"flip {table}.{name} {row[place]!r} to {new!r} of {row}"

    def _other(self, value: Any) -> Any:
        """Something else of the same kind."""
        while (new := self._changed(value)) == value:
            pass
        return new

    def _changed(self, value: Any) -> Any:
        luck = self._luck
        match value:
            case None:
                return luck.choice(("x", 7))
            case int():
                return value + luck.choice((-(10**6), -2, -1, 1, 2, 10**6))
            case float():
                return value + luck.choice((-1e-9, 1.0))
            case bytes():
                if not value:
                    return b"x"
                place = luck.randrange(len(value))
                return value[:place] + bytes([value[place] ^ (1 << luck.randrange(8))]) + value[place + 1 :]
            case _:
                place = luck.randrange(len(value) + 1)
                return luck.choice((value[:place] + "x" + value[place:], value[:place] + value[place + 1 :], ""))

    def _delete(self) -> str:
        table = self._table()
        where, row = self._row(table)
        self._database.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608  # names of the schema
        return f"delete {table} {row}"

    def _swap(self) -> str:
        """What two rows say, or two entries; "" when they say the same."""
        table = self._table()
        names = self._tables[table][0]
        (where, one), (_, other) = self._row(table), self._row(table)
        many = self._luck.sample(range(1, len(names)), self._luck.randint(1, len(names) - 1))
        if all(one[place] == other[place] for place in many):
            return ""
        for row, new in ((one, other), (other, one)):
            sets = ", ".join(f'"{names[place]}" = ?' for place in many)
            values = (*(new[place] for place in many), *row)
            self._database.execute(f"UPDATE {table} SET {sets} WHERE {where}", values)  # noqa: S608  # names of the schema
        return f"swap {[names[place] for place in many]} of {table} {one} and {other}"

    def _insert(self) -> str:
        table = self._table()
        _, row = self._row(table)
        new = list(row)
        for place in range(len(row)):
            if self._luck.random() < (0.9 if place < 2 else 0.2):
                new[place] = self._other(row[place])
        if table == "transcript":
            new[1] = "corrected"
        if table == "looked":
            new[0] = None
        more = ', "attempts"' if table == "transcript" else ""
        marks = ", ".join("?" * len(new)) + (", 0" if more else "")
        self._database.execute(f"INSERT INTO {table} ({self._names(table)}{more}) VALUES ({marks})", new)  # noqa: S608  # names of the schema
        return f"insert {table} {new}"

    def _last(self) -> int:
        return int(self._database.execute("SELECT max(seq) FROM audit").fetchone()[0])

    def _cut(self) -> str:
        """The last entries go."""
        cut = self._luck.randint(1, self._last() - 1)
        self._database.execute("DELETE FROM audit WHERE seq > ?", (cut,))
        self._head()
        return f"cut after {cut}"

    def _cut_all(self) -> str:
        """The last entries go, with the rows they speak of."""
        cut = self._luck.randint(1, self._last() - 1)
        late = self._database.execute("SELECT what, subject, part, steps FROM audit WHERE seq > ?", (cut,)).fetchall()
        for what, subject, part, steps in late:
            if what == "ticket":
                values = (subject, part - steps, part)
                self._database.execute("DELETE FROM ticket_event WHERE ticket = ? AND seq > ? AND seq <= ?", values)
                self._database.execute("DELETE FROM ticket WHERE number = ? AND ? = 0", (subject, part - steps))
            elif what == "looked":
                self._database.execute("DELETE FROM looked WHERE id = ?", (part,))
        self._database.execute("DELETE FROM audit WHERE seq > ?", (cut,))
        self._head()
        return f"cut after {cut} with rows"

    def _rewrite(self) -> str:
        """An entry is another one, and everything is chained anew behind it."""
        seq = self._luck.randint(1, self._last())
        place, name = self._luck.choice([(1, "at"), (3, "subject"), (6, "actor"), (7, "note"), (8, "digest")])
        (old,) = self._database.execute(f"SELECT {name} FROM audit WHERE seq = ?", (seq,)).fetchone()  # noqa: S608  # names of the schema
        self._database.execute(f"UPDATE audit SET {name} = ? WHERE seq = ?", (self._other(old), seq))  # noqa: S608  # names of the schema
        before = BEFORE_ALL
        for row in self._database.execute("SELECT * FROM audit ORDER BY seq").fetchall():
            before = chained(before, row[:10])
            self._database.execute("UPDATE audit SET hash = ? WHERE seq = ?", (before, row[0]))
        self._head()
        return f"rewrite from {seq}, column {place}"

    def _head(self) -> None:
        """Whoever has an eye on the chain changes this too."""
        row = self._database.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        self._database.execute("UPDATE audit_head SET seq = ?, hash = ?", row)

"""The chained record: it holds everything, nothing personal, and whatever is changed past the desk is found."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Float
from typer.testing import CliRunner, Result

from bot.domain.audit import bound
from bot.errors import ConfigurationError
from main import app
from storage import schema
from storage.audit_forgetting import bound_anew
from storage.audit_kinds import KINDS
from storage.audit_opening import opened
from storage.audit_reader import head_of_file
from storage.audit_story import story
from storage.batch import batch_of
from storage.opening import prepare
from storage.retention import RULES, apply
from storage.rows import rows_of
from storage.statements import write
from tests.fakes.audited_desk import (
    CHEN,
    LI,
    TICKETS,
    WANG,
    Tamperer,
    changes,
    checked,
    copied,
    desk,
    forget,
    head_of,
)
from tests.fakes.changesets import NOW, TEXT, filing, person
from tests.integration.test_storage_upgrade import old_database

TAMPERINGS = 1000


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A desk of which nobody was erased; it is only copied."""
    with closing(desk(tmp_path_factory.mktemp("desk"))) as made:
        yield made


@pytest.fixture
def own(complete: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A desk of the test's own, of which nobody was erased."""
    with closing(copied(complete)) as made:
        yield made


@pytest.fixture
def one(own: sqlite3.Connection) -> sqlite3.Connection:
    """A desk of which somebody was erased, so that there are entries of every kind."""
    forget(own, CHEN)
    return own


def kinds(database: sqlite3.Connection) -> set[str]:
    return {what for (what,) in database.execute("SELECT DISTINCT what FROM audit")}


def test_the_desk_has_entries_of_every_kind_and_all_is_whole(one: sqlite3.Connection) -> None:
    report = checked(one, [head_of(one)])
    assert report.problems == []
    assert kinds(one) == {*KINDS, "erasure"}
    assert report.heads == 1
    assert report.forgotten == 5
    assert report.entries == one.execute("SELECT count(*) FROM audit").fetchone()[0]


def test_whatever_somebody_does_to_it_is_found(one: sqlite3.Connection) -> None:
    """All 10,000 of them: ``python -m bench audit``."""
    heads, tamperer = [head_of(one)], Tamperer(one, random.Random(20260304))
    unseen = []
    for _ in range(TAMPERINGS):
        one.execute("BEGIN")
        said = tamperer.tamper()
        if checked(one, heads).whole:
            unseen.append(said)
        one.execute("ROLLBACK")
    assert unseen == []
    assert checked(one, heads).whole


def test_without_a_head_a_cut_with_its_rows_is_not_seen(own: sqlite3.Connection) -> None:
    """Which is why heads are signed and kept elsewhere."""
    head = head_of(own)
    write(own, batch_of([rows_of(filing(person(7), 1, "260304-00077"), NOW)]))
    newer = head_of(own)
    for sql in (
        "DELETE FROM audit WHERE subject = '260304-00077'",
        "DELETE FROM ticket WHERE number = '260304-00077'",
        "DELETE FROM ticket_event WHERE ticket = '260304-00077'",
    ):
        own.execute(sql)
    own.execute("UPDATE audit_head SET seq = ?, hash = ?", (head.seq, head.hash))
    assert checked(own, [head]).whole
    (problem,) = checked(own, [head, newer]).problems
    assert problem.why.startswith(f"entries {newer.seq} to {newer.seq} are missing")


def test_nothing_personal_is_in_it(one: sqlite3.Connection) -> None:
    words = [TEXT, "王小明", "赵六", "还是黑的", "现场看过", "路灯", "太多", "早点换灯", "员工", "erased:"]
    words += [part for who in (LI, WANG, CHEN, person(90), person(92)) for part in (str(who), who.id)]
    held = "\n".join(repr(row) for row in one.execute("SELECT * FROM audit"))
    assert [word for word in words if word in held] == []
    assert {actor for (actor,) in one.execute("SELECT DISTINCT actor FROM audit")} == {
        "",
        "person",
        "desk",
        "s1",
        "s2",
        "s9",
    }


def test_what_was_erased_can_neither_be_read_nor_guessed(own: sqlite3.Connection) -> None:
    rows = own.execute("SELECT * FROM ticket_event WHERE ticket = ? ORDER BY seq", (TICKETS[2],)).fetchall()
    ((seq, digest, salt),) = own.execute(
        "SELECT seq, digest, salt FROM audit WHERE subject = ? AND part = 2", (TICKETS[2],)
    ).fetchall()
    assert bound(salt, "ticket_event", rows[:2]) == digest  # whoever has the salt can try who it was
    forget(own, CHEN)
    assert own.execute("SELECT salt FROM audit WHERE seq = ?", (seq,)).fetchone() == (None,)
    assert checked(own).problems == []
    told = story(own, TICKETS[2])
    assert [(each.what, each.note, each.whole) for each in told] == [
        ("ticket", "file dispatch", None),
        ("ticket", "take", None),
        ("erasure", told[2].note, True),
        ("ticket", "anew", True),
    ]
    assert json.loads(told[2].note)["forgot"] == [told[0].seq, told[1].seq]


def test_erasing_does_not_make_good_what_was_changed_before(own: sqlite3.Connection) -> None:
    own.execute("UPDATE ticket_event SET data = '{}' WHERE ticket = ? AND seq = 2", (TICKETS[2],))
    forget(own, CHEN)
    (problem,) = checked(own).problems
    assert problem.why == f"{TICKETS[2]} was not as it was written when something of it was erased"


def test_a_salt_that_is_gone_without_an_erasure_is_found(own: sqlite3.Connection) -> None:
    own.execute("UPDATE audit SET salt = NULL WHERE seq = 7")
    own.execute("UPDATE ticket_event SET actor = 'x' WHERE ticket = ?", (TICKETS[1],))
    assert "entry 7: its salt is gone, and no erasure says why" in [p.why for p in checked(own).problems]


def test_what_is_taken_away_when_its_time_is_over_is_no_tampering(own: sqlite3.Connection) -> None:
    later = NOW + timedelta(days=4000)
    (looks,) = [rule for rule in RULES if rule.name == "looks"]
    (invitations,) = [rule for rule in RULES if rule.name == "invitations"]
    own.execute("BEGIN")
    assert apply(own, looks, [(1,), (2,)], later) == 2
    assert apply(own, invitations, [("d3",)], later) == 1
    own.execute("COMMIT")
    assert own.execute("SELECT count(*) FROM looked").fetchone() == (2,)
    assert checked(own).problems == []
    own.execute("DELETE FROM looked WHERE id = 3")
    assert len(checked(own).problems) == 1


def test_rows_that_are_older_than_the_record_are_counted(tmp_path: Path) -> None:
    path = old_database(tmp_path, [filing(person(n), 1, f"260303-{n:05d}", key=f"m{n}") for n in range(11, 15)])
    prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        report = checked(database)
        assert (report.problems, report.before["ticket"], report.before["ticket_event"]) == ([], 4, 8)
        assert [each.what for each in story(database, "")] == ["genesis"]
        for each in changes():
            write(database, batch_of([rows_of(each, NOW)]))
        assert checked(database).problems == []
        forget(database, person(11))
        report = checked(database)
        assert (report.problems, report.before["ticket_event"]) == ([], 6)
        for sql in (
            "INSERT INTO ticket_event SELECT ticket, 3, at, action, status, actor, data FROM ticket_event"
            " WHERE ticket = '260303-00014' AND seq = 2",
            "DELETE FROM ticket_event WHERE ticket = '260303-00013' AND seq = 1",
            "DELETE FROM ticket WHERE number = '260303-00014'",
            "UPDATE ticket SET seq = 7 WHERE number = '260303-00012'",
        ):
            database.execute("BEGIN")
            database.execute(sql)
            assert checked(database).problems != [], sql
            database.execute("ROLLBACK")


def test_a_row_that_stays_as_it_is_has_no_entry_when_something_else_is_erased(own: sqlite3.Connection) -> None:
    before = head_of(own)
    with bound_anew(own, [("ticket", TICKETS[0]), ("looked", "1")]):
        own.execute("UPDATE attachment SET name = '' WHERE id = 'f1'")
    assert head_of(own) == before


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_column_is_bound_or_left_out_by_name(kind: object) -> None:
    """Whoever adds a column to one of these tables must decide: old entries do not have it."""
    assert isinstance(kind, type(KINDS["ticket"]))
    for each in (kind.steps, kind.state):
        if each is not None:
            columns = schema.metadata.tables[each.table].columns
            assert [column.name for column in columns] == [*each.columns, *each.left_out]
    if kind.steps is not None:  # these are bound as they are, so every database must give back what was written
        types = [column.type for column in schema.metadata.tables[kind.steps.table].columns]
        assert not [each for each in types if isinstance(each, Boolean | Float)]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def saved(database: sqlite3.Connection, folder: Path) -> Path:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "minsheng.db")) as file:
        database.backup(file)
    return folder


def test_the_commands(own: sqlite3.Connection, tmp_path: Path) -> None:
    data = saved(own, tmp_path / "data")
    own.execute("DELETE FROM audit WHERE seq > 30")
    own.execute("UPDATE audit_head SET seq = 30, hash = (SELECT hash FROM audit WHERE seq = 30)")
    cut = saved(own, tmp_path / "cut")
    fine = run("verify", "--json", "--data", str(data))
    assert (fine.exit_code, json.loads(fine.stdout)["whole"]) == (0, True)
    told = run("head", "--data", str(data)).stdout.splitlines()
    heads, key = tmp_path / "heads.txt", tmp_path / "audit.pub"
    heads.write_text(told[0] + "\n")
    key.write_text(told[1].rpartition(" ")[2])
    assert run("verify", "--heads", str(heads), "--data", str(data)).exit_code == 0
    found = run("verify", "--heads", str(heads), "--key", str(key), "--data", str(cut))
    assert found.exit_code == 1
    assert f"entries 31 to {head_of_file(data / 'minsheng.db')[0]} are missing" in found.stdout
    assert "Leave this data folder as it is" in found.stdout
    shown = run("show", TICKETS[0], "--data", str(data)).stdout
    assert "员工s1  step 3: take" in shown
    assert "no longer linked: follows/260304-00003" in shown


def test_a_folder_without_a_database_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no database here yet"), opened("", tmp_path):
        raise AssertionError

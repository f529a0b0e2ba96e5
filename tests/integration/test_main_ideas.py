"""`ideas`: what is in the idea store as a table, beside a desk that may be running."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from bot.changes import Changes
from bot.clock import FixedClock
from bot.domain.ticket import Action, Status, Ticket, Type
from bot.domain.work import AnswerDraft, Outcome, Work
from storage.store import SqliteStore
from tests.fakes.changesets import NOW, ticket
from tests.fakes.desk_process import run

ANSWER = AnswerDraft(outcome=Outcome.DECLINED, text="@SUM(A1) 不能建", by="s1", submitted_at=NOW, leaves_at=NOW)


def idea(number: str, text: str, **fields: object) -> Ticket:
    made = replace(ticket(number), type=Type.IDEA, kind="idea-city", area="xingfu", unit="planning", text=text)
    return replace(made, hidden=False, danger="", **fields)


async def stored(folder: Path) -> None:
    store = await SqliteStore.open("", folder, clock=FixedClock(NOW))
    changes = Changes(at=NOW)
    for each in (
        idea("260304-00011", "=HYPERLINK(1) 建停车场，电话13812345678"),
        idea("260304-00029", "再建一个公园", status=Status.ANSWERED, work=Work(last_answer=ANSWER, reporters=3)),
        idea("260304-00035", "举报不是点子", walled=True),
        replace(ticket("260304-00044"), text="路灯坏了"),
    ):
        changes.ticket(each, each.event(Action.FILE, NOW))
    await store.commit(changes)
    await store.close()
    with sqlite3.connect(folder / "minsheng.db") as database:
        lesson = ("S-1", "xingfu", "roads", "雨前先清淤", "s1", int((NOW - timedelta(days=1)).timestamp() * 1e6))
        database.execute("INSERT INTO lesson (source, area, kind, text, actor, at) VALUES (?, ?, ?, ?, ?, ?)", lesson)
    database.close()


async def test_a_table_of_ideas_and_lessons(tmp_path: Path) -> None:
    await stored(tmp_path)
    told = run("ideas", "--csv", "--data", str(tmp_path))
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(told.stdout.removeprefix("\ufeff")))
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["what"], row["number"]) for row in found] == [
        ("idea", "260304-00029"),
        ("idea", "260304-00011"),
        ("lesson", "S-1"),
    ]
    assert (found[0]["people"], found[0]["outcome"], found[0]["answer"]) == ("3", "declined", "'@SUM(A1) 不能建")
    assert found[1]["text"] == "'=HYPERLINK(1) 建停车场，电话********"
    assert found[1]["public"] == ""
    assert found[2]["text"] == "雨前先清淤"


async def test_the_same_as_lines(tmp_path: Path) -> None:
    await stored(tmp_path)
    told = run("ideas", "--data", str(tmp_path)).stdout
    assert len(told.splitlines()) == 3
    assert "13812345678" not in told


def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    told = run("ideas", "--csv", "--data", str(tmp_path))
    assert (told.returncode, told.stdout) == (2, "")
    assert "no database here yet" in told.stderr

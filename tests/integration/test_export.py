"""Tickets as tables: of what somebody may see, safe in spreadsheets, recorded; on the page and on the command line."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.domain.ticket import Ticket
from bot.sheet_files import CsvFile, XlsxFile
from tests.dialogue.stage import Stage, stage
from tests.fakes.changesets import kept, ticket
from tests.fakes.desk_process import run
from tests.fakes.signing import fields_of, sign_in

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
CALL = "请打13812345678，路灯坏了"
FORMULA = '=HYPERLINK("http://bad.example")'


def case(number: str, text: str, unit: str = "transport", walled: bool = False) -> Ticket:
    return replace(ticket(number), text=text, unit=unit, walled=walled, filed_at=START, area="")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage("telegram", tmp_path, START, staffed=True) as there:
        await there.open()
        for who, role, details in (
            ("boss", "supervisor", {}),
            ("lead", "lead", {"unit": "transport"}),
            ("handler", "handler", {"unit": "transport"}),
        ):
            there.phones[who] = await there.new_phone("telegram")
            await there.employ(there.phones[who], role, details)
        for each in (
            case("260304-00018", CALL),
            case("260304-00026", FORMULA, unit="water"),
            case("260304-00034", "局长收礼", unit="", walled=True),
        ):
            await there.store.commit(kept(each))
        yield there


async def table(desk: Stage, who: str, form: str = "csv", until: str = "2026-03-04") -> bytes:
    async with await sign_in(desk, who) as http:
        page = await (await http.get(f"{desk.url}/staff/export")).text()
        fields = {**fields_of(page, "/staff/export"), "since": "2026-03-01", "until": until, "as": form}
        answer = await http.post(f"{desk.url}/staff/export", data=fields)
        page = await answer.text()
        assert answer.status == 200, page
        for _ in range(200):
            if 'href="/staff/export/' in page and "<progress" not in page:
                break
            await asyncio.sleep(0.02)
            page = await (await http.get(f"{desk.url}/staff/export")).text()
        path = page.split('<a href="/staff/export/')[1].split('"')[0]
        found = await http.get(f"{desk.url}/staff/export/{path}")
        assert found.status == 200
        assert "attachment" in found.headers["Content-Disposition"]
        return await found.read()


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


async def test_a_supervisor_has_all_but_what_stands_behind_the_wall(desk: Stage) -> None:
    head, *found = rows(await table(desk, "boss"))
    assert head[0] == "编号"
    assert [row[0] for row in found] == ["260304-00018", "260304-00026"]
    words = dict(zip(head, found[0], strict=True))
    assert "13812345678" not in str(found)
    assert "路灯坏了" in words["内容"]
    assert words["立案时间"] == "2026-03-04 09:00"
    assert dict(zip(head, found[1], strict=True))["内容"].startswith("'=")


async def test_a_lead_has_their_units_and_a_handler_has_none(desk: Stage) -> None:
    assert [row[0] for row in rows(await table(desk, "lead"))[1:]] == ["260304-00018"]
    async with await sign_in(desk, "handler") as http:
        assert (await http.get(f"{desk.url}/staff/export")).status == 404


async def test_a_workbook_holds_the_words_as_words(desk: Stage) -> None:
    book = zipfile.ZipFile(io.BytesIO(await table(desk, "boss", "xlsx")))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "HYPERLINK" in sheet
    assert "13812345678" not in sheet


async def test_who_exported_what_is_written_down(desk: Stage) -> None:
    await table(desk, "boss")
    directory = await desk.store.reader.directory()
    boss = directory.at(desk.phones["boss"].address)
    assert boss is not None
    found = await desk.store.reader._readers.rows("SELECT actor, detail FROM looked WHERE what = 'export' ORDER BY id")
    assert found[0] == (boss.id, "csv 2026-02-28T16:00Z 2026-03-04T16:00Z")
    ((actor, detail),) = found[1:]
    assert actor == boss.id
    assert detail.startswith("fetched ")


async def test_nobody_gets_the_table_of_another(desk: Stage) -> None:
    await table(desk, "boss")
    async with await sign_in(desk, "boss") as http:
        page = await (await http.get(f"{desk.url}/staff/export")).text()
        name = page.split('<a href="/staff/export/')[1].split('"')[0]
    async with await sign_in(desk, "lead") as http:
        assert (await http.get(f"{desk.url}/staff/export/{name}")).status == 404


@pytest.mark.parametrize(
    ("since", "until", "form"),
    [
        ("2026-03-05", "2026-03-04", "csv"),
        ("yesterday", "2026-03-04", "csv"),
        ("1026-01-01", "2026-03-04", "csv"),
        ("9999-12-31", "9999-12-31", "csv"),
        ("2026-03-01", "2026-03-04", "exe"),
        ("", "", ""),
    ],
)
async def test_what_is_no_span_is_said_and_makes_nothing(desk: Stage, since: str, until: str, form: str) -> None:
    async with await sign_in(desk, "boss") as http:
        page = await (await http.get(f"{desk.url}/staff/export")).text()
        fields = {**fields_of(page, "/staff/export"), "since": since, "until": until, "as": form}
        answer = await http.post(f"{desk.url}/staff/export", data=fields)
        assert answer.status == 400
        assert "请选好起止日期" in await answer.text()
        forged = await http.post(f"{desk.url}/staff/export", data={**fields, "form": "x"})
        assert forged.status == 403


def test_the_files_of_tables(tmp_path: Path) -> None:
    for make, name in ((CsvFile, "a.csv"), (XlsxFile, "a.xlsx")):
        sheet = make(tmp_path / name, ["words", "at", "count"])
        sheet.write([["+1", START.replace(tzinfo=None), 3], ["x" * 40_000, None, None]])
        sheet.close()
    assert rows((tmp_path / "a.csv").read_bytes())[1] == ["'+1", "2026-03-04 01:00", "3"]
    sheet1 = zipfile.ZipFile(tmp_path / "a.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert "x" * 32_000 in sheet1
    assert "x" * 32_001 not in sheet1


def test_the_command_writes_a_table(tmp_path: Path) -> None:
    settings = {"MINSHENG_DATA": str(tmp_path / "data")}
    assert run("demo-data", "--tickets", "300", "--until", "2026-09-30", "--sample", settings=settings).returncode == 0
    done = run("export", str(tmp_path / "all.csv"), "--lang", "en", settings=settings)
    assert done.returncode == 0, done.stderr
    head, *found = rows((tmp_path / "all.csv").read_bytes())
    assert head[:2] == ["Number", "Filed"]
    walled = run("export", str(tmp_path / "walled.csv"), "--walled", settings=settings)
    assert walled.returncode == 0, walled.stderr
    everything = {row[0] for row in rows((tmp_path / "walled.csv").read_bytes())[1:]}
    assert len(everything) == 300
    assert {row[0] for row in found} < everything
    wrong = run("export", str(tmp_path / "all.pdf"), settings=settings)
    assert wrong.returncode == 2
    assert ".csv or .xlsx" in wrong.stderr
    assert run("export", str(tmp_path / "b.csv"), "--since", "soon", settings=settings).returncode == 2
    assert not list(tmp_path.glob(".*"))

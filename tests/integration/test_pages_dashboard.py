"""The dashboard and the boards over HTTP: every number against a plain recount, and against the list it leads to."""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace as altered

from bot.clock import SystemClock
from bot.console.filling import KNOWN, write_year
from bot.domain.colour import Colour
from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.place import Place
from bot.domain.ticket import Status, Ticket
from bot.domain.town import Town
from bot.ports import Wanted
from bot.web.rendering import Renderer
from handlers.pages import board_tickets, boards, dashboard, unit_board
from handlers.pages.counts import Counts
from storage.store import FILE
from tests.dialogue.stage import Stage, sample_guide, stage
from tests.fakes.changesets import kept
from tests.fakes.clerk import Clerk, clerk
from tests.fakes.town_hall import texts, town_hall

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
TICKETS = 1200
MONTH = "2026-01"
_ROW = re.compile(r"<tr[^>]*><th scope=\"row\"[^>]*>(.*?)</th>(.*?)</tr>", re.S)
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.S)
_LINK = re.compile(r"<a href=\"([^\"]*)\"[^>]*>(.*?)</a>", re.S)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    write_year(folder / FILE, sample_guide(), TICKETS, 1, START, 0, lambda _: None, SystemClock())
    return folder


@dataclass
class Office:
    """A desk with a year behind it, and browsers of its staff by name."""

    stage: Stage
    folder: Path
    browsers: dict[str, Clerk] = field(default_factory=dict)

    async def staff(self, who: str, role: str, **details: str) -> Clerk:
        phone = self.stage.phones[who] = await self.stage.new_phone("telegram")
        await self.stage.employ(phone, role, {"name": who, **details})
        browser = self.browsers[who] = clerk(self.stage)
        await browser.sign_in(phone)
        return browser

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / FILE)) as database:
            return database.execute(sql, values).fetchall()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Office]:
    async with stage("telegram", folder, START, staffed=True) as there:
        await there.open()
        office = Office(there, folder)
        try:
            yield office
        finally:
            for browser in office.browsers.values():
                await browser.http.close()


@pytest.fixture
async def office(year: Path, tmp_path: Path) -> AsyncIterator[Office]:
    folder = tmp_path / "desk"
    shutil.copytree(year, folder)
    async with opened(folder) as found:
        yield found


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path / "desk") as found:
        yield found


async def shown(browser: Clerk, path: str) -> str:
    """A page when everything on it has been counted."""
    for _ in range(200):
        page = await browser.get(path)
        if browser.status != 200 or 'data-seconds="2"' not in page:
            return page
    raise AssertionError(f"{path} is never done")


def table(page: str, name: str) -> dict[str, list[tuple[str, str]]]:
    """A table: the cells of each row as (text, where it leads)."""
    body = re.search(rf'<table [^>]*id="table-{name}">(.*?)</table>', page, re.S)
    assert body, name
    found = {}
    for head, cells in _ROW.findall(body[1].partition("<tbody>")[2]):
        found[_plain(head)] = [_cell(cell) for cell in _CELL.findall(cells)]
    return found


def _cell(cell: str) -> tuple[str, str]:
    link = _LINK.search(cell)
    return (_plain(link[2]), html.unescape(link[1])) if link else (_plain(cell), "")


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def counted(page: str) -> int:
    """How many tickets a list has in all."""
    found = re.search(r'data-count="(\d+)"', page)
    assert found, page[:500]
    return int(found[1])


async def all_open(office: Office) -> list[Ticket]:
    return list(await office.stage.store.reader.tickets(Wanted(), limit=100_000))


def number_of_list(page: str) -> list[str]:
    """The numbers that a list names."""
    body = re.search(r'<table class="behind">(.*?)</table>', page, re.S)
    return re.findall(r"<th scope=\"row\">(?:<a [^>]*>)?(\d{6}-\d+)", body[1]) if body else []


# What is open now


async def test_what_is_open_is_that_of_a_plain_recount_and_each_number_leads_to_as_many(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    guide, now = office.stage.guide, office.stage.clock.now()
    tickets = await all_open(office)
    assert len(tickets) > 10
    units = table(await shown(boss, "/staff/dashboard?lang=en"), "units")
    wanted = Counter((t.unit, guide.colour(t, now)) for t in tickets)
    total = units.pop("all")
    for place, colour in enumerate(Colour):
        assert total[place][0] == str(sum(n for (_, c), n in wanted.items() if c is colour)), colour
    assert total[4][0] == str(len(tickets))
    late = [t for t in tickets if t.due_at is not None and t.due_at < now]
    midnight = guide.calendar.day_bounds(now)[1]
    today = [t for t in tickets if t.due_at is not None and now <= t.due_at < midnight]
    assert (total[5][0], total[6][0]) == (str(len(today)), str(len(late)))
    names = {unit.name_en or unit.name: code for code, unit in guide.town.units.items()}
    for name, cells in units.items():
        for place, colour in enumerate(Colour):
            assert cells[place][0] == str(wanted[names[name], colour]), (name, colour)
    for cells in [*units.values(), total]:
        for text, href in cells:
            assert bool(href) == (text != "0")
            if href:
                assert counted(await shown(boss, href)) == int(text), href


async def test_the_ladder_is_that_of_the_rules(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    guide, now = office.stage.guide, office.stage.clock.now()
    wanted: Counter[str] = Counter()
    for ticket in await all_open(office):
        reached = [step for step in guide.ladder(ticket) if step.at <= now]
        if reached:
            wanted[max(reached, key=lambda step: step.level).rung] += 1
    assert wanted
    for cells in table(await shown(boss, "/staff/dashboard"), "ladder").values():
        text, href = cells[0]
        if href:
            rung = re.search(r"rung=(\w+)", href)
            assert rung
            assert int(text) == wanted.pop(rung[1]) == counted(await shown(boss, href))
    assert not wanted


async def test_what_happens_is_seen_after_a_while_and_says_how_old_it_is(empty: Office) -> None:
    boss = await empty.staff("boss", "supervisor")
    assert "没有未办结的工单" in await shown(boss, "/staff/dashboard")
    resident = empty.stage.phones["resident"]
    await resident.say("人民路的路灯坏了三天，晚上看不见路")
    await empty.stage.advance(timedelta(seconds=4))
    await resident.say("确认")
    assert "没有未办结的工单" in await shown(boss, "/staff/dashboard")
    await empty.stage.advance(timedelta(seconds=31))
    await shown(boss, "/staff/dashboard")
    assert table(await shown(boss, "/staff/dashboard"), "units")["合计"][4][0] == "1"
    await empty.stage.advance(timedelta(days=20))
    await boss.sign_in(empty.stage.phones["boss"])
    await shown(boss, "/staff/dashboard")
    page = await shown(boss, "/staff/dashboard")
    assert table(page, "units")["合计"][3][0] == "1"
    assert "（0秒前）" in page


# What was filed


async def test_the_heat_map_is_that_of_a_plain_recount_and_each_cell_leads_to_as_many(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    town = office.stage.guide.town
    rows = office.rows(
        "SELECT area, kind, count(*) FROM ticket WHERE filed_at >= ? AND filed_at < ? AND NOT walled"
        " AND status <> 'merged' GROUP BY 1, 2",
        *(int(datetime(2025, month, 31, 16, tzinfo=UTC).timestamp() * 1e6) for month in (10, 12)),
    )
    wanted: Counter[tuple[str, str]] = Counter()
    for area, kind, count in rows:
        street = town.areas[area].parent or area if area else ""
        wanted[town.kinds[kind].name, town.areas[street].name if street else "地点不明"] += count
    page = await shown(boss, "/staff/dashboard?from=2025-11-01&to=2025-12-31")
    heads = [
        _plain(each) for each in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page[page.index("table-heat") :])
    ]
    found = table(page, "heat")
    total = found.pop("合计")
    assert total[-1][0] == str(wanted.total())
    seen: Counter[tuple[str, str]] = Counter()
    for kind, cells in found.items():
        for area, (text, href) in zip(heads[1:], cells, strict=False):
            if area != "合计" and text != "0":
                seen[kind, area] = int(text)
                assert counted(await shown(boss, href)) == int(text), href
    assert seen == wanted
    for text, href in total:
        assert counted(await shown(boss, href)) == int(text), href
    areas = table(page, "areas")
    assert sum(int(cells[0][0]) for cells in areas.values()) == wanted.total()
    for cells in areas.values():
        assert counted(await shown(boss, cells[0][1])) == int(cells[0][0])
    for row in table(page, "barometer").values():
        for text, href in row[:2]:
            assert (counted(await shown(boss, href)) if href else 0) == int(text), href
    assert "<svg" in page


async def test_an_area_is_chosen_in_the_address(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    street = next(a for a in office.stage.guide.town.areas.values() if not a.parent)
    inside = {a.code for a in office.stage.guide.town.areas.values() if street.code in (a.code, a.parent)}
    page = await shown(boss, f"/staff/dashboard?period={MONTH}&area={street.code}")
    wanted = [t for t in await all_open(office) if t.area in inside]
    units = table(page, "units") if wanted else {}
    assert (units["合计"][4][0] if wanted else "0") == str(len(wanted))
    for cells in units.values():
        assert counted(await shown(boss, cells[4][1])) == int(cells[4][0])
    board = await shown(boss, f"/staff/boards?period={MONTH}&level=3&area={street.code}")
    whole = await shown(boss, f"/staff/boards?period={MONTH}&level=3")
    some, every = (sum(int(row[19][0]) for row in table(p, "board").values()) for p in (board, whole))
    assert 0 < some < every
    assert "受理中心" in whole
    assert 'id="table-desk"' not in board


# Boards


async def test_boards_show_what_is_known_of_the_year(office: Office) -> None:
    """Against figures that were counted while the year was made up, not by the desk."""
    boss = await office.staff("boss", "supervisor", walled="1")
    known = json.loads((office.folder / KNOWN).read_text("utf-8"))["boards"][MONTH]
    town = office.stage.guide.town
    names = ("taken", "in_time", "hours", "reopened", "false_or_broken", "evidence", "solved", "rating", "given")
    own_hours = {town.units[unit].name for unit in office.stage.guide.unit_calendars}  # the year is told without them
    checked = 0
    for level in (3, 2, 1):
        page = await shown(boss, f"/staff/boards?period={MONTH}&level={level}")
        found = table(page, "board") if 'id="table-board"' in page else {}
        wanted = {town.units[unit].name: figures for unit, figures in known.items() if town.units[unit].level == level}
        assert set(found) == set(wanted)
        for name, figures in wanted.items():
            cells = found[name]
            assert cells[19][0] == str(figures["tickets"])
            assert cells[20][0] == str(figures["excluded"])
            for place, figure in enumerate(names, 7):
                if name not in own_hours or figure not in ("taken", "hours"):
                    checked += _same(cells[place][0], figures[figure])
    assert checked > 60


def _same(text: str, value: float | None) -> bool:
    if value is None:
        assert text == "—"
        return False
    digits = len(text.rstrip("%").partition(".")[2])
    assert float(text.rstrip("%")) == pytest.approx(value, abs=0.51 * 10**-digits)
    return True


async def test_every_number_of_a_board_leads_to_the_tickets_it_is_made_of(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    page = await shown(boss, f"/staff/boards?period={MONTH}&level=3&lang=en")
    board = table(page, "board")
    busiest = max(board, key=lambda name: int(board[name][19][0]))
    for place, (text, href) in enumerate(board[busiest][7:], 7):
        if not href:
            assert text in ("–", "0", "0.0")
            continue
        listed = await shown(boss, href)
        said = re.search(r'class="total-line"[^>]*>(.*?)</p>', listed)
        assert said, href
        if place in (19, 20):
            assert counted(listed) == int(text)
        elif place < 19:
            share = re.search(r"\(([\d.]+) of ([\d.]+)\)", said[1])
            assert share, said[1]
            part, whole = float(share[1]), float(share[2])
            value, name = float(text.rstrip("%")), re.search(r"name=(\w+)", href)
            assert name
            if name[1] in ("false_or_broken", "specials"):
                assert part == value
            else:
                assert value == pytest.approx((100 if "%" in text else 1) * part / whole, abs=0.06)
            parts, wholes = await _shares(boss, href)
            assert parts == pytest.approx(part, abs=0.06 * counted(listed))
            assert wholes == whole
    for cells in table(page, "desk").values():
        for text, href in cells:
            if href and re.fullmatch(r"\d+", text):
                assert counted(await shown(boss, href)) == int(text), href


async def _shares(browser: Clerk, href: str) -> tuple[float, float]:
    """What the lines of all pages of a list add up to."""
    part = whole = 0.0
    while href:
        page = await shown(browser, href)
        for one, other in re.findall(r"<td>([\d.]+) of ([\d.]+)</td>", page):
            part, whole = part + float(one), whole + float(other)
        after = re.search(r'<a href="([^"]*)" rel="next"', page.partition('data-part="tickets"')[2])
        href = html.unescape(after[1]) if after else ""
    return part, whole


async def test_a_units_page_tells_what_its_figures_are_made_of_and_how_they_were(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    board = await shown(boss, f"/staff/boards?period={MONTH}&level=3")
    name, row = max(table(board, "board").items(), key=lambda pair: int(pair[1][19][0]))
    address = re.search(r'<th scope="row"><a href="([^"]*)">' + re.escape(name), board)
    assert address
    page = await shown(boss, html.unescape(address[1]))
    figures = table(page, "figures")
    assert figures["件数"][0][0] == row[19][0]
    history = table(page, "history")
    assert len(history) == 12
    assert list(history)[-1].startswith("2026年1月")
    assert history[list(history)[-1]][1][0] == row[19][0]
    before = await shown(boss, "/staff/boards?period=2025-12&level=3")
    assert history[list(history)[-2]][1][0] == table(before, "board")[name][19][0]


async def test_publishing_is_a_form_that_says_what_a_tap_says(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    lead = await office.staff("lead", "lead", unit="transport")
    read = office.stage.store.reader
    assert "staff/boards/publish" in await shown(boss, f"/staff/boards?period={MONTH}")
    assert "staff/boards/publish" not in await shown(lead, f"/staff/boards?period={MONTH}")
    page = await boss.get(f"/staff/boards/publish?period={MONTH}")
    assert await read.published(MONTH) is None
    page = await boss.press("公布")
    assert (boss.path, boss.status) == ("/staff/boards", 200)
    assert "已公布" in page
    board = await read.published(MONTH)
    assert board is not None
    assert board.period == MONTH
    assert "已公布，数字截至" in await shown(boss, f"/staff/boards?period={MONTH}")
    for path in (
        f"?period={MONTH}&area=xingfu",
        "?period=2026-W10",
        "?from=2026-01-01&to=2026-01-05",
        "?period=2030-01",
    ):
        await boss.get(f"/staff/boards/publish{path}")
        assert boss.status == 404, path
    await lead.get(f"/staff/boards/publish?period={MONTH}")
    assert lead.status == 404
    await lead.get("/staff/account")
    proof = lead.form("退出这台设备").fields if "退出这台设备" in lead.page else {}
    await lead.post("/staff/boards/publish", {"period": "2025-12", **proof})
    assert await read.published("2025-12") is None
    await boss.post("/staff/boards/publish", {"period": "2025-12", "nonce": "a" * 12, "form": "forged"})
    assert boss.status == 403
    assert await read.published("2025-12") is None


# Who may see what


async def test_nothing_without_signing_in_and_nothing_for_handlers(office: Office) -> None:
    handler = await office.staff("handler", "handler", unit="transport")
    nobody = office.browsers["nobody"] = clerk(office.stage)
    for path in ("dashboard", "boards", "boards/unit?unit=transport", "boards/tickets?of=now", "boards/publish"):
        await nobody.get(f"/staff/{path}")
        assert nobody.path == "/staff/sign-in"
        await handler.get(f"/staff/{path}")
        assert handler.status == 404, path
    await handler.get("/staff/account")
    assert "staff/dashboard" not in handler.page


async def test_a_lead_sees_the_own_units_and_asks_only_for_their_tickets(office: Office) -> None:
    first, after = (datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 1, 31, 16, tzinfo=UTC))
    guide, (unit, count) = office.stage.guide, _busiest(office, first, after)
    lead = await office.staff("lead", "lead", unit=unit)
    mine = {unit, *guide.below(unit)}
    page = await shown(lead, f"/staff/dashboard?period={MONTH}")
    names = {guide.town.units[code].name for code in mine} | {"合计"}
    if 'id="table-units"' in page:
        assert set(table(page, "units")) <= names
    assert table(page, "heat")["合计"][-1][0] == str(count)
    board = table(await shown(lead, f"/staff/boards?period={MONTH}&level=3"), "board")
    assert len(board) > 3
    for name, cells in board.items():
        assert any(href for _, href in cells) == (name in names), name
    foreign = next(code for code, unit in guide.town.units.items() if code not in mine and unit.level == 3)
    await lead.get(f"/staff/boards/tickets?of=figure&name=tickets&period={MONTH}&unit={foreign}")
    assert lead.status == 404
    await lead.get(f"/staff/boards/tickets?of=desk&name=filed&period={MONTH}")
    assert lead.status == 404


def _busiest(office: Office, first: datetime, after: datetime) -> tuple[str, int]:
    """A department with nothing below it, and how many tickets it has of a span."""
    departments = [
        u.code for u in office.stage.guide.town.units.values() if u.level == 3 and not office.stage.guide.below(u.code)
    ]
    rows = office.rows(
        "SELECT unit, count(*) FROM ticket WHERE NOT walled AND status <> 'merged' AND filed_at >= ? AND filed_at < ?"
        " GROUP BY 1 ORDER BY 2 DESC",
        *(int(at.timestamp() * 1e6) for at in (first, after)),
    )
    return next((unit, count) for unit, count in rows if unit in departments)


async def test_a_sub_centre_sees_its_areas(office: Office) -> None:
    guide = office.stage.guide
    street = next(a for a in guide.town.areas.values() if not a.parent)
    other = next(a for a in guide.town.areas.values() if not a.parent and a.code != street.code)
    inside = {a.code for a in guide.town.areas.values() if street.code in (a.code, a.parent)}
    local = await office.staff("local", "supervisor", area=street.code)
    wanted = [t for t in await all_open(office) if not t.walled and (not t.area or t.area in inside)]
    page = await shown(local, "/staff/dashboard")
    assert (table(page, "units")["合计"][4][0] if wanted else "0") == str(len(wanted))
    assert other.code not in page
    await local.get(f"/staff/dashboard?area={other.code}")
    assert local.status == 404
    board = table(await shown(local, f"/staff/boards?period={MONTH}&level=3"), "board")
    name, cells = max(board.items(), key=lambda pair: int(pair[1][19][0]))
    listed = await shown(local, cells[19][1])
    assert counted(listed) == int(cells[19][0])
    hidden = re.search(r"本页有(\d+)件不在你的权限内", listed)
    assert hidden, name
    assert len(number_of_list(listed)) + int(hidden[1]) == min(counted(listed), 50)
    for number in number_of_list(listed):
        ticket = await office.stage.store.reader.ticket(number)
        assert ticket is not None
        assert not ticket.area or ticket.area in inside


async def test_what_is_walled_is_counted_by_nobody_it_is_hidden_from(office: Office) -> None:
    boss = await office.staff("boss", "supervisor", walled="1")
    plain = await office.staff("plain", "supervisor")
    walled = [t for t in await all_open(office) if t.walled]
    if not walled:
        first = (await all_open(office))[0]
        await office.stage.store.commit(kept(altered(first, walled=True, seq=first.seq + 1)))
        walled = [t for t in await all_open(office) if t.walled]
    every, some = [int(table(await shown(who, "/staff/dashboard"), "units")["合计"][4][0]) for who in (boss, plain)]
    assert every - some == len(walled)
    listed: list[str] = []
    for start in range(0, some, 50):
        listed += number_of_list(await shown(plain, f"/staff/boards/tickets?of=now&start={start}"))
    assert len(listed) == some
    assert not {t.number for t in walled} & set(listed)
    ((number, unit, at),) = office.rows(
        "SELECT t.number, t.unit, e.at FROM ticket AS t JOIN ticket_event AS e ON e.ticket = t.number"
        " WHERE t.walled AND e.action = 'answer' ORDER BY e.at DESC LIMIT 1"
    )
    month = f"{datetime.fromtimestamp(at / 1e6, UTC) + timedelta(hours=8):%Y-%m}"
    path = f"/staff/boards/tickets?of=figure&name=tickets&unit={unit}&period={month}"
    seen, hidden = await shown(boss, path), await shown(plain, path)
    assert counted(seen) == counted(hidden)
    assert number in seen
    assert number not in hidden
    for path in ("filed", "answer"):
        assert number not in await shown(boss, f"/staff/boards/tickets?of={path}&period={month}")


# What is odd

ODD = (
    *("period=2020-01", "period=2031-W02", "period=x", "period=2026-W99", "period=0001-01", "period=9999-12"),
    *("from=2026-02-02&to=2026-01-01", "from=x&to=y", "from=2020-01-01&to=2026-01-01", "from=2026-01-05"),
    *("period=2026-01-01..2026-01-09", "period=" + "9" * 5000),
)


async def test_periods_that_are_empty_future_or_nonsense(office: Office) -> None:
    boss = await office.staff("boss", "supervisor")
    for path in ("dashboard", "boards", "boards/unit?unit=transport"):
        mark = "&" if "?" in path else "?"
        for period in ODD if path == "dashboard" else ODD[:2]:
            page = await shown(boss, f"/staff/{path}{mark}{period}")
            assert boss.status == 200, (path, period)
            assert ("还没开始" in page) == ("2031" in period), (path, period)
    page = await shown(boss, "/staff/boards?period=2020-01")
    assert "没有到期或答复的工单" in page
    quiet = next(
        unit.code for unit in office.stage.guide.town.units.values()
        if not office.rows("SELECT 1 FROM ticket_event WHERE instr(data, ?) LIMIT 1", f'"{unit.code}"')
    )  # fmt: skip
    assert "没有到期或答复的工单" in await shown(boss, f"/staff/boards/unit?unit={quiet}&period={MONTH}")
    assert counted(await shown(boss, f"/staff/boards/tickets?of=figure&name=taken&unit={quiet}&period={MONTH}")) == 0


@pytest.mark.parametrize(
    "path",
    [
        *(
            "dashboard?area=nowhere",
            "dashboard?area=%3Cscript%3E",
            "boards/unit",
            "boards/unit?unit=no",
            "boards/tickets",
        ),
        *("boards/tickets?of=no", "boards/tickets?of=filed&kind=no", "boards/tickets?of=filed&group=no"),
        *("boards/tickets?of=filed&spot=no", "boards/tickets?of=figure&name=no&unit=transport"),
        *("boards/tickets?of=figure&name=taken&unit=no", "boards/tickets?of=desk&name=no"),
    ],
)
async def test_what_is_not_there(empty: Office, path: str) -> None:
    boss = await empty.staff("boss", "supervisor")
    await boss.get(f"/staff/{path}")
    assert boss.status == 404


async def test_pages_beyond_the_end_and_odd_numbers_of_pages(office: Office) -> None:
    boss = await office.staff("boss", "supervisor")
    for start in ("-1", "x", "999999", "9" * 400, "50"):
        await shown(boss, f"/staff/boards/tickets?of=now&colour=none&due=no&start={start}")
        assert boss.status == 200


# How it is sent


async def test_a_page_is_packed_where_that_is_asked_for_and_the_form_is_not(office: Office) -> None:
    boss = await office.staff("boss", "supervisor")
    await shown(boss, f"/staff/boards?period={MONTH}")
    for path, encoding, packed in (
        (f"/staff/boards?period={MONTH}", "gzip", True),
        (f"/staff/boards?period={MONTH}", "identity", False),
        (f"/staff/boards/publish?period={MONTH}", "gzip", False),
    ):
        async with boss.http.get(office.stage.url + path, headers={"Accept-Encoding": encoding}) as answer:
            assert ("Content-Encoding" in answer.headers) == packed
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Accept-Encoding" in answer.headers["Vary"] or not packed
            await answer.read()


async def test_the_proof_of_a_form_looks_otherwise_on_every_page_and_all_are_good(office: Office) -> None:
    boss = await office.staff("boss", "supervisor")
    seen = set()
    for _ in range(3):
        page = await boss.get(f"/staff/boards/publish?period={MONTH}")
        seen.add(re.findall(r'name="form" value="([^"]*)"', page)[-1])
    assert len(seen) == 3
    for place, proof in enumerate(seen):
        fields = {"form": proof, "nonce": f"nonce{place}{MONTH}", "period": MONTH}
        await boss.post("/staff/boards/publish", fields)
        assert boss.status == 200
    for wrong in ("", "x", "é", "A" * 48, next(iter(seen))[:-1], next(iter(seen))[:-4] + "AAAA", "=" * 48):
        await boss.post("/staff/boards/publish", {**fields, "form": wrong})
        assert boss.status == 403, wrong


async def test_looking_is_written_down_but_not_each_time_an_open_page_looks_again(office: Office) -> None:
    boss = await office.staff("boss", "supervisor")
    sql = "SELECT count(*) FROM looked WHERE what = 'board'"
    ((before,),) = office.rows(sql)
    await boss.get("/staff/dashboard")
    await boss.get("/staff/dashboard?live=1")
    assert office.rows(sql) == [(before + 1,)]
    await boss.get("/staff/boards/tickets?of=now")
    ((detail,),) = office.rows("SELECT detail FROM looked WHERE what = 'list' ORDER BY id DESC LIMIT 1")
    assert detail.split()[1:] == number_of_list(boss.page)


NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"


async def test_names_of_areas_kinds_and_units_are_only_text(tmp_path: Path) -> None:
    """Whoever may edit the town's files gets nothing into the pages of others but letters."""

    def nasty(town: Town) -> Town:
        return replace(
            town,
            areas={code: replace(each, name=NASTY, name_en=NASTY) for code, each in town.areas.items()},
            kinds={code: replace(each, name=NASTY, name_en=NASTY) for code, each in town.kinds.items()},
            units={code: replace(each, name=NASTY, name_en=NASTY) for code, each in town.units.items()},
            groups=dict.fromkeys(town.groups, (NASTY, NASTY)),
        )

    renderer = Renderer(texts().words, ("zh_CN", "en"))
    async with town_hall(tmp_path, START, nasty) as hall:
        boss = await hall.staff(NASTY, Role.SUPERVISOR, walled=True)
        handler = await hall.staff("王强", Role.HANDLER, "transport")
        where = Place(NASTY, "xingfu", latitude=33.39, longitude=117.65)
        for place in range(6):
            number = make(START.date(), 100 + place)
            await hall.filed(number, "transport", f"filer{place}", area="xingfu", place=where, text=NASTY)
            if place:
                await handler.say(f"接单 {number}")
                await handler.say(f"答复 {number} 已解决 今天上午已更换三盏路灯灯头并检查了线路，今晚恢复照明。")
                await handler.press("发出")
        await hall.after(minutes=10)
        assert boss.staff is not None
        counts = Counts(hall.clock.monotonic, patience=60)
        for see, template, query in (
            (dashboard.see, "dashboard", {}),
            (dashboard.see, "dashboard", {"area": "xingfu"}),
            (boards.see, "boards", {"period": "2026-W10", "level": "3"}),
            (unit_board.see, "unit", {"period": "2026-W10", "unit": "transport"}),
            (board_tickets.see, "tickets", {"of": "now", "unit": "transport"}),
            (
                board_tickets.see,
                "tickets",
                {"of": "figure", "name": "tickets", "unit": "transport", "period": "2026-W10"},
            ),
            (
                board_tickets.see,
                "tickets",
                {"of": "filed", "spot": "xingfu", "group": next(iter(hall.guide.town.groups))},
            ),
        ):
            for locale in ("zh_CN", "en"):
                view: Any = await hall.dispatcher.look(boss.staff.page, lambda turn: see(turn, counts, query), locale)  # noqa: B023 - called at once
                given = {"view": view, "me": view.frame, "menu": view.frame.menu, "seconds": 0, "said": NASTY}
                request = make_mocked_request("GET", f"/staff/x?lang={locale}&{urlencode({'period': NASTY})}")
                page = renderer.text(f"dashboard/{template}.html", request, **given)
                for part in ("<script>alert", "<img", "&{{7*7}}", "onerror=alert(2)>"):
                    assert part not in page, (template, part)
                assert "&lt;script&gt;alert(1)" in page, template


def test_statuses_that_owe_are_those_of_the_census() -> None:
    """What the census reads of the store and what lists ask for are the same."""
    assert set(Wanted().statuses) == {
        s for s in Status if s not in ("answered", "closed", "rejected", "withdrawn", "merged")
    }

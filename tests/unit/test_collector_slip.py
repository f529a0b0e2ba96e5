"""The slip: its signed name, its key and its page."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from bot.catalogue import Catalogue
from bot.clock import FixedClock
from bot.domain import numbers
from bot.domain.slips import SLIP_LIFE, Slip, opened, signed
from bot.web import build_app, keys, slip

KEY = bytes(range(32))
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
NUMBER, OTHER = (numbers.make(date(2026, 3, 4), n) for n in (1, 2))
WORDS = Catalogue.load(Path(__file__).parent.parent.parent / "locales").words
SLIP = Slip(NUMBER, "123456", "云棠市<诉求>凭条", (("编号", NUMBER), ("取件码", "123456")), "发“编号 取件码”查询")


def test_a_name_opens_its_ticket_for_an_hour() -> None:
    name = signed(KEY, NUMBER, NOW)
    assert opened(KEY, name, NOW) == NUMBER
    assert opened(KEY, name, NOW + SLIP_LIFE) == NUMBER
    assert opened(KEY, name, NOW + SLIP_LIFE + timedelta(seconds=1)) is None


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_name_with_one_sign_changed_opens_nothing(part: int) -> None:
    parts = signed(KEY, NUMBER, NOW).split(".")
    parts[part] = ("1" if parts[part][0] != "1" else "2") + parts[part][1:]
    assert opened(KEY, ".".join(parts), NOW) is None


@pytest.mark.parametrize("name", ["", ".", "..", "a.b.c", f"{NUMBER}.9999999999999.x", f"{NUMBER}.１.x", "é.1.x"])
def test_nonsense_opens_nothing(name: str) -> None:
    assert opened(KEY, name, NOW) is None


def test_another_key_opens_nothing() -> None:
    assert opened(bytes(32), signed(KEY, NUMBER, NOW), NOW) is None


def test_the_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    key = keys.key_in(tmp_path, "slip")
    assert len(key) == 32
    assert keys.key_in(tmp_path, "slip") == key
    assert stat.S_IMODE((tmp_path / "slip.key").stat().st_mode) == 0o600


def test_a_key_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "slip.key").write_bytes(b"short")
    with pytest.raises(OSError, match=r"slip\.key"):
        keys.key_in(tmp_path, "slip")


class Desk:
    """The pages with one slip, and a clock."""

    def __init__(self, client: TestClient[Request, Application], clock: FixedClock) -> None:
        self.client, self.clock, self.slip = client, clock, SLIP


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock = FixedClock(NOW)
    held: list[Desk] = []

    async def look(number: str, locale: str) -> Slip | None:
        return held[0].slip if number == NUMBER else None

    async def ready() -> list[str]:
        return []

    routes = slip.routes(KEY, look, WORDS, ("zh_CN", "en"), "https://desk.example", clock.now)
    async with TestClient(TestServer(build_app(routes, ready, lambda: b"", WORDS))) as client:
        held.append(Desk(client, clock))
        yield held[0]


async def test_the_page_shows_number_code_and_something_to_scan(desk: Desk) -> None:
    answer = await desk.client.get(f"/slip/{signed(KEY, NUMBER, NOW)}")
    page = await answer.text()
    assert answer.status == 200
    assert f'<span class="code">{NUMBER}</span>' in page
    assert '<span class="code">123456</span>' in page
    assert "云棠市&lt;诉求&gt;凭条" in page
    assert "<svg" in page
    assert "@media print" in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    nonce = page.partition('nonce="')[2].partition('"')[0]
    assert f"style-src 'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


async def test_after_an_hour_there_is_nothing_to_see(desk: Desk) -> None:
    name = signed(KEY, NUMBER, NOW)
    desk.clock.at = NOW + timedelta(hours=1, seconds=1)
    answer = await desk.client.get(f"/slip/{name}?lang=en")
    assert answer.status == 404
    assert "123456" not in await answer.text()
    assert "This slip is over" in await answer.text()


async def test_a_forged_name_and_a_claimed_ticket_look_the_same(desk: Desk) -> None:
    forged = await (await desk.client.get(f"/slip/{NUMBER}.99999999999.AAAA")).text()
    other = await (await desk.client.get(f"/slip/{signed(KEY, OTHER, NOW)}")).text()
    assert forged == other


def test_the_code_to_scan_holds_the_claim_where_no_server_sees_it() -> None:
    assert slip.claim_address("https://desk.example/", SLIP) == f"https://desk.example/#claim={NUMBER}.123456"


def test_all_texts_of_the_page_are_there() -> None:
    for locale in ("zh_CN", "en"):
        for key in slip.KEYS:
            assert WORDS(locale)(key)

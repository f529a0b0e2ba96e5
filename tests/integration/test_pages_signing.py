"""Signing in to the pages by a link from chat, and out again, over HTTP on the real store."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.changes import Changes
from bot.domain import invitations
from bot.domain.people import DESK, Invitation, Role
from tests.dialogue.phones import Phone
from tests.dialogue.stage import Stage, stage
from tests.fakes.clerk import Clerk, asked_for, clerk

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
OUT = "/staff/sign-in"


@dataclass
class Office:
    """A staffed desk, a handler's phone, and as many browsers as are needed."""

    stage: Stage
    phone: Phone
    browsers: list[Clerk]

    def browser(self) -> Clerk:
        found = clerk(self.stage)
        self.browsers.append(found)
        return found

    async def link(self) -> str:
        return await asked_for(self.stage, self.phone)

    async def signed_in(self, browser: Clerk) -> bool:
        await browser.get("/staff/account")
        return browser.path == "/staff/account"


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with stage("telegram", folder, START, staffed=True) as there:
        await there.open()
        phone = there.phones["handler"] = await there.new_phone("web")
        await there.employ(phone, "handler", {"unit": "transport", "name": "王强"})
        found = Office(there, phone, [])
        try:
            yield found
        finally:
            for browser in found.browsers:
                await browser.http.close()


async def test_a_link_opens_the_pages_once_and_looking_at_it_spends_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        link, browser, other = await there.link(), there.browser(), there.browser()
        assert not await there.signed_in(browser)
        for _ in range(3):  # programs that fetch previews
            await other.get(link)
            assert other.status == 200
            assert "王强" not in other.page
        async with other.http.head(there.stage.url + link) as response:
            assert response.status == 200
        await browser.get(link)
        await browser.post(link, {})
        assert await there.signed_in(browser)
        assert "王强" in browser.page
        await other.post(link, {})
        assert other.status == 404
        assert not await there.signed_in(other)


async def test_of_two_who_press_at_once_one_gets_in(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        link, browsers = await there.link(), [there.browser() for _ in range(4)]
        await asyncio.gather(*(browser.post(link, {}) for browser in browsers))
        assert sum([await there.signed_in(browser) for browser in browsers]) == 1


async def test_what_is_not_good_looks_the_same_whatever_is_wrong(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        browser = there.browser()
        used, altered = await there.link(), (await there.link())[:-1] + "0"
        await browser.post(used, {})
        await browser.get("/staff/account")
        await browser.press("退出登录")
        code = invitations.code_of(uuid.uuid4().hex)
        now = there.stage.clock.now()
        invited = Invitation(
            digest=invitations.digest_of(code),
            role=Role.ADMIN,
            by=DESK,
            made_at=now,
            expires_at=now + timedelta(days=7),
        )
        await there.stage.store.commit(Changes(at=now, invitations=[invited]))
        old = await there.link()
        there.stage.clock.at += timedelta(minutes=10)
        shown = set()
        for link in (used, altered, old, f"/staff/enter/{code}", "/staff/enter/x"):
            await browser.post(link, {})
            assert browser.status == 404, link
            assert not await there.signed_in(browser)
            await browser.post(link, {})
            shown.add(browser.page.replace(link, ""))
        assert len(shown) == 1


async def test_a_link_is_good_for_ten_minutes(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        link, browser = await there.link(), there.browser()
        there.stage.clock.at += timedelta(minutes=9, seconds=59)
        await browser.post(link, {})
        assert await there.signed_in(browser)


async def test_another_sites_form_signs_nobody_in(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        link, browser = await there.link(), there.browser()
        await browser.post(link, {}, **{"Sec-Fetch-Site": "cross-site"})
        assert not await there.signed_in(browser)
        await browser.post(link, {})
        assert await there.signed_in(browser)


async def test_signing_out_here_leaves_other_devices_alone(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        one, other = there.browser(), there.browser()
        for browser in (one, other):
            await browser.sign_in(there.phone)
        await one.get("/staff/account")
        await one.post("/staff/sign-out", {"form": "wrong"})
        assert one.status == 403
        await one.get("/staff/account")
        await one.press("退出登录")
        assert one.path == OUT
        assert not await there.signed_in(one)
        assert await there.signed_in(other)


@pytest.mark.parametrize("where", ["chat", "page"])
async def test_signing_out_everywhere_ends_every_device_and_unused_links(where: str, tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        one, other, third = there.browser(), there.browser(), there.browser()
        for browser in (one, other):
            await browser.sign_in(there.phone)
        link = await there.link()
        there.stage.clock.at += timedelta(seconds=5)
        if where == "chat":
            await there.phone.say("全部退出")
            await there.stage.settle()
        else:
            await one.get("/staff/account")
            await one.press("在所有设备上退出")
        assert [await there.signed_in(browser) for browser in (one, other)] == [False, False]
        await third.post(link, {})
        assert not await there.signed_in(third)
        await third.sign_in(there.phone)
        assert await there.signed_in(third)


async def test_whoever_is_removed_or_joins_from_elsewhere_is_signed_out(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        browser = there.browser()
        await browser.sign_in(there.phone)
        await there.phone.say("绑定")
        await there.stage.settle()
        code = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", there.phone.screen[-1].text)[0]
        there.stage.clock.at += timedelta(seconds=5)
        second = there.stage.phones["second"] = await there.stage.new_phone("web")
        await second.look()
        await second.say(f"绑定 {code}")
        await there.stage.settle()
        assert not await there.signed_in(browser)
        await browser.sign_in(there.phone)
        admin = there.stage.phones["admin"] = await there.stage.new_phone("web")
        await there.stage.employ(admin, "admin", {"name": "管理"})
        await admin.say("移除 王强")
        await there.stage.settle()
        assert not await there.signed_in(browser)


async def test_a_sign_in_ends_after_twelve_hours(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        browser = there.browser()
        await browser.sign_in(there.phone)
        there.stage.clock.at += timedelta(hours=12)
        assert not await there.signed_in(browser)


async def test_trying_codes_is_limited(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        browser = there.browser()
        for _ in range(30):
            await browser.post("/staff/enter/AAAAA-AAAAA", {})
        assert browser.status == 404
        await browser.post(await there.link(), {})
        assert browser.status == 429
        assert not await there.signed_in(browser)


async def test_the_cookie_is_for_this_site_and_no_script(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        link = await there.link()
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.post(
                there.stage.url + link, headers={"X-Forwarded-Proto": "https"}, allow_redirects=False
            ) as response,
        ):
            assert response.status == 303
            cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-staff=")
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in cookie


async def test_a_resident_gets_no_link(tmp_path: Path) -> None:
    async with office(tmp_path) as there:
        resident = there.stage.phones["resident"]
        await resident.say("登录")
        await there.stage.settle()
        assert not [shown for shown in resident.screen if "/staff/" in shown.text]

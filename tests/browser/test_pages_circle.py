"""The whole circle by clicking only: a resident in the web chat, a handler, the resident's review, a supervisor."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.domain.ticket import Status
from tests.browser.town import DESKTOP, PHONE, Hosted, hosted
from tests.dialogue.stage import HOME
from tests.fakes.clerk import asked_for

ANSWER = "今天上午已经更换三盏路灯和一段电缆，晚上就会亮，请放心通行。"


def window(browser: Browser, size: dict[str, int]) -> BrowserContext:
    return browser.new_context(locale="zh-CN", viewport=size)  # type: ignore[arg-type]  # a TypedDict there, a dict here


def staff(browser: Browser, town: Hosted, who: str, role: str, details: str) -> Page:
    """A page of somebody who joined and pressed the button behind their link."""
    phone = town.phone(who, role, details, channel="web")
    page = window(browser, DESKTOP).new_page()
    page.goto(f"{town.url}{town.do(lambda stage: asked_for(stage, phone))}")
    page.get_by_role("button", name="登录").click()
    expect(page.locator("nav.menu")).to_be_visible()
    return page


def later(town: Hosted, minutes: float) -> None:
    town.do(lambda stage: stage.advance(timedelta(minutes=minutes)))


def test_the_circle(browser: Browser, tmp_path: Path) -> None:
    with hosted(tmp_path, channel="web") as town:
        handler = staff(browser, town, "王强", "handler", "unit=transport name=王强")
        supervisor = staff(browser, town, "孙敏", "supervisor", "name=孙敏")

        chat = window(browser, PHONE).new_page()
        chat.goto(town.url)
        chat.locator("#text").fill("人民路的路灯坏了三天")
        chat.locator("#text").press("Enter")
        expect(chat.locator(".line.resident, li.resident").last).to_contain_text("人民路的路灯坏了三天")
        later(town, 0.1)
        chat.get_by_role("button", name=re.compile("^确认")).last.click()
        log = chat.locator("#log")
        expect(log).to_contain_text("编号")
        number = re.findall(r"编号 (\d{6}-\d{5,})", log.inner_text())[-1]
        own = re.findall(rf"{re.escape(HOME)}(/t/[0-9A-Za-z._-]+)", log.inner_text())[-1]

        handler.goto(f"{town.url}/staff/tickets/{number}")
        handler.get_by_role("button", name="接单").click()
        expect(handler.get_by_role("status")).to_contain_text("已接单")
        handler.locator("summary", has_text="答复").first.click()
        form = handler.locator("form.act", has=handler.locator("input[name=command][value=answer]")).first
        form.locator("select").select_option(index=1)
        form.locator("textarea").fill(ANSWER)
        form.locator("button[type=submit]").click()
        handler.get_by_role("status").get_by_role("button", name="发出").click()
        expect(handler.get_by_role("status")).to_contain_text("之前可以撤回")
        later(town, 3)

        page = window(browser, PHONE).new_page()
        page.goto(f"{town.url}{own}")
        expect(page.get_by_role("heading", name="单位的答复")).to_be_visible()
        page.get_by_role("button", name="未解决").click()
        page.get_by_role("button", name=re.compile("^2")).click()
        page.get_by_label("原因（可以不写）", exact=True).fill("晚上还是不亮")
        page.get_by_role("button", name="提交原因").click()
        expect(page.locator("#said")).to_contain_text("评价已收好")

        supervisor.goto(f"{town.url}/staff/tickets/{number}")
        expect(supervisor.locator("main")).to_contain_text("晚上还是不亮")
        back = supervisor.locator("details", has=supervisor.locator("input[name=command][value=reopen_back]")).last
        back.locator("summary").click()
        back.locator("button[type=submit]").click()
        expect(supervisor.get_by_role("status")).to_contain_text("已发回")
        ticket = town.do(lambda stage: stage.store.reader.ticket(number))
        assert ticket is not None
        assert (ticket.status, ticket.work.reopened, ticket.unit) == (Status.DISPATCHED, 1, "transport")
        page.goto(f"{town.url}{own}")
        expect(page.locator(".timeline")).to_contain_text("重新办理")

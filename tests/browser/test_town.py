"""The stand itself: it serves, and the checker finds what is wrong and nothing else."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.town import DESKTOP, hosted, serious

GOOD = "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><img src='data:,' alt='x'></main></html>"


def test_it_serves_and_the_checker_checks(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]  # a TypedDict there, a dict here
    with hosted(tmp_path) as town:
        assert page.goto(f"{town.url}/healthz")
        page.set_content(GOOD)
        assert serious(page) == []
        page.set_content(GOOD.replace(" alt='x'", "").replace(" lang=en", ""))
        assert {line.partition(":")[0] for line in serious(page)} == {"image-alt", "html-has-lang"}
    page.close()

"""Docs that are drawn from code or speak of it stay true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.drawings import AUDIT, HANDLERS, PAGE, PRIVACY, drawn

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("path", [PAGE, HANDLERS, AUDIT, PRIVACY], ids=lambda path: path.name)
def test_pictures_and_tables_are_drawn_from_the_code(path: Path) -> None:
    page = path.read_text("utf-8")
    assert page == drawn(page), "run: python -m tests.drawings"


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"

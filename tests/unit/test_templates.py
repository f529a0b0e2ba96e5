"""Templates ask only for texts there are, and every one of them can be read by the template engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.web.assets import Assets
from bot.web.rendering import TEMPLATES, Renderer

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "locales")


@pytest.mark.parametrize("name", FILES)
def test_a_template_asks_for_what_there_is(name: str, catalogue: Catalogue) -> None:
    renderer = Renderer(catalogue.words, ("zh_CN", "en"))
    source = (TEMPLATES / name).read_text("utf-8")
    renderer.environment.get_template(name)  # it can be compiled, and so can what it builds on
    asked = set(re.findall(r"\bt\(\s*[\"']([a-z_.0-9]+)[\"']\s*[,)]", source))
    assert not asked - catalogue.words("en").texts.keys()
    for file in re.findall(r"\basset\(\s*[\"']([^\"']+)[\"']", source):
        renderer.assets.address(file)


@pytest.mark.parametrize("name", FILES)
def test_a_template_holds_no_words_and_no_script_of_its_own(name: str) -> None:
    source = (TEMPLATES / name).read_text("utf-8")
    assert not re.search("[\u4e00-\u9fff]", source), "words for people live in locales/"
    assert not re.search(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+=|\bstyle=|<style|\|\s*safe\b", source
    )


def test_own_styles_and_scripts_bring_nothing_in_from_elsewhere() -> None:
    for name, (body, _) in Assets.load().files.items():
        if not name.startswith("vendor/"):
            assert not re.search(rb"https?://(?!www\.w3\.org/)|//# sourceMappingURL", body), name

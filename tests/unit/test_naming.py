"""Names of things as their reader sees them: titles cut to a width, places, times left."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.domain.place import Place
from bot.turn import Voice
from handlers.naming import place_name, shortened
from tests.dialogue.stage import sample_guide

TEXTS = Catalogue.load(Path(__file__).parents[2] / "locales")


def voice(locale: str) -> Voice:
    return Voice(TEXTS.words(locale), locale, sample_guide().town)


@pytest.mark.parametrize(
    ("text", "length", "said"),
    [
        ("路灯坏了", 4, "路灯坏了"),
        ("路灯坏了三天", 4, "路灯坏…"),
        ("The light", 4, "The lig…"),
        ("The street light is out", 10, "The street light is…"),
        ("unbreakableword", 4, "unbreak…"),
        ("Bus 12路", 20, "Bus 12路"),
    ],
)
def test_latin_letters_take_half_the_room(text: str, length: int, said: str) -> None:
    assert shortened(text, length) == said


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("人民路，幸福社区", "人民路，幸福社区", "人民路 (Xingfu Community, Dongtang Street)"),
        ("东棠街道幸福社区", "东棠街道幸福社区", "Xingfu Community, Dongtang Street"),
        ("3号楼门口", "3号楼门口（东棠街道幸福社区）", "3号楼门口 (Xingfu Community, Dongtang Street)"),
    ],
)
def test_an_area_is_named_once_in_the_language_of_the_reader(name: str, zh: str, en: str) -> None:
    area = next(code for code, area in sample_guide().town.areas.items() if area.name == "幸福社区")
    place = Place(name, area)
    assert place_name(voice("zh_CN"), place) == zh
    assert place_name(voice("en"), place) == en


def test_one_of_a_thing_is_said_as_one() -> None:
    words = TEXTS.words("en")
    assert words("left.working_days", count=1) == "1 working day"
    assert words("left.working_days", count=2) == "2 working days"

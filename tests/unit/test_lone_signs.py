"""Texts of nothing but signs: a short answer, no draft; however many there are, and whatever follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.town_hall import Hall, town_hall


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, datetime(2026, 3, 4, 2, 0, tzinfo=UTC)) as open_:
        yield open_


@pytest.mark.parametrize(
    "signs", ["👍", "👍👍！", "[微笑][微笑]", "/:rose", "/:rose/:handclap/::)/:8-)", "/:rose[微笑]👍", "——"]
)
async def test_lone_signs_open_no_draft(hall: Hall, signs: str) -> None:
    resident = hall.resident()
    await resident.say(signs)
    assert not (await hall.store.reader.sessions([resident.address]))[resident.address].drafts


@pytest.mark.parametrize("sign", ["/:", "[!]", "/::"])
async def test_many_signs_before_a_word_are_read_once(hall: Hall, sign: str) -> None:
    """Were each way of reading them tried, this would not end."""
    resident = hall.resident()
    await resident.say(sign * 300 + " 漏水")
    (draft,) = (await hall.store.reader.sessions([resident.address]))[resident.address].drafts
    assert draft.text.endswith("漏水")

"""Somebody has the desk forget them: nothing that is remembered of a talk leads back to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import asdict

from bot.domain.people import Role
from tests.fakes.town_hall import Hall, town_hall

N = "260304-00011"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, datetime(2026, 3, 4, 2, 0, tzinfo=UTC)) as open_:
        yield open_


async def test_whoever_is_forgotten_is_remembered_with_nothing(hall: Hall) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed(N, "transport")
    resident = hall.resident()
    await handler.say(f"问 {N} 哪一盏？")
    await hall.settle()
    await resident.say("第三盏")
    await resident.say("人工")
    await resident.tap("desk:erase_now")
    session = (await hall.store.reader.sessions([resident.address]))[resident.address]
    left = {name for name, value in asdict(session).items() if value}
    assert left <= {"address", "seq", "locale", "reachable", "muted", "links_from"}  # old links stay dead


async def test_no_name_of_a_talk_says_whose_it_is(hall: Hall) -> None:
    await hall.staff("陈督", Role.SUPERVISOR)
    resident = hall.resident()
    await resident.say("人工")
    (task,) = await hall.store.reader.tasks(("talk",), 10)
    assert resident.address.id not in task.key + task.subject

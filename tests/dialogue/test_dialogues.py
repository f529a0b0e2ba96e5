"""Every script, on every channel, on SQLite; and on PostgreSQL too.

Most of what may differ there is in the statements, not in the channels: so every fifth scene plays there, each on
another channel. Where MINSHENG_TEST_ALL is set, as `make test-all` does, all of them play on all of their channels.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.dialogue.facts import TOWN
from tests.dialogue.player import Player
from tests.dialogue.scenes import Scene, scenes
from tests.dialogue.stage import stage

START = datetime(2026, 3, 4, 10, 0, tzinfo=TOWN)  # a Wednesday morning

CASES = [
    pytest.param(scene, channel, id=f"{scene.file}: {scene.title} [{channel}]")
    for scene in scenes()
    for channel in scene.channels
]

EVERYTHING = bool(os.environ.get("MINSHENG_TEST_ALL"))
ON_POSTGRES = [
    pytest.param(scene, channel, id=f"{scene.file}: {scene.title} [{channel}]")
    for place, scene in enumerate(scenes())
    if EVERYTHING or place % 5 == 0
    for channel in (scene.channels if EVERYTHING else [sorted(scene.channels)[place // 5 % len(scene.channels)]])
]


@pytest.mark.parametrize(("scene", "channel"), CASES)
async def test_scene(scene: Scene, channel: str, tmp_path: Path) -> None:
    async with stage(channel, tmp_path, START, staffed=scene.staffed) as set_:
        await Player(set_, channel).play(scene)


@pytest.mark.parametrize(("scene", "channel"), ON_POSTGRES)
async def test_scene_on_postgres(scene: Scene, channel: str, tmp_path: Path) -> None:
    async with stage(channel, tmp_path, START, staffed=scene.staffed, on_postgres=True) as set_:
        await Player(set_, channel).play(scene)


def test_there_are_scenes() -> None:
    assert len(CASES) > 100

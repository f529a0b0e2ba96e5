"""Every script, on every channel."""

from __future__ import annotations

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


@pytest.mark.parametrize(("scene", "channel"), CASES)
async def test_scene(scene: Scene, channel: str, tmp_path: Path) -> None:
    async with stage(channel, tmp_path, START, staffed=scene.staffed) as set_:
        await Player(set_, channel).play(scene)


def test_there_are_scenes() -> None:
    assert len(CASES) > 100

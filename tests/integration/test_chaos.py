"""A minute of `make chaos`: desks killed and cut from power under load, copies, and what must be noticed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos import report
from tests.chaos.desks import Nursery
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.stage import Result, Size, Stage

SEED = 20_261_122
SECONDS = {"kill9": 5.0, "power-cut": 2.0}
"""How long what is done again and again is done; at least once."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery() as nursery:
        yield nursery


async def played(name: str, nursery: Nursery, folder: Path, **size: float) -> Result:
    """Run a scenario, small."""
    size_ = Size(
        kills=12, per_second=40.0, patience=2.0, until=time.monotonic() + SECONDS.get(name, 0.0), factor=size["factor"]
    )
    stage = Stage(folder, nursery, SEED, size_, lambda _step: None, name)
    async with asyncio.timeout(120):
        return await SCENARIOS[name].run(stage)


async def test_what_was_acknowledged_outlives_every_kill(nursery: Nursery, tmp_path: Path) -> None:
    result = await played("kill9", nursery, tmp_path, factor=1)
    assert result.well, report.broken(result)
    assert result.figures["kills"] >= 2
    assert result.figures["acknowledged"] > 0
    assert (result.figures["lost"], result.figures["duplicate_tickets"], result.figures["lost_pushes"]) == (0, 0, 0)


@pytest.mark.parametrize("name", ["control-fence", "control-normal"])
async def test_what_is_broken_on_purpose_is_noticed(nursery: Nursery, tmp_path: Path, name: str) -> None:
    result = await played(name, nursery, tmp_path, factor=0.2)
    assert result.caught, "the harness proves nothing"


async def test_what_was_acknowledged_outlives_a_power_cut(nursery: Nursery, tmp_path: Path) -> None:
    result = await played("power-cut", nursery, tmp_path, factor=0.2)
    assert result.well, report.broken(result)
    assert result.figures["acknowledged"] > 0

"""Orders to break: nothing without the variable, exactly what was ordered with it."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import failpoints
from bot.clock import SteeredClock, SystemClock
from bot.errors import ConfigurationError
from bot.failpoints import CLOCK, ORDERS, POINTS, Broken, arm, prepared, reach
from bot.settings import load

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("")


def test_without_orders_every_border_is_passed() -> None:
    clock = prepared({}, pytest.fail)
    assert isinstance(clock, SystemClock)
    for point in POINTS:
        reach(point)


@pytest.mark.parametrize(
    ("order", "broken"),
    [("raise", [1, 2, 3, 4]), ("raise@1", [1]), ("raise@3", [3]), ("raise@2+", [2, 3, 4]), ("raise@9", [])],
)
def test_an_order_says_which_time(order: str, broken: list[int]) -> None:
    arm(f"commit.before={order}")
    found = []
    for time in range(1, 5):
        reach("commit.after")
        try:
            reach("commit.before")
        except Broken:
            found.append(time)
    assert found == broken


def test_an_order_may_ask_for_a_word() -> None:
    arm("turn.decide~oak=raise, turn.decide~elm=sleep:0")
    reach("turn.decide", "an elm")
    with pytest.raises(Broken):
        reach("turn.decide", "the oak in our road")


def test_exit_is_as_sudden_as_kill() -> None:
    code = "from bot.failpoints import arm, reach\narm('answer.before=exit@2')\ntry:\n reach('answer.before')\n"
    code += " reach('answer.before')\nfinally:\n print('late')"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    assert (ended.returncode, ended.stdout) == (failpoints.EXIT_CODE, "")


@pytest.mark.parametrize("order", ["nowhere=exit", "commit.after", "commit.after=leave", "commit.after=exit@x"])
def test_what_is_no_order_stops_the_start(order: str) -> None:
    with pytest.raises(ConfigurationError):
        prepared({ORDERS: order}, print)


def test_the_clock_is_steered_only_together_with_orders(tmp_path: Path) -> None:
    steer = tmp_path / "clock"
    steer.write_bytes(struct.pack("<d", 3600))
    with pytest.raises(ConfigurationError):
        prepared({CLOCK: str(steer)}, print)
    warned: list[str] = []
    clock = prepared({ORDERS: "none", CLOCK: str(steer)}, warned.append)
    assert isinstance(clock, SteeredClock)
    assert len(warned) == 1
    true = SystemClock()
    assert abs(clock.now() - true.now() - timedelta(hours=1)) < timedelta(minutes=1)
    steer.write_bytes(struct.pack("<d", -86400))
    assert abs(clock.now() - true.now() + timedelta(days=1)) < timedelta(minutes=1)
    assert clock.monotonic() <= true.monotonic()


def test_the_variables_are_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ORDERS, "none")
    load(None, tmp_path)
    config = tmp_path / "desk.toml"
    config.write_text('failpoints = "commit.after=exit"\n', "utf-8")
    with pytest.raises(ConfigurationError, match="FAILPOINTS: unknown"):
        load(config)


def test_every_border_is_in_the_program_once_or_more() -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("bot", "storage")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "failpoints.py"
    )
    assert set(re.findall(r'\breach\("([a-z_.]+)"', code)) == set(POINTS)


def test_the_docs_know_every_scenario_and_how_many_borders_there_are() -> None:
    from tests.chaos.scenarios import SCENARIOS

    told = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    assert f"each of {len(POINTS)} borders" in told
    assert [name for name in SCENARIOS if f"| `{name}` |" not in told] == []

"""`route --replay`: what today's rules would do with the tickets there are, beside whatever runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.console.routing import route_command
from bot.domain.guide import Guide
from bot.domain.town import Rule
from bot.replay import Moved, Replay, Verdict
from bot.townfile import SAMPLE, load_town
from main import app
from tests.fakes.newsroom import newsroom

Run = Callable[..., str]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Three tickets about roads in Qiaonan: one filed a week ago, one with the wrong unit, one in the pool."""
    guide = Guide.of(load_town(SAMPLE))
    unit = guide.route("roads", "qiaonan").unit
    async with newsroom(tmp_path / "data", guide) as room:
        room.clock.at -= timedelta(days=7)
        await room.file("260225-00012", kind="roads", unit=unit)
        room.clock.at += timedelta(days=7)
        await room.file("260304-00017", kind="roads", unit="qiaonan-committee")
        await room.file("260304-00025", kind="roads", unit="", dispatched_at=None, due_at=None)
    return tmp_path / "data"


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*options: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["--data", str(folder), "route", *options])
        assert result.exit_code == code, result.output
        return result.stdout

    return run


def test_it_counts_by_kind_and_lists_what_would_go_elsewhere(run: Run) -> None:
    found = json.loads(run("--replay", "--list", "--json"))
    unit = Guide.of(load_town(SAMPLE)).route("roads", "qiaonan").unit
    assert unit not in ("", "qiaonan-committee")
    assert found["total"] == {"same": 1, "changed": 2, "pool": 0}
    assert found["kinds"] == {"roads": {"same": 1, "changed": 2, "pool": 0}}
    assert [(t["number"], t["unit"], t["would_be"]) for t in found["tickets"]] == [
        ("260304-00017", "qiaonan-committee", unit),
        ("260304-00025", None, unit),
    ]


def test_since_leaves_older_ones_out(run: Run) -> None:
    assert json.loads(run("--replay", "--since", "2026-03-04", "--json"))["total"]["same"] == 0
    assert json.loads(run("--replay", "--since", "2026-02-25", "--json"))["total"]["same"] == 1


def test_for_people_it_is_a_table(run: Run) -> None:
    lines = run("--replay", "--list").splitlines()
    assert lines[0].split() == ["same", "changed", "pool", "kind"]
    assert lines[2].split() == ["1", "2", "0", "all"]
    assert lines[3].startswith("260304-00017")
    assert "the pool -> " in lines[4]


@pytest.mark.parametrize(
    ("options", "where"),
    [((), "--text"), (("--replay", "--text", "x"), "--text"), (("--replay", "--since", "soon"), "--since")],
)
def test_what_cannot_be_meant_is_refused(run: Run, options: tuple[str, ...], where: str) -> None:
    result = CliRunner().invoke(app, ["route", *options])
    assert result.exit_code == 1
    assert getattr(result.exception, "where", "") == where


def test_a_rule_that_is_taken_away_leaves_the_pool() -> None:
    town = load_town(SAMPLE)
    guide = Guide.of(replace(town, rules=(Rule("roads", "*", "transport"),)))
    replay = Replay(guide)
    assert replay.add("1", "roads", "qiaonan", "transport") is Verdict.SAME
    assert replay.add("2", "roads", "qiaonan", "water") is Verdict.CHANGED
    assert replay.add("3", "schools", "qiaonan", "education") is Verdict.POOL
    assert replay.add("4", "schools", "qiaonan", "") is Verdict.POOL
    assert replay.total == {Verdict.SAME: 1, Verdict.CHANGED: 1, Verdict.POOL: 2}
    assert replay.moved == [
        Moved("2", "roads", "qiaonan", "water", "transport"),
        Moved("3", "schools", "qiaonan", "education", ""),
    ]
    assert [kind for kind, _ in replay.rows()] == ["roads", "schools"]


def test_the_command_stands_alone() -> None:
    """Without a town nothing is read before it is asked for."""
    made = route_command(lambda *_: pytest.fail("no town is needed"), lambda *_: pytest.fail("no tickets are needed"))
    lone = typer.Typer()
    lone.command()(made)
    assert CliRunner().invoke(lone, []).exit_code == 1

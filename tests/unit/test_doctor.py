"""The doctor says what is wrong and what to do, and stays calm where nothing is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot import doctor
from bot.doctor import Level, fine
from bot.settings import Settings, load

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("MINSHENG_"):
            monkeypatch.delenv(name)


def _with(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"MINSHENG_{name}", value)
    return load()


WECHAT = {"WECHAT__APP_ID": "wx1", "WECHAT__APP_SECRET": "s", "WECHAT__TOKEN": "t", "WECHAT__ENCODING_AES_KEY": "k"}


@pytest.mark.parametrize(
    ("until", "level"),
    [
        (None, Level.PROBLEM),
        (TODAY - timedelta(days=1), Level.PROBLEM),
        (TODAY, Level.WARNING),
        (TODAY + timedelta(days=59), Level.WARNING),
        (TODAY + timedelta(days=60), Level.OK),
    ],
)
def test_holidays_are_warned_of_sixty_days_ahead(until: date | None, level: Level) -> None:
    assert doctor.holidays(until, TODAY).level is level


def test_a_desk_on_this_machine_alone_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.level for finding in doctor.settings(_with(monkeypatch), None)} == {Level.OK}


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (WECHAT, "public address"),
        ({**WECHAT, "WEB__PUBLIC_URL": "http://desk.example.org"}, "public address"),
        ({"WEB__HOST": "192.0.2.1"}, "public address"),
        ({**WECHAT, "WEB__PUBLIC_URL": "https://desk.example.org", "WECHAT__ALLOW_PLAIN": "true"}, "wechat"),
    ],
)
def test_what_works_but_should_not_stay_is_a_warning(
    values: dict[str, str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [f for f in doctor.settings(_with(monkeypatch, **values), None) if f.level is not Level.OK]
    assert [(f.level, f.what) for f in found] == [(Level.WARNING, what)]
    assert all(f.do for f in found)
    assert fine(found)


def test_secrets_that_everybody_may_read_are_warned_of(tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text('[telegram]\ntoken = "1:abc"\n', "utf-8")
    config.chmod(0o644)
    assert Level.WARNING in {finding.level for finding in doctor.settings(load(config), config)}
    config.chmod(0o600)
    assert {finding.level for finding in doctor.settings(load(config), config)} == {Level.OK}


def test_a_data_folder_that_others_may_look_into_is_warned_of(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    assert [f.what for f in doctor.folder(folder) if f.level is Level.WARNING] == ["data folder"]
    folder.chmod(0o700)
    assert [f.level for f in doctor.folder(folder) if f.what == "data folder"] == [Level.OK]
    assert [f.level for f in doctor.folder(folder / "not there yet") if f.what == "data folder"] == [Level.OK]


@dataclass(frozen=True)
class Said:
    sqlite_version: str = "3.51.3"
    wal_reset_risk: bool = False
    revision: str = "0001"
    bytes: int = 1 << 20
    problem: str = ""


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        (Said(), [Level.OK, Level.OK]),
        (Said(problem="row 3 missing from index"), [Level.PROBLEM, Level.OK]),
        (Said(wal_reset_risk=True), [Level.OK, Level.WARNING]),
    ],
)
def test_a_damaged_database_is_a_problem_and_an_old_library_a_warning(said: Said, levels: list[Level]) -> None:
    assert [finding.level for finding in doctor.database(said, Path("x.db"))] == levels


def test_only_a_problem_makes_the_exit_code() -> None:
    assert fine([doctor.ok("a", "b"), doctor.warning("a", "b", "c")])
    assert not fine([doctor.ok("a", "b"), doctor.problem("a", "b", "c")])


def test_staff_who_cannot_be_reached_are_named() -> None:
    assert doctor.staff([], 0) == doctor.ok("staff", "nobody has joined yet")
    assert doctor.staff([], 3).level is Level.OK
    found = doctor.staff(["王明", "李红"], 3)
    assert found.level is Level.WARNING
    assert "2 of 3" in found.says
    assert "王明, 李红" in found.says

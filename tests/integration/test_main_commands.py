"""Commands that need no running desk; and what stops a start."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from bot.settings import load
from tests.fakes.desk_process import WECHAT, run


def test_route_names_the_rule_and_the_name_that_won() -> None:
    told = run("route", "--text", "路灯坏了", "--place", "幸福路").stdout
    assert "by the name 幸福路" in told
    assert "(xingfu)" in told
    assert "rule:   number" in told


def test_route_says_why_nobody_takes_it() -> None:
    told = run("route", "--text", "嗯")
    assert told.returncode == 0
    assert "the pool" in told.stdout


def test_tickets_without_a_database_says_so(tmp_path: Path) -> None:
    listed = run("tickets", "--json", "--data", str(tmp_path))
    assert (listed.returncode, listed.stdout) == (2, "")
    assert "no database here yet" in listed.stderr


def test_doctor_of_a_new_desk_finds_nothing_that_stops_it(tmp_path: Path) -> None:
    seen = run("doctor", "--json", "--data", str(tmp_path / "data"))
    findings = {finding["what"]: finding for finding in json.loads(seen.stdout)}
    assert {"settings", "data folder", "disk", "town", "holidays", "wechat", "telegram"} <= findings.keys()
    problems = [name for name, finding in findings.items() if finding["level"] == "problem"]
    assert problems in ([], ["holidays"])  # the library's years may have run out when this is read
    assert seen.returncode == (1 if problems else 0)


def test_doctor_says_what_is_wrong_with_the_settings_and_what_to_do() -> None:
    seen = run("doctor", "--json", settings={"MINSHENG_WEB__PRT": "1"})
    assert seen.returncode == 1
    [finding] = json.loads(seen.stdout)
    assert (finding["level"], finding["what"]) == ("problem", "settings")
    assert "MINSHENG_WEB__PRT" in finding["says"]
    assert finding["do"]


def test_doctor_warns_of_plain_mode_and_of_a_missing_public_address(tmp_path: Path) -> None:
    settings = {**WECHAT, "MINSHENG_WECHAT__ALLOW_PLAIN": "true"}
    seen = run("doctor", "--json", "--data", str(tmp_path), settings=settings)
    warned = {finding["what"] for finding in json.loads(seen.stdout) if finding["level"] == "warning"}
    assert {"wechat", "public address"} <= warned


def test_doctor_finds_a_damaged_database(tmp_path: Path) -> None:
    (tmp_path / "minsheng.db").write_bytes(b"this was a database once " * 1000)
    seen = run("doctor", "--json", "--data", str(tmp_path))
    assert seen.returncode == 1
    assert "database" in {finding["what"] for finding in json.loads(seen.stdout) if finding["level"] == "problem"}


def test_channels_setup_without_a_platform_has_nothing_to_do() -> None:
    done = run("channels", "setup")
    assert done.returncode == 0
    assert "No platform" in done.stdout


def test_channels_setup_says_what_failed() -> None:
    done = run("channels", "setup", settings=WECHAT)
    assert done.returncode == 1
    assert "FAIL" in done.stdout


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MINSHENG_WEB__PRT": "1"}, "MINSHENG_WEB__PRT"),
        ({"MINSHENG_WEB__PORT": "http"}, "MINSHENG_WEB__PORT"),
        ({"MINSHENG_WECHAT__APP_ID": "wx1"}, "MINSHENG_WECHAT__APP_SECRET"),
        ({**WECHAT, "MINSHENG_WECHAT__ENCODING_AES_KEY": "short"}, "MINSHENG_WECHAT__ENCODING_AES_KEY"),
        ({"MINSHENG_TELEGRAM__TOKEN": "not a token"}, "MINSHENG_TELEGRAM__TOKEN"),
        ({"MINSHENG_STORAGE__URL": "mysql://somewhere/x"}, "MINSHENG_STORAGE__URL"),
        ({"MINSHENG_TOWN": "/nowhere.toml"}, "/nowhere.toml"),
    ],
)
def test_what_stops_a_start_is_named_in_one_line(settings: dict[str, str], named: str, tmp_path: Path) -> None:
    stopped = run("serve", "--data", str(tmp_path / "data"), settings={"MINSHENG_WEB__PORT": "0", **settings})
    assert (stopped.returncode, stopped.stdout) == (2, "")
    [line] = stopped.stderr.splitlines()
    assert named in line


def test_options_may_stand_before_the_command_and_a_file_is_read(tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text("[web]\nprt = 1\n", "utf-8")
    stopped = run("--config", str(config), "--data", str(tmp_path), "tickets")
    assert stopped.returncode == 2
    assert "web.prt" in stopped.stderr


def test_a_key_is_shown_once_with_the_lines_for_the_settings(tmp_path: Path) -> None:
    told = run("open311", "key", "cityapp").stdout
    [secret] = re.findall(r"^    (\S{40,})$", told, re.M)
    path = tmp_path / "desk.toml"
    path.write_text(told[told.index("[open311.keys") :], "utf-8")
    kept = load(path).open311.keys["cityapp"]
    assert kept.digest == sha256(secret.encode()).hexdigest()
    assert run("open311", "key", "City App").returncode == 2

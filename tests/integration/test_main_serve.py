"""The real program: started, spoken to, stopped, killed, started again."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.townfile import SAMPLE
from tests.fakes.desk_process import WECHAT, DeskProcess, run

NUMBER = re.compile(r"\d{6}-\d{5}")
FIELDS = [
    "number", "type", "kind", "status", "source", "channel", "text", "area", "place", "attachments", "alias", "unit",
    "filed_at", "due_at", "promised_at", "closed_at", "reporters",
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    with DeskProcess(tmp_path_factory.mktemp("desk") / "data", WECHAT) as process:
        yield process


def test_it_says_what_to_open_in_both_languages(desk: DeskProcess) -> None:
    assert desk.process.stdout is not None
    while not any("browser" in line for line in desk.said):
        desk.said.append(desk.process.stdout.readline().decode())
    assert "浏览器" in "".join(desk.said)


def test_health_readiness_metrics_and_the_web_chat_are_there(desk: DeskProcess) -> None:
    assert desk.get("/healthz")[0] == 200
    assert desk.get("/readyz")[0] == 200
    status, metrics = desk.get("/metrics")
    assert status == 200
    assert 'minsheng_messages_total{channel="wechat",kind="text"}' in metrics
    assert desk.get("/")[0] == 200
    assert desk.get("/nowhere")[0] == 404
    assert desk.get("/hooks/telegram")[0] == 404


def test_a_complaint_by_wechat_becomes_a_ticket_that_can_be_listed_while_the_desk_runs(desk: DeskProcess) -> None:
    talk = desk.simulate("幸福路12号门口的路灯坏了三天", "/photo", "/location 33.397,117.658 幸福路", "确认")
    found = NUMBER.search(talk)
    assert found is not None
    [ticket] = [ticket for ticket in desk.tickets() if ticket["number"] == found[0]]
    assert list(ticket) == FIELDS
    assert (ticket["channel"], ticket["source"], ticket["type"], ticket["area"]) == (
        "wechat", "wechat", "complaint", "xingfu",
    )  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ticket["filed_at"])
    assert ticket["due_at"] is not None
    assert ticket["closed_at"] is None
    assert ticket["reporters"] == 1
    assert list(ticket["place"]) == ["latitude", "longitude", "address"]
    assert [(file["type"], file["state"]) for file in ticket["attachments"]] == [("photo", "pending")]
    assert 'minsheng_tickets_filed_total{channel="wechat"}' in desk.get("/metrics")[1]


def test_no_word_and_no_secret_is_in_the_log(desk: DeskProcess) -> None:
    desk.simulate("一句只说一次的话", "/photo")
    assert "一句只说一次的话" not in desk.log
    for name in ("APP_SECRET", "TOKEN", "ENCODING_AES_KEY"):
        assert WECHAT[f"MINSHENG_WECHAT__{name}"] not in desk.log


def test_the_configured_script_plays_to_its_end(desk: DeskProcess) -> None:
    assert NUMBER.search(desk.simulate()) is not None


def test_a_second_desk_on_the_same_folder_is_refused(desk: DeskProcess) -> None:
    second = run("serve", "--data", str(desk.data), settings={"MINSHENG_WEB__PORT": "0"})
    assert second.returncode == 2
    assert len(second.stderr.splitlines()) == 1


def test_doctor_beside_a_running_desk_names_the_platform_that_does_not_answer(desk: DeskProcess) -> None:
    seen = run("doctor", "--data", str(desk.data), settings=desk.settings)
    assert seen.returncode == 1
    [failed] = [line for line in seen.stdout.splitlines() if line.startswith("FAIL")]
    assert "wechat" in failed


def test_a_gentle_stop_ends_well_and_a_start_finds_everything(tmp_path: Path) -> None:
    with DeskProcess(tmp_path / "data", WECHAT) as desk:
        before = desk.simulate("东棠街道云棠大道路灯坏了", "确认")
        assert desk.end(signal.SIGTERM) == 0
    with DeskProcess(tmp_path / "data", WECHAT) as desk:
        found = NUMBER.search(before)
        assert found is not None
        assert [ticket["number"] for ticket in desk.tickets()] == [found[0]]
        assert desk.end(signal.SIGINT) == 0


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    numbers = []
    for _ in range(2):
        with DeskProcess(tmp_path / "data", WECHAT) as desk:
            # The second person is shown the first one's ticket, before the receipt of their own.
            found = NUMBER.findall(desk.simulate("东棠街道云棠大道路灯坏了", "确认"))
            numbers.append(found[-1])
            desk.end(signal.SIGKILL)
    with DeskProcess(tmp_path / "data", WECHAT) as desk:
        assert sorted(ticket["number"] for ticket in desk.tickets()) == sorted(set(numbers))
        assert len(set(numbers)) == 2


def test_a_wrong_town_is_refused_while_running_and_the_old_one_stays(tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(SAMPLE, town)
    with DeskProcess(tmp_path / "data", {**WECHAT, "MINSHENG_TOWN": str(town)}) as desk:
        (town / "units.toml").write_text("nonsense = [\n", "utf-8")
        desk.process.send_signal(signal.SIGHUP)
        _until(lambda: "units.toml" in desk.log)
        assert NUMBER.search(desk.simulate("东棠街道云棠大道路灯坏了", "确认")) is not None
        assert desk.get("/readyz")[0] == 200


def _until(true: object, seconds: float = 30.0) -> None:
    """Wait until something is true; fails after a long while."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)

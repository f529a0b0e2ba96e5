"""What watches the desk speaks of what is there: metrics, alerts, their sections in the runbook, units, commands."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.ticket import Status
from bot.runtime.backlog import samples
from main import app
from storage.reports import Backlog, Figures
from tests.fakes.desk_process import WECHAT, DeskProcess

DOCS = Path(__file__).parents[2] / "docs"
DEPLOY = DOCS / "deploy"
NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
METRIC = re.compile(r"\b(?:minsheng|process)_[a-z0-9_]+\b")
OF_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A real desk, on which nothing is sent."""
    settings = {**WECHAT, "MINSHENG_OUTBOX__DRY_RUN": "true"}
    with DeskProcess(tmp_path_factory.mktemp("watched") / "data", settings) as process:
        yield process


@pytest.fixture(scope="module")
def told(desk: DeskProcess) -> frozenset[str]:
    """The names of all its metrics; what only shows when something waits comes from where it is made."""
    exposition = desk.get("/metrics")[1]
    found = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    histograms = re.findall(r"^# TYPE (\S+) histogram", exposition, re.MULTILINE)
    found |= {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    waiting = Figures({"wechat": Backlog(1, NOW)}, 0, 0, 0, {Status.FILED: 1}, 0, 0)
    return frozenset(found | {each.name for each in samples(waiting, NOW - timedelta(1), NOW)})


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def sections() -> dict[str, str]:
    """The runbook's sections of alerts."""
    parts = re.split(
        r"^## (Minsheng\w+)$", (DOCS / "runbook.md").read_text("utf-8").split("\n# ")[0], flags=re.MULTILINE
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_metric_that_is_watched_exists(told: frozenset[str]) -> None:
    for name, rule in alerts().items():
        named = set(METRIC.findall(rule["expr"]))
        assert named | OF_PROMETHEUS & set(re.findall(r"\bup\b", rule["expr"])), f"{name} watches nothing"
        assert named <= told, f"{name} watches {named - told}"
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            named = set(METRIC.findall(target["expr"]))
            assert named <= told, f"{panel['title']} shows {named - told}"
    runbook = set(METRIC.findall((DOCS / "runbook.md").read_text("utf-8")))
    assert runbook <= told, f"the runbook speaks of {runbook - told}"


def test_a_trial_says_so_wherever_operators_look(desk: DeskProcess) -> None:
    status, ready = desk.get("/readyz")
    assert status == 200
    assert json.loads(ready)["notices"] == ["dry run: nothing is sent on telegram, webhook, wechat"]
    assert 'minsheng_dry_run{channel="wechat"} 1.0' in desk.get("/metrics")[1]
    assert desk.process.stdout is not None
    while not any("DRY RUN" in line for line in desk.said):
        desk.said.append(desk.process.stdout.readline().decode())


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    assert list(sections()) == list(alerts())
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "day")
        assert rule["annotations"]["summary"]
        for part in ("**Means**", "**Look**", "**Do**"):
            assert part in sections()[name], f"{name} lacks {part}"
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_panels_do_not_lie_on_each_other() -> None:
    panels = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


def commands() -> set[str]:
    """What can be typed after main.py."""
    found = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for group in app.registered_groups:
        inner = group.typer_instance.registered_commands if group.typer_instance else []
        found |= {f"{group.name} {each.name or each.callback.__name__}" for each in inner if each.callback}
        found.add(str(group.name))
    return found


@pytest.mark.parametrize("page", ["runbook.md", "operations.md"])
def test_commands_and_units_that_are_to_be_typed_exist(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    typed = set(re.findall(r"main\.py ([a-z0-9-]+(?: [a-z]+(?=[ `\n]))?)", text))
    there = commands()
    for each in typed:
        assert each in there or each.split()[0] in there, f"{page}: main.py {each}"
    units = {unit.rstrip(".") for unit in re.findall(r"systemctl [a-z]+ (minsheng[\w@.-]*)", text)}
    for unit in units:
        name = re.sub(r"@\d+", "@", unit)
        name = name if name.endswith((".service", ".timer")) else f"{name}.service"
        assert (DEPLOY / name).exists(), f"{page}: {unit}"


class _Unit(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        """Names keep their capitals."""
        return optionstr


def unit(path: Path) -> Mapping[str, Mapping[str, str]]:
    parser = _Unit(strict=False)
    parser.read_string(path.read_text("utf-8"))
    return {name: dict(parser[name]) for name in parser.sections()}


UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_hardened_and_start_what_there_is(path: Path) -> None:
    found = unit(path)
    if path.suffix == ".timer":
        assert found["Timer"]["Persistent"] == "true"
        assert path.with_suffix(".service").exists()
        return
    service = found["Service"]
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == ("true", "strict", "0077")
    assert service["User"] == "minsheng"
    assert service["MemoryMax"]
    typed = re.search(r"main\.py (\w+)", service["ExecStart"])
    assert typed is not None
    assert typed[1] in commands()
    if typed[1] == "serve":
        assert (service["Type"], service["Restart"], service["KillSignal"]) == ("notify", "always", "SIGTERM")
        assert int(service["TimeoutStopSec"]) > 10
        assert int(service["LimitNOFILE"]) >= 65536


def test_systemd_itself_takes_the_units(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not on this machine: only the test above looks at the units here")
    for path in UNITS:
        text = path.read_text("utf-8").replace("/opt/minsheng/.venv/bin/python", "/bin/true")
        (tmp_path / path.name.replace("@.", "@8081.")).write_text(text, "utf-8")
    assert complaints(verifier, tmp_path) == []
    (tmp_path / "minsheng.service").write_text("[Service]\nExecStart=/bin/true\nNoNewPriviledges=true\n", "utf-8")
    assert "NoNewPriviledges" in "".join(complaints(verifier, tmp_path))


def complaints(verifier: str, folder: Path) -> list[str]:
    """What systemd says about the units of a folder, and not about its own."""
    names = [str(path) for path in sorted(folder.iterdir())]
    said = subprocess.run(  # noqa: S603  # systemd's own program
        [verifier, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    return [line for line in said.stderr.splitlines() if "minsheng" in line]

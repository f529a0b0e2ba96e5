"""The compose file and what it brings hang together. It is read here, not run: no engine is on the test machines."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

from bot.settings import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
DURATION = re.compile(r"\d+(ms|s|m|h)")


def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def test_what_is_named_is_there() -> None:
    found = composed()
    services, secrets = found["services"], found["secrets"]
    for name, service in services.items():
        assert set(service.get("secrets", ())) <= secrets.keys(), name
        assert set(service.get("networks", ())) <= found["networks"].keys(), name
        assert set(service.get("depends_on", ())) <= services.keys(), name
        assert "build" in service or "image" in service
        if "build" in service:
            assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        for volume in service.get("volumes", ()):
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in found["volumes"]
    assert services["desk-a"] | {"volumes": 0} == services["desk-b"] | {"volumes": 0}


def test_secrets_come_by_files_and_stay_out_of_the_image() -> None:
    found = composed()
    for name, service in found["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or variable.endswith("_FILE"), f"{name}: {variable}={value}"
    for secret in found["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "docs/deploy/secrets/" in ignored
    # Everything is left out of the build but what is named.
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[0] == "*"
    assert not [line for line in lines if line.startswith("!") and "secret" in line]


def test_nobody_is_reached_from_outside_but_the_balancer_and_only_from_this_machine() -> None:
    found = composed()
    for name, service in found["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name
    assert found["networks"]["inside"]["internal"] is True
    for name in ("postgres", "pgbouncer"):
        assert found["services"][name]["networks"] == ["inside"]


def test_health_and_limits_are_set_for_all_that_run_always() -> None:
    for name, service in composed()["services"].items():
        if "profiles" in service:
            continue
        assert service["restart"] == "unless-stopped", name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        if name != "pgbouncer":  # it answers nothing but PostgreSQL's protocol
            check = service["healthcheck"]
            assert all(DURATION.fullmatch(check[key]) for key in check if key not in ("test", "retries"))


def test_all_workers_stand_in_the_balancer_and_before_prometheus() -> None:
    desks = {name for name in composed()["services"] if name.startswith("desk-")}
    balancer = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert set(re.findall(r"server (desk-\w+):8080", balancer)) == desks
    watched = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    targets = watched["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {target.partition(":")[0] for target in targets} == desks
    assert watched["scrape_configs"][0]["job_name"] == "minsheng"  # as the alerts have it


def test_the_image_holds_what_the_program_needs_and_starts_it() -> None:
    steps = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = {part for line in re.findall(r"^COPY (?!--)(.+)$", steps, re.MULTILINE) for part in line.split()[:-1]}
    assert {"bot", "handlers", "storage", "locales", "main.py", "requirements.lock"} <= copied
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"}
    assert copied <= allowed
    assert all((ROOT / part).exists() for part in copied)
    assert re.search(r"^USER minsheng$", steps, re.MULTILINE)
    assert 'CMD ["serve"]' in steps


def test_the_secrets_that_are_made_fit_together(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    script.write_bytes((DEPLOY / "secrets.sh").read_bytes())
    for _ in range(2):  # the second time nothing is made anew
        subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)  # noqa: S603  # our own script
    secrets = tmp_path / "secrets"
    password = (secrets / "postgres-password").read_text("ascii")
    assert re.fullmatch("[0-9a-f]{48}", password)
    assert (secrets / "pgbouncer-users").read_text("ascii") == f'"minsheng" "{password}"\n'
    settings = tomllib.loads((secrets / "desk.toml").read_text("utf-8"))
    assert settings["storage"]["url"] == f"postgresql://minsheng:{password}@pgbouncer:6432/minsheng"
    assert load(secrets / "desk.toml").storage.url.get_secret_value() == settings["storage"]["url"]
    assert secrets.stat().st_mode & 0o777 == 0o700

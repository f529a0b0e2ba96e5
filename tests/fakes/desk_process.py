"""The real program in a process of its own, on a free port, started as an operator would."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0

WECHAT = {
    "MINSHENG_WECHAT__APP_ID": "wx0123456789abcdef",
    "MINSHENG_WECHAT__APP_SECRET": "0123456789abcdef0123456789abcdef",
    "MINSHENG_WECHAT__TOKEN": "a-token-of-ours",
    "MINSHENG_WECHAT__ENCODING_AES_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFA",
    "MINSHENG_WECHAT__API_BASE": "http://127.0.0.1:9",
}
"""An invented account whose API nobody answers."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """A bare environment with these settings."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **settings}


def run(*arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "main.py", *arguments],
        cwd=ROOT,
        env=environment(settings or {}),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


@dataclass
class DeskProcess:
    """``main.py serve``. Use it in a with statement; whatever happens the process ends."""

    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    said: list[str] = field(default_factory=list)

    def __enter__(self) -> DeskProcess:
        settings = {"MINSHENG_WEB__PORT": "0", **self.settings}
        command = [sys.executable, "main.py", "serve", "--data", str(self.data)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                command, cwd=ROOT, env=environment(settings), stdout=subprocess.PIPE, stderr=log
            )
        try:
            self._wait_for_address()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(START_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    @property
    def log_file(self) -> Path:
        """Where its standard error goes: beside its data."""
        return self.data.with_suffix(".log")

    @property
    def log(self) -> str:
        """All it wrote to standard error so far."""
        return self.log_file.read_text("utf-8")

    def get(self, path: str) -> tuple[int, str]:
        """(status, body)"""
        try:
            with urllib.request.urlopen(self.url + path.lstrip("/"), timeout=10) as answer:  # noqa: S310  # loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def simulate(self, *lines: str) -> str:
        """Play a WeChat conversation; what was said. Fails when the desk fails a step."""
        played = run("simulate", "wechat", "--url", self.url, "--", *lines, settings=self.settings)
        assert played.returncode == 0, played.stdout + played.stderr
        return played.stdout

    def tickets(self) -> list[dict[str, Any]]:
        """What ``tickets --json`` prints."""
        printed = run("tickets", "--json", "--data", str(self.data))
        assert printed.returncode == 0, printed.stderr
        return [json.loads(line) for line in printed.stdout.splitlines()]

    def _wait_for_address(self) -> None:
        assert self.process.stdout is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and not self.url:
            readable, _, _ = select.select([self.process.stdout], [], [], 0.2)
            line = self.process.stdout.readline().decode() if readable else ""
            if line:
                self.said.append(line)
            elif readable or self.process.poll() is not None:
                break
            found = re.search(r"http://\S+/", line)
            self.url = found[0] if found else ""
        assert self.url, f"the desk did not start: {self.log}"


@asynccontextmanager
async def serving(data: Path, settings: Mapping[str, str]) -> AsyncIterator[DeskProcess]:
    """A desk beside fakes that live in this very event loop, which must not stand still while it starts."""
    desk = DeskProcess(data, settings)
    await asyncio.to_thread(desk.__enter__)
    try:
        yield desk
    finally:
        await asyncio.to_thread(desk.end)

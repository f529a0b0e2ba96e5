"""Desks as processes: where they live, how they are started, killed and asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.desk_process import ROOT, environment, run

START_SECONDS = 90.0
_POLL = 0.01


class NoStart(Exception):  # told with its log
    """A desk did not come up."""


class Nursery:
    """`tests.chaos.nursery` seen from here: it starts desks and tells how each ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._ids = 0
        self._births: dict[int, asyncio.Future[int]] = {}
        self._ends: dict[int, asyncio.Future[int]] = {}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.nursery",
            cwd=ROOT,
            env=environment({}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        first = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
        if json.loads(first or b"{}") != {"ready": True}:
            raise NoStart("the nursery")
        self._listening = asyncio.get_running_loop().create_task(self._listen(self._process.stdout))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()  # it ends by that, and all desks with it
        await self._process.wait()
        self._listening.cancel()

    async def _listen(self, out: asyncio.StreamReader) -> None:
        while line := await out.readline():
            said = json.loads(line)
            if "born" in said:
                self._ends[said["pid"]] = asyncio.get_running_loop().create_future()
                self._births.pop(said["born"]).set_result(said["pid"])
            else:
                self._ends[said["ended"]].set_result(said["code"])

    async def start(
        self,
        env: Mapping[str, str],
        log: Path,
        *,
        arguments: Sequence[str] = (),
        command: Sequence[str] = (),
        user: str | None = None,
        twist: Mapping[str, Any] | None = None,
    ) -> tuple[int, asyncio.Future[int]]:
        """The pid of a new process, and a future of its exit code (negative: the signal).

        It is the program with these arguments, or a command of its own.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        self._ids += 1
        birth: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._births[self._ids] = birth
        order = {
            "id": self._ids,
            "arguments": list(arguments),
            "env": dict(env),
            "log": str(log),
            "command": list(command),
            "user": user,
            "twist": dict(twist or {}),
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        pid = await asyncio.wait_for(birth, START_SECONDS)
        return pid, self._ends[pid]


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Desk:
    """One process of ``main.py serve`` on a data folder; it can be started again and again, on the same port.

    ``settings`` are environment variables. ``orders`` are failpoints for the next start. ``twist``: see
    `tests.chaos.nursery`.
    """

    nursery: Nursery
    data: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    name: str = "desk"
    steer: Path | None = None
    pid: int = 0
    starts: int = 0
    cold_starts: int = 0
    kills: int = 0
    _end: asyncio.Future[int] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.data.with_name(f"{self.data.name}-{self.name}.log")

    async def start(self, orders: str = "", *, cold: bool = False, twist: Mapping[str, Any] | None = None) -> None:
        """Start it; `ready` tells when it listens. ``cold``: a new interpreter, as an operator would."""
        assert not self.alive, "it runs"
        env = environment(
            {
                "HOME": "/nonexistent",
                "MINSHENG_WEB__PORT": str(self.port),
                "MINSHENG_LOG__LEVEL": "WARNING",
                "MINSHENG_FAILPOINTS": orders or "none",
                **({"MINSHENG_FAILPOINTS_CLOCK": str(self.steer)} if self.steer else {}),
                **self.settings,
            }
        )
        arguments = ["serve", "--data", str(self.data)]
        self.starts += 1
        self.cold_starts += cold
        command = [sys.executable, "main.py", *arguments] if cold else []
        self.pid, self._end = await self.nursery.start(env, self.log, arguments=arguments, command=command, twist=twist)

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self._end is not None and not self._end.done()

    async def ready(self, seconds: float = START_SECONDS) -> bool:
        """Wait until it listens; False when it ended before. Raises NoStart when it does neither."""
        end = time.monotonic() + seconds
        while self.alive:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return True
            if time.monotonic() > end:
                raise NoStart(self.tail())
            await asyncio.sleep(_POLL)
        return False

    async def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Send it a signal and wait; its exit code (negative: a signal)."""
        if self._end is None:
            return 0
        if not self._end.done():
            self.kills += how is signal.SIGKILL
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, how)
        code = await asyncio.wait_for(asyncio.shield(self._end), START_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what it had started itself
        return code

    async def recorded(self) -> list[str]:
        """What the desk's own command finds wrong with the chained record of who did what; nothing when it is whole."""
        told = await asyncio.to_thread(run, "audit", "verify", "--data", str(self.data), settings=self.settings)
        return [] if told.returncode == 0 else [(told.stdout + told.stderr).strip()[-300:]]

    def tell(self, what: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.alive:
            os.kill(self.pid, what)

    async def gone(self, seconds: float = START_SECONDS) -> int:
        """Wait until it ends by itself; its exit code. Raises TimeoutError."""
        assert self._end is not None
        return await asyncio.wait_for(asyncio.shield(self._end), seconds)

    def tail(self) -> str:
        """The last lines it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""

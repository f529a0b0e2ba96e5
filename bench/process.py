"""Server processes on loopback: started, watched, held still while another is measured, ended. Linux only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench.load import LoadError

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_BREATH_SECONDS = 0.5
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Process:
    """One server process and its children. ``env`` is added to the environment, which loses the desk's own settings."""

    name: str
    command: Sequence[str]
    port: int
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    started_at: float = 0.0
    _running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_for_port()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id. Raises LoadError when it is not running."""
        if self._running is None or self._running.poll() is not None:
            raise LoadError(f"{self.name} is not running:\n{self.tail()}")
        return self._running.pid

    def start(self) -> None:
        """Start it, in a process group of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MINSHENG_")}
        with self._log.open("ab") as log:
            self.started_at = time.perf_counter()
            self._running = subprocess.Popen(
                list(self.command),
                stdout=log,
                stderr=log,
                env={**kept, **self.env},
                cwd=self.cwd,
                start_new_session=True,
            )

    def wait_for_port(self) -> None:
        """Wait until somebody listens. Raises LoadError with the end of its log when it dies or takes too long."""
        while time.perf_counter() - self.started_at < _START_SECONDS and self.pid:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.002)
        raise LoadError(f"{self.name} did not listen within {_START_SECONDS:.0f} s:\n{self.tail()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; insist when it does not."""
        if self._running is None:
            return
        self.tell(signal.SIGCONT)
        self.tell(how)
        try:
            self._running.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self._running.wait()
        self._running = None

    def tell(self, what: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._running is not None and self._running.poll() is None:
            os.killpg(self._running.pid, what)

    def freeze(self) -> None:
        """Hold it still, so that its background work does not cost the server that is measured now.

        What is under way may end first, or it would run out of time while it is held.
        """
        time.sleep(_BREATH_SECONDS)
        self.tell(signal.SIGSTOP)

    @contextmanager
    def thawed(self) -> Iterator[None]:
        """Let it run inside the block."""
        self.tell(signal.SIGCONT)
        try:
            yield
        finally:
            self.freeze()

    def cpu_seconds(self) -> float:
        """Processor time it and its living children have used, user and system."""
        return sum(_cpu_ticks(Path(f"/proc/{pid}/stat")) for pid in self._tree()) / _TICKS_PER_SECOND

    def cpu_by_thread(self) -> dict[str, float]:
        """Processor seconds of each thread, by "name/id"."""
        found = {}
        for pid in self._tree():
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(FileNotFoundError):  # a thread may end while we look
                    name = (task / "comm").read_text().strip()
                    found[f"{name}/{task.name}"] = _cpu_ticks(task / "stat") / _TICKS_PER_SECOND
        return found

    def rss_mb(self) -> float:
        """Resident memory of it and its children, in MB (2**20 bytes)."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._tree())
        return pages * _PAGE_BYTES / 2**20

    def tail(self) -> str:
        """The last lines it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:]) if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _tree(self) -> list[int]:
        """The process and all below it."""
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(FileNotFoundError):  # a thread may end while we look
                    waiting.extend(int(child) for child in (task / "children").read_text().split())
        return found


def _cpu_ticks(stat: Path) -> int:
    # Fields 14 and 15 of proc(5); the name in field 2 may hold blanks, so count from the bracket behind it.
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])

"""Vital signs are of work that was really done."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import stamps
from bot.clock import FixedClock
from bot.console.supervised import Supervisor
from bot.runtime.vitals import STALLED_SECONDS, Vitals

AT = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


@dataclass
class Writer:
    waiting: int = 0
    stall: float = 0.0


def vitals(data: Path, writer: Writer | None = None) -> Vitals:
    failing = {"timers": 0, "push_wechat": 3}
    return Vitals(FixedClock(AT), writer or Writer(), lambda: 4.5, lambda: failing, data, data / "minsheng.db")


def values(found: Vitals) -> dict[str, float]:
    return {" ".join([each.name, *each.labels.values()]): each.value for each in found.samples()}


async def test_a_loop_that_was_held_up_is_seen(tmp_path: Path) -> None:
    found = vitals(tmp_path)
    ticking = asyncio.create_task(found.tick())
    await asyncio.sleep(0)
    time.sleep(0.6)  # noqa: ASYNC251  # just what must not happen
    assert await ticking == 1
    held = values(found)["minsheng_loop_lag_seconds"]
    assert held > 0.2
    await found.tick()
    assert values(found)["minsheng_loop_lag_seconds"] >= held  # the longest of a minute


async def test_a_writer_that_stands_still_is_a_problem(tmp_path: Path) -> None:
    writer = Writer(waiting=7)
    found = vitals(tmp_path, writer)
    assert found.problems() == []
    writer.stall = STALLED_SECONDS + 1
    assert found.problems() == ["the database has not taken anything for 31 s"]
    await found.tick()
    writer.stall = 0.0
    assert found.problems() == []
    told = values(found)
    assert (told["minsheng_writer_waiting"], told["minsheng_writer_stall_seconds"]) == (7, 31)


async def test_the_disk_and_what_happened_outside_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "minsheng.db").write_bytes(b"x" * 100)
    (tmp_path / "minsheng.db-wal").write_bytes(b"x" * 30)
    found = vitals(tmp_path)
    await found.look()
    told = values(found)
    assert (told["minsheng_database_bytes"], told["minsheng_wal_bytes"]) == (100, 30)
    assert told["minsheng_disk_free_bytes"] > 0
    assert told["minsheng_timer_sweep_age_seconds"] == 4.5
    assert told["minsheng_work_failures push_wechat"] == 3
    assert told["minsheng_backup_last_success_seconds"] == told["minsheng_drill_last_success_seconds"] == 0
    stamps.put(tmp_path, "backup", AT)
    (tmp_path / "last-drill").write_text("yesterday", "ascii")
    await found.look()
    told = values(found)
    assert told["minsheng_backup_last_success_seconds"] == AT.timestamp()
    assert told["minsheng_drill_last_success_seconds"] == 0
    assert (tmp_path / "last-backup").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


async def test_systemd_is_told(systemd: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "30000000"})
    assert supervisor.every == 10.0
    supervisor.ready()
    await supervisor.alive()
    supervisor.going()
    assert [systemd.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


async def test_without_systemd_nothing_is_told_and_nothing_fails(tmp_path: Path) -> None:
    nobody = Supervisor({})
    assert nobody.every is None
    nobody.ready()
    gone = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"})
    assert gone.every is None  # another process's
    assert await gone.alive() == 0
    ours = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}
    assert Supervisor(ours).every == 1.0

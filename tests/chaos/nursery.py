"""Starts desks quickly: a process that has imported the program and forks a desk, or anything else, for each order.

An ordinary start takes two seconds, nearly all of it to import libraries. A desk born here is a process like any other,
with its own pid, environment, files and death; only its imports were done before. It reads orders as lines of JSON, and
writes what happened the same way. When its input ends it kills every desk it has started.

Run as ``python -m tests.chaos.nursery``.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import pwd
import random
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_IMPORTED = (
    "main",
    "bot.logs",
    "bot.console.serving",
    "bot.simplified",
    "bot.townfile",
    "bot.web.listening",
    "bot.channels.telegram.channel",
    "bot.channels.telegram.wire",
    "bot.channels.wechat.channel",
    "bot.channels.webchat.channel",
    "bot.channels.demo.channel",
    "storage.migrations.run",
)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, see prctl(2)


def main() -> None:
    """Take orders until the input ends."""
    for name in _IMPORTED:
        importlib.import_module(name)
    from bot.simplified import learn_traditional

    learn_traditional()
    if threading.active_count() != 1:
        raise SystemExit("an import has started a thread: a fork would be unsound")
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(tell)
    alive: set[int] = set()
    orders = sys.stdin.fileno()
    rest = b""
    _say(ready=True)
    while True:
        readable, _, _ = select.select([orders, told], [], [])
        if told in readable:
            os.read(told, 4096)
            _reap(alive)
        if orders in readable:
            piece = os.read(orders, 65536)
            if not piece:
                break
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = _born(order)
                alive.add(pid)
                _say(born=order["id"], pid=pid)
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _reap(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        alive.discard(pid)
        _say(ended=pid, code=os.waitstatus_to_exitcode(status))


def _say(**what: Any) -> None:
    os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")


def _born(order: dict[str, Any]) -> int:
    """A desk of its own, as ordered. Returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with Path(order["log"]).open("ab") as log, Path(os.devnull).open("rb") as nothing:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            os.dup2(nothing.fileno(), 0)
        if order.get("user"):
            there = pwd.getpwnam(order["user"])
            os.setgroups([])
            os.setgid(there.pw_gid)
            os.setuid(there.pw_uid)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        os.environ.clear()
        os.environ.update(order["env"])
        if order["command"]:
            os.execve(order["command"][0], order["command"], order["env"])  # noqa: S606  # the harness's own order
        random.seed()
        _twisted(order.get("twist") or {})
        import main as program

        sys.argv = ["main.py", *order["arguments"]]
        program.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


def _twisted(twist: dict[str, Any]) -> None:
    """Put the desk on a disk that forgets, or have it sync as little as ``synchronous=NORMAL`` does."""
    if "disk" in twist:
        from tests.chaos import disk

        disk.install(Path(twist["disk"]))
    if twist.get("careless"):
        from tests.chaos import careless

        careless.install()


if __name__ == "__main__":
    main()

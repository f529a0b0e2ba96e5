"""What may be wrong with a desk, and what to do about it. Looks, never mends."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Protocol

from bot.errors import ConfigurationError, DeskError
from bot.settings import Settings, env_name

ERASED_HOURS = 48
"""After so many hours everybody who asked for it should be forgotten."""

WARN_DAYS = 60
"""Days before the known holidays end at which the desk begins to warn (rule book, "Time")."""

GIB = 1 << 30
LITTLE_DISK, NO_DISK = 2 * GIB, GIB // 5


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and what to do when it is not well ("" else)."""

    level: Level
    what: str
    says: str
    do: str = ""


class Database(Protocol):
    """What a database says of itself; ``problem`` is "" when its pages are well formed."""

    @property
    def sqlite_version(self) -> str: ...
    @property
    def wal_reset_risk(self) -> bool: ...
    @property
    def revision(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def problem(self) -> str: ...


def ok(what: str, says: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, what, says)


def warning(what: str, says: str, do: str) -> Finding:
    """It works, but."""
    return Finding(Level.WARNING, what, says, do)


def problem(what: str, says: str, do: str) -> Finding:
    """It does not work."""
    return Finding(Level.PROBLEM, what, says, do)


def fine(findings: Iterable[Finding]) -> bool:
    """Whether nothing of it is a problem."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def misconfigured(what: str, error: ConfigurationError) -> Finding:
    """Something the operator wrote is wrong."""
    return problem(what, f"{error.where}: {error.why}", "correct it; README.md lists all settings")


def unreadable(what: str, error: DeskError) -> Finding:
    """Something could not even be looked at."""
    return problem(what, str(error), "see docs/operations.md")


def settings(found: Settings, config: Path | None) -> Iterable[Finding]:
    """Settings that work but should not stay as they are."""
    yield ok("settings", f"read from {config}" if config else "from the environment and defaults")
    if config is not None and any(found.secrets()) and _mode(config) & stat.S_IROTH:
        yield warning("settings", f"{config} holds secrets and everybody may read it", f"chmod o-r {config}")
    web = found.web
    calls_us = found.wechat.touched or (found.telegram.touched and found.telegram.way == "webhook")
    if calls_us and not web.public_url.startswith("https://"):
        yield warning(
            "public address",
            web.public_url or "is not set",
            f"set {env_name('web', 'public_url')} to the https:// address that the platforms call",
        )
    elif web.public_url:
        yield ok("public address", web.public_url)
    if web.host not in ("127.0.0.1", "::1", "localhost") and not web.public_url.startswith("https://"):
        yield warning(
            "public address",
            f"the desk listens on {web.host} without https",
            "put a proxy that speaks https before it, see docs/operations.md",
        )
    reachable = [each for each in web.operators if ip_network(each, strict=False).is_global]
    if reachable:
        yield warning(
            "operators",
            f"/readyz and /metrics may be looked at from {', '.join(reachable)}",
            f"name only networks of your own in {env_name('web', 'operators')}",
        )
    elif web.operators:
        yield ok("operators", "/readyz and /metrics may be looked at from this machine and from networks of your own")
    else:
        yield ok("operators", "nobody may look at /readyz and /metrics")
    if found.wechat.allow_plain:
        yield warning(
            "wechat",
            "plain messages are taken: whoever sees one address in a log can write in anybody's name",
            f"use safe mode and unset {env_name('wechat', 'allow_plain')}",
        )


def folder(path: Path) -> Iterable[Finding]:
    """Whether the data folder can be written, by us alone, and how much room there is."""
    if not path.exists():
        yield ok("data folder", f"{path} is not there yet; it is made when the desk first starts")
        path = next(parent for parent in path.absolute().parents if parent.exists())
    elif _mode(path) & stat.S_IROTH:
        yield warning("data folder", f"everybody on this machine may look into {path}", f"chmod 700 {path}")
    else:
        yield ok("data folder", str(path))
    if not os.access(path, os.W_OK | os.X_OK):
        yield problem("data folder", f"{path} cannot be written", "let the desk's user own it")
    free = shutil.disk_usage(path).free
    says = f"{free / GIB:.1f} GiB free"
    if free < NO_DISK:
        yield problem("disk", says, "make room: with a full disk no message can be acknowledged")
    elif free < LITTLE_DISK:
        yield warning("disk", says, "make room before it is full")
    else:
        yield ok("disk", says)


def holidays(until: date | None, today: date) -> Finding:
    """Whether the public holidays of the time ahead are known."""
    do = "add a [holidays] list for the next year to the town file, or update chinesecalendar"
    if until is None or until < today:
        return problem("holidays", f"known until {until or 'never'}: all dates told are provisional", do)
    if (until - today).days < WARN_DAYS:
        return warning("holidays", f"known until {until}: dates beyond are told as provisional", do)
    return ok("holidays", f"known until {until}")


def database(found: Database, path: Path) -> Iterable[Finding]:
    """Whether the database is well formed, and the library under it sound."""
    if found.problem:
        yield problem(
            "database", f"{path} is damaged: {found.problem}", "stop the desk and put back the last good copy"
        )
    else:
        yield ok("database", f"{path}, {found.bytes / (1 << 20):.1f} MiB, schema {found.revision}, well formed")
    if found.wal_reset_risk:
        yield warning(
            "sqlite",
            f"version {found.sqlite_version} can lose committed rows when two programs write and checkpoint at once",
            "let no other program write to this database; better: a Python with SQLite 3.51.3, 3.50.7 or 3.44.6",
        )
    else:
        yield ok("sqlite", f"version {found.sqlite_version}")


def erasures(count: int, since: datetime | None, now: datetime) -> Finding:
    """Whether people who asked to be forgotten are: that takes a day at most, for it may wait for the night."""
    if not count or since is None:
        return ok("erasures", "nobody waits to be forgotten")
    hours = (now - since).total_seconds() / 3600
    if hours < ERASED_HOURS:
        return ok("erasures", f"{count} under way")
    do = "is the desk running? for a database of more than 1 GiB stop it and run `python main.py persons purge`"
    return warning("erasures", f"{count} people wait to be forgotten, the first for {hours:.0f} hours", do)


def staff(unreached: Sequence[str], count: int) -> Finding:
    """Whether everybody who works here can be reached. ``unreached``: names; ``count``: how many there are in all."""
    if not unreached:
        return ok("staff", f"{count} can all be reached" if count else "nobody has joined yet")
    do = "have them write to the desk, or join on a further channel; what they miss goes to the next in the chain"
    return warning("staff", f"{len(unreached)} of {count} cannot be reached: {', '.join(unreached)}", do)


def show(findings: Iterable[Finding]) -> None:
    """Print a table for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    signs = {Level.OK: ("ok", "green"), Level.WARNING: ("!", "yellow"), Level.PROBLEM: ("FAIL", "bold red")}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "what", "how it is", "what to do"):
        table.add_column(heading, overflow="fold")
    for found in findings:
        table.add_row(Text(*signs[found.level]), Text(found.what), Text(found.says), Text(found.do))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def as_objects(findings: Iterable[Finding]) -> list[Mapping[str, str]]:
    """For ``doctor --json``."""
    return [{"level": f.level.value, "what": f.what, "says": f.says, "do": f.do} for f in findings]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0

"""What ``doctor`` finds out about the database, and about what keeps it safe."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Protocol

from bot import doctor, stamps
from bot.console.trials import accounts
from bot.doctor import Finding
from bot.errors import ConfigurationError, StoreError
from bot.ports import Clock
from bot.settings import Settings, env_name

SKEW_SECONDS = 2.0
"""Clocks may differ by so much: leases are trusted for three seconds less than they last."""

OLDEST_SERVER = 140000
FEW_FILES = 4096
BACKUP_DAYS, DRILL_DAYS = 1, 7
NEARLY = 0.8


class Server(Protocol):
    """What a PostgreSQL server says of itself; see `storage.postgres.inspecting`."""

    @property
    def version(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def now(self) -> datetime: ...
    @property
    def pooled(self) -> bool: ...
    @property
    def revision(self) -> str: ...
    @property
    def suits(self) -> bool: ...
    @property
    def bytes(self) -> int: ...
    @property
    def encoding(self) -> str: ...
    @property
    def durable(self) -> bool: ...
    @property
    def standby(self) -> bool: ...
    @property
    def connections(self) -> int: ...
    @property
    def most_connections(self) -> int: ...


async def findings(settings: Settings, clock: Clock) -> list[Finding]:
    """The database, whose data it is, backups, limits."""
    from storage.stores import shared

    url = settings.storage.url.get_secret_value()
    found = list(limits(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    try:
        found += await (_server(settings, clock) if shared(url) else _file(settings))
    except (ConfigurationError, StoreError) as error:
        found.append(doctor.unreadable("database", error))
    return [*found, *saved(stamps.read(settings.data), clock.now())]


async def _file(settings: Settings) -> list[Finding]:
    from storage.belonging import known
    from storage.reports import Reports
    from storage.store import database_file

    path = database_file(settings.storage.url.get_secret_value(), settings.data)
    if not path.exists():
        return []
    async with aclosing(Reports.opened(path)) as reports:
        found = list(doctor.database(await reports.health(), path))
        return [*found, *belonging(await reports.ask(known), accounts(settings))]


async def _server(settings: Settings, clock: Clock) -> list[Finding]:
    from storage.postgres.inspecting import inspect

    asked = clock.now()
    found = await asyncio.to_thread(inspect, settings.storage.url.get_secret_value())
    return list(server(found, clock.now(), clock.now() - asked, bool(settings.storage.listen_url.get_secret_value())))


def server(found: Server, now: datetime, took: timedelta, listens: bool) -> Iterator[Finding]:
    """Whether a PostgreSQL server is as the desk needs it. ``took``: how long it took to ask; ``listens``: whether
    there is an address that leads past a pooler."""
    size = f"{found.bytes / (1 << 20):,.0f} MiB"
    if found.number < OLDEST_SERVER:
        yield doctor.warning("postgresql", f"version {found.version}, {size}", "use 14 or newer: none older was tried")
    else:
        yield doctor.ok("postgresql", f"version {found.version}, {size}")
    if found.revision and not found.suits:
        do = "start the desk, which brings it up to date; if it is newer than this program, use that program"
        yield doctor.warning("schema", f"{found.revision} is not this program's", do)
    else:
        yield doctor.ok("schema", found.revision or "none yet; it is made when the desk first starts")
    if found.encoding != "UTF8":
        yield doctor.problem("encoding", found.encoding, "make the database anew with ENCODING 'UTF8'")
    if found.standby:
        yield doctor.problem("postgresql", "this is a standby: nothing can be written", "name the primary instead")
    if not found.durable:
        yield doctor.problem(
            "durability", "a commit does not wait for the disk", "set fsync = on and synchronous_commit = on"
        )
    if found.connections > NEARLY * found.most_connections:
        says = f"{found.connections} of {found.most_connections} are taken"
        yield doctor.warning("connections", says, "put PgBouncer before it (docs/deploy), or raise max_connections")
    skew = abs((now - found.now).total_seconds())
    if skew > SKEW_SECONDS + took.total_seconds():
        yield doctor.problem("clock", f"differs from the database's by {skew:.1f} s", "set both by NTP: timedatectl")
    else:
        yield doctor.ok("clock", f"as the database's, to {max(skew, 0.1):.1f} s")
    if found.pooled and not listens:
        yield doctor.warning(
            "pooler",
            "workers do not hear of each other through it, and look by themselves, a little later",
            f"set {env_name('storage', 'listen_url')} to the address of the server itself",
        )
    elif found.pooled:
        yield doctor.ok("pooler", "there is one; nothing is prepared, and listening goes past it")


def belonging(known: Mapping[str, str], given: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the data is of the accounts that the settings name."""
    for what, id_ in sorted(given.items()):
        if known.get(what, id_) != id_:
            do = "use another data folder or database; if it is meant, start once with `serve --adopt`"
            yield doctor.problem("belonging", f"{what}: the data is of {known[what]}, not of {id_}", do)
    if (mode := given["outbox"]) != "live":
        yield doctor.warning(
            "outbox", f"{mode}: nothing is sent there", f"unset {env_name('outbox')}__... where it is real"
        )


def saved(at: Mapping[str, datetime], now: datetime) -> Iterator[Finding]:
    """Whether there are backups that can be put back."""
    for name, days, do in (
        ("backup", BACKUP_DAYS, "python main.py backup FOLDER, every hour (docs/deploy/minsheng-backup.timer)"),
        ("drill", DRILL_DAYS, "python main.py drill FOLDER, every night (docs/deploy/minsheng-drill.timer)"),
    ):
        last = at.get(name)
        if last is None:
            yield doctor.warning(name, "none ever went well here", do)
        elif now - last > timedelta(days=days):
            yield doctor.warning(name, f"the last that went well was {(now - last).days} days ago", do)
        else:
            yield doctor.ok(name, f"went well at {last.isoformat(timespec='minutes')}")


def limits(files: int) -> Iterable[Finding]:
    """Whether this process may open enough files; -1: as many as it likes."""
    if 0 <= files < FEW_FILES:
        yield doctor.warning("limits", f"{files} open files at most", f"ulimit -n {FEW_FILES * 16}, or LimitNOFILE")
    else:
        yield doctor.ok("limits", f"{files if files >= 0 else 'any number of'} open files")


async def is_there(settings: Settings) -> bool:
    """Whether there is a database that this program may read. Raises ConfigurationError."""
    from storage.stores import shared

    url = settings.storage.url.get_secret_value()
    if shared(url):
        from storage.postgres.inspecting import inspect

        return (await asyncio.to_thread(inspect, url)).suits
    from storage.store import database_file

    return database_file(url, settings.data).exists()

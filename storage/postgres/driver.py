"""A connection of psycopg with the shape of `sqlite3.Connection`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int4Dumper, Int8Dumper
from psycopg.types.string import StrDumper

from storage.postgres.dialect import ALONE, given, translated

CONNECT_SECONDS = 3
_SILENT_MS = 5000
"""A server that says nothing for so long is gone: less than a platform waits for us."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class _Whole(Loader):
    """``sum`` of whole numbers is NUMERIC: a whole number again here, as on SQLite."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text or b"N" in text else int(text)


class _IntDumper(Dumper):
    """Two types of whole numbers instead of four, so that a statement has few forms."""

    def dump(self, obj: Any) -> Buffer | None:
        return str(obj).encode()

    def get_key(self, obj: Any, format: Any) -> Any:  # noqa: A002  # psycopg's name
        return Int4Dumper if -(2**31) <= obj < 2**31 else Int8Dumper

    def upgrade(self, obj: Any, format: Any) -> Dumper:  # noqa: A002  # psycopg's name
        return (Int4Dumper if -(2**31) <= obj < 2**31 else Int8Dumper)(int)


class PostgresDriver:
    """`storage.driver.Driver` on PostgreSQL."""

    def __init__(
        self,
        connection: psycopg.Connection[tuple[Any, ...]],
        another: Callable[[], psycopg.Connection[tuple[Any, ...]]] | None = None,
    ) -> None:
        """``another`` opens the next connection when this one is lost."""
        self.connection = connection
        self._another = another

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)

    def mend(self) -> None:
        """Have a connection again, if this one is lost. Raises psycopg.Error."""
        if self._another is not None and self.connection.closed:
            self.connection = self._another()

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> psycopg.Cursor[Any]:
        """Raises psycopg.Error."""
        text = translated(sql)
        alone = ALONE.match(text)
        if alone is not None:
            text = text[alone.end() :]
            for value in sorted(set(parameters)):
                self.connection.execute(_LOCK, (f"{alone[1]}:{value}",))
        if not parameters:
            return self.connection.execute(text.replace("%%", "%"))
        return self.connection.execute(text, given(text, parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        """Raises psycopg.Error."""
        cursor = self.connection.cursor()
        text = translated(sql)
        cursor.executemany(text, [given(text, each) for each in parameters])
        return cursor


def connected(url: str) -> PostgresDriver:
    """A new connection. Raises psycopg.Error."""
    connection = psycopg.connect(
        url,
        autocommit=True,  # transactions are opened by the statements themselves, as on SQLite
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=_SILENT_MS,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        application_name="minsheng",
    )
    # A pooler gives a session of its own number; what is prepared in one may be missing in the next.
    try:
        (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (None,)
    except psycopg.Error:
        connection.close()  # the pooler is there, the server behind it is not
        raise
    if backend != connection.info.backend_pid:
        connection.prepare_threshold = None
    connection.adapters.register_dumper(int, _IntDumper)
    connection.adapters.register_dumper(str, StrDumper)
    connection.adapters.register_loader("numeric", _Whole)
    return PostgresDriver(connection)

"""What operators ask of PostgreSQL."""

from __future__ import annotations

from storage.driver import Driver
from storage.reports import Health, SqlReports


class PostgresReports(SqlReports):
    """Questions of operators, answered by the server."""

    async def health(self) -> Health:
        """Whether the database is well, as far as one can ask. Raises StoreUnavailable."""

        def ask(connection: Driver) -> Health:
            (version,) = connection.execute("SHOW server_version").fetchone()
            (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (standby,) = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            return Health("", False, revision, size, "it is a standby" if standby else "", f"PostgreSQL {version}")

        return await self._readers.ask(ask)

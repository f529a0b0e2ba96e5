"""The schema on PostgreSQL: made by the first worker that comes, brought up to date by the first newer one."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from bot.errors import ConfigurationError
from storage import promise
from storage.migrations.run import upgrade
from storage.postgres.driver import PostgresDriver
from storage.schema import REVISION, metadata

_LOCK = "SELECT pg_advisory_xact_lock(7230945)"
"""One worker at a time."""

_WORKERS = (
    "SELECT count(*) FROM lease WHERE name LIKE 'worker:%'"
    " AND expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
)
"""Those that are there now; see `storage.schema_leases`."""

_FUNCTIONS = (
    # What SQLite has and PostgreSQL calls otherwise.
    "CREATE OR REPLACE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    " AS 'SELECT strpos($1, $2)'",
    "CREATE OR REPLACE FUNCTION json_each(text) RETURNS TABLE (key text, value text)"
    " LANGUAGE sql IMMUTABLE STRICT AS $$"
    " SELECT lpad(n::text, 9, '0'), v FROM jsonb_array_elements_text("
    "CASE WHEN left(ltrim($1), 1) = '[' THEN $1::jsonb ELSE '[]'::jsonb END) WITH ORDINALITY AS e (v, n)"
    " UNION ALL SELECT k, v FROM jsonb_each_text("
    "CASE WHEN left(ltrim($1), 1) = '{' THEN $1::jsonb ELSE '{}'::jsonb END) AS e (k, v) $$",
    "CREATE OR REPLACE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS"
    " $$ SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) #>> '{}' $$",
    """CREATE OR REPLACE FUNCTION words_wanted(text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT AS $$"""
    """ SELECT replace(replace($1, '" "', '" & "'), '"', '''')::tsquery $$""",
)

_TABLES = (
    # Where statements want the order of insertion, which SQLite keeps by itself.
    "ALTER TABLE ticket ADD COLUMN rowid bigint GENERATED ALWAYS AS IDENTITY UNIQUE",
    "ALTER TABLE task ADD COLUMN rowid bigint GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE invitation ADD COLUMN rowid bigint GENERATED ALWAYS AS IDENTITY",
    # Terms are made by `bot.domain.search`, so nothing is parsed here.
    "CREATE TABLE search_words (rowid bigint PRIMARY KEY, terms text NOT NULL, found tsvector GENERATED ALWAYS AS"
    " (array_to_tsvector(array_remove(string_to_array(terms, ' '), ''))) STORED)",
    "CREATE INDEX ix_search_words_found ON search_words USING gin (found)",
    "CREATE FUNCTION ticket_has_words() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN INSERT INTO search_queue (ticket, seq) VALUES (NEW.number, NEW.seq); RETURN NULL; END $$",
    "CREATE TRIGGER ticket_has_words AFTER INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION ticket_has_words()",
    # What is written often should be cleaned often.
    *(
        f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02)"
        for table in ("push", "timer", "session", "task", "note")
    ),
)


def prepare(driver: PostgresDriver) -> None:
    """Bring a database to the schema of this code, or leave a newer one that it may work on. Raises ConfigurationError
    for one this code does not know."""
    if suits(driver)[1]:
        return
    # Through SQLAlchemy, which knows the tables; the connection is the one we have.
    engine = create_engine("postgresql+psycopg://", creator=lambda: driver.connection, poolclass=StaticPool)
    raw: Any = driver.connection
    raw.autocommit = False
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(_LOCK)
            found = _revision(driver)  # another may have been faster
            if found is None:
                for sql in _FUNCTIONS:
                    connection.exec_driver_sql(sql)
                metadata.create_all(connection, checkfirst=False)
                for sql in _TABLES:
                    connection.exec_driver_sql(sql)
                connection.exec_driver_sql("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
                connection.exec_driver_sql("INSERT INTO alembic_version VALUES (%s)", (REVISION,))
                promise.put(connection)
            elif found != REVISION:  # one that is newer and promises nothing is refused there
                refuse_to_strand(driver, found)
                upgrade(connection, found, "the database")
    finally:
        if raw.info.transaction_status:
            raw.rollback()
        raw.autocommit = True


def suits(driver: PostgresDriver) -> tuple[str | None, bool]:
    """The revision of a database, None for an empty one; and whether this program may work on it as it is (see
    `storage.promise`). Raises ConfigurationError for a database of something else."""
    found = _revision(driver)
    if found is None or found <= REVISION:
        return found, found == REVISION
    try:
        return found, promise.holds(driver, found)
    except psycopg.errors.UndefinedTable:
        return found, False


def refuse_to_strand(driver: PostgresDriver, found: str, compatible_from: str = promise.COMPATIBLE_FROM) -> None:
    """Raise ConfigurationError when workers of a program are there that could not go on after an upgrade."""
    if found >= compatible_from or driver.execute("SELECT to_regclass('lease')::text").fetchall() == [(None,)]:
        return
    ((workers,),) = driver.execute(_WORKERS).fetchall()
    if workers:
        why = f"{workers} workers of an older program use this database and could not go on: stop them first"
        raise ConfigurationError("storage.url", why)


def _revision(driver: PostgresDriver) -> str | None:
    """The revision of the schema; None for an empty database."""
    tables = {name for (name,) in driver.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise ConfigurationError("storage.url", "this database belongs to something else: it has no schema version")
    (version,) = driver.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
    return str(version)

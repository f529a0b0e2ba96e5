"""Bringing a database to the newest schema with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from bot.errors import ConfigurationError
from storage import promise
from storage.schema import metadata

FOLDER = Path(__file__).parent


def scripts() -> ScriptDirectory:
    """The revisions there are."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def engine_for(path: Path) -> Engine:
    """A plain synchronous engine on a SQLite file whose schema changes are one transaction."""
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def _no_hidden_begin(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's connection, typed as Any object

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]  # a Connection, as events type it

    return engine


def upgrade(connection: SqlConnection, found: str | None, where: str) -> None:
    """Run all revisions after ``found`` in the transaction that is open. Raises ConfigurationError, which names
    ``where`` the database is, when that revision is not known here."""
    script = scripts()
    try:
        if found is not None:
            script.get_revision(found)
    except CommandError as error:
        why = f"its schema {found} is newer than this program, or not of this program; use the version that wrote it"
        raise ConfigurationError(where, why) from error

    def steps(revision: str | tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]  # as alembic.command.upgrade calls it

    environment = EnvironmentContext(Config(), script, fn=steps, destination_rev="head")
    environment.configure(connection=connection, target_metadata=metadata, fn=steps)
    with environment:
        environment.run_migrations()
    promise.put(connection)


def upgrade_file(path: Path, found: str | None) -> None:
    """Run all revisions after ``found`` on a SQLite file, in one transaction. Raises ConfigurationError."""
    engine = engine_for(path)
    try:
        with engine.begin() as connection:
            upgrade(connection, found, str(path))
    finally:
        engine.dispose()

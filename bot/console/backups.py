"""``backup`` and ``restore``: copies of a data folder, made beside a running desk, checked, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import stamps
from bot.console.options import Config, Data
from bot.console.restored import Aftermath
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.settings import Settings, env_name

if TYPE_CHECKING:
    from storage.restoring import Restored

SettingsFor = Callable[[typer.Context, Path | None, Path | None], Settings]
NAMES = {"database": "database", "files": "files", "check": "checking"}


def backup_command(settings_for: SettingsFor, clock: Clock) -> Callable[..., None]:
    """The command ``backup``."""

    def backup(
        context: typer.Context,
        folder: Annotated[Path, typer.Argument(help="The folder of backups.")],
        verify: Annotated[bool, typer.Option("--verify", help="Make none; check the newest, or this one.")] = False,
        quick: Annotated[
            bool, typer.Option("--quick", help="Do not read files again that are in the folder of backups already.")
        ] = False,
        with_media: Annotated[
            bool, typer.Option("--with-media", help="Copy files out of a bucket too; else they are only listed.")
        ] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Copy database, files and keys as of this moment; the desk may be running. Only new files are copied, and
        files that were damaged in the folder of backups are mended."""
        from bot.console import postgres_backups
        from bot.console.auditing import note_act
        from bot.console.media_of import bucket_files
        from storage import backup as backups
        from storage import backup_list
        from storage.store import database_file
        from storage.stores import shared

        if verify:
            path = backup_list.newest(folder)
            with progress() as told:
                found = backup_list.verify(path, told)
            typer.echo(f"{path}: every byte is as it was: the database and {len(found['media']):,} files")
            return
        settings = settings_for(context, config, data)
        url, now = settings.storage.url.get_secret_value(), clock.now()
        elsewhere = bucket_files(settings, folder, with_media, quick)
        try:
            with progress() as told:
                if shared(url):
                    made = postgres_backups.make(settings, folder, now, told, quick=quick, elsewhere=elsewhere)
                else:
                    database = database_file(url, settings.data)
                    made = backups.make(database, settings.data, folder, now, told, quick=quick, elsewhere=elsewhere)
        except OSError as error:
            raise ConfigurationError(str(folder), f"the backup was not made: {error.strerror}") from None
        size = f"{made.bytes / 2**20:,.1f} MB"
        typer.echo(f"{made.path}: database {size}, {made.files:,} files, {made.new_files:,} of them new")
        if made.elsewhere:
            typer.echo(
                f"{made.elsewhere:,} more files are only listed: they are in {settings.media.url} (--with-media)"
            )
        for what, names in (("is not there", made.missing), ("is damaged", made.damaged)):
            for name in names:
                typer.echo(f"A file {what} and is not in the backup: {name}", err=True)
        stamps.put(settings.data, "backup", clock.now())
        note_act(settings, clock, "backup", made.path.name)
        if made.missing or made.damaged:
            raise typer.Exit(1)

    return backup


def restore_command(settings_for: SettingsFor, clock: Clock) -> Callable[..., None]:
    """The command ``restore``."""

    def restore(
        context: typer.Context,
        backup: Annotated[Path, typer.Argument(help="A backup, or a folder of backups: then the newest.", exists=True)],
        partial: Annotated[
            bool, typer.Option("--partial", help="Put back what is whole even if some files are damaged or gone.")
        ] = False,
        forgotten: Annotated[
            Path | None,
            typer.Option(help="A newer list of who was forgotten (forgotten.txt), if one was saved.", exists=True),
        ] = None,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Put a backup into an empty data folder (and the empty database of the settings), after checking all of it."""
        from bot.console import postgres_backups
        from bot.console.auditing import note_act, note_restored_at
        from storage import backup_list, restoring
        from storage.stores import shared

        settings = settings_for(context, config, data)
        url = settings.storage.url.get_secret_value()
        if url and not shared(url):
            raise ConfigurationError(env_name("storage", "url"), "must be left out: a backup goes into a data folder")
        path = backup_list.newest(backup)
        after = Aftermath(path, settings.data, forgotten, clock)
        try:
            with progress() as told:
                if shared(url):
                    found = postgres_backups.restore(settings, path, told, partial=partial)
                else:
                    found = restoring.restore(path, settings.data, told, partial=partial, before=after)
        except OSError as error:
            raise ConfigurationError(str(settings.data), f"nothing was restored: {error.strerror}") from None
        typer.echo(
            f"{settings.data}: the database and {found.files:,} files are back. Start the desk with this data folder."
        )
        if shared(url):
            after.on_server(postgres_backups.server_url(settings))
        after.tell()
        if shared(url):
            note_restored_at(url, settings.data, clock)
            note_act(settings, clock, "restore", path.name)
        manifest = backup_list.read(path)
        if listed := backup_list.elsewhere(manifest):
            typer.echo(
                f"{len(listed):,} more files were in {manifest['elsewhere']['where']}: media check finds them there"
            )
        tell_lost(found)
        if found.lost:
            raise typer.Exit(1)

    return restore


def tell_lost(found: Restored) -> None:
    """Say what could not be put back, and whose it was."""
    tickets = dict(found.tickets)
    for flaw in found.lost:
        whose = ", ".join(tickets.get(flaw.name, ()))
        typer.echo(f"Not put back: {flaw.what} {flaw.name} {flaw.why}{f' (ticket {whose})' if whose else ''}", err=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each part of the work, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(NAMES[what], total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield told

"""``media move`` and ``media check``: people's files from one place to another, and whether all are there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.bars import bar
from bot.console.options import Config, Data
from bot.errors import ConfigurationError, StoreUnavailable
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.ports import MediaStock
    from storage.media_moving import Checked, Moved
    from storage.reader import SqlReader

SettingsFor = Callable[[typer.Context, Path | None, Path | None], Settings]
OpenStore = Callable[[typer.Context, Path | None, Path | None], AbstractAsyncContextManager["SqlReader"]]
FOLDER = "folder"
LISTED = 20
"""So many names are listed; all of them with --all."""

Where = Annotated[str, typer.Option("--to", help="s3://bucket/prefix, or folder: the one in the data folder.")]


def media_commands(settings_for: SettingsFor, store: OpenStore) -> typer.Typer:
    """The commands; ``store`` answers questions beside a running desk."""
    commands = typer.Typer(no_args_is_help=True, help="People's files: where they are, and whether all are there.")

    @commands.command("move")
    def move(
        context: typer.Context,
        to: Where,
        origin: Annotated[str, typer.Option("--from", help="Left out: the other of the two places.")] = "",
        remove: Annotated[bool, typer.Option("--remove", help="Take away what was copied and read again.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Copy all files that are not there yet, each read again where it went. The desk may be running."""
        settings = settings_for(context, config, data)
        source, target = _places(settings, origin, to)
        moved = asyncio.run(_moved(source, target, remove))
        typer.echo(
            f"{target.where}: {moved.copied:,} files copied ({moved.bytes / 2**20:,.1f} MB), {moved.there:,} were there"
            f", {moved.removed:,} taken away from {source.where}"
        )
        _names("damaged where it was, and left there", moved.damaged)
        _names("not the same where it went, and left where it was", moved.unsure)
        if moved.damaged or moved.unsure:
            raise typer.Exit(1)

    @commands.command("check")
    def check(
        context: typer.Context,
        quick: Annotated[bool, typer.Option("--quick", help="Look at names and sizes only.")] = False,
        every: Annotated[bool, typer.Option("--all", help="List every name.")] = False,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Compare the files with what the database speaks of; every byte is read. The desk may be running."""
        from bot.console.media_of import media_of

        settings = settings_for(context, config, data)
        place = media_of(settings)
        found = asyncio.run(_checked(place, store(context, config, data), quick))
        most = None if every else LISTED
        how = "looked at" if quick else "read"
        typer.echo(f"{place.where}: {found.files:,} files, {found.bytes / 2**20:,.1f} MB, {how}")
        _names("missing", found.missing, most)
        _names("damaged", found.damaged, most)
        if found.orphans:
            typer.echo(
                f"{len(found.orphans):,} files ({sum(kept.bytes for kept in found.orphans) / 2**20:,.1f} MB) belong to"
                " nothing the database speaks of"
            )
            _names("of nobody", [kept.sha256 for kept in found.orphans] if every else (), most)
        if found.missing or found.damaged:
            raise typer.Exit(1)
        typer.echo("All files that the database speaks of are there.")

    return commands


def _places(settings: Settings, origin: str, to: str) -> tuple[MediaStock, MediaStock]:
    """Source and target. Raises ConfigurationError."""
    from bot.console.media_of import bucket_of, server_of
    from storage.media_bucket import BucketAddress
    from storage.media_places import media_bucket, media_folder

    def named(option: str, text: str) -> BucketAddress | None:
        if text == FOLDER:
            return None
        try:
            return server_of(settings).at(text)
        except ConfigurationError:
            raise ConfigurationError(option, f"{text!r} is neither s3://bucket/prefix nor {FOLDER}") from None

    def opened(address: BucketAddress | None) -> MediaStock:
        return media_folder(settings.data) if address is None else media_bucket(address, settings.data)

    target, usual = named("--to", to), bucket_of(settings)
    source = named("--from", origin) if origin else usual if usual != target else None
    if source == target:
        raise ConfigurationError("--to", f"the files are in {to} already; name another place with --from")
    return opened(source), opened(target)


async def _moved(source: MediaStock, target: MediaStock, remove: bool) -> Moved:
    from storage import media_moving

    with bar("files") as told, _clear():
        return await media_moving.move(source, target, told, remove=remove)


async def _checked(place: MediaStock, opening: AbstractAsyncContextManager[SqlReader], quick: bool) -> Checked:
    from storage import media_moving

    async with opening as read:
        with bar("reading") as told, _clear():
            return await media_moving.check(place, read.media_spoken_of, told, quick=quick)


@contextmanager
def _clear() -> Iterator[None]:
    """What an operator can do something about is said in one line."""
    try:
        yield
    except StoreUnavailable as error:
        why = str(error.params.get("why", "")).removeprefix("media: ")
        raise ConfigurationError("media", f"{why or 'away'}; what is done stays done: run it again") from None


def _names(how: str, names: list[str] | tuple[str, ...], most: int | None = None) -> None:
    for name in names[:most]:
        typer.echo(f"{how}: {name}", err=True)
    if most is not None and len(names) > most:
        typer.echo(f"{how}: and {len(names) - most:,} more (--all lists them)", err=True)

"""The commands about staff: invite, list, remove, import. The first admin is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.options import AsJson, Config, Data

# A start must be quick: what only these commands need is imported by them.
if TYPE_CHECKING:
    from bot.console.office import OpenOffice

Opening = Callable[[typer.Context, Path | None, Path | None], "OpenOffice"]


def staff_commands(opening: Opening) -> typer.Typer:
    """The group of commands; ``opening`` gives what they work with."""
    app = typer.Typer(help="Who works here: bring in, look, take off.", no_args_is_help=True)

    @app.command()
    def invite(
        context: typer.Context,
        role: Annotated[str, typer.Option(help="handler, lead, supervisor, collector or admin.")],
        unit: Annotated[str, typer.Option(help="Code or name of the unit; handlers and leads need one.")] = "",
        area: Annotated[list[str] | None, typer.Option(help="Code of an area they are limited to.")] = None,
        name: Annotated[str, typer.Option(help="What they are called.")] = "",
        walled: Annotated[bool, typer.Option("--walled", help="May see complaints of conduct and reports.")] = False,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Print a one-time code that makes whoever sends it to the desk a member of staff."""
        from bot.console import persons

        asyncio.run(
            persons.invite(opening(context, config, data), role, unit, tuple(area or ()), name, walled, as_json)
        )

    @app.command("list")
    def list_(context: typer.Context, config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
        """Everybody who works here, who is away, who cannot be reached, and who is invited."""
        from bot.console import persons

        asyncio.run(persons.list_(opening(context, config, data), as_json))

    @app.command()
    def remove(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help="Name or id.")],
        unit: Annotated[str, typer.Option(help="Code of the unit, where two have one name.")] = "",
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Take somebody off the list from their next message on; their cases go back to the unit."""
        from bot.console import persons

        asyncio.run(persons.remove(opening(context, config, data), name, unit))

    @app.command("import")
    def import_(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="A CSV table of units or of staff.", exists=True, dir_okay=False)],
        apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only show the difference.")] = False,
        by: Annotated[str, typer.Option("--as", help="Name or id of the member who imports, with their rights.")] = "",
        again: Annotated[bool, typer.Option("--again", help="New codes for those invited already, too.")] = False,
        codes: Annotated[Path | None, typer.Option(help="Write the codes into this file, not on the screen.")] = None,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Bring units or staff in from a table; shows what would change, and changes it with --apply."""
        from bot.console.importing import import_table

        asyncio.run(import_table(opening(context, config, data), file, apply, by, again, codes))

    return app

"""The commands about platforms: what they must know of the desk, and playing one against a running desk."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.console.options import Config, Data
from bot.errors import ConfigurationError
from bot.ports import Clock
from bot.settings import Settings, env_name

SettingsFor = Callable[[typer.Context, Path | None, Path | None], Settings]


def channels_commands(settings_for: SettingsFor, locales: Path, clock: Clock) -> typer.Typer:
    """The group `channels`."""
    app = typer.Typer(help="What the platforms must know of the desk.", no_args_is_help=True)

    @app.callback()
    def group() -> None:
        """What the platforms must know of the desk."""

    @app.command()
    def setup(context: typer.Context, config: Config = None, data: Data = None) -> None:
        """Register menus, commands and the webhook."""
        from bot.catalogue import Catalogue
        from bot.channels.roster import set_up
        from bot.doctor import fine, show

        found = asyncio.run(set_up(settings_for(context, config, data), Catalogue.load(locales), clock))
        if found:
            show(found)
        else:
            typer.echo("No platform is configured, and the web chat needs no set-up.")
        raise typer.Exit(0 if fine(found) else 1)

    return app


def simulate_commands(settings_for: SettingsFor, locales: Path) -> typer.Typer:
    """The group `simulate`."""
    app = typer.Typer(help="Play a platform against a running desk.", no_args_is_help=True)

    @app.callback()
    def group() -> None:
        """Play a platform against a running desk."""

    @app.command()
    def wechat(
        context: typer.Context,
        lines: Annotated[
            list[str] | None, typer.Argument(help="What the person does: words, /photo, /location 31.2,121.4, ...")
        ] = None,
        url: Annotated[str, typer.Option(help="Where the desk is; the configured address if left out.")] = "",
        talk: Annotated[bool, typer.Option("--talk", "-t", help="Type the lines yourself.")] = False,
        person: Annotated[str, typer.Option(help="An OpenID to go on with.")] = "",
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Play a person on WeChat, with signed and encrypted requests."""
        from bot.catalogue import Catalogue
        from bot.channels.roster import simulated
        from bot.web.listening import here

        settings = settings_for(context, config, data)
        if not settings.wechat.touched:
            where = env_name("wechat", "app_id")
            raise ConfigurationError(where, "is missing: give the settings that the desk runs with")
        script = Catalogue.load(locales).words("")("simulate.script").split("\n")
        told = (line.rstrip("\n") for line in sys.stdin) if talk else lines or script
        url = url or here(settings.web.host, settings.web.port)
        failed = asyncio.run(simulated(settings, told, url, person))
        raise typer.Exit(1 if failed else 0)

    return app

"""Options that many commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.settings import CONFIG

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.", envvar=CONFIG)]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the files.")]
AsJson = Annotated[bool, typer.Option("--json", help="For other programs.")]

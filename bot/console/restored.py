"""What ``restore`` does to the database of a backup before a desk may start on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot import forgotten
from bot.ports import Clock

if TYPE_CHECKING:
    from storage.forgetting import Digest
    from storage.reapplying import Reapplied


class Aftermath:
    """Brings the database of a backup up to date; called with its file. ``done`` is what came of it."""

    def __init__(self, backup: Path, data: Path, others: Path | None, clock: Clock) -> None:
        """``others``: one more list of who was forgotten, besides those of the data folder and of the backups."""
        self._backup, self._data, self._clock = backup, data, clock
        self._lists = [data / forgotten.FILE, backup.parent / forgotten.FILE, *([others] if others else [])]
        self.done: Reapplied | None = None

    def __call__(self, database: Path) -> None:
        """Bring a SQLite file up to date. Raises ConfigurationError and OSError."""
        from bot.console.auditing import note_restored
        from storage.reapplying import reapply

        note_restored(database, self._data, self._clock)
        self._with(partial(reapply, database))

    def on_server(self, url: str) -> None:
        """Bring the database of a PostgreSQL server up to date. Raises StoreUnavailable and OSError."""
        from storage.postgres.compacting import reapply

        self._with(partial(reapply, url))

    def _with(self, reapply: Callable[[Digest, Mapping[str, datetime], datetime, datetime], Reapplied]) -> None:
        from bot.console.discreet import list_of  # with the store behind it: only who restores waits for that
        from storage import backup_list
        from storage.backup_files import MEDIA, place

        made_at = datetime.fromisoformat(backup_list.read(self._backup)["made_at"])
        lines = {each for path in self._lists for each in forgotten.read(path)}
        listed = {each.digest: each.at for each in sorted(lines)}
        known = list_of(self._data)
        self.done = reapply(known.digest, listed, made_at, self._clock.now())
        for sha256 in self.done.files:
            place(self._data / MEDIA, sha256).unlink(missing_ok=True)
        missing = lines - set(forgotten.read(self._data / forgotten.FILE))
        if missing:
            forgotten.append(self._data / forgotten.FILE, sorted(missing))

    def tell(self) -> None:
        """Say what was done."""
        done = self.done
        if done is None:
            return
        if done.people:
            typer.echo(f"{done.people:,} people who were forgotten since the backup are forgotten again.")
        typer.echo(
            f"Links to residents' pages and {done.codes:,} codes for staff from before now are good no more;"
            f" {done.unclear:,} pushes were being sent and may have arrived."
        )

"""``backup``, ``restore`` and ``drill`` where the database is a PostgreSQL server: by its own programs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError
from bot.settings import Settings, env_name
from storage.backup_files import Told

if TYPE_CHECKING:
    from storage.backup import Elsewhere, Made
    from storage.restoring import Restored

DRILL_URL = env_name("storage", "drill_url")


def server_url(settings: Settings) -> str:
    """The address that leads to the server itself, not to a pooler before it."""
    storage = settings.storage
    return storage.listen_url.get_secret_value() or storage.url.get_secret_value()


def make(
    settings: Settings,
    folder: Path,
    now: datetime,
    told: Told,
    *,
    quick: bool,
    elsewhere: Callable[[], Elsewhere] | None,
) -> Made:
    """A backup with a dump in it. Raises ConfigurationError and OSError."""
    from storage.backup import gathered
    from storage.postgres.dumping import dump

    url = server_url(settings)
    return gathered(
        lambda coming: dump(url, coming, told), settings.data, folder, now, told, quick=quick, elsewhere=elsewhere
    )


def restore(settings: Settings, backup: Path, told: Told, *, partial: bool) -> Restored:
    """Put a dump into the empty database of the settings, and the files into the data folder.

    Raises ConfigurationError and OSError.
    """
    return put_back(server_url(settings), settings.data, backup, told, partial=partial)


def put_back(url: str, data: Path, backup: Path, told: Told, *, partial: bool = False) -> Restored:
    """Put a backup into an empty database and a data folder without files. Everything is checked first; the database
    comes last. Raises ConfigurationError and OSError."""
    from storage.backup_files import MEDIA
    from storage.backup_list import Examined, examine, verify
    from storage.postgres import dumping
    from storage.restoring import Restored, put_files, understood

    if (data / MEDIA).exists() and any((data / MEDIA).iterdir()):
        raise ConfigurationError(str(data), "there are a desk's files here already; restore into an empty folder")
    examined = examine(backup, told) if partial else Examined(backup, verify(backup, told), ())
    if examined.database.name != dumping.NAME:
        raise ConfigurationError(str(backup), f"a backup of SQLite: leave out {env_name('storage', 'url')}")
    understood(examined)
    dumping.check_empty(url)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        count = put_files(examined, data, told)
        dumping.put_back(url, examined.database)
    except BaseException:
        shutil.rmtree(data / MEDIA, ignore_errors=True)
        raise
    return Restored(count, examined.flaws)

"""Files that the database speaks of."""

from __future__ import annotations

import re

from storage.driver import Driver, Questions
from storage.media_moving import Spoken

SPOKEN_OF = (
    "SELECT sha256, bytes FROM attachment WHERE state = 'stored' AND sha256 <> ''"
    " UNION ALL SELECT sha256, bytes FROM rendition WHERE sha256 <> '' AND sha256 <> 'failed'"
)
"""Names and sizes; ``failed`` is what stands where no copy could be made."""

_SHOWN = (
    "SELECT reply FROM push WHERE instr(reply, '\"sha256\"') > 0"
    " UNION ALL SELECT reply FROM inbox WHERE instr(reply, '\"sha256\"') > 0"
)
_PICTURE = re.compile(r'"sha256":"([0-9a-f]{64})"')


class MediaReader:
    """What of the files is written down."""

    def __init__(self, readers: Questions) -> None:
        self._readers = readers

    async def media_spoken_of(self) -> Spoken:
        """Files of people and copies of them, and pictures that the desk drew and showed. Raises StoreUnavailable."""
        return await self._readers.ask(_spoken_of, long=True)


def _spoken_of(connection: Driver) -> Spoken:
    files: dict[str, int | None] = {}
    for sha256, size in connection.execute(SPOKEN_OF, ()):
        files[sha256] = files.get(sha256) or size
    pictures = {name for (reply,) in connection.execute(_SHOWN, ()) for name in _PICTURE.findall(reply)}
    return Spoken(files, frozenset(pictures))

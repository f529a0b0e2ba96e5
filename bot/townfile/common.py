"""The words that say nothing about what a matter is, and how names of places end; see ``common_words.txt``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.domain.town import CommonWords
from bot.errors import ConfigurationError

FILE = Path(__file__).parent / "common_words.txt"


@cache
def common_words(path: Path = FILE) -> CommonWords:
    """What stands in the file. Raises ConfigurationError with file and line for a section that is not known."""
    sections: dict[str, list[str]] = {"words": [], "particles": [], "places": [], "not places": []}
    into = sections["words"]
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        written = line.partition("#")[0].strip()
        if written.startswith("["):
            name = written.strip("[]")
            if name not in sections:
                raise ConfigurationError(f"{path.name}:{number}", f"unknown section {name!r}")
            into = sections[name]
        else:
            into += written.split()
    return CommonWords(
        words=tuple(sections["words"]),
        particles=frozenset("".join(sections["particles"])),
        place_endings=tuple(sections["places"]),
        not_places=tuple(sections["not places"]),
    )

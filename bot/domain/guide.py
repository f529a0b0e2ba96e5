"""A town, and what is computed from it once: the guide through its names, its places, its time and its units."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.town import Town


@dataclass(frozen=True, slots=True)
class Guide:
    """What use cases ask about a town. Built by `Guide.of` when a town file is (re)loaded."""

    town: Town

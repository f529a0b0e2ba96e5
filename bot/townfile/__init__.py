"""The town file: what a clerk writes in TOML, checked, as a `bot.domain.town.Town`."""

from bot.townfile.holidays import covered_until
from bot.townfile.loading import SAMPLE, TownWatch, load_town

__all__ = ["SAMPLE", "TownWatch", "covered_until", "load_town"]

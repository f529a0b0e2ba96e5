"""Open311 GeoReport v2 under ``/open311/v2/``."""

from bot.web.open311.failing import Guard
from bot.web.open311.keys import Key, Keyring
from bot.web.open311.routes import Open311, Serving

__all__ = ["Guard", "Key", "Keyring", "Open311", "Serving"]

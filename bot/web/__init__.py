"""The aiohttp application: routes of every channel, health, metrics, and one shape for everything that goes wrong."""

from bot.web.application import KEYS, build_app

__all__ = ["KEYS", "build_app"]

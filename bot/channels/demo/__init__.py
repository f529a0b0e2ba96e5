"""The demonstration: resident, handler and supervisor side by side in one page, with a clock that can be pushed on."""

from bot.channels.demo.channel import CHANNEL, DemoChannel
from bot.channels.demo.page import KEYS, PATH, Play, routes

__all__ = ["CHANNEL", "KEYS", "PATH", "DemoChannel", "Play", "routes"]

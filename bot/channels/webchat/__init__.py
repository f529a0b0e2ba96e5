"""The web chat: the third channel, and the one that works without any account."""

from bot.channels.webchat.channel import WebChat
from bot.channels.webchat.page import KEYS

__all__ = ["KEYS", "WebChat"]

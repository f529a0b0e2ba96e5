"""Telegram, the second channel. Importing this package does not load python-telegram-bot; starting the channel does."""

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.webhook import routes

__all__ = ["Intake", "Polling", "Telegram", "TelegramSettings", "routes"]

"""Programs that are told what happened, each at the one address the settings name."""

from bot.channels.webhook.channel import CHANNEL, Receiver, Webhooks

__all__ = ["CHANNEL", "Receiver", "Webhooks"]

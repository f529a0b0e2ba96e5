"""A trial: everything is done with a push but sending it.

It is claimed, paced, made into what people would read, counted and settled, and stays in the outbox, where
``main.py outbox`` shows it. Nothing leaves; files that people send are fetched as ever.
"""

from __future__ import annotations

from bot.channels.numbered import with_numbers
from bot.message import Delivered, Delivery, Lane, Push, Reply
from bot.ports import BriefChannel, Channel, Fetched, Unfetchable

DRY = "dry run"
"""The reason that stands beside a push which was not sent."""


def shown(push: Push) -> str:
    """What people would read, as one text."""
    from bot.channels.wechat.render import fitted

    reply = push.reply if push.lane is Lane.REPLY else Reply(push.reply.typed)
    text = fitted(reply) if push.address.channel == "wechat" else with_numbers(reply)
    picture = push.reply.picture
    return text if picture is None else f"{text}\n[{picture.mime} {picture.sha256[:12]}] {picture.alt}".strip()


class DryChannel:
    """A channel that takes every push and sends none."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self.traits = channel.traits
        self.pace = channel.pace
        self._channel = channel

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """Make it into what people would read. It has no id of a platform, so nothing will ever replace it."""
        shown(push)
        return Delivered(reason=DRY)

    async def fetch(self, ref: str) -> Fetched | Unfetchable:
        """Open a file as the channel does."""
        return await self._channel.fetch(ref)

    async def start(self) -> None:
        """Open what fetching needs."""
        await self._channel.start()

    async def stop(self) -> None:
        """Close it again."""
        await self._channel.stop()


class DryBriefChannel(DryChannel):
    """The same where a push may be told in few words."""

    async def deliver_brief(self, push: Push) -> Delivery:
        """Make it into what people would read."""
        return await self.deliver(push, "")


def dry(channel: Channel) -> Channel:
    """The channel, sending nothing."""
    return DryBriefChannel(channel) if isinstance(channel, BriefChannel) else DryChannel(channel)

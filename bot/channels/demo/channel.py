"""The demonstration as a channel: whatever is pushed has been shown, for the page shows the whole talk."""

from __future__ import annotations

from bot.message import Delivered, Delivery, Push
from bot.ports import NoPace, Pace, Traits, Unfetchable

CHANNEL = "demo"


class DemoChannel:
    """A channel without a platform. Every text is answered at once, and everything can be tapped."""

    name: str = CHANNEL
    traits = Traits(
        answers_at_once=True,
        quiet_window=False,
        late_card=False,
        edits=True,
        buttons=True,
        text_limit=20_000,
        pictures=True,
    )

    def __init__(self) -> None:
        self.pace: Pace = NoPace()

    async def deliver(self, push: Push, replaces: str) -> Delivery:
        """The page reads the talk, so it is there."""
        return Delivered(push.key)

    async def fetch(self, ref: str) -> Unfetchable:
        """Files come with their message."""
        return Unfetchable("expired")

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

"""What joins a worker to the others that share its database."""

from __future__ import annotations

from bot.channels.webchat import WebChat
from bot.ports import Channel
from bot.ports.waking import Wakes
from bot.runtime.engine import Engine
from bot.runtime.leases import Leases
from bot.runtime.metrics import Metrics

PAGES_SECONDS = 10.0
"""Seconds between two looks at what is kept for people who have a page open here: a wake may have been lost."""


def share(engine: Engine, wakes: Wakes, chat: Channel, leases: Leases, metrics: Metrics) -> None:
    """Have wakes of other workers heard, and pushes shown on the pages that are open here."""
    wakes.hear(engine.heard)
    metrics.live(leases.samples)
    if not leases.alone:
        assert isinstance(chat, WebChat)  # noqa: S101  # it always comes first
        engine.kept.append(chat.kept)
        engine.add("pages", chat.look, PAGES_SECONDS)

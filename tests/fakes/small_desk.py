"""A desk of almost nothing: a store in memory, a clock that stands still, texts that show their key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.changes import Changes
from bot.clock import FixedClock
from bot.domain.guide import Guide
from bot.domain.people import Address
from bot.domain.town import Town
from bot.message import InboundMessage, MessageKind, Reply
from bot.ports import Traits
from bot.runtime.desk import Desk, Handler
from bot.runtime.metrics import Metrics
from bot.turn import Turn
from tests.fakes.memory_store import MemoryStore

RESIDENT = Address("chat", "li")

CHAT = Traits(answers_at_once=False, quiet_window=True, late_card=True, edits=True, buttons=True, text_limit=4096)


class CountingNumbers:
    """1, 2, 3."""

    def __init__(self) -> None:
        self.given = 0

    async def next(self, day: datetime) -> str:
        self.given += 1
        return str(self.given)


def key_words(locale: str) -> Callable[..., str]:
    """``zh_CN: error.unexpected incident=ab12``: what would be said, not how."""

    def words(key: str, **params: Any) -> str:
        return " ".join([f"{locale}: {key}", *(f"{name}={value}" for name, value in params.items())])

    return words


async def says_nothing(_turn: Turn) -> Reply | None:
    return None


async def echoes(turn: Turn) -> Reply | None:
    """Says what was said."""
    return Reply(turn.message.text if turn.message else "fired")


@dataclass
class SmallDesk:
    """Everything a test wants to look at; `desk` is what the runtime gets."""

    handle: Handler = echoes
    fire: Handler = echoes
    traits: Traits = CHAT
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=FixedClock)
    metrics: Metrics = field(default_factory=Metrics)
    heard: list[Changes] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        guide = Guide.of(Town(code="t", name="Town"))
        return Desk(
            store=self.store,
            clock=self.clock,
            numbers=CountingNumbers(),
            guide=lambda: guide,
            words=key_words,
            traits={"chat": self.traits},
            handle=self.handle,
            fire=self.fire,
            metrics=self.metrics,
            committed=self.heard.append,
        )

    def count(self, name: str, **labels: str) -> float:
        """A counter's value, 0 when nothing was counted."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def message(self, text: str = "", key: str = "1", **fields: Any) -> InboundMessage:
        given: dict[str, Any] = {"address": RESIDENT, "kind": MessageKind.TEXT, "at": self.clock.now(), **fields}
        return InboundMessage(key=key, text=text, **given)

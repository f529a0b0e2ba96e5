"""What the desk counts about itself, for Prometheus. No metric holds anything about a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.message import MessageKind

TURN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the histogram of turns: WeChat gives up after 5 s."""

OUTCOMES = ("sent", "ready", "kept", "refused", "unclear", "expired", "moved")


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of a gauge."""

    name: str
    text: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class _Live(Collector):
    """Gauges asked for at the moment somebody looks."""

    def __init__(self, look: Callable[[], Iterable[Sample]]) -> None:
        self._look = look

    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for sample in self._look():
            family = families.get(sample.name)
            if family is None:
                family = families[sample.name] = GaugeMetricFamily(sample.name, sample.text, labels=list(sample.labels))
            family.add_metric(list(sample.labels.values()), sample.value)
        return families.values()


class Metrics:
    """All counters, in a registry of their own. Children used in every turn are bound once."""

    def __init__(self, channels: Iterable[str] = ()) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library says nothing; a line for every counter saved
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._messages = Counter("minsheng_messages_total", "Messages taken.", ["channel", "kind"], registry=registry)
        self.turn_seconds = Histogram(
            "minsheng_turn_seconds",
            "From a message taken to its answer on disk.",
            buckets=TURN_SECONDS,
            registry=registry,
        )
        self.copies = Counter(
            "minsheng_message_copies_total", "Messages that had been answered before.", registry=registry
        )
        self.conflicts = Counter("minsheng_conflicts_total", "Turns decided again on fresh state.", registry=registry)
        self.errors = Counter(
            "minsheng_errors_total", "Unexpected errors, by where they happened.", ["where"], registry=registry
        )
        self.quarantined = Counter("minsheng_quarantined_total", "Messages and timers set aside.", registry=registry)
        self.tickets = Counter("minsheng_tickets_filed_total", "Tickets filed.", ["channel"], registry=registry)
        self.timers = Counter("minsheng_timers_fired_total", "Timers fired.", ["kind"], registry=registry)
        self._pushes = Counter(
            "minsheng_pushes_total", "Pushes by what became of them.", ["channel", "outcome"], registry=registry
        )
        self.media = Counter(
            "minsheng_media_total", "Fetches of files by what became of them.", ["outcome"], registry=registry
        )
        self.drawings = Counter(
            "minsheng_drawings_total", "Pictures for chat by what became of them.", ["outcome"], registry=registry
        )
        self._spooled = Counter(
            "minsheng_spooled_total", "Messages of the spool by what became of them.", ["outcome"], registry=registry
        )
        self.answers_held = Counter(
            "minsheng_answers_held_total", "Automatic answers held back, by why.", ["why"], registry=registry
        )
        self.put_by = Counter(
            "minsheng_put_by_total", "Messages stored at once, to have their turn later.", registry=registry
        )
        self.fences = Counter(
            "minsheng_fences_refused_total",
            "What a worker was not let do because another had taken over, by what it was.",
            ["where"],
            registry=registry,
        )
        self.holiday_days_left = Gauge(
            "minsheng_holiday_days_left", "Days until the known public holidays end.", registry=registry
        )
        self.messages = {(c, k): self._messages.labels(c, k) for c in channels for k in MessageKind}
        self.pushes = {(c, o): self._pushes.labels(c, o) for c in channels for o in OUTCOMES}

    def message(self, channel: str, kind: MessageKind) -> None:
        """Count a message taken."""
        child = self.messages.get((channel, kind))
        if child is None:
            child = self.messages[channel, kind] = self._messages.labels(channel, kind)
        child.inc()

    def held(self, why: str) -> None:
        """Count an automatic answer that is held back."""
        self.answers_held.labels(why).inc()

    def push(self, channel: str, outcome: str) -> None:
        """Count what became of a push."""
        child = self.pushes.get((channel, outcome))
        if child is None:
            child = self.pushes[channel, outcome] = self._pushes.labels(channel, outcome)
        child.inc()

    def spool(self, outcome: str) -> None:
        """Count what became of a message that could not be answered at once: kept, answered, refused, damaged."""
        self._spooled.labels(outcome).inc()

    def live(self, look: Callable[[], Iterable[Sample]]) -> None:
        """Add gauges that are asked for when somebody looks."""
        self.registry.register(_Live(look))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

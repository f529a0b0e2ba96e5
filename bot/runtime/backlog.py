"""How much waits, as gauges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.ticket import Status
from bot.runtime.metrics import Sample


class Backlog(Protocol):
    """Pushes of a channel that could be sent now, and since when the oldest waits."""

    @property
    def count(self) -> int: ...
    @property
    def oldest_at(self) -> datetime: ...


class Figures(Protocol):
    """What the store counts."""

    @property
    def backlog(self) -> Mapping[str, Backlog]: ...
    @property
    def kept_pushes(self) -> int: ...
    @property
    def pending_media(self) -> int: ...
    @property
    def pending_timers(self) -> int: ...
    @property
    def open_tickets(self) -> Mapping[Status, int]: ...
    @property
    def open_tasks(self) -> int: ...
    @property
    def quarantined(self) -> int: ...


def samples(figures: Figures, next_timer: datetime | None, now: datetime) -> Iterator[Sample]:
    """Gauges of what waits at a moment; ``next_timer`` is when the earliest pending timer is due."""
    late = (now - next_timer).total_seconds() if next_timer is not None else 0.0
    yield Sample("minsheng_timers_pending", "Timers that wait.", figures.pending_timers)
    yield Sample("minsheng_timer_late_seconds", "By how much the oldest timer is late.", max(0.0, late))
    yield Sample("minsheng_media_pending", "Files still to be fetched.", figures.pending_media)
    yield Sample("minsheng_pushes_kept", "Pushes that wait for the person's next message.", figures.kept_pushes)
    yield Sample("minsheng_tasks_open", "Tasks that wait for staff.", figures.open_tasks)
    yield Sample("minsheng_quarantine", "Messages and timers set aside, to be looked into.", figures.quarantined)
    for status, count in figures.open_tickets.items():
        yield Sample("minsheng_tickets_open", "Tickets not at an end.", count, {"status": status.value})
    for channel, backlog in figures.backlog.items():
        label, age = {"channel": channel}, (now - backlog.oldest_at).total_seconds()
        yield Sample("minsheng_push_backlog", "Pushes that could be sent now.", backlog.count, label)
        yield Sample("minsheng_push_oldest_seconds", "Age of the oldest of them.", max(0.0, age), label)

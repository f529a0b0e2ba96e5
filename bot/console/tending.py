"""What keeps an eye on the running process: its vital signs, and whoever started it."""

from __future__ import annotations

from pathlib import Path

from bot.console.supervised import Supervisor
from bot.ports import Clock
from bot.runtime.engine import Engine
from bot.runtime.metrics import Metrics
from bot.runtime.vitals import FACTS_SECONDS, Vitals, Writing


def tend(
    engine: Engine,
    writing: Writing,
    data: Path,
    database: Path | None,
    metrics: Metrics,
    clock: Clock,
    supervisor: Supervisor,
) -> Vitals:
    """Have vital signs measured and told. ``database``: its file, where it is one."""
    vitals = Vitals(clock, writing, engine.sweep_age, engine.failing, data, database)
    metrics.live(vitals.samples)
    engine.add("pulse", vitals.tick, 0.0)
    engine.add("facts", vitals.look, FACTS_SECONDS)
    if supervisor.every is not None:
        engine.add("watchdog", supervisor.alive, supervisor.every)
    return vitals

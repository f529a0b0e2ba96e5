"""From nothing to the first answered message, and what the desk weighs when nobody writes."""

from __future__ import annotations

import time
from typing import Any

from bench.contestants import Field
from bench.figures import median

_IDLE_SECONDS = 5.0


def run(field: Field, times: int) -> dict[str, Any]:
    """Seconds from the start of the process to the first answer, on new and on known data; idle RSS in MB."""
    first: list[float] = []
    again: list[float] = []
    rss: list[float] = []
    for number in range(times):
        data = field.folder / f"start-{number}"
        for took in (first, again):
            contestant = field.product(f"start-{number}", data=data)
            contestant.probes = len(took) * 2 + (took is again)
            with contestant.process:
                contestant.check()
                took.append(contestant.answered_at - contestant.process.started_at)
                if took is again:
                    time.sleep(_IDLE_SECONDS)
                    rss.append(contestant.process.rss_mb())
    return {
        "first_start": median(first, 2),
        "next_start": median(again, 2),
        "idle_rss": median(rss),
        "times": times,
        "units": {"first_start": "s", "next_start": "s", "idle_rss": "MB"},
    }

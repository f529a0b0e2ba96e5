"""What a year is written on: whoever stores it says how a row looks."""

from __future__ import annotations

from typing import Any, Protocol


class Pages(Protocol):
    """Takes what lives say, a row at a time; see `storage.bulk.Sheet`. Moments are microseconds since 1970."""

    add_ticket: Any
    add_step: Any
    add_words: Any
    add_reporter: Any
    add_review: Any
    add_finding: Any
    add_link: Any
    add_rung: Any
    add_pooled: Any

"""What a year is written on: whoever stores it says how a row looks."""

from __future__ import annotations

from typing import Protocol


class Pages(Protocol):
    """Takes what lives say, a row at a time; see `storage.bulk.Sheet`. Moments are microseconds since 1970."""

    def add_ticket(
        self, number: str, seq: int, code: str, alias: str, type_: str, kind: str, status: str, source: str,
        channel: str, text: str, filed_at: int, area: str, place: str, latitude: float | None, longitude: float | None,
        unit: str, clock: str, dispatched_at: int | None, due_at: int | None, promised_at: int | None,
        closed_at: int | None, handler: str, walled: bool, work: str | None, helpers: str | None, deciding: str | None,
    ) -> None: ...  # fmt: skip

    def add_step(self, number: str, seq: int, at: int, action: str, status: str, by: str, data: str = "{}") -> None: ...

    def add_words(self, number: str, seq: int) -> None: ...

    def add_reporter(self, number: str, address: str, role: str, since: int) -> None: ...

    def add_review(
        self, number: str, round_: int, party: str, address: str, verdict: str, finished: str, rating: int | None,
        words: str, asked_at: int | None, at: int,
    ) -> None: ...  # fmt: skip

    def add_finding(self, number: str, round_: int, what: str, by: str, text: str, excluded: bool, at: int) -> None: ...

    def add_link(self, number: str, kind: str, other: str, by: str, at: int) -> None: ...

    def add_rung(self, number: str, level: int, at: int) -> None: ...

    def add_pooled(self, number: str, opened_at: int, due_at: int, address: str) -> None: ...

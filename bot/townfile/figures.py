"""The figures, words and contacts of a town: tables that name no other entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.domain.ticket import Type
from bot.domain.town import Contacts, Limits
from bot.townfile import entries as e
from bot.townfile.checks import value_of
from bot.townfile.source import Placed, Source, only
from bot.townfile.values import read_span

_MEGABYTE = 1024 * 1024


def type_words_of(sources: Sequence[Source]) -> dict[Type, tuple[str, ...]]:
    placed: Placed[Any] | None = only(sources, "type_words")
    found: dict[Type, tuple[str, ...]] = {}
    for key, words in (placed.entry if placed else {}).items():
        if placed and key not in list(Type):
            raise placed.fault(f"unknown type {key!r}; there are: {', '.join(Type)}", key)
        found[Type(key)] = tuple(words)
    return found


def contacts_of(placed: Placed[e.ContactsEntry] | None) -> Contacts:
    if placed is None:
        return Contacts()
    entry = placed.entry
    return Contacts(
        hotline=entry.hotline,
        hotline_hours=entry.hotline_hours,
        hotline_hours_en=entry.hotline_hours_en,
        privacy_url=entry.privacy_url,
    )


def limits_of(placed: Placed[e.LimitsEntry] | None) -> Limits:
    """The rule book's figures, but for those the town has its own."""
    if placed is None:
        return Limits()
    own: dict[str, Any] = {}
    for key in placed.entry.__struct_fields__:
        written = getattr(placed.entry, key)
        if written is None:
            continue
        if key == "answer_days":
            own[key] = {**Limits().answer_days, **_answer_days(placed)}
        elif key == "file_max_mb":
            own["file_max_bytes"] = value_of(placed, _positive, written, key) * _MEGABYTE
        elif isinstance(written, str):
            own[key] = value_of(placed, read_span, written, key)
        elif isinstance(written, list):
            own[key] = value_of(placed, _spans_in_order, written, key)
        else:
            own[key] = value_of(placed, _positive, written, key)
    return Limits(**own)


def _answer_days(placed: Placed[e.LimitsEntry]) -> dict[Type, int | None]:
    days: dict[Type, int | None] = {}
    for key, written in placed.entry.answer_days.items():
        if key not in list(Type):
            raise placed.fault(f"unknown type {key!r}; there are: {', '.join(Type)}", "answer_days", key)
        if written == "none":
            days[Type(key)] = None
        elif isinstance(written, str):
            raise placed.fault(f'{written!r}: write a number of working days, or "none"', "answer_days", key)
        else:
            days[Type(key)] = value_of(placed, _positive, written, "answer_days", key)
    return days


def _positive(number: int) -> int:
    if number <= 0:
        raise ValueError(f"{number}: must be more than 0")
    return number


def _spans_in_order(written: list[str]) -> tuple[timedelta, ...]:
    spans = tuple(read_span(span) for span in written)
    if list(spans) != sorted(set(spans)):
        raise ValueError("the spans must become longer from one to the next")
    return spans

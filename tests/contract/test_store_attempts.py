"""Tries that took a process with them: counted for all processes, forgotten when it is over or long ago."""

from __future__ import annotations

from datetime import timedelta

from storage.attempts import KEPT
from storage.sql_store import SqlStore
from tests.fakes.changesets import NOW


async def test_tries_add_up_and_are_forgotten(store: SqlStore) -> None:
    book = store.attempts
    assert await book.attempts() == {}
    await book.count_attempts({"aa": 1, "bb": 2}, NOW)
    await book.count_attempts({"aa": 2}, NOW)
    assert await book.attempts() == {"aa": 3, "bb": 2}
    await book.forget_attempts(["aa", "cc"])
    assert await book.attempts() == {"bb": 2}


async def test_what_was_never_seen_again_is_forgotten_after_a_while(store: SqlStore) -> None:
    await store.attempts.count_attempts({"aa": 1}, NOW)
    await store.attempts.count_attempts({"bb": 1}, NOW + KEPT)
    assert await store.attempts.attempts() == {"aa": 1, "bb": 1}
    await store.attempts.count_attempts({"cc": 1}, NOW + KEPT + timedelta(seconds=1))
    assert await store.attempts.attempts() == {"bb": 1, "cc": 1}

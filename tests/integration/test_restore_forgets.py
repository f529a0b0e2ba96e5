"""Whoever was forgotten does not come back with a backup; nor does what was good only once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import forgotten
from bot.changes import Changes
from bot.clock import FixedClock
from bot.console.discreet import list_of
from bot.console.restored import Aftermath
from bot.conversation.session import Session
from bot.domain.people import Invitation, Role
from storage import backup, backup_list, restoring
from storage.postgres.compacting import reapply
from storage.postgres.store import PostgresStore
from storage.store import SqliteStore
from tests.fakes import postgres
from tests.fakes.changesets import filing, person
from tests.fakes.town_hall import Hall, town_hall
from tests.integration.test_forgetting import EVERYTHING, NAME, NOW, OPENID, PHONE, TALK_WORDS, a_life, hits


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path / "data", NOW) as open_:
        yield open_


def nobody(_what: str, _done: int, _total: int) -> None:
    """Nobody looks at the bar."""


def restored(backups: Path, data: Path, at: datetime) -> Aftermath:
    path = backup_list.newest(backups)
    after = Aftermath(path, data, None, FixedClock(at))
    restoring.restore(path, data, nobody, before=after)
    return after


async def test_whoever_was_forgotten_stays_forgotten(hall: Hall, tmp_path: Path) -> None:
    data, backups, later = tmp_path / "data", tmp_path / "backups", tmp_path / "later"
    number = await a_life(hall, data)
    digest = "a" * 64
    waiting = Invitation(digest=digest, role=Role.ADMIN, made_at=NOW, expires_at=NOW + timedelta(days=7), name="陈管")
    await hall.store.commit(Changes(at=NOW, invitations=[waiting]))
    await hall.resident("another").say("电梯坏了")
    known = list_of(data)  # its key is part of the backup
    backup.make(hall.store.path, data, backups, NOW, nobody)
    known.add(f"chat:{OPENID}", NOW + timedelta(hours=1))
    known.add("chat:nobody-we-know", NOW + timedelta(hours=1))
    known.add("chat:another", NOW - timedelta(hours=1))  # had come again before the backup
    backup.make(hall.store.path, data, backups, NOW + timedelta(seconds=1), nobody)
    (backup_list.newest(backups)).rename(tmp_path / "newer")  # only the older one is left, and the list beside it
    after = restored(backups, later, NOW + timedelta(days=1))
    assert after.done is not None
    assert (after.done.people, after.done.codes) == (1, 1)
    assert hits(later, OPENID, NAME, PHONE, TALK_WORDS, NAME[:2]) == {}
    assert len(forgotten.read(later / forgotten.FILE)) == 3
    store = await SqliteStore.open("", later, clock=FixedClock(NOW + timedelta(days=1)))
    try:
        while await store.index_words():
            pass
        assert [t.number for t in await store.reader.found("幸福路 路灯", EVERYTHING)] == [number]
        assert await store.reader.invitation(digest) is None
        assert await store.personal.backlog() == (0, None)
        (session,) = (await store.reader.sessions([hall.resident("another").address])).values()
        assert session.drafts
        assert session.links_from == NOW + timedelta(days=1)
    finally:
        await store.close()


async def test_a_restore_that_cannot_forget_puts_nothing_back(hall: Hall, tmp_path: Path) -> None:
    await a_life(hall, tmp_path / "data")
    backup.make(hall.store.path, tmp_path / "data", tmp_path / "backups", NOW, nobody)
    later = tmp_path / "later"
    later.mkdir()
    (later / "forgotten.key").write_bytes(b"short")
    with pytest.raises(OSError, match="not a key"):
        restored(tmp_path / "backups", later, NOW)
    assert not list(later.glob("*minsheng*"))


async def test_the_same_on_a_server() -> None:
    url, who, later = postgres.desk_database(), person(), NOW + timedelta(hours=1)
    try:
        store = await PostgresStore.open(url, clock=FixedClock(NOW), must_answer=True)
        await store.commit(filing(who, 1, "260304-00017", key=f"{who.id}:1"))
        await store.commit(filing(person(2), 1, "260304-00018", key="m2"))
        while await store.index_words():
            pass
        await store.close()
        done = await asyncio.to_thread(reapply, url, str.upper, {str(who).upper(): later}, NOW, later)
        assert (done.people, done.links) == (1, 1)
        store = await PostgresStore.open(url, clock=FixedClock(later), must_answer=True)
        await store.reader.forgotten.recognise(str.upper)
        assert not await store.reader.tickets_of(who)
        assert len(await store.reader.tickets_of(person(2))) == 1
        assert await store.reader.session(who) == Session(address=who, seq=1, links_from=later)
        while await store.index_words():
            pass
        assert len(await store.reader.found("路灯", EVERYTHING)) == 2
        await store.close()
    finally:
        postgres.drop(url)

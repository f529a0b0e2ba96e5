"""The contract of forgetting: on every database the same rows are nobody's afterwards, and the same fences hold."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.changes import AttachmentRecord, Note, Task
from bot.conversation.session import Session
from bot.domain.people import Address
from bot.errors import AlreadyAnswered, Conflict
from bot.message import Answer
from bot.retention import cutoffs
from bot.retention_settings import RetentionSection
from storage.driver import Driver
from storage.forgetting import Erasure
from storage.sql_store import SqlStore
from storage.sweeping import walked_tables
from tests.fakes.changesets import NOW, answer, filing, joining, push, staff, turn

WHO = Address("wechat", "oLongEnoughToBeSomebody42")
OTHER = Address("wechat", "oLongEnoughToBeSomebody421")
NUMBER = "260304-00017"
LATER = NOW + timedelta(minutes=5)


def digest(text: str) -> str:
    return f"digest-of-{sum(text.encode()):x}"


async def no_rest() -> None:
    """Nobody waits."""


async def erased(store: SqlStore) -> Erasure:
    """Somebody with a ticket, news, a task, a file and talk has asked to be forgotten, and was answered."""
    first = filing(WHO, 1, NUMBER, key=f"{WHO.id}:1")
    first.pushes.append(push(f"told:x:{NUMBER}:1:{WHO}", WHO, ticket=NUMBER))
    first.notes.append(Note(key=f"n:{WHO}", box=str(WHO), what="x", at=NOW, topic=NUMBER, ticket=NUMBER))
    first.tasks.append(Task("talk:1", "talk", "x", NOW, address=WHO, data={"from": str(WHO)}))
    file = AttachmentRecord(
        id="a1", address=WHO, type="photo", ref="r", state="stored", created_at=NOW, sha256="a" * 64
    )
    first.attachments += [file, replace(file, id="a2", ticket=NUMBER, sha256="b" * 64)]
    await store.commit(first)
    other = filing(OTHER, 1, "260304-00018", key=f"{OTHER.id}:1")
    await store.commit(other)
    last = turn(WHO, 2, "m2", text="删除我的数据", say="已删除")
    last.erased.append(WHO)
    await store.commit(last)
    (erasure,) = await store.personal.erasures()
    return erasure


async def left(store: SqlStore, who: Address) -> set[str]:
    """Tables that have somebody's id."""
    whole = re.compile(rf"{who.id}(?![0-9])")

    def look(connection: Driver) -> set[str]:
        found = set()
        for table in walked_tables():
            texts = ", ".join(f'"{name}"' for name in table.texts)
            rows = connection.execute(f'SELECT {texts} FROM "{table.name}"').fetchall()  # noqa: S608  # names of columns
            if any(whole.search(str(text)) for row in rows for text in row):
                found.add(table.name)
        return found

    return await store._readers.ask(look)


async def test_nothing_leads_to_who_was_forgotten(store: SqlStore) -> None:
    await store.reader.forgotten.recognise(digest)
    erasure = await erased(store)
    assert erasure.files == ("a" * 64,)
    assert await store.personal.unused(["a" * 64, "b" * 64]) == ["a" * 64]
    assert not await store.personal.answered(erasure, NOW)
    assert await store.personal.answered(erasure, LATER)
    await store.personal.fence(erasure, digest, "erased:x", no_rest)
    (erasure,) = await store.personal.erasures()
    assert erasure.state == "fenced"
    assert await store.personal.sweep([erasure], no_rest) > 0
    assert await left(store, WHO) == set()
    assert await left(store, OTHER) >= {"inbox", "reporter", "session", "turn"}
    assert [t.number for t in await store.reader.tickets_of(OTHER)] == ["260304-00018"]
    (erasure,) = await store.personal.erasures()
    assert erasure.state == "swept"
    await store.personal.cleared([erasure.id])
    (blank,) = await store.personal.erasures()
    assert (blank.state, blank.address, blank.files) == ("cleared", "", ())
    assert await store.personal.clearing.compact()
    await store.personal.finish([blank.id], LATER)
    assert await store.personal.backlog() == (0, None)


async def test_fences_hold_for_who_comes_again(store: SqlStore) -> None:
    await store.reader.forgotten.recognise(digest)
    erasure = await erased(store)
    await store.personal.fence(erasure, digest, "erased:x", no_rest)
    again = await store.reader.session(WHO)
    assert again == Session(address=WHO, seq=2, links_from=erasure.at)
    for key in (f"{WHO.id}:1", "m2"):
        with pytest.raises(AlreadyAnswered) as found:
            await store.commit(turn(WHO, 3, key))
        assert found.value.answer == Answer(None, NOW)
    await store.commit(turn(WHO, 3, "new", say="新朋友"))
    with pytest.raises(Conflict):
        await store.commit(turn(WHO, 3, "newer"))
    assert await store.reader.answered("wechat", "new") == answer("新朋友")


async def test_whoever_works_here_stays_known(store: SqlStore) -> None:
    await store.commit(joining(staff("s1", WHO)))
    erasure = await erased(store)
    await store.personal.fence(erasure, digest, "erased:x", no_rest)
    (erasure,) = await store.personal.erasures()
    assert erasure.state == "swept"
    assert await store.reader.session(WHO) is not None


async def test_what_was_kept_long_enough_goes(store: SqlStore) -> None:
    await erased(store)
    days = RetentionSection().plain()
    assert not any((await store.retention.purge(cutoffs(days, NOW + timedelta(days=29)), no_rest)).values())
    late = await store.retention.purge(cutoffs(days, NOW + timedelta(days=2000)), no_rest)
    assert late["payloads", "inbox"] >= 1
    assert late["talk", "inbox"] >= 1
    assert late["receipts", "inbox"] == 3
    assert late["sessions", "session"] >= 1
    assert not any((await store.retention.purge(cutoffs(days, NOW + timedelta(days=2000)), no_rest)).values())
    assert (await store.reader.ticket("260304-00018")) is not None

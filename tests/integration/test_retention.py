"""What was kept long enough goes, a little at a time; what counts stays."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes, Looked
from bot.domain.people import Invitation, Role
from bot.domain.ticket import Action, Event
from bot.message import InboundMessage, MessageKind, Picture, Push, Reply
from bot.retention import CLASSES, cutoffs
from bot.retention_settings import RetentionSection
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.housekeeper import Housekeeper
from storage.beside import retention_due
from storage.media import MediaFolder
from storage.retention import RULES
from tests.fakes.town_hall import Hall, town_hall

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
DAYS = RetentionSection().plain()
WORDS, RAW = "会飞的紫色犀牛", b"<raw purple rhino>"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, NOW) as open_:
        yield open_


async def no_rest() -> None:
    """Nobody waits."""


def count(hall: Hall, sql: str) -> int:
    with closing(sqlite3.connect(hall.store.path)) as connection:
        return int(connection.execute(sql).fetchone()[0])


async def purged(hall: Hall, days: int) -> dict[str, int]:
    """What goes so many days later, by class; the dry run must have said the same, and a second run find nothing."""
    due = cutoffs(DAYS, NOW + timedelta(days=days))
    dry = await retention_due("", hall.store.path.parent, due)
    done = await hall.store.retention.purge(due, no_rest)
    assert done == {name: n for name, n in dry.items() if name in done}
    assert not any((await hall.store.retention.purge(due, no_rest)).values())
    return {name: n for (name, table), n in done.items() if n}


async def test_every_class_has_its_time(hall: Hall) -> None:
    resident = hall.resident()
    message = InboundMessage(address=resident.address, key="first", kind=MessageKind.TEXT, at=NOW, text=WORDS, raw=RAW)
    answer = await hall.dispatcher.take(message)
    await resident.say(WORDS, "photo")
    ticket = await hall.filed("260304-00011", "transport")
    old = {"at": NOW, "created_at": NOW}
    file = AttachmentRecord(
        id="a1", address=resident.address, type="photo", ref="r", state="stored", created_at=NOW, sha256="a" * 64
    )
    filed = replace(file, id="a2", ticket=ticket.number, sha256="b" * 64)
    used = Invitation(digest="d" * 64, role=Role.ADMIN, made_at=NOW, expires_at=NOW + timedelta(days=7))
    changes = Changes(at=old["at"], attachments=[file, filed], invitations=[used])
    changes.looked.append(Looked(by="s1", what="card", at=NOW, ticket=ticket.number))
    changes.code_failures.append((ticket.number, resident.address, NOW))
    closed = replace(ticket, closed_at=NOW, seq=ticket.seq + 1)
    changes.ticket(closed, Event(ticket.number, closed.seq, NOW, Action.NOTE, ticket.status, "s1"))
    await hall.store.commit(changes)
    await hall.store.quarantine("i1", "ValueError", NOW, message=message)

    assert await purged(hall, 29) == {}
    assert (await purged(hall, 31)).keys() == {"payloads", "codes", "quarantine"}
    assert count(hall, "SELECT count(*) FROM inbox WHERE length(raw) > 0") == 0
    fresh = Dispatcher(hall.dispatcher._desk)
    assert await fresh.take(message) == answer
    assert (await purged(hall, 61)).keys() == {"unfiled"}
    assert (await purged(hall, 98)).keys() == {"invitations"}
    assert count(hall, "SELECT count(*) FROM session WHERE body LIKE '%\"drafts\"%'") == 1
    assert (await purged(hall, 181)).keys() == {"talk"}
    assert count(hall, "SELECT count(*) FROM inbox WHERE text <> '' OR reply IS NOT NULL") == 0
    fresh = Dispatcher(hall.dispatcher._desk)
    assert (await fresh.take(message)).reply is None  # known still
    assert (await purged(hall, 366)).keys() == {"sessions"}
    assert count(hall, "SELECT count(*) FROM session WHERE body LIKE '%\"drafts\"%'") == 0
    assert count(hall, "SELECT count(*) FROM attachment WHERE sha256 <> ''") == 1
    assert (await purged(hall, 731)).keys() == {"files"}
    assert count(hall, "SELECT count(*) FROM attachment WHERE sha256 <> ''") == 0
    assert (await purged(hall, 1096)).keys() == {"receipts", "looks"}
    assert (await hall.ticket(ticket.number)).text == ticket.text
    assert len(await hall.actions(ticket.number)) == 3


async def test_nothing_goes_of_what_is_kept_for_ever(hall: Hall) -> None:
    await hall.resident().say(WORDS)
    ever = cutoffs(dict.fromkeys(DAYS, 0), NOW + timedelta(days=9999))
    assert ever == {}
    assert await hall.store.retention.purge(ever, no_rest) == {}


async def test_files_of_nobody_go_after_a_day(hall: Hall, tmp_path: Path) -> None:
    media = MediaFolder(tmp_path / "media")
    names = {}
    for name in ("kept", "shown", "orphan", "young"):

        async def chunks(name: str = name) -> AsyncIterator[bytes]:
            yield name.encode()

        stored = await media.save(chunks(), 100)
        names[name] = stored.sha256
        at = (NOW - timedelta(hours=1 if name == "young" else 25)).timestamp()
        os.utime(tmp_path / "media" / stored.sha256[:2] / stored.sha256[2:4] / stored.sha256, (at, at))
    who = hall.resident().address
    kept = AttachmentRecord(
        id="a1", address=who, type="photo", ref="r", state="stored", created_at=NOW, sha256=names["kept"]
    )
    shown = Push(
        key="p", address=who, reply=Reply("x", picture=Picture(names["shown"], "image/png", "")), created_at=NOW
    )
    await hall.store.commit(Changes(at=NOW, attachments=[kept], pushes=[shown]))
    night = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
    keeper = Housekeeper(
        retention=hall.store.retention,
        files=hall.store.personal,
        media=media,
        clock=hall.clock,
        days=DAYS,
        local=lambda at: at,
        rest_seconds=0,
    )
    assert await keeper.once() == 0  # the round begins at three
    hall.clock.at = night
    assert await keeper.once() == 1
    assert {name for name, sha256 in names.items() if await media.exists(sha256)} == {"kept", "shown", "young"}
    assert await keeper.once() == 0  # one round a day
    told = {(sample.name, *sample.labels.values()): sample.value for sample in keeper.samples()}
    assert told["minsheng_retention_taken", "orphans"] == 1


def test_classes_settings_and_rules_are_the_same() -> None:
    assert {each.name: each.days for each in CLASSES} == DAYS
    assert {rule.name for rule in RULES} == DAYS.keys()

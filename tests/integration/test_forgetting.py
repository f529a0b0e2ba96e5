"""Somebody is forgotten: not a byte of them is left in the data folder, and what happened stays."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes
from bot.conversation.session import Session
from bot.domain.evidence import Copy, Rendition
from bot.domain.people import Role
from bot.domain.ticket import Action, Status
from bot.forgotten import ForgottenList, read
from bot.message import Answer, InboundMessage, MessageKind
from bot.ports import Wanted
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.forgetter import Forgetter
from storage.forgetting import Erasure
from storage.media import MediaFolder
from storage.store import SqliteStore
from tests.fakes.town_hall import Hall, town_hall

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
OPENID = "oZq7Tn3XkLw0PfVb9YhRs2Ue5GdM"
NAME, PHONE, CARD_ID = "欧阳锋芒", "13912345678", "11010519491231002X"
EVERYTHING = Wanted(statuses=tuple(Status))
DRAFT_WORDS, TALK_WORDS = "榴莲味的烟囱", "紫色的犀牛"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, NOW) as open_:
        yield open_


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hits(folder: Path, *words: str) -> dict[str, list[str]]:
    held = bytes_of(folder)
    found = {word: [name for name, content in held.items() if word.encode() in content] for word in words}
    return {word: names for word, names in found.items() if names}


def forgetter(store: SqliteStore, hall: Hall, folder: Path) -> Forgetter[Erasure]:
    return Forgetter(
        store=store.personal,
        media=MediaFolder(folder / "media"),
        clock=hall.clock,
        list=ForgottenList(folder, b"k" * 32),
        exports=folder / "exports",
        hour=lambda at: at.hour,
        rest_seconds=0,
    )


async def a_life(hall: Hall, folder: Path) -> str:
    """Somebody files, talks, is asked, drafts something else, and leaves a number; the number of their ticket."""
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.staff("陈督", Role.SUPERVISOR)
    resident = hall.resident(OPENID)
    other = hall.resident("somebody-else")
    await other.say("路灯坏了，请修理")
    await resident.say(f"幸福路的路灯坏了三天，晚上看不见路，很危险。我叫{NAME}，电话{PHONE}，身份证{CARD_ID}")
    text = await resident.press("确认提交")
    (ticket,) = await hall.store.reader.tickets_of(resident.address)
    assert NAME in ticket.text, text
    assert PHONE in ticket.text
    await hall.settle()
    await handler.say(f"问 {ticket.number} 哪一盏？")
    await hall.settle()
    await resident.say(f"第三盏，打{PHONE}找{NAME}")
    await resident.say(DRAFT_WORDS, "photo")
    await resident.say("人工")
    await resident.say(TALK_WORDS)
    await hall.settle()
    while await hall.store.index_words():
        pass
    return ticket.number


async def forgotten(hall: Hall, folder: Path) -> Forgetter[Erasure]:
    """Bring all erasures to their end."""
    work = forgetter(hall.store, hall, folder)
    await hall.store.reader.forgotten.recognise(work.list.digest)
    hall.clock.at += timedelta(hours=25)
    await work.once()
    assert await hall.store.personal.backlog() == (0, None)
    return work


async def test_not_a_byte_is_left(hall: Hall, tmp_path: Path) -> None:
    number = await a_life(hall, tmp_path)
    before = await hall.ticket(number)
    secret = (OPENID, NAME, PHONE, CARD_ID, DRAFT_WORDS, TALK_WORDS)
    assert hits(tmp_path, *secret).keys() == set(secret)
    await hall.resident(OPENID).tap("desk:erase_now")
    await hall.settle()
    await forgotten(hall, tmp_path)
    assert hits(tmp_path, *secret, NAME[:2], NAME[2:], PHONE[:8]) == {}
    after = await hall.ticket(number)
    assert (after.number, after.status, after.unit, after.kind) == (number, before.status, before.unit, before.kind)
    assert after.text.startswith("幸福路的路灯坏了三天")
    assert await hall.actions(number) == [Action.FILE, Action.DISPATCH]
    assert [t.number for t in await hall.store.reader.found("幸福路 路灯", EVERYTHING)] == [number]
    assert not await hall.store.reader.found(NAME, EVERYTHING)
    assert "路灯坏了" in str(bytes_of(tmp_path)["minsheng.db"].decode("utf-8", "replace"))  # others' words stay


async def test_whoever_comes_again_is_new_and_old_messages_are_still_known(hall: Hall, tmp_path: Path) -> None:
    resident = hall.resident(OPENID)
    key = f"{OPENID}:1788000000:CLICK:menu"
    first = InboundMessage(address=resident.address, key=key, kind=MessageKind.TEXT, at=NOW, text=TALK_WORDS)
    await hall.dispatcher.take(first)
    await resident.tap("desk:erase_now")
    session = await hall.store.reader.session(resident.address)
    assert session is not None
    await hall.settle()
    await forgotten(hall, tmp_path)
    assert hits(tmp_path, OPENID, TALK_WORDS) == {}
    fresh = Dispatcher(hall.dispatcher._desk)  # a worker that remembers nothing
    again = await hall.store.reader.session(resident.address)
    assert again == Session(address=resident.address, seq=session.seq, links_from=NOW)
    assert await fresh.take(first) == Answer(None, NOW)
    assert hits(tmp_path, TALK_WORDS) == {}
    told = await fresh.take(replace(first, key="new"))
    assert told.reply is not None
    assert (await hall.store.reader.session(resident.address)).seq == session.seq + 1  # type: ignore[union-attr]


async def test_who_came_again_meanwhile_loses_only_what_was_before(hall: Hall, tmp_path: Path) -> None:
    resident = hall.resident(OPENID)
    await resident.say(TALK_WORDS)
    await resident.tap("desk:erase_now")
    hall.clock.at += timedelta(minutes=5)
    await resident.say("幸福路的井盖丢了，很危险")
    await hall.settle()
    await forgotten(hall, tmp_path)
    assert set(hits(tmp_path, OPENID, TALK_WORDS)) == {OPENID}
    session = await hall.store.reader.session(resident.address)
    assert session is not None
    assert [draft.text for draft in session.drafts] == ["幸福路的井盖丢了，很危险"]


async def test_the_list_outside_the_database(tmp_path: Path) -> None:
    list_ = ForgottenList(tmp_path, b"k" * 32)
    list_.add("wechat:a", NOW)
    with (tmp_path / "forgotten.txt").open("a") as file:
        file.write("2026-03-04T02:00:00+00:00 abc")  # cut off by a crash
    list_.add("wechat:b", NOW)
    list_.add("wechat:a", NOW)
    lines = read(tmp_path / "forgotten.txt")
    assert [line.digest for line in lines] == sorted(map(list_.digest, ("wechat:a", "wechat:b")))
    assert ForgottenList(tmp_path, b"o" * 32).digest("wechat:a") not in {line.digest for line in lines}


async def test_files_go_with_drafts_and_voices_unless_somebody_else_sent_the_same(hall: Hall, tmp_path: Path) -> None:
    media = MediaFolder(tmp_path / "media")
    resident, other = hall.resident(OPENID), hall.resident("somebody-else")
    ticket = await hall.filed("260304-00011", "transport", OPENID)
    kept = {}
    for name in ("draft", "thumb", "photo", "voice", "common"):

        async def chunks(name: str = name) -> AsyncIterator[bytes]:
            yield f"content of {name}".encode()

        kept[name] = (await media.save(chunks(), 100)).sha256
    record = AttachmentRecord(
        id="draft", address=resident.address, type="photo", ref="r", state="stored", created_at=NOW, name="secret.jpg"
    )
    of_ticket = {"ticket": ticket.number}
    changes = Changes(at=NOW)
    changes.attachments = [
        replace(record, sha256=kept["draft"]),
        replace(record, id="common", sha256=kept["common"]),
        replace(record, id="photo", sha256=kept["photo"], **of_ticket),
        replace(record, id="voice", type="voice", sha256=kept["voice"], **of_ticket),
        replace(record, id="theirs", address=other.address, sha256=kept["common"], name=""),
    ]
    await hall.store.commit(changes)
    thumb = Rendition(
        attachment="draft", kind=Copy.THUMB, sha256=kept["thumb"], mime="image/jpeg", bytes=9, width=1, height=1
    )
    await hall.store.keep_renditions("draft", [thumb], words_wanted=False)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "table.csv").write_text(OPENID)
    long_ago = (NOW - timedelta(minutes=1)).timestamp()
    os.utime(tmp_path / "exports" / "table.csv", (long_ago, long_ago))
    await resident.tap("desk:erase_now")
    await hall.settle()
    await forgotten(hall, tmp_path)
    assert {name for name, sha256 in kept.items() if await media.exists(sha256)} == {"photo", "common"}
    assert hits(tmp_path, OPENID, "secret.jpg", "content of draft", "content of voice", "content of thumb") == {}
    files = {file.id: file for file in await hall.store.reader.attachments_of(ticket.number)}
    assert (files["photo"].state, files["voice"].state) == ("stored", "dropped")
    (mine,) = await hall.store.reader.reporters(ticket.number)
    assert mine.address == files["photo"].address  # whoever it was, it is one and the same
    assert str(mine.address).startswith("erased:")


async def test_an_answered_ticket_of_nobody_still_comes_to_its_end(hall: Hall, tmp_path: Path) -> None:
    handler = await hall.staff("王强", Role.HANDLER, "transport")
    await hall.filed("260304-00011", "transport", OPENID)
    await handler.say(
        "答复 260304-00011 已解决：3月4日更换了人民路12号门前路灯的灯泡和线路，当晚亮灯正常，感谢您的反映。"
    )
    await handler.press("发出")
    await hall.after(minutes=10)
    ticket = await hall.ticket("260304-00011")
    assert ticket.status is Status.ANSWERED, handler.last
    await hall.resident(OPENID).tap("desk:erase_now")
    await hall.settle()
    await forgotten(hall, tmp_path)
    await hall.after(days=9)
    assert (await hall.ticket("260304-00011")).status is Status.CLOSED
    assert hits(tmp_path, OPENID) == {}

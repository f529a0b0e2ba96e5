"""Files of one person in a day: beyond the limit they are noted and not fetched, and the person is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.guide import Guide
from bot.domain.town import Limits, Town
from bot.message import Attachment, AttachmentType, MessageKind, Reply
from bot.runtime.dispatcher import Dispatcher
from bot.turn import Turn
from handlers.resident import collecting
from tests.fakes.small_desk import RESIDENT, SmallDesk

TOWN = Guide.of(Town(code="t", name="Town", limits=Limits(files_per_day=3)))


async def encloses(turn: Turn) -> Reply | None:
    """Notes the files of a message, as intake does."""
    assert turn.message is not None
    turn.works_here = turn.message.text == "staff"
    for attachment in turn.message.attachments:
        collecting.enclose(turn, attachment, draft="d1")
    return None


async def test_what_is_too_much_is_noted_and_told_once_a_day() -> None:
    small = SmallDesk(handle=encloses)
    desk = Dispatcher(replace(small.desk, guide=lambda: TOWN))

    async def send(key: str, text: str = "", kind: MessageKind = MessageKind.ATTACHMENT) -> list[tuple[str, str]]:
        files = tuple(Attachment(type=AttachmentType.PHOTO, ref=f"{key}-{n}") for n in range(2))
        await desk.take(small.message(text, key=key, kind=kind, attachments=files))
        return [(record.state, record.problem) for record in small.store.commits[-1].attachments]

    wanted, enough = ("pending", ""), ("failed", "too_many_today")
    assert await send("1") == [wanted, wanted]
    assert await send("2") == [wanted, enough]
    assert await send("3") == [enough, enough]
    assert await send("4", "staff") == [wanted, wanted]
    assert await send("5", kind=MessageKind.FORM) == [wanted, wanted]
    assert [push.reply.text for push in small.store.pushes.values()] == ["zh_CN: flood.files limit=3"]
    assert [push.address for push in small.store.pushes.values()] == [RESIDENT]
    small.clock.advance(timedelta(days=1))
    assert await send("6") == [wanted, wanted]

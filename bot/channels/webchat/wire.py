"""Lines of a talk as the page gets them (JSON objects), and the fixed shape of a bad answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from aiohttp import web

from bot.changes import AttachmentRecord
from bot.domain.people import Address
from bot.message import JsonObject, Picture, Push, Reply
from bot.ports import Line

RESIDENT = "resident"
DESK = "desk"
PICTURES = "/chat/pictures/"


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as browsers read it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message_key(address: Address, client_key: str) -> str:
    """The desk's key of a message: one person's keys can never be another's."""
    return f"{address.id}:{client_key}"


def reply_line(line_id: str, at: datetime, reply: Reply, pictures: str = PICTURES) -> JsonObject:
    """Something the desk says; its picture, if it has one, is to be had below ``pictures``."""
    line: JsonObject = {
        "id": line_id,
        "who": DESK,
        "at": moment(at),
        "text": reply.text,
        "choices": [{"token": c.token, "label": c.label, "word": c.word} for c in reply.choices],
        "slot": reply.slot,
        "ask": reply.ask,
    }
    if reply.picture is not None:
        line["picture"] = {"src": pictures + reply.picture.sha256, "alt": reply.picture.alt}
    return line


def push_line(push: Push, at: datetime) -> JsonObject:
    """A push, at the moment it is shown."""
    return reply_line(push.key, at, push.reply)


def talk_lines(address: Address, lines: Iterable[Line], pictures: str = PICTURES) -> list[JsonObject]:
    """A talk as the page shows it: of the lines with one slot only the last, and nothing that has nothing to show."""
    shown: list[JsonObject] = []
    slots: set[str] = set()
    for line in reversed(list(lines)):
        if isinstance(line.reply, Reply):
            if line.reply.slot:
                if line.reply.slot in slots:
                    continue
                slots.add(line.reply.slot)
            shown.append(reply_line(_client_id(address, line), line.at, line.reply, pictures))
        elif line.text or line.attachments or line.pin:
            shown.append(_plain(address, line))
    return shown[::-1]


def picture_in(lines: Iterable[Line], sha256: str) -> Picture | None:
    """The picture of that name, if somebody was shown it in their talk."""
    replies = (line.reply for line in lines)
    shown = (reply.picture for reply in replies if isinstance(reply, Reply) and reply.picture is not None)
    return next((picture for picture in shown if picture.sha256 == sha256), None)


def answer_id(client_key: str) -> str:
    """The id of what a message was answered (see `bot.ports.Line`), without the person's own prefix."""
    return f"{client_key}/answer"


def _client_id(address: Address, line: Line) -> str:
    return line.id.removeprefix(f"{address.id}:")


def _plain(address: Address, line: Line) -> JsonObject:
    plain: JsonObject = {
        "id": _client_id(address, line),
        "who": line.who,
        "at": moment(line.at),
        "text": line.text,
        "attachments": [attachment(record) for record in line.attachments],
    }
    if line.pin is not None:
        plain["place"] = {"latitude": line.pin.latitude, "longitude": line.pin.longitude}
    return plain


def attachment(record: AttachmentRecord) -> JsonObject:
    """A file of a talk; its content is at ``/chat/attachments/<id>`` when ``state`` is stored."""
    return {
        "id": record.id,
        "type": record.type,
        "state": record.state,
        "mime": record.mime,
        "name": record.name,
        "bytes": record.bytes,
        "seconds": record.seconds,
        "problem": record.problem,
    }


def bad(status: int, code: str, message: str, *, retry_after: float | None = None) -> web.Response:
    """A bad answer: ``{"error": {"code", "message"}}``, told in the visitor's language."""
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, round(retry_after)))
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)

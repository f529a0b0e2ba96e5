"""From Telegram's update to what a person did. Works on the raw JSON: typed parsing costs ten times as much."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from bot.channels.telegram.content import TEXT_LIMIT, Content, content_of
from bot.channels.telegram.fields import Json, integer, moment, obj, string
from bot.domain.people import Address
from bot.errors import Malformed
from bot.message import InboundMessage, MessageKind
from bot.text import clean

NAME = "telegram"

_PRESS_LIMIT = 64  # bytes that Telegram allows in a button's data
_START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?(?:\s.*)?", re.ASCII | re.DOTALL)
_COMMAND = re.compile(r"(/[A-Za-z0-9_]{1,32})@([A-Za-z0-9_]{1,64})(?![A-Za-z0-9_])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a person did, and the press that must be acknowledged to their client ("" when there is none)."""

    message: InboundMessage
    callback: str = ""


def parse(body: bytes) -> object:
    """The JSON of a body. Bytes that are no UTF-8 and lone surrogates are let in, `decode` cleans them.

    Raises Malformed for what is no JSON, or is nested deeper than anything Telegram sends.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the strict and fast parser also refuses things that Telegram may pass on from its users
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Malformed from None


def update_id(update: object) -> int:
    """The number of an update. Raises Malformed when there is none."""
    number = integer(update, "update_id") if isinstance(update, dict) else None
    if number is None or number < 0:
        raise Malformed
    return number


def decode(
    update: object, raw: bytes, now: datetime, *, bot: int, file_limit: int, username: str = ""
) -> Decoded | None:
    """What a person did; None when nobody said anything to the desk.

    ``raw`` are the update's bytes, kept with the message. ``bot`` is our own user id, ``username`` our name ("" while
    nobody has asked for it). ``file_limit``: bytes; larger
    files get ``problem="too_large"``. Raises Malformed for what is no update at all.
    """
    key = f"u{update_id(update)}"
    assert isinstance(update, dict)  # noqa: S101  # update_id has looked; this tells the type checker
    if message := obj(update, "message"):
        return _said(message, key, raw, now, bot, file_limit, username)
    if callback := obj(update, "callback_query"):
        return _pressed(callback, key, raw, now)
    if message := obj(update, "edited_message"):
        return _edited(message, key, raw, now)
    if member := obj(update, "my_chat_member"):
        return _came_or_went(member, key, raw, now)
    return None


def _person(of: Json) -> Json | None:
    """Who did it, unless that is a program: the desk never talks with bots."""
    sender = obj(of, "from")
    if integer(sender, "id") is None or sender.get("is_bot") is True:
        return None
    return sender


def _address(chat: Json, sender: Json) -> Address | None:
    """A private chat is one person; in a group each member stands alone. Channels are nobody."""
    place, person = integer(chat, "id"), integer(sender, "id")
    if place is None or person is None:
        return None
    match string(chat, "type"):
        case "private":
            return Address(NAME, str(place))
        case "group" | "supergroup":
            return Address(NAME, f"{place}/{person}")
        case _:
            return None


def _locale(sender: Json) -> str:
    language = string(sender, "language_code")
    return ("zh_CN" if language.lower().startswith("zh") else "en") if language else ""


def _edit_key(message: Json) -> str:
    return f"m{integer(obj(message, 'chat'), 'id')}:{integer(message, 'message_id')}"


def _quote(message: Json, sender: Json, bot: int) -> str:
    """The id of the message of ours that is replied to: in a private chat every message but the person's own."""
    original = obj(message, "reply_to_message")
    number, author = integer(original, "message_id"), integer(obj(original, "from"), "id")
    private = string(obj(message, "chat"), "type") == "private"
    ours = author != integer(sender, "id") if private else bool(bot) and author == bot
    return str(number) if number is not None and ours else ""


def _said(
    message: Json, key: str, raw: bytes, now: datetime, bot: int, file_limit: int, username: str
) -> Decoded | None:
    sender, chat = _person(message), obj(message, "chat")
    address = _address(chat, sender) if sender is not None else None
    if sender is None or address is None:
        return None
    quote = _quote(message, sender, bot)
    found = content_of(message, integer(sender, "id") or 0, file_limit)
    person = _alone(address, sender)
    # In a group only a reply to us, and a command with our name, is ours to read.
    if person is not None and (found["kind"] is MessageKind.TICKLE or not (quote or _for_us(found, username))):
        return None
    fields: dict[str, Any] = {**found}
    if found["kind"] is MessageKind.TEXT and found["text"].startswith("/"):
        fields |= _command(found)
    return Decoded(
        InboundMessage(
            address=address,
            key=key,
            at=moment(message, "date", now),
            quote=quote,
            locale=_locale(sender),
            raw=raw,
            id=_edit_key(message),
            person=person,
            **fields,
        )
    )


def _alone(address: Address, sender: Json) -> Address | None:
    """The address of somebody's own talk with us, for what they do in a group; None where they are alone with us."""
    return Address(NAME, str(integer(sender, "id"))) if "/" in address.id else None


def _for_us(found: Content, username: str) -> bool:
    """Whether words are a command with our name; with any name while we do not know ours."""
    named = _COMMAND.match(found.get("text", "")) if found["kind"] is MessageKind.TEXT else None
    return named is not None and username.lower() in ("", named[2].lower())


def _command(found: Content) -> dict[str, Any]:
    """ "/start" is somebody coming in, perhaps through a link; of other commands only our own name is cut off."""
    text = found["text"]
    if start := _START.fullmatch(text):
        return {"kind": MessageKind.FOLLOW, "text": "", "scene": start[1] or ""}
    return {"text": _COMMAND.sub(r"\1", text, count=1) if _COMMAND.match(text) else text}


def _edited(message: Json, key: str, raw: bytes, now: datetime) -> Decoded | None:
    sender, chat = _person(message), obj(message, "chat")
    address = _address(chat, sender) if sender is not None else None
    if sender is None or address is None or "/" in address.id:
        return None
    words = clean(string(message, "text") or string(message, "caption"), TEXT_LIMIT)
    edited = bool(words)  # else a live location that moves on, or a picture without words that was replaced
    return Decoded(
        InboundMessage(
            address=address,
            key=key,
            kind=MessageKind.EDIT if edited else MessageKind.TICKLE,
            at=moment(message, "edit_date", now),
            text=words,
            edits=_edit_key(message) if edited else "",
            locale=_locale(sender),
            raw=raw,
        )
    )


def _pressed(callback: Json, key: str, raw: bytes, now: datetime) -> Decoded | None:
    sender, card = _person(callback), obj(callback, "message")
    if sender is None:
        return None
    address = _address(obj(card, "chat"), sender) or Address(NAME, str(integer(sender, "id")))
    press = clean(string(callback, "data"), _PRESS_LIMIT)
    number = integer(card, "message_id")
    return Decoded(
        InboundMessage(
            address=address,
            key=key,
            kind=MessageKind.PRESS if press else MessageKind.TICKLE,
            at=now,  # Telegram tells when the card was sent, not when it was pressed
            press=press,
            quote="" if number is None else str(number),
            locale=_locale(sender),
            raw=raw,
            person=_alone(address, sender),
        ),
        callback=clean(string(callback, "id"), _PRESS_LIMIT),
    )


def _came_or_went(member: Json, key: str, raw: bytes, now: datetime) -> Decoded | None:
    sender = _person(member)
    address = _address(obj(member, "chat"), sender) if sender is not None else None
    if sender is None or address is None or "/" in address.id:
        return None
    match string(obj(member, "new_chat_member"), "status"):
        case "kicked" | "left":
            kind = MessageKind.UNFOLLOW
        case "member":
            kind = MessageKind.FOLLOW
        case _:
            kind = MessageKind.TICKLE
    return Decoded(
        InboundMessage(
            address=address, key=key, kind=kind, at=moment(member, "date", now), locale=_locale(sender), raw=raw
        )
    )

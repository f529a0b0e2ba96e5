"""From a request's fields to one `InboundMessage`."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.channels.wechat.fields import Fields
from bot.channels.wechat.model import modelled, word
from bot.domain.people import Address
from bot.domain.place import Datum, Pin
from bot.errors import Malformed
from bot.message import Attachment, AttachmentType, InboundMessage, MessageKind
from bot.text import clean

CHANNEL = "wechat"
TEXT_CAP = 20_000
"""Characters kept of one text; WeChat itself sends far fewer."""
_SHORT_CAP = 500
_ID_CAP = 128
_KEY_CAP = 250

_VOICE_MIME = {"amr": "audio/amr", "speex": "audio/speex"}


def decode(fields: Fields, raw: bytes) -> InboundMessage:
    """What somebody did. ``raw`` is kept with it. Raises Malformed when sender, time or type is missing.

    A message type nobody knows becomes ``UNKNOWN``; an event that needs no answer, known or not, ``TICKLE``.
    """
    sender, kind = clean(word(fields, "FromUserName"), _ID_CAP), word(fields, "MsgType").lower()
    if not sender or not kind:
        raise Malformed(cause="fields")
    model = modelled(fields)
    try:
        at = datetime.fromtimestamp(model.time, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Malformed(cause="time") from None
    if kind == "event":
        key = _event_key(sender, fields)
        # wechatpy's subscribe_scan keeps the scene in the model, hence the model and not the fields.
        found = _EVENTS.get(getattr(model, "event", ""), _tickle)(model)
    else:
        key = clean(word(fields, "MsgId"), _ID_CAP) or _nameless_key(sender, raw)
        found = _MESSAGES.get(model.type, _unknown)(model, fields)
    return InboundMessage(address=Address(CHANNEL, sender), key=key, at=at, raw=raw, **found)


def _event_key(sender: str, fields: Fields) -> str:
    """Events have no MsgId. WeChat's advice, sender and second, would take two quick taps for one."""
    parts = (sender, word(fields, "CreateTime"), word(fields, "Event"), word(fields, "EventKey"))
    key = clean(":".join(parts), TEXT_CAP)
    if len(key) > _KEY_CAP:
        key = f"{sender}:{_digest(key.encode())}"
    return key


def _nameless_key(sender: str, raw: bytes) -> str:
    return f"{sender}:{_digest(raw)}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _text(model: Any, fields: Fields) -> dict[str, Any]:
    text = clean(word(fields, "Content"), TEXT_CAP)
    press = clean(word(fields, "bizmsgmenuid"), _ID_CAP)
    if press:
        return {"kind": MessageKind.PRESS, "press": press, "text": text}
    return {"kind": MessageKind.TEXT, "text": text}


def _link(model: Any, fields: Fields) -> dict[str, Any]:
    parts = (clean(word(fields, "Title"), _SHORT_CAP), clean(word(fields, "Url"), _SHORT_CAP * 4))
    return {"kind": MessageKind.TEXT, "text": "\n".join(part for part in parts if part)}


def _file(type_: AttachmentType) -> Callable[[Any, Fields], dict[str, Any]]:
    def read(model: Any, fields: Fields) -> dict[str, Any]:
        ref, mime = word(fields, "MediaId"), ""
        if type_ is AttachmentType.VOICE:
            ref = word(fields, "MediaId16K") or ref  # twice the sampling rate: people have to understand it
            mime = _VOICE_MIME.get(word(fields, "Format").lower(), "")
        ref = clean(ref, _SHORT_CAP)
        enclosed = Attachment(type=type_, ref=ref, mime=mime, problem="" if ref else "unsupported")
        return {"kind": MessageKind.ATTACHMENT, "attachments": (enclosed,)}

    return read


def _location(model: Any, fields: Fields) -> dict[str, Any]:
    try:
        latitude, longitude = float(word(fields, "Location_X")), float(word(fields, "Location_Y"))
    except ValueError:
        latitude = longitude = math.nan
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return _unknown(model, fields)
    pin = Pin(latitude, longitude, Datum.GCJ02, clean(word(fields, "Label"), _SHORT_CAP))
    return {"kind": MessageKind.PLACE, "pin": pin}


def _unknown(model: Any, fields: Fields) -> dict[str, Any]:
    return {"kind": MessageKind.UNKNOWN, "unknown": clean(word(fields, "MsgType"), 32)}


def _follow(event: Any) -> dict[str, Any]:
    return {"kind": MessageKind.FOLLOW}


def _scan(event: Any) -> dict[str, Any]:
    return {"kind": MessageKind.FOLLOW, "scene": clean(word(event._data, "EventKey"), _ID_CAP)}


def _unfollow(event: Any) -> dict[str, Any]:
    return {"kind": MessageKind.UNFOLLOW}


def _click(event: Any) -> dict[str, Any]:
    press = clean(word(event._data, "EventKey"), _ID_CAP)
    return {"kind": MessageKind.PRESS, "press": press} if press else _tickle(event)


def _tickle(event: Any) -> dict[str, Any]:
    return {"kind": MessageKind.TICKLE}


_MESSAGES: dict[str, Callable[[Any, Fields], dict[str, Any]]] = {
    "text": _text,
    "link": _link,
    "location": _location,
    "image": _file(AttachmentType.PHOTO),
    "voice": _file(AttachmentType.VOICE),
    "video": _file(AttachmentType.VIDEO),
    "shortvideo": _file(AttachmentType.VIDEO),
}
"""wechatpy's message type to what it means here; ``Recognition`` of a voice is not used: WeChat has ended it."""

_EVENTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "subscribe": _follow,
    "subscribe_scan": _scan,
    "scan": _scan,
    "unsubscribe": _unfollow,
    "click": _click,
}

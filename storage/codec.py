"""Between values and what a database keeps: moments as integers, the rest as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from bot.conversation.session import Session
from bot.domain.people import Invitation, Staff
from bot.domain.place import Pin
from bot.domain.work import Work
from bot.errors import Unstorable
from bot.message import Brief, Reply

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_T = TypeVar("_T")

_encode = msgspec.json.Encoder().encode


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC. Raises TypeError for a moment without a time zone."""
    return (at - _EPOCH) // _MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    """The same; nothing stays nothing."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The moment, aware UTC."""
    return _EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    """The same; nothing stays nothing."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def as_json(value: object) -> str:
    """Any value of the desk as JSON text. Raises Unstorable for what JSON or UTF-8 cannot hold."""
    try:
        return _encode(value).decode()
    except (UnicodeError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unstorable(why=type(error).__name__) from error


class Said(msgspec.Struct, frozen=True):
    """The part of a note that is JSON."""

    what: str
    params: dict[str, str] = {}


def _reading(type_: type[_T]) -> Callable[[str], _T]:
    return msgspec.json.Decoder(type_).decode


read_session = _reading(Session)
read_reply = _reading(Reply)
read_pin = _reading(Pin)
read_brief = _reading(Brief)
read_work = _reading(Work)
read_said = _reading(Said)
read_staff = _reading(Staff)
read_invitation = _reading(Invitation)


def clean(text: str) -> str:
    """The text itself. Raises Unstorable for a NUL, which not every database can hold."""
    if "\0" in text:
        raise Unstorable(why="NUL")
    return text


def reply_or_none(text: str | None) -> Reply | None:
    """A stored reply; None where there is none, or an older program's words cannot be read any more."""
    try:
        return None if text is None else read_reply(text)
    except msgspec.MsgspecError:
        return None


def whole_json(value: object) -> bytes:
    """Any value as JSON that keeps even what is no proper text: lone surrogates are escaped, bytes are base64."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=True).encode()


def plain(text: str) -> str:
    """A text that every database takes, the same for the same text: what is not proper is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def read_json(text: str) -> Any:
    """Any JSON, as plain dictionaries, lists, strings and numbers."""
    return msgspec.json.decode(text)

"""Template messages: what may be said to a follower when nothing longer may be sent.

A template's fields are named by type and number (``thing1``); each type takes only so much of only such characters,
and a message with one wrong field is refused whole (47003). Limits: developers.weixin.qq.com, template messages,
"parameter limits".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.errors import ConfigurationError
from bot.message import Push

SOURCES = ("number", "title", "state", "time", "due", "place", "unit", "remark")
"""What a template's field may be filled from: the fields of a `Brief`."""

PAGE = "{page}"

NAMES = ("answer", "question", "news", "work", "overdue")
FALLBACK: Mapping[str, str] = {"answer": "news", "question": "news", "overdue": "work"}
"""Which template says it where its own is not set."""

THING, STRING, PHRASE, NAME_HAN, NAME_LETTERS = 20, 32, 5, 10, 20
"""Most characters of a field of that type."""

_FIELD = re.compile(r"([a-z_]+?)(\d{1,2})")
_ID = re.compile(r"[A-Za-z0-9_-]{20,64}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ELLIPSIS = "…"
_NOTHING_SAID = "-"


@dataclass(frozen=True, slots=True)
class Template:
    """One template of the account. ``fields`` maps its fields to `SOURCES`; ``url`` is where a tap leads ("" nowhere),
    ``{number}`` in it stands for the ticket's; ``{page}`` alone leads to the reader's own page of the ticket. Raises
    ConfigurationError for what WeChat would refuse."""

    name: str
    id: str
    fields: Mapping[str, str]
    url: str = ""

    def __post_init__(self) -> None:
        where = f"wechat.templates.{self.name}"
        if self.name not in NAMES:
            raise ConfigurationError(where, f"unknown template; there are: {', '.join(NAMES)}")
        if not _ID.fullmatch(self.id):
            raise ConfigurationError(f"{where}.id", "must be the template's id, as in the console")
        if not self.fields:
            raise ConfigurationError(f"{where}.fields", "is empty: say what each field of the template shows")
        for name, source in self.fields.items():
            matched = _FIELD.fullmatch(name)
            if matched is None or matched[1] not in _FITTING:
                known = ", ".join(f"{each}1" for each in _FITTING)
                raise ConfigurationError(f"{where}.fields.{name}", f"must be a type and a number such as {known}")
            if source not in SOURCES:
                raise ConfigurationError(f"{where}.fields.{name}", f"must be one of {', '.join(SOURCES)}")
        if self.url and self.url != PAGE and not re.match(r"https?://[^\s{}]+(\{number\}[^\s{}]*)?$", self.url):
            raise ConfigurationError(
                f"{where}.url", "must be {page}, or an address; only {number} may stand in braces in it"
            )


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of the account, by name."""

    by_name: Mapping[str, Template] = field(default_factory=dict)

    def message(self, push: Push) -> dict[str, Any] | None:
        """The content of message/template/send for a push; None where no template can say it.

        ``client_msg_id`` is made of the push's key: within ten minutes WeChat sends the same one only once.
        """
        brief = push.brief
        template = self._for(brief.name) if brief is not None else None
        if brief is None or template is None:
            return None
        data: dict[str, dict[str, str]] = {}
        for name, source in template.fields.items():
            value = fitted(name, brief.fields.get(source, ""))
            if not value:
                return None
            data[name] = {"value": value}
        said: dict[str, Any] = {
            "touser": push.address.id,
            "template_id": template.id,
            "data": data,
            "client_msg_id": hashlib.sha256(push.key.encode("utf-8", "replace")).hexdigest()[:32],
        }
        if address := _tapped(template.url, brief.fields):
            said["url"] = address
        return said

    def _for(self, name: str) -> Template | None:
        return self.by_name.get(name) or self.by_name.get(FALLBACK.get(name, ""))


def _tapped(url: str, fields: Mapping[str, str]) -> str:
    """Where a tap leads; "" nowhere: a page that there is not, or a ticket without a number."""
    return fields.get("page", "") if url == PAGE else url.replace("{number}", fields.get("number", ""))


def fitted(name: str, value: str) -> str:
    """A value as a template's field takes it; "" when nothing of it can stand there."""
    fit = _FITTING.get(name.rstrip("0123456789"))
    return fit(" ".join(value.split())) if fit is not None else ""


def _thing(text: str) -> str:
    text = "".join(char for char in text if char.isprintable())
    return (text if len(text) <= THING else text[: THING - 1] + _ELLIPSIS) or _NOTHING_SAID


def _string(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "", text).strip()[:STRING] or _NOTHING_SAID


def _phrase(text: str) -> str:
    return "".join(_HAN.findall(text))[:PHRASE]


def _name(text: str) -> str:
    if _HAN.search(text):
        return "".join(char for char in text if char.isalpha())[:NAME_HAN]
    return re.sub(r"[^A-Za-z .'-]", "", text)[:NAME_LETTERS]


def _time(text: str) -> str:
    at = _moment(text)
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _date(text: str) -> str:
    at = _moment(text)
    return f"{at:%Y-%m-%d}" if at else ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _only(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, "", text)[:STRING]


_FITTING: Mapping[str, Callable[[str], str]] = {
    "thing": _thing,
    "character_string": _string,
    "phrase": _phrase,
    "const": lambda text: text[:THING],
    "name": _name,
    "time": _time,
    "date": _date,
    "number": _only(r"[^0-9]"),
    "letter": _only(r"[^A-Za-z]"),
}
"""How a value is made to fit, by the type of the field."""

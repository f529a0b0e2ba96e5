"""Answers of Open311 as JSON or XML. XML is written here and never read."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from aiohttp import web

from bot.views.open311 import Record

ONE_OF = {
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What one entry of a list inside a record is called in XML."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, not even escaped."""

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Format(StrEnum):
    """How an answer is written."""

    JSON = "application/json"
    XML = "text/xml"


def format_of(request: web.Request) -> Format:
    """The format that the address ends with, else the first that is accepted, else JSON."""
    ending = request.match_info.get("format", "") or _ending(request.path)
    if ending:
        return Format.XML if ending == ".xml" else Format.JSON
    for wanted in request.headers.get("Accept", "").lower().split(",")[:20]:
        kind = wanted.partition(";")[0].strip()
        if kind in ("text/xml", "application/xml"):
            return Format.XML
        if kind in ("application/json", "text/json"):
            return Format.JSON
    return Format.JSON


def _ending(path: str) -> str:
    return next((ending for ending in (".json", ".xml") if path.endswith(ending)), "")


def listing(request: web.Request, root: str, item: str, records: Sequence[Record], status: int = 200) -> web.Response:
    """Records: an array even of one; in XML elements called ``item`` within ``root``."""
    return _answer(request, list(records), _element(root, _items(item, records)), status)


def single(request: web.Request, root: str, record: Record) -> web.Response:
    """One record that is no list."""
    return _answer(request, record, _element(root, _fields(record)), 200)


def failure(
    request: web.Request, status: int, description: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """What went wrong, as GeoReport says it: ``errors`` of ``code`` and ``description``."""
    response = listing(request, "errors", "error", [{"code": status, "description": description}], status)
    response.headers.update(headers or {})
    return response


def _answer(request: web.Request, value: object, document: str, status: int) -> web.Response:
    form = format_of(request)
    if form is Format.XML:
        text = f'<?xml version="1.0" encoding="utf-8"?>\n{document}\n'
    else:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return web.Response(text=text, status=status, content_type=form.value, charset="utf-8", headers=HEADERS)


def _element(name: str, markup: str) -> str:
    return f"<{name}>{markup}</{name}>" if markup else f"<{name}/>"


def _fields(record: Record) -> str:
    return "".join(_element(name, _markup(name, value)) for name, value in record.items())


def _items(item: str, values: Sequence[object]) -> str:
    return "".join(_element(item, _fields(v) if isinstance(v, dict) else _markup(item, v)) for v in values)


def _markup(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return _items(ONE_OF[name], value)
        case _:
            return html.escape(_NOT_XML.sub("", str(value)), quote=False)

"""A request's XML as nested fields. Called only with what `wire` has proven."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from bot.errors import Malformed

Fields = dict[str, Any]
"""Element name to text, to the fields inside it, or to a list of those where a name repeats."""

DEPTH_CAP = 8
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r")


def read_fields(xml: bytes) -> Fields:
    """The fields of the ``<xml>`` element, texts trimmed. Raises Malformed.

    A document type or an entity declaration is refused, so nothing can be fetched or blown up.
    Control characters and lone surrogates, which people's phones do send, are dropped or replaced before parsing.
    """
    xml = _mended(xml)
    flat = _flat(xml)
    if flat is not None:
        return flat
    try:
        fields = _read(xml).get("xml")
    except expat.ExpatError:
        raise Malformed(cause="xml") from None
    if not isinstance(fields, dict):
        raise Malformed(cause="root")
    return fields


_ELEMENT = re.compile(r"\s*<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<&]*))</\1>\s*", re.S)


def _flat(xml: bytes) -> Fields | None:
    """The fields of a document that is a plain row of elements, as nearly all are; None for anything else.

    It knows far less than XML: no attributes, no nesting, no entities, no declarations. What is not of this form to
    the last byte is left to the parser, which knows everything.
    """
    text = xml.decode().strip()
    if not (text.startswith("<xml>") and text.endswith("</xml>")):
        return None
    at, end = len("<xml>"), len(text) - len("</xml>")
    fields: Fields = {}
    while at < end:
        element = _ELEMENT.match(text, at, end)
        if element is None or element[1] in fields:
            return None
        words = element[2]
        fields[element[1]] = (element[3] if words is None else words).strip()
        at = element.end()
    return fields or None


def _mended(xml: bytes) -> bytes:
    xml = xml.translate(None, _CONTROLS)
    try:
        xml.decode()
    except UnicodeDecodeError:
        try:
            units = xml.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
        except UnicodeDecodeError:
            raise Malformed(cause="utf8") from None
        return units.decode("utf-16-le", "replace").encode()
    return xml


def _read(xml: bytes) -> Fields:
    """Closures, because three calls an element are most of what a plain request costs."""
    root: Fields = {}
    stack: list[Fields | None] = [root]  # None: an open element without elements inside, so far
    words: list[str] = []

    def start(_name: str, _attributes: object) -> None:
        if len(stack) > DEPTH_CAP:
            raise Malformed(cause="depth")
        stack.append(None)
        words.clear()

    def end(name: str) -> None:
        inner = stack.pop()
        value: str | Fields = "".join(words).strip() if inner is None else inner
        words.clear()
        outer = stack[-1]
        if outer is None:
            stack[-1] = {name: value}
        elif name not in outer:
            outer[name] = value
        elif isinstance(outer[name], list):
            outer[name].append(value)
        else:
            outer[name] = [outer[name], value]

    def refuse(*_: object) -> None:
        raise Malformed(cause="doctype")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words.append
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(xml, True)
    return root

"""How things are called in the language of the person who reads."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from bot.conversation.draft import Draft
from bot.domain.gazetteer import AND
from bot.domain.place import Place
from bot.domain.ticket import Status, Ticket
from bot.domain.town import UNDECIDED, Area, Kind, Unit
from bot.message import AttachmentType
from bot.turn import Turn, Voice

TITLE_LENGTH = 20
WIDE = frozenset({"W", "F"})
"""East Asian widths of letters that take the room of two."""

Speaking = Turn | Voice
"""Whose language things are named in."""


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _named(voice: Speaking, entry: Kind | Unit | Area | None, code: str) -> str:
    if entry is None:
        return code
    return entry.name_en or entry.name if voice.locale == "en" else entry.name


def kind_name(voice: Speaking, code: str) -> str:
    """The kind's name; its code when the town no longer knows it."""
    return _named(voice, voice.town.kinds.get(code), code)


def unit_name(voice: Speaking, code: str) -> str:
    """The unit's name; for the pool, what residents are told instead."""
    return _named(voice, voice.town.units.get(code), code) if code else voice.words("unit.pool")


def area_name(voice: Speaking, code: str) -> str:
    """The area's name with the one it lies in."""
    area = voice.town.areas.get(code)
    parent = voice.town.areas.get(area.parent) if area else None
    name = _named(voice, area, code)
    return voice.words("place.in", inner=name, outer=_named(voice, parent, "")) if parent else name


def type_name(voice: Speaking, type_: str) -> str:
    """What the type of a ticket is called."""
    return voice.words(f"type.{type_}")


def place_name(voice: Speaking, place: Place) -> str:
    """A place read back: what was said, and the area the desk takes it for, each named once."""
    area = voice.town.areas.get(place.area)
    if area is None or _named(voice, area, "") in place.name:
        return place.name
    said = place.name.removesuffix(f"{AND}{area.name}")
    if said == place.name and said.endswith(area.name):
        return area_name(voice, place.area)
    return voice.words("place.of", name=said, area=area_name(voice, place.area))


def moment(voice: Speaking, at: datetime) -> str:
    """A moment as people say it, in the town's time zone."""
    local = at.astimezone(_zone(voice.town.timezone))
    return voice.words(
        "date.moment",
        month=voice.words(f"date.month.{local.month}"),
        day=local.day,
        weekday=voice.words(f"date.weekday.{local.weekday()}"),
        time=f"{local:%H:%M}",
    )


def title(voice: Speaking, draft: Draft) -> str:
    """A few words that tell this matter from the person's others."""
    if draft.said:
        return shortened(" ".join(draft.said[0].text.split()), TITLE_LENGTH)
    if draft.enclosed:
        return voice.words(f"title.{draft.enclosed[0].type}")
    return draft.place.name if draft.place else voice.words("title.empty")


def ticket_title(voice: Speaking, ticket: Ticket) -> str:
    """A few words that tell a ticket from the person's others."""
    if ticket.text:
        return shortened(" ".join(ticket.text.split()), TITLE_LENGTH)
    return voice.words("title.wordless") if ticket.kind == UNDECIDED else kind_name(voice, ticket.kind)


def state_name(voice: Speaking, ticket: Ticket) -> str:
    """The ticket's status; who reads it is addressed only where the reader is the resident."""
    if ticket.status is Status.FILED and not ticket.unit:
        return voice.words("status.pool")
    if ticket.status is Status.WAITING_RESIDENT and isinstance(voice, Turn) and voice.works_here:
        return voice.words("work.waiting")
    return voice.words(f"status.{ticket.status}")


def shortened(text: str, length: int) -> str:
    """At most so many Chinese characters, or twice as many Latin ones, which are half as wide; "…" for what is missing.

    A Latin word is not cut in two where the text can end before it.
    """
    if len(text) <= length:
        return text
    room = 2 * length
    for place, letter in enumerate(text):
        room -= 2 if east_asian_width(letter) in WIDE else 1
        if room < 0 or (room == 0 and place < len(text) - 1):
            return _whole_words(text[:place], letter) + "…"
    return text


def _whole_words(kept: str, following: str) -> str:
    if not (following.isascii() and following.isalnum() and kept[-1:].isascii() and kept[-1:].isalnum()):
        return kept.rstrip()
    shorter = kept.rsplit(" ", 1)[0]
    return shorter.rstrip() if len(shorter) > len(kept) // 2 else kept


def counted(voice: Speaking, types: list[AttachmentType]) -> str:
    """What is enclosed, by type: "photos 2, voice 1" in the person's language."""
    found: dict[AttachmentType, int] = {}
    for type_ in types:
        found[type_] = found.get(type_, 0) + 1
    return voice.words("list.comma").join(voice.words(f"enclosed.{t}", count=n) for t, n in found.items())

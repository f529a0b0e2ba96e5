"""How things are called in the language of the person who reads."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.conversation.draft import Draft
from bot.domain.place import Place
from bot.domain.town import Area, Kind, Unit
from bot.message import AttachmentType
from bot.turn import Turn

TITLE_LENGTH = 20


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _named(turn: Turn, entry: Kind | Unit | Area | None, code: str) -> str:
    if entry is None:
        return code
    return entry.name_en or entry.name if turn.session.locale == "en" else entry.name


def kind_name(turn: Turn, code: str) -> str:
    """The kind's name; its code when the town no longer knows it."""
    return _named(turn, turn.town.kinds.get(code), code)


def unit_name(turn: Turn, code: str) -> str:
    """The unit's name; for the pool, what residents are told instead."""
    return _named(turn, turn.town.units.get(code), code) if code else turn.words("unit.pool")


def area_name(turn: Turn, code: str) -> str:
    """The area's name with the one it lies in."""
    area = turn.town.areas.get(code)
    parent = turn.town.areas.get(area.parent) if area else None
    name = _named(turn, area, code)
    return turn.words("place.in", inner=name, outer=_named(turn, parent, "")) if parent else name


def type_name(turn: Turn, type_: str) -> str:
    """What the type of a ticket is called."""
    return turn.words(f"type.{type_}")


def place_name(turn: Turn, place: Place) -> str:
    """A place read back: what was said, and the area the desk takes it for."""
    area = turn.town.areas.get(place.area)
    if area is None or _named(turn, area, "") in place.name:
        return place.name
    return turn.words("place.of", name=place.name, area=area_name(turn, place.area))


def moment(turn: Turn, at: datetime) -> str:
    """A moment as people say it, in the town's time zone."""
    local = at.astimezone(_zone(turn.town.timezone))
    return turn.words(
        "date.moment",
        month=turn.words(f"date.month.{local.month}"),
        day=local.day,
        weekday=turn.words(f"date.weekday.{local.weekday()}"),
        time=f"{local:%H:%M}",
    )


def title(turn: Turn, draft: Draft) -> str:
    """A few words that tell this matter from the person's others."""
    if draft.said:
        return shortened(" ".join(draft.said[0].text.split()), TITLE_LENGTH)
    if draft.enclosed:
        return turn.words(f"title.{draft.enclosed[0].type}")
    return draft.place.name if draft.place else turn.words("title.empty")


def shortened(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def counted(turn: Turn, types: list[AttachmentType]) -> str:
    """What is enclosed, by type: "photos 2, voice 1" in the person's language."""
    found: dict[AttachmentType, int] = {}
    for type_ in types:
        found[type_] = found.get(type_, 0) + 1
    return turn.words("list.comma").join(turn.words(f"enclosed.{t}", count=n) for t, n in found.items())

"""A draft: what a resident has sent so far and not yet confirmed."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.domain.place import Place
from bot.domain.ticket import Type
from bot.message import AttachmentType


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """Words of one message; ``key`` is its `InboundMessage.edit_key`: by it an edit finds them."""

    key: str
    text: str


class Enclosed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attachment of a draft. ``id`` names its row; ``problem`` says why it cannot be had ("" while all is well)."""

    id: str
    type: AttachmentType
    problem: str = ""


class Offer(msgspec.Struct, frozen=True):
    """A ticket of somebody else that a draft may be the same as, in the words anybody may know of it.

    ``state`` is the name of a status in the catalogue, ``at`` when it was filed.
    """

    number: str
    kind: str
    place: Place
    at: datetime
    state: str


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a resident has sent so far and not yet confirmed.

    ``state`` is a state of the intake machine. ``kind`` and ``type`` are suggestions until ``kind_chosen`` /
    ``type_chosen``. ``area_options`` are codes to choose from while the place is unclear. ``place_asked``: asked
    once, never again. ``source`` is "" unless somebody files for another person. ``urgent`` holds the kinds that
    cannot wait, from its words. ``alike`` is the number of an open ticket of the same person it may belong to.
    ``reminders`` counts how often we asked about it. ``contact`` is the ``name`` and ``phone`` somebody left who is
    filed for.
    ``follows`` is the number of an ended ticket whose matter is back. ``offers`` are likely the same; ``sought`` says
    for which kind and area they were looked for, so that it is done once. ``split_from`` is the number of a ticket from
    which this matter is taken out, ``split_rest`` what stays with that ("": all its words).
    """

    id: str
    opened_at: datetime
    touched_at: datetime
    state: str = "collecting"
    said: tuple[Said, ...] = ()
    enclosed: tuple[Enclosed, ...] = ()
    type: Type = Type.COMPLAINT
    type_chosen: bool = False
    kind: str = ""
    kind_chosen: bool = False
    kind_options: tuple[str, ...] = ()
    place: Place | None = None
    place_chosen: bool = False
    place_asked: bool = False
    area_options: tuple[str, ...] = ()
    hidden: bool = False
    danger: str = ""
    urgent: tuple[str, ...] = ()
    source: str = ""
    alike: str = ""
    reminders: int = 0
    contact: dict[str, str] = {}
    follows: str = ""
    offers: tuple[Offer, ...] = ()
    sought: str = ""
    split_from: str = ""
    split_rest: str = ""

    @property
    def text(self) -> str:
        """All words, a line per message."""
        return "\n".join(said.text for said in self.said)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it that anybody could act on."""
        return not (self.said or self.enclosed or self.place)

    @property
    def wordless(self) -> bool:
        """Whether somebody must listen or look before it can be sorted."""
        return not self.said and bool(self.enclosed)

    def touched(self, at: datetime, **fields: object) -> Draft:
        """The draft with fields changed, at a moment."""
        return msgspec.structs.replace(self, touched_at=at, **fields)

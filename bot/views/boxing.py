"""The page on which parts of a photo are covered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.views.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxPage:
    """A photo and what is covered of it. ``picture`` is a name behind ``file_base``, ``width`` and ``height`` are its.

    ``boxes`` (left, top, width, height in percent) may be taken away where they are ``removable``: then the picture
    shows what is under them. ``making``: a covered copy is being made. ``share`` is what may be done about
    showing it to everybody: share_photo, unshare_photo or "" for nothing.
    """

    frame: Frame
    number: str
    id: str
    title: str
    label: str
    picture: str
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    removable: bool = False
    making: bool = False
    share: str = ""

"""What of a ticket anybody may read: the one rule for every public outlet (rule book, "Identity, personal data, the
wall"). Its kind must be public, and staff must have released a masked copy; nothing walled or hidden is ever public."""

from __future__ import annotations

import re

from bot.domain.masking import masked, masked_but_landlines
from bot.domain.place import Place
from bot.domain.ticket import Action, Ticket, Type
from bot.domain.town import Kind

_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])\+?\d(?:[ \-]?\d){6,22}[Xx]?(?![0-9A-Za-z])")
"""Telephone, ID and bank card numbers: seven digits or more. Dates and sums of money are shorter."""

_PLATE = re.compile(r"[\u4e00-\u9fff][A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}(?![0-9A-Za-z])")
"""A number plate (GA 36-2018): a province's character, a letter, five or six letters and digits."""

_MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
_ID_DIGITS = 15
"""As many digits as an old ID number or a short bank card number has; telephone numbers have fewer."""


PUBLIC_STEPS = frozenset(
    {
        *(Action.FILE, Action.DISPATCH, Action.TAKE, Action.CONFER, Action.PROGRESS, Action.ANSWER, Action.PROMISE),
        *(Action.CLOSE, Action.REOPEN, Action.REJECT, Action.WITHDRAW, Action.MERGE, Action.UNMERGE),
    }
)
"""Steps of a released ticket that anybody may know of: that they were taken and when, never what was said."""

DECIMALS = 4
"""Of a degree: anybody is shown a point to some ten metres, which finds a lamp post and names no flat."""


def may_be_public(ticket: Ticket, kind: Kind | None) -> bool:
    """Whether a copy may be released at all."""
    if kind is None or not kind.public or kind.walled or ticket.type is Type.REPORT:
        return False
    return not (ticket.walled or ticket.hidden or ticket.work.kept_from or ticket.work.about)


def public_copy(ticket: Ticket, kind: Kind | None) -> str:
    """The released copy, "" where there is none or it may not be public (any more)."""
    return ticket.work.released if may_be_public(ticket, kind) else ""


def public_photos(ticket: Ticket, kind: Kind | None) -> tuple[str, ...]:
    """The ids of the photos that anybody may see: with released words only, and only as they are covered."""
    return ticket.work.released_photos if public_copy(ticket, kind) else ()


def public_point(place: Place | None) -> tuple[float, float] | None:
    """(latitude, longitude) as anybody is shown it; None where no point is known."""
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return round(place.latitude, DECIMALS), round(place.longitude, DECIMALS)


def without_numbers(text: str) -> str:
    """A text with everything masked in it that looks like a telephone, ID, bank card or plate number."""
    return masked(_PLATE.sub(_stars, _LONG_NUMBER.sub(_stars, text)))


def without_personal_numbers(text: str) -> str:
    """What staff wrote, with mobile, ID, bank card and plate numbers masked; a hotline's number stays readable."""
    return masked_but_landlines(_PLATE.sub(_stars, _LONG_NUMBER.sub(_stars_if_personal, text)))


def _stars_if_personal(found: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", found[0]).removeprefix("86" if found[0].startswith("+") else "")
    return _stars(found) if len(digits) >= _ID_DIGITS or _MOBILE.fullmatch(digits) else found[0]


def _stars(found: re.Match[str]) -> str:
    return "*" * min(len(found[0]), 8)

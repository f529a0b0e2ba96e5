"""What of a ticket anybody may read: the one rule for every public outlet (rule book, "Identity, personal data, the
wall"). Its kind must be public, and staff must have released a masked copy; nothing walled or hidden is ever public."""

from __future__ import annotations

import re

from bot.domain.ticket import Ticket, Type
from bot.domain.town import Kind

_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])\+?\d(?:[ \-]?\d){6,22}[Xx]?(?![0-9A-Za-z])")
"""Telephone, ID and bank card numbers: seven digits or more. Dates and sums of money are shorter."""

_PLATE = re.compile(r"[\u4e00-\u9fff][A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}(?![0-9A-Za-z])")
"""A number plate (GA 36-2018): a province's character, a letter, five or six letters and digits."""


def may_be_public(ticket: Ticket, kind: Kind | None) -> bool:
    """Whether a copy may be released at all."""
    if kind is None or not kind.public or kind.walled or ticket.type is Type.REPORT:
        return False
    return not (ticket.walled or ticket.hidden or ticket.work.kept_from or ticket.work.about)


def public_copy(ticket: Ticket, kind: Kind | None) -> str:
    """The released copy, "" where there is none or it may not be public (any more)."""
    return ticket.work.released if may_be_public(ticket, kind) else ""


def without_numbers(text: str) -> str:
    """A text with everything masked in it that looks like a telephone, ID, bank card or plate number."""
    return _PLATE.sub(_stars, _LONG_NUMBER.sub(_stars, text))


def _stars(found: re.Match[str]) -> str:
    return "*" * min(len(found[0]), 8)

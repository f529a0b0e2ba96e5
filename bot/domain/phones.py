"""Telephone numbers as people type them: read, checked, and masked."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = re.compile(r"[\s\-\u2010-\u2015().]+")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:\+?86|0086)?(010|02\d|0[3-9]\d{2})([2-9]\d{6,7})")
_ABROAD = re.compile(r"(?:\+|00)(?!86)[1-9]\d{6,13}")
"""Numbering plans: YD/T 1073 for mainland China; ITU-T E.164 (at most 15 digits) for all others."""

_LIKE_ONE = re.compile(r"\+?[\d\s\-\u2010-\u2015().]{5,24}")


def read_phone(text: str) -> str | None:
    """The number in its written form; None where the whole text is none that can be called."""
    digits = _SIGNS.sub("", unicodedata.normalize("NFKC", text))
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(digits):
        return f"{landline[1]}-{landline[2]}"
    return f"+{digits.removeprefix('+').removeprefix('00')}" if _ABROAD.fullmatch(digits) else None


def like_a_phone(text: str) -> bool:
    """Whether a text is nothing but digits and the signs between them: meant as a number, right or wrong."""
    return _LIKE_ONE.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def masked(phone: str) -> str:
    """A number as anybody may see it: the first three and the last four of its digits ("138****5678").

    Of a short one the last two only. Of an e-mail address the first sign, and what stands behind the @.
    """
    if "@" in phone:
        name, _, host = phone.partition("@")
        return f"{name[:1]}***@{host}"
    digits = [place for place, sign in enumerate(phone) if sign.isdigit()]
    shown = {*digits[:3], *digits[-4:]} if len(digits) > 8 else set(digits[-2:])
    return "".join("*" if place in digits and place not in shown else sign for place, sign in enumerate(phone))

"""Words from outside, made safe to keep: the one place that decides which characters may pass."""

from __future__ import annotations

import re

# C0 controls except tab and line feed; DEL and the C1 controls stay, they break neither database nor XML 1.0.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str, limit: int) -> str:
    """The text without what no store can hold, at most ``limit`` characters long.

    Lone surrogates become U+FFFD; NUL and the other C0 controls except tab and line feed go (a carriage return
    before a line feed with them). Nothing else is changed: no trimming, no normalising.
    """
    if len(text) > limit:
        text = text[:limit]
    if text.isprintable():  # neither a control nor a surrogate is
        return text
    return _CONTROLS.sub("", _SURROGATES.sub(_REPLACEMENT, text))

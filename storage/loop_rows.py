"""What follows an answer, as rows: reviews, links between tickets, boards, pictures of them that are owed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.changes import Changes
from storage.codec import as_json, clean, micros, micros_or_none
from storage.staff_rows import Row


class LoopRows(msgspec.Struct):
    """What few change-sets write of it."""

    reviews: Sequence[Row] = ()
    links: Sequence[Row] = ()
    findings: Sequence[Row] = ()
    boards: Sequence[Row] = ()
    removed: Sequence[Row] = ()
    unlinked: Sequence[Row] = ()
    drawings: Sequence[Row] = ()


def loop_rows_of(changes: Changes) -> LoopRows:
    """The rows of a change-set. Raises Unstorable, and TypeError or the like for what is no proper value."""
    return LoopRows(
        reviews=[
            (
                *(r.ticket, r.round, r.party, r.address, r.verdict, r.finished, r.rating, clean(r.words)),
                *(as_json(r.files), r.by, micros_or_none(r.asked_at), micros(r.at)),
            )
            for r in changes.reviews
        ],
        links=[(link.ticket, link.kind, link.other, link.by, micros(link.at)) for link in changes.links],
        findings=[(f.ticket, f.round, f.what, f.by, clean(f.text), f.excluded, micros(f.at)) for f in changes.findings],
        boards=[(board.period, by, as_json(board), micros(board.at)) for board, by in changes.published],
        removed=[(ticket, str(address)) for ticket, address in changes.removed_reporters],
        unlinked=changes.unlinked.copy(),
        drawings=[
            (d.key, str(d.address), "asked" if d.asked else "sent", as_json(d), micros(d.at), None, "")
            for d in changes.drawings
        ],
    )

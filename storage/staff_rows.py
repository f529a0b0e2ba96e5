"""What few change-sets change, as rows: members of staff and invitations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bot.changes import Changes
from storage.codec import as_json, micros

Row = tuple[Any, ...]


class StaffRows(msgspec.Struct):
    """What few change-sets write: members of staff, their addresses, invitations. ``addresses`` maps whose row is
    written to where they are reached afterwards."""

    events: Sequence[Row] = ()
    staff: Sequence[Row] = ()
    addresses: Mapping[str, Sequence[str]] = {}
    invitations: Sequence[Row] = ()
    uses: Sequence[Row] = ()


def staff_rows_of(changes: Changes, now: datetime) -> StaffRows:
    """The rows of a change-set. Raises Unstorable, and TypeError or the like for what is no proper value."""
    at = micros(changes.at or now)
    return StaffRows(
        events=[(e.staff, e.seq, micros(e.at), e.action, e.by, as_json(e.data)) for _, e in changes.staff],
        staff=[(s.id, s.seq, as_json(s)) for s, _ in changes.staff],
        addresses={
            s.id: [str(address) for address in s.addresses] if s.removed_at is None else [] for s, _ in changes.staff
        },
        invitations=[(i.digest, as_json(i)) for i in changes.invitations],
        uses=[(digest, staff, at) for digest, staff in changes.used_invitations],
    )

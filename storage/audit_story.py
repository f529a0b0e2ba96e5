"""The entries about one ticket, or one of anything else, each with whether its rows are as they were written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec

from storage.audit_compare import ACTOR, AT, DIGEST, NOTE, PART, SEQ, STATE, STEPS, WHAT, Compared, forgotten
from storage.audit_forgetting import entries_about, rows_about
from storage.audit_kinds import KINDS
from storage.codec import moment, read_staff
from storage.driver import Driver


@dataclass(frozen=True, slots=True)
class Told:
    """An entry. ``gone``: it says that there is no such row any more; ``whole`` is None where its rows were erased from
    since."""

    seq: int
    at: datetime
    what: str
    part: int
    steps: int
    actor: str
    note: str
    gone: bool
    whole: bool | None


def story(driver: Driver, subject: str) -> list[Told]:
    """The entries about a subject, oldest first."""
    entries = entries_about(driver, subject)
    wrong: set[int] = set()
    compared = Compared(lambda seq, _why: wrong.add(seq))
    for what, kind in KINDS.items():
        own = [entry for entry in entries if entry[WHAT] == what]
        if own:
            compared.of_kind(kind, own, rows_about(driver, kind, subject, own))
    return [
        Told(
            seq=entry[SEQ],
            at=moment(entry[AT]),
            what=entry[WHAT],
            part=entry[PART],
            steps=entry[STEPS],
            actor=entry[ACTOR],
            note=entry[NOTE],
            gone=not (entry[DIGEST] or entry[STATE]),
            whole=None if forgotten(entry) else entry[SEQ] not in wrong,
        )
        for entry in entries
    ]


def names(driver: Driver) -> dict[str, str]:
    """What members of staff are called, by their ids."""
    found = {}
    for (body,) in driver.execute("SELECT body FROM staff").fetchall():
        with suppress(msgspec.MsgspecError):  # somebody changed it: their id must do
            staff = read_staff(body)
            found[staff.id] = staff.name
    return found

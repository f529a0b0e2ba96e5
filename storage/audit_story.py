"""The entries about one ticket, or one of anything else, each with whether its rows are as they were written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.audit_compare import ACTOR, AT, NOTE, PART, SEQ, STEPS, WHAT, Compared, forgotten
from storage.audit_forgetting import entries_about, rows_about
from storage.audit_kinds import KINDS
from storage.codec import moment
from storage.driver import Driver


@dataclass(frozen=True, slots=True)
class Told:
    """An entry. ``whole`` is None where its rows were erased from since."""

    seq: int
    at: datetime
    what: str
    part: int
    steps: int
    actor: str
    note: str
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
            whole=None if forgotten(entry) else entry[SEQ] not in wrong,
        )
        for entry in entries
    ]

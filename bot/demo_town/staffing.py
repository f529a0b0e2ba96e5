"""Who works in the made-up town: a lead and two handlers in each unit, supervisors, collectors and an admin."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime

from bot.changes import StaffEvent
from bot.demo_town.wordbook import wordbook
from bot.domain.people import DESK, Role, Staff
from bot.domain.town import Town

HANDLERS = 2
SUPERVISORS, COLLECTORS = 5, 2


def handlers_of(unit: str) -> tuple[str, ...]:
    """The ids of a unit's handlers."""
    return tuple(f"demo-{unit}-{n}" for n in range(1, HANDLERS + 1))


def lead_of(unit: str) -> str:
    """The id of a unit's lead."""
    return f"demo-{unit}-lead"


def supervisors() -> tuple[str, ...]:
    """The ids of the supervisors; the first may look behind the wall."""
    return tuple(f"demo-desk-{n}" for n in range(1, SUPERVISORS + 1))


def staff_of(town: Town, seed: int, at: datetime) -> Iterator[tuple[Staff, StaffEvent]]:
    """Everybody, with the word that they joined. Nobody of them can be written to."""
    names = _names(seed)
    for unit in town.units.values():
        if unit.retired:
            continue
        yield _joined(Staff(id=lead_of(unit.code), name=next(names), role=Role.LEAD, unit=unit.code, joined_at=at))
        for id_ in handlers_of(unit.code):
            yield _joined(Staff(id=id_, name=next(names), role=Role.HANDLER, unit=unit.code, joined_at=at))
    for place, id_ in enumerate(supervisors()):
        staff = Staff(id=id_, name=next(names), role=Role.SUPERVISOR, walled=place == 0, joined_at=at)
        yield _joined(staff)
    for number in range(1, COLLECTORS + 1):
        yield _joined(Staff(id=f"demo-collector-{number}", name=next(names), role=Role.COLLECTOR, joined_at=at))
    yield _joined(Staff(id="demo-admin", name=next(names), role=Role.ADMIN, joined_at=at))


def _joined(staff: Staff) -> tuple[Staff, StaffEvent]:
    return staff, StaffEvent(staff=staff.id, seq=1, at=staff.joined_at, action="joined", by=DESK)


def _names(seed: int) -> Iterator[str]:
    people = wordbook().people
    all_ = [surname + given for surname in people["surnames"] for given in people["given"]]
    random.Random(seed).shuffle(all_)  # noqa: S311 - invented names
    round_ = 0
    while True:
        yield from (name + (str(round_) if round_ else "") for name in all_)
        round_ += 1

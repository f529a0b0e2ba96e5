"""Staff in a table, compared with who works here and who is invited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from bot.changes import Changes, StaffEvent, Timer
from bot.domain import appointing, invitations
from bot.domain.appointing import Wrong
from bot.domain.directory import Directory
from bot.domain.guide import Guide
from bot.domain.people import Invitation, Role, Staff
from bot.domain.permission import Act, Person
from bot.domain.words import desk_word
from bot.personnel.sheet import Fault, Line, Sheet, WrongSheet

COLUMNS = ("name", "role", "unit", "areas", "walled", "id")
"""What a table of staff may say. Who is not in it stays."""

_APART = re.compile(r"\s*[;；、,，/]\s*")

WHY: Mapping[Wrong, str] = {
    Wrong.NO_ROLE: "there is no such role",
    Wrong.NOT_ALLOWED: "you may not bring in anybody",
    Wrong.RANK: "that role is above your own",
    Wrong.NEEDS_UNIT: "that role needs a unit",
    Wrong.NO_UNIT: "there is no such unit",
    Wrong.RETIRED: "that unit is retired",
    Wrong.OTHER_UNIT: "that unit is not yours to staff",
    Wrong.NO_AREA: "there is no such area",
    Wrong.OTHER_AREA: "that area is not yours",
    Wrong.WALLED: "you cannot let others behind the wall",
    Wrong.NAME: "a name has at most 40 characters and begins with a letter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who somebody is to be: what a line of the table says, or an invitation. ``staff`` is the id of a member."""

    line: int
    name: str
    role: Role
    unit: str = ""
    areas: tuple[str, ...] = ()
    walled: bool = False
    staff: str = ""


@dataclass(frozen=True, slots=True)
class StaffDifference:
    """How a table differs from who works here: ``new`` ones are to be invited, ``changed`` (as they are, as they are
    to be) to be changed, ``invited`` were, and have not joined yet. ``missing`` are not in the table: they stay."""

    new: tuple[Place, ...]
    changed: tuple[tuple[Staff, Place], ...]
    invited: tuple[Place, ...]
    same: int
    missing: tuple[Staff, ...]


def compared(
    sheet: Sheet,
    guide: Guide,
    directory: Directory,
    waiting: Iterable[Invitation],
    by: Person,
    roles: Mapping[str, str],
    truths: Mapping[str, str],
) -> StaffDifference:
    """The difference between a table and who works here. ``waiting`` are invitations nobody has used yet, ``by`` is
    who imports, ``roles`` and ``truths`` map folded words to roles, and to yes and no. Raises WrongSheet.
    """
    missing_columns = [name for name in ("name", "role") if name not in sheet.columns]
    if missing_columns:
        raise WrongSheet([Fault(1, f"a table of staff needs the heading {name!r}") for name in missing_columns])
    reading = _Reading(guide, directory, by, roles, truths)
    invited = {(i.name, i.unit, i.role) for i in waiting if not i.staff}
    new: list[Place] = []
    known: list[Place] = []
    changed: list[tuple[Staff, Place]] = []
    mentioned: set[str] = set()
    for place in reading.places(sheet):
        staff = directory.by_id.get(place.staff)
        if staff is None:
            (known if (place.name, place.unit, place.role) in invited else new).append(place)
            continue
        mentioned.add(staff.id)
        if _as_place(staff, place.line) != place:
            changed.append((staff, place))
    if reading.faults:
        raise WrongSheet(reading.faults)
    missing = tuple(staff for staff in directory.active if staff.id not in mentioned)
    same = len(mentioned) - len(changed)
    return StaffDifference(tuple(new), tuple(changed), tuple(known), same, missing)


def invitation(place: Place, by: str, now: datetime, chance: Callable[[], str]) -> tuple[Invitation, str]:
    """An invitation to a place, and its code, which is kept nowhere else."""
    code = invitations.code_of(chance())
    made = Invitation(
        digest=invitations.digest_of(code),
        role=place.role,
        unit=place.unit,
        areas=place.areas,
        walled=place.walled,
        name=place.name,
        by=by,
        made_at=now,
        expires_at=now + invitations.LIFE,
    )
    return made, code


def change(changes: Changes, staff: Staff, place: Place, by: str, now: datetime) -> None:
    """Put a member of staff in another place; who leaves a unit gives back what they had there."""
    after = replace(
        staff,
        name=place.name,
        role=place.role,
        unit=place.unit,
        areas=place.areas,
        walled=place.walled,
        seq=staff.seq + 1,
    )
    names = ("name", "role", "unit", "areas", "walled")
    data: dict[str, object] = {
        name: [_plain(getattr(staff, name)), _plain(getattr(after, name))]
        for name in names
        if getattr(staff, name) != getattr(after, name)
    }
    changes.staff.append((after, StaffEvent(staff=staff.id, seq=after.seq, at=now, action="changed", by=by, data=data)))
    if staff.unit != after.unit:
        changes.timer(Timer("cases_back", staff.id, now))


def removal(changes: Changes, staff: Staff, by: str, now: datetime) -> None:
    """Take somebody off the list; their cases go back to the unit."""
    after = replace(staff, removed_at=now, pages_from=now, seq=staff.seq + 1)
    changes.staff.append((after, StaffEvent(staff=staff.id, seq=after.seq, at=now, action="removed", by=by)))
    changes.timer(Timer("cases_back", staff.id, now))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _as_place(staff: Staff, line: int) -> Place:
    return Place(
        line=line,
        name=staff.name,
        role=staff.role,
        unit=staff.unit,
        areas=staff.areas,
        walled=staff.walled,
        staff=staff.id,
    )


class _Reading:
    """Reads lines and gathers what is wrong with them."""

    def __init__(
        self,
        guide: Guide,
        directory: Directory,
        by: Person,
        roles: Mapping[str, str],
        truths: Mapping[str, str],
    ) -> None:
        self.faults: list[Fault] = []
        self._guide = guide
        self._directory = directory
        self._by = by
        self._roles = roles
        self._truths = truths
        town = guide.town
        self._units = {desk_word(name): u.code for u in town.units.values() for name in (u.name_en, u.name, u.code)}
        self._areas = {desk_word(name): a.code for a in town.areas.values() for name in (a.name_en, a.name, a.code)}
        for names in (self._units, self._areas):
            names.pop("", None)

    def places(self, sheet: Sheet) -> list[Place]:
        """What the lines say; those that are wrong are left out."""
        seen: dict[tuple[str, ...], int] = {}
        found: list[Place] = []
        for line in sheet.lines:
            before = len(self.faults)
            place = self._place(line, sheet.columns)
            if place is None or len(self.faults) > before:
                continue
            name = (place.staff,) if place.staff else (place.name, place.unit, place.role)
            if name in seen:
                self._fault(line, f"{place.name} stands in line {seen[name]} already")
                continue
            seen[name] = line.number
            found.append(place)
        return found

    def _fault(self, line: Line, why: str) -> None:
        self.faults.append(Fault(line.number, why))

    def _place(self, line: Line, columns: Sequence[str]) -> Place | None:
        role = self._roles.get(desk_word(line["role"]), "")
        if not role or role == Role.RESIDENT:
            self._fault(line, f"there is no role {line['role']!r}")
            return None
        if not appointing.good_name(line["name"]):
            self._fault(line, WHY[Wrong.NAME])
        unit = self._code(line, "unit", self._units)
        areas = tuple(self._code(line, "areas", self._areas, name) for name in _APART.split(line["areas"]) if name)
        if None in areas or unit is None:
            return None
        staff = self._staff(line, unit if "unit" in columns else None)
        walled = self._truths.get(desk_word(line["walled"]), "") if line["walled"] else "no"
        if not walled:
            self._fault(line, f"walled {line['walled']!r}: write yes or no")
        place = Place(
            line=line.number,
            name=line["name"],
            role=Role(role),
            unit=unit,
            areas=tuple(area for area in areas if area),
            walled=walled == "yes",
            staff=staff.id if staff else "",
        )
        if staff is not None:  # what has no column stays as it is
            place = Place(
                line=place.line,
                name=place.name,
                role=place.role,
                unit=place.unit if "unit" in columns else staff.unit,
                areas=place.areas if "areas" in columns else staff.areas,
                walled=place.walled if "walled" in columns else staff.walled,
                staff=staff.id,
            )
        self._check(line, place, staff)
        return place

    def _check(self, line: Line, place: Place, staff: Staff | None) -> None:
        if staff is not None and _as_place(staff, place.line) == place:
            return
        why = appointing.wrong(self._guide, self._by, place.role, place.unit, place.areas, walled=place.walled)
        if why is not None:
            self._fault(line, WHY[why])
        elif staff is not None and not appointing.over(self._guide, self._by, staff, Act.REMOVE):
            self._fault(line, f"{staff.name} is not yours to change")

    def _staff(self, line: Line, unit: str | None) -> Staff | None:
        """The member a line speaks of: by id, else by name and unit (None: any); None for somebody new."""
        if line["id"]:
            staff = self._directory.by_id.get(line["id"])
            if staff is None or staff.removed_at is not None:
                self._fault(line, f"nobody has the id {line['id']!r}")
            return staff
        same = self._directory.named(line["name"], unit)
        if len(same) > 1:
            self._fault(line, f"several people are called {line['name']!r}: add the column id")
        return same[0] if same else None

    def _code(self, line: Line, column: str, codes: Mapping[str, str], said: str = "") -> str | None:
        said = said or line[column]
        if not said:
            return ""
        code = codes.get(desk_word(said))
        if code is None:
            self._fault(line, f"{column} {said!r} does not exist")
        return code

"""Everybody who works here, and who is meant when a unit, a lead or the desk is told something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bot.domain.people import PAGE, Address, Role, Staff


@dataclass(frozen=True)
class Directory:
    """All members of staff, removed ones included (old events name them). ``by_id`` maps ids to them."""

    by_id: Mapping[str, Staff] = field(default_factory=dict)

    @classmethod
    def of(cls, staff: Iterable[Staff]) -> Directory:
        """The directory of these people."""
        return cls({each.id: each for each in staff})

    @cached_property
    def active(self) -> tuple[Staff, ...]:
        """Everybody who has not been removed, by name."""
        return tuple(sorted((s for s in self.by_id.values() if s.removed_at is None), key=lambda s: (s.name, s.id)))

    @cached_property
    def _at(self) -> Mapping[Address, Staff]:
        return {address: staff for staff in self.active for address in staff.addresses}

    @cached_property
    def _units(self) -> Mapping[str, tuple[Staff, ...]]:
        units: dict[str, list[Staff]] = {}
        for staff in self.active:
            units.setdefault(staff.unit, []).append(staff)
        return {unit: tuple(people) for unit, people in units.items()}

    @cached_property
    def _roles(self) -> Mapping[Role, tuple[Staff, ...]]:
        return {role: tuple(s for s in self.active if s.role is role) for role in Role}

    @cached_property
    def _with_leave(self) -> tuple[Staff, ...]:
        """Who is, was or will be on leave: few of all who are asked about for each ticket of a list."""
        return tuple(s for s in self.active if s.away is not None)

    def at(self, address: Address) -> Staff | None:
        """Who writes from an address; None for residents and people who were removed."""
        if address.channel == PAGE:
            staff = self.by_id.get(address.id)
            return staff if staff is not None and staff.removed_at is None else None
        return self._at.get(address)

    def handlers(self, unit: str) -> tuple[Staff, ...]:
        """The handlers of a unit."""
        return tuple(s for s in self._units.get(unit, ()) if s.role is Role.HANDLER)

    def leads(self, unit: str) -> tuple[Staff, ...]:
        """The leads of a unit."""
        return tuple(s for s in self._units.get(unit, ()) if s.role is Role.LEAD)

    def supervisors(self) -> tuple[Staff, ...]:
        """All supervisors; who of them is meant for an area is `bot.domain.permission.may`'s to say."""
        return self._roles[Role.SUPERVISOR]

    def admins(self) -> tuple[Staff, ...]:
        """All admins."""
        return self._roles[Role.ADMIN]

    def duty(self, unit: str, now: datetime) -> tuple[Staff, ...]:
        """Who is on duty in a unit ("" is the desk): by its list, else its leads (the desk's supervisors)."""
        people = self._units.get(unit, ())
        listed = tuple(s for s in people if s.on_duty(now) and not s.away_at(now))
        if listed:
            return listed
        return self.leads(unit) if unit else self.supervisors()

    def standing_in(self, staff: Staff, now: datetime) -> Staff:
        """Who acts for somebody at a moment: themselves, or the deputy (or the deputy's deputy) while on leave."""
        seen = {staff.id}
        while staff.away_at(now):
            deputy = self.by_id.get(staff.deputy)
            if deputy is None or deputy.removed_at is not None or deputy.id in seen:
                break
            seen.add(deputy.id)
            staff = deputy
        return staff

    def stands_for(self, deputy: Staff, now: datetime) -> frozenset[str]:
        """The ids of those on leave whom somebody stands in for."""
        away = (s for s in self._with_leave if s.id != deputy.id and s.away_at(now))
        return frozenset(s.id for s in away if self.standing_in(s, now).id == deputy.id)

    def named(self, name: str, unit: str | None = None) -> tuple[Staff, ...]:
        """Everybody called exactly that, in a unit or anywhere."""
        people = self.active if unit is None else self._units.get(unit, ())
        return tuple(s for s in people if s.name == name)


NOBODY = Directory()

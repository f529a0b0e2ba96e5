"""`staff invite`, `staff list`, `staff remove`."""

from __future__ import annotations

import json

import typer

from bot.changes import Changes
from bot.console.office import Office, OpenOffice, chance, member
from bot.domain import appointing
from bot.domain.appointing import OPERATOR
from bot.domain.people import Role, Staff
from bot.domain.unit_names import units_called
from bot.domain.words import desk_word
from bot.errors import ConfigurationError, Conflict
from bot.export import utc
from bot.personnel import staff_table
from bot.personnel.staff_table import WHY, Place

ROUNDS = 5
"""How often something is decided again when the people have changed meanwhile."""


async def invite(
    opened: OpenOffice, role: str, unit: str, areas: tuple[str, ...], name: str, walled: bool, as_json: bool
) -> None:
    """Print a new code. Raises ConfigurationError with the option that is wrong."""
    async with opened(True) as office:
        place = _place(office, role, unit, areas, name, walled)
        invitation, code = staff_table.invitation(place, OPERATOR.id, office.clock.now(), chance)
        await office.commit(Changes(invitations=[invitation]))
    if as_json:
        said = {
            "code": code,
            "role": invitation.role.value,
            "unit": invitation.unit or None,
            "areas": list(invitation.areas),
            "name": invitation.name or None,
            "walled": invitation.walled,
            "expires_at": utc(invitation.expires_at),
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(code)
    for line in office.say("console.invited", code=code, until=utc(invitation.expires_at)):
        typer.echo(line)


def _place(office: Office, role: str, unit: str, areas: tuple[str, ...], name: str, walled: bool) -> Place:
    """The place that is offered. Raises ConfigurationError with the option that is wrong."""
    known = office.vocabulary("role_word.")
    code = known.get(desk_word(role), "")
    if not code or code == Role.RESIDENT:
        raise ConfigurationError(
            "--role", f"there is no role {role!r}; {', '.join(r for r in Role if r != 'resident')}"
        )
    if unit:
        found = units_called(office.guide.town, unit)
        if len(found) != 1:
            raise ConfigurationError("--unit", f"{len(found) or 'no'} units are called {unit!r}; give the code")
        unit = found[0].code
    if name and not appointing.good_name(name):
        raise ConfigurationError("--name", WHY[appointing.Wrong.NAME])
    why = appointing.wrong(office.guide, OPERATOR, Role(code), unit, areas, walled=walled)
    if why is not None:
        option = {appointing.Wrong.NO_AREA: "--area"}.get(why, "--unit")
        raise ConfigurationError(option, WHY[why])
    return Place(line=0, name=name, role=Role(code), unit=unit, areas=areas, walled=walled)


async def list_(opened: OpenOffice, as_json: bool) -> None:
    """Print who works here and who is invited."""
    async with opened(False) as office:
        directory = await office.read.directory()
        silent = frozenset(staff.id for staff in await office.unreached(office.read))
        waiting = [i for i in await office.waiting() if not i.staff]
        now = office.clock.now()
    if as_json:
        typer.echo(json.dumps({"staff": [_object(s, silent) for s in directory.active]}, ensure_ascii=False))
        return
    for staff in sorted(directory.active, key=lambda s: (s.unit, s.role, s.name)):
        notes = ["CANNOT BE REACHED"] if staff.id in silent else []
        if staff.away is not None and staff.away.ends > now:
            deputy = directory.by_id.get(staff.deputy)
            notes.append(f"on leave until {utc(staff.away.ends)}, deputy {deputy.name if deputy else 'nobody'}")
        if staff.on_duty(now):
            notes.append("on duty")
        where = ",".join(address.channel for address in staff.addresses)
        areas = f" in {','.join(staff.areas)}" if staff.areas else ""
        walled = " walled" if staff.walled else ""
        unit = staff.unit or "(desk)"
        typer.echo(
            f"{staff.id}  {staff.role:<10}  {unit}{areas}{walled}  {staff.name}  {where}  {'; '.join(notes)}".rstrip()
        )
    for invitation in waiting:
        typer.echo(
            f"{'(invited)':<16}  {invitation.role:<10}  {invitation.unit or '(desk)'}  {invitation.name or '(no name)'}"
            f"  until {utc(invitation.expires_at)}"
        )
    typer.echo(f"{len(directory.active)} people, {len(silent)} cannot be reached, {len(waiting)} invited")


def _object(staff: Staff, silent: frozenset[str]) -> dict[str, object]:
    return {
        "id": staff.id,
        "name": staff.name,
        "role": staff.role.value,
        "unit": staff.unit or None,
        "areas": list(staff.areas),
        "walled": staff.walled,
        "channels": [address.channel for address in staff.addresses],
        "reachable": staff.id not in silent,
        "away_until": utc(staff.away.ends) if staff.away else None,
        "deputy": staff.deputy or None,
    }


async def remove(opened: OpenOffice, name: str, unit: str) -> None:
    """Take somebody off the list. Raises ConfigurationError."""
    async with opened(True) as office:
        for _ in range(ROUNDS):
            staff = member(await office.read.directory(), name, unit)
            changes = Changes()
            staff_table.removal(changes, staff, OPERATOR.id, office.clock.now())
            try:
                await office.commit(changes)
            except Conflict:
                continue
            typer.echo(
                f"{staff.name} ({staff.role}, {staff.unit or 'desk'}) is removed; their cases go back to the unit."
            )
            return
    raise ConfigurationError(name, "has been changed by somebody else again and again; try later")

"""`staff import`: what a table of units or of staff would change, and changing it."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from bot.changes import Changes
from bot.console.office import Office, OpenOffice, chance, member
from bot.domain.appointing import OPERATOR
from bot.domain.people import Staff
from bot.domain.permission import Person
from bot.errors import ConfigurationError, Conflict
from bot.personnel import staff_table, unit_table
from bot.personnel.sheet import Sheet, WrongSheet, read_sheet
from bot.personnel.staff_table import Place, StaffDifference
from bot.personnel.unit_table import UnitChange, UnitDifference
from bot.townfile import rewriting
from bot.townfile.values import read_hours

AT_ONCE = 200
"""Lines that become true together."""

FAULTS_SHOWN = 20
MISSING_SHOWN = 20

_T = TypeVar("_T")


async def import_table(opened: OpenOffice, file: Path, apply: bool, by: str, again: bool, codes: Path | None) -> None:
    """Show what a table changes, and with ``apply`` change it. Exits with 2 when the table is wrong.

    ``by`` is the name or id of whoever imports ("" is the operator); ``again``: those invited already get a new code
    too; ``codes`` is the file that takes the codes.
    """
    async with opened(apply) as office:
        try:
            sheet = read_sheet(await asyncio.to_thread(file.read_bytes), office.vocabulary("column."))
            typer.echo(f"{file.name}: {len(sheet.lines)} lines, read as {sheet.encoding}")
            if "role" in sheet.columns:
                await _staff(office, sheet, apply, by, again, codes)
            elif by:
                raise ConfigurationError("--as", "units are changed by whoever may write the town's files")
            else:
                _units(office, sheet, apply)
        except WrongSheet as wrong:
            for fault in wrong.faults[:FAULTS_SHOWN]:
                typer.echo(
                    f"{file.name}:{fault.line}: {fault.why}" if fault.line else f"{file.name}: {fault.why}", err=True
                )
            if len(wrong.faults) > FAULTS_SHOWN:
                typer.echo(f"... and {len(wrong.faults) - FAULTS_SHOWN} more", err=True)
            typer.echo("Nothing was changed.", err=True)
            raise typer.Exit(2) from None


# -- units -------------------------------------------------------------------------------------------------------------


def _units(office: Office, sheet: Sheet, apply: bool) -> None:
    truths = office.vocabulary("truth.")
    difference = unit_table.compared(sheet, office.guide.town, truths, lambda spans: read_hours(list(spans)))
    for change in difference.changes:
        typer.echo(_unit_line(change))
    typer.echo(_unit_sum(difference))
    if not difference.changes:
        return
    texts = rewriting.rewritten(office.town, difference.changes)
    files = ", ".join(path.name for path in texts)
    if not apply:
        typer.echo(f"Nothing was changed. With --apply these files of {office.town} change: {files}")
        return
    rewriting.write(texts)
    typer.echo(f"Changed: {files}. A running desk reads them within seconds.")


def _unit_line(change: UnitChange) -> str:
    if change.new:
        said = ", ".join(f"{key} {value}" for key, value in change.after.items() if key != "code")
        return f"+ {change.code}: {said}"
    said = ", ".join(f"{key} {change.before[key]!r} -> {value!r}" for key, value in change.after.items())
    return f"~ {change.code}: {said}"


def _unit_sum(difference: UnitDifference) -> str:
    new = sum(change.new for change in difference.changes)
    return (
        f"{new} new, {len(difference.changes) - new} changed, {difference.same} as they are,"
        f" {len(difference.missing)} not in the table (they stay; write retired = yes to end one)"
    )


# -- staff -------------------------------------------------------------------------------------------------------------


async def _staff(office: Office, sheet: Sheet, apply: bool, by: str, again: bool, codes: Path | None) -> None:
    directory = await office.read.directory()
    importer = member(directory, by) if by else None
    person = office.guide.person(importer) if importer else OPERATOR
    difference = staff_table.compared(
        sheet,
        office.guide,
        directory,
        await office.waiting(),
        person,
        office.vocabulary("role_word."),
        office.vocabulary("truth."),
    )
    invited = difference.invited if again else ()
    for line in _staff_lines(difference, invited):
        typer.echo(line)
    if not apply:
        typer.echo("Nothing was changed. With --apply it is, and the codes for the new ones are given out.")
        return
    await _apply(office, person, difference.changed, (*difference.new, *invited), codes)


def _staff_lines(difference: StaffDifference, again: Sequence[Place]) -> Iterator[str]:
    for place in (*difference.new, *again):
        yield f"+ {_described(place)}"
    for staff, place in difference.changed:
        before = Place(
            line=0, name=staff.name, role=staff.role, unit=staff.unit, areas=staff.areas, walled=staff.walled
        )
        yield f"~ {_described(before)} -> {_described(place)}"
    if not again:
        for place in difference.invited:
            yield f"  {_described(place)}: invited already, not joined yet (--again for a new code)"
    for staff in difference.missing[:MISSING_SHOWN]:
        yield f"  {staff.name}, {staff.role}, {staff.unit or 'desk'}: not in the table, stays (staff remove ends it)"
    if len(difference.missing) > MISSING_SHOWN:
        yield f"  ... and {len(difference.missing) - MISSING_SHOWN} more who are not in the table and stay"
    new = len(difference.new) + len(again)
    yield f"{new} to invite, {len(difference.changed)} changed, {difference.same} as they are"


def _described(place: Place) -> str:
    parts = [place.name, place.role.value, place.unit or "desk", *place.areas]
    return ", ".join((*parts, "walled") if place.walled else parts)


async def _apply(
    office: Office,
    by: Person,
    changed: Sequence[tuple[Staff, Place]],
    invited: Sequence[Place],
    codes: Path | None,
) -> None:
    """Make it true in parts, and give out the codes of each part as soon as it is."""
    out = _CodeFile(codes) if codes else None
    done = 0
    with Progress(console=Console(stderr=True), transient=True, disable=len(changed) + len(invited) < AT_ONCE) as bar:
        task = bar.add_task("importing", total=len(changed) + len(invited))
        for changes_part in _parts(changed):
            changes = Changes()
            for staff, place in changes_part:
                staff_table.change(changes, staff, place, by.id, office.clock.now())
            await _commit(office, changes, done)
            done += len(changes_part)
            bar.advance(task, len(changes_part))
        for invited_part in _parts(invited):
            now = office.clock.now()
            made = [staff_table.invitation(place, by.id, now, chance) for place in invited_part]
            await _commit(office, Changes(invitations=[invitation for invitation, _ in made]), done)
            rows = [(place, code) for place, (_, code) in zip(invited_part, made, strict=True)]
            if out is not None:
                out.add(rows, made[0][0].expires_at)
            else:
                for place, code in rows:
                    typer.echo(f"{code}  {_described(place)}")
            done += len(invited_part)
            bar.advance(task, len(invited_part))
    typer.echo(
        f"Done: {len(changed)} changed, {len(invited)} invited." + (f" The codes are in {codes}." if codes else "")
    )


async def _commit(office: Office, changes: Changes, done: int) -> None:
    try:
        await office.commit(changes)
    except Conflict:
        raise ConfigurationError(
            "import", f"somebody changed the same people meanwhile; {done} lines are done: run it again for the rest"
        ) from None


def _parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for begin in range(0, len(items), AT_ONCE):
        yield items[begin : begin + AT_ONCE]


class _CodeFile:
    """A table of names and codes that only its owner may read."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(str(path), f"cannot be made: {error.strerror}") from None
        self._write([["name", "role", "unit", "code", "until"]], "\ufeff")

    def add(self, rows: Iterable[tuple[Place, str]], until: datetime) -> None:
        """Write codes down, on disk before anything else happens."""
        self._write([[p.name, p.role.value, p.unit, code, until.isoformat(timespec="minutes")] for p, code in rows])

    def _write(self, rows: Iterable[Sequence[str]], before: str = "") -> None:
        text = io.StringIO(before, newline="")
        text.seek(0, io.SEEK_END)
        csv.writer(text).writerows(rows)
        os.write(self._file, text.getvalue().encode())
        os.fsync(self._file)

"""The page of exports, given what it needs; and the one who writes the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.catalogue import Catalogue
from bot.domain.people import PAGE, Address
from bot.errors import Refusal
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.exporter import Asked, Exporter, Shelf
from bot.sheet_files import FORMS
from bot.turn import Turn
from bot.views.exporting import Table
from bot.web import exporting as export_page
from bot.web.sign_in import SignedIn
from bot.web.staff_door import StaffDoor
from handlers import exporting
from handlers.pages import exporting as page


def exporter_for(
    folder: Path, dispatcher: Callable[[], Dispatcher], now: Callable[[], datetime], shelf: Shelf | None = None
) -> Exporter:
    """Writes tables below a folder, and puts them on a shelf where other workers look. Close it at the end."""

    async def begin(asked: Asked) -> tuple[list[str], int]:
        span = exporting.Span(asked.since, asked.until)
        who = Address(PAGE, asked.staff)
        return await dispatcher().look(who, lambda turn: exporting.begun(turn, span, asked.form), asked.locale)

    async def next_(asked: Asked, after: str) -> exporting.Part:
        span = exporting.Span(asked.since, asked.until)
        who = Address(PAGE, asked.staff)
        return await dispatcher().look(who, lambda turn: exporting.part(turn, span, after), asked.locale)

    return Exporter(folder / "exports", begin, next_, now, shelf)


def export_routes(
    door: StaffDoor, exporter: Exporter, dispatcher: Callable[[], Dispatcher], catalogue: Catalogue
) -> list[web.RouteDef]:
    """The page of exports."""

    async def start(who: SignedIn, since: str, until: str, form: str, locale: str) -> None:
        if form not in FORMS:
            raise Refusal("export.no_span")

        async def read(turn: Turn) -> exporting.Span:
            return page.span(turn, since, until)

        span = await dispatcher().look(who.staff.page, read, locale)
        await exporter.start(Asked(who.staff.id, span.since, span.until, form, locale, f"{since} \u2013 {until}"))

    async def tables(who: SignedIn, locale: str) -> Sequence[Table]:
        words = catalogue.words(locale)
        return [
            Table(
                id=job.id,
                name=f"{job.asked.name}, {job.asked.form.upper()}",
                state=job.state,
                read=job.read,
                total=job.total,
                rows=job.rows,
                problem=words(job.problem, act=words("act.export")) if job.problem else "",
            )
            for job in await exporter.of(who.staff.id)
        ]

    async def file(staff: str, id_: str) -> Path | None:
        path = await exporter.file(staff, id_)
        if path is not None:
            await dispatcher().look(Address(PAGE, staff), lambda turn: exporting.fetched(turn, id_))
        return path

    return export_page.routes(door, page.page, start, tables, file)

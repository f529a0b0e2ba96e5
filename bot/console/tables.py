"""`export`: tickets as a table in a file, written beside a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.catalogue import DEFAULT_LOCALE, Catalogue
from bot.changes import Changes, Looked
from bot.console.options import Config, Data
from bot.domain.people import DESK, Role
from bot.domain.permission import Person
from bot.errors import ConfigurationError, Refusal
from bot.turn import Voice

if TYPE_CHECKING:
    from bot.console.office import Office, OpenOffice

Opening = Callable[[typer.Context, Path | None, Path | None], "OpenOffice"]


def export_command(opening: Opening, locales: Path) -> Callable[..., None]:
    """The command; ``opening`` gives what it works with, ``locales`` the texts of heads and states."""

    def export(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="Where to write: a name that ends with .csv or .xlsx.")],
        since: Annotated[str, typer.Option(help="First day of filing: 2026-01-01. Left out: the first there is.")] = "",
        until: Annotated[str, typer.Option(help="Last day of filing. Left out: today.")] = "",
        walled: Annotated[bool, typer.Option("--walled", help="With conduct complaints and reports.")] = False,
        lang: Annotated[str, typer.Option(help="zh_CN or en.")] = DEFAULT_LOCALE,
        config: Config = None,
        data: Data = None,
    ) -> None:
        """Tickets as a table for a spreadsheet; telephone and other long numbers are masked, and it is recorded."""
        catalogue = Catalogue.load(locales)
        asyncio.run(_written(opening(context, config, data), catalogue, file, since, until, walled, lang))

    return export


async def _written(
    opening: OpenOffice, catalogue: Catalogue, file: Path, since: str, until: str, walled: bool, lang: str
) -> None:
    from bot.sheet_files import FORMS

    form = file.suffix[1:].lower()
    if form not in FORMS:
        raise ConfigurationError(str(file), "its name must end with .csv or .xlsx")
    if lang not in catalogue.languages:
        raise ConfigurationError("--lang", f"{lang!r} is none of {', '.join(sorted(catalogue.languages))}")
    async with opening(True) as office:
        zone = office.guide.calendar.zone
        today = office.clock.now().astimezone(zone).date()
        first, last = _day("--since", since) or date(2000, 1, 1), _day("--until", until) or today
        if last < first:
            raise ConfigurationError("--until", "is before --since")
        begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
        await office.commit(
            Changes(looked=[Looked(by=DESK, what="export", at=office.clock.now(), detail=f"{form} {first} {last}")])
        )
        coming = file.with_name(f".{file.name}.coming")
        try:
            rows = await _filled(office, catalogue, coming, form, begin, end, walled, lang)
            coming.replace(file)
        except Refusal as refusal:
            raise ConfigurationError(str(file), catalogue.words("en")(refusal.key)) from None
        except OSError as error:
            raise ConfigurationError(str(file), f"cannot be written: {error.strerror}") from None
        finally:
            with suppress(OSError):
                coming.unlink(missing_ok=True)
    typer.echo(f"{rows:,} tickets: {file}")


async def _filled(
    office: Office, catalogue: Catalogue, path: Path, form: str, begin: datetime, end: datetime, walled: bool, lang: str
) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bot.sheet_files import FORMS
    from handlers.exporting import Span, Teller, next_part

    names = {id_: staff.name for id_, staff in (await office.read.directory()).by_id.items()}
    voice = Voice(catalogue.words(lang), lang, office.guide.town)
    teller = Teller(voice, office.guide, Person(DESK, Role.ADMIN, walled=walled), names)
    span, now, rows = Span(begin, end), office.clock.now(), 0
    sheet = FORMS[form](path, teller.head())
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("tickets", total=await office.read.export_count(begin, end))
            after, more = "", True
            while more:
                part = await next_part(office.read, teller, span, after, now, set())
                sheet.write(part.rows)
                rows += len(part.rows)
                bar.advance(task, part.read)
                after, more = part.after, bool(part.after)
    finally:
        sheet.close()
    return rows


def _day(option: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(option, f"{text!r} is no day; write 2026-01-31") from None

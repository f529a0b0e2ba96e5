"""The page on which tickets are had as a table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bot.domain.permission import Act
from bot.errors import NotFound, Refusal
from bot.turn import Turn
from bot.views.exporting import ExportPage
from handlers.exporting import Span
from handlers.pages.frame import at_page, frame

LONGEST = timedelta(days=366 * 5)


async def page(turn: Turn) -> ExportPage:
    """The form, with the last full month in it. Raises NotFound for who may not export."""
    me = await at_page(turn)
    if not me.may(Act.EXPORT):
        raise NotFound()
    today = turn.now.astimezone(turn.guide.calendar.zone).date()
    last = today.replace(day=1) - timedelta(days=1)
    return ExportPage(frame(turn, me, "export"), str(last.replace(day=1)), str(last), str(today))


def span(turn: Turn, since: str, until: str) -> Span:
    """From the first day's midnight to the end of the last day, in the town. Raises Refusal for what is no span."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        raise Refusal("export.no_span") from None
    if not first <= last or last - first > LONGEST or first.year < 2000 or last.year > 2200:
        raise Refusal("export.no_span")
    zone = turn.guide.calendar.zone
    begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    return Span(begin, end)

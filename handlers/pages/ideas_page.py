"""The idea store on a page: ideas that may be read, and lessons of special cases, searched by their words."""

from __future__ import annotations

from bot.changes import Looked
from bot.domain import search
from bot.domain.ideas import Lesson
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.lists import IdeaLine, Ideas
from handlers import idea_store
from handlers.naming import area_name, kind_name, moment, shortened, unit_name
from handlers.pages import rows
from handlers.staff.me import Me
from handlers.supervisor import ideas

SHOWN = 50
TEXT = 300


async def page(turn: Turn, me: Me, said: str) -> Ideas:
    """Ideas and lessons with these words. Raises NotFound for who has no say in it."""
    if not me.may(Act.IDEAS):
        raise NotFound()
    said = rows.typed(said, idea_store.LONGEST)
    found, lessons, own = await ideas.stored(turn, me, said)
    turn.changes.looked.append(Looked(by=me.id, what="search", at=turn.now, detail=f"ideas {said}".strip()))
    words = search.wanted(said)
    more = len(found) > SHOWN or len(lessons) > SHOWN
    return Ideas(
        said=said,
        ideas=tuple(_idea(turn, me, ticket, text, words, own) for ticket, text in found[:SHOWN]),
        lessons=tuple(_lesson(turn, lesson, words) for lesson in lessons[:SHOWN]),
        note=turn.words("ideas.more" if more else "ideas.found", count=len(found), lessons=len(lessons)),
    )


def _idea(turn: Turn, me: Me, ticket: Ticket, text: str, words: tuple[str, ...], own: set[str]) -> IdeaLine:
    seen = ticket.number not in own and me.may(Act.SEE, ticket)
    facts = [
        ("count", str(ticket.work.reporters)),
        ("became", idea_store.became(turn, ticket)),
        ("unit", unit_name(turn, ticket.unit) if ticket.unit else ""),
        ("filed", moment(turn, ticket.filed_at)),
    ]
    return IdeaLine(
        ticket.number,
        f"{rows.TICKETS}/{ticket.number}" if seen else "",
        rows.marked(shortened(" ".join(text.split()), TEXT), words),
        tuple((turn.words(f"ideas.fact.{name}"), value) for name, value in facts if value),
    )


def _lesson(turn: Turn, lesson: Lesson, words: tuple[str, ...]) -> IdeaLine:
    facts = [
        ("area", area_name(turn, lesson.area) if lesson.area else ""),
        ("kind", kind_name(turn, lesson.kind) if lesson.kind else ""),
        ("filed", moment(turn, lesson.at)),
    ]
    return IdeaLine(
        lesson.source,
        "",
        rows.marked(shortened(" ".join(lesson.text.split()), TEXT), words),
        tuple((turn.words(f"ideas.fact.{name}"), value) for name, value in facts if value),
    )

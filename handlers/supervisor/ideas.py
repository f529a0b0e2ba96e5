"""The idea store for staff, and releasing a masked copy of what anybody may read."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Looked
from bot.conversation.session import Composing
from bot.domain.ideas import Lesson
from bot.domain.permission import Act
from bot.domain.public import may_be_public, without_numbers
from bot.domain.search import wanted
from bot.domain.ticket import Action, Ticket
from bot.domain.wall import visible_text
from bot.domain.words import fold
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, idea_store
from handlers.naming import area_name, shortened
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor.saying import about

ACT = "share"
COPY = 1000
"""Characters of a released copy at most."""
OWN = 100


async def ideas(turn: Turn, me: Me, words: str) -> Reply:
    """Ideas and lessons with these words; all that this person may see, or that was released."""
    found, lessons, own = await stored(turn, me, words)
    turn.changes.looked.append(Looked(by=me.id, what="search", at=turn.now, detail=f"ideas {words}".strip()))
    if not found and not lessons:
        return turn.say("idea.none")
    lines = [turn.words("idea.head", count=len(found), lessons=len(lessons))]
    lines += [idea_store.line(turn, ticket, text) for ticket, text in found[: idea_store.SHOWN]]
    lines += [_lesson(turn, lesson) for lesson in lessons[: idea_store.SHOWN]]
    if len(found) > idea_store.SHOWN or len(lessons) > idea_store.SHOWN:
        lines.append(turn.words("idea.more"))
    choices = [
        Choice(f"{ticket.number}:see", ticket.number)
        for ticket, _ in found[: idea_store.SHOWN]
        if ticket.number not in own and me.may(Act.SEE, ticket)
    ]
    return Reply("\n".join(lines), tuple(choices))


async def stored(turn: Turn, me: Me, words: str) -> tuple[list[tuple[Ticket, str]], list[Lesson], set[str]]:
    """Ideas with the words this person may read, lessons, and the numbers of this person's own matters."""
    own = {t.number for address in me.staff.addresses for t in await turn.read.tickets_of(address, OWN)}

    def readable(ticket: Ticket) -> str:
        if ticket.number not in own and me.may(Act.SEE, ticket):
            return visible_text(me.person, ticket)
        return idea_store.released(turn, ticket)

    found = await idea_store.ideas(turn, words, readable)
    return found, [lesson for lesson in await turn.read.lessons() if _says(lesson, words)], own


async def share(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Show the copy as anybody would read it, everything masked that looks like a number of somebody's. Raises
    Refusal for what may not be public."""
    _allowed(turn, ticket)
    copy = without_numbers(shortened((text or ticket.work.released or ticket.text).strip(), COPY))
    if not copy:
        raise Refusal("share.no_words", number=ticket.number)
    turn.remember(composing=Composing(act=ACT, ticket=ticket.number, at=turn.now, text=copy))
    choices = [Choice(f"{ticket.number}:share_now", turn.words("choice.share_now"))]
    if ticket.work.released:
        choices.append(Choice(f"{ticket.number}:share_off", turn.words("choice.share_off")))
    return about(turn, me, ticket, "share.preview", *choices, text=copy, usage=turn.words("usage.share"))


async def share_now(turn: Turn, me: Me, ticket: Ticket, _value: str) -> Reply:
    """Release the copy that was shown. Raises Refusal."""
    _allowed(turn, ticket)
    composing = turn.session.composing
    if composing is None or composing.act != ACT or composing.ticket != ticket.number or not composing.open(turn.now):
        return await share(turn, me, ticket, "")
    turn.remember(composing=None)
    _released(turn, me, ticket, composing.text)
    return about(turn, me, ticket, "share.done")


async def share_off(turn: Turn, me: Me, ticket: Ticket, _value: str) -> Reply:
    """Take a released copy back."""
    if ticket.work.released:
        _released(turn, me, ticket, "")
    return about(turn, me, ticket, "share.off")


def _allowed(turn: Turn, ticket: Ticket) -> None:
    if not may_be_public(ticket, turn.town.kinds.get(ticket.kind)):
        raise Refusal("share.not_public", number=ticket.number)


def _released(turn: Turn, me: Me, ticket: Ticket, copy: str) -> None:
    work = replace(ticket.work, released=copy)
    case.moved(turn, ticket, Action.NOTE, me.id, {"released": bool(copy), "text": copy}, work=work)


def _says(lesson: Lesson, words: str) -> bool:
    said = fold(lesson.text)
    return all(word in said for word in wanted(words[: idea_store.LONGEST]))


def _lesson(turn: Turn, lesson: Lesson) -> str:
    area = area_name(turn, lesson.area) if lesson.area else turn.words("list.none")
    return turn.words("idea.lesson", source=lesson.source, area=area, text=shortened(lesson.text, idea_store.TEXT))


COMMANDS = table(
    Command("ideas", Act.IDEAS, desk=ideas),
    Command("share", Act.SHARE, ticket=share),
    Command("share_now", Act.SHARE, ticket=share_now, hidden=True),
    Command("share_off", Act.SHARE, ticket=share_off, hidden=True),
)

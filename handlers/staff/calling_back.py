"""People the desk cannot write to are called or visited: what is owed to them becomes a task.

It is for supervisors and collectors, never for the unit that handled the ticket (rule book, "People").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.changes import Looked, Task
from bot.domain.permission import Act
from bot.domain.special import LOOKING_BACK, STAGE_OF, STAGES
from bot.domain.ticket import Action, Ticket
from bot.domain.wall import visible_text
from bot.errors import NotFound, Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import calls, looking, notices, reviews
from handlers.naming import moment, ticket_title, unit_name
from handlers.staff import phoning, reference
from handlers.staff.command import Command, table
from handlers.staff.filing_for import contact_of, number_among, source_name
from handlers.staff.me import Me, is_mine
from handlers.staff.spoken import leading, words_of

LISTED = 20
LOOKED_THROUGH = 200
RESULTS = ("yes", "partly", "no", "not_reached")
TEXT_LENGTH = 1000
NEWS_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Owed:
    """A call that is owed, and the ticket it is about."""

    task: Task
    ticket: Ticket


async def callbacks(turn: Turn, me: Me, text: str) -> Reply:
    """Whom to call or visit, the oldest first."""
    owed = await owed_by(turn, me)
    if not owed:
        return turn.say("callback.none")
    shown = one_per_ticket(owed)[:LISTED]
    reference.listed(turn, [each.ticket for each in shown])
    lines = [turn.words("callback.head", count=len(one_per_ticket(owed)))]
    for place, each in enumerate(shown, 1):
        lines.append(
            turn.words(
                "callback.line",
                place=place,
                number=each.ticket.number,
                title=ticket_title(turn, each.ticket),
                source=source_name(turn, each.ticket.source),
                since=moment(turn, each.task.opened_at),
            )
        )
    lines.append(turn.words("callback.next"))
    return Reply("\n".join(lines))


async def call_back(turn: Turn, me: Me, text: str) -> Reply:
    """One of them: what to say and whom to; or, with a result, what came of it. Raises Refusal."""
    owed = await owed_by(turn, me)
    number, rest = number_among(turn, text, [each.ticket.number for each in owed])
    mine = [each for each in owed if each.ticket.number == number]
    if not mine:
        raise NotFound(number=number)
    result, words = leading(rest, words_of(turn, "callback.result", RESULTS))
    if result:
        return await _recorded(turn, me, mine, result, words)
    if rest:
        raise Refusal("callback.result_missing", number=number, usage=turn.words("usage.call_back"))
    return await _shown(turn, me, mine)


async def _shown(turn: Turn, me: Me, owed: Sequence[Owed]) -> Reply:
    ticket = owed[0].ticket
    events = await turn.read.events(ticket.number)
    found = await phoning.numbers(turn, ticket, events, await turn.read.reporters(ticket.number))
    phones = turn.words("list.comma").join(phoning.opened(me, ticket, events, number) for number in found)
    turn.changes.looked.append(Looked(by=me.id, what="phone", at=turn.now, ticket=ticket.number, detail="call_back"))
    none = turn.words("list.none")
    lines = [
        turn.words("callback.card", number=ticket.number, title=ticket_title(turn, ticket)),
        turn.words("callback.matter", text=visible_text(me.person, ticket) or none),
        turn.words("callback.who", name=contact_of(events).get("name") or none, phone=phones or none),
        turn.words("callback.how", source=source_name(turn, ticket.source), unit=unit_name(turn, ticket.unit)),
        *(turn.words("callback.told", text=_told(each.task)) for each in owed),
        turn.words("callback.ask"),
    ]
    choices = [Choice(f"staff:call_back={ticket.number} {each}", result_name(turn, each)) for each in RESULTS]
    return Reply("\n".join(lines), tuple(choices), ticket=ticket.number)


async def _recorded(turn: Turn, me: Me, owed: Sequence[Owed], result: str, words: str) -> Reply:
    ticket = owed[0].ticket
    data: dict[str, object] = {"call_back": result, "text": words[:TEXT_LENGTH]}
    after = ticket.after(Action.NOTE, turn.now)
    turn.changes.ticket(after, after.event(Action.NOTE, turn.now, by=me.id, **data))
    title = ticket_title(turn, ticket)
    if result == "not_reached":
        return turn.say("callback.again", number=ticket.number, title=title)
    turn.changes.closed_tasks.extend(each.task.key for each in owed)
    if all((each.task.data or {}).get("what") == calls.LOOK_BACK for each in owed):
        after = await _looked_back(turn, me, after, result, words)
    else:
        after = (await reviews.called(turn, after, me.id, result, words)).ticket
    if result != "yes":
        notices.tell_staff(turn, me.directory.supervisors(), f"call_back_{result}", after, text=words[:NEWS_LENGTH])
    return turn.say("callback.done", number=ticket.number, title=title, result=result_name(turn, result))


async def _looked_back(turn: Turn, me: Me, ticket: Ticket, result: str, words: str) -> Ticket:
    """What somebody said by telephone of whether it came back: it is solved still, or it is not."""
    special = await turn.read.special(ticket.work.special) if ticket.work.special else None
    if special is None or special.state not in LOOKING_BACK:
        return ticket
    stage = next((stage for state, stage in STAGE_OF.items() if state is special.state), STAGES[0])
    said = {"text": words[:TEXT_LENGTH]} if words else {}
    return await looking.recorded(turn, ticket, special, stage, me.id, back=result != "yes", filer=True, **said)


def result_name(turn: Turn, result: str) -> str:
    """How a result is called."""
    return turn.words(f"callback.result.{result}").partition("|")[0]


def _told(task: Task) -> str:
    return str((task.data or {}).get("text", ""))


async def owed_by(turn: Turn, me: Me) -> list[Owed]:
    """The calls somebody may make: in their areas, not about an own case, never those of their own unit's work."""
    found = []
    for task in await turn.read.tasks((calls.KIND,), LOOKED_THROUGH):
        ticket = await turn.read.ticket(task.subject)
        if ticket is None or not me.may(Act.CALL_BACK, ticket) or _own_work(me, ticket):
            continue
        if not await is_mine(turn, me, ticket):
            found.append(Owed(task, ticket))
    return found


def _own_work(me: Me, ticket: Ticket) -> bool:
    unit = me.staff.unit
    helping = {assist.unit for assist in ticket.work.assists} | set(ticket.work.joint)
    return me.id == ticket.handler or bool(unit and (unit == ticket.unit or unit in helping))


def one_per_ticket(owed: Sequence[Owed]) -> list[Owed]:
    """The first of each ticket's."""
    return list({each.ticket.number: each for each in reversed(owed)}.values())[::-1]


COMMANDS = table(
    Command("callbacks", Act.COLLECT, desk=callbacks),
    Command("call_back", Act.COLLECT, desk=call_back),
)
"""Whoever collects; whom they may call is asked of every ticket (`Act.CALL_BACK`)."""

"""Typing the words of a ticket that has none: a voice heard, a picture looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.changes import Task
from bot.domain.deadlines import Tier
from bot.domain.lexicon import TextReading
from bot.domain.permission import Act
from bot.domain.place import Place
from bot.domain.possible import room_for
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import UNDECIDED
from bot.domain.wall import behind_the_wall, shown_to
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn, Voice
from handlers import case, notices, tasks
from handlers.naming import kind_name, ticket_title, unit_name
from handlers.staff import cards, offering
from handlers.staff.command import Command, table
from handlers.staff.heard_words import heard_words
from handlers.staff.me import Me


async def transcribe(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """The words become the ticket's; kind, place and danger are read from them, and a rule may take it now.

    The residents see the words and can correct them. Raises Refusal.
    """
    if not room_for(Act.TRANSCRIBE, ticket):
        raise Refusal("work.has_words", number=ticket.number)
    if not text:
        return await _wanting(turn, me, ticket)
    if len(text) > turn.town.limits.text_max:
        raise Refusal("work.too_long", number=ticket.number, limit=turn.town.limits.text_max)
    after = worded(turn, ticket, text, me.id, Action.TRANSCRIBE)
    await notices.tell_residents(turn, after, _what(after), _correct(after), params=_told(after, text))
    danger = turn.guide.read(text).danger
    if danger is not None and not ticket.danger:
        numbers = turn.words("list.comma").join(danger.numbers)
        await notices.tell_residents(turn, after, "danger_heard", params={"numbers": numbers})
    title = ticket_title(turn, shown_to(me.person, after))
    lead = turn.words(
        "work.transcribed" if after.unit else "work.transcribed_pool",
        number=ticket.number,
        title=title,
        kind=kind_name(turn, after.kind),
        unit=unit_name(turn, after.unit),
    )
    if not me.may(Act.SEE, after):  # it is a unit's now, or behind the wall
        return Reply(lead, ticket=ticket.number)
    return await cards.done(turn, me, after, lead)


async def take_heard(turn: Turn, me: Me, ticket: Ticket, _text: str) -> Reply:
    """What the service heard is what was said. Raises Refusal."""
    return await transcribe(turn, me, ticket, await heard_words(turn, me, ticket))


async def _wanting(turn: Turn, me: Me, ticket: Ticket) -> Reply:
    """Ask for the words; what the service heard is proposed."""
    reply = offering.wanting(turn, shown_to(me.person, ticket), "transcribe")
    words = await heard_words(turn, me, ticket)
    if not words:
        return reply
    text = f"{turn.words('work.heard', text=words)}\n{reply.text}"
    take = Choice(f"{ticket.number}:take_heard", turn.words("work.heard_take"))
    return Reply(text, (take, *reply.choices), ticket=ticket.number)


def worded(turn: Turn, ticket: Ticket, text: str, by: str, action: Action) -> Ticket:
    """The ticket with these words, understood anew, dispatched if a rule takes it now."""
    known = _understood(turn, ticket, turn.guide.read(text)) if ticket.status is Status.FILED or not ticket.text else {}
    after = case.moved(turn, ticket, action, by, {"text": text, **_record(known)}, text=text, **known)
    turn.changes.closed_tasks.append(f"listen:{ticket.number}")
    return _dispatched(turn, after, by) if after.status is Status.FILED else after


def _understood(turn: Turn, ticket: Ticket, reading: TextReading) -> Mapping[str, object]:
    """What the words say of a ticket; what the resident has said before stays."""
    danger = reading.danger
    kind = ticket.kind
    if kind == UNDECIDED:
        kind = danger.kind if danger is not None and danger.kind != UNDECIDED else reading.kind
    type_ = reading.type if reading.type_said else ticket.type
    code = danger.code if danger is not None else ticket.danger
    place = ticket.place or turn.guide.place_from_text(reading).place
    walled = ticket.walled or behind_the_wall(turn.town.kinds.get(kind), type_)
    clock = turn.guide.clock_of(kind, code, reading)
    area = ticket.area or (place.area if place is not None else "")
    return {"kind": kind, "type": type_, "danger": code, "place": place, "area": area, "walled": walled, "clock": clock}


def _record(known: Mapping[str, object]) -> dict[str, object]:
    """The same for the log."""
    return {
        name: value.name if isinstance(value, Place) else str(value)
        for name, value in known.items()
        if value and name != "walled"
    }


def _dispatched(turn: Turn, ticket: Ticket, by: str) -> Ticket:
    """To the unit a rule names, with the date that is told; else into the pool. What is behind the wall stays there."""
    route = turn.guide.route(ticket.kind, ticket.area)
    if not route.pooled and not ticket.walled:
        tier = Tier(ticket.work.tier)
        due = turn.guide.answer_due(ticket.type, turn.guide.clock_of_ticket(ticket), turn.now, route.unit, tier)
        return case.sent_to(turn, ticket.noted(promised_at=due and due.at), route.unit, by, {"rule": route.rule})
    clock = turn.guide.clock_of_ticket(ticket)
    due = turn.guide.answer_due_from_pool(ticket.type, clock, ticket.filed_at)
    waiting = ticket.noted(promised_at=due and due.at, provisional=bool(due and due.provisional))
    turn.changes.tickets[ticket.number] = waiting
    until = turn.guide.dispatch_due(clock, ticket.filed_at).at
    tasks.opened(turn, Task(f"pool:{ticket.number}", "pool", ticket.number, turn.now, until))
    return waiting


def _what(ticket: Ticket) -> str:
    if ticket.promised_at is None:
        return "transcribed"
    return "transcribed_unit" if ticket.unit else "transcribed_pool"


def _told(ticket: Ticket, text: str) -> dict[str, str]:
    if ticket.promised_at is None:
        return {"text": text}
    due = {"text": text, "due": ticket.promised_at.isoformat()}
    return {**due, "unit": ticket.unit} if ticket.unit else due


def _correct(ticket: Ticket) -> Callable[[Voice], tuple[Choice, ...]]:
    return lambda voice: (Choice(f"{ticket.number}:reword", voice.words("work.reword")),)


COMMANDS = table(
    Command("transcribe", Act.TRANSCRIBE, ticket=transcribe),
    Command("take_heard", Act.TRANSCRIBE, ticket=take_heard, hidden=True),
)

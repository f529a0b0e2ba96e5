"""What a supervisor does with a special case: other tickets, another unit or date, opening it again, and its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from bot.conversation.session import Composing
from bot.domain import review as reviews
from bot.domain import special as rules
from bot.domain.ideas import Lesson
from bot.domain.permission import Act, may_group
from bot.domain.special import Special, State, Step
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.unit_names import first_unit
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, special_cases
from handlers.naming import moment, unit_name
from handlers.staff import offering
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import choosing, special_opening, specials

CLOSING = "special_close"
LESSON = 1000
"""Characters of a lesson that are kept."""

Change = Callable[[Turn, Me, Special, str], Awaitable[Reply]]
"""What can be done with a special case; the text is what follows the word for it."""


async def add(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """More tickets. Raises Refusal."""
    possible(me, special)
    if special.state is not State.OPEN or special.answer is not None:
        raise Refusal("special.add_not_now", special=special.number)
    numbers = [n for n in await special_opening.numbers(turn, me, rest) if n not in special.tickets]
    if not numbers:
        raise Refusal("special.which", usage=turn.words("usage.special"))
    if len(special.tickets) + len(numbers) > rules.MOST:
        raise Refusal("special.too_many", most=rules.MOST)
    tickets = await special_opening.checked(turn, me, numbers, more=True)
    for ticket in tickets:
        if rules.waits_for_answer(ticket):
            choosing.fit(turn, ticket, [turn.town.units[special.unit]])
    areas = tuple(dict.fromkeys((*special.areas, *rules.areas_of(tickets))))
    all_ = (*special.tickets, *numbers)
    after = special_cases.stepped(turn, special, Step.CHANGE, me.id, {"added": numbers}, tickets=all_, areas=areas)
    taken = [await special_cases.taken_in(turn, after, ticket, me.id) for ticket in tickets]
    await special_cases.announced(turn, after, taken)
    await special_cases.tell_lead_unit(turn, after, "special_grown", numbers=_joined(turn, numbers))
    return turn.say("special.added", special=special.number, count=len(numbers), all=len(all_))


async def take_out(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """Tickets that do not belong there: they go on by themselves. Raises Refusal."""
    possible(me, special)
    _no_answer_on_its_way(special)
    numbers = await special_opening.numbers(turn, me, rest)
    if not numbers:
        raise Refusal("special.which", usage=turn.words("usage.special"))
    if missing := [number for number in numbers if number not in special.tickets]:
        raise Refusal("special.not_in", special=special.number, number=_joined(turn, missing))
    left = tuple(number for number in special.tickets if number not in numbers)
    if not left:
        raise Refusal("special.last", special=special.number)
    gone = [t for t in await special_cases.tickets_of(turn, special) if t.number in numbers]
    staying = [t for t in await special_cases.tickets_of(turn, special) if t.number in left]
    after = special_cases.stepped(
        turn,
        special,
        Step.CHANGE,
        me.id,
        {"out": numbers},
        tickets=left,
        areas=rules.areas_of(staying),
        back=tuple(number for number in special.back if number in left),
    )
    for ticket in gone:
        alone = special_cases.set_free(turn, after, ticket, me.id)
        if alone.open:
            await case.tell_who_has_it(turn, alone, "special_out", special=special.number)
    return turn.say("special.taken_out", special=special.number, number=_joined(turn, numbers), count=len(left))


async def lead(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """Another unit leads. Raises Refusal."""
    possible(me, special)
    _no_answer_on_its_way(special)
    units, _ = first_unit(turn.town, rest)
    if len(units) != 1:
        raise Refusal("unit.unknown", said=rest.split()[0] if rest.split() else "")
    unit = units[0]
    tickets = special_cases.together(await special_cases.tickets_of(turn, special))
    for ticket in tickets:
        choosing.fit(turn, ticket, [unit])
    if unit.code == special.unit:
        raise Refusal("special.has_it", special=special.number, unit=unit_name(turn, unit.code))
    after = special_cases.stepped(
        turn, special, Step.CHANGE, me.id, {"unit": unit.code, "before": special.unit}, unit=unit.code
    )
    for ticket in tickets:
        await special_cases.led(turn, after, ticket, me.id, {"special": special.number})
    due = special.due_at.isoformat()
    await special_cases.tell_lead_unit(turn, after, "special_opened", due=due)
    if after.state is State.OPEN:
        await special_cases.tell_people(turn, after, "special_moved", tickets, owed=False, unit=unit.code, due=due)
    return turn.say("special.led", special=special.number, unit=unit_name(turn, unit.code))


async def due(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """Another date: its people are told. Raises Refusal."""
    possible(me, special)
    _no_answer_on_its_way(special)
    if special.state is not State.OPEN:
        raise Refusal(f"special.not_now.{special.state}", special=special.number)
    until, words = special_opening.until(turn, special.unit, rest)
    after = special_cases.stepped(
        turn,
        special,
        Step.CHANGE,
        me.id,
        {"due": until.isoformat(), "text": words},
        due_at=until,
        provisional=False,
    )
    tickets = special_cases.together(await special_cases.tickets_of(turn, special))
    moved = [await special_cases.led(turn, after, t, me.id, {"special": special.number}) for t in tickets]
    iso = until.isoformat()
    await special_cases.tell_people(turn, after, "special_moved", moved, unit=special.unit, due=iso)
    await special_cases.tell_lead_unit(turn, after, "special_due_moved", due=iso)
    return turn.say("special.due_moved", special=special.number, due=moment(turn, until))


async def dissolve(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """It was none: its tickets go on by themselves, with the dates they have. Raises Refusal."""
    possible(me, special)
    _no_answer_on_its_way(special)
    tickets = await special_cases.tickets_of(turn, special)
    after = special_cases.stepped(turn, special, Step.DISSOLVE, me.id, {"text": rest[:LESSON]})
    for ticket in tickets:
        if ticket.work.special == special.number:
            special_cases.set_free(turn, after, ticket, me.id)
    await special_cases.tell_lead_unit(turn, after, "special_dissolved", text=rest or turn.words_in("")("list.none"))
    return turn.say("special.dissolved", special=special.number, count=len(tickets))


async def reopen(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """It came back: open again, with the tickets of those who said so, and the usual time. Raises Refusal."""
    possible(me, special)
    special.after(Step.REOPEN, turn.now)
    unit = turn.town.units.get(special.unit)
    if unit is None or unit.retired:
        raise Refusal("special.no_unit", special=special.number)
    until, provisional = special_cases.default_due(turn, special.unit, turn.now)
    tickets = await special_cases.tickets_of(turn, special)
    again = [t for t in tickets if t.number in special.back and _comes_back(t)]
    after = special_cases.stepped(
        turn,
        special,
        Step.REOPEN,
        me.id,
        {"text": rest[:LESSON], "tickets": [t.number for t in again]},
        opened_at=turn.now,
        due_at=until,
        provisional=provisional,
        answering=(),
        back=(),
        by_filer=False,
        fine=0,
    )
    turn.changes.cancel("look_back", special.number)
    turn.changes.cancel("came_back", special.number)
    for ticket in again:
        await special_cases.led(turn, after, _reopened(turn, me, special, ticket), me.id, {"special": special.number})
    iso = until.isoformat()
    await special_cases.tell_lead_unit(turn, after, "special_reopened", due=iso, text=rest)
    await special_cases.tell_people(turn, after, "special_reopened", again, unit=special.unit, due=iso)
    return turn.say(
        "special.reopened",
        special=special.number,
        unit=unit_name(turn, special.unit),
        due=moment(turn, until),
        count=len(again),
    )


def _comes_back(ticket: Ticket) -> bool:
    """Whether a ticket is opened again with its special case; the third time would be a final finding's."""
    ended = ticket.status in (Status.ANSWERED, Status.CLOSED)
    return ended and ticket.work.reopened + 1 < reviews.FINAL_AT and not ticket.walled


def _reopened(turn: Turn, me: Me, special: Special, ticket: Ticket) -> Ticket:
    work = replace(
        ticket.work,
        reopened=ticket.work.reopened + 1,
        reopened_at=turn.now,
        promise_at=None,
        settled=False,
    )
    data: dict[str, object] = {"special": special.number, "was": str(ticket.status)}
    turn.changes.cancel("promise", ticket.number)
    return case.moved(turn, ticket, Action.REOPEN, me.id, data, work=work)


async def close(turn: Turn, me: Me, special: Special, rest: str) -> Reply:
    """The end: with what was learnt from it, or why that is nothing. Raises Refusal."""
    possible(me, special)
    special.after(Step.CLOSE, turn.now)
    none, why = leading(rest, words_of(turn, "special.lesson", ("none",)))
    if not rest.strip() or (none and not why.strip()):
        turn.remember(composing=Composing(act=CLOSING, ticket=special.number, at=turn.now, step=offering.WORDS))
        leave = Choice("staff:leave_it", turn.words("work.leave_it"))
        key = "special.want_reason" if none else "special.want_lesson"
        return turn.say(key, leave, special=special.number, title=special.title)
    text = (why if none else rest).strip()
    if len(text) > LESSON:
        raise Refusal("special.lesson_too_long", most=LESSON)
    after = special_cases.stepped(turn, special, Step.CLOSE, me.id, {"none": bool(none), "text": text})
    turn.changes.cancel("look_back", special.number)
    turn.changes.cancel("came_back", special.number)
    if not none:
        area = special.areas[0] if len(special.areas) == 1 else ""
        lesson = Lesson(special.number, area, special.kind, text, me.id, turn.now)
        turn.changes.lessons.append(lesson)
    await special_cases.tell_lead_unit(turn, after, "special_closed", text=text)
    return turn.say("special.closed_without" if none else "special.closed", special=special.number)


async def lesson_said(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """The lesson, said after it was asked for."""
    special = await turn.read.special(composing.ticket)
    if special is None or not specials.sees(me, special):
        return None
    turn.remember(composing=None)
    await not_own(turn, me, special)
    return await close(turn, me, special, text)


def possible(me: Me, special: Special) -> None:
    """Raises Refusal where somebody may look at a special case and no more."""
    if not may_group(me.person, Act.SPECIAL, special.unit, special.areas):
        raise Refusal("special.not_yours", special=special.number)


async def not_own(turn: Turn, me: Me, special: Special) -> None:
    """Raises Refusal where one of its tickets is somebody's own."""
    if await special_cases.is_mine(turn, me.staff, await special_cases.tickets_of(turn, special)):
        raise Refusal("special.own_case", special=special.number)


def _no_answer_on_its_way(special: Special) -> None:
    if special.answer is not None:
        raise Refusal("special.answer_leaves", special=special.number)


def _joined(turn: Turn, numbers: list[str]) -> str:
    return turn.words("list.comma").join(numbers)


CHANGES: Mapping[str, Change] = {
    "add": add,
    "out": take_out,
    "lead": lead,
    "due": due,
    "dissolve": dissolve,
    "reopen": reopen,
    "close": close,
}
"""What follows the number of a special case, by the name of its word (``special.do.<name>``)."""

"""Opening a special case: which tickets, what it is called, by when, and which unit leads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.changes import Looked
from bot.conversation.session import Composing
from bot.domain import special as rules
from bot.domain.permission import Act
from bot.domain.special import Special, State, Step
from bot.domain.ticket import Ticket
from bot.domain.unit_names import first_unit
from bot.domain.until import read_until
from bot.domain.wall import shown_to
from bot.errors import NotFound, Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import special_cases
from handlers.naming import moment, shortened, ticket_title, unit_name
from handlers.shared import people_of
from handlers.staff import reference
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import choosing
from handlers.supervisor.specials import SHOWN, lines_of, see

ACT = "special_open"
OFFERED = 6
TOKEN = 8

_NUMBER = re.compile(r"[#＃]?([0-9０-９][0-9０-９-]*)[,，、;；]*")
_PARTS = re.compile(r"[^\s,，、;；]+[,，、;；]*")


async def begun(turn: Turn, me: Me, text: str) -> Reply:
    """Show what a special case of these tickets would be, and ask which unit leads it. Raises Refusal."""
    named, rest = await _leading(turn, me, text)
    return await proposed(turn, me, named, rest)


async def proposed(turn: Turn, me: Me, numbers: Sequence[str], rest: str = "") -> Reply:
    """The same for tickets whose numbers are known. Raises Refusal."""
    tickets = await checked(turn, me, numbers)
    due, title = _dated(turn, rest)
    title = _title(turn, me, title, tickets)
    token = turn.token()[:TOKEN]
    values = {"due": due.isoformat()} if due is not None else {}
    kept = Composing(act=ACT, ticket="", at=turn.now, step=token, text=title, values=values, numbers=tuple(numbers))
    turn.remember(composing=kept)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="special"))
    people = await people_of(turn, tickets)
    until = moment(turn, due) if due else turn.words("special.usual_time", days=turn.town.limits.study_days)
    lines = [
        turn.words("special.proposed", title=title, count=len(tickets), people=people),
        *lines_of(turn, me, tickets),
        turn.words("special.which_unit", due=until),
    ]
    units = _likely(turn, tickets)
    return Reply(
        "\n".join(lines),
        tuple(Choice(f"staff:special_open={token}/{unit}", unit_name(turn, unit)) for unit in units),
    )


async def opened(turn: Turn, me: Me, value: str) -> Reply:
    """The lead unit was tapped: the special case is there. Raises Refusal."""
    token, _, code = value.partition("/")
    composing = turn.session.composing
    fits = composing is not None and composing.act == ACT and composing.open(turn.now) and composing.step == token
    if composing is None or not fits or code not in turn.town.units:
        raise Refusal("special.gone_by")
    return await _open(turn, me, composing, code)


async def unit_said(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """A unit was named instead; None where the text names none."""
    units, _ = first_unit(turn.town, text)
    if len(units) != 1:
        return None
    return await _open(turn, me, composing, units[0].code)


async def _open(turn: Turn, me: Me, composing: Composing, unit: str) -> Reply:
    if not me.may(Act.SPECIALS) or turn.town.units[unit].retired:
        raise Refusal("special.gone_by")
    tickets = await checked(turn, me, composing.numbers)
    waiting = [ticket for ticket in tickets if rules.waits_for_answer(ticket)]
    for ticket in waiting:
        choosing.fit(turn, ticket, [turn.town.units[unit]])
    due, provisional = special_cases.default_due(turn, unit, turn.now)
    if said := composing.values.get("due"):
        due, provisional = datetime.fromisoformat(said), False
    special = Special(
        number=f"{rules.PREFIX}{await turn.numbers.next(turn.now)}",
        title=composing.text,
        state=State.OPEN,
        unit=unit,
        kind=rules.most_frequent(ticket.kind for ticket in tickets)[0],
        areas=rules.areas_of(tickets),
        tickets=tuple(ticket.number for ticket in tickets),
        by=me.id,
        opened_at=turn.now,
        due_at=due,
        provisional=provisional,
    )
    turn.remember(composing=None)
    special_cases.kept(turn, special, Step.OPEN, me.id, {"tickets": list(special.tickets), "unit": unit})
    after = [await special_cases.taken_in(turn, special, ticket, me.id) for ticket in tickets]
    await special_cases.tell_lead_unit(turn, special, "special_opened", due=due.isoformat())
    await special_cases.announced(turn, special, after)
    await special_cases.no_more_offered(turn, special)
    text = turn.words(
        "special.opened",
        special=special.number,
        title=special.title,
        unit=unit_name(turn, unit),
        due=moment(turn, due),
        count=len(tickets),
        together=len(waiting),
    )
    return Reply(text, (see(turn, special),))


async def checked(turn: Turn, me: Me, numbers: Sequence[str], *, more: bool = False) -> list[Ticket]:
    """These tickets, if they can become a special case (``more``: be added to one). Raises Refusal.

    What is not there, behind the wall or elsewhere is answered in the same words.
    """
    if len(numbers) > rules.MOST:
        raise Refusal("special.too_many", most=rules.MOST)
    found = [await turn.read.ticket(number) for number in numbers]
    tickets = [t for t in found if t is not None and me.may(Act.SPECIAL, t)]
    if len(tickets) < len(numbers):
        there = {ticket.number for ticket in tickets}
        missing = [number for number in numbers if number not in there]
        raise NotFound("which.not_found", number=turn.words("list.comma").join(missing[:SHOWN]))
    for ticket in tickets:
        if await special_cases.is_mine(turn, me.staff, [ticket]):
            raise Refusal("refusal.own_case", number=ticket.number)
        if key := rules.hindrance(ticket):
            raise Refusal(key, number=ticket.number, special=ticket.work.special, into=ticket.work.merged_into)
    if more:
        return tickets
    if len(tickets) == 1 and tickets[0].work.reporters < rules.OFFERED_AT:
        raise Refusal("special.one_only", number=tickets[0].number, count=rules.OFFERED_AT)
    if not tickets or not any(ticket.open for ticket in tickets):
        raise Refusal("special.all_ended")
    return tickets


async def numbers(turn: Turn, me: Me, text: str) -> list[str]:
    """The numbers of the tickets a text begins with, each once. Raises Refusal."""
    return (await _leading(turn, me, text))[0]


async def _leading(turn: Turn, me: Me, text: str) -> tuple[list[str], str]:
    """The numbers of the tickets a text begins with, each once, and the rest. Raises Refusal."""
    found: list[str] = []
    end = 0
    for part in _PARTS.finditer(text):
        matched = _NUMBER.fullmatch(part[0])
        if matched is None:
            break
        if len(found) > rules.MOST:
            raise Refusal("special.too_many", most=rules.MOST)
        ticket, _ = await reference.split(turn, me, matched[1], Act.SPECIAL)
        found.append(ticket.number)
        end = part.end()
    return list(dict.fromkeys(found)), text[end:].strip()


def _dated(turn: Turn, text: str) -> tuple[datetime | None, str]:
    """By when, where the text begins with that, and the rest of it. Raises Refusal."""
    name, rest = leading(text, words_of(turn, "special.do", ("due",)))
    if not name:
        return None, text
    return until(turn, "", rest)


def until(turn: Turn, unit: str, text: str) -> tuple[datetime, str]:
    """The date a text begins with, as the end of that day, and the rest. Raises Refusal for none, and for the past."""
    said = read_until(text, turn.now, turn.guide.calendar_of(unit))
    if said is None:
        raise Refusal("special.no_date")
    if said[0] <= turn.now:
        raise Refusal("special.past", due=moment(turn, said[0]))
    return said


def _title(turn: Turn, me: Me, said: str, tickets: Sequence[Ticket]) -> str:
    """What it is called: what was said, else what the first of its tickets is called."""
    words = " ".join(said.split()) or ticket_title(turn, shown_to(me.person, tickets[0]))
    return shortened(words, rules.TITLE)


def _likely(turn: Turn, tickets: Sequence[Ticket]) -> list[str]:
    """The units that may lead them, the one that has most of them first."""
    waiting = [ticket for ticket in tickets if rules.waits_for_answer(ticket)] or list(tickets)
    having = rules.most_frequent(ticket.unit for ticket in tickets if ticket.unit)
    codes = dict.fromkeys((*having, *(unit for ticket in waiting[:3] for unit in choosing.likely_units(turn, ticket))))
    units = turn.town.units
    fitting = (
        code
        for code in codes
        if code in units and not units[code].retired and all(choosing.hindrance(turn, t, code) is None for t in waiting)
    )
    return list(fitting)[:OFFERED]

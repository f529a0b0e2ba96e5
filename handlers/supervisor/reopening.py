"""What people say was not settled: a supervisor sees answer and words side by side, and decides what becomes of it.

Back to the unit with an order, another unit, a joint session, or it stands; the third time only a final finding.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Looked, Task
from bot.domain import review as rules
from bot.domain.masking import masked, masked_but_landlines
from bot.domain.permission import Act
from bot.domain.review import Review
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.wall import open_to, shown_to
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, review_question, reviews
from handlers.naming import moment, shortened, unit_name
from handlers.staff import leaving, offering, reference
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import assigning, choosing, supervising
from handlers.supervisor.saying import about, supervisors_of

SHOWN = 600
LISTED = 20
LOOKED_AT = 200


async def waiting(turn: Turn, me: Me, _rest: str) -> Reply:
    """What waits for such a decision, the oldest first."""
    found = [ticket for _, ticket in await to_decide(turn, me)]
    if not found:
        return turn.say("reopen.none")
    shown = found[:LISTED]
    reference.listed(turn, shown)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="reopen"))
    lines = [turn.words("reopen.head", count=len(found))]
    taps = []
    for place, ticket in enumerate(shown, 1):
        title = about(turn, me, ticket, "reopen.line", count=ticket.work.reopened).text
        lines.append(f"{place}. {title}")
        taps.append(Choice(f"{ticket.number}:reopening", ticket.number))
    return Reply("\n".join(lines), tuple(taps))


async def to_decide(turn: Turn, me: Me) -> list[tuple[Task, Ticket]]:
    """The tickets that wait for such a decision of this person, the oldest first."""
    found = []
    for task in await turn.read.tasks(("reopen",), LOOKED_AT):
        ticket = await turn.read.ticket(task.subject)
        if ticket is not None and me.may(Act.REOPEN, ticket) and not await is_mine(turn, me, ticket):
            found.append((task, ticket))
    return found


async def show(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """Answer, evidence and what people said, side by side, with what can be decided."""
    await _undecided(turn, me, ticket)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number, detail="reopen"))
    task = await turn.read.task(f"reopen:{ticket.number}")
    due = task.due_at if task is not None and task.due_at is not None else turn.now
    lines = [about(turn, me, ticket, "reopen.card", count=ticket.work.reopened, until=moment(turn, due)).text]
    answer = ticket.work.last_answer
    if answer is not None:
        text, files = shortened(masked_but_landlines(answer.text), SHOWN), len(answer.evidence)
        unit, at = unit_name(turn, ticket.unit), moment(turn, answer.leaves_at or answer.submitted_at)
        lines.append(turn.words("reopen.answer", unit=unit, at=at, files=files, text=text))
    lines += await said(turn, me, ticket)
    return Reply("\n".join(lines), choices(turn, me, ticket), ticket=ticket.number)


async def said(turn: Turn, me: Me, ticket: Ticket) -> list[str]:
    """What people said of the last answer, a line each, those who are not content first; nothing behind the wall."""
    if not open_to(me.person, ticket):
        return []
    found = sorted((await reviews.of_round(turn, ticket)).values(), key=lambda r: (not r.bad, r.at))
    return [_said(turn, ticket, each) for each in found if each.said]


def _said(turn: Turn, ticket: Ticket, review: Review) -> str:
    asked = rules.question(ticket)
    verdict = review_question.label_of(turn, asked, review.verdict) if asked in rules.IN_PARTS else None
    verdict = verdict or turn.words(f"review.verdict.{review.verdict}")
    return turn.words(
        "reopen.said",
        who=turn.words("reopen.filer" if review.party == rules.FILER else "reopen.joined"),
        verdict=verdict,
        rating=review.rating or reviews.NOTHING_SAID,
        files=len(review.files),
        text=masked(review.words) or reviews.NOTHING_SAID,
    )


def choices(turn: Turn, me: Me, ticket: Ticket) -> tuple[Choice, ...]:
    """What can be decided, to tap."""
    number = ticket.number
    if ticket.work.reopened >= rules.FINAL_AT:
        return (Choice(f"{number}:close", turn.words("tap.close")),)
    unit = unit_back(turn, ticket)
    found = [Choice(f"{number}:reopen_back", turn.words("tap.reopen_back", unit=unit_name(turn, unit)))] if unit else []
    return (
        *found,
        Choice(f"{number}:assign", turn.words("tap.assign")),
        Choice(f"{number}:joint", turn.words("tap.joint")),
        Choice(f"{number}:stands", turn.words("tap.stands")),
    )


def unit_back(turn: Turn, ticket: Ticket) -> str:
    """The unit a re-opened ticket goes back to: the one that answered; the second time the one above; "" for none.

    Where no unit stands above, or it must not have it, the unit keeps it.
    """
    units = turn.town.units
    unit = units.get(ticket.unit)
    if unit is None:
        return ""
    above = units.get(unit.parent)
    higher = ticket.work.reopened >= 2 or unit.retired
    if higher and above is not None and not above.retired and choosing.hindrance(turn, ticket, above.code) is None:
        return above.code
    return "" if unit.retired or choosing.hindrance(turn, ticket, unit.code) is not None else unit.code


async def back(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Back to the unit (the second time to the one above) with a supervision order and half the time."""
    await _undecided(turn, me, ticket)
    _not_final(ticket)
    unit = unit_back(turn, ticket)
    if not unit:
        return assigning.ask_unit(turn, me, ticket)
    after = await sent_back(turn, ticket, unit, me.id, rest.strip())
    after = await supervising.order_quietly(turn, me, after, rest.strip())
    due = moment(turn, after.due_at) if after.due_at else turn.words("assign.no_due")
    return about(turn, me, after, "reopen.back", unit=unit_name(turn, unit), due=due)


async def sent_back(turn: Turn, ticket: Ticket, unit: str, by: str, words: str = "") -> Ticket:
    """The ticket with a unit again, everybody told."""
    after = case.sent_to(turn, ticket, unit, by, {"reopened": True, **({"text": words} if words else {})})
    return await reviews.went_back(turn, ticket, after)


async def stands(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """The answer stands: the reason and other ways are told."""
    await _undecided(turn, me, ticket)
    _not_final(ticket)
    words = leaving.fitting(ticket, rest.strip())
    if not words:
        return offering.wanting(turn, shown_to(me.person, ticket), "stands")
    there = ticket.noted(work=replace(ticket.work, settled=True))
    action = Action.REJECT if ticket.work.last_answer is None else Action.CLOSE
    data = {"stands": True, "text": words, "round": rules.current_round(ticket)}
    hotline = turn.town.contacts.hotline
    after = await case.ended(turn, there, action, me.id, "stands", data, text=words, hotline=hotline)
    return about(turn, me, after, "reopen.stands")


async def _undecided(turn: Turn, me: Me, ticket: Ticket) -> None:
    """Raises Refusal when it waits for no decision, or for that of somebody who has not rejected it before."""
    if ticket.status is not Status.REOPENED:
        raise Refusal("reopen.not_waiting", number=ticket.number)
    task = await turn.read.task(f"reopen:{ticket.number}")
    if task is None or (task.data or {}).get("was") != Status.REJECTED:
        return
    events = await turn.read.events(ticket.number)
    others = any(staff.id != me.id for staff in await supervisors_of(turn, ticket))
    if others and any(event.action is Action.REJECT and event.by == me.id for event in events):
        raise Refusal("reopen.another", number=ticket.number)


def _not_final(ticket: Ticket) -> None:
    if ticket.work.reopened >= rules.FINAL_AT:
        raise Refusal("reopen.final_only", number=ticket.number)


COMMANDS = table(
    Command("reopenings", Act.POOL, desk=waiting),
    Command("reopening", Act.REOPEN, ticket=show),
    Command("reopen_back", Act.REOPEN, ticket=back),
    Command("stands", Act.REOPEN, ticket=stands),
)

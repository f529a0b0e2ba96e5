"""What follows from a review: it is kept, a ticket closes, comes back, or is put on the trace list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import Task, Timer
from bot.domain import review as rules
from bot.domain.people import DESK, Address
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import Clock
from bot.turn import Turn
from handlers import calls, case, notices
from handlers import parties as people
from handlers.naming import shortened

TELL, LATE = 0, 1
"""Levels of the ``reopen`` timer: supervisors hear, nobody has decided."""

GATHER = timedelta(minutes=2)
"""Supervisors hear a little after the verdict: rating and reason follow within moments."""

HOLDERS = ("filer", "claimed")
"""Roles of those who hold a ticket's code."""

WORDS_MAX = 1000
TOLD = 300
NOTHING_SAID = "—"
CALLS_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Parties:
    """Who may review a ticket. ``party`` maps addresses to parties; ``shared``: others joined its filer."""

    party: dict[Address, str]
    shared: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """The ticket after a review, and whether that closed it or brought it back."""

    ticket: Ticket
    closed: bool = False
    reopened: bool = False


async def parties(turn: Turn, ticket: Ticket) -> Parties:
    """Everybody a ticket belongs to, as parties: one for all accounts that are known to be one person's.

    Where the filer has left it to those who joined, the first of them is asked in their place.
    """
    reporters = await turn.read.reporters(ticket.number)
    if all(reporter.role in HOLDERS for reporter in reporters):
        return Parties({reporter.address: FILER for reporter in reporters}, shared=False)
    known = list(reporters)
    for event in await turn.read.events(ticket.number):
        if number := str(event.data.get("merged", "")):  # those who hold that ticket's code are one person too
            known += [r for r in await turn.read.reporters(number) if r.role in HOLDERS]
    sessions = await turn.read.sessions(reporter.address for reporter in known)
    groups = people.groups(known, sessions, await turn.read.directory())
    party: dict[Address, str] = {}
    for reporter in reporters:  # the filer first
        group = next(group for group in groups if str(reporter.address) in group)
        mine = next((party[r.address] for r in reporters if r.address in party and str(r.address) in group), "")
        party[reporter.address] = mine or (FILER if reporter.role in HOLDERS else str(reporter.address))
    if ticket.work.filer_left and FILER not in party.values():
        first = party[reporters[0].address]
        party = {address: FILER if each == first else each for address, each in party.items()}
    return Parties(party, shared=any(each != FILER for each in party.values()))


async def of_round(turn: Turn, ticket: Ticket) -> dict[str, Review]:
    """The reviews of a ticket's last answer, by party."""
    now = rules.current_round(ticket)
    return {r.party: r for r in await turn.read.reviews(ticket.number) if r.round == now}


def kept(turn: Turn, ticket: Ticket, review: Review, **data: object) -> Ticket:
    """The ticket with a review written down, as a step of its life. ``data`` is what was said with this step.

    Who joined is named by the actor of the step alone, so that they can be forgotten.
    """
    turn.changes.reviews.append(review)
    details: dict[str, object] = {"round": review.round, "joined": review.party != FILER, **data}
    return case.moved(turn, ticket, Action.REVIEW, review.by or DESK, details)


async def judged(turn: Turn, ticket: Ticket, review: Review, *, shared: bool, **data: object) -> Recorded:
    """The ticket after somebody's verdict (or what was missing of it), with what follows from that."""
    known = await of_round(turn, ticket)
    before = known.get(review.party)
    others = [r for party, r in known.items() if party != review.party]
    after = kept(turn, ticket, review, **data)
    if before is not None and before.verdict is Verdict.NOT_REACHED:
        await nobody_calls(turn, ticket)
    if rules.reopens(ticket, review, others, shared=shared):
        return Recorded(reopened(turn, after, review), reopened=True)
    if rules.over(after, [review, *others]):
        return Recorded(await closed(turn, after, review.by or DESK), closed=True)
    return Recorded(after)


async def closed(turn: Turn, ticket: Ticket, by: str) -> Ticket:
    """The ticket closed; those who are not being answered are told. Nobody is called for that."""
    data = {"round": rules.current_round(ticket)}
    return await case.ended(turn, ticket, Action.CLOSE, by, "closed", data, owed=False)


def reopened(turn: Turn, ticket: Ticket, review: Review) -> Ticket:
    """The ticket back at the desk: a supervisor decides within four working hours what becomes of it.

    What was rejected and never answered has had no time yet that could be halved.
    """
    was, work = ticket.status, ticket.work
    appeal = rules.question(ticket) in rules.ONE_APPEAL
    rejected = was is Status.REJECTED
    work = replace(
        work,
        reopened=work.reopened + (not rejected),
        bad_reviews=work.bad_reviews + (not rejected),
        reopened_at=turn.now,
        promise_at=None,
        appealed=work.appealed or appeal,
    )
    data = {"round": review.round, "verdict": str(review.verdict), "was": str(was)}
    after = case.moved(turn, ticket, Action.REOPEN, review.by or DESK, data, work=work)
    turn.changes.cancel("promise", ticket.number)
    limits, urgent = turn.town.limits, Clock(ticket.clock) is not Clock.TYPE
    late = turn.guide.calendar.after_working_hours(turn.now, limits.decide_hours).at
    due = turn.now + limits.urgent_desk if urgent else late
    details: dict[str, object] = {"round": review.round, "was": str(was)}
    turn.changes.tasks.append(Task(f"reopen:{ticket.number}", "reopen", ticket.number, turn.now, due, data=details))
    turn.changes.timer(Timer("reopen", ticket.number, turn.now + GATHER, TELL))
    turn.changes.timer(Timer("reopen", ticket.number, due, LATE))
    return after


async def went_back(turn: Turn, before: Ticket, after: Ticket) -> Ticket:
    """A re-opened ticket that is being worked on again, with its new date: its people, its unit and lead are told."""
    due = after.due_at
    after = after.noted(promised_at=due)
    turn.changes.tickets[after.number] = after
    params = {"unit": after.unit, "due": due.isoformat() if due else ""}
    await notices.tell_residents(turn, after, "reopened" if due else "reopened_soon", params=params)
    said = said_of((await of_round(turn, before)).values())
    text = NOTHING_SAID if after.walled else said
    notices.tell_unit(turn, after.unit, "reopened", after, text=text)
    directory = await turn.read.directory()
    leads = (directory.standing_in(lead, turn.now) for lead in directory.leads(after.unit))
    notices.tell_staff(turn, tuple({lead.id: lead for lead in leads}.values()), "reopened", after, text=text)
    return after


def said_of(reviews: Iterable[Review]) -> str:
    """What people wrote who are not content, shortened; a dash for nothing."""
    words = [r.words for r in reviews if r.bad and r.words]
    return shortened(" / ".join(words), TOLD) or NOTHING_SAID


def traced(turn: Turn, ticket: Ticket, review: Review) -> None:
    """Put an answer with a low rating on the trace list, once."""
    if review.rating is not None and review.rating <= rules.TRACED_UP_TO:
        data: dict[str, object] = {"round": review.round, "rating": review.rating}
        key = f"trace:{ticket.number}:{review.round}"
        turn.changes.tasks.append(Task(key, "trace", ticket.number, turn.now, data=data))


async def called(turn: Turn, ticket: Ticket, by: str, result: str, words: str) -> Recorded:
    """The ticket after its filer said by telephone or in person what ``result`` names; marked by who wrote it down."""
    if not rules.reviewable(ticket) or ticket.work.settled or rules.too_late(ticket, turn.now):
        return Recorded(ticket)
    known = (await of_round(turn, ticket)).get(FILER)
    if known is not None and known.said:
        return Recorded(ticket)
    review = Review(
        ticket=ticket.number,
        round=rules.current_round(ticket),
        party=FILER,
        address="",
        verdict=Verdict(result),
        words=words[:WORDS_MAX],
        by=by,
        asked_at=known.asked_at if known else None,
        at=turn.now,
    )
    shared = (await parties(turn, ticket)).shared
    return await judged(turn, ticket, review, shared=shared, verdict=result, call=True)


async def nobody_calls(turn: Turn, ticket: Ticket) -> None:
    """What was owed by telephone has reached them another way."""
    tasks = await turn.read.tasks((calls.KIND,), CALLS_LOOKED_AT)
    turn.changes.closed_tasks.extend(task.key for task in tasks if task.subject == ticket.number)

"""The days of a review: asked from delivery on, reminded once, over after seven; and a re-opening nobody decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain import review as rules
from bot.domain.people import DESK
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Status, Ticket
from bot.message import Push, Reply
from bot.turn import Turn
from handlers import calls, discretion, notices, review_question, reviews, wording
from handlers.naming import ticket_title
from handlers.staff import leaving
from handlers.timers import look_backs


async def delivered(turn: Turn) -> None:
    """An answer has reached one of those it was for: from now on their days run. Another channel of theirs
    adds none."""
    timer, ticket = turn.timer, await _ticket(turn)
    if timer is None or timer.address is None or ticket is None:
        return
    known = await reviews.parties(turn, ticket)
    party = known.party.get(timer.address)
    if party is None:
        return
    look_backs.begin(turn, ticket, timer.address, min(timer.due_at, turn.now))
    before = (await reviews.of_round(turn, ticket)).get(party)
    if before is not None and (before.said or before.asked_at is not None):
        return
    since = min(timer.due_at, turn.now)
    if before is not None and before.verdict is Verdict.NOT_REACHED:
        await reviews.nobody_calls(turn, ticket)
    review = Review(
        ticket=ticket.number,
        round=rules.current_round(ticket),
        party=party,
        address=str(timer.address),
        verdict=Verdict.ASKED,
        asked_at=since,
        at=turn.now,
    )
    reviews.kept(turn, ticket, review, verdict=str(Verdict.ASKED))
    for kind, wait in (("review_reminder", rules.REMIND_AFTER), ("review_ends", rules.ENDS_AFTER)):
        turn.changes.timer(Timer(kind, ticket.number, since + wait, timer.level, timer.address))


async def reminder(turn: Turn) -> None:
    """Ask once more, at a decent hour; not those who want few notices."""
    timer, ticket = turn.timer, await _ticket(turn)
    if timer is None or ticket is None or ticket.status is Status.CLOSED or turn.session.muted:
        return
    mine = await _asked_at(turn, ticket, rules.REMIND_AFTER, timer.due_at)
    if mine is None or mine.verdict is not Verdict.ASKED:
        return
    later = notices.quiet_until(turn)
    if later is not None:
        turn.changes.timer(replace(timer, due_at=later))
        return
    voice = turn.voice(turn.session)
    shown = await discretion.shown(turn, ticket)
    text = voice.words("told.review_reminder", number=ticket.number, title=ticket_title(voice, shown))
    turn.changes.push(
        Push(
            key=f"review_reminder:{ticket.number}:{mine.round}:{turn.address}",
            address=turn.address,
            reply=Reply(
                f"{text}\n{review_question.below(voice, ticket)}",
                review_question.choices(voice, ticket),
                ticket=ticket.number,
            ),
            created_at=turn.now,
            ticket=ticket.number,
            reserve=True,
            brief=wording.told_brief(turn, shown, "answer"),
        )
    )


async def ends(turn: Turn) -> None:
    """Seven days after delivery: not rated, or, where only a detail is missing, rated as it is. The ticket closes."""
    timer, ticket = turn.timer, await _ticket(turn)
    if timer is None or ticket is None:
        return
    mine = await _asked_at(turn, ticket, rules.ENDS_AFTER, timer.due_at)
    if mine is None:
        return
    after = ticket
    if mine.verdict is Verdict.ASKED:
        mine = replace(mine, verdict=Verdict.NOT_RATED, at=turn.now)
        after = reviews.kept(turn, ticket, mine, verdict=str(mine.verdict))
    await _close(turn, after, mine)


async def unreached(turn: Turn) -> None:
    """Seven days after an answer left: whom it never reached is to be called; what its filer said closes the ticket."""
    timer, ticket = turn.timer, await _ticket(turn)
    if timer is None or ticket is None or timer.level != rules.current_round(ticket):
        return
    rows = await reviews.of_round(turn, ticket)
    after, missed = ticket, False
    known = {party: str(address) for address, party in (await reviews.parties(turn, ticket)).party.items()}
    for party, address in ({FILER: ""} | known).items():
        if party in rows:
            continue
        missed = True
        rows[party] = Review(
            ticket=ticket.number,
            round=timer.level,
            party=party,
            address=address,
            verdict=Verdict.NOT_REACHED,
            at=turn.now,
        )
        after = reviews.kept(turn, after, rows[party], verdict=str(Verdict.NOT_REACHED))
    if missed:
        await _to_be_called(turn, after)
    if rows[FILER].asked_at is None:
        await _close(turn, after, rows[FILER])


async def _close(turn: Turn, ticket: Ticket, mine: Review) -> None:
    """Close a ticket whose filer need not be waited for any more."""
    if mine.party != FILER or mine.verdict is Verdict.ASKED:
        return
    if mine.verdict is Verdict.PARTLY and not mine.finished:
        mine = replace(mine, finished="yes")  # nobody has said that it is unfinished
    if rules.over(ticket, [mine]):
        await reviews.closed(turn, ticket, DESK)


async def _to_be_called(turn: Turn, ticket: Ticket) -> None:
    """Put it on the call-back list, unless it is there."""
    tasks = await turn.read.tasks((calls.KIND,), reviews.CALLS_LOOKED_AT)
    if any(task.subject == ticket.number for task in tasks) or not await calls.can_be_called(turn, ticket):
        return
    answer = ticket.work.last_answer
    calls.owed(turn, ticket, "review", leaving.as_read(turn.voice(None), ticket, answer) if answer else "")


async def _ticket(turn: Turn) -> Ticket | None:
    """The timer's ticket, while its last answer can be reviewed."""
    assert turn.timer is not None  # noqa: S101 - only timers come here
    ticket = await turn.read.ticket(turn.timer.subject)
    return ticket if ticket is not None and rules.reviewable(ticket) and not ticket.work.settled else None


async def _asked_at(turn: Turn, ticket: Ticket, wait: timedelta, due: datetime) -> Review | None:
    """This person's review of the last answer, if its time has come; timers of earlier answers find none."""
    known = (await reviews.parties(turn, ticket)).party.get(turn.address)
    mine = (await reviews.of_round(turn, ticket)).get(known) if known is not None else None
    return mine if mine is not None and mine.asked_at is not None and mine.asked_at + wait <= due else None

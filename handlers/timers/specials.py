"""The clock of special cases: their ladder, the answer that leaves, and the days after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.changes import Timer
from bot.domain import special as rules
from bot.domain.people import DESK
from bot.domain.special import Rung, Special, State, Step
from bot.domain.ticket import Action, Ticket
from bot.turn import Turn
from handlers import calls, special_cases, wording
from handlers.naming import shortened, ticket_title

SOON = timedelta(seconds=5)
"""When the desk looks again whether the answers of all its tickets have left."""
SLACK = timedelta(days=1)
CAME = ("sent", "told")
LOOKED_AT = 50
TOLD = 300
NOTHING_SAID = "—"
CLOSING = rules.STAGES[-1] + rules.CLOSING_AFTER
"""The level of the timer after which it can be closed."""


async def due(turn: Turn) -> None:
    """A rung of its ladder: one piece of news for it and this deadline, whatever happens twice."""
    timer, special = turn.timer, await _special(turn)
    if timer is None or special is None:
        return
    steps = rules.ladder(special, turn.guide.calendar_of(special.unit))
    step = next((each for each in steps if each[0] == timer.level), None)
    if step is None or step[2] > max(turn.now, timer.due_at):
        return  # answered meanwhile, or of an earlier date
    level, rung, _ = step
    about, until = f"{special.number}:{level}:{special.due_at.isoformat()}", special.due_at.isoformat()
    what = f"special_{rung}"
    await special_cases.tell_lead_unit(turn, special, what, about=about, due=until)
    if rung in (Rung.ONE_DAY_LATE, Rung.TWO_DAYS_LATE):
        urgent = rung is Rung.TWO_DAYS_LATE
        await special_cases.tell_supervisors(turn, special, what, urgent=urgent, about=about, due=until)


async def answered(turn: Turn) -> None:
    """The answer has left with every ticket that waited for it: the rest of its people are told, and the days begin.

    While some are still on their way the desk looks again; where one was taken back there is no answer for all yet.
    """
    special = await _special(turn)
    if special is None or special.answer is None:
        return
    waiting = special_cases.together(await special_cases.tickets_of(turn, special))
    if any(ticket.work.answer is not None for ticket in waiting):
        turn.changes.timer(Timer("special_answer", special.number, turn.now + SOON))
        return
    if waiting:
        after = special_cases.stepped(turn, special, Step.RECALL, DESK, {}, answer=None, answering=())
        numbers = ", ".join(ticket.number for ticket in waiting)
        await special_cases.tell_lead_unit(turn, after, "special_unanswered", numbers=numbers)
        return
    after = special_cases.stepped(
        turn,
        special,
        Step.ANSWER,
        DESK,
        {"text": special.answer.text, "outcome": str(special.answer.outcome)},
        answer=None,
        last_answer=special.answer,
        answered_at=turn.now,
        round=special.round + 1,
        back=(),
        by_filer=False,
        fine=0,
    )
    for stage in (*rules.STAGES, CLOSING):
        turn.changes.timer(Timer("look_back", special.number, turn.now + timedelta(days=stage), stage))
    tickets = await special_cases.tickets_of(turn, after)
    with_it = [ticket for ticket in tickets if ticket.number in after.answering]
    others = [t for t in tickets if t.number not in after.answering and t.status not in special_cases.NOBODY_TOLD]
    told = await special_cases.reporters_of(turn, with_it)
    text = special.answer.text
    await special_cases.tell_people(
        turn, after, "special_answered", others, but=told, then="special_delivered", unit=special.unit, text=text
    )
    await special_cases.tell_supervisors(turn, after, "special_answered", unit=special.unit, text=shortened(text, TOLD))


async def look_back(turn: Turn) -> None:
    """The days after an answer: its state goes on, whom no message reaches is to be called; in the end it can close.

    Everybody else is asked in turns of their own, from the day on which the answer reached them.
    """
    timer, special = turn.timer, await _special(turn)
    if timer is None or special is None or special.answered_at is None or special.state not in rules.LOOKING_BACK:
        return
    if timer.due_at < special.answered_at + timedelta(days=timer.level):
        return  # of an earlier answer
    if timer.level == CLOSING:
        if special.state is State.LOOKED_BACK_90:
            back, fine = str(len(special.back)), str(special.fine)
            await special_cases.tell_supervisors(turn, special, "special_to_close", back=back, fine=fine)
        return
    answered_at = special.answered_at
    special = special_cases.stepped(turn, special, rules.STAGE_STEP[timer.level], DESK, {})
    voice = turn.voice(None)
    for ticket in await special_cases.tickets_of(turn, special):
        if ticket.status in special_cases.NOBODY_TOLD or ticket.walled:
            continue
        if not await _reached(turn, ticket, answered_at):
            text = wording.told(voice, "look_back_call", ticket.number, ticket_title(voice, ticket), {})
            calls.owed(turn, ticket, calls.LOOK_BACK, text)


async def _reached(turn: Turn, ticket: Ticket, since: datetime) -> bool:
    """Whether anything has come to one of those a ticket belongs to since a moment, and still may."""
    if await special_cases.unreachable(turn, ticket):
        return False
    theirs = {reporter.address for reporter in await turn.read.reporters(ticket.number)}
    pushes = await turn.read.pushes_of(ticket.number, LOOKED_AT)
    return any(push.address in theirs and push.state in CAME and push.at >= since - SLACK for push in pushes)


async def came_back(turn: Turn) -> None:
    """Somebody said that it came back: supervisors hear, in whose words; of enough people that it should be opened."""
    special = await _special(turn)
    if special is None or not special.back or special.state not in rules.LOOKING_BACK:
        return
    what = "special_back_propose" if rules.comes_back(special) else "special_back"
    said = shortened(" / ".join(await _words(turn, special)), TOLD) or NOTHING_SAID
    await special_cases.tell_supervisors(turn, special, what, back=str(len(special.back)), text=said)


async def _words(turn: Turn, special: Special) -> list[str]:
    """What they said with it, since the last answer."""
    found = []
    for number in dict.fromkeys(special.back):
        events = [event for event in await turn.read.events(number) if event.action is Action.LOOK_BACK]
        taken_back = {event.data.get("detached") for event in events}
        for event in events:
            text = event.data.get("text")
            if text and event.data.get("round") == special.round and event.seq not in taken_back:
                found.append(str(text))
    return found


async def _special(turn: Turn) -> Special | None:
    assert turn.timer is not None  # noqa: S101 - only timers come here
    return await turn.read.special(turn.timer.subject)

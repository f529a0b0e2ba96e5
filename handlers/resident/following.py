"""After filing: where a ticket stands, what is added to it, and claiming it on another channel."""

from __future__ import annotations

from datetime import timedelta

from bot.changes import Reporter
from bot.conversation.draft import Draft, Enclosed
from bot.conversation.session import Filed, Question
from bot.conversation.states import step
from bot.domain.ticket import Action, Status, Ticket
from bot.errors import NotFound
from bot.message import AttachmentType, Choice, Reply
from bot.turn import Turn
from handlers import case, discretion, notices, page_links, review_question
from handlers.naming import counted, moment, place_name, shortened, state_name, ticket_title, title, unit_name
from handlers.resident import card, collecting, replying
from handlers.staff import transcribing
from handlers.supervisor.saying import supervisors_of

LISTED = 9
TOLD = 300
"""Characters of what was added in the news for the handler."""
SHOWN = frozenset(Action) - {
    *(Action.NOTE, Action.SEE, Action.HAND, Action.PROPOSE, Action.DECIDE, Action.SUBMIT, Action.RECALL, Action.HELP),
    *(Action.SUPERVISE, Action.EXEMPT, Action.REVIEW, Action.TRACE, Action.LEAVE, Action.LOOK_BACK),
}
"""What residents are shown of a ticket's life; the rest is between staff."""
TRIES_WINDOW = timedelta(hours=1)
TRIES_PER_TICKET = 20
"""Wrong codes for one ticket in an hour, by whomever: 50,000 hours for half of the six-digit codes."""


async def own(turn: Turn, number: str) -> Ticket:
    """A ticket of this person's. Raises NotFound for others' as for none: the words are the same."""
    ticket = await turn.read.ticket(number)
    if ticket is None or not await turn.read.owns(turn.address, number):
        raise NotFound(number=number)
    return ticket


async def _filed(turn: Turn, number: str) -> Ticket:
    """A ticket whose words are this person's. Raises NotFound for one they joined, as for none."""
    ticket = await own(turn, number)
    if await turn.read.role(turn.address, number) == discretion.JOINED:
        raise NotFound(number=number)
    return ticket


async def status(turn: Turn, number: str = "") -> Reply:
    """Who has it, since when, and what was done last; a list when there are several."""
    if number:
        return await _one(turn, await own(turn, number))
    tickets = [await discretion.shown(turn, ticket) for ticket in await turn.read.tickets_of(turn.address, LISTED)]
    draft = turn.session.draft
    waiting = turn.words("status.draft", title=title(turn, draft)) if draft else ""
    if not tickets:
        return Reply("\n".join(filter(None, (turn.words("status.none"), waiting))))
    if len(tickets) == 1:
        reply = await _one(turn, tickets[0])
        return Reply("\n".join(filter(None, (reply.text, waiting))), reply.choices, ticket=reply.ticket)
    choices = [
        Choice(
            f"{t.number}:status",
            turn.words("status.line", number=t.number, title=ticket_title(turn, t), state=state_name(turn, t)),
        )
        for t in tickets
    ]
    return Reply("\n".join(filter(None, (turn.words("status.several"), waiting))), tuple(choices))


async def _one(turn: Turn, ticket: Ticket) -> Reply:
    ticket = await discretion.shown(turn, ticket)
    lines = [turn.words("status.head", number=ticket.number, title=ticket_title(turn, ticket))]
    if ticket.place:
        lines.append(turn.words("receipt.place", place=place_name(turn, ticket.place)))
    lines.append(turn.words("status.state", state=state_name(turn, ticket)))
    since = moment(turn, ticket.dispatched_at or ticket.filed_at)
    lines.append(turn.words("status.who", unit=unit_name(turn, ticket.unit), since=since))
    events = [event for event in await turn.read.events(ticket.number) if event.action in SHOWN]
    if events:
        last = events[-1]
        if ticket.status is Status.WAITING_RESIDENT:
            asked = next((e.data["text"] for e in reversed(events) if e.action is Action.ASK and "text" in e.data), "")
            lines.append(turn.words("status.asked", text=asked))
        lines.append(turn.words("status.last", at=moment(turn, last.at), what=turn.words(f"event.{last.action}")))
    if ticket.open and ticket.promised_at:
        lines.append(turn.words("status.due", due=moment(turn, ticket.promised_at)))
    lines.append(turn.words("status.next", number=ticket.number))
    if address := page_links.own_line(turn, ticket.number):
        lines.append(address)
    choices = review_question.choices(turn.voice(turn.session), ticket) if ticket.status is Status.ANSWERED else ()
    return Reply("\n".join(lines), choices, ticket=ticket.number)


async def latest(turn: Turn, ticket: Ticket) -> list[str]:
    """What was done last, and by when there will be an answer: a line each."""
    lines = []
    events = [e for e in await turn.read.events(ticket.number) if e.action in SHOWN and e.action is not Action.URGE]
    if events:
        at, what = moment(turn, events[-1].at), turn.words(f"event.{events[-1].action}")
        lines.append(turn.words("status.last", at=at, what=what))
    if ticket.open and ticket.promised_at:
        lines.append(turn.words("status.due", due=moment(turn, ticket.promised_at)))
    return lines


async def added(turn: Turn, ticket: Ticket, words: str) -> tuple[Ticket, str]:
    """An own ticket with words added to it that came with something else; whoever works on it hears them.

    With what to do at once where they tell of a danger, else "".
    """
    after = _note(turn, ticket, Action.SUPPLEMENT, {"by": str(turn.address), "text": words})
    return after, await _tell_handler(turn, after, words)


async def supplement(turn: Turn, number: str, *, certain: bool) -> Reply:
    """Add a message's words, files or pin to a ticket.

    When the desk only supposes that it belongs there (``certain`` is False), the person can say "not this".
    """
    return await put(turn, await own(turn, number), certain=certain)


async def put(turn: Turn, ticket: Ticket, *, certain: bool) -> Reply:
    """Add a message to a ticket to which this person may add; as `supplement`."""
    message, number = turn.message, ticket.number
    assert message is not None  # noqa: S101 - only messages supplement
    if not ticket.open:
        return turn.say("supplement.closed", Choice("desk:new", turn.words("choice.new")), number=number)
    if ticket.status is Status.WAITING_RESIDENT:
        return await replying.answer(turn, ticket, certain=certain)
    enclosed = [collecting.enclose(turn, a, ticket=number) for a in message.attachments]
    data: dict[str, object] = {"by": str(turn.address)}
    if message.text:
        data["text"] = message.text
    if message.pin:
        data["pin"] = [message.pin.latitude, message.pin.longitude, message.pin.datum]
    if enclosed:
        data["enclosed"] = [e.id for e in enclosed]
    after = _note(turn, ticket, Action.SUPPLEMENT, data)
    advice = await _tell_handler(turn, after, message.text)
    problem = next((e.problem for e in enclosed if e.problem), "")
    lead = turn.words(f"problem.{problem}", limit=turn.town.limits.file_max_bytes // 2**20) + "\n" if problem else ""
    what = counted(turn, [e.type for e in enclosed]) if enclosed else turn.words("supplement.words")
    choices = [Choice(f"{number}:not_this={e.id}", turn.words("choice.not_this")) for e in enclosed[:1] if not certain]
    called = ticket_title(turn, await discretion.shown(turn, ticket))
    text = turn.words("supplement.done", number=number, title=called, what=what)
    return Reply("\n".join(filter(None, (advice, lead + text))), tuple(choices), ticket=number)


async def not_this(turn: Turn, number: str, attachment: str) -> Reply:
    """What was put to a ticket by supposition goes into a draft of its own."""
    ticket = await own(turn, number)
    records = await turn.read.attachments([attachment])
    record = next((r for r in records if r.address == turn.address and r.ticket == number), None)
    if record is None:
        return turn.say("press.unknown")
    _note(turn, ticket, Action.CORRECT, {"by": str(turn.address), "detached": attachment})
    draft = collecting.open_draft(turn)
    draft = draft.touched(turn.now, enclosed=(Enclosed(record.id, AttachmentType(record.type)),))
    turn.changes.moved_attachments.append((attachment, draft.id, ""))
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("not_this.done", number=number))


async def add_draft(turn: Turn, draft: Draft) -> Reply:
    """Put a whole draft to the open ticket it is like."""
    ticket = await own(turn, draft.alike)
    if not ticket.open:
        collecting.keep(turn, draft.touched(turn.now, alike=""))
        return turn.say("supplement.closed", number=ticket.number)
    step(draft.state, "add_to_ticket")
    data: dict[str, object] = {"by": str(turn.address), "draft": draft.id}
    if draft.said:
        data["text"] = draft.text
    if draft.enclosed:
        data["enclosed"] = [e.id for e in draft.enclosed]
        turn.changes.filed_attachments.append((draft.id, ticket.number))
    await _tell_handler(turn, _note(turn, ticket, Action.SUPPLEMENT, data), draft.text)
    collecting.forget(turn, draft)
    what = turn.words("supplement.words") if draft.said else counted(turn, [e.type for e in draft.enclosed])
    called = ticket_title(turn, await discretion.shown(turn, ticket))
    return turn.say("supplement.done", number=ticket.number, title=called, what=what)


async def correct(turn: Turn, number: str, text: str) -> Reply:
    """An edited message of a filed ticket: the new words are added, the old ones stay."""
    ticket = await own(turn, number)
    after = _note(turn, ticket, Action.CORRECT, {"by": str(turn.address), "text": text})
    await _tell_handler(turn, after, text)
    return turn.say("correct.done", number=number, title=ticket_title(turn, await discretion.shown(turn, ticket)))


REWORD = "reword"
"""The question for better words than staff understood."""


async def ask_to_reword(turn: Turn, number: str) -> Reply:
    """Ask what was really said in a voice or shown in a picture. Raises NotFound for who only joined."""
    ticket = await _filed(turn, number)
    if not ticket.open:
        return turn.say("supplement.closed", Choice("desk:new", turn.words("choice.new")), number=number)
    turn.remember(question=Question(REWORD, number, turn.now))
    return Reply(turn.words("reword.ask", number=number, text=ticket.text), ticket=number)


async def reword(turn: Turn, number: str, text: str) -> Reply:
    """The person's own words take the place of those that staff typed for them; what was typed stays in the log."""
    turn.remember(question=None)
    ticket = await _filed(turn, number)
    if not ticket.open or not text.strip():
        return turn.say("supplement.closed", number=number)
    after = transcribing.worded(turn, ticket, text, str(turn.address), Action.CORRECT)
    await _tell_handler(turn, after, text)
    return Reply(turn.words("reword.done", number=number, unit=unit_name(turn, after.unit)), ticket=number)


async def proven(turn: Turn, number: str, code: str) -> Ticket | str:
    """The ticket whose code that is; what to say (a key) where it is not, or was tried too often.

    A ticket of one's own needs no code.
    """
    since = turn.now - TRIES_WINDOW
    mine = tuple(t for t in turn.session.tries if t > since)
    if len(mine) >= turn.town.limits.code_tries_per_hour:
        return "claim.wait"
    ticket = await turn.read.ticket(number)
    if ticket is not None and await turn.read.owns(turn.address, number):
        return ticket
    tried = await turn.read.code_failures(number, since)
    if ticket is None or ticket.code != code or tried >= TRIES_PER_TICKET:
        turn.remember(tries=(*mine, turn.now))
        turn.changes.code_failures.append((number, turn.address, turn.now))
        return "claim.wrong"
    return ticket


async def claim(turn: Turn, number: str, code: str) -> Reply:
    """Whoever has number and code of a ticket may follow it here too. Tries are limited per person and per ticket."""
    ticket = await proven(turn, number, code)
    if isinstance(ticket, str):
        return turn.say(ticket)
    if await turn.read.owns(turn.address, number):
        return await _one(turn, ticket)
    _note(turn, ticket, Action.CLAIM, {"by": str(turn.address)})
    turn.changes.reporters.append(Reporter(number, turn.address, "claimed", turn.now))
    remembered = Filed(number, "", turn.now, ticket.kind, ticket.area, ticket_title(turn, ticket))
    turn.remember(recent=(remembered, *turn.session.recent)[:10], greeted=True)
    reply = await _one(turn, ticket)
    return Reply(turn.words("claim.done", number=number) + "\n" + reply.text, reply.choices, ticket=number)


def _note(turn: Turn, ticket: Ticket, action: Action, data: dict[str, object]) -> Ticket:
    by = str(data.pop("by"))
    ticket = ticket.after(action, turn.now)
    turn.changes.ticket(ticket, ticket.event(action, turn.now, by=by, **data))
    return ticket


async def _tell_handler(turn: Turn, ticket: Ticket, text: str) -> str:
    """Whoever works on it hears what was added; behind the wall only that something was, and the supervisors what.

    A danger waits for nothing; while nobody has the ticket the desk hears of it. Returns what to do at once then.
    """
    if not ticket.open:
        return ""
    danger = turn.guide.read(text).danger if text else None
    urgent = danger is not None
    said = shortened(text, TOLD) if text else turn.words("replied.files")
    if ticket.walled or (urgent and not ticket.unit):
        people = await supervisors_of(turn, ticket)
        notices.tell_staff(turn, people, "supplemented", ticket, urgent=urgent, text=said)
    if ticket.walled:
        said = turn.words("supplement.behind_the_wall")
    await case.tell_who_has_it(turn, ticket, "supplemented", urgent=urgent, text=said)
    return card.danger_advice(turn, danger.code) if danger is not None else ""

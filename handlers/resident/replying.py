"""A resident answers a handler's question: their next words or files go to the ticket, and its clock runs again."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.draft import Enclosed, Said
from bot.conversation.session import Replied
from bot.domain.ticket import Action, Status, Ticket
from bot.message import AttachmentType, Choice, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers import case, discretion, notices
from handlers.naming import counted, moment, shortened, ticket_title, unit_name
from handlers.resident import card, collecting
from handlers.staff import asking
from handlers.supervisor.saying import supervisors_of

MORE_WORDS = timedelta(minutes=2)
"""People answer in several messages: words that follow so soon belong to the answer too."""
TOLD = 300
"""Characters of the answer in the news for the handler."""


async def asked(turn: Turn) -> Ticket | None:
    """The ticket whose question a message without other context answers; None when nothing is waited for.

    A draft that was touched since the question came is talked about, not the question.
    """
    for number in reversed(turn.session.asked):
        ticket = await turn.read.ticket(number)
        if ticket is None or ticket.status is not Status.WAITING_RESIDENT:
            continue
        draft = turn.session.draft
        since = ticket.work.paused_at or ticket.work.asked_at
        if draft is not None and since is not None and draft.touched_at > since:
            return None
        return ticket if await turn.read.owns(turn.address, number) else None
    return None


def still_replying(turn: Turn, message: InboundMessage) -> str:
    """The number of the ticket a message still belongs to because its answer was given a moment ago; else ""."""
    replied = turn.session.replied
    if replied is None or turn.session.draft is not None:
        return ""
    wordless = message.kind is not MessageKind.TEXT and not message.text
    life = turn.town.limits.after_filing if wordless else MORE_WORDS
    return replied.ticket if turn.now - replied.at <= life else ""


async def answer(turn: Turn, ticket: Ticket, *, certain: bool) -> Reply:
    """Put a message to the ticket that waits for it, or did a moment ago; its clock runs (again), its handler is told.

    When the desk only supposes that it belongs there (``certain`` is False), the person can say "not this".
    """
    message = turn.message
    assert message is not None  # noqa: S101 - only messages answer
    enclosed = [collecting.enclose(turn, each, ticket=ticket.number) for each in message.attachments]
    data: dict[str, object] = {"answer": True}
    if message.text:
        data["text"] = message.text
    if message.pin is not None:
        data["pin"] = [message.pin.latitude, message.pin.longitude, message.pin.datum]
    if enclosed:
        data["enclosed"] = [each.id for each in enclosed]
    said = case.moved(turn, ticket, Action.SUPPLEMENT, str(turn.address), data)
    after = said
    if said.status is Status.WAITING_RESIDENT:
        after = await asking.resumed(turn, said, str(turn.address), "answer_heard")
    others = tuple(number for number in turn.session.asked if number != ticket.number)
    turn.remember(asked=others, replied=Replied(ticket.number, turn.now))
    reading = turn.guide.read(message.text) if message.text else None
    danger = reading.danger.code if reading is not None and reading.danger is not None else ""
    await _tell(turn, after, message.text, urgent=bool(danger))
    lines = [card.danger_advice(turn, danger)] if danger else []
    problem = next((each.problem for each in enclosed if each.problem), "")
    if problem:
        lines.append(turn.words(f"problem.{problem}", limit=turn.town.limits.file_max_bytes // 2**20))
    what = counted(turn, [each.type for each in enclosed]) if enclosed else turn.words("supplement.words")
    title, unit = ticket_title(turn, await discretion.shown(turn, ticket)), unit_name(turn, ticket.unit)
    lines.append(turn.words("replied.done", number=ticket.number, title=title, what=what, unit=unit))
    if after.promised_at is not None and after.promised_at != ticket.promised_at:
        lines.append(turn.words("replied.due", due=moment(turn, after.promised_at)))
    choices = () if certain else (Choice(f"{ticket.number}:not_answer={said.seq}", turn.words("choice.not_this")),)
    return Reply("\n".join(lines), choices, ticket=ticket.number)


async def _tell(turn: Turn, ticket: Ticket, text: str, *, urgent: bool) -> None:
    """Whoever asked hears the answer; behind the wall only that there is one, and the supervisors what it says."""
    said = shortened(text, TOLD) if text else turn.words("replied.files")
    if ticket.walled:
        notices.tell_staff(turn, await supervisors_of(turn, ticket), "replied", ticket, urgent=urgent, text=said)
        said = turn.words("supplement.behind_the_wall")
    await case.tell_who_has_it(turn, ticket, "replied", urgent=urgent, text=said)


async def not_answer(turn: Turn, ticket: Ticket, value: str) -> Reply:
    """What was taken for an answer becomes a draft; if nothing has happened since, the question is open again."""
    events = await turn.read.events(ticket.number)
    said = next((e for e in events if str(e.seq) == value), None)
    if said is None or said.by != str(turn.address) or not said.data.get("answer"):
        return turn.say("press.unknown")
    if any(event.data.get("detached") == said.seq for event in events):
        return turn.say("press.unknown")
    after = case.moved(turn, ticket, Action.CORRECT, str(turn.address), {"detached": said.seq})
    ended = any(event.seq == said.seq + 1 and event.action is Action.RESUME for event in events)
    if ended and ticket.seq == said.seq + 1:
        await asking.reopened(turn, after, str(turn.address))
        turn.remember(asked=(*turn.session.asked, ticket.number), replied=None)
    await case.tell_who_has_it(turn, after, "not_replied")
    draft = collecting.open_draft(turn)
    if words := str(said.data.get("text", "")):
        draft = collecting.with_words(turn, draft, Said(f"{ticket.number}/{said.seq}", words))
    ids = [str(each) for each in said.data.get("enclosed", ())]
    records = await turn.read.attachments(ids)
    draft = draft.touched(turn.now, enclosed=tuple(Enclosed(r.id, AttachmentType(r.type)) for r in records))
    turn.changes.moved_attachments.extend((record.id, draft.id, "") for record in records)
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("not_this.done", number=ticket.number))

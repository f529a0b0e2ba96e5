"""How an answer leaves: submitted, two minutes to recall it or a decision to wait for, then the residents are told."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot.changes import Timer
from bot.domain import deadlines
from bot.domain.people import Role
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.town import Clock
from bot.domain.work import DATED, AnswerDraft, Matter, Outcome, Proposal, Work
from bot.errors import Refusal
from bot.turn import Turn, Voice
from handlers import case, notices, review_question, traces
from handlers.naming import moment, ticket_title
from handlers.staff import chain, evidence, questions
from handlers.staff.me import Me

SUBMITTED = (Matter.SIGN_OFF, Matter.PROMISE)
"""Decisions that an answer waits for."""


LONGEST = 1500
"""Bytes of what may be said to a resident in one go: with number, title and unit it fits one WeChat message."""


def fitting(ticket: Ticket, text: str) -> str:
    """The text. Raises Refusal when it would be cut on its way to a resident."""
    if len(text.encode()) > LONGEST:
        raise Refusal("answer.too_long", number=ticket.number, limit=LONGEST // 3, letters=LONGEST)
    return text


def free_to_act(turn: Turn, ticket: Ticket) -> None:
    """Raises Refusal while an answer is on its way: whoever wants something else recalls it first."""
    answer = ticket.work.answer
    if answer is None:
        return
    if answer.leaves_at is None:
        raise Refusal("answer.waits_for_lead", number=ticket.number)
    raise Refusal("answer.on_its_way", number=ticket.number, at=moment(turn, answer.leaves_at))


def needs(turn: Turn, me: Me, ticket: Ticket, outcome: Outcome) -> Matter | None:
    """What a lead must decide before that answer may leave; a lead's own needs nobody."""
    if me.staff.role is Role.LEAD:
        return None
    if outcome in DATED:
        return Matter.PROMISE
    unit = turn.town.units.get(ticket.unit)
    return Matter.SIGN_OFF if unit is not None and unit.sign_off else None


def taken(turn: Turn, me: Me, ticket: Ticket) -> Ticket:
    """The ticket with somebody who has it: answering what nobody took is taking it too. Raises NotPossibleNow."""
    if ticket.status is Status.DISPATCHED:
        work = replace(ticket.work, taken_at=ticket.work.taken_at or turn.now)
        return case.moved(turn, ticket, Action.TAKE, me.id, {"implied": True}, handler=me.id, work=work)
    return ticket if ticket.handler else ticket.noted(handler=me.id)


async def submitted(turn: Turn, me: Me, ticket: Ticket, answer: AnswerDraft, *, files: bool = True) -> Ticket:
    """The ticket with an answer handed in: the deadline is met now. Raises Refusal.

    Where nobody has to decide it leaves after the time to recall it, else when it was approved. ``files`` False: they
    have become those of another ticket with the same answer.
    """
    free_to_act(turn, ticket)
    if files:
        await _evidence(turn, me, ticket, answer.evidence)
    ticket = taken(turn, me, ticket)
    matter = needs(turn, me, ticket, answer.outcome)
    data = _record(answer)
    if matter is None:
        leaves_at = turn.now + turn.town.limits.recall_within
        work = replace(ticket.work, answer=replace(answer, leaves_at=leaves_at))
        after = case.moved(turn, ticket, Action.SUBMIT, me.id, data, work=work)
        turn.changes.timer(Timer("answer_leaves", ticket.number, leaves_at))
        return after
    proposal = Proposal(
        matter=matter, by=me.id, at=turn.now, text=answer.text, until=answer.until, evidence=answer.evidence
    )
    work = replace(ticket.work, answer=answer)
    return chain.proposed(turn, me, ticket, proposal, Action.SUBMIT, work=work, details=data)


def recalled(turn: Turn, me: Me, ticket: Ticket) -> Ticket:
    """The ticket with its answer taken back. Raises Refusal when there is none, or it has left."""
    answer = ticket.work.answer
    if answer is None:
        left = ticket.work.last_answer
        if left is not None and left.leaves_at is not None and ticket.status is Status.ANSWERED:
            raise Refusal("recall.left", number=ticket.number, at=moment(turn, left.leaves_at))
        raise Refusal("recall.nothing", number=ticket.number)
    turn.changes.cancel("answer_leaves", ticket.number)
    return case.moved(turn, ticket, Action.RECALL, me.id, work=without_answer(ticket.work))


def without_answer(work: Work) -> Work:
    """The work without the answer that was handed in, and without what was to be decided about it."""
    return replace(work, answer=None, proposals=tuple(p for p in work.proposals if p.matter not in SUBMITTED))


async def left(turn: Turn, ticket: Ticket) -> Ticket:
    """The ticket answered: all its clocks stop, and everybody it belongs to is told now. Raises NotPossibleNow.

    What they are asked stands in the same message, and their days run from its delivery.
    """
    answer = ticket.work.answer
    assert answer is not None  # noqa: S101 - whoever calls this looked
    odd = await evidence.odd(turn, ticket, answer.evidence)  # the files may not have been looked at before
    answer = replace(answer, flags=tuple(dict.fromkeys((*answer.flags, *map(str, odd)))))
    promised = answer.until if answer.outcome in DATED else None
    work = replace(
        without_answer(ticket.work),
        last_answer=replace(answer, leaves_at=turn.now),
        proposals=(),
        asked_at=None,
        paused_at=None,
        paused=ticket.work.paused + _pausing(turn, ticket),
        promise_at=promised,
        answers=ticket.work.answers + 1,
        settled=False,
        together=False,
        set_due=None,
    )
    fields: dict[str, object] = {"promised_at": promised} if promised else {}
    record = _record(answer)
    if ticket.due_at is not None:
        record["due"] = ticket.due_at.isoformat()  # a re-opening sets another date; boards look at this one
    after = case.moved(turn, ticket, Action.ANSWER, answer.by, record, work=work, **fields)
    for kind in ("answer_leaves", "decision", "pause_reminder", "pause_ends", "assist", "promise"):
        turn.changes.cancel(kind, ticket.number)
    if promised is not None:
        turn.changes.timer(Timer("promise", ticket.number, max(asking_at(turn, after, promised), turn.now), ASK))
        turn.changes.timer(Timer("promise", ticket.number, promised, BROKEN))
    if ticket.status is Status.WAITING_RESIDENT:
        await questions.silence(turn, ticket)
    what, params = as_told(after, answer)
    await review_question.tell(turn, after, what, params)
    if answer.flags:
        traces.put(turn, after, flags=list(answer.flags))
    return after


ASK, BROKEN = 0, 1
"""Levels of the ``promise`` timer: ask whether it was kept; the date has passed."""


def asking_at(turn: Turn, ticket: Ticket, until: datetime) -> datetime:
    """When the handler is asked about a promise: when work begins on its day."""
    calendar = turn.guide.calendar_of(ticket.unit)
    opens, closes = calendar.hours.spans[0][0], until.astimezone(calendar.zone)
    return closes.replace(hour=opens.hour, minute=opens.minute, second=0, microsecond=0).astimezone(until.tzinfo)


def as_told(ticket: Ticket, answer: AnswerDraft) -> tuple[str, dict[str, str]]:
    """What residents are told of an answer: the name of the text and its parameters. The unit signs it."""
    params = {"unit": ticket.unit, "text": answer.text}
    if answer.outcome in DATED and answer.until is not None:
        params["until"] = answer.until.isoformat()
    return f"answer_{answer.outcome}", params


def as_read(voice: Voice, ticket: Ticket, answer: AnswerDraft) -> str:
    """An answer exactly as a resident who speaks that language reads it."""
    what, params = as_told(ticket, answer)
    title = ticket_title(voice, ticket)
    return voice.words(f"told.{what}", number=ticket.number, title=title, **notices.said(voice, params))


def _record(answer: AnswerDraft) -> dict[str, object]:
    found: dict[str, object] = {
        "outcome": str(answer.outcome),
        "text": answer.text,
        "submitted_at": answer.submitted_at.isoformat(),
        "until": answer.until.isoformat() if answer.until else "",
        "evidence": list(answer.evidence),
        "flags": list(answer.flags),
    }
    return {name: value for name, value in found.items() if value}


async def _evidence(turn: Turn, me: Me, ticket: Ticket, evidence: tuple[str, ...]) -> None:
    """Files that still lie with whoever sent them become the ticket's."""
    lying = f"staff{me.id}"
    for record in await turn.read.attachments(evidence):
        if record.draft == lying and not record.ticket:
            turn.changes.moved_attachments.append((record.id, "", ticket.number))
    used = frozenset(evidence)
    turn.remember(loose=tuple(each for each in turn.session.loose if each.id not in used))


def _pausing(turn: Turn, ticket: Ticket) -> float:
    """How long the clock has stood still in a pause that ends with the answer, in seconds."""
    since = ticket.work.paused_at
    if since is None or ticket.status is not Status.WAITING_RESIDENT:
        return 0.0
    return deadlines.stood_still(since, turn.now, Clock(ticket.clock), turn.guide.calendar_of(ticket.unit))


async def promise_kept(turn: Turn, me: Me, ticket: Ticket, text: str) -> Ticket:
    """The ticket with its promise kept: the residents are told. Raises Refusal."""
    fitting(ticket, text)
    work = replace(ticket.work, promise_at=None, answers=ticket.work.answers + 1)
    after = case.moved(turn, ticket, Action.PROMISE, me.id, {"kept": True, "text": text}, work=work)
    turn.changes.cancel("promise", ticket.number)
    await review_question.tell(turn, after, "promise_kept", {"unit": ticket.unit, "text": text})
    return after


async def studied(turn: Turn, me: Me, ticket: Ticket, outcome: Outcome, text: str) -> Ticket:
    """The ticket of an idea that was being studied, with what became of it: the residents are told. Raises Refusal."""
    fitting(ticket, text)
    last = ticket.work.last_answer
    assert last is not None  # noqa: S101 - whoever calls this looked
    answer = replace(last, outcome=outcome, text=text, by=me.id, until=None, leaves_at=turn.now)
    work = replace(ticket.work, promise_at=None, last_answer=answer, answers=ticket.work.answers + 1)
    data = {"kept": True, "outcome": str(outcome), "text": text}
    after = case.moved(turn, ticket, Action.PROMISE, me.id, data, work=work)
    turn.changes.cancel("promise", ticket.number)
    what, params = as_told(after, answer)
    await review_question.tell(turn, after, what, params)
    return after

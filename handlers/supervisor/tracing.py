"""Looking into an answer: the trace list, and a ticket's answer, evidence, times and flags beside what people said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.changes import Looked, Task
from bot.domain import review as rules
from bot.domain.findings import Finding, What
from bot.domain.masking import masked, masked_but_landlines
from bot.domain.permission import Act
from bot.domain.review import Review
from bot.domain.ticket import Action, Event, Ticket
from bot.domain.wall import open_to, shown_to, visible_text
from bot.domain.work import AnswerDraft, Outcome
from bot.errors import Refusal
from bot.message import AttachmentType, Choice, Reply
from bot.turn import Turn
from handlers import traces
from handlers.naming import counted, moment, shortened, ticket_title, unit_name
from handlers.staff import cards, chain, evidence, reference
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import judging
from handlers.supervisor.saying import about

SHOWN = 400
"""Characters of an answer, of a matter and of what people said; fewer where a message holds less."""

PER_LIST = 8
LOOKED_AT = 500
BUTTON = 24
PROOF = frozenset({AttachmentType.PHOTO, AttachmentType.VIDEO})
"""What shows that something was done."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer on the trace list."""

    task: Task
    ticket: Ticket


async def listed(turn: Turn, me: Me, rest: str) -> Reply:
    """The trace list, the oldest first, a few at a time, with ages; the places mean these tickets from now on."""
    found = await waiting(turn, me)
    start = int(rest) if rest.isdecimal() and len(rest) < 5 and int(rest) < len(found) else 0
    shown = found[start : start + PER_LIST]
    if not shown:
        return turn.say("trace.none")
    reference.listed(turn, [each.ticket for each in shown])
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="trace"))
    lines = [turn.words("trace.list", count=len(found), first=start + 1, last=start + len(shown))]
    choices = []
    for place, each in enumerate(shown, 1):
        title = ticket_title(turn, shown_to(me.person, each.ticket))
        said = turn.words(
            "trace.line",
            number=each.ticket.number,
            title=title,
            unit=unit_name(turn, each.ticket.unit),
            why=why(turn, each),
            age=age(turn, each.task.opened_at),
        )
        if turn.traits.buttons:
            lines.append(f"{place}. {said}")
            said = f"{place} {shortened(title, BUTTON)}"
        choices.append(Choice(f"{each.ticket.number}:trace", said))
    if start + len(shown) < len(found):
        choices.append(Choice(f"staff:trace={start + len(shown)}", turn.words("work.more")))
    return Reply("\n".join(lines), tuple(choices))


async def waiting(turn: Turn, me: Me) -> list[Listed]:
    """The answers on the list into which this person may look, the oldest first."""
    found = []
    for task in await turn.read.tasks((traces.KIND,), LOOKED_AT):
        ticket = await turn.read.ticket(task.subject)
        if ticket is None or not me.may(Act.TRACE, ticket) or judging.own_work(me, ticket):
            continue
        if not await is_mine(turn, me, ticket):
            found.append(Listed(task, ticket))
    return found


def age(turn: Turn, since: datetime) -> str:
    """How long ago something was, in days, or in hours on the first."""
    hours = int((turn.now - since) / timedelta(hours=1))
    return turn.words("trace.days", count=hours // 24) if hours >= 24 else turn.words("trace.hours", count=hours)


def why(turn: Turn, listed: Listed) -> str:
    """What brought it onto the list."""
    data, answer = listed.task.data or {}, listed.ticket.work.last_answer
    said = []
    if "rating" in data:
        said.append(turn.words("trace.why_rating", rating=str(data["rating"])))
    if answer is not None and answer.flags and data.get("round") == rules.current_round(listed.ticket):
        said.append(flag_names(turn, answer.flags))
    if "sample" in data:
        said.append(turn.words("trace.why_sample"))
    return turn.words("list.comma").join(said) or turn.words("list.none")


async def trace(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Everything about a ticket's last answer, side by side; or, with a finding and its reason, that is recorded."""
    answer = ticket.work.last_answer
    if answer is None:
        raise Refusal("trace.no_answer", number=ticket.number)
    if rest.strip() and judging.named(turn, rest)[0]:
        return await judging.finding(turn, me, ticket, rest)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number, detail="trace"))
    events = await turn.read.events(ticket.number)
    lines = [about(turn, me, ticket, "trace.head", unit=unit_name(turn, ticket.unit), name=_handler(me, ticket)).text]
    most = _most(turn)
    if text := visible_text(me.person, ticket):
        lines.append(turn.words("trace.matter", text=shortened(text, most)))
    lines.append(
        turn.words(
            "trace.answer",
            outcome=turn.words(f"outcome.{answer.outcome}"),
            text=shortened(masked_but_landlines(answer.text), most),
        )
    )
    lines.append(await _evidence(turn, answer))
    lines += _times(turn, ticket, answer)
    flags = tuple(dict.fromkeys((*answer.flags, *map(str, await evidence.odd(turn, ticket, answer.evidence)))))
    lines.append(turn.words("trace.flags", list=flag_names(turn, flags) or turn.words("list.none")))
    lines += _urges(turn, events)
    lines += _said(turn, me, ticket, await turn.read.reviews(ticket.number))
    found = [each for each in await turn.read.findings(ticket.number) if each.what in list(What)]
    lines += [_found(turn, me, each) for each in found]
    if judging.exempt_now(events):
        lines.append(turn.words("trace.exempted"))
    return Reply("\n".join(lines), judging.choices(turn, me, ticket, found), ticket=ticket.number)


def flag_names(turn: Turn, flags: Iterable[str]) -> str:
    """What looked perfunctory, in a few words each."""
    return turn.words("list.comma").join(turn.words(f"flag.name.{flag}") for flag in flags)


def _most(turn: Turn) -> int:
    """So many characters of each text: all of them fit into one message."""
    return min(SHOWN, cards.room(turn) // 6)


def _handler(me: Me, ticket: Ticket) -> str:
    answer = ticket.work.last_answer
    return chain.name_of(me.directory, answer.by if answer is not None else ticket.handler)


async def _evidence(turn: Turn, answer: AnswerDraft) -> str:
    """What is enclosed; and whether what shows that it was done is missing."""
    records = await turn.read.attachments(answer.evidence)
    types = [AttachmentType(record.type) for record in records if record.state in ("pending", "stored")]
    said = counted(turn, types) if types else turn.words("list.none")
    key = "trace.evidence_missing" if answer.outcome is Outcome.SOLVED and PROOF.isdisjoint(types) else "trace.evidence"
    return turn.words(key, list=said)


def _times(turn: Turn, ticket: Ticket, answer: AnswerDraft) -> Iterator[str]:
    """Dispatched, taken, answered, until when it was due, and how long its clock stood still."""
    work, none = ticket.work, turn.words("list.none")
    yield turn.words(
        "trace.times",
        filed=moment(turn, ticket.filed_at),
        dispatched=moment(turn, ticket.dispatched_at) if ticket.dispatched_at else none,
        taken=moment(turn, work.taken_at) if work.taken_at else none,
        answered=moment(turn, answer.submitted_at),
    )
    if ticket.due_at is not None:
        key = "trace.due_late" if answer.submitted_at > ticket.due_at else "trace.due_kept"
        yield turn.words(key, due=moment(turn, ticket.due_at))
    if work.pauses:
        yield turn.words("trace.pauses", count=work.pauses, hours=f"{work.paused / 3600:.1f}")
    if work.extended or work.broken_promises or work.reopened:
        yield turn.words("trace.detours", extended=work.extended, broken=work.broken_promises, reopened=work.reopened)


def _urges(turn: Turn, events: Sequence[Event]) -> Iterator[str]:
    urges = [event for event in events if event.action is Action.URGE]
    if urges:
        counting = sum(bool(event.data.get("counted", True)) for event in urges)
        yield turn.words("trace.urges", count=len(urges), counted=counting, at=moment(turn, urges[-1].at))


def _said(turn: Turn, me: Me, ticket: Ticket, reviews: Sequence[Review]) -> Iterator[str]:
    """What people said of the last answer, each with their rating and words."""
    given = [r for r in reviews if r.round == rules.current_round(ticket) and (r.said or r.rating is not None)]
    if not given:
        yield turn.words("trace.nothing_said")
    for review in given:
        words = review.words if open_to(me.person, ticket) else ""
        yield turn.words(
            "trace.said",
            who=turn.words("trace.filer" if review.party == rules.FILER else "trace.joiner"),
            verdict=turn.words(f"trace.verdict.{review.verdict}"),
            rating=review.rating if review.rating is not None else turn.words("list.none"),
            text=shortened(" ".join(masked(words).split()), _most(turn)) or turn.words("list.none"),
        )


def _found(turn: Turn, me: Me, found: Finding) -> str:
    return turn.words(
        "trace.found",
        at=moment(turn, found.at),
        name=chain.name_of(me.directory, found.by),
        finding=judging.name_of(turn, found.what),
        text=shortened(found.text, _most(turn)),
    )


COMMANDS = table(Command("trace", Act.TRACE, ticket=trace, desk=listed, desk_act=Act.SAMPLE))

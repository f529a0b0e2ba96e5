"""A ticket as staff read it: who, what, where, until when, what happened, and what this person may do with it now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence, Set

from bot.changes import Looked
from bot.domain.colour import Colour
from bot.domain.masking import masked
from bot.domain.people import DESK, Address
from bot.domain.permission import Act
from bot.domain.ticket import Action, Event, Ticket
from bot.domain.wall import open_to, shown_to, whole_text
from bot.domain.work import Proposal
from bot.message import AttachmentType, Choice, Reply
from bot.ports import PushState
from bot.turn import Turn
from handlers import holding
from handlers.naming import (
    counted,
    kind_name,
    moment,
    place_name,
    shortened,
    state_name,
    ticket_title,
    type_name,
    unit_name,
)
from handlers.remaining import time_left
from handlers.staff import chain
from handlers.staff.me import Me
from handlers.staff.offering import CHOICES_MOST, choices, pressed

WORDS_SHOWN = 300
"""So many characters of a ticket's words stand on its card; the rest is one tap away."""
PAST_SHOWN = 4
PAST_WORDS = 60

SILENT = frozenset({Action.SEE, Action.CLAIM})
"""Events that are no news on a card."""


def slot(turn: Turn, ticket: Ticket) -> str:
    """Where a card is shown: in the place of the last card when that is the same ticket's and a button was pressed."""
    prefix = f"work:{ticket.number}:"
    if pressed(turn) and turn.session.card.startswith(prefix):
        return turn.session.card
    turn.remember(card=f"{prefix}{turn.session.seq}")
    return turn.session.card


def in_focus(turn: Turn) -> str:
    """The number of the ticket whose card was shown last, "" for none."""
    return turn.session.card.removeprefix("work:").partition(":")[0]


async def done(turn: Turn, me: Me, ticket: Ticket, lead: str, *more: Choice) -> Reply:
    """What is answered after something was done: on a card that was pressed the card anew, else a few lines."""
    extra = (*more, *choices(turn, me, ticket))[:CHOICES_MOST]
    if pressed(turn) and turn.session.card.startswith(f"work:{ticket.number}:"):
        shown = await card(turn, me, ticket, lead)
        return Reply(shown.text, extra, shown.slot, ticket=ticket.number)
    return Reply(lead, extra, ticket=ticket.number)


async def card(turn: Turn, me: Me, ticket: Ticket, lead: str = "") -> Reply:
    """The card of a ticket; that it was read is recorded. ``lead`` stands above it."""
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number))
    files, events, pushes, reporters = await asyncio.gather(
        turn.read.attachments_of(ticket.number),
        turn.read.events(ticket.number),
        turn.read.pushes_of(ticket.number),
        turn.read.reporters(ticket.number),
    )
    shown = shown_to(me.person, ticket)
    say = turn.words
    lines = [lead] if lead else []
    lines.append(say("work.head", mark=mark(turn, ticket), number=ticket.number, title=ticket_title(turn, shown)))
    lines.append(
        say("work.who", alias=ticket.alias, type=type_name(turn, ticket.type), kind=kind_name(turn, ticket.kind))
    )
    if shown.place is not None:
        lines.append(say("work.place", place=place_name(turn, shown.place)))
    extra: list[Choice] = []
    if shown.text:
        most = min(WORDS_SHOWN, room(turn) // 3)
        lines.append(say("work.words", text=shortened(shown.text, most)))
        if len(shown.text) > most:
            extra.append(Choice(f"{ticket.number}:words", say("work.all_words")))
    else:
        lines.append(say("work.no_words"))
    if masked(whole_text(me.person, ticket)) != whole_text(me.person, ticket) and me.may(Act.UNMASK, ticket):
        extra.append(Choice(f"{ticket.number}:unmask", say("button.unmask")))
    if files and open_to(me.person, ticket):
        lines.append(say("work.files", list=counted(turn, [AttachmentType(file.type) for file in files])))
    lines.append(
        say(
            "work.state",
            state=state_name(turn, ticket),
            unit=unit_name(turn, ticket.unit),
            handler=handler_name(turn, me, ticket),
        )
    )
    lines.append(say("work.left", left=time_left(turn, turn.guide, ticket, turn.now)))
    if ticket.due_at is not None:
        lines.append(say("work.due", due=moment(turn, ticket.due_at)))
    if ticket.promised_at is not None and ticket.promised_at != ticket.due_at:
        lines.append(say("work.promised", due=moment(turn, ticket.promised_at)))
    if held := await holding.mark(turn, [reporter.address for reporter in reporters]):
        lines.append(held)
    lines += open_matters(turn, me, ticket)
    news = [event for event in (*events, *fresh(turn, ticket)) if not _silent(event)]
    lines += [past(turn, me, event, hidden=hidden_from(me, ticket, event)) for event in news[-PAST_SHOWN:]]
    lines += _delivery(turn, pushes, {reporter.address for reporter in reporters})
    offered = (*choices(turn, me, ticket)[: CHOICES_MOST - len(extra)], *extra)
    return Reply("\n".join(lines), offered, slot(turn, ticket), ticket=ticket.number)


def _silent(event: Event) -> bool:
    """That somebody was asked, or said nothing, is no news either."""
    return event.action in SILENT or (event.action is Action.REVIEW and event.by == DESK)


def room(turn: Turn) -> int:
    """How many characters one message of this channel holds, Chinese ones, which take three bytes."""
    traits = turn.traits
    return traits.text_limit // 3 if traits.text_unit == "bytes" else traits.text_limit


def mark(turn: Turn, ticket: Ticket) -> str:
    """A ticket's colour as a sign, "" for green."""
    found = turn.guide.colour(ticket, turn.now)
    return "" if found is Colour.GREEN else turn.words(f"work.colour.{found.name.lower()}")


def handler_name(turn: Turn, me: Me, ticket: Ticket) -> str:
    """Who has a ticket."""
    return chain.name_of(me.directory, ticket.handler) if ticket.handler else turn.words("work.nobody")


def open_matters(turn: Turn, me: Me, ticket: Ticket) -> Iterable[str]:
    """What is open on a ticket besides its clock, a line each."""
    work = ticket.work
    for proposal in work.proposals:
        yield turn.words(
            "work.proposal",
            matter=turn.words(f"matter.{proposal.matter}"),
            name=chain.name_of(me.directory, proposal.by),
            text=shortened(proposed_words(me, ticket, proposal), PAST_WORDS),
            due=moment(turn, proposal.due_at) if proposal.due_at else turn.words("list.none"),
        )
    answer = work.answer or work.last_answer
    if answer is not None and answer.flags:
        names = turn.words("list.comma").join(turn.words(f"flag.name.{flag}") for flag in answer.flags)
        yield turn.words("work.flags", list=names)
    if work.answer is not None and work.answer.leaves_at is not None:
        yield turn.words("work.answer_leaves", at=moment(turn, work.answer.leaves_at))
    for assist in work.assists:
        if assist.done_at is None:
            yield turn.words("work.assist", unit=unit_name(turn, assist.unit), due=moment(turn, assist.due_at))
    for order in work.orders:
        if order.closed_at is None:
            yield turn.words("work.order", number=order.number, due=moment(turn, order.due_at))


def proposed_words(me: Me, ticket: Ticket, proposal: Proposal) -> str:
    """The words of a proposal as somebody may read them: another unit's stay behind the wall."""
    by = me.directory.by_id.get(proposal.by)
    theirs = by is not None and by.unit == me.staff.unit
    return masked(proposal.text) if theirs or open_to(me.person, ticket) else ""


def fresh(turn: Turn, ticket: Ticket) -> list[Event]:
    """What this very turn does with a ticket: the store does not know of it yet."""
    return [event for event in turn.changes.events if event.ticket == ticket.number]


def hidden_from(me: Me, ticket: Ticket, event: Event) -> bool:
    """Whether the words of an event stay behind the wall: a unit reads its own people's there, nobody else's."""
    by = me.directory.by_id.get(event.by)
    return not open_to(me.person, ticket) and (by is None or by.unit != me.staff.unit)


def past(turn: Turn, me: Me, event: Event, *, hidden: bool = False) -> str:
    """One line of what happened: when, who, what, and the words that went with it."""
    said = event.data.get("text", "")
    words = "" if hidden or not isinstance(said, str) else shortened(" ".join(masked(said).split()), PAST_WORDS)
    line = turn.words(
        "work.past", at=moment(turn, event.at), name=actor(turn, me, event.by), what=what_happened(turn, event)
    )
    return f"{line}{turn.words('work.past_words', text=words)}" if words else line


def what_happened(turn: Turn, event: Event) -> str:
    """What an event is called."""
    name = "undo" if "undone" in event.data else event.action
    return turn.words(f"work.event.{name}")


def actor(turn: Turn, me: Me, by: str) -> str:
    """Who did something: a member of staff by name, the desk, or a resident, who has none here."""
    if by == DESK:
        return turn.words("work.desk")
    staff = me.directory.by_id.get(by)
    return staff.name if staff else turn.words("work.resident")


DELIVERY = {
    **dict.fromkeys(("sent", "told"), "told"),
    **dict.fromkeys(("kept",), "kept"),
    **dict.fromkeys(("refused", "unclear", "expired", "recalled"), "lost"),
}
"""State of a push -> how that is said; everything else is on its way."""


def _delivery(turn: Turn, pushes: Sequence[PushState], residents: Set[Address]) -> Iterable[str]:
    """How the last news for the residents stand, and how many for staff did not reach anybody."""
    last = next((push for push in pushes if push.address in residents), None)
    if last is not None:
        yield turn.words(f"work.push.{DELIVERY.get(last.state, 'on_its_way')}", at=moment(turn, last.at))
    lost = sum(push.address not in residents and DELIVERY.get(push.state) in ("kept", "lost") for push in pushes)
    if lost:
        yield turn.words("work.push.staff_lost", count=lost)

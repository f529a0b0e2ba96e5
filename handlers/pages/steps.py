"""What happened to a ticket, as pages tell it: steps, answers, reviews, findings, deliveries, who looked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from bot.changes import Looked
from bot.domain.findings import Finding
from bot.domain.masking import masked
from bot.domain.people import Address
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Action, Event, Ticket
from bot.domain.wall import open_to
from bot.ports import PushState
from bot.turn import Turn
from bot.views.ticket import Answered, Fact, Step
from handlers import wording
from handlers.naming import moment, unit_name
from handlers.staff import cards, chain
from handlers.staff.me import Me
from handlers.supervisor import judging

WORDS = ("text", "final", "done")
"""Where events keep what somebody wrote; the first that is there is shown."""

DETAILS = ("unit", "to", "kind", "type", "matter", "class", "days", "outcome", "order", "due", "until", "verdict")
"""What else of an event is shown. Nothing that names a person outside the desk, and no other ticket, is among it."""


def exact(turn: Turn, at: datetime) -> str:
    """A moment with its year, for what is printed and kept."""
    return f"{at.astimezone(turn.guide.calendar.zone):%Y-%m-%d %H:%M}"


def steps(
    turn: Turn, me: Me, ticket: Ticket, events: Iterable[Event], *, exact_times: bool = False
) -> tuple[Step, ...]:
    """Events in words, in order of time."""
    say = exact if exact_times else moment
    return tuple(_step(turn, me, ticket, event, say(turn, event.at)) for event in events)


def _step(turn: Turn, me: Me, ticket: Ticket, event: Event, at: str) -> Step:
    hidden = cards.hidden_from(me, ticket, event)
    said = next((str(event.data[key]) for key in WORDS if event.data.get(key)), "")
    return Step(
        at=at,
        who=cards.actor(turn, me, event.by),
        what=cards.what_happened(turn, event),
        words="" if hidden else masked(said),
        details=() if hidden else tuple(_details(turn, me, event)),
    )


def _details(turn: Turn, me: Me, event: Event) -> Iterable[Fact]:
    units = event.data.get("units")
    if isinstance(units, list):
        names = turn.words("list.comma").join(unit_name(turn, str(unit)) for unit in units)
        yield Fact(turn.words("ticket.detail.units"), names)
    for name in DETAILS:
        value = event.data.get(name)
        if not value or not isinstance(value, str | int):
            continue
        shown = _shown(turn, me, event, name, str(value))
        if shown:
            yield Fact(turn.words(f"ticket.detail.{name}"), shown)


def _shown(turn: Turn, me: Me, event: Event, name: str, value: str) -> str:
    """A value of an event as people read it, "" for what is not to be read."""
    if name == "to":
        staff = me.directory.by_id.get(value)
        return staff.name if staff is not None else unit_name(turn, value) if value in turn.town.units else ""
    if name == "verdict":
        return turn.words(f"trace.verdict.{value}") if value in list(Verdict) else ""
    if name == "kind" and event.action is Action.SUPERVISE:
        return turn.words(f"order_name.{value}")
    return wording.said(turn, {name: value})[name]


def answers(turn: Turn, me: Me, ticket: Ticket, events: Iterable[Event]) -> tuple[Answered, ...]:
    """Every answer that left, and the one that has not yet."""
    found = []
    last = ticket.work.last_answer
    for event in events:
        if event.action is not Action.ANSWER:
            continue
        hidden = cards.hidden_from(me, ticket, event)
        final = last is not None and last.text == event.data.get("text")
        found.append(
            Answered(
                head=_head(turn, me, event),
                text="" if hidden else str(event.data.get("text", "")),
                notes=tuple(_flags(turn, last.flags)) if last is not None and final else (),
            )
        )
    coming = ticket.work.answer
    if coming is not None:
        state = "answer_waits" if coming.leaves_at is None else "answer_leaves"
        at = moment(turn, coming.leaves_at or coming.submitted_at)
        head = turn.words(
            f"ticket.{state}",
            at=at,
            name=chain.name_of(me.directory, coming.by),
            outcome=turn.words(f"outcome.{coming.outcome}"),
        )
        by = me.directory.by_id.get(coming.by)
        seen = open_to(me.person, ticket) or (by is not None and by.unit == me.staff.unit)
        found.append(Answered(head, coming.text if seen else "", tuple(_flags(turn, coming.flags))))
    return tuple(found)


def _head(turn: Turn, me: Me, event: Event) -> str:
    outcome = str(event.data.get("outcome", ""))
    return turn.words(
        "ticket.answer_left",
        at=moment(turn, event.at),
        name=cards.actor(turn, me, event.by),
        outcome=wording.said(turn, {"outcome": outcome})["outcome"],
    )


def _flags(turn: Turn, flags: Iterable[str]) -> Iterable[str]:
    return (turn.words(f"flag.name.{flag}") for flag in flags)


def reviews(turn: Turn, me: Me, ticket: Ticket, found: Iterable[Review]) -> tuple[Step, ...]:
    """What people said of the answers; their words only where the ticket's own may be read."""
    shown = []
    for review in found:
        details = [Fact(turn.words("ticket.detail.rating"), str(review.rating))] if review.rating is not None else []
        if review.files:
            details.append(Fact(turn.words("ticket.detail.files"), str(len(review.files))))
        shown.append(
            Step(
                at=moment(turn, review.at),
                who=turn.words("trace.filer" if review.party == FILER else "trace.joiner"),
                what=turn.words(f"trace.verdict.{Verdict(review.verdict)}"),
                words=masked(review.words) if open_to(me.person, ticket) else "",
                details=tuple(details),
            )
        )
    return tuple(shown)


def findings(turn: Turn, me: Me, ticket: Ticket, found: Iterable[Finding]) -> tuple[Step, ...]:
    """What supervisors found about the answers."""
    return tuple(
        Step(
            at=moment(turn, each.at),
            who=chain.name_of(me.directory, each.by),
            what=judging.name_of(turn, each.what),
            words=each.text if open_to(me.person, ticket) else "",
        )
        for each in found
    )


def deliveries(turn: Turn, me: Me, pushes: Iterable[PushState], residents: Set[Address]) -> tuple[Step, ...]:
    """How pushes about a ticket stand: to whom, by name only where they work here, and since when."""
    return tuple(
        Step(
            at=moment(turn, push.at),
            who=_reader(turn, me, push.address, residents),
            what=turn.words(f"ticket.push.{cards.DELIVERY.get(push.state, 'on_its_way')}"),
        )
        for push in pushes
    )


def _reader(turn: Turn, me: Me, address: Address, residents: Set[Address]) -> str:
    staff = None if address in residents else me.directory.at(address)
    return staff.name if staff is not None else turn.words("work.resident")


LOOKS = frozenset({"card", "page", "list", "push", "phone", "search", "export", "file", "hold"})


def looks(turn: Turn, me: Me, found: Sequence[Looked]) -> tuple[Step, ...]:
    """Who looked, in order as given."""
    return tuple(
        Step(
            at=moment(turn, each.at),
            who=chain.name_of(me.directory, each.by),
            what=turn.words(f"ticket.look.{each.what}") if each.what in LOOKS else each.what,
        )
        for each in found
    )

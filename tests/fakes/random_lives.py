"""Tickets whose lives are thrown together by chance: every step is one that the lifecycle allows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.domain.numbers import make
from bot.domain.ticket import Action, Event, Status, Ticket, Type
from bot.domain.work import Work

UNITS = ("transport", "water", "dongtang-office", "xitang-office", "xingfu-committee")
START = datetime(2026, 2, 16, 0, 0, tzinfo=UTC)
DAYS = 60
STEPS = 14


@dataclass
class Life:
    """A ticket as it ended up, everything that happened to it, and what was said of its answers."""

    ticket: Ticket
    events: list[Event]
    reviews: list[tuple[int, str, str, int | None]] = field(default_factory=list)  # round, party, verdict, rating
    findings: list[tuple[int, str, bool]] = field(default_factory=list)  # round, kind, excluded
    links: list[tuple[str, str]] = field(default_factory=list)  # kind, other


def lives(seed: int, count: int) -> list[Life]:
    """So many lives; the same ones for the same seed."""
    chance = random.Random(seed)
    return [_life(chance, place) for place in range(1, count + 1)]


def _life(chance: random.Random, place: int) -> Life:
    at = START + timedelta(minutes=chance.randrange(DAYS * 1440))
    ticket = Ticket(
        number=make((at + timedelta(hours=8)).date(), place),
        code="123456",
        alias=f"A{place}",
        type=chance.choice((Type.COMPLAINT, Type.ENQUIRY, Type.IDEA)),
        kind=chance.choice(("roads", "environment", "education", "health")),
        status=Status.FILED,
        source="web",
        channel="web",
        text="text",
        filed_at=at,
    )
    life = Life(ticket, [ticket.event(Action.FILE, at, by="web:r")])
    for _ in range(chance.randrange(STEPS)):
        at += timedelta(minutes=chance.choice((0, 7, 45, 200, 600, 1440, 4000, 9000)))
        _step(chance, life, at)
    rounds = sum(e.action in (Action.ANSWER, Action.REJECT) or "kept" in e.data for e in life.events)
    _said_of(chance, life, rounds)
    return life


def _step(chance: random.Random, life: Life, at: datetime) -> None:
    ticket = life.ticket
    likely = [Action.TAKE, Action.ANSWER, Action.REOPEN, Action.DISPATCH, Action.PAUSE, Action.RESUME, Action.URGE]
    rare = [Action.CONFER, Action.OBJECT, Action.ASK, Action.CLOSE, Action.PROMISE, Action.EXEMPT, Action.NOTE]
    rarest = [Action.REJECT, Action.WITHDRAW, Action.MERGE]
    wanted = [*likely * 4, *rare * 2, *rarest]
    chance.shuffle(wanted)
    action = next(a for a in wanted if ticket.may(a))
    if action in (Action.EXEMPT,) and chance.random() < 0.7:
        action = Action.NOTE
    data, fields = _details(chance, ticket, action, at)
    life.ticket = ticket.after(action, at, **fields)
    life.events.append(life.ticket.event(action, at, by="somebody", **data))
    if action is Action.TAKE and chance.random() < 0.2:
        _untake(life, at + timedelta(minutes=1))


def _untake(life: Life, at: datetime) -> None:
    """As the desk takes a step back: a dispatch that says which step is undone."""
    last = life.ticket.seq
    life.ticket = life.ticket.after(Action.DISPATCH, at, dispatched_at=life.ticket.dispatched_at)
    life.events.append(life.ticket.event(Action.DISPATCH, at, by="somebody", undone=last, unit=life.ticket.unit))


def _details(
    chance: random.Random, ticket: Ticket, action: Action, at: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    due = at + timedelta(hours=chance.choice((3, 30, 120, 240)))
    match action:
        case Action.DISPATCH | Action.CONFER:
            unit = ticket.unit if ticket.unit and chance.random() < 0.4 else chance.choice(UNITS)
            same = unit == ticket.unit and ticket.status is not Status.REOPENED
            fields: dict[str, object] = {"unit": unit} if same else {"unit": unit, "due_at": due}
            return {"unit": unit, "text": "words"}, fields
        case Action.ANSWER:
            data: dict[str, object] = {
                "outcome": chance.choice(("solved", "solved", "promised", "explained")),
                "submitted_at": (at - timedelta(minutes=chance.choice((2, 2, 200)))).isoformat(),
            }
            if chance.random() < 0.5:
                data["evidence"] = ["file"]
            if ticket.due_at is not None and chance.random() < 0.8:  # older logs do not say it
                data["due"] = ticket.due_at.isoformat()
            return data, {"work": replace(ticket.work, last_answer=None)}
        case Action.PAUSE:
            return {"since": (at - timedelta(minutes=chance.choice((0, 20)))).isoformat()}, {}
        case Action.URGE:
            return ({"counted": False} if chance.random() < 0.5 else {"counted": True}), {}
        case Action.PROMISE:
            kept = chance.choice((True, False))
            return ({"kept": kept} if ticket.status is Status.ANSWERED else {"until": at.isoformat()}), {}
        case Action.EXEMPT:
            return ({"lifted": True} if chance.random() < 0.3 else {"reason": "force majeure"}), {}
        case Action.REOPEN:
            return {}, {"work": Work(reopened=1)}
        case _:
            return {}, {}


def _said_of(chance: random.Random, life: Life, rounds: int) -> None:
    for round_ in range(1, rounds + 1):
        for party in ("filer", "web:joined"):
            if chance.random() < 0.6:
                verdict = chance.choice(("yes", "yes", "partly", "no", "asked", "not_rated", "not_reached"))
                said = verdict in ("yes", "partly", "no")
                rating = chance.choice((None, 1, 2, 3, 4, 5)) if said else None
                life.reviews.append((round_, party, verdict, rating))
        if chance.random() < 0.2:
            kind = chance.choice(("false_closing", "perfunctory", "unfair_review"))
            life.findings.append((round_, kind, kind == "unfair_review"))
    for kind in ("repeats", "follows", "merged", "special"):
        if chance.random() < 0.1:
            life.links.append((kind, chance.choice(("260101-00011", "S1", "S2"))))

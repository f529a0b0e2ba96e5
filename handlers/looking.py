"""Whether a matter came back: how it is asked, who has said it, and what follows."""

from __future__ import annotations

from datetime import timedelta

from bot.changes import Timer
from bot.domain.people import DESK, Address
from bot.domain.review import FILER
from bot.domain.special import Special, Step
from bot.domain.ticket import Action, Event, Ticket
from bot.message import Choice
from bot.turn import Turn, Voice
from handlers import case, reviews, special_cases

GATHER = timedelta(minutes=2)
"""Supervisors hear a little later: words follow within moments."""

BACK, FINE = "back", "fine"
"""It came back; it did not."""


def key(special: Special, stage: int, address: Address) -> str:
    """The key of the push that asks somebody."""
    return f"look_back:{special.number}:{special.round}:{stage}:{address}"


def choices(voice: Voice, ticket: Ticket, stage: int) -> tuple[Choice, ...]:
    """What can be answered; each is a word too."""
    found = []
    for name in (BACK, FINE):
        label = voice.words(f"look_back.{name}").partition("|")[0]
        found.append(Choice(f"{ticket.number}:came_back={name}/{stage}", label, label))
    return tuple(found)


async def same_person(turn: Turn, ticket: Ticket, address: Address) -> list[Address]:
    """All addresses of a ticket that are known to be this person's."""
    party = (await reviews.parties(turn, ticket)).party
    return [each for each, name in party.items() if name == party.get(address)] or [address]


async def said(turn: Turn, ticket: Ticket, special: Special, stage: int) -> Event | None:
    """The last that the person whose turn it is has said of it at that stage; None for nothing."""
    mine = {str(address) for address in await same_person(turn, ticket, turn.address)}
    found = None
    for event in await turn.read.events(ticket.number):
        told = event.data.get("special") == special.number and event.data.get("round") == special.round
        if event.action is Action.LOOK_BACK and told and event.data.get("stage") == stage and event.by in mine:
            found = event if "came_back" in event.data else found
    return found


async def recorded(
    turn: Turn, ticket: Ticket, special: Special, stage: int, by: str, *, back: bool, filer: bool, **data: object
) -> Ticket:
    """The ticket with what somebody said of it, written down; supervisors hear where it came back."""
    details: dict[str, object] = {"special": special.number, "round": special.round, "stage": stage, "came_back": back}
    after = case.moved(turn, ticket, Action.LOOK_BACK, by, {**details, **data})
    fields: dict[str, object] = {"fine": special.fine + 1}
    if back:
        fields = {"back": (*special.back, ticket.number), "by_filer": special.by_filer or filer}
    told: dict[str, object] = {"ticket": ticket.number, "came_back": back, "stage": stage}
    now = special_cases.stepped(turn, special, Step.SAY, DESK, told, **fields)
    if back:
        turn.changes.timer(Timer("came_back", special.number, turn.now + GATHER, len(now.back)))
    return after


async def is_filer(turn: Turn, ticket: Ticket) -> bool:
    """Whether the person whose turn it is filed it, or stands in the place of whoever did."""
    return (await reviews.parties(turn, ticket)).party.get(turn.address) == FILER

"""Which cases of others a draft may be the same as (rule book, "Likely same").

Looked for once, when kind and place are first known; what was found stays in the draft. Only what anybody may know of a
case is taken along: its kind, its road or community, the month and the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from bot.conversation.draft import Draft, Offer
from bot.domain.duplicates import ENOUGH
from bot.domain.place import Place, distance_m
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Town
from bot.ports import OWING, Nearby
from bot.turn import Turn
from handlers.discretion import public_place

NEWEST = 100
"""So many of the newest open tickets of an area and a kind are looked at."""
READ = 20
"""So many of those that promise something are read: most of them may have ended."""
COMPARED = 8
"""So many texts are taken apart."""
LENGTH = 400
"""Characters of a text that are compared."""


async def sought(turn: Turn, draft: Draft) -> Draft:
    """The draft with what it may be the same as; the store is asked once for each kind and area it comes to have."""
    if not _offers_wanted(turn.town, draft):
        return replace(draft, offers=()) if draft.offers else draft
    place = draft.place
    assert place is not None  # noqa: S101 - no offers are wanted without one
    key = f"{draft.kind}|{place.area}"
    if draft.sought == key:
        return draft
    return replace(draft, sought=key, offers=tuple(await _found(turn, draft, place)))


def joinable(town: Town, ticket: Ticket) -> bool:
    """Whether anybody may join: a matter of all, open, and nothing about it is kept from anybody.

    Never conduct, reports, health or social matters (their kinds are not marked), nor who stays hidden.
    """
    kind = town.kinds.get(ticket.kind)
    if kind is None or not kind.joinable or kind.walled or ticket.type is Type.REPORT:
        return False
    secret = ticket.walled or ticket.hidden or ticket.work.kept_from or ticket.work.about
    return ticket.status in OWING and not secret and bool(ticket.area)


async def is_mine(turn: Turn, number: str) -> bool:
    """Whether a ticket belongs to this person, by whichever of the addresses that are known to be theirs."""
    staff = (await turn.read.directory()).at(turn.address)
    addresses = staff.addresses if staff is not None else (turn.address,)
    for address in addresses:
        if await turn.read.owns(address, number):
            return True
    return False


def _offers_wanted(town: Town, draft: Draft) -> bool:
    """A danger waits for no comparison; whoever files for others, or stays hidden, joins nobody."""
    if not draft.said or draft.danger or draft.hidden or draft.source or draft.type is Type.REPORT:
        return False
    kind = town.kinds.get(draft.kind)
    return kind is not None and kind.joinable and draft.place is not None and draft.place.area in town.areas


async def _found(turn: Turn, draft: Draft, place: Place) -> list[Offer]:
    likeness, limits = turn.guide.likeness, turn.town.limits
    mine = likeness.matter(draft.text[:LENGTH])
    since = turn.now - timedelta(days=limits.alike_days)
    look, promising = likeness.promising(mine), list[tuple[int, Nearby]]()
    for area in areas_near(turn, place):
        for kind in _kinds(turn.town, draft):
            near = await turn.read.nearby(area, kind, since, NEWEST)
            around = (n for n in near if area == place.area or within(n, place, limits.alike_reach_m))
            promising += ((weight, n) for n in around if (weight := look(n.text)))
    promising.sort(key=lambda each: -each[0])
    alike: list[tuple[float, Ticket]] = []
    compared = 0
    for _, near_by in promising[:READ]:
        ticket = await turn.read.ticket(near_by.number)
        if ticket is None or not joinable(turn.town, ticket) or await is_mine(turn, ticket.number):
            continue
        found = likeness.likeness(mine, likeness.matter(ticket.text[:LENGTH]))
        if found >= ENOUGH:
            alike.append((found, ticket))
        compared += 1
        if compared == COMPARED:
            break
    alike.sort(key=lambda each: -each[0])
    return list(_offers(turn, (ticket for _, ticket in alike[: limits.alike_offered])))


def _offers(turn: Turn, tickets: Iterable[Ticket]) -> Iterable[Offer]:
    for ticket in tickets:
        place = public_place(turn.guide, ticket.place)
        if place is not None:
            state = "pool" if ticket.status is Status.FILED and not ticket.unit else ticket.status
            yield Offer(ticket.number, ticket.kind, place, ticket.filed_at, state)


def areas_near(turn: Turn, place: Place) -> list[str]:
    """The area of the place first, then those a point of which is near enough."""
    areas = [place.area]
    if place.latitude is not None and place.longitude is not None:
        around = turn.guide.areas_around(place.latitude, place.longitude, turn.town.limits.alike_reach_m)
        areas += sorted(around - {place.area})
    return areas


def _kinds(town: Town, draft: Draft) -> list[str]:
    """The kind, and the one that was suggested next unless somebody chose: what is alike may have been sorted there."""
    kinds = [draft.kind]
    if not draft.kind_chosen:
        others = (code for code in draft.kind_options if code != draft.kind and code in town.kinds)
        kinds += [code for code in others if town.kinds[code].joinable][:1]
    return kinds


def within(near: Nearby, place: Place, metres: float) -> bool:
    """Whether a ticket lies so near to a place; False where one of them has no point."""
    if near.latitude is None or near.longitude is None or place.latitude is None or place.longitude is None:
        return False
    return distance_m((near.latitude, near.longitude), (place.latitude, place.longitude)) <= metres

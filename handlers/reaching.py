"""Whom the desk can reach, at which of their addresses, and who is next when it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.conversation.session import Session
from bot.domain.directory import Directory
from bot.domain.people import Address, Role, Staff
from bot.domain.permission import Act, Person, may
from bot.domain.reaching import audience
from bot.domain.ticket import Ticket
from bot.message import KNOCKED
from bot.ports import Reader
from bot.turn import Turn

Sessions = Mapping[Address, Session]


async def sessions_of(turn: Turn, people: Iterable[Staff]) -> Sessions:
    """What is remembered of all addresses of these people."""
    return await turn.read.sessions({address for staff in people for address in staff.addresses})


def open_addresses(sessions: Sessions, staff: Staff) -> tuple[Address, ...]:
    """Where somebody can be written to, in the order in which to try; those nobody has met yet may work."""
    return tuple(a for a in staff.addresses if (s := sessions.get(a)) is None or s.reachable)


def person(turn: Turn, directory: Directory, staff: Staff) -> Person:
    """A member of staff as one who may act."""
    return turn.guide.person(staff, directory.stands_for(staff, turn.now))


async def may_hear(turn: Turn, directory: Directory, staff: Staff, ticket: Ticket) -> bool:
    """Whether somebody may be told of a ticket: they may see it, and it is not their own."""
    if not may(person(turn, directory, staff), Act.SEE, ticket):
        return False
    for address in staff.addresses:
        if await turn.read.owns(address, ticket.number):
            return False
    return True


async def heard_in(turn: Turn, directory: Directory, unit: str, ticket: Ticket | None) -> tuple[Staff, ...]:
    """Who hears what concerns a unit ("" is the desk), now: whoever works there, or the next in the chain.

    Only those who can be reached, and who may know of the ticket.
    """
    candidates = {s.id: s for group in _of_unit(turn, directory, unit) for s in group}
    candidates |= {s.id: s for s in [directory.standing_in(s, turn.now) for s in candidates.values()]}
    sessions = await sessions_of(turn, candidates.values())
    able = {s.id for s in candidates.values() if open_addresses(sessions, s)}
    if ticket is not None:
        able = {id_ for id_ in able if await may_hear(turn, directory, candidates[id_], ticket)}
    return audience(directory, turn.guide, unit, lambda staff: staff.id in able, turn.now).people


def _of_unit(turn: Turn, directory: Directory, unit: str) -> Iterator[tuple[Staff, ...]]:
    if unit:
        yield directory.handlers(unit)
    yield from (directory.leads(code) for code in _upwards(turn, unit))
    yield directory.supervisors()
    yield directory.admins()


def _upwards(turn: Turn, unit: str) -> Iterator[str]:
    """A unit and those it stands below, from below upwards."""
    units = turn.town.units
    seen: set[str] = set()
    while unit and unit not in seen:
        seen.add(unit)
        yield unit
        unit = units[unit].parent if unit in units else ""


def chain(turn: Turn, directory: Directory, staff: Staff) -> Iterator[tuple[Staff, ...]]:
    """Who is told in somebody's stead, the nearest first: the deputy, duty and leads of the unit and of those above it,
    the desk's duty, all supervisors, the admins. Only people above them in rank, so that it comes to an end."""
    deputy = directory.by_id.get(staff.deputy)
    if deputy is not None and deputy.removed_at is None and deputy.deputy != staff.id:
        yield (deputy,)
    if staff.role is Role.ADMIN:
        return
    if staff.role is Role.SUPERVISOR:
        yield directory.admins()
        return
    for unit in _upwards(turn, staff.unit):
        if staff.role is Role.LEAD and unit == staff.unit:
            continue
        yield directory.duty(unit, turn.now)
        yield directory.leads(unit)
    yield directory.duty("", turn.now)
    yield directory.supervisors()
    yield directory.admins()


async def unreachable_staff(turn: Turn) -> tuple[Staff, ...]:
    """Members of staff whom nothing reaches now; see `unreached`."""
    return await unreached(turn.read)


async def unreached(read: Reader) -> tuple[Staff, ...]:
    """Members of staff whom nothing reaches now, by name: no address, none that takes messages, or none at which
    nothing lies undelivered."""
    active = (await read.directory()).active
    sessions = await read.sessions({address for staff in active for address in staff.addresses})
    found = []
    for staff in active:
        for address in open_addresses(sessions, staff):
            if not await _lies(read, address):
                break
        else:
            found.append(staff)
    return tuple(found)


async def _lies(read: Reader, address: Address) -> bool:
    """Whether something lies undelivered there of which not even a few words came."""
    for kept in await read.kept(address):
        state = await read.push_state(kept.push.key)
        if state is not None and state.reason != KNOCKED:
            return True
    return False

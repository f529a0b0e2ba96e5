"""How many people a ticket has: accounts are many, people are counted.

Known as one are everybody who holds the filer's code, whoever left the same telephone number (proven by the platform),
and the addresses of a member of staff. Three accounts without any of that are three people to the desk: it knows
nobody's name, on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from bot.changes import Reporter
from bot.conversation.session import Session
from bot.domain.directory import Directory
from bot.domain.people import Address
from bot.turn import Turn

LOOKED_AT = 200
"""Of more people than these nobody is compared: one more hardly changes what is done."""


async def added(turn: Turn, there: Sequence[Reporter], arriving: Sequence[Reporter]) -> int:
    """How many people the arriving ones are who are not there yet."""
    if len(there) > LOOKED_AT:
        known = {reporter.address for reporter in there}
        return sum(reporter.address not in known for reporter in arriving)
    sessions = await turn.read.sessions(reporter.address for reporter in (*there, *arriving))
    directory = await turn.read.directory()
    return people((*there, *arriving), sessions, directory) - people(there, sessions, directory)


def people(reporters: Iterable[Reporter], sessions: Mapping[Address, Session], directory: Directory) -> int:
    """How many people these are, as far as can be known."""
    return len(groups(reporters, sessions, directory))


def groups(
    reporters: Iterable[Reporter], sessions: Mapping[Address, Session], directory: Directory
) -> Sequence[Set[str]]:
    """These people, each as a set in which all their addresses stand (and other names)."""
    found: list[set[str]] = []
    for reporter in reporters:
        names = _names(reporter, sessions.get(reporter.address), directory)
        same = [group for group in found if not group.isdisjoint(names)]
        found = [group for group in found if group.isdisjoint(names)]
        found.append(names.union(*same))
    return found


def _names(reporter: Reporter, session: Session | None, directory: Directory) -> set[str]:
    """Everything by which one of them can be known again."""
    names = {str(reporter.address)}
    if reporter.role in ("filer", "claimed"):
        names.add(f"code of {reporter.ticket}")
    if session is not None and session.phone:
        names.add(f"phone {session.phone}")
    staff = directory.at(reporter.address)
    if staff is not None:
        names.add(f"staff {staff.id}")
    return names

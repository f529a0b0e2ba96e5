"""Who may do what: the one policy for every command, button and page.

`GRANTS` is the whole table; an act that is not in it does not exist. How near somebody must be to a ticket is a
`Reach`. Two things no role can overcome: nobody handles, finds or rates an own case or one about oneself, and nobody
passes the wall (rule book, "People" and "Identity, personal data, the wall").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.domain.people import Role
from bot.domain.ticket import Ticket


class Act(StrEnum):
    """Everything somebody can ask the desk to do."""

    # residents
    FOLLOW = "follow"  # see where an own ticket stands
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    URGE = "urge"
    RATE = "rate"
    # a unit's work
    SEE = "see"  # the ticket with its words, people masked
    TAKE = "take"
    ASK = "ask"
    NOTE = "note"
    PROGRESS = "progress"
    ANSWER = "answer"
    PROMISE = "promise"
    OBJECT = "object"
    EXTEND = "extend"
    HAND = "hand"
    RAISE = "raise"
    DECLINE = "decline"
    MERGE = "merge"
    UNMERGE = "unmerge"
    TRANSCRIBE = "transcribe"
    RECALL = "recall"
    UNMASK = "unmask"  # one number that is the matter itself, recorded
    CONTRIBUTE = "contribute"  # what an assisting unit has done
    # decisions
    DECIDE_UNIT = "decide_unit"  # extension, question, promise, sign-off: the lead's
    DECIDE_DESK = "decide_desk"  # objection, decline, merge, anything of a lead's own: a supervisor's
    DECIDE_RAISE = "decide_raise"
    RETIER = "retier"
    CLASSIFY = "classify"
    # the desk's work
    ASSIGN = "assign"
    ASSIST = "assist"
    JOINT = "joint"
    SUPERVISE = "supervise"
    CLOSE = "close"
    REOPEN = "reopen"  # decide what becomes of an answer that its people say settled nothing
    TRACE = "trace"  # look into an answer, and say what was found
    SAMPLE = "sample"  # the lists of answers to be looked into
    RELEASE = "release"  # a draft of an unconfirmed matter: file it or drop it
    ORIGINAL = "original"  # open a file as it came, with all it holds, recorded
    SPECIAL = "special"  # put tickets into a special case, and lead it to its end
    SHARE = "share"  # release a masked copy that anybody may read
    PHONE = "phone"  # see a resident's telephone number, recorded
    CALL_BACK = "call_back"
    HOLD = "hold"  # store what somebody sends and push nothing to them, for a while and with a reason
    # without a ticket
    HISTORY = "history"  # who read, forwarded or exported a ticket
    PAGES = "pages"  # sign in to the pages, and out
    JOIN = "join"  # with a one-time code; a member, with a further address
    TODO = "todo"
    FIND = "find"
    DESK = "desk"
    POOL = "pool"
    BULK = "bulk"
    TALK = "talk"  # answer somebody who asked for a human
    LEAVE = "leave"
    DUTY = "duty"
    INVITE = "invite"
    REMOVE = "remove"
    STAFF = "staff"  # see who works where, and who cannot be reached
    COLLECT = "collect"  # file for somebody else
    SLIP = "slip"
    SPECIALS = "specials"  # look into special cases, as far as one may see them
    ANSWER_SPECIAL = "answer_special"  # as the unit that leads it; see `may_group`
    IDEAS = "ideas"  # look into the idea store
    BOARDS = "boards"  # how units do, where and about what people speak
    PUBLISH = "publish"  # a board, for everybody
    EXPORT = "export"  # tickets as a table
    HOLDS = "holds"  # hold somebody by their alias, and see who is held
    DECIDE_HOLD = "decide_hold"  # about an appeal against a hold, which somebody else set


class Reach(IntEnum):
    """How far a grant goes, from near to far."""

    OWN = 1  # a ticket this person filed, claimed or joined
    HELD = 2  # of their unit, and theirs or nobody's yet
    ASSISTING = 3  # of a unit that leads or assists
    UNIT = 4  # of their unit
    BELOW = 5  # of their unit, or one below it
    AREA = 6  # in their areas
    DESK = 7  # needs no ticket


R = Role
GRANTS: Mapping[Act, Mapping[Role, Reach]] = {
    Act.FOLLOW: dict.fromkeys(Role, Reach.OWN),
    Act.SUPPLEMENT: dict.fromkeys(Role, Reach.OWN),
    Act.WITHDRAW: dict.fromkeys(Role, Reach.OWN),
    Act.URGE: dict.fromkeys(Role, Reach.OWN),
    Act.RATE: dict.fromkeys(Role, Reach.OWN),
    Act.SEE: {R.HANDLER: Reach.ASSISTING, R.LEAD: Reach.BELOW, R.SUPERVISOR: Reach.AREA, R.ADMIN: Reach.AREA},
    Act.TAKE: {R.HANDLER: Reach.UNIT, R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.ASK: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.NOTE: {R.HANDLER: Reach.ASSISTING, R.LEAD: Reach.BELOW, R.SUPERVISOR: Reach.AREA},
    Act.PROGRESS: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.ANSWER: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.PROMISE: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.OBJECT: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.EXTEND: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.HAND: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.RAISE: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.DECLINE: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.MERGE: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.UNMERGE: {R.SUPERVISOR: Reach.AREA},
    Act.TRANSCRIBE: {R.HANDLER: Reach.UNIT, R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA, R.COLLECTOR: Reach.AREA},
    Act.RECALL: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT},
    Act.UNMASK: {R.HANDLER: Reach.HELD, R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.CONTRIBUTE: {R.HANDLER: Reach.ASSISTING, R.LEAD: Reach.ASSISTING},
    Act.DECIDE_UNIT: {R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.DECIDE_DESK: {R.SUPERVISOR: Reach.AREA},
    Act.DECIDE_RAISE: {R.LEAD: Reach.BELOW, R.SUPERVISOR: Reach.AREA},
    Act.RETIER: {R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.CLASSIFY: {R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.ASSIGN: {R.SUPERVISOR: Reach.AREA},
    Act.ASSIST: {R.LEAD: Reach.BELOW, R.SUPERVISOR: Reach.AREA},
    Act.JOINT: {R.SUPERVISOR: Reach.AREA},
    Act.SUPERVISE: {R.SUPERVISOR: Reach.AREA},
    Act.CLOSE: {R.SUPERVISOR: Reach.AREA},
    Act.REOPEN: {R.SUPERVISOR: Reach.AREA},
    Act.TRACE: {R.SUPERVISOR: Reach.AREA},
    Act.SAMPLE: {R.SUPERVISOR: Reach.DESK},
    Act.RELEASE: {R.SUPERVISOR: Reach.DESK},
    Act.ORIGINAL: {R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA},
    Act.SPECIAL: {R.SUPERVISOR: Reach.AREA},
    Act.SHARE: {R.SUPERVISOR: Reach.AREA},
    Act.PHONE: {R.SUPERVISOR: Reach.AREA},
    Act.CALL_BACK: {R.SUPERVISOR: Reach.AREA, R.COLLECTOR: Reach.AREA},
    Act.HOLD: {R.SUPERVISOR: Reach.AREA},
    Act.HISTORY: {R.LEAD: Reach.UNIT, R.SUPERVISOR: Reach.AREA, R.ADMIN: Reach.AREA},
    Act.JOIN: dict.fromkeys(Role, Reach.DESK),
    Act.PAGES: dict.fromkeys((R.HANDLER, R.LEAD, R.SUPERVISOR, R.COLLECTOR, R.ADMIN), Reach.DESK),
    Act.TODO: dict.fromkeys((R.HANDLER, R.LEAD, R.SUPERVISOR, R.COLLECTOR, R.ADMIN), Reach.DESK),
    Act.FIND: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.DESK: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.POOL: dict.fromkeys((R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.BULK: {R.SUPERVISOR: Reach.DESK},
    Act.TALK: {R.SUPERVISOR: Reach.DESK},
    Act.LEAVE: dict.fromkeys((R.HANDLER, R.LEAD, R.SUPERVISOR, R.COLLECTOR, R.ADMIN), Reach.DESK),
    Act.DUTY: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.INVITE: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.REMOVE: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.STAFF: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.COLLECT: dict.fromkeys((R.COLLECTOR, R.SUPERVISOR), Reach.DESK),
    Act.SLIP: dict.fromkeys((R.COLLECTOR, R.SUPERVISOR), Reach.DESK),
    Act.BOARDS: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.PUBLISH: dict.fromkeys((R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.EXPORT: dict.fromkeys((R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.HOLDS: {R.SUPERVISOR: Reach.DESK},
    Act.DECIDE_HOLD: dict.fromkeys((R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.SPECIALS: dict.fromkeys((R.HANDLER, R.LEAD, R.SUPERVISOR, R.ADMIN), Reach.DESK),
    Act.ANSWER_SPECIAL: {R.HANDLER: Reach.UNIT, R.LEAD: Reach.UNIT},
    Act.IDEAS: dict.fromkeys((R.HANDLER, R.LEAD, R.SUPERVISOR, R.COLLECTOR, R.ADMIN), Reach.DESK),
}
"""act -> role -> how far. A role that is missing may not do it at all."""
OF_THE_WORDS = frozenset({Act.TRANSCRIBE, Act.UNMASK, Act.ORIGINAL})
"""Who does these must have heard or read the matter itself; the unit that was sent a summary of it has not."""
del R

RANK: Mapping[Role, int] = {
    Role.RESIDENT: 0,
    Role.COLLECTOR: 1,
    Role.HANDLER: 1,
    Role.LEAD: 2,
    Role.SUPERVISOR: 3,
    Role.ADMIN: 4,
}
"""Nobody invites, removes or imports a role above their own."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wants to act. Built by `bot.domain.guide.Guide.person`.

    ``unit`` is their own, ``units`` that and all below it; ``areas`` where they may act, with all areas below (None:
    everywhere). ``stands_for`` are the ids of those on leave whose deputy they are.
    """

    id: str = ""
    role: Role = Role.RESIDENT
    unit: str = ""
    units: frozenset[str] = frozenset()
    areas: frozenset[str] | None = None
    walled: bool = False
    stands_for: frozenset[str] = frozenset()


RESIDENT = Person()
"""Anybody who does not work here."""


def may(person: Person, act: Act, ticket: Ticket | None = None, *, mine: bool = False) -> bool:
    """Whether somebody may do that (to that ticket). ``mine``: one of their addresses filed, claimed or joined it.

    This says nothing of the ticket's status: see `Ticket.may`.
    """
    reach = GRANTS[act].get(person.role)
    if reach is None:
        return False
    if ticket is None:
        return reach is Reach.DESK
    if reach is Reach.OWN or mine:
        return mine and reach is Reach.OWN
    if reach is Reach.DESK:
        return True
    if ticket.walled and act in OF_THE_WORDS and not person.walled:
        return False
    return not _walled_off(person, ticket) and _within(person, reach, ticket)


def may_group(person: Person, act: Act, unit: str, areas: Iterable[str]) -> bool:
    """Whether somebody may do that to tickets of these areas together, led by a unit: a special case, behind no wall.

    Whether one of them is their own is asked besides.
    """
    reach = GRANTS[act].get(person.role)
    if reach is None or reach is Reach.OWN:
        return False
    if reach is Reach.DESK:
        return True
    if person.areas is not None and any(area not in person.areas for area in areas):
        return False
    if reach is Reach.AREA:
        return True
    return bool(person.unit) and (unit in person.units if reach is Reach.BELOW else unit == person.unit)


def _walled_off(person: Person, ticket: Ticket) -> bool:
    """Whether the wall stands between somebody and a ticket."""
    work = ticket.work
    if person.id in work.about or (person.unit and person.unit in work.kept_from):
        return True
    chosen = bool(person.unit) and (ticket.unit == person.unit or _helps(person.unit, ticket))
    return ticket.walled and not person.walled and not chosen


def _within(person: Person, reach: Reach, ticket: Ticket) -> bool:
    if reach is Reach.AREA:
        return _in_areas(person, ticket)
    if not person.unit or not _in_areas(person, ticket):
        return False
    if reach is Reach.HELD:
        held = ticket.handler in ("", person.id) or ticket.handler in person.stands_for
        return ticket.unit == person.unit and held
    if reach is Reach.UNIT:
        return ticket.unit == person.unit
    if reach is Reach.BELOW:
        return ticket.unit in person.units or _helps(person.unit, ticket)
    return ticket.unit == person.unit or _helps(person.unit, ticket)


def _in_areas(person: Person, ticket: Ticket) -> bool:
    """A ticket without a place is everybody's: somebody must look at it."""
    return person.areas is None or not ticket.area or ticket.area in person.areas


def _helps(unit: str, ticket: Ticket) -> bool:
    return any(assist.unit == unit for assist in ticket.work.assists) or unit in ticket.work.joint

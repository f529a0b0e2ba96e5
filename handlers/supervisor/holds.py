"""Stored, not pushed: a supervisor sets it for somebody, with a reason; another decides about the appeal."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.changes import Looked, Task, Timer
from bot.domain.holds import LEAST_REASON, LONGEST, Hold, Step, begun, may_decide, may_set
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.domain.words import fold
from bot.errors import NotFound, Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import holding, notices
from handlers.naming import moment
from handlers.resident.appealing import KIND
from handlers.resident.talking import alias, handle
from handlers.staff import chain
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor import queues

MARK = "@"
"""Stands before an alias, which may begin with a digit."""

HOLDERS = ("filer", "claimed")
"""Who of a ticket's people may be held by it: whose words it holds."""

FILED = 100
# Notation that is read, as digits are; nobody is shown any of it.
_DAYS = re.compile(r"\s*(\d{1,3})\s*(?:天|日|days?|d)?[\s,，、:：;；]+(.*)", re.S)


async def by_ticket(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Hold whoever filed a ticket: `hold NUMBER 7 why`."""
    reporters = await turn.read.reporters(ticket.number)
    people = [each.address for each in reporters if each.role in HOLDERS]
    return await _hold(turn, me, people, rest, ticket)


async def by_alias(turn: Turn, me: Me, text: str) -> Reply:
    """Hold somebody by the alias supervisors know them by: `hold @3F2A 7 why`; alone, all who are held."""
    if not text.strip():
        return await listed(turn, me)
    address, rest = await _called(turn, me, text)
    return await _hold(turn, me, [address], rest, None)


async def end_by_ticket(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """End the hold of whoever filed a ticket."""
    reporters = await turn.read.reporters(ticket.number)
    return await _end(turn, me, [each.address for each in reporters if each.role in HOLDERS], rest)


async def end_by_alias(turn: Turn, me: Me, text: str) -> Reply:
    """End the hold of somebody by their alias."""
    if not text.strip():
        return await listed(turn, me)
    address, rest = await _called(turn, me, text)
    return await _end(turn, me, [address], rest)


async def listed(turn: Turn, me: Me) -> Reply:
    """Everybody who is held now."""
    holds = await turn.read.holds(turn.now)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="holds"))
    if not holds:
        return turn.say("holds.none", usage=turn.words("usage.hold"))
    lines = [turn.words("holds.head", count=len(holds))]
    lines += [_line(turn, me, hold) for hold in holds]
    return Reply("\n".join(lines))


async def appealed(turn: Turn, me: Me, name: str) -> Reply:
    """An appeal, and what can be done about it."""
    task, hold = await appeal_of(turn, me, name)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, detail=task.key))
    lines = [
        turn.words("appeals.head", since=moment(turn, task.opened_at)),
        _line(turn, me, hold),
        turn.words("appeals.words", text=hold.text) if hold.text else turn.words("appeals.no_words"),
    ]
    return Reply("\n".join(lines), taps(turn, task))


def taps(turn: Turn, task: Task) -> tuple[Choice, ...]:
    """How an appeal may be decided."""
    name = handle(task)
    return (
        Choice(f"staff:appeal_lift={name}", turn.words("choice.appeal_lift")),
        Choice(f"staff:appeal_keep={name}", turn.words("choice.appeal_keep")),
    )


async def lift(turn: Turn, me: Me, name: str) -> Reply:
    """The appeal is right: the hold ends now."""
    task, hold = await appeal_of(turn, me, name)
    turn.changes.closed_tasks.append(task.key)
    await holding.over(turn, hold, Step.LIFT, me.id)
    await _recorded(turn, me, hold, "lifted")
    return turn.say("hold.lifted", who=alias(hold.address))


async def uphold(turn: Turn, me: Me, name: str) -> Reply:
    """The hold stands; the person is told so, and until when."""
    task, hold = await appeal_of(turn, me, name)
    turn.changes.closed_tasks.append(task.key)
    after = hold.after(Step.UPHOLD, me.id, turn.now)
    turn.changes.holds.append(after)
    await holding.tell(turn, after, "upheld", "status")
    await _recorded(turn, me, after, "upheld")
    return turn.say("hold.upheld", who=alias(hold.address), until=moment(turn, hold.until))


async def appeal_of(turn: Turn, me: Me, name: str) -> tuple[Task, Hold]:
    """The open appeal of that handle and its hold, which this person did not set. Raises Refusal."""
    task = await queues.named(turn, me, name.strip(), (KIND,))
    hold = await turn.read.hold(task.address, turn.now) if task is not None and task.address is not None else None
    if task is None or hold is None or hold.id != task.subject or not may_decide(me.id, hold):
        raise Refusal("appeals.gone")
    if await _behind_the_wall(turn, me, hold.address):
        raise Refusal("hold.not_by_you")
    return task, hold


async def _hold(turn: Turn, me: Me, people: list[Address], rest: str, ticket: Ticket | None) -> Reply:
    said = _DAYS.fullmatch(rest)
    if not said or len(said[2].strip()) < LEAST_REASON:
        return turn.say("hold.how", usage=turn.words("usage.hold"), most=LONGEST.days)
    days, reason = int(said[1]), " ".join(said[2].split())
    if not 1 <= days <= LONGEST.days:
        raise Refusal("hold.too_long", most=LONGEST.days)
    if not people:
        raise Refusal("hold.nobody")
    for address in people:
        await _allowed(turn, me, address)
    for address in people:
        former = await turn.read.holds_of(address)
        id_ = former[0].id if former else turn.token()
        hold = begun(id_, address, me.id, reason, turn.now, timedelta(days=days))
        if former:
            hold = _next(hold, former[0])
        turn.changes.holds.append(hold)
        turn.changes.timer(Timer("hold_ends", hold.id, hold.until, level=hold.seq))
        await holding.tell(turn, hold, "begun", "status", "appeal")
        await _recorded(turn, me, hold, "begun", ticket)
    return turn.say("hold.done", who=alias(people[0]), until=moment(turn, hold.until))


def _next(hold: Hold, former: Hold) -> Hold:
    """A further hold of the same person goes on in the same log: two who set one at once meet there."""
    return Hold(
        id=former.id,
        seq=former.seq + 1,
        address=hold.address,
        by=hold.by,
        reason=hold.reason,
        since=hold.since,
        until=hold.until,
        step=hold.step,
        actor=hold.actor,
        at=hold.at,
    )


async def _allowed(turn: Turn, me: Me, address: Address) -> None:
    """Raises Refusal where this person may not hold that one.

    Nobody who works here is held. Who set the last hold of somebody does not set the next. The wall stands here too:
    whoever somebody complained of does not silence them, nor does who may not know of what they reported.
    """
    if me.directory.at(address) is not None:
        raise Refusal("hold.not_by_you")
    if await turn.read.hold(address, turn.now) is not None:
        raise Refusal("hold.already")
    if not may_set(me.id, await turn.read.holds_of(address), turn.now):
        raise Refusal("hold.somebody_else")
    if await _behind_the_wall(turn, me, address):
        raise Refusal("hold.not_by_you")


async def _behind_the_wall(turn: Turn, me: Me, address: Address) -> bool:
    """Whether the wall stands between this person and something that somebody reported."""
    unit = me.staff.unit
    for ticket in await turn.read.tickets_of(address, FILED):
        about_me = me.id in ticket.work.about or (bool(unit) and (unit in ticket.work.kept_from or unit == ticket.unit))
        if about_me or (ticket.walled and not me.person.walled):
            return True
    return False


async def _end(turn: Turn, me: Me, people: list[Address], words: str) -> Reply:
    found = [hold for each in people if (hold := await turn.read.hold(each, turn.now)) is not None]
    if not found:
        raise Refusal("hold.none")
    for hold in found:
        if hold.step is Step.APPEAL:
            if not may_decide(me.id, hold):
                raise Refusal("hold.appealed")
            turn.changes.closed_tasks.append(f"{KIND}:{hold.id}")
        await holding.over(turn, hold, Step.LIFT, me.id, words)
        await _recorded(turn, me, hold, "lifted")
    return turn.say("hold.lifted", who=alias(found[0].address))


async def _recorded(turn: Turn, me: Me, hold: Hold, what: str, ticket: Ticket | None = None) -> None:
    """Write it down, and tell all other supervisors."""
    number = ticket.number if ticket is not None else ""
    turn.changes.looked.append(
        Looked(by=me.id, what="hold", at=turn.now, ticket=number, detail=f"{what} {hold.id} {hold.until.isoformat()}")
    )
    notices.tell_staff(
        turn,
        [staff for staff in me.directory.supervisors() if staff.id != me.id],
        f"hold_{what}",
        None,
        about=f"hold:{what}:{hold.id}:{hold.seq}",
        who=alias(hold.address),
        name=me.staff.name,
        until=moment(turn, hold.until),
        reason=hold.reason,
    )


async def _called(turn: Turn, me: Me, text: str) -> tuple[Address, str]:
    """Whoever is called that among those who wait for the desk or are held, and the rest. Raises NotFound."""
    head, _, rest = text.strip().partition(" ")
    name = fold(head).removeprefix(MARK).upper()
    waiting = await turn.read.tasks((*queues.KINDS, "listen", KIND), queues.LOOKED_AT)
    people = [task.address for task in waiting if task.address and queues.may_see_task(turn, me, task)]
    people += [hold.address for hold in await turn.read.holds(turn.now)]
    found = {address for address in people if alias(address) == name}
    if len(found) != 1:
        raise NotFound("hold.who")
    return found.pop(), rest


def _line(turn: Turn, me: Me, hold: Hold) -> str:
    return turn.words(
        "holds.line",
        who=f"{MARK}{alias(hold.address)}",
        until=moment(turn, hold.until),
        name=chain.name_of(me.directory, hold.by),
        reason=hold.reason,
        state=turn.words(f"holds.state.{hold.step}"),
    )


COMMANDS = table(
    Command("hold", Act.HOLD, ticket=by_ticket, desk=by_alias, desk_act=Act.HOLDS),
    Command("unhold", Act.HOLD, ticket=end_by_ticket, desk=end_by_alias, desk_act=Act.HOLDS),
    Command("appeal", Act.DECIDE_HOLD, desk=appealed, hidden=True),
    Command("appeal_lift", Act.DECIDE_HOLD, desk=lift, hidden=True),
    Command("appeal_keep", Act.DECIDE_HOLD, desk=uphold, hidden=True),
)

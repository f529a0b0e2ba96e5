"""One act on many tickets: chosen from the last list or by a condition, shown first, then done a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.changes import Looked, Task, Timer
from bot.conversation.session import Composing
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.unit_names import first_unit
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.naming import unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import assigning, choosing, supervising

CONDITIONS = ("list", "late", "today", "pool")
ACTIONS = ("remind", "assign")
MOST = 500
"""No act touches more tickets at once."""

CHUNK = 20
"""So many are done in one turn; more follow in turns of their own."""

MOST_PARTS = 24
"""No command names more conditions and units than that."""

RUNNING = (Status.DISPATCHED, Status.IN_PROGRESS, Status.WAITING_RESIDENT, Status.OBJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done with which tickets."""

    action: str
    unit: str = ""
    words: str = ""
    conditions: tuple[str, ...] = ()
    units: tuple[str, ...] = field(default=())


async def bulk(turn: Turn, me: Me, rest: str) -> Reply:
    """Say how many tickets an act would touch and how many people would hear of it: `bulk CONDITION ACTION words`."""
    plan = understood(turn, rest)
    if plan is None:
        return turn.say("bulk.how", usage=turn.words("usage.bulk"))
    wanted = await chosen(turn, me, plan)
    if not wanted:
        return turn.say("bulk.none", usage=turn.words("usage.bulk"))
    able = [ticket for ticket in wanted if await _able(turn, me, plan, ticket)]
    if not able:
        return turn.say("bulk.nothing", count=len(wanted))
    token = turn.token()
    values = {"action": plan.action, "unit": plan.unit}
    numbers = tuple(ticket.number for ticket in able)
    turn.remember(
        composing=Composing(
            act="bulk", ticket="", at=turn.now, step=token, text=plan.words, values=values, numbers=numbers
        )
    )
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="bulk"))
    residents, staff = await _hearing(turn, me, plan, able)
    text = turn.words(
        f"bulk.preview_{plan.action}",
        count=len(able),
        left_out=len(wanted) - len(able),
        residents=residents,
        staff=staff,
        unit=unit_name(turn, plan.unit) if plan.unit else "",
        numbers=turn.words("list.comma").join(numbers[:3]),
    )
    return Reply(text, (Choice(f"staff:bulk_do={token}", turn.words("choice.bulk_do")),))


async def do(turn: Turn, me: Me, token: str) -> Reply:
    """Do what was shown: at once, or a few at a time with word of how far it is."""
    composing = turn.session.composing
    if composing is None or composing.act != "bulk" or composing.step != token or not composing.open(turn.now):
        raise Refusal("bulk.gone")
    turn.remember(composing=None)
    plan = Plan(action=composing.values["action"], unit=composing.values["unit"], words=composing.text)
    if len(composing.numbers) <= CHUNK:
        done = await carried_out(turn, me, plan, composing.numbers)
        return turn.say("bulk.done", count=done, left=len(composing.numbers) - done)
    key = f"bulk:{token}"
    data: dict[str, object] = {
        "action": plan.action,
        "unit": plan.unit,
        "words": plan.words,
        "numbers": list(composing.numbers),
        "done": 0,
    }
    turn.changes.tasks.append(Task(key, "bulk", me.id, turn.now, address=turn.address, data=data))
    turn.changes.timer(Timer("bulk", key, turn.now, 0, turn.address))
    return turn.say("bulk.started", count=len(composing.numbers))


async def carried_out(turn: Turn, me: Me, plan: Plan, numbers: Sequence[str]) -> int:
    """How many of these tickets the act was done on; each is looked at again, for much may have happened."""
    done = 0
    for number in numbers:
        ticket = await turn.read.ticket(number)
        if ticket is None or not await _able(turn, me, plan, ticket):
            continue
        try:
            if plan.action == "assign":
                await assigning.to_unit(turn, me, ticket, turn.town.units[plan.unit], plan.words)
            else:
                await supervising.remind_quietly(turn, me, ticket, plan.words)
        except Refusal:
            continue
        done += 1
    return done


def understood(turn: Turn, text: str) -> Plan | None:
    """What a typed command means; None when it names no act. Raises Refusal for a unit nobody knows."""
    conditions: list[str] = []
    units: list[str] = []
    left = text.strip()
    is_condition = words_of(turn, "bulk.condition", CONDITIONS)
    is_action = words_of(turn, "bulk.action", ACTIONS)
    while left and len(conditions) + len(units) < MOST_PARTS:
        action, rest = leading(left, is_action)
        if action == "remind":
            return Plan(action=action, words=rest, conditions=tuple(conditions), units=tuple(units))
        if action == "assign":
            found, words = first_unit(turn.town, rest)
            if len(found) != 1:
                raise Refusal("unit.unknown", said=rest.split()[0] if rest.split() else "")
            return Plan(
                action=action, unit=found[0].code, words=words, conditions=tuple(conditions), units=tuple(units)
            )
        condition, rest = leading(left, is_condition)
        if condition:
            conditions.append(condition)
        else:
            found, rest = first_unit(turn.town, left)
            if len(found) != 1:
                return None
            units.append(found[0].code)
        left = rest
    return None


async def chosen(turn: Turn, me: Me, plan: Plan) -> list[Ticket]:
    """The tickets a plan means, before anybody asks what may be done with them."""
    if not plan.units and set(plan.conditions) <= {"list"}:
        listed = turn.session.listed
        if listed is None or not listed.good(turn.now):
            raise Refusal("which.list_gone")
        found = [await turn.read.ticket(number) for number in listed.numbers if number]
        return [ticket for ticket in found if ticket is not None and me.may(Act.SEE, ticket)]
    wanted = Wanted(
        statuses=RUNNING, areas=me.person.areas, walled=me.person.walled, units=plan.units or None, not_kept_from=""
    )
    if "pool" in plan.conditions:
        wanted = replace(wanted, statuses=(Status.FILED, Status.REOPENED), units=None)
    if "late" in plan.conditions:
        wanted = replace(wanted, due_before=turn.now)
    if "today" in plan.conditions:
        wanted = replace(wanted, due_after=turn.now, due_before=turn.guide.calendar.day_bounds(turn.now)[1])
    return [t for t in await turn.read.tickets(wanted, MOST) if me.may(Act.SEE, t)]


async def _able(turn: Turn, me: Me, plan: Plan, ticket: Ticket) -> bool:
    if plan.action == "remind":
        allowed = me.may(Act.SUPERVISE, ticket) and ticket.may(Action.SUPERVISE) and not ticket.work.submitted
        possible = allowed and bool(ticket.unit)
    else:
        allowed = me.may(Act.ASSIGN, ticket) and ticket.may(Action.DISPATCH) and ticket.unit != plan.unit
        unanswered = not ticket.work.submitted and not assigning.words_wanted(ticket)
        possible = allowed and unanswered and choosing.hindrance(turn, ticket, plan.unit) is None
    return possible and not await is_mine(turn, me, ticket)


async def _hearing(turn: Turn, me: Me, plan: Plan, tickets: Sequence[Ticket]) -> tuple[int, int]:
    """How many residents and how many members of staff will hear of it."""
    residents: set[Address] = set()
    staff: set[str] = set()
    if plan.action == "assign":
        staff = {s.id for s in me.directory.handlers(plan.unit)} | {t.handler for t in tickets if t.handler}
        for ticket in tickets:
            residents |= {reporter.address for reporter in await turn.read.reporters(ticket.number)}
    else:
        for ticket in tickets:
            staff |= {s.id for s in await supervising.responsible(turn, me, ticket)}
    return len(residents), len(staff)


COMMANDS = table(
    Command("bulk", Act.BULK, desk=bulk),
    Command("bulk_do", Act.BULK, desk=do, hidden=True),
)

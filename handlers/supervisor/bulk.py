"""One act on many tickets: chosen from the last list or by a condition, shown first, then done a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as replace_turn

from bot.changes import Changes, Looked, Task, Timer
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

ACT = "bulk"
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
    return await _preview(turn, me, plan, await chosen(turn, me, plan))


async def ticked(turn: Turn, me: Me, text: str) -> Reply:
    """The same for tickets that were ticked one by one: `N,N,N remind words`, `N,N,N assign UNIT words`."""
    numbers, _, rest = text.partition(" ")
    action, _, rest = rest.partition(" ")
    unit, words = "", rest
    if action == "assign":
        unit, _, words = rest.partition(" ")
    if action not in ACTIONS or (action == "assign" and unit not in turn.town.units):
        return turn.say("bulk.how", usage=turn.words("usage.bulk"))
    plan = Plan(action=action, unit=unit, words=words.strip())
    found = [await turn.read.ticket(number) for number in dict.fromkeys(numbers.split(",")[:MOST])]
    return await _preview(turn, me, plan, [t for t in found if t is not None and me.may(Act.SEE, t)])


async def _preview(turn: Turn, me: Me, plan: Plan, wanted: Sequence[Ticket]) -> Reply:
    """How many tickets an act would touch, with what does it."""
    if not wanted:
        return turn.say("bulk.none", usage=turn.words("usage.bulk"))
    whys = {ticket.number: await hindrance(turn, me, plan, ticket) for ticket in wanted}
    able = [ticket for ticket in wanted if whys[ticket.number] is None]
    token = turn.token()
    left = " ".join(number for number, why in whys.items() if why is not None)
    turn.remember(
        composing=Composing(
            act=ACT,
            ticket="",
            at=turn.now,
            step=token,
            text=plan.words,
            values={"action": plan.action, "unit": plan.unit, "left": left},
            numbers=tuple(ticket.number for ticket in able),
        )
    )
    if not able:
        return turn.say("bulk.nothing", count=len(wanted))
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="bulk"))
    residents, staff = await hearing(turn, me, plan, able)
    text = turn.words(
        f"bulk.preview_{plan.action}",
        count=len(able),
        left_out=len(wanted) - len(able),
        residents=residents,
        staff=staff,
        unit=unit_name(turn, plan.unit) if plan.unit else "",
        numbers=turn.words("list.comma").join(ticket.number for ticket in able[:3]),
    )
    return Reply(text, (Choice(f"staff:bulk_do={token}", turn.words("choice.bulk_do")),))


async def do(turn: Turn, me: Me, token: str) -> Reply:
    """Do what was shown: at once, or a few at a time with word of how far it is."""
    composing = previewed(turn)
    if composing is None or composing.step != token or not composing.numbers:
        raise Refusal("bulk.gone")
    turn.remember(composing=None)
    plan = plan_of(composing)
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


def previewed(turn: Turn) -> Composing | None:
    """The act that was shown and may still be done; ``values["left"]`` are the numbers it leaves out."""
    composing = turn.session.composing
    shown = composing is not None and composing.act == ACT and composing.open(turn.now)
    return composing if shown else None


def plan_of(composing: Composing) -> Plan:
    """What was to be done with what was shown."""
    return Plan(action=composing.values["action"], unit=composing.values["unit"], words=composing.text)


async def carried_out(turn: Turn, me: Me, plan: Plan, numbers: Sequence[str]) -> int:
    """How many of these tickets the act was done on; each is looked at again, for much may have happened."""
    done = 0
    for number in numbers:
        ticket = await turn.read.ticket(number)
        if ticket is None or await hindrance(turn, me, plan, ticket) is not None:
            continue
        try:
            await _carried_out(turn, me, plan, ticket)
        except Refusal:
            continue
        done += 1
    return done


async def tried(turn: Turn, me: Me, plan: Plan, ticket: Ticket) -> Ticket:
    """The ticket as it would be after the act, of which nothing becomes true. Raises Refusal where it cannot be."""
    return await _carried_out(replace_turn(turn, changes=Changes()), me, plan, ticket)


async def _carried_out(turn: Turn, me: Me, plan: Plan, ticket: Ticket) -> Ticket:
    if plan.action == "assign":
        return await assigning.to_unit(turn, me, ticket, turn.town.units[plan.unit], plan.words)
    return await supervising.remind_quietly(turn, me, ticket, plan.words)


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


async def hindrance(turn: Turn, me: Me, plan: Plan, ticket: Ticket) -> str | None:
    """Why an act leaves a ticket out (``bulk.why.<name>`` in the catalogue); None where nothing is in the way."""
    if await is_mine(turn, me, ticket):
        return "own"
    if not me.may(Act.SUPERVISE if plan.action == "remind" else Act.ASSIGN, ticket):
        return "not_yours"
    if not ticket.may(Action.SUPERVISE if plan.action == "remind" else Action.DISPATCH):
        return "state"
    if ticket.work.submitted:
        return "answered"
    if plan.action == "remind":
        return None if ticket.unit else "no_unit"
    if ticket.unit == plan.unit:
        return "there"
    if assigning.words_wanted(ticket):
        return "words"
    forbidden = choosing.hindrance(turn, ticket, plan.unit)
    return forbidden.removeprefix("unit.") if forbidden else None


async def hearing(turn: Turn, me: Me, plan: Plan, tickets: Sequence[Ticket]) -> tuple[int, int]:
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
    Command("bulk_of", Act.BULK, desk=ticked, hidden=True),
    Command("bulk_do", Act.BULK, desk=do, hidden=True),
)

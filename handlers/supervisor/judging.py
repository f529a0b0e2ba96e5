"""What a supervisor found about an answer, and what follows: an order, a re-opening, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from bot.conversation.session import Composing
from bot.domain import review as rules
from bot.domain.findings import AGAINST, Finding, What
from bot.domain.permission import Act
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.work import OrderKind
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices, reviews, traces
from handlers.naming import shortened
from handlers.staff import offering
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import reopening, supervising
from handlers.supervisor.saying import about

LONGEST = 1000
TOLD = 80
FORCE = "force_majeure"
REASONS = (What.UNFAIR, What.OUTSIDE, FORCE)
"""Why a ticket may be left out of the boards."""


async def finding(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Record a finding with its reason, which is asked for when it was not said. Raises Refusal."""
    what, reason = named(turn, rest)
    _possible(me, ticket)
    if not what:
        choices = [_choice(turn, ticket, each) for each in What]
        return about(turn, me, ticket, "finding.which", *choices)
    if not reason:
        return _why(turn, me, ticket, "finding", what, name_of(turn, what))
    return await _recorded(turn, me, ticket, What(what), reason[:LONGEST])


async def exempt(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Leave a ticket out of the boards: an unfair review and what is outside the law's reach are findings, force
    majeure is nobody's. Raises Refusal."""
    klass, reason = leading(rest, {**words_of(turn, "finding", REASONS), **{str(each): str(each) for each in REASONS}})
    if klass in list(What):
        return await finding(turn, me, ticket, f"{klass} {reason}")
    if not klass:
        choices = [
            Choice(f"{ticket.number}:exempt={each}", turn.words(f"finding.{each}").partition("|")[0])
            for each in REASONS
        ]
        return about(turn, me, ticket, "exempt.which", *choices)
    if not reason:
        return _why(turn, me, ticket, "exempt", FORCE, name_of(turn, FORCE))
    if exempt_now(await turn.read.events(ticket.number)):
        raise Refusal("exempt.already", number=ticket.number)
    data: dict[str, object] = {"class": klass, "text": reason[:LONGEST]}
    after = case.moved(turn, ticket, Action.EXEMPT, me.id, data)
    back = Choice(f"{ticket.number}:count_in", turn.words("choice.count_in"))
    return about(turn, me, after, "exempt.done", back)


async def count_in(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Have a ticket count again that was left out for force majeure. Raises Refusal."""
    if not exempt_now(await turn.read.events(ticket.number)):
        raise Refusal("exempt.not", number=ticket.number)
    if not rest.strip():
        return _why(turn, me, ticket, "count_in", "", turn.words("choice.count_in"))
    data: dict[str, object] = {"lifted": True, "text": rest.strip()[:LONGEST]}
    after = case.moved(turn, ticket, Action.EXEMPT, me.id, data)
    return about(turn, me, after, "exempt.lifted")


async def order(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Send an order that carries the finding's reason. Raises Refusal."""
    found = await _against(turn, ticket)
    kind = OrderKind(rest) if rest in list(OrderKind) else OrderKind.ORDER
    return await supervising.order_with(turn, me, ticket, kind, _carried(ticket, found))


async def reopen(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """Re-open what was found to be not solved, and send it back to the unit with an order, in one tap. Raises
    Refusal.

    The third time only a final finding is left, and what has no unit to go back to is put before whoever decides.
    """
    found = await _against(turn, ticket)
    there = ticket.noted(work=replace(ticket.work, settled=False))
    verdict = Review(
        ticket=ticket.number,
        round=found.round,
        party=FILER,
        address="",
        verdict=Verdict.NO,
        by=me.id,
        at=turn.now,
    )
    after = reviews.reopened(turn, there, verdict)
    if after.work.reopened >= rules.FINAL_AT or not reopening.unit_back(turn, after):
        return await reopening.show(turn, me, after, "")
    reply = await reopening.back(turn, me, after, _carried(ticket, found))
    key = f"reopen:{ticket.number}"  # it is decided already
    turn.changes.tasks = [task for task in turn.changes.tasks if task.key != key]
    turn.changes.cancel("reopen", ticket.number)
    return reply


def choices(turn: Turn, me: Me, ticket: Ticket, found: Sequence[Finding]) -> tuple[Choice, ...]:
    """What can be tapped under a trace: the findings, and what follows from the last one."""
    if own_work(me, ticket):
        return ()
    last = found[-1] if found and found[-1].round == rules.current_round(ticket) else None
    after = _after(turn, ticket, last) if last is not None else ()
    return (*after, *(_choice(turn, ticket, each) for each in What if last is None or each is not last.what))


def named(turn: Turn, text: str) -> tuple[str, str]:
    """The finding a text begins with, "" for none, and the rest."""
    return leading(text, {**words_of(turn, "finding", What), **_CODES})


_CODES = {code: str(what) for what in What for code in (str(what), what.replace("_", ""))}
"""Findings as buttons name them."""


def name_of(turn: Turn, what: str) -> str:
    """What a finding is called."""
    return turn.words(f"finding.{what}").partition("|")[0]


def exempt_now(events: Iterable[Event]) -> bool:
    """Whether the last word on a ticket is that it is left out of the boards, whatever was found."""
    last = [event for event in events if event.action is Action.EXEMPT][-1:]
    return any(not event.data.get("lifted") for event in last)


def own_work(me: Me, ticket: Ticket) -> bool:
    """Whether it is this person's own answer, or that of their unit: nobody judges that."""
    answer = ticket.work.last_answer
    mine = me.id == ticket.handler or (answer is not None and answer.by == me.id)
    return mine or bool(me.staff.unit and me.staff.unit == ticket.unit)


def _possible(me: Me, ticket: Ticket) -> None:
    if ticket.work.last_answer is None:
        raise Refusal("trace.no_answer", number=ticket.number)
    if own_work(me, ticket):
        raise Refusal("trace.own_answer", number=ticket.number)


async def _recorded(turn: Turn, me: Me, ticket: Ticket, what: What, reason: str) -> Reply:
    round_ = rules.current_round(ticket)
    found = Finding(ticket=ticket.number, round=round_, what=what, by=me.id, at=turn.now, text=reason)
    turn.changes.findings.append(found)
    data: dict[str, object] = {"finding": str(what), "round": round_, "excluded": found.excluded, "text": reason}
    after = case.moved(turn, ticket, Action.TRACE, me.id, data)
    turn.changes.closed_tasks.append(traces.key(ticket))
    people = await supervising.responsible(turn, me, after)
    notices.tell_staff(turn, people, "finding", after, finding=str(what), text=_told(ticket, reason))
    key = "finding.done_excluded" if found.excluded else "finding.done"
    return about(turn, me, after, key, *_after(turn, after, found), finding=name_of(turn, what))


def _after(turn: Turn, ticket: Ticket, found: Finding) -> tuple[Choice, ...]:
    """What may follow from a finding."""
    if found.what not in AGAINST:
        return ()
    number, choices = ticket.number, []
    if ticket.status in (Status.ANSWERED, Status.CLOSED):
        choices.append(Choice(f"{number}:trace_reopen", turn.words("choice.trace_reopen")))
    if ticket.status is Status.ANSWERED and ticket.unit:
        choices += [
            Choice(f"{number}:trace_order={kind}", turn.words("choice.trace_order", kind=_kind(turn, kind)))
            for kind in (OrderKind.REMIND, OrderKind.ORDER, OrderKind.TALK)
        ]
    return tuple(choices)


def _carried(ticket: Ticket, found: Finding) -> str:
    """The reason, as words of an order; what was found behind the wall stays there."""
    return "" if ticket.walled else found.text


def _told(ticket: Ticket, reason: str) -> str:
    return "" if ticket.walled else shortened(reason, TOLD)


def _kind(turn: Turn, kind: OrderKind) -> str:
    return supervising.kind_name(turn, kind)


async def _against(turn: Turn, ticket: Ticket) -> Finding:
    """The finding about the last answer after which something is to be done. Raises Refusal."""
    now = rules.current_round(ticket)
    found = next((f for f in await turn.read.findings(ticket.number) if f.round == now), None)
    if found is None or found.what not in AGAINST:
        raise Refusal("finding.none_against", number=ticket.number)
    return found


def _choice(turn: Turn, ticket: Ticket, what: What) -> Choice:
    return Choice(f"{ticket.number}:finding={what}", name_of(turn, what))


def _why(turn: Turn, me: Me, ticket: Ticket, command: str, said: str, name: str) -> Reply:
    """Ask for the reason: the next message is it, unless it is a command itself."""
    turn.remember(composing=Composing(act=command, ticket=ticket.number, at=turn.now, step=offering.WORDS, text=said))
    leave = Choice("staff:leave_it", turn.words("work.leave_it"))
    return about(turn, me, ticket, "finding.why", leave, what=name)


COMMANDS = table(
    Command("finding", Act.TRACE, ticket=finding, hidden=True),
    Command("trace_reopen", Act.TRACE, ticket=reopen, hidden=True),
    Command("trace_order", Act.TRACE, ticket=order, hidden=True),
    Command("exempt", Act.TRACE, ticket=exempt),
    Command("count_in", Act.TRACE, ticket=count_in),
)

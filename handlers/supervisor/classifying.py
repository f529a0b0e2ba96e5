"""What a ticket is about, what its filer wants, how much time it gets; and ending it for good."""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.deadlines import Tier
from bot.domain.people import Role
from bot.domain.permission import Act
from bot.domain.ticket import Action, Ticket, Type
from bot.domain.town import Clock, Kind
from bot.domain.wall import behind_the_wall, shown_to
from bot.domain.words import fold
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, notices
from handlers.naming import kind_name, moment, type_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.staff.offering import WORDS, wanting
from handlers.staff.spoken import leading, words_of
from handlers.supervisor import choosing
from handlers.supervisor.saying import about, supervisors_of

KINDS_OFFERED = 6


async def kind(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Give the ticket another kind: `kind N KIND`. Its clock may be another one then, and another unit may be right."""
    said = rest.strip()
    found = _kinds(turn, said)
    if len(found) != 1:
        kinds = found or tuple(k for k in turn.guide.read(ticket.text).kinds if k != ticket.kind)
        choices = [Choice(f"{ticket.number}:classify={k}", kind_name(turn, k)) for k in kinds[:KINDS_OFFERED]]
        return about(turn, me, ticket, "kind.which", *choices, kind=kind_name(turn, ticket.kind))
    if found[0] == ticket.kind:
        raise Refusal("kind.same", number=ticket.number, kind=kind_name(turn, ticket.kind))
    clock = turn.guide.clock_of(found[0], ticket.danger, turn.guide.read(ticket.text))
    after = await case.retimed(
        turn,
        ticket,
        me.id,
        "kind",
        Action.CLASSIFY,
        "new_date_kind",
        {"kind": found[0]},
        kind=found[0],
        clock=clock.value,
        walled=_walled(turn, me, ticket, found[0], ticket.type),
    )
    await _walled_now(turn, ticket, after)
    await _longer_now(turn, me, ticket, after)
    right = turn.guide.route(after.kind, after.area).unit
    choices = list(choosing.offer(turn, after, "assign", [right])) if _can_send(turn, me, after, right) else []
    key = "kind.done_other_unit" if choices else "kind.done"
    return about(turn, me, after, key, *choices, kind=kind_name(turn, after.kind), due=_due(turn, after))


async def type_(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Give the ticket another type: `type N TYPE`. The type sets the time limit."""
    name, _ = leading(rest, {**words_of(turn, "type", list(Type)), **{t.value: t.value for t in Type}})
    if not name:
        choices = [Choice(f"{ticket.number}:type={t}", type_name(turn, t)) for t in Type if t is not ticket.type]
        return about(turn, me, ticket, "type.which", *choices, type=type_name(turn, ticket.type))
    new = Type(name)
    if new is ticket.type:
        raise Refusal("type.same", number=ticket.number, type=type_name(turn, new))
    walled = _walled(turn, me, ticket, ticket.kind, new)
    after = await case.retimed(
        turn, ticket, me.id, "type", Action.CLASSIFY, "new_date_type", {"type": new}, type=new, walled=walled
    )
    await _walled_now(turn, ticket, after)
    await _longer_now(turn, me, ticket, after)
    return about(turn, me, after, "type.done", type=type_name(turn, new), due=_due(turn, after))


async def tier(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """Give the ticket less or more time than its type has: `tier N at-once|study|normal REASON`."""
    name, reason = leading(rest, words_of(turn, "tier", list(Tier)))
    name = name or (rest.strip() if rest.strip() in list(Tier) else "")
    if not name:
        choices = [Choice(f"{ticket.number}:retier={t}", _first(turn, t)) for t in Tier if t != ticket.work.tier]
        return about(turn, me, ticket, "tier.which", *choices)
    if Clock(ticket.clock) is not Clock.TYPE:
        raise Refusal("tier.round_the_clock", number=ticket.number)
    if not reason.strip() or reason.strip() == name:
        choosing.keep(turn, "retier", ticket, name, step=WORDS)
        return about(turn, me, ticket, "work.want.retier", usage=turn.words("usage.retier"))
    work = replace(ticket.work, tier=Tier(name).value)
    counted = turn.guide.due_of(ticket.noted(work=work))
    if counted is not None and counted.at <= turn.now:
        raise Refusal("tier.too_late", number=ticket.number)
    after = await case.retimed(
        turn, ticket, me.id, reason, Action.RETIME, "new_date_reason", {"reason_text": reason}, work=work
    )
    await _longer_now(turn, me, ticket, after)
    return about(turn, me, after, "tier.done", tier=_first(turn, Tier(name)), due=_due(turn, after))


async def close(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """End the ticket with a supervisor's final finding: `close N REASON`."""
    reason = rest.strip()
    ticket.after(Action.CLOSE, turn.now)
    if not reason:
        return wanting(turn, shown_to(me.person, ticket), "close")
    hotline = turn.town.contacts.hotline
    data: dict[str, object] = {"final": reason}
    there = ticket.noted(work=replace(ticket.work, settled=True))
    after = await case.ended(turn, there, Action.CLOSE, me.id, "closed_finally", data, text=reason, hotline=hotline)
    await case.tell_who_has_it(turn, after, "closed", text=reason)
    return about(turn, me, after, "close.done")


def _kinds(turn: Turn, said: str) -> tuple[str, ...]:
    """The kinds of that code or name, else those whose name holds what was said."""
    wanted = fold(said).strip()
    if not wanted:
        return ()
    kinds = [k for k in turn.town.kinds.values() if not k.retired]
    exact = tuple(k.code for k in kinds if wanted in _called(k))
    return exact or tuple(k.code for k in kinds if any(wanted in name for name in _called(k)[1:]))


def _called(kind: Kind) -> tuple[str, str, str]:
    return fold(kind.code), fold(kind.name), fold(kind.name_en)


def _walled(turn: Turn, me: Me, ticket: Ticket, kind: str, type_: Type) -> bool:
    """Whether the ticket stands behind the wall now. Only a supervisor marked for it can bring it out again."""
    if behind_the_wall(turn.town.kinds.get(kind), type_):
        return True
    brings_out = me.person.walled and me.staff.role is Role.SUPERVISOR
    shut_out = bool(ticket.work.kept_from or ticket.work.about)
    return ticket.walled and (shut_out or not brings_out)


async def _walled_now(turn: Turn, before: Ticket, after: Ticket) -> None:
    if after.walled and not before.walled:
        notices.tell_staff(turn, await supervisors_of(turn, after), "walled", after)


async def _longer_now(turn: Turn, me: Me, before: Ticket, after: Ticket) -> None:
    """A unit that gives itself more time does so under the supervisors' eyes."""
    longer = before.due_at is not None and (after.due_at is None or after.due_at > before.due_at)
    if longer and me.staff.role is Role.LEAD:
        notices.tell_staff(turn, await supervisors_of(turn, after), "lengthened", after, name=me.staff.name)


def _can_send(turn: Turn, me: Me, ticket: Ticket, unit: str) -> bool:
    if unit in ("", ticket.unit) or not me.may(Act.ASSIGN, ticket) or not ticket.may(Action.DISPATCH):
        return False
    return choosing.hindrance(turn, ticket, unit) is None


def _first(turn: Turn, tier: Tier) -> str:
    return turn.words(f"tier.{tier}").partition("|")[0]


def _due(turn: Turn, ticket: Ticket) -> str:
    at = ticket.due_at or ticket.promised_at
    return moment(turn, at) if at else turn.words("assign.no_due")


COMMANDS = table(
    Command("classify", Act.CLASSIFY, ticket=kind),
    Command("type", Act.CLASSIFY, ticket=type_),
    Command("retier", Act.RETIER, ticket=tier),
    Command("close", Act.CLOSE, ticket=close),
)

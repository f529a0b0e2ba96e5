"""What somebody may do with a ticket now, as forms: the same commands as in chat, chosen by the same rules.

What a form's fields give is put together, in their order, as the words of its command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.domain.answers import outcomes_of
from bot.domain.deadlines import Tier
from bot.domain.findings import What
from bot.domain.holds import LONGEST
from bot.domain.masking import masked
from bot.domain.orders import open_orders
from bot.domain.possible import room_for
from bot.domain.public import may_be_public
from bot.domain.ticket import Event, Status, Ticket, Type
from bot.domain.town import UNDECIDED
from bot.domain.wall import whole_text
from bot.domain.work import DATED, Matter, Objecting, OrderKind, Outcome, Proposal
from bot.turn import Turn
from bot.views.ticket import Asked, Field, Form
from handlers.naming import kind_name, moment, type_name, unit_name
from handlers.staff import cards, chain, undoing
from handlers.staff.me import Known, Me
from handlers.staff.offering import OFFERED, possible
from handlers.supervisor import judging

Fields = Callable[[Turn, Me, Ticket], tuple[Field, ...]]
Options = tuple[tuple[str, str], ...]

SEVERAL = 3
"""So many units can be named in one form; more are called with a second one."""

WITH_FILES = frozenset({"answer", "progress", "note"})
HINTS = frozenset(
    (
        "answer",
        "progress",
        "note",
        "ask",
        "phone",
        "unmask",
        "keep",
        "undo",
        "share",
        "decline",
        "close",
        "stands",
        "hold",
    )
)
"""Commands of which something is said before they are given."""


def forms(turn: Turn, me: Me, ticket: Ticket, events: Sequence[Event]) -> tuple[Form, ...]:
    """Everything this person may do with a ticket now, but for decisions."""
    known = {each.name: each for each in possible(me, ticket)}
    known |= {name: me.commands[name] for name in MORE if _has_room(turn, me, ticket, name)}
    known.pop("exempt" if judging.exempt_now(events) else "count_in", None)
    found = [_form(turn, me, ticket, name) for name in (*OFFERED, *MORE) if name in known]
    last = undoing.last_own(me, events)
    if last is not None and me.may(me.commands["undo"].act, ticket):
        found.append(
            Form("undo", _label(turn, "undo"), (Field("given", value=str(last.seq)),), hint=_hint(turn, "undo"))
        )
    return tuple(found)


def decisions(turn: Turn, me: Me, ticket: Ticket) -> tuple[Asked, ...]:
    """What waits for a decision, and how this person may decide it."""
    return tuple(_asked(turn, me, ticket, proposal) for proposal in ticket.work.proposals)


def canned(turn: Turn) -> Options:
    """Codes and texts of the canned answers."""
    texts = turn.town.canned_en if turn.locale == "en" else turn.town.canned
    return tuple((code, " ".join(text.split())) for code, text in texts.items())


def _asked(turn: Turn, me: Me, ticket: Ticket, proposal: Proposal) -> Asked:
    line = turn.words(
        "work.proposal",
        matter=turn.words(f"matter.{proposal.matter}"),
        name=chain.name_of(me.directory, proposal.by),
        text=cards.proposed_words(me, ticket, proposal),
        due=moment(turn, proposal.due_at) if proposal.due_at else turn.words("list.none"),
    )
    if not chain.may_decide(turn, me.person, me.directory, ticket, proposal):
        return Asked(line)
    matter = Field("given", value=str(proposal.matter))
    approve = (matter, _units(turn, ticket)) if proposal.matter is Matter.OBJECTION else (matter,)
    return Asked(
        line,
        (
            Form("approve", turn.words("work.approve"), approve),
            Form("refuse", turn.words("work.refuse"), (matter, _words(turn, "reason"))),
        ),
    )


def _has_room(turn: Turn, me: Me, ticket: Ticket, name: str) -> bool:
    known: Known | None = me.commands.get(name)
    return (
        known is not None and me.may(known.act, ticket) and room_for(known.act, ticket) and MORE[name](turn, me, ticket)
    )


def _form(turn: Turn, me: Me, ticket: Ticket, name: str) -> Form:
    fields = _FIELDS[name](turn, me, ticket) if name in _FIELDS else ()
    return Form(name, _label(turn, name), fields, name in WITH_FILES, _hint(turn, name))


def _label(turn: Turn, name: str) -> str:
    return turn.words(f"button.{name}" if name in OFFERED else f"ticket.act.{name}")


def _hint(turn: Turn, name: str) -> str:
    return turn.words(f"ticket.hint.{name}") if name in HINTS else ""


def _words(turn: Turn, label: str = "words", *, needed: bool = True, value: str = "") -> Field:
    return Field("words", turn.words(f"ticket.field.{label}"), needed, value=value)


def _choice(turn: Turn, label: str, options: Iterable[tuple[str, str]], *, needed: bool = True) -> Field:
    return Field("choice", turn.words(f"ticket.field.{label}"), needed, tuple(options))


def _date(turn: Turn, label: str, *, needed: bool = True) -> Field:
    return Field("date", turn.words(f"ticket.field.{label}"), needed)


def _units(turn: Turn, ticket: Ticket, label: str = "unit", *, needed: bool = True) -> Field:
    codes = (unit.code for unit in turn.town.units.values() if not unit.retired and unit.code != ticket.unit)
    return _choice(turn, label, ((code, unit_name(turn, code)) for code in codes), needed=needed)


def _several(turn: Turn, me: Me, ticket: Ticket) -> tuple[Field, ...]:
    more = (_units(turn, ticket, "more_units", needed=False) for _ in range(SEVERAL - 1))
    return (_units(turn, ticket), *more, _words(turn, "to_do", needed=False))


def _said(turn: Turn, prefix: str, names: Iterable[str]) -> Options:
    """Names as options: what is typed for them is the first word the catalogue has."""
    return tuple((turn.words(f"{prefix}.{name}").partition("|")[0],) * 2 for name in names)


def _answer(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    outcomes = outcomes_of(ticket.type)
    options = ((_first(turn, f"answer.words.{each}"), turn.words(f"outcome.{each}")) for each in outcomes)
    return _choice(turn, "outcome", options), _words(turn, "answer")


def _kept(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    last = ticket.work.last_answer
    if last is not None and last.outcome is Outcome.STUDIED:
        results = (Outcome.ADOPTED, Outcome.DECLINED)
        options = ((_first(turn, f"answer.words.{each}"), turn.words(f"outcome.{each}")) for each in results)
        return _choice(turn, "outcome", options), _words(turn, "answer")
    return (_words(turn, "done"),)


def _object(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    options = ((_first(turn, f"objecting.words.{each}"), turn.words(f"objecting.{each}")) for each in Objecting)
    return _choice(turn, "class", options), _words(turn, "reason")


def _extend(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    left = max(turn.town.limits.extension_days - ticket.work.extended, 1)
    return Field("number", turn.words("ticket.field.days"), most=left), _words(turn, "reason")


def _hand(turn: Turn, me: Me, ticket: Ticket) -> tuple[Field, ...]:
    people = (*me.directory.handlers(ticket.unit), *me.directory.leads(ticket.unit))
    here = ((s.id, s.name) for s in people if s.id != ticket.handler and not s.away_at(turn.now))
    return _choice(turn, "colleague", here), _words(turn, "to_do", needed=False)


def _classify(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    kinds = (k.code for k in turn.town.kinds.values() if not k.retired and k.code not in (ticket.kind, UNDECIDED))
    return (_choice(turn, "kind", ((code, kind_name(turn, code)) for code in kinds)),)


def _type(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    return (_choice(turn, "type", ((t.value, type_name(turn, t)) for t in Type if t is not ticket.type)),)


def _retier(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    return _choice(turn, "tier", _said(turn, "tier", Tier)), _words(turn, "reason")


def _supervise(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    grades = ((kind.value, turn.words(f"order_name.{kind}")) for kind in OrderKind)
    return _choice(turn, "grade", grades), _date(turn, "by_when", needed=False), _words(turn, needed=False)


def _trace(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    found = ((judging.name_of(turn, each),) * 2 for each in What)
    return _choice(turn, "finding", found, needed=False), _words(turn, "reason", needed=False)


def _exempt(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    return _choice(turn, "why", ((judging.name_of(turn, each),) * 2 for each in judging.REASONS)), _words(
        turn, "reason"
    )


def _keep(turn: Turn, me: Me, ticket: Ticket) -> tuple[Field, ...]:
    units = ((unit.code, unit_name(turn, unit.code)) for unit in turn.town.units.values() if not unit.retired)
    people = ((s.id, f"{s.name} · {unit_name(turn, s.unit)}") for s in me.directory.active if s.unit == ticket.unit)
    return (_choice(turn, "from", (*(people if ticket.unit else ()), *units)),)


def _held(turn: Turn, _me: Me, _ticket: Ticket) -> tuple[Field, ...]:
    return Field("number", turn.words("ticket.field.hold_days"), most=LONGEST.days), _words(turn, "hold_reason")


def _outcome(turn: Turn, _me: Me, ticket: Ticket) -> tuple[Field, ...]:
    units = dict.fromkeys((ticket.unit, *ticket.work.joint))
    return _choice(turn, "lead", ((code, unit_name(turn, code)) for code in units if code)), _words(turn, "settled")


def _first(turn: Turn, key: str) -> str:
    return turn.words(key).partition("|")[0]


def _just(label: str = "words", *, needed: bool = True) -> Fields:
    return lambda turn, _me, _ticket: (_words(turn, label, needed=needed),)


_FIELDS: Mapping[str, Fields] = {
    "answer": _answer,
    "progress": _just("news"),
    "note": _just("memo"),
    "ask": _just("question"),
    "transcribe": _just("heard"),
    "contribute": _just("done"),
    "hand": _hand,
    "promise": lambda turn, _me, _ticket: (_date(turn, "promised"), _words(turn, "answer")),
    "object": _object,
    "extend": _extend,
    "raise": _just("reason"),
    "decline": _just("reason"),
    "merge": lambda turn, _me, _ticket: (Field("line", turn.words("ticket.field.other_number")),),
    "assign": lambda turn, _me, ticket: (_units(turn, ticket), _words(turn, "to_do", needed=False)),
    "assist": _several,
    "joint": _several,
    "supervise": _supervise,
    "classify": _classify,
    "type": _type,
    "retier": _retier,
    "close": _just("reason"),
    "trace": _trace,
    "kept": _kept,
    "remind": lambda turn, _me, _t: (_date(turn, "by_when", needed=False), _words(turn, needed=False)),
    "lift": _just(needed=False),
    "keep": _keep,
    "outcome": _outcome,
    "hold": _held,
    "exempt": _exempt,
    "count_in": _just("reason"),
    "reopen_back": _just(needed=False),
    "stands": _just("reason"),
    "share": lambda turn, _me, ticket: (_words(turn, "copy", value=ticket.work.released or masked(ticket.text)),),
}
"""What each command asks for; one that is not here needs nothing but a press."""


def _keeps_promise(_turn: Turn, _me: Me, ticket: Ticket) -> bool:
    last = ticket.work.last_answer
    return ticket.status is Status.ANSWERED and last is not None and last.outcome in DATED


MORE: Mapping[str, Callable[[Turn, Me, Ticket], bool]] = {
    "kept": _keeps_promise,
    "reopen_back": lambda _turn, _me, _ticket: True,
    "stands": lambda _turn, _me, _ticket: True,
    "outcome": lambda _turn, _me, ticket: ticket.status is Status.JOINT,
    "lift": lambda _turn, _me, ticket: bool(open_orders(ticket)),
    "type": lambda _turn, _me, _ticket: True,
    "keep": lambda _turn, _me, ticket: ticket.open,
    "unmerge": lambda _turn, _me, _ticket: True,
    "exempt": lambda _turn, me, ticket: not judging.own_work(me, ticket),
    "count_in": lambda _turn, me, ticket: not judging.own_work(me, ticket),
    "share": lambda turn, _me, ticket: may_be_public(ticket, turn.town.kinds.get(ticket.kind)),
    "phone": lambda _turn, _me, _ticket: True,
    "hold": lambda _turn, _me, _ticket: True,
    "unhold": lambda _turn, _me, _ticket: True,
    "unmask": lambda _turn, me, ticket: masked(whole_text(me.person, ticket)) != whole_text(me.person, ticket),
}
"""Commands that a card does not offer, for want of room, each with what its ticket must be like besides."""

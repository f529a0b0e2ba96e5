"""Queues of the desk: what waits for somebody with a say, with what can be done about it to tap or to type.

What waits, and for whom, is what the commands of the chat say; each queue only arranges it (`Kind`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.changes import Looked
from bot.domain.permission import Act
from bot.domain.work import Matter
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.lists import Count, Item, Queue
from handlers.pages import appeals, queue_decisions, queue_items, rows, waits
from handlers.pages.waits import LOOKED_AT, Waits
from handlers.staff.me import Me

PATH = "/staff/queues"
PER_PAGE = 20

Gather = Callable[[Turn, Me], Awaitable[list[Waits]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A queue. Its texts are ``queues.<name>``, ``queues.<name>.about`` and ``queues.<name>.empty``. Whoever may do
    ``act`` has it; ``gather`` finds what waits, of proposals those on the ``matters``; ``item`` arranges one.
    ``level`` is the colour of its count where something waits."""

    name: str
    act: Act
    gather: Gather
    item: Callable[[Turn, Me, Waits], Awaitable[Item]]
    level: str = ""
    matters: frozenset[Matter] | None = None

    def of(self, found: list[Waits]) -> list[Waits]:
        """What of all that was gathered stands in this queue."""
        if self.matters is None:
            return found
        return [each for each in found if each.proposal is not None and each.proposal.matter in self.matters]


KINDS = (
    Kind("pool", Act.POOL, waits.pool, queue_items.to_assign),
    Kind("drafts", Act.RELEASE, waits.drafts, queue_items.draft, "orange"),
    Kind("listen", Act.COLLECT, waits.wordless, queue_items.to_hear, "orange"),
    Kind("talks", Act.TALK, waits.talks, queue_items.talk, "orange"),
    Kind("appeals", Act.DECIDE_HOLD, appeals.waiting, appeals.appeal, "orange"),
    Kind("calls", Act.COLLECT, waits.calls, queue_items.call),
    Kind("orders", Act.DESK, waits.ordered, queue_decisions.order),
    Kind("decisions", Act.DESK, waits.proposals, queue_decisions.decision, matters=waits.OTHERS),
    Kind("sign_off", Act.DESK, waits.proposals, queue_decisions.decision, matters=waits.SIGNING),
    Kind("objections", Act.POOL, waits.proposals, queue_decisions.decision, matters=waits.OBJECTING),
    Kind("reopenings", Act.POOL, waits.reopened, queue_decisions.reopening_),
    Kind("trace", Act.SAMPLE, waits.traced, queue_decisions.trace),
    Kind("specials", Act.SPECIALS, waits.special_cases, queue_decisions.special),
)
"""All queues, in their order."""

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
TAPPED = frozenset({"preview", "outcome", "unit"})
"""Steps of commands that wait for a tap, not for words."""


async def queue(turn: Turn, me: Me, name: str, start: str) -> Queue:
    """A page of a queue. Raises NotFound for what is none, or none of this person's."""
    kind = BY_NAME.get(name)
    if kind is None or not me.may(kind.act):
        raise NotFound()
    found = kind.of(await kind.gather(turn, me))
    begin = rows.place_in(start, LOOKED_AT)
    shown = found[begin : begin + PER_PAGE]
    if not shown and begin:
        begin, shown = 0, found[:PER_PAGE]
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=f"queue {name}"))
    return Queue(
        name=name,
        title=turn.words(f"queues.{name}"),
        about=turn.words(f"queues.{name}.about"),
        empty=turn.words(f"queues.{name}.empty"),
        items=tuple([await kind.item(turn, me, each) for each in shown]),
        paging=rows.paging(turn, f"{PATH}/{name}", {}, begin, len(shown), PER_PAGE, len(found)),
        waiting=_waiting(turn),
    )


def _waiting(turn: Turn) -> bool:
    """Whether something that was begun on a page still needs words."""
    composing = turn.session.composing
    if composing is None or not composing.ticket or not composing.open(turn.now):
        return False
    return bool(composing.step) and composing.step not in TAPPED


async def counts(turn: Turn, me: Me) -> tuple[Count, ...]:
    """How much waits in each queue of this person; what is the same for several is gathered once. Raises NotFound for
    who has none."""
    found = await counted(turn, me)
    if not found:
        raise NotFound()
    return found


async def counted(turn: Turn, me: Me) -> tuple[Count, ...]:
    """The same; nothing for who has none."""
    gathered: dict[Gather, list[Waits]] = {}
    found = []
    for kind in KINDS:
        if not me.may(kind.act):
            continue
        if kind.gather not in gathered:
            gathered[kind.gather] = await kind.gather(turn, me)
        count = len(kind.of(gathered[kind.gather]))
        found.append(
            Count(
                label=turn.words(f"queues.{kind.name}"),
                count=count,
                address=f"{PATH}/{kind.name}",
                name=kind.name,
                level=kind.level if count else "",
                more=count >= LOOKED_AT,
            )
        )
    return tuple(found)

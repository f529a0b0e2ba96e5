"""The pool: tickets no unit has, voices to hear, drafts nobody confirmed, and people who want to talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.changes import Looked, Task
from bot.conversation.session import Listed
from bot.domain.permission import Act
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.wall import behind_the_wall, open_to, shown_to
from bot.message import AttachmentType, Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.naming import area_name, counted, kind_name, place_name, shortened, ticket_title, type_name
from handlers.resident.talking import handle
from handlers.staff.command import Command, table
from handlers.staff.heard_words import heard_words
from handlers.staff.me import Me
from handlers.supervisor import choosing
from handlers.supervisor.saying import about

KINDS = ("danger", "unconfirmed", "talk", "appeal")
"""Tasks that are about no ticket."""

PAGE = 8
LOOKED_AT = 200
"""So many of the oldest of each sort are looked at."""

TITLE = 20
TEXT = 600


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for the desk: a ticket, or a task about none."""

    since: datetime
    ticket: Ticket | None = None
    task: Task | None = None

    @property
    def urgent(self) -> bool:
        """Danger, and somebody who waits for a word."""
        if self.ticket is not None:
            return bool(self.ticket.danger)
        return self.task is not None and self.task.kind in ("danger", "talk")


async def pool(turn: Turn, me: Me, rest: str) -> Reply:
    """What waits for the desk, danger and the oldest first, a few at a time: `pool`, `pool 2`."""
    waiting = await waiting_at_desk(turn, me)
    if not waiting:
        turn.remember(listed=None)
        return turn.say("pool.empty")
    pages = (len(waiting) + PAGE - 1) // PAGE
    page = min(max(int(rest), 1), pages) if rest.isdecimal() and len(rest) < 4 else 1
    shown = waiting[(page - 1) * PAGE : page * PAGE]
    turn.remember(listed=Listed(tuple(w.ticket.number if w.ticket else "" for w in shown), turn.now))
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail="pool"))
    lines = [turn.words("pool.head", count=len(waiting), page=page, pages=pages)]
    choices = []
    for place, each in enumerate(shown, 1):
        said, token = _line(turn, me, each)
        if turn.traits.buttons:
            lines.append(f"{place}. {said}")
            said = f"{place} {shortened(said, TITLE)}"
        choices.append(Choice(token, said))
    if page < pages:
        choices.append(Choice(f"staff:pool={page + 1}", turn.words("pool.more")))
    return Reply("\n".join(lines), tuple(choices))


async def waiting_at_desk(turn: Turn, me: Me) -> list[Waiting]:
    """All of it that this person may know of, in the order in which to see to it."""
    person = me.person
    wanted = Wanted(
        statuses=(Status.FILED, Status.REOPENED), areas=person.areas, walled=person.walled, not_kept_from=person.unit
    )
    own = {t.number for address in me.staff.addresses for t in await turn.read.tickets_of(address, 100)}
    found = [
        Waiting(ticket.work.reopened_at or ticket.filed_at, ticket=ticket)
        for ticket in await turn.read.tickets(wanted, LOOKED_AT)
        if me.may(Act.SEE, ticket) and ticket.number not in own
    ]
    tasks = await turn.read.tasks(KINDS, LOOKED_AT)
    found += [Waiting(task.opened_at, task=task) for task in tasks if may_see_task(turn, me, task)]
    return sorted(found, key=lambda w: (not w.urgent, w.since))


def may_see_task(turn: Turn, me: Me, task: Task) -> bool:
    """Whether a draft, a talk or an appeal may be put before somebody: areas and the wall bind here too; their own, or
    an appeal against what they set, never is."""
    data = task.data or {}
    if task.address in me.staff.addresses or (task.kind == "appeal" and data.get("by") == me.id):
        return False
    area, type_ = str(data.get("area", "")), str(data.get("type", ""))
    walled = behind_the_wall(turn.town.kinds.get(str(data.get("kind", ""))), Type(type_ or Type.HELP))
    if walled and not me.person.walled:
        return False
    return me.person.areas is None or not area or area in me.person.areas


async def named(turn: Turn, me: Me, name: str, kinds: Sequence[str]) -> Task | None:
    """The open task of that `handle` that this person may see."""
    for task in await turn.read.tasks(kinds, LOOKED_AT):
        if handle(task) == name and may_see_task(turn, me, task):
            return task
    return None


async def sort(turn: Turn, me: Me, ticket: Ticket, _rest: str) -> Reply:
    """A ticket that waits for a unit: what it says, and the units it is likely for. A voice is typed out first."""
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number))
    shown = shown_to(me.person, ticket)
    lines = [turn.words("sort.kind", kind=kind_name(turn, ticket.kind), type=type_name(turn, ticket.type))]
    if shown.place:
        lines.append(turn.words("receipt.place", place=place_name(turn, shown.place)))
    if shown.text:
        lines.append(shortened(shown.text, TEXT))
    files = await turn.read.attachments_of(ticket.number) if open_to(me.person, ticket) else ()
    if files:
        types = [AttachmentType(file.type) for file in files]
        lines.append(turn.words("receipt.enclosed", list=counted(turn, types)))
    if not ticket.text and (words := await heard_words(turn, me, ticket)):
        lines.append(turn.words("work.heard", text=shortened(words, TEXT)))
    if not ticket.text and files:
        lines.append(turn.words("sort.listen", usage=turn.words("usage.transcribe"), number=ticket.number))
    choices = [*choosing.offer(turn, ticket, "assign", choosing.likely_units(turn, ticket))]
    choices.append(Choice(f"{ticket.number}:classify", turn.words("button.classify")))
    head = about(turn, me, ticket, "sort.head")
    return Reply("\n".join([head.text, *lines]), tuple(choices), ticket=ticket.number)


def _line(turn: Turn, me: Me, waiting: Waiting) -> tuple[str, str]:
    """A line of the list, and the token of its button."""
    ticket, task = waiting.ticket, waiting.task
    if ticket is not None:
        title = ticket_title(turn, shown_to(me.person, ticket))
        key = "pool.danger" if ticket.danger else "pool.ticket" if ticket.text else "pool.listen"
        area = area_name(turn, ticket.area) if ticket.area else turn.words("pool.no_place")
        line = turn.words(key, number=ticket.number, title=title, kind=kind_name(turn, ticket.kind), area=area)
        return line, f"{ticket.number}:{'reopening' if ticket.status is Status.REOPENED else 'sort'}"
    assert task is not None  # noqa: S101 - it is one or the other
    data = task.data or {}
    said = shortened(" ".join(str(data.get("text", "") or data.get("draft", "")).split()), TITLE)
    said = said or turn.words("pool.no_words")
    line = turn.words(f"pool.{task.kind}_draft" if task.kind == "danger" else f"pool.{task.kind}", said=said)
    if task.kind == "appeal":
        return line, f"staff:appeal={handle(task)}"
    if task.kind == "talk" and data.get("who"):
        line = turn.words("pool.talk_taken", said=said, name=_name(me, str(data["who"])))
    return line, f"staff:{'receive' if task.kind == 'talk' else 'draft'}={handle(task)}"


def _name(me: Me, staff: str) -> str:
    found = me.directory.by_id.get(staff)
    return found.name if found else ""


COMMANDS = table(
    Command("pool", Act.POOL, desk=pool),
    Command("sort", Act.ASSIGN, ticket=sort, hidden=True),
)

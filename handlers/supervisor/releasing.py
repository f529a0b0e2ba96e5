"""Drafts nobody confirmed: a supervisor files them for the person, or drops them; the person hears of either."""

from __future__ import annotations

from datetime import timedelta

from bot.changes import Looked, Reporter, Task
from bot.conversation.draft import Draft, Enclosed, Said
from bot.domain.masking import masked
from bot.domain.permission import Act
from bot.domain.place import Place
from bot.domain.ticket import Action, Ticket, Type
from bot.domain.town import UNDECIDED
from bot.errors import Refusal
from bot.message import AttachmentType, Choice, Push, Reply
from bot.turn import Turn
from handlers import shared
from handlers.naming import area_name, kind_name, moment, shortened, ticket_title, type_name, unit_name
from handlers.resident import filing
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor import queues

KINDS = ("danger", "unconfirmed")
BEFORE = timedelta(days=3)
"""A draft was begun at most so long before it was put before staff."""

TITLE = 20
TEXT = 600


async def show(turn: Turn, me: Me, name: str) -> Reply:
    """The draft, and what can be done with it."""
    task = await _task(turn, me, name)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, detail=task.key))
    data = task.data or {}
    kind, type_ = str(data.get("kind", "") or UNDECIDED), str(data.get("type", "") or Type.COMPLAINT)
    lines = [
        turn.words(f"draft.head_{task.kind}", since=moment(turn, task.opened_at)),
        turn.words("sort.kind", kind=kind_name(turn, kind), type=type_name(turn, type_)),
    ]
    if data.get("place") or data.get("area"):
        place = str(data.get("place", "")) or area_name(turn, str(data["area"]))
        lines.append(turn.words("receipt.place", place=place))
    text = str(data.get("text", ""))
    lines.append(shortened(masked(text), TEXT) if text else turn.words("pool.no_words"))
    if files := enclosed(data):
        lines.append(turn.words("draft.files", count=len(files)))
    choices = (
        Choice(f"staff:draft_file={name}", turn.words("choice.draft_file")),
        Choice(f"staff:draft_drop={name}", turn.words("choice.draft_drop")),
    )
    return Reply("\n".join(lines), choices)


async def file(turn: Turn, me: Me, name: str) -> Reply:
    """File the draft for whoever began it: it is theirs, and they are told its number and code."""
    task = await _task(turn, me, name)
    address = task.address
    if address is None:
        raise Refusal("draft.gone")
    turn.changes.closed_tasks.append(task.key)
    if number := await filing.filed_from(turn, address, task.subject, task.opened_at - BEFORE):
        return turn.say("draft.filed_already", number=number)
    draft = draft_of(turn, task)
    ticket = filing.filed(turn, draft, await turn.numbers.next(turn.now))
    ticket = ticket.noted(channel=address.channel, source=address.channel)
    data = {"draft": draft.id, "for": str(address)}
    turn.changes.ticket(ticket, ticket.event(Action.FILE, turn.now, by=me.id, **data))
    turn.changes.reporters.append(Reporter(ticket.number, address, "filer", turn.now))
    if draft.enclosed:
        turn.changes.filed_attachments.append((draft.id, ticket.number))
    ticket = filing.dispatched(turn, ticket, wordless=draft.wordless)
    await shared.noticed(turn, ticket)
    await _tell(turn, task, "released_filed", ticket)
    title = ticket_title(turn, ticket)
    unit = unit_name(turn, ticket.unit)
    choices = () if ticket.unit else (Choice(f"{ticket.number}:sort", turn.words("button.assign")),)
    text = turn.words("draft.filed", number=ticket.number, title=title, unit=unit)
    return Reply(text, choices, ticket=ticket.number)


async def drop(turn: Turn, me: Me, name: str) -> Reply:
    """Let the draft go. Its files go with it; the person is told how to take the matter up again."""
    task = await _task(turn, me, name)
    turn.changes.closed_tasks.append(task.key)
    if task.kind == "unconfirmed" and enclosed(task.data or {}):
        turn.changes.dropped_attachments.append(task.subject)
    turn.changes.looked.append(Looked(by=me.id, what="dropped", at=turn.now, detail=task.key))
    if task.kind == "unconfirmed":
        await _tell(turn, task, "released_dropped", None)
    return turn.say("draft.dropped", said=_title(turn, task))


def draft_of(turn: Turn, task: Task) -> Draft:
    """The draft as it was handed over, ready to be filed."""
    data = task.data or {}
    area, place, text = str(data.get("area", "")), str(data.get("place", "")), str(data.get("text", ""))
    return Draft(
        id=task.subject,
        opened_at=task.opened_at,
        touched_at=turn.now,
        said=(Said("", text),) if text else (),
        enclosed=tuple(Enclosed(id_, AttachmentType.FILE) for id_ in enclosed(data)),
        type=Type(str(data.get("type", "") or Type.COMPLAINT)),
        kind=str(data.get("kind", "")),
        place=Place(name=place or area_name(turn, area), area=area, address=place) if place or area else None,
        danger=str(data.get("danger", "")),
        urgent=tuple(turn.guide.read(text).urgent),
    )


def enclosed(data: dict[str, object]) -> tuple[str, ...]:
    """The ids of a draft's files."""
    found = data.get("enclosed", ())
    return tuple(str(id_) for id_ in found) if isinstance(found, list | tuple) else ()


async def _task(turn: Turn, me: Me, name: str) -> Task:
    task = await queues.named(turn, me, name.strip(), KINDS)
    if task is None:
        raise Refusal("draft.gone")
    return task


def _title(turn: Turn, task: Task) -> str:
    words = " ".join(masked(str((task.data or {}).get("text", ""))).split())
    return shortened(words, TITLE) or turn.words("pool.no_words")


async def _tell(turn: Turn, task: Task, what: str, ticket: Ticket | None) -> None:
    """Tell the person now, or at their next contact where nothing may be sent."""
    if task.address is None:
        return
    voice = turn.voice((await turn.read.sessions([task.address])).get(task.address))
    params: dict[str, str] = {"title": _title(turn, task)}
    if ticket is not None:
        promised = moment(voice, ticket.promised_at) if ticket.promised_at else voice.words("assign.no_due")
        params |= {"number": ticket.number, "code": ticket.code, "due": promised}
    turn.changes.push(
        Push(
            key=f"{what}:{task.key}:{task.opened_at.isoformat()}",
            address=task.address,
            reply=Reply(voice.words(f"told.{what}", **params), ticket=ticket.number if ticket else ""),
            created_at=turn.now,
            ticket=ticket.number if ticket else "",
        )
    )


COMMANDS = table(
    Command("draft", Act.RELEASE, desk=show, hidden=True),
    Command("draft_file", Act.RELEASE, desk=file, hidden=True),
    Command("draft_drop", Act.RELEASE, desk=drop, hidden=True),
)

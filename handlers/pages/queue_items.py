"""Each sort of thing that waits, as a page shows it: what is known, what can be tapped, what can be typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.changes import Looked, Task
from bot.domain.masking import masked
from bot.domain.permission import Act
from bot.domain.possible import room_for
from bot.domain.ticket import Ticket, Type
from bot.domain.town import UNDECIDED
from bot.domain.wall import visible_text
from bot.turn import Turn
from bot.views.lists import Item, Tap, WordForm
from handlers.naming import area_name, kind_name, moment, shortened, type_name, unit_name
from handlers.pages import evidence, rows
from handlers.pages.waits import Waits
from handlers.resident.talking import alias, handle
from handlers.staff import calling_back
from handlers.staff.filing_for import source_name
from handlers.staff.me import Me
from handlers.supervisor import assigning, choosing, releasing, talking
from handlers.supervisor.saying import titled

TEXT = 1000
"""Characters of what somebody wrote that a queue shows; the ticket's page has all."""

TALK_LINES = 20
Facts = list[tuple[str, str]]


def ticket_of(waits: Waits) -> Ticket:
    """The ticket that waits."""
    assert waits.ticket is not None  # noqa: S101 - these queues are of tickets
    return waits.ticket


def item_of(
    turn: Turn,
    me: Me,
    waits: Waits,
    facts: Facts,
    words: str = "",
    taps: Iterable[Tap] = (),
    forms: Iterable[WordForm] = (),
    name: str = "",
) -> Item:
    """Something about a ticket. That it was read is recorded."""
    ticket = ticket_of(waits)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, ticket=ticket.number, detail="queue"))
    return Item(
        id=f"{name}-{ticket.number}" if name else ticket.number,
        title=titled(turn, me, ticket),
        row=rows.row(turn, me, ticket),
        words=shortened(words, TEXT),
        facts=facts_of(turn, facts),
        taps=tuple(taps),
        forms=tuple(forms),
    )


def facts_of(turn: Turn, facts: Facts) -> tuple[tuple[str, str], ...]:
    """Those that say something, with their labels."""
    return tuple((turn.words(f"queues.fact.{name}"), text) for name, text in facts if text)


async def to_assign(turn: Turn, me: Me, waits: Waits) -> Item:
    """A ticket without a unit: the likely ones to tap, any other by name."""
    ticket = ticket_of(waits)
    taps: list[Tap] = []
    wanted = assigning.words_wanted(ticket)
    if me.may(Act.ASSIGN, ticket):
        likely = () if wanted else choosing.likely_units(turn, ticket)
        taps += [
            Tap(f"{ticket.number}:assign={code}", turn.words("queues.assign_to", unit=unit_name(turn, code)))
            for code in likely
        ]
        taps.append(Tap(f"{ticket.number}:classify", turn.words("button.classify"), second=True))
    form = WordForm(
        id=f"assign-{ticket.number}",
        about=ticket.number,
        command="assign",
        label=turn.words("queues.assign_summary" if wanted else "queues.assign_other"),
        button=turn.words("button.assign"),
        needed=True,
        lines=3 if wanted else 1,
    )
    facts = [("filed", moment(turn, ticket.filed_at))]
    forms = [form] if me.may(Act.ASSIGN, ticket) else []
    found = item_of(turn, me, waits, facts, visible_text(me.person, ticket), taps, forms)
    if room_for(Act.TRANSCRIBE, ticket) and me.may(Act.COLLECT):
        return replace(found, links=((f"/staff/queues/listen#item-{ticket.number}", turn.words("queues.listen")),))
    return found


async def draft(turn: Turn, me: Me, waits: Waits) -> Item:
    """A draft nobody confirmed: file it, or let it go."""
    task, data = waits.tasks[0], waits.tasks[0].data or {}
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, detail=task.key))
    kind, type_ = str(data.get("kind", "") or UNDECIDED), str(data.get("type", "") or Type.COMPLAINT)
    area = str(data.get("area", ""))
    place = str(data.get("place", "")) or (area_name(turn, area) if area else "")
    files = releasing.enclosed(data)
    facts = [
        ("since", moment(turn, task.opened_at)),
        ("kind", turn.words("queues.kind", kind=kind_name(turn, kind), type=type_name(turn, type_))),
        ("place", place),
        ("files", str(len(files)) if files else ""),
    ]
    name = handle(task)
    return Item(
        id=name,
        title=turn.words(f"queues.draft.{task.kind}"),
        words=shortened(masked(str(data.get("text", ""))), TEXT) or turn.words("pool.no_words"),
        facts=facts_of(turn, facts),
        taps=(
            Tap(f"staff:draft_file={name}", turn.words("choice.draft_file")),
            Tap(f"staff:draft_drop={name}", turn.words("choice.draft_drop"), second=True),
        ),
    )


async def to_hear(turn: Turn, me: Me, waits: Waits) -> Item:
    """A ticket without words: its files, and a field for the words."""
    ticket, task = ticket_of(waits), waits.tasks[0]
    files = await evidence.evidence_of(turn, ticket, me)
    heard = next((each.transcript for each in files if each.transcript), "")
    form = WordForm(
        id=f"hear-{ticket.number}",
        about=ticket.number,
        command="transcribe",
        label=turn.words("queues.hear"),
        button=turn.words("button.transcribe"),
        needed=True,
        lines=4,
        value=heard,
    )
    facts = [
        ("since", moment(turn, task.opened_at)),
        ("until", moment(turn, task.due_at) if task.due_at is not None else ""),
        ("heard", turn.words("queues.heard") if heard else ""),
    ]
    found = item_of(turn, me, waits, facts, forms=[form])
    return replace(found, evidence=files, file_base=f"/staff/files/{ticket.number}/")


async def talk(turn: Turn, me: Me, waits: Waits) -> Item:
    """Somebody who asked for a person. Whoever took the talk reads it here, and answers."""
    task, data = waits.tasks[0], waits.tasks[0].data or {}
    name, who = handle(task), str(data.get("who", ""))
    other = me.directory.by_id.get(who)
    mine = who == me.id
    facts = [
        ("since", moment(turn, task.opened_at)),
        ("draft", shortened(str(data.get("draft", "")), TEXT)),
        ("ticket", str(data.get("ticket", ""))),
        ("taken", other.name if other is not None and not mine else ""),
    ]
    taps, forms, words = [Tap(f"staff:receive={name}", turn.words("queues.receive"))], [], ""
    if mine and task.address is not None:
        words = await _talk_so_far(turn, me, task)
        taps = [Tap("staff:end", turn.words("choice.end_talk"), second=True)]
        if turn.session.talking_to == task.address:
            label, button = turn.words("queues.talk_say"), turn.words("queues.talk_send")
            forms = [
                WordForm(
                    id=f"say-{name}", about="staff", command="say", label=label, button=button, needed=True, lines=3
                )
            ]
        else:
            taps = [Tap(f"staff:receive={name}", turn.words("queues.talk_here"))]
    elif other is not None and other.removed_at is None:
        taps = [Tap(f"staff:receive={name}{talking.TAKE_OVER}", turn.words("choice.take_over"), second=True)]
    title = turn.words("queues.talk", who=alias(task.address)) if task.address is not None else name
    return Item(id=name, title=title, words=words, facts=facts_of(turn, facts), taps=tuple(taps), forms=tuple(forms))


async def _talk_so_far(turn: Turn, me: Me, task: Task) -> str:
    """What was said since the talk was asked for; the desk's own lines marked."""
    if task.address is None:
        return ""
    turn.changes.looked.append(Looked(by=me.id, what="talk", at=turn.now, detail=task.key))
    lines = [line for line in await turn.read.talk(task.address, TALK_LINES) if line.at >= task.opened_at and line.text]
    return "\n".join(turn.words(f"queues.talk_line.{line.who}", text=shortened(line.text, TEXT)) for line in lines)


async def call(turn: Turn, me: Me, waits: Waits) -> Item:
    """Somebody to be called: what to tell them, the number behind a tap (recorded), and a form for what came of it."""
    ticket = ticket_of(waits)
    number = ticket.number
    told = "\n\n".join(str((task.data or {}).get("text", "")) for task in waits.tasks)
    form = WordForm(
        id=f"call-{number}",
        about="staff",
        command="call_back",
        given=(number,),
        label=turn.words("queues.call_words"),
        button=turn.words("queues.call_record"),
        choices_label=turn.words("queues.call_result"),
        choices=tuple((each, calling_back.result_name(turn, each)) for each in calling_back.RESULTS),
    )
    facts = [("since", moment(turn, waits.tasks[0].opened_at)), ("source", source_name(turn, ticket.source))]
    taps = [Tap(f"staff:call_back={number}", turn.words("queues.call_open"), second=True)]
    return item_of(turn, me, waits, facts, told, taps, [form])

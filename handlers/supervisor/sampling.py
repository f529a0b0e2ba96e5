"""A random sample of closed tickets is called back: reached, really solved, does the answer match the facts?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from bot.changes import Looked, Task
from bot.domain import findings as rules
from bot.domain.masking import masked_but_landlines
from bot.domain.permission import Act
from bot.domain.review import current_round
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.unit_names import first_unit
from bot.domain.wall import shown_to, visible_text
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers import case, traces
from handlers.naming import shortened, ticket_title, unit_name
from handlers.staff import reference
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import judging
from handlers.supervisor.saying import about

KIND = "sample"
USUAL = 20
SPARE = 30
"""So many more are drawn, in the place of those this person must not judge."""

SHOWN = 200
PER_LIST = 8
OPEN = 500
BUTTON = 24

_COUNT = re.compile(r"\s*([0-9０-９]{1,6})(?![0-9０-９])\s*(.*)", re.S)


async def sample(turn: Turn, me: Me, rest: str) -> Reply:
    """Draw a sample: ``sample 20``, ``sample 10 unit``; the same one again for whoever asks again that day; without a
    word the one that is not done yet. Raises Refusal."""
    if not rest.strip() and (known := await _open(turn, me)):
        return await _shown(turn, me, known[-1])
    count, unit = _asked(turn, rest)
    day = turn.guide.calendar.local_day(turn.now).isoformat()
    key = f"{KIND}:{me.id}:{day}:{unit}"
    before = await turn.read.task(key)
    if before is not None and len(_numbers(before)) >= count:
        return await _shown(turn, me, before)
    since = turn.guide.calendar.day_bounds(turn.now)[0] - timedelta(days=rules.SAMPLED_OF_DAYS)
    wanted = Wanted(
        statuses=(Status.CLOSED,),
        units=(unit,) if unit else None,
        areas=me.person.areas,
        walled=me.person.walled,
        not_kept_from=me.person.unit,
        since=since,
    )
    seed = rules.seed_of(day, me.id, unit)
    numbers, of = await turn.read.sampled(wanted, seed, count + SPARE)
    theirs = [number for number in numbers if await _may(turn, me, number)][:count]
    if not theirs:
        return turn.say("sample.none")
    earlier = _numbers(before) if before is not None else []
    drawn = list(dict.fromkeys((*earlier, *theirs)))[:count]
    task = Task(key, KIND, me.id, turn.now, data={"numbers": drawn, "of": of, "seed": seed, "unit": unit})
    if len(await _forms(turn, task)) < len(drawn):
        turn.changes.tasks.append(task)
    return await _shown(turn, me, task)


async def more(turn: Turn, me: Me, rest: str) -> Reply:
    """The next ones of the last sample that is not done."""
    known = await _open(turn, me)
    if not known:
        return turn.say("sample.none")
    return await _shown(turn, me, known[-1], int(rest) if rest.isdecimal() and len(rest) < 4 else 0)


async def called(turn: Turn, me: Me, ticket: Ticket, rest: str) -> Reply:
    """The form about one of them: the next question, or, when it is filled in, the result. Raises Refusal."""
    if judging.own_work(me, ticket):
        raise Refusal("trace.own_answer", number=ticket.number)
    task = next((each for each in await _open(turn, me) if ticket.number in _numbers(each)), None)
    if task is None:
        raise Refusal("sample.not_drawn", number=ticket.number)
    given = rest.split(".") if rest else []
    try:
        question = rules.next_question(given)
    except ValueError:
        raise Refusal("sample.wrong", number=ticket.number) from None
    if question is not None:
        return _ask(turn, me, ticket, given, question)
    return await _recorded(turn, me, ticket, task, rules.form_of(given))


def _ask(turn: Turn, me: Me, ticket: Ticket, given: list[str], question: tuple[str, tuple[str, ...]]) -> Reply:
    name, possible = question
    text = about(turn, me, ticket, f"sample.ask_{name}").text
    choices = [
        Choice(f"{ticket.number}:called={'.'.join((*given, each))}", turn.words(f"sample.{name}_{each}"))
        for each in possible
    ]
    if given:
        return Reply(text, tuple(choices), ticket=ticket.number)
    turn.changes.looked.append(Looked(by=me.id, what="card", at=turn.now, ticket=ticket.number, detail=KIND))
    answer = ticket.work.last_answer
    none = turn.words("list.none")
    card = turn.words(
        "sample.card",
        unit=unit_name(turn, ticket.unit),
        matter=shortened(visible_text(me.person, ticket), SHOWN) or none,
        answer=shortened(masked_but_landlines(answer.text), SHOWN) if answer is not None else none,
    )
    phone = Choice(f"{ticket.number}:phone", turn.words("sample.phone"))
    return Reply(f"{text}\n{card}", (*choices, phone), ticket=ticket.number)


async def _recorded(turn: Turn, me: Me, ticket: Ticket, task: Task, form: dict[str, str]) -> Reply:
    """The form goes to the ticket's life and is counted; an answer that is not so goes onto the trace list."""
    data: dict[str, object] = {"sample": form, "round": current_round(ticket), "draw": task.key}
    after = case.moved(turn, ticket, Action.TRACE, me.id, data)
    forms = {**await _forms(turn, task), ticket.number: form}
    left = [number for number in _numbers(task) if number not in forms]
    if not left:
        turn.changes.closed_tasks.append(task.key)
    choices = []
    key = "sample.recorded"
    if form.get("solved") == "no" or form.get("facts") == "no":
        key = "sample.recorded_wrong"
        traces.put(turn, after, sample=form)
        choices.append(Choice(f"{ticket.number}:trace", turn.words("button.trace")))
    if left:
        choices.append(Choice("staff:sample", turn.words("sample.next", count=len(left))))
    text = about(turn, me, after, key).text
    return Reply(f"{text}\n{_tally(turn, task, forms)}", tuple(choices), ticket=ticket.number)


async def _shown(turn: Turn, me: Me, task: Task, start: int | None = None) -> Reply:
    """A drawn sample, a few at a time: which of them have been called, and what came of it. It begins where somebody is
    still to be called."""
    forms, data = await _forms(turn, task), task.data or {}
    numbers = _numbers(task)
    if start is None:
        first = next((place for place, number in enumerate(numbers) if number not in forms), 0)
        start = first - first % PER_LIST
    part = numbers[start : start + PER_LIST]
    tickets = [t for number in part if (t := await turn.read.ticket(number)) is not None]
    reference.listed(turn, tickets)
    turn.changes.looked.append(Looked(by=me.id, what="list", at=turn.now, detail=task.key))
    unit = str(data.get("unit", ""))
    name = unit_name(turn, unit) if unit else turn.words("sample.all_units")
    lines = [turn.words("sample.head", count=len(numbers), of=str(data.get("of", "")), unit=name)]
    choices = []
    for place, ticket in enumerate(tickets, 1):
        title = ticket_title(turn, shown_to(me.person, ticket))
        form = forms.get(ticket.number)
        said = turn.words(
            "sample.line",
            number=ticket.number,
            title=title,
            unit=unit_name(turn, ticket.unit),
            result=_result(turn, form) if form is not None else turn.words("sample.open"),
        )
        lines.append(f"{place}. {said}")
        if form is None:
            choices.append(Choice(f"{ticket.number}:called", f"{place} {shortened(title, BUTTON)}"))
    lines.append(_tally(turn, task, forms))
    if start + PER_LIST < len(numbers):
        choices.append(Choice(f"staff:sample_more={start + PER_LIST}", turn.words("work.more")))
    return Reply("\n".join(lines), tuple(choices))


def _result(turn: Turn, form: Mapping[str, str]) -> str:
    return turn.words("list.comma").join(turn.words(f"sample.{name}_{said}") for name, said in form.items())


def _tally(turn: Turn, task: Task, forms: Mapping[str, Mapping[str, str]]) -> str:
    counts = rules.tallied(forms.values())
    return turn.words("sample.tally", drawn=len(_numbers(task)), **counts)


def _asked(turn: Turn, text: str) -> tuple[int, str]:
    """How many, and of which unit ("" for all). Raises Refusal."""
    matched = _COUNT.fullmatch(text)
    count, rest = (int(matched[1]), matched[2]) if matched is not None else (USUAL, text)
    if not 1 <= count <= rules.MOST_SAMPLED:
        raise Refusal("sample.count", most=rules.MOST_SAMPLED)
    if not rest.strip():
        return count, ""
    units, _ = first_unit(turn.town, rest)
    if not units:
        raise Refusal("unit.unknown", said=rest.split()[0])
    if len(units) > 1:
        raise Refusal("unit.too_many", count=len(units))
    return count, units[0].code


async def _may(turn: Turn, me: Me, number: str) -> bool:
    ticket = await turn.read.ticket(number)
    if ticket is None or not me.may(Act.TRACE, ticket) or judging.own_work(me, ticket):
        return False
    return not await is_mine(turn, me, ticket)


async def _open(turn: Turn, me: Me) -> list[Task]:
    """This person's samples that are not done, the oldest first."""
    return [task for task in await turn.read.tasks((KIND,), OPEN) if task.subject == me.id]


def _numbers(task: Task) -> list[str]:
    numbers = (task.data or {}).get("numbers")
    return [str(number) for number in numbers] if isinstance(numbers, list) else []


async def _forms(turn: Turn, task: Task) -> dict[str, dict[str, str]]:
    """The forms that were filled in for a sample, by number: each ticket's own record says so, the last one counts."""
    found = {}
    for number in _numbers(task):
        for event in await turn.read.events(number):
            if event.action is Action.TRACE and event.data.get("draw") == task.key:
                found[number] = dict(event.data["sample"])
    return found


COMMANDS = table(
    Command("sample", Act.SAMPLE, desk=sample),
    Command("sample_more", Act.SAMPLE, desk=more, hidden=True),
    Command("called", Act.TRACE, ticket=called, hidden=True),
)

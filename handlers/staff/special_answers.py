"""The lead unit's part in a special case: taking its tickets, and one answer for all of them.

It is put together as any answer is: the words, how the matter ended, and a preview as the people will read it. It
leaves two minutes later, as the answer of every ticket that waits for it.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Timer
from bot.conversation.session import Composing
from bot.domain import answers
from bot.domain.answers import Phrases
from bot.domain.people import Role
from bot.domain.permission import Act, may_group
from bot.domain.special import Special, Step
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.wall import shown_to
from bot.domain.words import desk_word
from bot.domain.work import DATED, AnswerDraft, Matter, Outcome
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import case, special_cases
from handlers.naming import moment
from handlers.staff import evidence, leaving, spoken, writing
from handlers.staff.command import Command, table
from handlers.staff.me import Me

ACT = "special_answer"
OUTCOMES = tuple(outcome for outcome in answers.OF_A_MATTER if outcome not in DATED)
"""A date is promised by the special case itself; a supervisor may set another."""
SENT = ("send", "change", "drop")
KEY = 8


async def take(turn: Turn, me: Me, special: Special, _rest: str) -> Reply:
    """The lead unit acts: all its tickets that nobody has yet are this person's. Raises Refusal."""
    _possible(me, special)
    waiting = special_cases.together(await special_cases.tickets_of(turn, special))
    free = [ticket for ticket in waiting if not ticket.handler and ticket.may(Action.TAKE)]
    if not free:
        raise Refusal("special.taken_already", special=special.number)
    for ticket in free:
        work = replace(ticket.work, taken_at=turn.now)
        case.moved(turn, ticket, Action.TAKE, me.id, handler=me.id, work=work)
    return turn.say("special.taken", special=special.number, count=len(free))


async def answer(turn: Turn, me: Me, special: Special, text: str) -> Reply:
    """Begin the answer, with its words or with nothing yet. Raises Refusal."""
    await _answerable(turn, me, special)
    return await _go_on(turn, me, special, Composing(act=ACT, ticket=special.number, at=turn.now, text=text))


async def went_on(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """Words for an answer that is being put together; None when they are not for it. Raises Refusal."""
    special = await turn.read.special(composing.ticket)
    word = desk_word(text)
    if special is None or (word.isdecimal() and len(word) <= 2):
        return None
    await _answerable(turn, me, special)
    if composing.step == "preview":
        name = spoken.words_of(turn, "choice", [f"answer_{each}" for each in SENT]).get(word)
        if name is not None:
            return await _DOES[name](turn, me, composing.values.get("key", ""))
        return await _preview(turn, me, special, composing, turn.words("special.still_waits", special=special.number))
    if composing.step == "outcome":
        outcome = _outcomes(turn).get(word)
        values = {**composing.values, "outcome": outcome} if outcome else composing.values
        return await _go_on(turn, me, special, replace(composing, values=values))
    return await _go_on(turn, me, special, replace(composing, text=text.strip()))


async def outcome(turn: Turn, me: Me, value: str) -> Reply:
    """The outcome was tapped. Raises Refusal."""
    special, draft = await _open(turn, me)
    if value not in OUTCOMES:
        raise Refusal("special.answer_gone")
    return await _go_on(turn, me, special, replace(draft, values={**draft.values, "outcome": value}))


async def change(turn: Turn, me: Me, _value: str) -> Reply:
    """Write the words anew; outcome and files stay. Raises Refusal."""
    special, draft = await _open(turn, me)
    turn.remember(composing=replace(draft, step="text", at=turn.now))
    return turn.say("special.answer_change", special=special.number, text=draft.text)


async def drop(turn: Turn, me: Me, _value: str) -> Reply:
    """Forget it: nothing has left. Raises Refusal."""
    special, _ = await _open(turn, me)
    turn.remember(composing=None)
    return turn.say("special.answer_dropped", special=special.number)


async def send(turn: Turn, me: Me, key: str) -> Reply:
    """Hand in what the preview shows, for every ticket that waits for it. Raises Refusal."""
    special, draft = await _open(turn, me)
    if draft.step != "preview" or key != draft.values.get("key"):
        return await _go_on(turn, me, special, draft)
    if any(each not in draft.evidence for each in await evidence.lately(turn)):
        return await _preview(turn, me, special, draft, turn.words("answer.more_files"))
    turn.remember(composing=None)
    leaves_at = turn.now + turn.town.limits.recall_within
    written = await _written(turn, me, special, draft)
    answering: list[str] = []
    for ticket in special_cases.together(await special_cases.tickets_of(turn, special)):
        ready = _ready(turn, me, ticket)
        await leaving.submitted(turn, me, ready, written, files=not answering)
        answering.append(ticket.number)
    special_cases.stepped(
        turn,
        special,
        Step.SUBMIT,
        me.id,
        {"text": written.text, "outcome": str(written.outcome), "tickets": answering},
        answer=replace(written, leaves_at=leaves_at),
        answering=tuple(answering),
    )
    turn.changes.timer(Timer("special_answer", special.number, leaves_at))
    again = Choice(f"staff:special={special.number} recall", turn.words("choice.recall"))
    at = moment(turn, leaves_at)
    return turn.say("special.answer_handed_in", again, special=special.number, at=at, count=len(answering))


async def recall(turn: Turn, me: Me, special: Special, _rest: str) -> Reply:
    """Take the answer back before it leaves. Raises Refusal."""
    _possible(me, special)
    answered = special.answer
    if answered is None:
        raise Refusal("special.nothing_to_recall", special=special.number)
    for ticket in special_cases.together(await special_cases.tickets_of(turn, special)):
        if ticket.work.answer is not None:
            leaving.recalled(turn, me, ticket)
    after = special_cases.stepped(turn, special, Step.RECALL, me.id, {}, answer=None, answering=())
    turn.changes.cancel("special_answer", special.number)
    draft = Composing(
        act=ACT,
        ticket=special.number,
        at=turn.now,
        text=answered.text,
        evidence=answered.evidence,
        values={"outcome": str(answered.outcome)},
    )
    return await _preview(turn, me, after, draft, turn.words("special.recalled", special=special.number))


def _ready(turn: Turn, me: Me, ticket: Ticket) -> Ticket:
    """The ticket in a state in which it can be answered: an objection that nobody has decided is answered too."""
    if ticket.status is not Status.OBJECTED:
        return ticket
    work = replace(ticket.work, proposals=ticket.work.without(Matter.OBJECTION))
    turn.changes.cancel("decision", ticket.number)
    return case.moved(turn, ticket, Action.RESUME, me.id, {"answered": True}, work=work)


async def _go_on(turn: Turn, me: Me, special: Special, draft: Composing) -> Reply:
    """Ask for what is missing, or show the preview. Raises Refusal for words that are too long."""
    if "outcome" not in draft.values:
        name, rest = spoken.leading(draft.text, _outcomes(turn))
        if name:
            draft = replace(draft, text=rest, values={**draft.values, "outcome": name})
    if not draft.text:
        return _ask(turn, special, draft, "text")
    if len(draft.text.encode()) > leaving.LONGEST:
        raise Refusal("answer.too_long", number=special.number, limit=leaving.LONGEST // 3, letters=leaving.LONGEST)
    if blank := writing.unfilled(turn, draft.text):
        raise Refusal("answer.blank", number=special.number, blank=blank)
    if "outcome" not in draft.values:
        choices = [Choice(f"staff:special_outcome={each}", turn.words(f"outcome.{each}")) for each in OUTCOMES]
        return _ask(turn, special, draft, "outcome", *choices)
    return await _preview(turn, me, special, draft)


def _ask(turn: Turn, special: Special, draft: Composing, step: str, *choices: Choice) -> Reply:
    turn.remember(composing=replace(draft, step=step, at=turn.now))
    leave = Choice("staff:special_drop", turn.words("choice.answer_drop"))
    return turn.say(f"special.ask_{step}", *choices, leave, special=special.number, title=special.title)


async def _preview(turn: Turn, me: Me, special: Special, draft: Composing, lead: str = "") -> Reply:
    enclosed = tuple(dict.fromkeys((*draft.evidence, *await evidence.lately(turn))))
    values = {**draft.values, "key": turn.token()[:KEY]}
    draft = replace(draft, evidence=enclosed, step="preview", at=turn.now, values=values)
    turn.remember(composing=draft)
    written = await _written(turn, me, special, draft)
    tickets = await special_cases.tickets_of(turn, special)
    waiting = special_cases.together(tickets)
    people = len(await special_cases.reporters_of(turn, tickets))
    files = await evidence.said(turn, enclosed)
    pattern = next(iter(waiting or tickets))
    lines = [
        lead,
        turn.words("special.preview", special=special.number, title=special.title, count=len(waiting), people=people),
        leaving.as_read(turn.voice(None), shown_to(me.person, pattern), written),
        turn.words("answer.preview_end"),
        turn.words("answer.evidence", list=files) if files else turn.words("answer.no_evidence"),
        *(turn.words(f"flag.{flag}") for flag in written.flags),
        turn.words("answer.then_leaves"),
    ]
    choices = [
        Choice(f"staff:special_{name}={draft.values['key']}", turn.words(f"choice.answer_{name}")) for name in SENT
    ]
    return Reply("\n".join(filter(None, lines)), tuple(choices))


async def _written(turn: Turn, me: Me, special: Special, draft: Composing) -> AnswerDraft:
    """The answer as it would be handed in now, with what looks odd about it."""
    phrases = Phrases.of(spoken.phrases_of(turn, "answer.stock"), spoken.phrases_of(turn, "answer.filler"))
    tickets = await special_cases.tickets_of(turn, special)
    former = [t.work.last_answer.text for t in tickets if t.work.last_answer is not None]
    flags = list(answers.flags(draft.text, former, phrases, turn.town.limits.answer_short))
    if tickets:
        flags += await evidence.odd(turn, (special_cases.together(tickets) or tickets)[0], draft.evidence)
    return AnswerDraft(
        outcome=Outcome(draft.values["outcome"]),
        text=draft.text,
        by=me.id,
        submitted_at=turn.now,
        evidence=draft.evidence,
        flags=tuple(str(flag) for flag in flags),
    )


async def _open(turn: Turn, me: Me) -> tuple[Special, Composing]:
    """The answer being put together and its special case. Raises Refusal when it is gone."""
    draft = turn.session.composing
    special = await turn.read.special(draft.ticket) if draft is not None and draft.act == ACT else None
    if draft is None or special is None or not draft.open(turn.now):
        raise Refusal("special.answer_gone")
    await _answerable(turn, me, special)
    return special, draft


async def _answerable(turn: Turn, me: Me, special: Special) -> None:
    """Raises Refusal where this person cannot answer it, or nobody can now."""
    _possible(me, special)
    if special.answer is not None:
        raise Refusal("special.answer_leaves", special=special.number)
    if not special.may(Step.SUBMIT):
        raise Refusal(f"special.not_now.{special.state}", special=special.number)
    unit = turn.town.units.get(special.unit)
    if unit is not None and unit.sign_off and me.staff.role is not Role.LEAD:
        raise Refusal("special.lead_signs", special=special.number)
    if await special_cases.is_mine(turn, me.staff, await special_cases.tickets_of(turn, special)):
        raise Refusal("special.own_case", special=special.number)


def _possible(me: Me, special: Special) -> None:
    if not may_group(me.person, Act.ANSWER_SPECIAL, special.unit, special.areas):
        raise Refusal("special.not_yours", special=special.number)


def _outcomes(turn: Turn) -> dict[str, str]:
    """What can be typed for an outcome."""
    return dict(spoken.words_of(turn, "answer.words", OUTCOMES))


_DOES = {"answer_send": send, "answer_change": change, "answer_drop": drop}

COMMANDS = table(
    Command("special_outcome", Act.SPECIALS, desk=outcome, hidden=True),
    Command("special_send", Act.SPECIALS, desk=send, hidden=True),
    Command("special_change", Act.SPECIALS, desk=change, hidden=True),
    Command("special_drop", Act.SPECIALS, desk=drop, hidden=True),
)

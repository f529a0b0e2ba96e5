"""Answering: outcome, preview, two minutes to recall, promises and canned answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from bot.conversation.session import Composing
from bot.domain.answers import blanks, outcomes_of
from bot.domain.permission import Act
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.words import desk_word
from bot.domain.work import DATED, Outcome
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers.naming import moment, shortened
from handlers.notices import NOTHING
from handlers.staff import evidence, leaving, proposing, reference, spoken, writing
from handlers.staff.command import Command, OnTicket, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import deciding, special_desk
from handlers.supervisor.saying import titled

SHOWN = 60
"""Characters of a canned answer in the list."""


async def answer(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Begin an answer: with its words, with ``@code`` of a canned one, or with nothing yet. Raises Refusal."""
    possible(turn, ticket)
    if text.startswith("@"):
        text = writing.canned(turn, await _language(turn, ticket), text)
    draft = _begun(turn, ticket, text=text) if text else await _sent_back(turn, me, ticket)
    return await writing.go_on(turn, me, ticket, draft)


async def promise(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Begin an answer that promises a date. Raises Refusal."""
    possible(turn, ticket)
    values = {"outcome": str(_dated(ticket))}
    if text:
        values["until"], text = writing.promised_date(turn, ticket, text)
    return await writing.go_on(turn, me, ticket, _begun(turn, ticket, text=text, values=values))


def _dated(ticket: Ticket) -> Outcome:
    """The outcome that promises a date."""
    return next(outcome for outcome in outcomes_of(ticket.type) if outcome in DATED)


def possible(turn: Turn, ticket: Ticket) -> None:
    """Raises Refusal or NotPossibleNow when no answer can be handed in."""
    if ticket.work.together:
        raise Refusal("special.answers_all", number=ticket.number, special=ticket.work.special)
    leaving.free_to_act(turn, ticket)
    if ticket.status is not Status.DISPATCHED:  # answering what nobody took is taking it
        ticket.after(Action.SUBMIT, turn.now)


async def outcome(turn: Turn, me: Me, ticket: Ticket, value: str) -> Reply:
    """The outcome was tapped. Raises Refusal."""
    draft = _open(turn, ticket)
    if value not in outcomes_of(ticket.type):
        raise Refusal("answer.gone", number=ticket.number)
    values = {**draft.values, "outcome": value}
    if value not in DATED:
        values.pop("until", None)
    return await writing.go_on(turn, me, ticket, replace(draft, values=values))


async def send(turn: Turn, me: Me, ticket: Ticket, key: str) -> Reply:
    """Hand in what the preview shows. Raises Refusal."""
    draft = _open(turn, ticket)
    possible(turn, ticket)
    if "outcome" not in draft.values or draft.step != "preview" or key != draft.values.get("key"):
        return await writing.go_on(turn, me, ticket, draft)
    if blank := writing.unfilled(turn, draft.text):
        raise Refusal("answer.blank", number=ticket.number, blank=blank)
    if any(each not in draft.evidence for each in await evidence.lately(turn)):
        return await writing.preview(turn, me, ticket, draft, turn.words("answer.more_files"))
    written = await writing.drafted(turn, me, ticket, draft)
    if written.until is not None and written.until <= turn.now:
        raise Refusal("promise.past", number=ticket.number)
    after = await leaving.submitted(turn, me, ticket, written)
    turn.remember(composing=None)
    title = titled(turn, me, after)
    if after.work.answer is None or after.work.answer.leaves_at is None:
        return Reply(turn.words("answer.handed_in", number=ticket.number, title=title), ticket=ticket.number)
    at = moment(turn, after.work.answer.leaves_at)
    again = Choice(f"{ticket.number}:recall", turn.words("choice.recall"))
    return Reply(turn.words("answer.leaves", number=ticket.number, title=title, at=at), (again,), ticket=ticket.number)


async def change(turn: Turn, me: Me, ticket: Ticket, _value: str) -> Reply:
    """Write the words anew; outcome and files stay. Raises Refusal."""
    draft = _open(turn, ticket)
    writing.remember(turn, replace(draft, step="text"))
    text = turn.words("answer.change", number=ticket.number, title=titled(turn, me, ticket), text=draft.text)
    choices = [
        Choice(f"{ticket.number}:answer_outcome={each}", turn.words(f"outcome.{each}"))
        for each in outcomes_of(ticket.type)
        if each != draft.values.get("outcome")
    ]
    return Reply(text, tuple(choices), ticket=ticket.number)


async def drop(turn: Turn, me: Me, ticket: Ticket, _value: str) -> Reply:
    """Forget what was being written. Nothing has left. Raises Refusal."""
    _open(turn, ticket)
    turn.remember(composing=None)
    text = turn.words("answer.dropped", number=ticket.number, title=titled(turn, me, ticket))
    return Reply(text, ticket=ticket.number)


async def recall(turn: Turn, me: Me, ticket: Ticket, _text: str) -> Reply:
    """Take an answer back before it leaves; it lies ready to be changed. Raises Refusal."""
    if ticket.work.together:
        raise Refusal("special.answers_all", number=ticket.number, special=ticket.work.special)
    taken_back = ticket.work.answer
    after = leaving.recalled(turn, me, ticket)
    assert taken_back is not None  # noqa: S101 - `recalled` refuses otherwise
    values = {"outcome": str(taken_back.outcome)}
    if taken_back.until is not None:
        values["until"] = taken_back.until.isoformat()
    draft = _begun(turn, after, text=taken_back.text, evidence=taken_back.evidence, values=values)
    lead = turn.words("recall.done", number=ticket.number, title=titled(turn, me, after))
    return await writing.preview(turn, me, after, draft, lead)


async def kept(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """What was promised has been done: the residents are told. Raises Refusal."""
    last = ticket.work.last_answer
    if ticket.status is Status.ANSWERED and last is not None and last.outcome is Outcome.STUDIED:
        return await _studied(turn, me, ticket, text)
    if ticket.work.promise_at is None or ticket.status is not Status.ANSWERED:
        raise Refusal("promise.none", number=ticket.number)
    await leaving.promise_kept(turn, me, ticket, text)
    return Reply(turn.words("promise.kept", number=ticket.number, title=titled(turn, me, ticket)), ticket=ticket.number)


async def _studied(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """What became of an idea that was being studied: adopted or not, in words. Raises Refusal."""
    name, words = spoken.leading(text, spoken.words_of(turn, "answer.words", (Outcome.ADOPTED, Outcome.DECLINED)))
    if not name or not words:
        raise Refusal("idea.result_missing", number=ticket.number)
    await leaving.studied(turn, me, ticket, Outcome(name), words)
    return Reply(turn.words("idea.result", number=ticket.number, title=titled(turn, me, ticket)), ticket=ticket.number)


async def canned(turn: Turn, _me: Me, text: str) -> Reply:
    """The town's canned answers, or those in which some words occur."""
    texts = turn.town.canned_en if turn.locale == "en" else turn.town.canned
    found = {c: t for c, t in texts.items() if desk_word(text) in desk_word(c + t)}
    if not found:
        return turn.say("canned.none")
    lines = [
        turn.words(
            "canned.line",
            code=code,
            text=shortened(" ".join(words.split()), SHOWN),
            blanks=turn.words("list.comma").join(blanks(words, writing.named(turn))) or turn.words("canned.no_blanks"),
        )
        for code, words in found.items()
    ]
    return Reply("\n".join([turn.words("canned.head"), *lines]))


async def went_on(turn: Turn, me: Me, composing: Composing, text: str) -> Reply | None:
    """Words for a command that is being put together; None when they are not for it. Raises Refusal."""
    go_on = _GOES_ON.get(composing.act)
    if go_on is None or _picks(turn, text):
        return None
    ticket = await reference.seen(turn, me, composing.ticket)
    if await is_mine(turn, me, ticket):
        raise Refusal("refusal.own_case", number=ticket.number)
    return await go_on(turn, me, ticket, composing, text)


async def _answer_said(turn: Turn, me: Me, ticket: Ticket, composing: Composing, text: str) -> Reply:
    if not me.may(Act.ANSWER, ticket):
        raise Refusal("refusal.not_yours", number=ticket.number, act=turn.words(f"act.{Act.ANSWER}"))
    possible(turn, ticket)
    if composing.step == "preview":
        name = spoken.words_of(turn, "choice", _CHOSEN).get(desk_word(text))
        if name is not None:
            return await _CHOSEN[name](turn, me, ticket, composing.values.get("key", ""))
    return await writing.said(turn, me, ticket, composing, text)


_CHOSEN: Mapping[str, OnTicket] = {"answer_send": send, "answer_change": change, "answer_drop": drop}
"""What can be chosen under a preview; the words on the buttons may be typed."""

GoesOn = Callable[[Turn, Me, Ticket, Composing, str], Awaitable[Reply]]
_GOES_ON: Mapping[str, GoesOn] = {
    writing.ACT: _answer_said,
    **proposing.GOES_ON,
    **deciding.GOES_ON,
}
"""Which use case goes on with the next words, by `Composing.act`."""


COMMANDS = table(
    Command("answer", Act.ANSWER, ticket=answer, desk=special_desk.answer, desk_act=Act.SPECIALS),
    Command("recall", Act.RECALL, ticket=recall, desk=special_desk.recall, desk_act=Act.SPECIALS),
    Command("promise", Act.PROMISE, ticket=promise),
    Command("kept", Act.PROMISE, ticket=kept),
    Command("canned", Act.TODO, desk=canned),
    Command("answer_outcome", Act.ANSWER, ticket=outcome, hidden=True),
    Command("answer_send", Act.ANSWER, ticket=send, hidden=True),
    Command("answer_change", Act.ANSWER, ticket=change, hidden=True),
    Command("answer_drop", Act.ANSWER, ticket=drop, hidden=True),
)


def _begun(
    turn: Turn,
    ticket: Ticket,
    *,
    text: str,
    evidence: tuple[str, ...] = (),
    values: Mapping[str, str] = NOTHING,
) -> Composing:
    return Composing(
        act=writing.ACT, ticket=ticket.number, at=turn.now, text=text, evidence=evidence, values=dict(values)
    )


def _open(turn: Turn, ticket: Ticket) -> Composing:
    """The answer being put together for this ticket. Raises Refusal when it is gone: sent, dropped, or too old."""
    draft = turn.session.composing
    if draft is None or draft.act != writing.ACT or draft.ticket != ticket.number or not draft.open(turn.now):
        raise Refusal("answer.gone", number=ticket.number)
    return draft


def _picks(turn: Turn, text: str) -> bool:
    """Whether a text is a bare number that picks one of the choices shown last."""
    question = turn.session.question
    word = desk_word(text)
    if question is None or not question.open(turn.now) or not (word.isdecimal() and len(word) <= 2):
        return False
    return 1 <= int(word) <= len(question.choices)


async def _language(turn: Turn, ticket: Ticket) -> str:
    """What the filer reads."""
    reporters = await turn.read.reporters(ticket.number)
    sessions = await turn.read.sessions(r.address for r in reporters[:1])
    return next((session.locale for session in sessions.values()), "")


async def _sent_back(turn: Turn, me: Me, ticket: Ticket) -> Composing:
    """This person's own answer as it was handed in, where a lead sent it back; else nothing yet."""
    for event in reversed(await turn.read.events(ticket.number)):
        if event.action in (Action.ANSWER, Action.DISPATCH) or (event.action is Action.SUBMIT and event.by != me.id):
            break
        if event.action is Action.SUBMIT:
            data = event.data
            values = {name: str(data[name]) for name in ("outcome", "until") if data.get(name)}
            return _begun(turn, ticket, text=str(data["text"]), evidence=tuple(data.get("evidence", ())), values=values)
    return _begun(turn, ticket, text="")

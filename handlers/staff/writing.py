"""Putting an answer together: the words, how the matter ended, a date or a blank to fill in, and the preview.

Each step asks for the first thing that is missing; what was given is never asked again. The steps are ``text``,
``outcome``, ``date``, ``blank`` and ``preview``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from msgspec.structs import replace

from bot.conversation.session import Composing
from bot.domain import answers
from bot.domain.answers import Phrases
from bot.domain.dates import read_date
from bot.domain.ticket import Status, Ticket
from bot.domain.wall import shown_to
from bot.domain.words import desk_word
from bot.domain.work import DATED, AnswerDraft, Outcome
from bot.errors import Refusal
from bot.message import Choice, Reply
from bot.ports import Wanted
from bot.turn import Turn
from handlers.staff import evidence, leaving, spoken
from handlers.staff.me import Me
from handlers.supervisor.saying import titled

ACT = "answer"
FORMER = 20
"""So many former answers of whoever answers are compared with a new one."""
FURTHEST = timedelta(days=180)
"""A promise may be no further away: by then nobody remembers it."""

CHOICES = ("send", "change", "drop")


async def go_on(turn: Turn, me: Me, ticket: Ticket, draft: Composing) -> Reply:
    """Ask for what is missing, or show the preview. Raises Refusal for words that are too long."""
    outcome, draft = _outcome(turn, ticket, draft)
    if not draft.text:
        return _ask(turn, me, ticket, draft, "text")
    leaving.fitting(ticket, draft.text)
    blank = next(iter(answers.blanks(draft.text, named(turn))), "")
    if blank:
        return _ask(turn, me, ticket, draft, "blank", blank=blank)
    if outcome is None:
        choices = [
            Choice(f"{ticket.number}:answer_outcome={each}", turn.words(f"outcome.{each}"))
            for each in answers.outcomes_of(ticket.type)
        ]
        return _ask(turn, me, ticket, draft, "outcome", *choices)
    if outcome in DATED and "until" not in draft.values:
        return _ask(turn, me, ticket, draft, "date")
    return await preview(turn, me, ticket, draft)


async def preview(turn: Turn, me: Me, ticket: Ticket, draft: Composing, lead: str = "") -> Reply:
    """The answer as the resident will read it, what looks odd about it, and what can be done with it."""
    enclosed = tuple(dict.fromkeys((*draft.evidence, *await evidence.lately(turn))))
    draft = replace(draft, evidence=enclosed, step="preview", values={**draft.values, "key": turn.token()})
    answer = await drafted(turn, me, ticket, draft)
    remember(turn, draft)
    reporters = await turn.read.reporters(ticket.number)
    sessions = await turn.read.sessions(r.address for r in reporters[:1])
    voice = turn.voice(next(iter(sessions.values()), None))
    files = await evidence.said(turn, enclosed)
    matter = leaving.needs(turn, me, ticket, answer.outcome)
    lines = [
        lead,
        turn.words("answer.preview", number=ticket.number, title=titled(turn, me, ticket)),
        leaving.as_read(voice, shown_to(me.person, ticket), answer),
        turn.words("answer.preview_end"),
        turn.words("answer.evidence", list=files) if files else turn.words("answer.no_evidence"),
        *(turn.words(f"flag.{flag}") for flag in answer.flags),
        turn.words(f"answer.then_{matter}" if matter else "answer.then_leaves"),
    ]
    choices = tuple(
        Choice(f"{ticket.number}:answer_{name}={draft.values['key']}", turn.words(f"choice.answer_{name}"))
        for name in CHOICES
    )
    return Reply("\n".join(filter(None, lines)), choices, ticket=ticket.number)


async def drafted(turn: Turn, me: Me, ticket: Ticket, draft: Composing) -> AnswerDraft:
    """The answer as it would be handed in now, with its flags."""
    phrases = Phrases.of(spoken.phrases_of(turn, "answer.stock"), spoken.phrases_of(turn, "answer.filler"))
    former = await _former(turn, me, ticket)
    flags = answers.flags(draft.text, former, phrases, turn.town.limits.answer_short)
    flags = (*flags, *await evidence.odd(turn, ticket, draft.evidence))
    until = draft.values.get("until")
    return AnswerDraft(
        outcome=Outcome(draft.values["outcome"]),
        text=draft.text,
        by=me.id,
        submitted_at=turn.now,
        until=datetime.fromisoformat(until) if until else None,
        evidence=draft.evidence,
        flags=tuple(str(flag) for flag in flags),
    )


async def said(turn: Turn, me: Me, ticket: Ticket, draft: Composing, text: str) -> Reply:
    """Words for an answer that is being put together. Raises Refusal."""
    match draft.step:
        case "text":
            return await go_on(turn, me, ticket, replace(draft, text=text.strip()))
        case "blank":
            blank = draft.values.get("blank", "")
            return await go_on(turn, me, ticket, replace(draft, text=answers.filled(draft.text, blank, text.strip())))
        case "date":
            until, rest = promised_date(turn, ticket, text)
            words = f"{draft.text}\n{rest}" if rest else draft.text
            return await go_on(turn, me, ticket, replace(draft, text=words, values={**draft.values, "until": until}))
        case "outcome":
            outcome = _words(turn, ticket).get(desk_word(text))
            if outcome is None:
                return await go_on(turn, me, ticket, draft)
            return await go_on(turn, me, ticket, replace(draft, values={**draft.values, "outcome": outcome}))
        case _:
            return await preview(turn, me, ticket, draft, turn.words("answer.still_waits", number=ticket.number))


def promised_date(turn: Turn, ticket: Ticket, text: str) -> tuple[str, str]:
    """The end of the promised day (in ISO form) with which a text begins, and the rest.

    Raises Refusal when there is no date, or its working time is over.
    """
    calendar = turn.guide.calendar_of(ticket.unit)
    found = read_date(text, calendar.local_day(turn.now), calendar)
    if found is None:
        raise Refusal("promise.no_date", number=ticket.number)
    day, rest = found
    until = calendar.after_working_days(datetime.combine(day, time(12), calendar.zone), 0).at
    if until > turn.now + FURTHEST:
        raise Refusal("promise.too_far", number=ticket.number, days=FURTHEST.days)
    if until <= turn.now:
        raise Refusal("promise.past", number=ticket.number)
    return until.isoformat(), rest


def canned(turn: Turn, locale: str, text: str) -> str:
    """What ``@code value; value`` stands for: the canned answer, its blanks filled in order, further words after it.

    Raises Refusal for a code the town does not have.
    """
    code, _, rest = text.removeprefix("@").strip().partition(" ")
    texts: Mapping[str, str] = turn.town.canned_en if locale == "en" else turn.town.canned
    if code not in texts:
        raise Refusal("canned.unknown", code=code)
    words = texts[code]
    missing = answers.blanks(words, named(turn))
    values = [value.strip() for value in rest.replace("；", ";").split(";")] if rest.strip() else []
    for blank, value in zip(missing, values, strict=False):
        words = answers.filled(words, blank, value or blank)
    return "\n".join([words, *filter(None, values[len(missing) :])])


def unfilled(turn: Turn, text: str) -> str:
    """The first blank that is still in a text, as it is written there; "" when there is none."""
    return next(iter(answers.blanks(text, named(turn))), "")


def remember(turn: Turn, draft: Composing) -> None:
    """Keep what has been given so far, for half an hour from now."""
    turn.remember(composing=replace(draft, at=turn.now))


def _ask(turn: Turn, me: Me, ticket: Ticket, draft: Composing, step: str, *choices: Choice, **params: str) -> Reply:
    remember(turn, replace(draft, step=step, values={**draft.values, **params}))
    drop = Choice(f"{ticket.number}:answer_drop", turn.words("choice.answer_drop"))
    asked = "study_date" if step == "date" and draft.values.get("outcome") == Outcome.STUDIED else step
    text = turn.words(f"answer.ask_{asked}", number=ticket.number, title=titled(turn, me, ticket), **params)
    return Reply(text, (*choices, drop), ticket=ticket.number)


def _outcome(turn: Turn, ticket: Ticket, draft: Composing) -> tuple[Outcome | None, Composing]:
    """The outcome that was tapped, or with which the text begins; one that does not fit the ticket is none."""
    if draft.values.get("outcome") in answers.outcomes_of(ticket.type):
        return Outcome(draft.values["outcome"]), draft
    name, rest = spoken.leading(draft.text, _words(turn, ticket))
    if not name:
        return None, draft
    return Outcome(name), replace(draft, text=rest, values={**draft.values, "outcome": name})


def _words(turn: Turn, ticket: Ticket) -> Mapping[str, str]:
    """What can be typed for an outcome, with its name."""
    return spoken.words_of(turn, "answer.words", answers.outcomes_of(ticket.type))


def named(turn: Turn) -> frozenset[str]:
    """The bracketed blanks that the canned answers of the town have."""
    return answers.named_blanks((*turn.town.canned.values(), *turn.town.canned_en.values()))


async def _former(turn: Turn, me: Me, ticket: Ticket) -> list[str]:
    """Earlier answers to this ticket, and what whoever answers now said lately."""
    month = turn.guide.calendar.local_day(turn.now)
    wanted = Wanted(
        statuses=(Status.ANSWERED, Status.CLOSED),
        handler=me.id,
        due_after=datetime.combine(month.replace(day=1), time(), turn.guide.calendar.zone),
    )
    tickets = [ticket, *await turn.read.tickets(wanted, FORMER)]
    return [t.work.last_answer.text for t in tickets if t.work.last_answer is not None]

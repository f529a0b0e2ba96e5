"""A resident says what became of their matter: a verdict, how many points, and why, by taps or by words."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.conversation.session import Reviewing
from bot.domain import review as rules
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Status, Ticket
from bot.message import Choice, Reply
from bot.turn import Turn
from handlers import discretion, review_question, reviews
from handlers.naming import moment, state_name, ticket_title
from handlers.resident import following, replying
from handlers.resident.own_review import about, changed, expect, joined, mine, stale, waiting
from handlers.resident.review_words import anew, not_reason

VERDICTS = {"review_yes": Verdict.YES, "review_partly": Verdict.PARTLY, "review_no": Verdict.NO}
SIMPLE = {"review_simple_yes": Verdict.YES, "review_simple_no": Verdict.NO}
"""Words that may answer a handler's question as well; that one comes first."""

FINISHED = {"review_finished": "yes", "review_unfinished": "no"}
WORDS = frozenset({*VERDICTS, *SIMPLE, *FINISHED, "skip"})
"""Desk words that may belong to a review; when none waits for them they are words like all others."""

RATING_LIFE = timedelta(days=7)
LOOKED_AT = 20
CHOSEN_FROM = 5


async def heard(turn: Turn, word: str) -> Reply | None:
    """A desk word that may belong to a review; None when it does not."""
    waits = waiting(turn)
    if word == "skip":
        return await _skipped(turn, waits) if waits is not None else None
    if word in FINISHED:
        return await finished(turn, waits.ticket, FINISHED[word]) if waits is not None else None
    if word in SIMPLE and await replying.asked(turn) is not None:
        return None
    verdict = VERDICTS.get(word) or SIMPLE[word]
    found = await _candidates(turn, Verdict.YES if word in SIMPLE else verdict)
    if len(found) == 1:
        return await judge(turn, found[0].number, verdict)
    if not found and await replying.asked(turn) is not None:
        return None
    if not found:
        own = turn.session.draft is None and word in VERDICTS and await turn.read.tickets_of(turn.address, 1)
        return turn.say("review.nothing") if own else None
    choices = [
        Choice(
            f"{ticket.number}:rate={verdict}/{rules.current_round(ticket)}",
            turn.words(
                "review.which_line",
                number=ticket.number,
                title=ticket_title(turn, await discretion.shown(turn, ticket)),
            ),
        )
        for ticket in found[:CHOSEN_FROM]
    ]
    return turn.say("review.which", *choices, verdict=_label(turn, found[0], verdict))


def verdict_of(word: str) -> Verdict | None:
    """The verdict that a desk word gives; None for other words."""
    return VERDICTS.get(word) or SIMPLE.get(word)


async def _candidates(turn: Turn, verdict: Verdict) -> list[Ticket]:
    """Tickets of this person whose answer waits for their word; else, unless it is a "yes", those that seemed settled.

    A bare "no" may mean anything: it never brings back what was settled.
    """
    open_, settled = [], []
    for ticket in await turn.read.tickets_of(turn.address, LOOKED_AT):
        if not rules.reviewable(ticket) or ticket.work.settled or rules.too_late(ticket, turn.now):
            continue
        known = await mine(turn, ticket)
        if known is None or not known.said:
            open_.append(ticket)
        elif verdict is not Verdict.YES and not known.bad:
            settled.append(ticket)
    return open_ or settled


async def judge(turn: Turn, number: str, verdict: Verdict, round_: int = 0, words: str = "") -> Reply:
    """A verdict about a ticket's last answer. ``round_`` is the answer a button was shown under, 0 for words.

    Raises NotFound for others' tickets as for none.
    """
    ticket = await following.own(turn, number)
    if ticket.status is Status.MERGED and ticket.work.merged_into:
        ticket = await following.own(turn, ticket.work.merged_into)
    number = ticket.number
    if not rules.reviewable(ticket):
        key = "review.reopened" if ticket.status is Status.REOPENED else "review.not_yet"
        return await about(turn, ticket, key, state=state_name(turn, ticket))
    if round_ and round_ != rules.current_round(ticket):
        return await about(turn, ticket, "review.earlier", state=state_name(turn, ticket))
    if ticket.work.settled:
        return await about(turn, ticket, "review.settled", hotline=turn.town.contacts.hotline)
    known = await mine(turn, ticket)
    if rules.too_late(ticket, turn.now):
        return (
            await about(turn, ticket, "review.too_late") if verdict is Verdict.YES else await anew(turn, ticket, words)
        )
    if known is not None and known.said and not (verdict is not Verdict.YES and not known.bad):
        return await about(turn, ticket, "review.already", verdict=_label(turn, ticket, known.verdict))
    asked = rules.question(ticket)
    if verdict is Verdict.PARTLY and asked not in rules.IN_PARTS:
        text = turn.words("review.whole", question=review_question.below(turn.voice(turn.session), ticket))
        return Reply(text, review_question.choices(turn.voice(turn.session), ticket), ticket=number)
    review = await changed(turn, ticket, verdict=verdict, finished="")
    if words.strip():
        review = replace(review, words=joined(review.words, words))
    said = {"text": words.strip()} if words.strip() else {}
    shared = (await reviews.parties(turn, ticket)).shared
    recorded = await reviews.judged(turn, ticket, review, shared=shared, verdict=str(verdict), **said)
    if verdict is Verdict.PARTLY:
        expect(turn, review, "finished")
        choices = [
            Choice(f"{number}:finished={value}/{review.round}", turn.words(f"review.finished.{value}"))
            for value in ("yes", "no")
        ]
        return Reply((await about(turn, ticket, "review.ask_finished")).text, tuple(choices), ticket=number)
    return await _next(turn, ticket, review, recorded)


async def finished(turn: Turn, number: str, value: str, round_: int = 0) -> Reply:
    """After "partly": is the unit done with it?"""
    ticket = await following.own(turn, number)
    if (earlier := await stale(turn, ticket, round_)) is not None:
        return earlier
    known = await mine(turn, ticket)
    if known is None or known.verdict is not Verdict.PARTLY or value not in ("yes", "no"):
        return turn.say("press.unknown")
    if known.finished:
        return await about(turn, ticket, "review.already", verdict=_label(turn, ticket, known.verdict))
    review = await changed(turn, ticket, finished=value)
    shared = (await reviews.parties(turn, ticket)).shared
    recorded = await reviews.judged(turn, ticket, review, shared=shared, verdict=str(known.verdict), finished=value)
    return await _next(turn, ticket, review, recorded)


async def points(turn: Turn, number: str, value: str, round_: int = 0) -> Reply:
    """How many points, 1 to 5, once."""
    ticket = await following.own(turn, number)
    if (earlier := await stale(turn, ticket, round_)) is not None:
        return earlier
    known = await mine(turn, ticket)
    if known is None or not known.said:
        return turn.say("press.unknown")
    if known.rating is not None:
        return await about(turn, ticket, "review.rated_already", rating=known.rating)
    if not (value.isascii() and value.isdecimal() and int(value) in rules.RATINGS):
        return await about(turn, ticket, "review.range")
    review = await changed(turn, ticket, rating=int(value))
    after = reviews.kept(turn, ticket, review, rating=review.rating)
    reviews.traced(turn, after, review)
    if review.words or review.files:
        turn.remember(reviewing=None)
        return await about(turn, ticket, "review.done")
    expect(turn, review, "words")
    return await about(turn, ticket, "review.ask_words")


async def digit(turn: Turn, place: int) -> Reply | None:
    """A bare number while the rating is asked; None when a later list, or nothing, waits for one."""
    waits = turn.session.reviewing
    if waits is None or waits.step != "rating" or turn.now - waits.at > RATING_LIFE:
        return None
    question = turn.session.question
    if question is not None and question.open(turn.now) and question.asked_at > waits.at:
        return None
    return await points(turn, waits.ticket, str(place), waits.round)


async def pressed(turn: Turn, number: str, name: str, value: str) -> Reply | None:
    """A button of a review; None for all others."""
    what, _, round_ = value.partition("/")
    answer = int(round_) if round_.isascii() and round_.isdecimal() else 0
    match name:
        case "rate" if what in rules.SAID:
            return await judge(turn, number, Verdict(what), answer)
        case "finished":
            return await finished(turn, number, what, answer)
        case "points":
            return await points(turn, number, what, answer)
        case "not_reason":
            return await not_reason(turn, number, value)
        case _:
            return None


async def _next(turn: Turn, ticket: Ticket, review: Review, recorded: reviews.Recorded) -> Reply:
    """What came of the verdict, and what is asked next: points, or, when those are known, why."""
    if recorded.reopened:
        due = next(task.due_at for task in turn.changes.tasks if task.kind == "reopen")
        assert due is not None  # noqa: S101 - a re-opening is always decided by some time
        lead = await about(turn, ticket, "review.reopens", due=moment(turn, due))
    elif review.bad:
        alone = review.party != FILER and not ticket.work.appealed
        lead = await about(turn, ticket, "review.one_of_several" if alone else "review.noted")
    elif recorded.closed:
        lead = await about(turn, ticket, "review.closed")
    else:
        lead = await about(turn, ticket, "review.thanks")
    if review.rating is not None:
        expect(turn, review, "words")
        return Reply(f"{lead.text}\n{turn.words('review.why')}", ticket=ticket.number)
    expect(turn, review, "rating")
    choices = [
        Choice(f"{ticket.number}:points={n}/{review.round}", turn.words(f"review.points.{n}")) for n in rules.RATINGS
    ]
    return Reply(f"{lead.text}\n{turn.words('review.ask_points')}", tuple(choices), ticket=ticket.number)


async def _skipped(turn: Turn, waits: Reviewing) -> Reply:
    """They do not want to say that: the next thing is asked, if there is one."""
    ticket = await following.own(turn, waits.ticket)
    if waits.step == "rating":
        turn.remember(reviewing=replace(waits, step="words", at=turn.now))
        return await about(turn, ticket, "review.ask_words")
    turn.remember(reviewing=None)
    return await about(turn, ticket, "review.done")


def _label(turn: Turn, ticket: Ticket, verdict: Verdict) -> str:
    return review_question.label_of(turn, rules.question(ticket), verdict)

"""A resident says what became of their matter: a verdict, how many points, and why, by taps or by words."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.conversation.draft import Draft, Enclosed, Said
from bot.conversation.session import QUESTION_LIFE, Reviewing
from bot.domain import review as rules
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Status, Ticket
from bot.message import AttachmentType, Choice, InboundMessage, MessageKind, Reply
from bot.turn import Turn
from handlers import review_question, reviews
from handlers.naming import moment, state_name, ticket_title
from handlers.resident import collecting, following, replying

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
    waits = _waiting(turn)
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
    if not found:
        own = turn.session.draft is None and word in VERDICTS and await turn.read.tickets_of(turn.address, 1)
        return turn.say("review.nothing") if own else None
    choices = [
        Choice(
            f"{ticket.number}:rate={verdict}/{rules.current_round(ticket)}",
            turn.words("review.which_line", number=ticket.number, title=ticket_title(turn, ticket)),
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
        known = await _mine(turn, ticket)
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
        return _about(turn, ticket, key, state=state_name(turn, ticket))
    if round_ and round_ != rules.current_round(ticket):
        return _about(turn, ticket, "review.earlier", state=state_name(turn, ticket))
    if ticket.work.settled:
        return _about(turn, ticket, "review.settled", hotline=turn.town.contacts.hotline)
    known = await _mine(turn, ticket)
    if rules.too_late(ticket, turn.now):
        return _about(turn, ticket, "review.too_late") if verdict is Verdict.YES else await _anew(turn, ticket, words)
    if known is not None and known.said and not (verdict is not Verdict.YES and not known.bad):
        return _about(turn, ticket, "review.already", verdict=_label(turn, ticket, known.verdict))
    asked = rules.question(ticket)
    if verdict is Verdict.PARTLY and asked not in rules.IN_PARTS:
        text = turn.words("review.whole", question=review_question.below(turn.voice(turn.session), ticket))
        return Reply(text, review_question.choices(turn.voice(turn.session), ticket), ticket=number)
    review = await _changed(turn, ticket, verdict=verdict, finished="")
    if words.strip():
        review = replace(review, words=_joined(review.words, words))
    said = {"text": words.strip()} if words.strip() else {}
    shared = (await reviews.parties(turn, ticket)).shared
    recorded = await reviews.judged(turn, ticket, review, shared=shared, verdict=str(verdict), **said)
    if verdict is Verdict.PARTLY:
        _expect(turn, review, "finished")
        choices = [
            Choice(f"{number}:finished={value}/{review.round}", turn.words(f"review.finished.{value}"))
            for value in ("yes", "no")
        ]
        return Reply(_about(turn, ticket, "review.ask_finished").text, tuple(choices), ticket=number)
    return _next(turn, ticket, review, recorded)


async def finished(turn: Turn, number: str, value: str, round_: int = 0) -> Reply:
    """After "partly": is the unit done with it?"""
    ticket = await following.own(turn, number)
    if (stale := _stale(turn, ticket, round_)) is not None:
        return stale
    known = await _mine(turn, ticket)
    if known is None or known.verdict is not Verdict.PARTLY or value not in ("yes", "no"):
        return turn.say("press.unknown")
    if known.finished:
        return _about(turn, ticket, "review.already", verdict=_label(turn, ticket, known.verdict))
    review = await _changed(turn, ticket, finished=value)
    shared = (await reviews.parties(turn, ticket)).shared
    recorded = await reviews.judged(turn, ticket, review, shared=shared, verdict=str(known.verdict), finished=value)
    return _next(turn, ticket, review, recorded)


async def points(turn: Turn, number: str, value: str, round_: int = 0) -> Reply:
    """How many points, 1 to 5, once."""
    ticket = await following.own(turn, number)
    if (stale := _stale(turn, ticket, round_)) is not None:
        return stale
    known = await _mine(turn, ticket)
    if known is None or not known.said:
        return turn.say("press.unknown")
    if known.rating is not None:
        return _about(turn, ticket, "review.rated_already", rating=known.rating)
    if not (value.isascii() and value.isdecimal() and int(value) in rules.RATINGS):
        return _about(turn, ticket, "review.range")
    review = await _changed(turn, ticket, rating=int(value))
    after = reviews.kept(turn, ticket, review, rating=review.rating)
    reviews.traced(turn, after, review)
    if review.words or review.files:
        turn.remember(reviewing=None)
        return _about(turn, ticket, "review.done")
    _expect(turn, review, "words")
    return _about(turn, ticket, "review.ask_words")


async def digit(turn: Turn, place: int) -> Reply | None:
    """A bare number while the rating is asked; None when a later list, or nothing, waits for one."""
    waits = turn.session.reviewing
    if waits is None or waits.step != "rating" or turn.now - waits.at > RATING_LIFE:
        return None
    question = turn.session.question
    if question is not None and question.open(turn.now) and question.asked_at > waits.at:
        return None
    return await points(turn, waits.ticket, str(place), waits.round)


async def reason(turn: Turn, message: InboundMessage) -> Reply | None:
    """Words or a file (a voice, a photo) that say why; None when no review waits for them."""
    waits = _waiting(turn)
    if waits is None or message.kind not in (MessageKind.TEXT, MessageKind.ATTACHMENT):
        return None
    ticket = await turn.read.ticket(waits.ticket)
    if ticket is None or _stale(turn, ticket, waits.round) is not None:
        return None
    known = await _mine(turn, ticket)
    if known is None or not known.said:
        return None
    enclosed = [collecting.enclose(turn, each, ticket=ticket.number) for each in message.attachments]
    kept = tuple(each.id for each in enclosed if not each.problem)
    data: dict[str, object] = {"reason": True}
    if message.text:
        data["text"] = message.text
    if enclosed:
        data["enclosed"] = [each.id for each in enclosed]
    words = _joined(known.words, message.text)
    review = await _changed(turn, ticket, words=words, files=(*known.files, *kept))
    after = reviews.kept(turn, ticket, review, **data)
    turn.remember(reviewing=replace(waits, at=turn.now) if waits.step != "words" else None)
    problem = next((each.problem for each in enclosed if each.problem), "")
    lead = turn.words(f"problem.{problem}", limit=turn.town.limits.file_max_bytes // 2**20) + "\n" if problem else ""
    key = {"finished": "review.words_then_finished", "rating": "review.words_then_rating"}.get(
        waits.step, "review.done"
    )
    again = Choice(f"{ticket.number}:not_reason={after.seq}", turn.words("choice.not_this"))
    return Reply(lead + _about(turn, ticket, key).text, (again,), ticket=ticket.number)


async def not_reason(turn: Turn, number: str, value: str) -> Reply:
    """What was taken for a reason was something else: it becomes a draft."""
    ticket = await following.own(turn, number)
    events = await turn.read.events(number)
    said = next((e for e in events if str(e.seq) == value and e.data.get("reason")), None)
    if said is None or said.by != str(turn.address) or any(e.data.get("detached") == said.seq for e in events):
        return turn.say("press.unknown")
    known = await _mine(turn, ticket)
    if known is None or known.round != said.data.get("round"):
        return turn.say("press.unknown")
    text = str(said.data.get("text", ""))
    ids = [str(each) for each in said.data.get("enclosed", ())]
    words = "\n".join(line for line in known.words.split("\n") if line != text) if text else known.words
    review = await _changed(turn, ticket, words=words, files=tuple(f for f in known.files if f not in ids))
    reviews.kept(turn, ticket, review, detached=said.seq)
    turn.remember(reviewing=None)
    draft = collecting.open_draft(turn)
    if text:
        draft = collecting.with_words(turn, draft, Said(f"{number}/{said.seq}", text))
    records = await turn.read.attachments(ids)
    draft = draft.touched(turn.now, enclosed=tuple(Enclosed(r.id, AttachmentType(r.type)) for r in records))
    turn.changes.moved_attachments.extend((record.id, draft.id, "") for record in records)
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, turn.words("not_this.done", number=number))


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


def _next(turn: Turn, ticket: Ticket, review: Review, recorded: reviews.Recorded) -> Reply:
    """What came of the verdict, and what is asked next: points, or, when those are known, why."""
    if recorded.reopened:
        due = next(task.due_at for task in turn.changes.tasks if task.kind == "reopen")
        assert due is not None  # noqa: S101 - a re-opening is always decided by some time
        lead = _about(turn, ticket, "review.reopens", due=moment(turn, due))
    elif review.bad:
        alone = review.party != FILER and not ticket.work.appealed
        lead = _about(turn, ticket, "review.one_of_several" if alone else "review.noted")
    elif recorded.closed:
        lead = _about(turn, ticket, "review.closed")
    else:
        lead = _about(turn, ticket, "review.thanks")
    if review.rating is not None:
        _expect(turn, review, "words")
        return Reply(f"{lead.text}\n{turn.words('review.why')}", ticket=ticket.number)
    _expect(turn, review, "rating")
    choices = [
        Choice(f"{ticket.number}:points={n}/{review.round}", turn.words(f"review.points.{n}")) for n in rules.RATINGS
    ]
    return Reply(f"{lead.text}\n{turn.words('review.ask_points')}", tuple(choices), ticket=ticket.number)


async def _skipped(turn: Turn, waits: Reviewing) -> Reply:
    """They do not want to say that: the next thing is asked, if there is one."""
    ticket = await following.own(turn, waits.ticket)
    if waits.step == "rating":
        turn.remember(reviewing=replace(waits, step="words", at=turn.now))
        return _about(turn, ticket, "review.ask_words")
    turn.remember(reviewing=None)
    return _about(turn, ticket, "review.done")


async def _anew(turn: Turn, ticket: Ticket, words: str) -> Reply:
    """It ended long ago: a new ticket, linked with the old one, is ready to be confirmed.

    Somebody who joined gets the place and the kind of it, never the words of its filer.
    """
    theirs = (await reviews.parties(turn, ticket)).party.get(turn.address) == FILER
    said = [Said(f"{ticket.number}/text", ticket.text)] if theirs and ticket.text else []
    if words.strip():
        said.append(Said(f"{ticket.number}/again", words.strip()))
    draft: Draft = collecting.open_draft(turn)
    for each in said:
        draft = collecting.with_words(turn, draft, each)
    draft = replace(draft, follows=ticket.number, type=ticket.type, type_chosen=True, hidden=ticket.hidden)
    draft = replace(draft, kind=ticket.kind, kind_chosen=True)
    if ticket.place is not None:
        draft = replace(draft, place=ticket.place, place_chosen=True, area_options=())
    collecting.keep(turn, draft)
    return collecting.card_now(turn, draft, _about(turn, ticket, "review.anew").text)


async def _mine(turn: Turn, ticket: Ticket) -> Review | None:
    party = (await reviews.parties(turn, ticket)).party.get(turn.address)
    return (await reviews.of_round(turn, ticket)).get(party) if party is not None else None


async def _changed(turn: Turn, ticket: Ticket, **fields: object) -> Review:
    """This person's review of the last answer with fields changed; a new one where nothing was said or asked."""
    party = (await reviews.parties(turn, ticket)).party[turn.address]
    known = (await reviews.of_round(turn, ticket)).get(party)
    review = known or Review(
        ticket=ticket.number,
        round=rules.current_round(ticket),
        party=party,
        address=str(turn.address),
        verdict=Verdict.ASKED,
        at=turn.now,
    )
    return replace(review, address=str(turn.address), by=str(turn.address), at=turn.now, **fields)


def _stale(turn: Turn, ticket: Ticket, round_: int) -> Reply | None:
    """What is said when a button belongs to an earlier answer."""
    if round_ and round_ != rules.current_round(ticket):
        return _about(turn, ticket, "review.earlier", state=state_name(turn, ticket))
    return None


def _waiting(turn: Turn) -> Reviewing | None:
    """The review whose next step is waited for; None where something else was begun since."""
    waits, draft = turn.session.reviewing, turn.session.draft
    if waits is None or turn.now - waits.at > QUESTION_LIFE:
        return None
    return None if draft is not None and draft.touched_at > waits.at else waits


def _expect(turn: Turn, review: Review, step: str) -> None:
    turn.remember(reviewing=Reviewing(review.ticket, review.round, review.party, step, turn.now))


def _label(turn: Turn, ticket: Ticket, verdict: Verdict) -> str:
    return review_question.label_of(turn, rules.question(ticket), verdict)


def _joined(words: str, more: str) -> str:
    return "\n".join(filter(None, (words, more.strip())))[: reviews.WORDS_MAX]


def _about(turn: Turn, ticket: Ticket, key: str, **params: object) -> Reply:
    """A reply about a ticket; its text has ``number`` and ``title`` besides ``params``."""
    text = turn.words(key, number=ticket.number, title=ticket_title(turn, ticket), **params)
    return Reply(text, ticket=ticket.number)

"""What a resident sees on the page of one of their tickets: no more than the chat would tell them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from bot.domain import deadlines
from bot.domain import review as rules
from bot.domain.links import OWN, Keys
from bot.domain.public import without_numbers, without_personal_numbers
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.domain.town import Clock
from bot.domain.urging import Urging, urging
from bot.message import Answer, Choice
from bot.ports import Reader
from bot.turn import Turn
from bot.views.resident_page import Asked, Holder, Option, Promise, ResidentPage, Said, Step
from handlers import discretion, page_links, remaining, review_question, reviews
from handlers.naming import kind_name, moment, place_name, state_name, ticket_title, unit_name
from handlers.pages.evidence import evidence_of, pairs
from handlers.resident import following
from handlers.resident import urging as urges
from handlers.resident.on_page import ACTS, LOCALES
from handlers.resident.own_review import mine
from handlers.resident.withdrawing import can as can_withdraw
from handlers.staff.leaving import as_read

TOLD = frozenset({Action.ANSWER, Action.PROGRESS, Action.ASK, Action.REJECT, Action.PROMISE})
"""Steps whose words everybody a ticket belongs to has been told."""
SAID = frozenset({Action.SUPPLEMENT, Action.CORRECT, Action.WITHDRAW})
"""Steps whose words are those of whoever took them."""

DONE_BY_HAND = SAID | {Action.FILE, Action.CLAIM, Action.JOIN, Action.HIDE, Action.URGE}
"""Steps that are shown as the reader's own where they took them; others only followed from what they did."""


async def holder(read: Reader, keys: Keys, name: str, now: datetime) -> Holder | None:
    """Whose page a link opens; None for one that is altered, over, called back, or of somebody who has no part in the
    ticket any more: nobody can tell these apart."""
    link = keys.opened(name, now)
    if link is None or link.purpose != OWN:
        return None
    of = next((r.address for r in await read.reporters(link.number) if keys.is_of(link, r.address)), None)
    if of is None:
        return None
    session = await read.session(of)
    if session is not None and session.links_from is not None and link.made_at <= session.links_from:
        return None
    return Holder(of, link.number, session.locale if session is not None else "")


async def seen(turn: Turn, holder: Holder, *, acting: bool = True) -> ResidentPage:
    """The page. ``acting`` False: for whoever only knows number and code, nothing can be done. Raises NotFound."""
    known = await following.own(turn, holder.number) if acting else await turn.read.ticket(holder.number)
    assert known is not None  # noqa: S101 - whoever looks it up was told of it a moment ago
    ticket = await discretion.shown(turn, known)
    ticket = replace(ticket, text=without_numbers(ticket.text))
    events = [event for event in await turn.read.events(ticket.number) if event.action in following.SHOWN]
    parties = (await reviews.parties(turn, known)).party
    party = parties.get(holder.address)
    own = {str(address) for address, each in parties.items() if party is not None and each == party}
    page = ResidentPage(
        number=ticket.number,
        title=ticket_title(turn, ticket),
        text=ticket.text,
        place=without_numbers(place_name(turn, ticket.place)) if ticket.place else "",
        kind=kind_name(turn, ticket.kind),
        state=state_name(turn, ticket),
        unit=unit_name(turn, ticket.unit),
        since=moment(turn, ticket.dispatched_at or ticket.filed_at),
        joined=await turn.read.role(holder.address, ticket.number) == discretion.JOINED,
        promise=_promise(turn, ticket),
        steps=tuple(_step(turn, event, own) for event in events),
        question=_question(ticket, events),
        answer=_answer(turn, ticket),
        hotline=turn.town.contacts.hotline,
    )
    return await _with_acts(turn, page, known, holder) if acting else page


async def _with_acts(turn: Turn, page: ResidentPage, ticket: Ticket, holder: Holder) -> ResidentPage:
    """The page with what can be done now: each only where the rules allow it."""
    session = await turn.read.session(holder.address)
    muted = session is not None and session.muted
    mute = "unmute" if muted else "mute"
    limits = turn.town.limits
    evidence = await evidence_of(turn, ticket, None)
    return dataclasses.replace(
        page,
        evidence=evidence,
        pairs=pairs(turn, evidence),
        supplement=ticket.open,
        urge=await _can_urge(turn, ticket),
        withdraw=can_withdraw(ticket),
        review=await _asked(turn, ticket),
        said=await _said(turn, ticket),
        again=await _again(turn, ticket),
        hide=_hide(turn, ticket) if ticket.open and not page.joined else None,
        mute=Option(mute, "", turn.words(f"rpage.{mute}")),
        languages=tuple(
            Option("language", code, turn.words(f"rpage.language.{code}"), code == holder.locale) for code in LOCALES
        ),
        merged=await _merged(turn, ticket, holder),
        limits=turn.words("rpage.limits", size=limits.file_max_bytes // 2**20),
    )


def _step(turn: Turn, event: Event, own: set[str]) -> Step:
    data, mine_ = event.data, event.by in own
    what, text = turn.words(f"event.{event.action}"), ""
    if event.action in TOLD:
        text = without_personal_numbers(str(data.get("text", "")))
    elif event.action in SAID and mine_:
        text = without_numbers(str(data.get("text", "")))
    elif event.action is Action.CLOSE:
        text = without_personal_numbers(str(data.get("final", "")))
    elif event.action is Action.DISPATCH and data.get("unit"):
        text = unit_name(turn, str(data["unit"]))
    if event.action is Action.PROMISE and data.get("kept"):
        what = turn.words("rpage.step.kept")
    local = event.at.astimezone(turn.guide.calendar.zone)
    did = mine_ and event.action in DONE_BY_HAND
    return Step(moment(turn, event.at), local.isoformat(timespec="minutes"), what, text, did)


def _promise(turn: Turn, ticket: Ticket) -> Promise | None:
    """The date that was told, as long as it is owed: of the unit's answer, or of what an answer promised."""
    work = ticket.work
    due = work.promise_at or ticket.promised_at
    answered = ticket.status is Status.ANSWERED
    if due is None or not ticket.open or (answered and work.promise_at is None):
        return None
    since = (work.last_answer.leaves_at if work.last_answer and answered else None) or ticket.dispatched_at
    since, now = since or ticket.filed_at, turn.now
    paused = 0.0 if answered else max(work.paused - work.paused_before, 0.0)
    stands = ticket.status is Status.WAITING_RESIDENT and work.paused_at is not None
    if stands and work.paused_at is not None:
        now = work.paused_at
    clock, calendar = Clock(ticket.clock), turn.guide.calendar_of(ticket.unit)

    def minutes(until: datetime) -> int:
        return max(int(deadlines.stood_still(since, until, clock, calendar) - paused), 0) // 60

    whole, late = minutes(due), due < now
    used = min(minutes(now), whole)
    left = remaining.amount(turn, turn.guide, ticket, min(now, due), max(now, due)) or turn.words("rpage.no_time")
    key = "rpage.promise.paused" if stands else "rpage.promise.late" if late else "rpage.promise.left"
    local = due.astimezone(turn.guide.calendar.zone)
    return Promise(
        due=moment(turn, due),
        iso=local.isoformat(timespec="minutes"),
        words=turn.words(key, left=left, share=used * 100 // whole if whole else 100),
        late=late,
        used=used,
        whole=whole,
    )


def _question(ticket: Ticket, events: list[Event]) -> str:
    if ticket.status is not Status.WAITING_RESIDENT:
        return ""
    asked = (e.data["text"] for e in reversed(events) if e.action is Action.ASK and "text" in e.data)
    return without_personal_numbers(str(next(asked, "")))


def _answer(turn: Turn, ticket: Ticket) -> str:
    """The last answer as it was told: signed by the unit."""
    answer = ticket.work.last_answer
    if answer is None:
        return ""
    shown = replace(answer, text=without_personal_numbers(answer.text))
    return as_read(turn.voice(turn.session), ticket, shown)


async def _can_urge(turn: Turn, ticket: Ticket) -> bool:
    """Whether an urging would count now: earlier ones only bring the date again, which the page shows anyway."""
    if not urges.can(ticket):
        return False
    half, calendar = turn.guide.half_time(ticket), turn.guide.calendar_of(ticket.unit)
    events = await turn.read.events(ticket.number)
    return urging(ticket, half, events, turn.now, calendar) is Urging.COUNTED


async def _asked(turn: Turn, ticket: Ticket) -> Asked | None:
    """What is asked under the answer now: solved, finished, points, why; None when nothing is."""
    voice, round_ = turn.voice(turn.session), rules.current_round(ticket)
    known = await mine(turn, ticket)
    if known is None or not known.said:
        if not rules.reviewable(ticket) or ticket.work.settled or rules.too_late(ticket, turn.now):
            return None
        return Asked(
            "rate", review_question.below(voice, ticket), options(ticket.number, review_question.choices(voice, ticket))
        )
    if known.verdict is rules.Verdict.PARTLY and not known.finished:
        both = tuple(
            Option("finished", f"{value}/{round_}", turn.words(f"review.finished.{value}")) for value in ("yes", "no")
        )
        return Asked("finished", turn.words("rpage.finished"), both)
    if known.rating is None:
        points = tuple(Option("points", f"{n}/{round_}", turn.words(f"review.points.{n}")) for n in rules.RATINGS)
        return Asked("points", turn.words("review.ask_points"), points)
    return None if known.words or known.files else Asked("reason", turn.words("review.why"))


async def _said(turn: Turn, ticket: Ticket) -> tuple[str, ...]:
    """What they have said of the last answer, a line each."""
    known = await mine(turn, ticket)
    if known is None or not known.said:
        return ()
    lines = [review_question.label_of(turn, rules.question(ticket), known.verdict)]
    if known.finished:
        lines.append(turn.words(f"review.finished.{known.finished}"))
    if known.rating is not None:
        lines.append(turn.words(f"review.points.{known.rating}"))
    if known.words:
        lines.append(without_numbers(known.words))
    return tuple(lines)


async def _again(turn: Turn, ticket: Ticket) -> tuple[Option, ...]:
    """Whoever was content may find that it is not settled after all, as long as that brings it back."""
    known = await mine(turn, ticket)
    if known is None or not known.said or known.bad or not rules.reviewable(ticket):
        return ()
    if ticket.work.settled or rules.too_late(ticket, turn.now):
        return ()
    if known.verdict is rules.Verdict.PARTLY and not known.finished:
        return ()  # that is being asked
    choices = review_question.choices(turn.voice(turn.session), ticket)
    return tuple(
        option for option in options(ticket.number, choices) if option.value.partition("/")[0] == rules.Verdict.NO
    )


def _hide(turn: Turn, ticket: Ticket) -> Option:
    name = "unhide" if ticket.hidden else "hide"
    return Option(name, "", turn.words(f"rpage.{name}"))


async def _merged(turn: Turn, ticket: Ticket, holder: Holder) -> tuple[str, str] | None:
    """Where a merged matter goes on."""
    into = ticket.work.merged_into if ticket.status is Status.MERGED else ""
    if not into:
        return None
    theirs = await turn.read.owns(holder.address, into)
    session = await turn.read.session(holder.address)
    return into, page_links.url(turn, into, holder.address, session) if theirs else ""


def options(number: str, choices: Iterable[Choice]) -> tuple[Option, ...]:
    """What of a reply's choices can be done on the ticket's page; the rest belongs to the chat."""
    found = []
    for choice in choices:
        about, _, act = choice.token.partition(":")
        name, _, value = act.partition("=")
        if about == number and name in ACTS:
            found.append(Option(name, value, choice.label))
    return tuple(found)


def said(holder: Holder, answer: Answer | None) -> Said | None:
    """What an act was answered; None where nothing was."""
    if answer is None or answer.reply is None:
        return None
    return Said(answer.reply.text, options(holder.number, answer.reply.choices))

"""What follows from a review, as a table: pure functions of ticket and reviews."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.domain.review import (
    FILER,
    Question,
    Review,
    Verdict,
    current_round,
    over,
    question,
    reopens,
    reviewable,
    too_late,
    verdicts,
)
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import AnswerDraft, Outcome, Work

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
ANSWER = AnswerDraft(outcome=Outcome.SOLVED, text="done", by="wang", submitted_at=NOW)


def ticket(status: Status = Status.ANSWERED, type_: Type = Type.COMPLAINT, **work: Any) -> Ticket:
    return Ticket(
        number="260304-00011",
        code="000000",
        alias="ABCD",
        type=type_,
        kind="roads",
        status=status,
        source="web",
        channel="web",
        text="dark",
        filed_at=NOW,
        work=Work(**{"last_answer": ANSWER, "answers": 1, **work}),
    )


def review(verdict: Verdict, party: str = FILER, finished: str = "", round_: int = 1) -> Review:
    return Review(
        ticket="260304-00011",
        round=round_,
        party=party,
        address="web:a",
        verdict=verdict,
        finished=finished,
        at=NOW,
    )


YES, PARTLY, NO = Verdict.YES, Verdict.PARTLY, Verdict.NO


@pytest.mark.parametrize(
    ("answered", "asked"),
    [
        (ticket(), Question.SOLVED),
        (ticket(type_=Type.HELP), Question.SOLVED),
        (ticket(type_=Type.REPORT), Question.SOLVED),
        (ticket(type_=Type.ENQUIRY), Question.ANSWERED),
        (ticket(type_=Type.IDEA), Question.CONTENT),
        (ticket(Status.REJECTED), Question.ACCEPTED),
        (ticket(Status.REJECTED, last_answer=None), Question.ACCEPTED),
        (ticket(last_answer=replace(ANSWER, outcome=Outcome.PROMISED), promise_at=NOW), Question.ACCEPTABLE),
        (ticket(last_answer=replace(ANSWER, outcome=Outcome.PROMISED)), Question.SOLVED),
    ],
)
def test_what_is_asked(answered: Ticket, asked: Question) -> None:
    assert question(answered) is asked
    assert (PARTLY in verdicts(asked)) == (asked in (Question.SOLVED, Question.ANSWERED))


@pytest.mark.parametrize(
    ("case", "said", "others", "shared", "back"),
    [
        (ticket(), review(YES), [], False, False),
        (ticket(), review(NO), [], False, True),
        (ticket(Status.CLOSED), review(NO), [], False, True),
        (ticket(), review(PARTLY), [], False, False),
        (ticket(), review(PARTLY, finished="yes"), [], False, False),
        (ticket(), review(PARTLY, finished="no"), [], False, True),
        (ticket(), review(NO), [review(YES, "web:b")], True, True),
        (ticket(), review(NO, "web:b"), [review(YES)], True, False),
        (ticket(), review(NO, "web:b"), [review(YES), review(NO, "web:c")], True, True),
        (ticket(), review(NO, "web:b"), [review(PARTLY, "web:c", "no")], True, True),
        (ticket(), review(NO, "web:b"), [review(PARTLY, "web:c")], True, False),
        (ticket(settled=True), review(NO), [], False, False),
        (ticket(appealed=True), review(NO), [], False, True),
        (ticket(type_=Type.IDEA), review(NO), [], False, True),
        (ticket(type_=Type.IDEA, appealed=True), review(NO), [], False, False),
        (ticket(Status.REJECTED), review(NO), [], False, True),
        (ticket(Status.REJECTED, appealed=True), review(NO), [], False, False),
        (ticket(Status.IN_PROGRESS), review(NO), [], False, False),
        (ticket(Status.REOPENED), review(NO), [], False, False),
    ],
)
def test_what_brings_a_ticket_back(case: Ticket, said: Review, others: list[Review], shared: bool, back: bool) -> None:
    assert reopens(case, said, others, shared=shared) is back


@pytest.mark.parametrize(
    ("case", "reviews", "closes"),
    [
        (ticket(), [], False),
        (ticket(), [review(Verdict.ASKED)], False),
        (ticket(), [review(YES)], True),
        (ticket(), [review(YES, "web:b")], False),
        (ticket(), [review(YES, round_=2)], False),
        (ticket(answers=2), [review(YES), review(Verdict.ASKED, round_=2)], False),
        (ticket(), [review(PARTLY)], False),
        (ticket(), [review(PARTLY, finished="yes")], True),
        (ticket(), [review(Verdict.NOT_RATED), review(Verdict.ASKED, "web:b")], True),
        (ticket(), [review(Verdict.NOT_REACHED)], True),
        (ticket(type_=Type.IDEA, appealed=True), [review(NO)], True),
        (ticket(promise_at=NOW), [review(YES)], False),
        (ticket(Status.CLOSED), [review(YES)], False),
        (ticket(Status.REJECTED), [review(YES)], False),
    ],
)
def test_when_it_is_over(case: Ticket, reviews: list[Review], closes: bool) -> None:
    assert over(case, reviews) is closes


@pytest.mark.parametrize("status", list(Status))
def test_only_an_answer_or_a_rejection_is_reviewed(status: Status) -> None:
    assert reviewable(ticket(status)) == (status in (Status.ANSWERED, Status.CLOSED, Status.REJECTED))
    assert reviewable(ticket(status, last_answer=None)) == (status is Status.REJECTED)


def test_thirty_days_from_closing() -> None:
    ended = replace(ticket(Status.CLOSED), closed_at=NOW)
    assert not too_late(ended, NOW + timedelta(days=30))
    assert too_late(ended, NOW + timedelta(days=30, seconds=1))
    assert not too_late(ticket(), NOW + timedelta(days=400)), "what has not ended is never too late"


def test_what_was_answered_before_answers_were_counted_has_a_first_round() -> None:
    assert current_round(ticket(answers=0)) == 1
    assert current_round(ticket(answers=3)) == 3

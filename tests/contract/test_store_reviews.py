"""The contract of `bot.ports.Store`: what people said of answers, and how tickets belong together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Link
from bot.domain.people import Address
from bot.domain.review import FILER, Review, Verdict
from bot.errors import Unstorable
from bot.ports import Store
from storage.sql_store import SqlStore
from tests.fakes.changesets import NOW, filing, person, turn

LI, WANG = person(1), person(2)
NUMBER, SECOND, THIRD = "260304-00011", "260304-00022", "260304-00033"


def review(party: str = FILER, address: Address = LI, **details: object) -> Review:
    base = Review(
        ticket=NUMBER,
        round=1,
        party=party,
        address=str(address),
        verdict=Verdict.ASKED,
        by=str(address),
        asked_at=NOW,
        at=NOW,
    )
    return replace(base, **details)


async def test_a_party_has_one_review_of_an_answer_whatever_they_say_later(store: Store) -> None:
    assert await store.reader.reviews(NUMBER) == []
    full = review(
        verdict=Verdict.PARTLY,
        finished="no",
        rating=2,
        words="晚上还是黑的\n'; DROP TABLE review",
        files=("f1", "f2"),
        at=NOW + timedelta(hours=1),
    )
    await store.commit(Changes(at=NOW, reviews=[review()]))
    await store.commit(Changes(at=NOW, reviews=[review(verdict=Verdict.YES), full]))
    assert await store.reader.reviews(NUMBER) == [full]


async def test_by_round_and_the_filer_first(store: Store) -> None:
    joined = review("web:0", WANG, asked_at=None)
    second = review(round=2)
    await store.commit(Changes(at=NOW, reviews=[second, joined, review()]))
    await store.commit(Changes(at=NOW, reviews=[review(ticket=SECOND)]))
    assert await store.reader.reviews(NUMBER) == [review(), joined, second]


async def test_what_no_database_can_hold_is_refused(store: Store) -> None:
    with pytest.raises(Unstorable):
        await store.commit(Changes(at=NOW, reviews=[review(words="a\0b")]))
    assert await store.reader.reviews(NUMBER) == []


async def test_links_are_found_from_both_ends_and_stored_once(store: Store) -> None:
    first = Link(ticket=SECOND, kind="repeats", other=NUMBER, by="web:1", at=NOW)
    again = replace(first, at=NOW + timedelta(days=1), by="web:2")
    other = Link(ticket=NUMBER, kind="follows", other=THIRD, by="s1", at=NOW + timedelta(hours=1))
    await store.commit(Changes(at=NOW, links=[first, other]))
    await store.commit(Changes(at=NOW, links=[again]))
    assert await store.reader.links(NUMBER) == [first, other]
    assert await store.reader.links(SECOND) == [first]
    assert await store.reader.links("260304-99999") == []


async def test_whoever_is_erased_leaves_what_they_said_and_not_who_they_are(store: SqlStore) -> None:
    await store.commit(filing(LI, 1, NUMBER))
    joined = review(str(WANG), WANG, verdict=Verdict.NO, words="还是黑的")
    mine = review(verdict=Verdict.YES, rating=5)
    await store.commit(Changes(at=NOW, reviews=[mine, joined]))
    gone = turn(LI, 2)
    gone.erased.append(LI)
    await store.commit(gone)
    kept = await store.reader.reviews(NUMBER)
    assert [(r.party, r.address, r.by, r.verdict, r.rating) for r in kept] == [
        (FILER, "", "erased", Verdict.YES, 5),
        (str(WANG), str(WANG), str(WANG), Verdict.NO, None),
    ]
    left = await store._readers.rows("SELECT count(*) FROM review WHERE address = ? OR actor = ?", (str(LI), str(LI)))
    assert left == [(0,)]

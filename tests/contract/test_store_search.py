"""The contract of `bot.ports.Reader.found`: tickets by what is written in them."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from msgspec.structs import replace

from bot.domain import search
from bot.domain.ticket import Action, Event, Status, Ticket
from bot.ports import Wanted
from storage.search import REFUSED
from storage.sql_store import SqlStore
from storage.store import SqliteStore
from tests.contract.conftest import Opening
from tests.fakes.changesets import NOW, kept, ticket

EVERYTHING = Wanted(statuses=tuple(Status))


def said(n: int, text: str, **fields: Any) -> Ticket:
    return replace(ticket(f"260304-{n:05d}"), text=text, place=None, **fields)


async def written(opening: Opening, *tickets: Ticket) -> SqlStore:
    """A store with these tickets, all of them in its index."""
    store = await opening()
    await store.commit(kept(*tickets))
    while await store.index_words():
        pass
    return store


async def found(store: SqlStore, words: str, wanted: Wanted = EVERYTHING, **more: Any) -> list[int]:
    return [int(t.number[-5:]) for t in await store.reader.found(words, wanted, **more)]


async def test_two_characters_anywhere_in_a_text(opening: Opening) -> None:
    store = await written(opening, said(1, "幸福路12号门口的路灯坏了"), said(2, "路口没有灯"), said(3, "坏了路灯"))
    assert await found(store, "路灯") == [3, 1]
    assert await found(store, "门口") == [1]
    assert await found(store, "灯坏") == [1]
    assert await found(store, "幸福路12号门") == [1]
    assert await found(store, "路灯亮") == []
    assert (await store.reader.found("门口", EVERYTHING))[0] == said(1, "幸福路12号门口的路灯坏了")


async def test_all_words_must_be_written_and_signs_only_part_them(opening: Opening) -> None:
    store = await written(opening, said(1, "路灯坏了，电梯也坏了"), said(2, "路灯"), said(3, "电梯"))
    assert await found(store, "电梯 路灯") == [1]
    assert await found(store, "路灯，电梯！") == [1]
    assert await found(store, "路灯 幸福") == []
    assert await found(store, " ，。 ") == []
    assert await found(store, '" OR * NEAR( -') == []


async def test_one_character_is_looked_for_among_the_newest(opening: Opening) -> None:
    store = await written(opening, said(1, "路灯坏了"), said(2, "电梯"))
    assert await found(store, "灯") == [1]
    assert await found(store, "灯", before=search.place("260304-00001")) == []


async def test_full_width_and_upper_case_are_the_same(opening: Opening) -> None:
    store = await written(opening, said(1, "ＫＴＶ太吵 Room12B"), said(2, "No. 12"))
    assert await found(store, "ktv") == [1]
    assert await found(store, "room") == [1]
    assert await found(store, "１２") == [2, 1]
    assert await found(store, "oom") == []  # of other scripts only whole words


async def test_a_ticket_is_found_by_its_names(opening: Opening) -> None:
    store = await written(opening, replace(ticket("260304-00017"), alias="QRST"), said(24, "别的", alias="UVWX"))
    assert await found(store, "qrst") == [17]
    assert await found(store, "幸福路12号") == [17]
    assert await found(store, "260304-00024") == [24]


async def test_what_came_later_is_found_too_together_with_what_came_first(opening: Opening) -> None:
    first = said(1, "路灯坏了")
    store = await written(opening, first, said(2, "路灯"))
    more = kept(replace(first, seq=2))
    more.events = [Event(first.number, 2, NOW, Action.SUPPLEMENT, Status.FILED, "desk", {"text": "旁边有个大坑"})]
    await store.commit(more)
    assert await found(store, "大坑") == []
    assert await store.index_words() == 1
    assert await found(store, "大坑") == [1]
    assert await found(store, "路灯 大坑") == [1]


async def test_words_that_were_corrected_are_found_as_they_are_now(opening: Opening) -> None:
    store = await written(opening, said(1, "路等坏了"))
    corrected = said(1, "路灯坏了", seq=2)
    await store.commit(kept(corrected, text="路灯坏了"))
    await store.index_words()
    assert await found(store, "路灯") == [1]
    assert await found(store, "路等") == []


async def test_only_what_is_wanted(opening: Opening) -> None:
    store = await written(
        opening,
        said(1, "路灯", unit="u1"),
        said(2, "路灯", unit="u2", walled=True),
        said(3, "路灯", unit="u3", status=Status.CLOSED, closed_at=NOW),
        said(4, "路灯", unit="u3", area="a9"),
    )
    assert await found(store, "路灯", Wanted()) == [4, 2, 1]
    assert await found(store, "路灯", Wanted(walled=False)) == [4, 1]
    assert await found(store, "路灯", replace_wanted(units=("u3",))) == [4, 3]
    assert await found(store, "路灯", replace_wanted(areas=frozenset({"a1"}))) == [3, 2, 1]


def replace_wanted(**fields: Any) -> Wanted:
    return Wanted(statuses=tuple(Status), **fields)


async def test_page_by_page(opening: Opening) -> None:
    store = await written(opening, *(said(n, "路灯") for n in range(1, 8)))
    assert await found(store, "路灯", limit=3) == [7, 6, 5]
    assert await found(store, "路灯", limit=3, before=search.place("260304-00005")) == [4, 3, 2]
    assert await found(store, "路灯", limit=3, before=search.place("260304-00002")) == [1]


async def test_it_is_given_up_after_many_that_only_have_the_terms(opening: Opening) -> None:
    close = [said(n, "路灯，灯坏") for n in range(2, REFUSED + 10)]
    store = await written(opening, said(1, "路灯坏"), *close)
    assert await found(store, "路灯坏") == []
    assert await found(store, "路灯坏", before=search.place("260304-00100")) == [1]


async def test_a_little_at_a_time_in_the_order_of_writing_and_each_once(opening: Opening) -> None:
    store = await opening()
    await store.commit(kept(*(said(n, "路灯") for n in range(1, 6))))
    assert await store.index_words(2) == 2
    assert await found(store, "路灯") == [2, 1]
    again = await opening()  # the mark is kept
    assert [await again.index_words(2) for _ in range(3)] == [2, 1, 0]
    assert await found(again, "路灯") == [5, 4, 3, 2, 1]


async def test_two_who_index_at_once_do_it_once(opening: Opening) -> None:
    store = await opening()
    await store.commit(kept(*(said(n, "路灯") for n in range(1, 6))))
    assert sorted(await asyncio.gather(store.index_words(), store.index_words())) == [0, 5]
    assert await store.index_words() == 0


async def test_it_does_a_little_and_gives_way_while_much_is_being_written(opening: Opening) -> None:
    store = await opening()
    await store.commit(kept(said(1, "路灯"), said(2, "电梯")))
    numbers = count(10)
    indexing = asyncio.create_task(store.index_words(1))

    async def client() -> None:
        while not indexing.done():
            await store.commit(kept(said(next(numbers), "门口")))

    await asyncio.gather(*(client() for _ in range(64)))
    assert await indexing == 0
    assert await found(store, "路灯") == [1]
    assert await found(store, "电梯") == []
    assert await store.index_words(1) == 1
    assert await found(store, "电梯") == [2]


async def test_the_index_is_well_after_words_came_in_any_order(opening: Opening) -> None:
    tickets = [said(n, f"路灯{n}") for n in range(1, 60)]
    store = await written(opening, *tickets)
    for n in (50, 3, 27, 3):
        seq = len(await store.reader.events(f"260304-{n:05d}")) + 1
        await store.commit(kept(replace(tickets[n - 1], seq=seq), text=f"第{seq}次补充"))
        await store.index_words(1)
    assert await found(store, "补充") == [50, 27, 3]
    assert await found(store, "路灯 补充 50") == [50]
    check = "INSERT INTO search_words (search_words) VALUES ('integrity-check')"
    if isinstance(store, SqliteStore):
        await store._writer.run(lambda connection: connection.execute(check).rowcount)


async def test_numbers_that_are_none_do_not_stop_the_index(opening: Opening) -> None:
    store = await written(opening, replace(ticket("x"), text="路灯"), said(2, "路灯"))
    assert await found(store, "路灯") == [2]


async def test_nobody_finds_out_a_masked_number_by_searching(opening: Opening) -> None:
    store = await written(opening, said(1, "漏水，电话13912345678，车牌京A12345挡路"), said(2, "13912345678"))
    assert await found(store, "漏水") == [1]
    for asked in ("13912345678", "1391234", "A12345", "12345", "13912345678 漏水"):
        assert await found(store, asked) == [], asked

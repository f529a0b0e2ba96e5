"""The contract of `bot.ports.Store`: who works here, how they join, and the news they are told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.changes import Changes, Looked, StaffEvent
from bot.domain.people import Address, Invitation, Role, Shift
from bot.domain.ticket import Action, Status
from bot.errors import AlreadyAnswered, Conflict, Unstorable
from bot.ports import Store
from tests.contract.conftest import Opening
from tests.fakes.changesets import (
    NOW,
    event,
    file,
    filing,
    joining,
    kept,
    note,
    person,
    staff,
    task,
    ticket,
    turn,
    worked,
)

LI, WANG, ZHAO = person(1), person(2), person(3)
MINUTE = timedelta(minutes=1)


async def raced(store: Store, *many: Changes) -> list[type]:
    """How change-sets end that are committed at the same moment, perhaps in one batch."""
    results = await asyncio.gather(*(store.commit(changes) for changes in many), return_exceptions=True)
    return [type(result) for result in results]


async def test_everybody_is_known_in_the_very_next_turn(store: Store) -> None:
    assert (await store.reader.directory()).active == ()
    full = staff(
        "s1",
        LI,
        WANG,
        role=Role.LEAD,
        areas=("a1",),
        walled=True,
        away=Shift(NOW, NOW + MINUTE),
        deputy="s2",
        duty=(Shift(NOW, NOW + MINUTE),),
    )
    await store.commit(joining(full))
    directory = await store.reader.directory()
    assert directory.by_id == {"s1": full}
    assert directory.at(WANG) == full
    gone = replace(full, seq=2, removed_at=NOW)
    await store.commit(joining(gone, "removed"))
    directory = await store.reader.directory()
    assert (directory.by_id, directory.at(LI)) == ({"s1": gone}, None)
    assert [e.action for e in await store.reader.staff_events("s1")] == ["joined", "removed"]
    assert (await store.reader.staff_events("s1"))[0] == StaffEvent(
        staff="s1", seq=1, at=NOW, action="joined", by="s9", data={"name": "员工s1"}
    )


async def test_the_directory_is_the_same_object_until_somebody_changes(store: Store) -> None:
    await store.commit(joining(staff("s1", LI)))
    directory = await store.reader.directory()
    await store.commit(turn(LI, 1))
    assert await store.reader.directory() is directory


async def test_a_directory_read_during_a_change_is_not_kept(store: Store) -> None:
    await store.commit(joining(staff("s1", LI)))
    changing = (store.commit(joining(staff(f"s{n}"))) for n in range(2, 30))
    asking = (store.reader.directory() for _ in range(30))
    await asyncio.gather(*asking, *changing)
    assert len((await store.reader.directory()).active) == 29


async def test_a_change_is_known_even_if_who_made_it_did_not_wait_for_its_end(store: Store) -> None:
    for n in range(60):
        await store.reader.directory()
        making = asyncio.create_task(store.commit(joining(staff(f"s{n}"))))
        for _ in range(n % 6):
            await asyncio.sleep(0)
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        await store.commit(Changes(at=NOW))  # all that was begun before is finished
        known, written = await store.reader.directory(), await store.reader.staff_events(f"s{n}")
        assert (f"s{n}" in known.by_id) == bool(written)


async def test_they_are_known_after_opening_again(opening: Opening) -> None:
    store = await opening()
    await store.commit(joining(staff("s1", LI)))
    again = await opening()
    assert (await again.reader.directory()).at(LI) == staff("s1", LI)


async def test_two_changes_of_one_person_at_once(store: Store) -> None:
    await store.commit(joining(staff("s1", LI)))
    first, second = staff("s1", LI, seq=2, name="甲"), staff("s1", LI, seq=2, name="乙")
    assert await raced(store, joining(first, "changed"), joining(second, "changed")) == [type(None), Conflict]
    assert (await store.reader.directory()).by_id["s1"] == first


async def test_changes_that_follow_each_other_in_one_batch(store: Store) -> None:
    steps = [joining(staff("s1", LI, seq=n, name=str(n))) for n in (1, 2, 3)]
    assert await raced(store, *steps) == [type(None)] * 3
    assert (await store.reader.directory()).by_id["s1"].name == "3"


async def test_an_address_belongs_to_one_person(store: Store) -> None:
    await store.commit(joining(staff("s1", LI)))
    with pytest.raises(Conflict):
        await store.commit(joining(staff("s2", WANG, LI)))
    assert await raced(store, joining(staff("s3", ZHAO)), joining(staff("s4", ZHAO))) == [type(None), Conflict]
    directory = await store.reader.directory()
    assert [s.id for s in directory.active] == ["s1", "s3"]


async def test_an_address_is_free_when_it_was_given_up_or_its_owner_removed(store: Store) -> None:
    await store.commit(joining(staff("s1", LI, WANG)))
    await store.commit(joining(staff("s1", LI, seq=2), "address"))
    await store.commit(joining(staff("s2", WANG)))
    await store.commit(joining(staff("s1", LI, seq=3, removed_at=NOW), "removed"))
    await store.commit(joining(staff("s3", LI)))
    handed = joining(staff("s3", seq=2), "address")
    handed.staff += joining(staff("s2", WANG, LI, seq=2), "address").staff
    await store.commit(handed)
    directory = await store.reader.directory()
    assert [getattr(directory.at(who), "id", None) for who in (LI, WANG)] == ["s2", "s2"]


async def test_two_people_with_one_address_in_one_change_are_poison(store: Store) -> None:
    both = joining(staff("s1", LI))
    both.staff += joining(staff("s2", LI)).staff
    assert await raced(store, turn(WANG, 1), both, turn(ZHAO, 1)) == [type(None), Unstorable, type(None)]


async def test_an_invitation_is_used_once(store: Store) -> None:
    invitation = Invitation(
        digest="d" * 64,
        role=Role.HANDLER,
        unit="u1",
        areas=("a1",),
        walled=True,
        name="李",
        by="desk",
        made_at=NOW,
        expires_at=NOW + MINUTE,
    )
    assert await store.reader.invitation("d" * 64) is None
    await store.commit(Changes(at=NOW, invitations=[invitation]))
    await store.commit(Changes(at=NOW, invitations=[invitation]))
    assert await store.reader.invitation("d" * 64) == invitation
    two = [joining(staff("s1", LI), digest="d" * 64), joining(staff("s2", WANG), digest="d" * 64)]
    assert await raced(store, *two) == [type(None), Conflict]
    assert await store.reader.invitation("d" * 64) is None
    assert [s.id for s in (await store.reader.directory()).active] == ["s1"]
    with pytest.raises(Conflict):
        await store.commit(two[1])


async def test_losers_among_staff_leave_the_others_alone(store: Store) -> None:
    await store.commit(joining(staff("s1", LI), digest="used"))
    batch = [turn(person(n), 1, f"m{n}") for n in range(10, 20)]
    batch[2:2] = [joining(staff("s1", LI))]  # has joined already
    batch[5:5] = [joining(staff("s5", WANG), digest="used")]
    batch[8:8] = [joining(staff("s6", LI))]  # another's address
    batch[9:9] = [turn(person(10), 1, "m10")]
    ends = await raced(store, *batch)
    assert {place: end for place, end in enumerate(ends) if end is not type(None)} == {
        2: Conflict,
        5: Conflict,
        8: Conflict,
        9: AlreadyAnswered,
    }


async def test_a_ticket_comes_back_with_all_that_was_done_to_it(store: Store) -> None:
    assert worked().work != ticket().work
    await store.commit(kept(worked()))
    assert await store.reader.ticket(worked().number) == worked()


async def test_two_handlers_take_one_ticket_at_the_same_moment(store: Store) -> None:
    await store.commit(filing(LI, 1, "260304-00017"))

    def taken(by: str) -> Changes:
        changes = turn(Address("wechat", by), 1, f"take-{by}")
        after = replace(ticket("260304-00017", 3, Status.IN_PROGRESS), handler=by)
        changes.ticket(after, event(after.number, 3, Action.TAKE, Status.IN_PROGRESS, by=by))
        return changes

    assert await raced(store, taken("s1"), taken("s2")) == [type(None), Conflict]
    won = await store.reader.ticket("260304-00017")
    assert won is not None
    assert won.handler == "s1"


async def test_whom_a_ticket_belongs_to_the_filer_first(store: Store) -> None:
    changes = filing(ZHAO, 1, "260304-00017")
    filer = changes.reporters[0]
    changes.reporters = [
        replace(filer, address=LI, role="joined", since=NOW - MINUTE),
        replace(filer, address=WANG, role="claimed", since=NOW - 2 * MINUTE),
        filer,
    ]
    await store.commit(changes)
    assert [r.address for r in await store.reader.reporters("260304-00017")] == [ZHAO, WANG, LI]
    assert (await store.reader.reporters("260304-00017"))[0] == filer
    assert not await store.reader.reporters("260304-00024")


async def test_sessions_of_several_people(store: Store) -> None:
    for who in (LI, WANG):
        await store.commit(turn(who, 1))
    sessions = await store.reader.sessions(iter((LI, ZHAO, WANG, LI)))
    assert {who: s.seq for who, s in sessions.items()} == {LI: 1, WANG: 1}
    assert await store.reader.sessions(()) == {}


async def test_the_files_of_a_ticket_oldest_first(store: Store) -> None:
    changes = turn(LI, 1)
    changes.attachments = [
        replace(file("f2", LI, draft=""), ticket="260304-00017", created_at=NOW + MINUTE),
        replace(file("f1", LI, draft=""), ticket="260304-00017"),
        replace(file("other", LI, draft=""), ticket="260304-00024"),
    ]
    await store.commit(changes)
    assert [f.id for f in await store.reader.attachments_of("260304-00017")] == ["f1", "f2"]
    assert not await store.reader.attachments_of("")


async def test_open_tasks_of_some_kinds_oldest_first(store: Store) -> None:
    tasks = [
        replace(task(f"t{n}", NOW + n * MINUTE), kind=kind) for n, kind in enumerate(("pool", "talk", "listen") * 2)
    ]
    await store.commit(Changes(at=NOW, tasks=list(reversed(tasks))))
    await store.commit(Changes(at=NOW, closed_tasks=["t3"]))
    assert [t.key for t in await store.reader.tasks(("pool", "talk"))] == ["t0", "t1", "t4"]
    assert [t.key for t in await store.reader.tasks(("pool", "talk"), 2)] == ["t0", "t1"]
    assert not await store.reader.tasks(())
    assert await store.reader.task("t1") == tasks[1]
    assert await store.reader.task("t3") is None


async def test_news_wait_until_they_are_told_and_are_never_told_twice(store: Store) -> None:
    first = note("n1", ticket="260304-00017", topic="260304-00017")
    await store.commit(Changes(at=NOW, notes=[first, note("n2"), note("n3", box="unit:u1")]))
    await store.commit(Changes(at=NOW, notes=[note("n2", what="repeated"), note("n4", urgent=True)]))
    waiting = await store.reader.notes("staff:s1")
    assert [n.key for _, n in waiting] == ["n4", "n1", "n2"]
    assert waiting[1][1] == first
    assert waiting[2][1].what == "arrived"
    assert [n.key for _, n in await store.reader.notes("staff:s1", "")] == ["n4", "n2"]
    assert [n.key for _, n in await store.reader.notes("staff:s1", "", 1)] == ["n4"]
    assert [n.key for _, n in await store.reader.notes("staff:s1", None, 2)] == ["n4", "n1"]
    ids = {n.key: id_ for id_, n in waiting}
    assert await store.reader.notes_waiting("staff:s1") == (2, ids["n4"])
    await store.commit(Changes(at=NOW, folded=[ids["n1"], ids["n4"]]))
    await store.commit(Changes(at=NOW, notes=[note("n1"), note("n4")]))
    assert [n.key for _, n in await store.reader.notes("staff:s1")] == ["n2"]
    assert await store.reader.notes_waiting("staff:s1", "260304-00017") == (0, 0)


async def test_when_news_were_told_last(store: Store) -> None:
    news = [note("n1"), note("n2", topic="260304-00017"), note("n3", urgent=True)]
    await store.commit(Changes(at=NOW, notes=news))
    ids = {n.key: id_ for id_, n in await store.reader.notes("staff:s1")}
    assert await store.reader.folded_at("staff:s1") is None
    await store.commit(Changes(at=NOW + 2 * MINUTE, folded=[ids["n3"]]))
    assert await store.reader.folded_at("staff:s1") is None
    await store.commit(Changes(at=NOW + MINUTE, folded=[ids["n1"]]))
    with pytest.raises(Conflict):  # told already, by another worker
        await store.commit(Changes(at=NOW + 3 * MINUTE, folded=[ids["n1"]]))
    assert await store.reader.folded_at("staff:s1") == NOW + MINUTE
    assert await store.reader.folded_at("staff:s1", "260304-00017") is None


async def test_a_box_is_told_as_a_whole_but_for_what_came_later(store: Store) -> None:
    await store.commit(Changes(at=NOW, notes=[note(f"n{n}") for n in range(300)]))
    _, newest = await store.reader.notes_waiting("staff:s1")
    await store.commit(Changes(at=NOW, notes=[note("later"), note("other", topic="x")]))
    await store.commit(Changes(at=NOW + MINUTE, folded_boxes=[("staff:s1", "", newest)]))
    assert [n.key for _, n in await store.reader.notes("staff:s1")] == ["later", "other"]
    assert await store.reader.folded_at("staff:s1") == NOW + MINUTE


async def test_news_of_an_erased_person_go_with_them(store: Store) -> None:
    await store.commit(turn(LI, 1))
    news = note("n1", box=str(LI), topic="260304-00017", params={"text": "私事"})
    await store.commit(Changes(at=NOW, notes=[news, note("n2", box=str(WANG))]))
    erasing = turn(LI, 2)
    erasing.erased.append(LI)
    await store.commit(erasing)
    assert not await store.reader.notes(str(LI))
    assert [n.key for _, n in await store.reader.notes(str(WANG))] == ["n2"]


async def test_who_looked_at_what_is_written_down(store: Store) -> None:
    looked = [Looked(by="s1", what="card", at=NOW, ticket="260304-00017"), Looked(by="s1", what="search", at=NOW)]
    await store.commit(Changes(at=NOW, looked=looked))
    with pytest.raises(Unstorable):
        await store.commit(Changes(at=NOW, looked=[Looked(by="s1", what="search", at=NOW, detail="\ud83d")]))

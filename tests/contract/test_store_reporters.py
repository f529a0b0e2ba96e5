"""Whom a ticket belongs to: joining, leaving, coming back, and being forgotten after that."""

from __future__ import annotations

from bot.changes import Changes, Link, Reporter
from bot.domain.people import Address
from bot.ports import Store
from tests.fakes.changesets import NOW, filing, person, turn

N = "260304-00017"


async def joined(store: Store, who: Address, role: str = "joined") -> None:
    changes = Changes(at=NOW)
    changes.reporters.append(Reporter(N, who, role, NOW))
    await store.commit(changes)


async def left(store: Store, *people: Address) -> None:
    changes = Changes(at=NOW)
    changes.removed_reporters.extend((N, who) for who in people)
    await store.commit(changes)


async def test_who_left_is_none_of_its_people(store: Store) -> None:
    await store.commit(filing(person(), 1, N))
    await joined(store, person(2))
    await left(store, person())
    assert [r.address for r in await store.reader.reporters(N)] == [person(2)]
    assert not await store.reader.owns(person(), N)
    assert not await store.reader.tickets_of(person())
    assert await store.reader.owns(person(2), N)


async def test_who_left_may_come_back(store: Store) -> None:
    await store.commit(filing(person(), 1, N))
    await left(store, person())
    await joined(store, person(), "claimed")
    assert [(r.address, r.role) for r in await store.reader.reporters(N)] == [(person(), "claimed")]


async def test_somebody_else_takes_the_place_of_the_filer(store: Store) -> None:
    await store.commit(filing(person(), 1, N))
    await joined(store, person(2))
    changes = Changes(at=NOW)
    changes.removed_reporters.extend([(N, person()), (N, person(2))])
    changes.reporters.append(Reporter(N, person(2), "filer", NOW))
    await store.commit(changes)
    assert [(r.address, r.role) for r in await store.reader.reporters(N)] == [(person(2), "filer")]


async def test_leaving_what_is_not_ones_own_changes_nothing(store: Store) -> None:
    await store.commit(filing(person(), 1, N))
    await left(store, person(3))
    assert [r.address for r in await store.reader.reporters(N)] == [person()]


async def test_who_left_can_still_be_forgotten(store: Store) -> None:
    who = person()
    filed = filing(who, 1, N)
    filed.links.append(Link(ticket=N, kind="split_from", other="260301-00015", by=str(who), at=NOW))
    await store.commit(filed)
    await left(store, who)
    gone = turn(who, 2, "m2", text="")
    gone.erased.append(who)
    await store.commit(gone)
    assert str(who) not in {event.by for event in await store.reader.events(N)}
    assert str(who) not in {link.by for link in await store.reader.links(N)}

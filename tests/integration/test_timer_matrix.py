"""Every kind of timer against everything that can come between: each takes effect exactly once.

What its effect is the undisturbed run says: so many notes, pushes, events, tasks and timers in the one commit that
settles it. Every other run must come to the same, in one commit.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.changes import Changes, Timer
from bot.domain.guide import Guide
from bot.errors import StoreUnavailable
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.timer_firer import TimerFirer
from bot.townfile import SAMPLE, load_town
from handlers.timers.table import TIMERS
from storage.store import SqliteStore
from tests.fakes import special_scenes, timer_scenes
from tests.fakes.newsroom import Newsroom, newsroom

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SCENES = {**timer_scenes.SCENES, **special_scenes.SCENES}
OF_THE_ROUTER = {"card", "draft", "danger_draft", "calm"}
Effect = tuple[int, ...]


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide.of(load_town(SAMPLE))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory, guide: Guide) -> Path:
    """Where a database lies that was made once: making one takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("blank") / "data"

    async def make() -> None:
        async with newsroom(folder, guide):
            """It is there."""

    with ThreadPoolExecutor(1) as elsewhere:  # here a loop is running already
        elsewhere.submit(asyncio.run, make()).result()
    return folder


@pytest.fixture
async def room(tmp_path: Path, blank: Path, guide: Guide) -> AsyncIterator[Newsroom]:
    async with newsroom(shutil.copytree(blank, tmp_path / "data"), guide) as room:
        yield room


@dataclass
class Bench:
    """Fires one timer as the running desk does, and writes down what the commits that settled it held.

    ``cut_before`` and ``cut_after`` are how many commits fail unwritten, or are written and never heard of.
    """

    room: Newsroom
    timer: Timer
    effects: list[Effect] = field(default_factory=list)
    cut_before: int = 0
    cut_after: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process: nothing in memory is left."""
        self.dispatcher = Dispatcher(replace(self.room.desk, store=_Watched(self.room.store, self)))
        self.firer = TimerFirer(self.room.store, self.room.clock, self._only_this, asyncio.Event())

    async def _only_this(self, timer: Timer) -> bool:
        return timer == self.timer and await self.dispatcher.fire(timer)

    async def look(self) -> None:
        """What the worker does when it wakes, until there is nothing to do."""
        for _ in range(20):
            self.room.clock.at += timedelta(seconds=31)  # past every rest
            try:
                if not await self.firer.once():
                    return
            except StoreUnavailable:
                self.restart()
        raise AssertionError("it never comes to rest")

    async def commit(self, changes: Changes) -> None:
        mine = changes.fired == self.timer
        if mine and self.cut_before:
            self.cut_before -= 1
            raise StoreUnavailable
        await self.room.store.commit(changes)
        if mine:
            self.effects.append(effect(changes))
            if self.cut_after:
                self.cut_after -= 1
                raise StoreUnavailable


class _Watched(SqliteStore):
    """The same store, its commits through the bench."""

    def __init__(self, store: SqliteStore, bench: Bench) -> None:
        vars(self).update(vars(store))
        self._bench = bench

    async def commit(self, changes: Changes) -> None:
        await self._bench.commit(changes)


def effect(changes: Changes) -> Effect:
    """How much a commit does. (Pushes that say the same by another key are counted, not compared.)"""
    parts = (changes.notes, changes.pushes, changes.events, changes.tasks, changes.timers, changes.staff)
    return tuple(len(part) for part in parts)


Disturbance = Callable[[Bench, datetime], Awaitable[None]]


async def undisturbed(bench: Bench, due: datetime) -> None:
    bench.room.clock.at = due
    await bench.look()


async def looked_at_too_early(bench: Bench, due: datetime) -> None:
    bench.room.clock.at = due - 2 * MINUTE
    await bench.look()
    assert bench.effects == []
    await undisturbed(bench, due)


async def late_after_a_restart(bench: Bench, due: datetime) -> None:
    bench.restart()
    bench.room.clock.at = due + 20 * MINUTE
    await bench.look()


async def found_by_two_at_once(bench: Bench, due: datetime) -> None:
    bench.room.clock.at = due
    other = Dispatcher(replace(bench.room.desk, store=_Watched(bench.room.store, bench)))
    await asyncio.gather(bench.dispatcher.fire(bench.timer), other.fire(bench.timer))
    await bench.look()


async def killed_before_the_commit(bench: Bench, due: datetime) -> None:
    bench.cut_before = 2
    await undisturbed(bench, due)


async def killed_after_the_commit(bench: Bench, due: datetime) -> None:
    bench.cut_after = 1
    await undisturbed(bench, due)


def jump(there: timedelta, start: timedelta) -> Disturbance:
    """The clock is at ``due + start``, jumps, is looked at, jumps back, and goes on until due and later."""

    async def jumped(bench: Bench, due: datetime) -> None:
        for moment in (due + start, due + start + there, due + start, due, due + 30 * MINUTE):
            bench.room.clock.at = moment
            await bench.look()

    return jumped


DISTURBANCES: dict[str, Disturbance] = {
    "undisturbed": undisturbed,
    "looked at too early": looked_at_too_early,
    "late after a restart": late_after_a_restart,
    "found by two at once": found_by_two_at_once,
    "killed before the commit": killed_before_the_commit,
    "killed after the commit": killed_after_the_commit,
    "an hour forward and back": jump(HOUR, -30 * MINUTE),
    "an hour back and forward": jump(-HOUR, 5 * MINUTE),
    "a day forward and back": jump(DAY, -30 * MINUTE),
    "a day back and forward": jump(-DAY, 5 * MINUTE),
}


def test_every_kind_of_timer_has_a_scene() -> None:
    assert set(SCENES) == set(TIMERS) | OF_THE_ROUTER


@pytest.fixture(scope="module")
def known() -> dict[str, Effect]:
    """What undisturbed runs have come to so far, by kind."""
    return {}


async def calm(folder: Path, guide: Guide, kind: str) -> Effect:
    """What a timer of that kind does when nothing comes between."""
    async with newsroom(folder, guide) as room:
        timer = await SCENES[kind](room)
        bench = Bench(room, timer)
        await undisturbed(bench, timer.due_at)
        (done,) = bench.effects
        return done


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("kind", SCENES)
async def test_it_takes_effect_exactly_once(
    room: Newsroom, blank: Path, tmp_path: Path, guide: Guide, known: dict[str, Effect], kind: str, disturbance: str
) -> None:
    if kind not in known:
        known[kind] = await calm(shutil.copytree(blank, tmp_path / "calm"), guide, kind)
    assert any(known[kind])
    timer = await SCENES[kind](room)
    bench = Bench(room, timer)
    await DISTURBANCES[disturbance](bench, timer.due_at)
    assert bench.effects == [known[kind]]
    assert timer not in await room.store.due_timers(timer.due_at + 2 * DAY, 500)

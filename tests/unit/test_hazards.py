"""What takes the process with it is counted before it is tried again, and given up after some tries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.changes import Timer
from bot.errors import StoreUnavailable
from bot.message import Reply
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.hazards import SLOTS, TRIES, Hazards, name_of, name_of_timer
from bot.runtime.reception import Reception
from bot.runtime.spool import Spool
from bot.runtime.spool_answerer import SpoolAnswerer
from bot.runtime.spool_folder import SpoolFolder
from bot.turn import Turn
from tests.fakes.small_desk import CHAT, RESIDENT, SmallDesk

BAD = b"bad message name"
GOOD = b"good message nam"


@dataclass
class Book:
    """The store's part, in memory."""

    kept: dict[str, int] = field(default_factory=dict)
    away: bool = False

    async def attempts(self) -> Mapping[str, int]:
        self._ask()
        return dict(self.kept)

    async def count_attempts(self, more: Mapping[str, int], at: datetime) -> None:
        self._ask()
        for name, tries in more.items():
            self.kept[name] = self.kept.get(name, 0) + tries

    async def forget_attempts(self, names: Sequence[str]) -> None:
        self._ask()
        for name in names:
            self.kept.pop(name, None)

    def _ask(self) -> None:
        if self.away:
            raise StoreUnavailable


DYING = """
import os, sys
from pathlib import Path
from bot.runtime.hazards import Hazards
h = Hazards(Path(sys.argv[1]))
"""


def die(path: Path, deciding: bytes, done: bytes = b"") -> None:
    """A process that dies while it decides one thing, after it has decided another."""
    code = f"{DYING}h.begin({deciding!r})\nh.end(h.begin({done!r} or h._at(0)))\nos._exit(9)\n"
    ran = subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)  # noqa: S603  # our own program
    assert ran.returncode == 9


def test_only_what_was_being_decided_when_a_process_died_has_a_try_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "deciding"
    die(path, BAD, GOOD)
    hazards = Hazards(path)
    assert (hazards.tries(BAD), hazards.tries(GOOD)) == (1, 0)
    assert hazards.suspects


async def test_without_a_store_tries_add_up_on_disk_and_are_told_once_when_it_is_there(tmp_path: Path) -> None:
    path, book = tmp_path / "deciding", Book(away=True)
    for tries in (1, 2):
        before = Hazards(path)
        before.begin(BAD)  # and this process dies too
        hazards = Hazards(path)
        assert hazards.tries(BAD) == tries
        with pytest.raises(StoreUnavailable):
            await hazards.share(book, SmallDesk().clock.now())
    book.away = False
    await hazards.share(book, SmallDesk().clock.now())
    assert book.kept == {BAD.hex(): 2}
    assert hazards.tries(BAD) == 2
    assert Hazards(path).tries(BAD) == 0  # the store knows now
    await hazards.share(book, SmallDesk().clock.now())
    assert book.kept == {BAD.hex(): 2}


async def test_other_processes_learn_of_it_and_of_its_end() -> None:
    book, mine, other = Book({BAD.hex(): 2, "nonsense": 1}), Hazards(), Hazards()
    now = SmallDesk().clock.now()
    await mine.share(Book({BAD.hex(): 2}), now)
    assert mine.tries(BAD) == 2
    mine.over(BAD)
    assert mine.tries(BAD) == 0
    await mine.share(book, now)
    assert BAD.hex() not in book.kept
    await other.share(Book(), now)
    assert not other.suspects


def test_with_more_under_way_than_there_is_room_the_rest_is_not_noted(tmp_path: Path) -> None:
    hazards = Hazards(tmp_path / "deciding")
    slots = [hazards.begin(os.urandom(16)) for _ in range(SLOTS + 3)]
    for slot in slots:
        hazards.end(slot)
    assert sum(1 for slot in slots if slot < 0) == 3
    assert not Hazards(tmp_path / "deciding").suspects


def test_where_no_file_can_be_made_the_desk_goes_on(tmp_path: Path) -> None:
    hazards = Hazards(tmp_path / "nowhere" / "deciding")
    hazards.end(hazards.begin(BAD))
    assert not hazards.suspects


# In a turn


class Counting:
    """A use case that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, turn: Turn) -> Reply | None:
        self.asked += 1
        return Reply("decided")


async def suspecting(small: SmallDesk, name: bytes, tries: int) -> Hazards:
    hazards = Hazards()
    await hazards.share(Book({name.hex(): tries}), small.clock.now())
    return hazards


async def test_a_message_that_killed_too_often_is_set_aside_undecided_and_the_person_told() -> None:
    handle = Counting()
    small = SmallDesk(handle=handle, traits=replace(CHAT, answers_at_once=True))
    message = small.message("kills", "1")
    hazards = await suspecting(small, name_of(message), TRIES)
    dispatcher = Dispatcher(replace(small.desk, hazards=hazards))
    answer = await dispatcher.take(message)
    assert answer.reply is not None
    assert answer.reply.text.startswith("zh_CN: error.unexpected incident=")
    assert handle.asked == 0
    [(_, why, kept, _)] = small.store.quarantined
    assert why.startswith("Lethal")
    assert kept == message
    assert hazards.tries(name_of(message)) == 0
    assert (await dispatcher.take(small.message("next", "2"))).reply == Reply("decided")


async def test_one_that_goes_well_after_all_is_forgotten() -> None:
    small = SmallDesk(handle=Counting())
    message = small.message("kills", "1")
    hazards = await suspecting(small, name_of(message), TRIES - 1)
    await Dispatcher(replace(small.desk, hazards=hazards)).take(message)
    assert not hazards.suspects
    assert small.store.quarantined == []


async def test_with_the_store_away_a_deadly_message_is_still_deadly() -> None:
    handle = Counting()
    small = SmallDesk(handle=handle)
    message = small.message("kills", "1")
    hazards = await suspecting(small, name_of(message), TRIES)
    small.store.faults = [StoreUnavailable()]
    dispatcher = Dispatcher(replace(small.desk, hazards=hazards))
    with pytest.raises(StoreUnavailable):
        await dispatcher.take(message)
    await dispatcher.take(message)
    assert handle.asked == 0


async def test_a_timer_that_killed_too_often_counts_as_fired() -> None:
    handle = Counting()
    small = SmallDesk(fire=handle)
    timer = Timer("draft", "d1", small.clock.now(), address=RESIDENT)
    hazards = await suspecting(small, name_of_timer(timer), TRIES)
    dispatcher = Dispatcher(replace(small.desk, hazards=hazards))
    assert await dispatcher.fire(timer)
    assert handle.asked == 0
    assert [quarantined[3] for quarantined in small.store.quarantined] == [timer]
    assert hazards.tries(name_of_timer(timer)) == 0


async def test_what_killed_once_is_kept_on_disk_before_it_is_tried_again(tmp_path: Path) -> None:
    handle = Counting()
    small = SmallDesk(handle=handle, traits=replace(CHAT, answers_at_once=True))
    message = small.message("kills", "1")
    desk = replace(small.desk, hazards=await suspecting(small, name_of(message), 1))
    spool = Spool(SpoolFolder(tmp_path, reserve=0), small.clock, small.metrics)
    dispatcher = Dispatcher(desk)
    answer = await Reception(dispatcher, spool, desk).take(message)
    assert answer.reply == Reply("zh_CN: spool.kept")
    assert (handle.asked, len(spool)) == (0, 1)
    await SpoolAnswerer(spool, dispatcher, desk).once()
    assert (handle.asked, len(spool)) == (1, 0)
    assert small.store.pushes["reply:chat:1"].reply == Reply("decided")
    await spool.close()

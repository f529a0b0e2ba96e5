"""What the command line hands to a running desk: taken in once, answered, or taken back."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.changes import Changes, Note, StaffEvent, Timer
from bot.clock import FixedClock, SystemClock
from bot.console.office import hand_in
from bot.domain.people import Address, Invitation, Role, Shift, Staff
from bot.errors import ConfigurationError, Conflict, StoreUnavailable, Unstorable
from bot.letterbox import FOLDER, Letter, Letterbox
from bot.message import Push, Reply
from bot.runtime.letters import STALE, Postman

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
WHO = Staff(
    id="w",
    name="王强",
    role=Role.HANDLER,
    unit="transport",
    addresses=(Address("web", "x"),),
    joined_at=NOW,
    away=Shift(NOW, NOW + timedelta(days=1)),
)
CHANGES = Changes(
    staff=[(WHO, StaffEvent(staff="w", seq=1, at=NOW, action="changed", by="desk", data={"unit": ["a", "b"]}))],
    invitations=[Invitation(digest="d", role=Role.LEAD, unit="water", made_at=NOW, expires_at=NOW)],
    timers=[Timer("cases_back", "w", NOW)],
    notes=[Note(key="k", box="staff:w", what="x", at=NOW)],
)


LOOKS = 1000


class Desk:
    """A desk that takes letters in; ``error`` is raised by its store."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        self.made: list[Changes] = []
        self.heard: list[Changes] = []
        self.error = error
        self.clock = FixedClock(NOW)
        self.postman = Postman(Letterbox(folder), self.clock, self.commit, self.heard.append)

    async def commit(self, changes: Changes) -> None:
        if self.error is not None:
            raise self.error
        self.made.append(changes)

    async def works(self) -> None:
        """Take in the next letter."""
        for _ in range(LOOKS):
            if await self.postman.once():
                return
            await asyncio.sleep(0.01)


def left(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / FOLDER))


def test_a_letter_says_what_was_to_be_changed() -> None:
    changed = Letter.of(CHANGES, NOW).changes()
    assert (changed.staff, changed.invitations) == (CHANGES.staff, CHANGES.invitations)
    assert (changed.timers, changed.notes) == (CHANGES.timers, CHANGES.notes)


def test_only_changes_of_staff_can_be_handed_in() -> None:
    push = Push(key="k", address=Address("web", "x"), reply=Reply("x"), created_at=NOW)
    with pytest.raises(ValueError, match="only changes of staff"):
        Letter.of(Changes(pushes=[push]), NOW)


async def test_what_is_handed_in_becomes_true_once_and_is_answered(tmp_path: Path) -> None:
    box, desk = Letterbox(tmp_path), Desk(tmp_path)
    name = box.hand_in(Letter.of(CHANGES, NOW))
    assert box.answer(name) is None
    assert await desk.postman.once() == 1
    assert await desk.postman.once() == 0
    assert [made.staff for made in desk.made] == [CHANGES.staff]
    assert desk.heard == desk.made
    answer = box.answer(name)
    assert answer is not None
    assert answer.outcome == "ok"
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Conflict(), "conflict"), (Unstorable(), "unreadable"), (StoreUnavailable(), "unavailable")],
)
async def test_what_cannot_be_written_is_answered_too(error: Exception, outcome: str, tmp_path: Path) -> None:
    box, desk = Letterbox(tmp_path), Desk(tmp_path, error)
    name = box.hand_in(Letter.of(CHANGES, NOW))
    await desk.postman.once()
    answer = box.answer(name)
    assert answer is not None
    assert answer.outcome == outcome
    assert desk.heard == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"at": 1}', b"\xff\xfe", b'{"at":"2026-03-04T02:00:00Z","x":1}'])
async def test_what_is_no_letter_changes_nothing(content: bytes, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0.letter").write_bytes(content)
    await desk.postman.once()
    answer = Letterbox(tmp_path).answer("0")
    assert answer is not None
    assert answer.outcome == "unreadable"
    assert desk.made == []


async def test_a_letter_somebody_left_behind_changes_nothing(tmp_path: Path) -> None:
    box, desk = Letterbox(tmp_path), Desk(tmp_path)
    name = box.hand_in(Letter.of(CHANGES, NOW))
    desk.clock.advance(STALE + timedelta(seconds=1))
    await desk.postman.once()
    answer = box.answer(name)
    assert answer is not None
    assert answer.outcome == "too_old"
    assert desk.made == []


async def test_a_letter_taken_back_is_not_taken_in(tmp_path: Path) -> None:
    box, desk = Letterbox(tmp_path), Desk(tmp_path)
    name = box.hand_in(Letter.of(CHANGES, NOW))
    assert box.take_back(name)
    assert await desk.postman.once() == 0
    assert not box.take_back(name)


async def test_letters_come_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    box, desk = Letterbox(tmp_path), Desk(tmp_path)
    for number in range(5):
        name = box.hand_in(Letter(at=NOW, timers=[Timer("cases_back", str(number), NOW)]))
        at = NOW.timestamp() + number
        os.utime(tmp_path / FOLDER / f"{name}.letter", (at, at))
    await desk.postman.once()
    assert [made.timers[0].subject for made in desk.made] == list("01234")


def test_only_the_owner_may_read_and_leftovers_are_swept(tmp_path: Path) -> None:
    box = Letterbox(tmp_path)
    box.hand_in(Letter.of(CHANGES, NOW))
    [old] = (tmp_path / FOLDER).iterdir()
    assert old.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    os.utime(old, (1, 1))
    box.hand_in(Letter.of(CHANGES, NOW))
    assert old.name not in left(tmp_path)


async def test_the_command_line_waits_for_the_answer(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.clock.at = SystemClock().now()

    async with asyncio.TaskGroup() as group:
        group.create_task(desk.works())
        group.create_task(hand_in(SystemClock(), tmp_path, CHANGES))
    assert len(desk.made) == 1


async def test_the_command_line_hears_of_a_conflict(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Conflict())
    desk.clock.at = SystemClock().now()
    task = asyncio.create_task(hand_in(SystemClock(), tmp_path, CHANGES))
    await desk.works()
    with pytest.raises(Conflict):
        await task


async def test_a_desk_that_takes_nothing_in_is_told_of_and_the_letter_is_taken_back(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="takes nothing in"):
        await hand_in(SystemClock(), tmp_path, CHANGES, patience=0.1)
    assert left(tmp_path) == []


async def test_a_desk_that_ends_in_the_middle_leaves_it_unclear(tmp_path: Path) -> None:
    task = asyncio.create_task(hand_in(SystemClock(), tmp_path, CHANGES, patience=0.3))
    for _ in range(LOOKS):
        if list(Letterbox(tmp_path).take()):
            break
        await asyncio.sleep(0.01)
    with pytest.raises(ConfigurationError, match="look with `staff list`"):
        await task

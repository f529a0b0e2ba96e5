"""Files of the spool: whole or not there, damaged ones out of the way, nothing of the erased left."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.people import Address
from bot.message import InboundMessage, MessageKind
from bot.runtime.spool_folder import SpoolFolder, SpoolFull
from bot.runtime.spool_lines import Spooled, line_of, lines_in, spooled_in

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def said(seq: int, text: str = "路灯坏了", who: str = "li") -> Spooled:
    message = InboundMessage(
        address=Address("wechat", who), key=f"m{seq}", kind=MessageKind.TEXT, at=NOW, text=text, raw=text.encode()
    )
    return Spooled(seq, message)


def write(folder: SpoolFolder, *many: Spooled) -> Path:
    return folder.write(many[0].seq, [line_of(each) for each in many]).path


def found(folder: SpoolFolder) -> list[int]:
    return [spooled.seq for spooled, _ in folder.load().messages]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def folder(root: Path) -> Iterator[SpoolFolder]:
    folder = SpoolFolder(root, reserve=0)
    yield folder
    folder.close()


def test_a_line_is_read_back_whole_and_one_changed_byte_is_seen() -> None:
    line = line_of(said(7))
    assert spooled_in(line) == said(7)
    for place in range(len(line) - 1):
        assert lines_in(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]) == ([], True), place


def test_batches_are_found_again_in_the_order_messages_came(folder: SpoolFolder) -> None:
    write(folder, said(5), said(3))
    write(folder, said(1), said(4))
    assert found(folder) == [1, 3, 4, 5]


def test_only_the_owner_may_read(folder: SpoolFolder) -> None:
    path = write(folder, said(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_half_written_is_thrown_away(folder: SpoolFolder) -> None:
    write(folder, said(1))
    half = folder.path / "00000000000000000002.part"
    half.write_bytes(line_of(said(2))[:-9])
    assert found(folder) == [1]
    assert not half.exists()


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"nonsense\n", line_of(said(9))[:-20]])
def test_what_is_damaged_is_set_aside_and_the_good_lines_stay(folder: SpoolFolder, damage: bytes) -> None:
    path = write(folder, said(1), said(2))
    good = path.read_bytes()
    path.write_bytes(good + damage)
    assert found(folder) == [1, 2]
    assert folder.damaged() == bool(damage)
    assert found(folder) == [1, 2]  # and so at every start after it


def test_a_batch_of_which_nothing_can_be_read_stands_in_nobodys_way(folder: SpoolFolder) -> None:
    write(folder, said(1)).write_bytes(os.urandom(200))
    write(folder, said(2))
    assert found(folder) == [2]
    assert folder.damaged() == 1
    folder.forget_damaged(NOW.timestamp() + 10**9)
    assert folder.damaged() == 0


def test_a_message_is_overwritten_where_it_lies(folder: SpoolFolder) -> None:
    path = write(folder, said(1, "我叫李四", "li"), said(2, "别的事", "wang"))
    places = {spooled.seq: place for spooled, place in folder.load().messages}
    folder.blank(places[1])
    content = path.read_bytes()
    for trace in ("我叫李四".encode(), b'wechat","id":"li"', b"m1"):
        assert trace not in content
    assert lines_in(content) == ([(said(2, "别的事", "wang"), places[2].offset, places[2].length)], False)
    assert folder.read(places[2]) == said(2, "别的事", "wang")


def test_a_message_nobody_can_answer_goes_aside_alone(folder: SpoolFolder) -> None:
    write(folder, said(1), said(2))
    (_, first), _ = folder.load().messages
    folder.set_aside(first)
    assert (found(folder), folder.damaged()) == ([2], 1)


def test_with_its_last_message_a_batch_goes(folder: SpoolFolder) -> None:
    batch = folder.write(1, [line_of(said(1))])
    assert folder.bytes > 0
    folder.remove(batch)
    assert (found(folder), folder.bytes) == ([], 0)


def test_it_takes_no_more_than_it_may(root: Path) -> None:
    folder = SpoolFolder(root, most_bytes=len(line_of(said(1))) + 10, reserve=0)
    write(folder, said(1))
    with pytest.raises(SpoolFull):
        write(folder, said(2))
    assert found(folder) == [1]
    folder.close()


def test_each_process_has_a_place_and_takes_over_that_of_one_that_is_gone(root: Path) -> None:
    mine, other = SpoolFolder(root, reserve=0), SpoolFolder(root, reserve=0)
    assert mine.path != other.path
    write(other, said(2))
    write(mine, said(1))
    assert mine.adopt().messages == []  # it is alive
    other.close()
    ((spooled, place),) = mine.adopt().messages
    assert (spooled.seq, mine.read(place)) == (2, said(2))
    assert found(mine) == [1, 2]
    mine.close()


def fill_the_disk(folder: SpoolFolder, seq: int) -> None:
    """The next batch of that number is written to a device that has no room."""
    (folder.path / f"{seq:020d}.part").symlink_to("/dev/full")


def test_on_a_full_disk_nothing_is_taken_and_nothing_left_behind_and_it_goes_on_when_there_is_room(
    folder: SpoolFolder,
) -> None:
    fill_the_disk(folder, 1)
    with pytest.raises(OSError, match="No space left"):
        write(folder, said(1))
    assert (found(folder), folder.bytes) == ([], 0)
    write(folder, said(1))
    assert found(folder) == [1]


def test_the_reserve_is_given_up_for_messages_and_laid_in_again(tmp_path: Path) -> None:
    folder = SpoolFolder(tmp_path, reserve=4096)
    reserve = folder.path / "reserve"
    assert reserve.stat().st_blocks * 512 >= 4096  # no hole: the room is taken
    fill_the_disk(folder, 1)
    write(folder, said(1))
    assert found(folder) == [1]
    assert not reserve.exists()
    assert folder.restock()
    assert reserve.exists()
    folder.close()

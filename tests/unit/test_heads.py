"""Signed heads of the chained record: read back as they were, refused when somebody changed them, kept elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot import heads
from bot.clock import FixedClock
from bot.domain.audit import Head
from bot.heads import HEAD, RESTORED, Signer
from bot.runtime.head_keeper import HeadKeeper
from tests.fakes.changesets import NOW

SIGNER, OTHER = Signer(b"k" * 32), Signer(b"o" * 32)
LINK = bytes(range(32))
LINE = SIGNER.line(HEAD, 1234, LINK, NOW)


def read(*lines: str, signer: Signer = SIGNER) -> heads.Read:
    return heads.read("".join(f"{line}\n" for line in lines), [signer.public], "heads.txt")


def test_a_line_is_read_as_it_was_signed() -> None:
    found = read(LINE, "", SIGNER.line(HEAD, 1300, LINK, NOW))
    assert found.flaws == ()
    assert heads.counting(found.signed)[0] == Head(1234, LINK, NOW.replace(microsecond=0).isoformat())
    assert [each.seq for each in found.signed] == [1234, 1300]


@pytest.mark.parametrize("place", range(0, len(LINE), 3))
def test_whatever_is_changed_in_a_line_is_seen(place: int) -> None:
    other = "0" if LINE[place] != "0" else "1"
    found = read(LINE[:place] + other + LINE[place + 1 :])
    assert found.signed == ()
    assert len(found.flaws) == 1
    assert found.flaws[0].startswith("heads.txt, line 1: ")


def test_another_key_does_not_count() -> None:
    (flaw,) = read(OTHER.line(HEAD, 1, LINK, NOW)).flaws
    assert "another key" in flaw


def test_what_a_restored_backup_has_not_is_lost_and_no_cut() -> None:
    hour = timedelta(hours=1)
    found = read(
        SIGNER.line(HEAD, 10, LINK, NOW),
        SIGNER.line(HEAD, 20, LINK, NOW + hour),
        SIGNER.line(RESTORED, 15, LINK, NOW + 2 * hour),
        SIGNER.line(HEAD, 18, LINK, NOW + 3 * hour),
    )
    assert [head.seq for head in heads.counting(found.signed)] == [10, 15, 18]
    ((first, last, _),) = heads.lost(found.signed)
    assert (first, last) == (16, 20)


def newest(seqs: list[int]) -> Callable[[], Awaitable[tuple[int, bytes]]]:
    async def head() -> tuple[int, bytes]:
        return seqs[-1], LINK

    return head


def seqs_in(path: Path) -> list[int]:
    return [each.seq for each in read(*heads.lines_of(path)).signed]


async def test_a_head_is_signed_once_and_put_elsewhere_as_soon_as_that_is_there(tmp_path: Path) -> None:
    data, outside, seqs = tmp_path / "data", tmp_path / "other disk", [0]
    own = data / heads.FOLDER / heads.FILE

    def keeper() -> HeadKeeper:
        return HeadKeeper(newest(seqs), SIGNER, data, outside, FixedClock(NOW).now)

    one = keeper()
    for seq in (0, 5, 5, 9):
        seqs.append(seq)
        await one.once()
    assert seqs_in(own) == [5, 9]
    assert [sample.value for sample in one.samples()] == [0.0, NOW.timestamp()]
    assert not outside.exists()
    outside.mkdir()
    await one.once()
    assert one.samples()[0].value == 1.0
    await keeper().once()  # after a start nothing is signed twice
    assert seqs_in(outside / heads.FILE) == seqs_in(own) == [5, 9]
    assert bytes.fromhex((outside / heads.PUBLIC).read_text()) == SIGNER.public


async def test_a_line_that_was_cut_off_while_it_was_written_harms_no_other(tmp_path: Path) -> None:
    own = tmp_path / heads.FOLDER / heads.FILE
    own.parent.mkdir()
    own.write_text(f"{LINE}\n{LINE[:40]}")
    await HeadKeeper(newest([2000]), SIGNER, tmp_path, None, FixedClock(NOW).now).once()
    found = read(*own.read_text().splitlines())
    assert [each.seq for each in found.signed] == [1234, 2000]
    assert found.flaws == ()


def test_the_file_of_heads_is_ours_alone(tmp_path: Path) -> None:
    heads.add(tmp_path / "audit" / "heads.txt", [LINE])
    assert (tmp_path / "audit" / "heads.txt").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o700

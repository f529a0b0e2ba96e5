"""Pictures are known again, and wrong ones do no harm."""

from __future__ import annotations

import asyncio
import os
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from bot.domain.pictures import NEAR, bands, difference, moment_of, probes
from bot.pictures.seeing import see
from bot.pictures.viewer import LARGEST, Sight, Viewer
from tests.fakes.photos import jpeg, scene, written
from tests.fakes.recordings import heic

TOWN = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
STREET = scene(1)

hashes = st.integers(0, 2**64 - 1)


# Finding what is near


@given(hashes, st.sets(st.integers(0, 63), max_size=NEAR))
def test_whatever_is_near_has_a_band_that_is_probed(value: int, turned: set[int]) -> None:
    other = value
    for bit in turned:
        other ^= 1 << bit
    one, two = f"{value:016x}", f"{other:016x}"
    assert difference(one, two) == len(turned)
    assert not set(probes(one)).isdisjoint(bands(two))


@given(hashes)
def test_bands_of_different_places_are_never_the_same(value: int) -> None:
    assert len(set(bands(f"{value:016x}"))) == 4
    assert len(set(probes(f"{value:016x}"))) == 4 * 17


# What a picture looks like


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(jpeg(STREET.resize((200, 150)), quality=40), id="made smaller"),
        pytest.param(jpeg(STREET, quality=15), id="compressed again"),
        pytest.param(written(STREET, "PNG"), id="another format"),
        pytest.param(written(STREET, "WEBP", quality=30), id="webp"),
        pytest.param(heic(STREET), id="heic"),
        pytest.param(jpeg(ImageEnhance.Brightness(STREET).enhance(1.2)), id="brightened"),
        pytest.param(jpeg(STREET.convert("L")), id="without colours"),
        pytest.param(written(STREET.convert("RGBA"), "PNG"), id="with transparency"),
    ],
)
def test_the_same_picture_is_near(again: bytes) -> None:
    assert difference(see(jpeg(STREET)).phash, see(again).phash) <= NEAR


def test_other_pictures_are_far() -> None:
    looks = [see(jpeg(scene(seed))).phash for seed in range(30)]
    pairs = [difference(one, other) for place, one in enumerate(looks) for other in looks[:place]]
    assert min(pairs) > NEAR * 2


def test_a_picture_turned_by_a_note_in_it_is_the_same() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise
    lying = STREET.transpose(Image.Transpose.ROTATE_90)
    assert difference(see(written(lying, "JPEG", exif=exif)).phash, see(jpeg(STREET)).phash) <= NEAR


def test_a_picture_of_nothing_looks_like_no_other() -> None:
    assert see(jpeg(Image.new("RGB", (300, 200), (40, 80, 40)))).phash == ""


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK"])
def test_every_mode_can_be_seen(mode: str) -> None:
    content = written(STREET.convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    assert see(content).problem == ""


# When it was taken


@pytest.mark.parametrize(
    ("written_", "offset", "at"),
    [
        ("2026:03:01 08:30:00", "", datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("2026:03:01 08:30:00", "+00:00", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026:03:01 08:30:00\0", "-05:30", datetime(2026, 3, 1, 14, 0, tzinfo=UTC)),
        ("2026:03:01 08:30:00", "+99:99", datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("2026:03:01 08:30:00", "nonsense", datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("2026:03:05 08:30:00", "", None),
        ("0000:00:00 00:00:00", "", None),
        ("    :  :     :  :  ", "", None),
        ("0001:01:01 00:00:00", "+14:00", None),
        ("", "", None),
    ],
)
def test_the_moment_it_tells(written_: str, offset: str, at: datetime | None) -> None:
    assert moment_of(written_, offset, TOWN, NOW) == at


def test_it_is_read_from_the_picture() -> None:
    seen = see(jpeg(STREET, taken="2026:03:01 08:30:00", offset="+08:00"))
    assert (seen.written, seen.offset) == ("2026:03:01 08:30:00", "+08:00")
    assert see(jpeg(STREET)).written == ""


# The process that looks


async def whole(content: bytes, piece: int = 10_000) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), piece):
        yield content[begin : begin + piece]


def empty_png(width: int, height: int) -> bytes:
    """A few bytes that unfold into a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6)) + chunk(b"IEND", b"")
    )


async def test_wrong_ones_are_no_error_and_the_next_is_seen() -> None:
    viewer = Viewer()
    try:
        wrong = [b"no picture", b"", jpeg(STREET)[:2000], empty_png(60_000, 60_000), written(STREET, "GIF")]
        sights = [await viewer.look(len(content), whole(content)) for content in wrong]
        assert all(sight.problem and not sight.phash for sight in sights)
        good = jpeg(STREET, taken="2026:03:01 08:30:00")
        assert await viewer.look(len(good), whole(good)) == Sight(see(good).phash, "2026:03:01 08:30:00")
    finally:
        await viewer.close()


async def test_a_huge_jpeg_is_read_small() -> None:
    viewer = Viewer()
    content = jpeg(scene(3).resize((7_000, 6_000)), quality=30)
    try:
        sight = await viewer.look(len(content), whole(content))
    finally:
        await viewer.close()
    assert difference(sight.phash, see(jpeg(scene(3))).phash) <= NEAR


async def test_content_of_another_length_than_was_said() -> None:
    viewer, good = Viewer(), jpeg(STREET)
    try:
        assert (await viewer.look(len(good) + 5, whole(good))).problem == "broke_off"
        assert (await viewer.look(len(good) - 5, whole(good))).problem == "broke_off"
        assert (await viewer.look(LARGEST + 1, whole(good))).problem == "too_large"
        assert (await viewer.look(len(good), whole(good))).phash
    finally:
        await viewer.close()


async def test_what_takes_too_long_is_given_up_and_its_process_ended() -> None:
    begun = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        begun.set()
        await asyncio.Event().wait()
        yield b""

    hasty, viewer, good = Viewer(patience=0.0), Viewer(), jpeg(STREET)
    assert (await hasty.look(10, never())).problem == "too_slow"
    assert children() == set()
    begun.clear()
    looking = asyncio.get_running_loop().create_task(viewer.look(10, never()))
    await begun.wait()
    assert len(children()) == 1
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert children() == set()
    assert (await viewer.look(len(good), whole(good))).phash
    await viewer.close()
    assert children() == set()


async def test_the_process_knows_nothing_of_the_desks_secrets() -> None:
    viewer, good = Viewer(), jpeg(STREET)
    await viewer.look(len(good), whole(good))
    (child,) = children()
    assert environment(child) == b""
    await viewer.close()


def environment(process: str) -> bytes:
    """What a process was told of its surroundings."""
    return Path(f"/proc/{process}/environ").read_bytes().strip(b"\0")


def children() -> set[str]:
    """The processes that look at pictures for us, as the system knows them."""
    mine = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if fields[1] == str(os.getpid()) and fields[0] != "Z":
                mine.add(status.parent.name)
    return mine

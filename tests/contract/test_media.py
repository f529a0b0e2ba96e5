"""The contract of `bot.ports.MediaStock`, kept by a folder, by a bucket of a real server that checks signatures, and by
both together: files are whole or not at all, once, under the name of their content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import Malformed, NotFound
from bot.ports import KeptMedia, MediaStock, StoredMedia
from storage.media import MediaFolder
from storage.media_bucket import MediaBucket
from storage.media_two import TwoPlaces
from tests.fakes.s3_server import S3Server

MB = 1024 * 1024
LONG = b"".join(n.to_bytes(4, "big") for n in range(600_000))
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "buckets") as running:
        yield running


@dataclass
class Place:
    """A place of files, and how to look into it from outside."""

    media: MediaStock
    names: Callable[[], list[str]]
    again: Callable[[], MediaStock]


@pytest.fixture(params=["folder", "bucket", "both"])
def place(request: pytest.FixtureRequest, tmp_path: Path, server: S3Server) -> Place:
    folder = tmp_path / "media"

    def in_folder() -> list[str]:
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    if request.param == "folder":
        return Place(MediaFolder(folder), in_folder, lambda: MediaFolder(folder))
    address = server.place()

    def bucket() -> MediaBucket:
        return MediaBucket(address, tmp_path / "coming")

    def in_bucket() -> list[str]:
        assert not list((tmp_path / "coming").iterdir())
        return sorted(server.content(address))

    if request.param == "bucket":
        return Place(bucket(), in_bucket, bucket)
    return Place(
        TwoPlaces(bucket(), MediaFolder(folder)),
        lambda: in_bucket() + in_folder(),
        lambda: TwoPlaces(bucket(), MediaFolder(folder)),
    )


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


async def content(media: MediaStock, sha256: str, first: int = 0, after: int | None = None) -> bytes:
    return b"".join([piece async for piece in media.open(sha256, first, after)])


async def test_content_is_kept_under_its_hash(place: Place) -> None:
    stored = await place.media.save(pieces(PNG[:3], PNG[3:10], PNG[10:]), MB)
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert stored == StoredMedia(sha256, len(PNG), "image/png")
    assert place.names() == [f"{sha256[:2]}/{sha256[2:4]}/{sha256}"]
    assert await content(place.media, sha256) == PNG
    assert await place.media.exists(sha256)
    assert await content(place.again(), sha256) == PNG


async def test_the_same_content_is_there_once(place: Place) -> None:
    stored = await asyncio.gather(*(place.media.save(pieces(PNG), MB) for _ in range(8)))
    assert len(set(stored)) == 1
    assert len(place.names()) == 1


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 3 * MB])
async def test_any_size(place: Place, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    stored = await place.media.save(pieces(data[:size]), size)
    assert stored.bytes == size
    assert await content(place.media, stored.sha256) == data[:size]


@pytest.mark.parametrize(
    ("first", "after"), [(0, 1), (5, 5), (0, 0), (999_999, 1_000_002), (2_000_000, None), (7, 10**9)]
)
async def test_a_part_is_what_stands_there(place: Place, first: int, after: int | None) -> None:
    stored = await place.media.save(pieces(LONG), 3 * MB)
    assert await content(place.media, stored.sha256, first, after) == LONG[first:after]


async def test_too_much_is_refused_and_leaves_nothing(place: Place) -> None:
    with pytest.raises(Malformed) as refused:
        await place.media.save(pieces(*(b"v" * MB for _ in range(20))), 5 * MB)
    assert refused.value.key == "media.too_large"
    assert place.names() == []


@pytest.mark.parametrize("failure", [ConnectionResetError("gone"), TimeoutError(), ValueError("odd")])
async def test_what_the_source_raises_comes_through_and_leaves_nothing(place: Place, failure: Exception) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"v" * MB
        await asyncio.sleep(0)
        raise failure

    with pytest.raises(type(failure)) as raised:
        await place.media.save(breaks(), 20 * MB)
    assert raised.value is failure
    assert place.names() == []


async def test_a_cancelled_download_leaves_nothing(place: Place) -> None:
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * MB
        yield b"x" * MB
        begun.set()
        await asyncio.Event().wait()

    saving = asyncio.create_task(place.media.save(slow(), 20 * MB))
    await begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await place.media.save(pieces(PNG), MB)
    assert len(place.names()) == 1


@pytest.mark.parametrize("name", ["0" * 64, "", "../../../etc/passwd", "A" * 64, "0" * 63 + "/", "coming"])
async def test_nothing_but_stored_content_can_be_opened_or_removed(place: Place, name: str) -> None:
    assert not await place.media.exists(name)
    with pytest.raises(NotFound):
        await content(place.media, name)
    try:
        assert not await place.media.remove(name)
    except NotFound:
        assert len(name) != 64 or name != "0" * 64


async def test_all_that_is_there_is_told_in_order(place: Place) -> None:
    words = [b"%d" % n for n in range(40)]
    for word in words:
        await place.media.save(pieces(word), MB)
    found = [kept async for kept in place.media.kept()]
    assert found == sorted(
        (KeptMedia(hashlib.sha256(word).hexdigest(), len(word)) for word in words), key=lambda kept: kept.sha256
    )


async def test_what_is_removed_is_gone(place: Place) -> None:
    stored, other = [await place.media.save(pieces(words), MB) for words in (PNG, b"other")]
    assert await place.media.remove(stored.sha256)
    assert not await place.media.remove(stored.sha256)
    assert not await place.media.exists(stored.sha256)
    with pytest.raises(NotFound):
        await content(place.media, stored.sha256)
    assert len(place.names()) == 1
    assert await content(place.media, other.sha256) == b"other"

"""Files in a bucket: what a server that checks signatures says of wrong keys, and what happens when it goes away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.errors import ConfigurationError, NotFound, StoreUnavailable
from storage.media import MediaFolder
from storage.media_bucket import PART, BucketAddress, MediaBucket, meaning
from storage.media_places import holds_files, media_stock
from storage.media_two import TwoPlaces
from tests.fakes.desk_process import serving
from tests.fakes.photos import PHOTOS
from tests.fakes.s3_server import HASTY, SECRET, S3Server, Wire, wire_to

MB = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "buckets") as running:
        yield running


@pytest.fixture
async def wire(server: S3Server) -> AsyncIterator[Wire]:
    async with wire_to(server) as made:
        yield made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def zeros(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        await asyncio.sleep(0)
        yield bytes(MB)


async def words(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def content(media: MediaBucket | TwoPlaces, sha256: str, first: int = 0, after: int | None = None) -> bytes:
    return b"".join([piece async for piece in media.open(sha256, first, after)])


@pytest.mark.parametrize("secret", [SECRET + "x", SECRET[:-1], SECRET.upper(), "x"])
async def test_a_wrong_secret_is_refused(server: S3Server, tmp_path: Path, secret: str) -> None:
    address = server.place(secret=secret)
    media = MediaBucket(address, tmp_path, HASTY)
    with pytest.raises(StoreUnavailable, match="the secret is wrong"):
        await media.save(words(b"content"), MB)
    assert server.content(address) == {}
    good = MediaBucket(server.address(str(address).removeprefix("s3://")), tmp_path, HASTY)
    stored = await good.save(words(b"content"), MB)
    with pytest.raises(StoreUnavailable, match="the secret is wrong"):
        await content(media, stored.sha256)
    with pytest.raises(StoreUnavailable, match="the secret is wrong"):
        await media.exists(stored.sha256)
    with pytest.raises(StoreUnavailable):
        await media.remove(stored.sha256)
    assert await content(good, stored.sha256) == b"content"
    assert await media.trouble() == "the secret is wrong"
    assert await good.trouble() == ""


async def test_a_bucket_that_is_not_there_is_not_an_empty_one(server: S3Server, tmp_path: Path) -> None:
    media = MediaBucket(server.address("nowhere"), tmp_path, HASTY)
    assert await media.trouble() == "there is no such bucket"
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        await media.save(words(b"content"), MB)
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        await content(media, "ab" * 32)
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        [kept async for kept in media.kept()]


async def test_nothing_secret_is_printed_or_raised(server: S3Server, tmp_path: Path) -> None:
    address = server.place(secret="very-secret-and-wrong")
    media = MediaBucket(address, tmp_path, HASTY)
    with pytest.raises(StoreUnavailable) as raised:
        await media.save(words(b"content"), MB)
    told = [repr(address), str(address), repr(media), media.where, repr(raised.value), repr(raised.value.__cause__)]
    assert media.where == f"s3://town/{address.prefix}"
    assert not [each for each in told if "very-secret" in each or address.key_id in each]


async def test_large_files_go_up_in_parts(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    address = server.place(wire.port)
    media = MediaBucket(address, tmp_path, HASTY)
    stored = await media.save(zeros(PART // MB + 3), 100 * MB)
    assert [line for line in wire.heard if "partNumber=2" in line]
    (kept,) = server.content(address).values()
    assert hashlib.sha256(kept).hexdigest() == stored.sha256
    assert names(tmp_path) == []


async def test_a_part_of_a_file_is_all_that_is_asked_for(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    media = MediaBucket(server.place(wire.port), tmp_path, HASTY)
    stored = await media.save(zeros(4), 100 * MB)
    wire.heard.clear()
    assert await content(media, stored.sha256, 3 * MB, 3 * MB + 10) == bytes(10)
    assert len(wire.heard) == 1


async def test_what_is_there_is_not_sent_again(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    media = MediaBucket(server.place(wire.port), tmp_path, HASTY)
    first = await media.save(zeros(1), 100 * MB)
    wire.heard.clear()
    assert await media.save(zeros(1), 100 * MB) == first
    assert [line.split()[0] for line in wire.heard] == ["HEAD"]


async def test_a_server_that_goes_away_while_a_file_goes_up(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    address = server.place(wire.port)
    media = MediaBucket(address, tmp_path, HASTY)
    for megabytes in (3, 20):
        wire.cut_after = 2 * MB
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await media.save(zeros(megabytes), 100 * MB)
        assert server.content(address) == {}
        assert names(tmp_path) == []
        wire.cut, wire.cut_after = False, None
    stored = await media.save(zeros(3), 100 * MB)
    assert await media.exists(stored.sha256)


async def test_a_server_that_is_away_is_not_a_file_that_is_not_there(
    server: S3Server, wire: Wire, tmp_path: Path
) -> None:
    media = MediaBucket(server.place(wire.port), tmp_path, HASTY)
    stored = await media.save(words(b"content"), MB)
    wire.cut = True
    for asking in (media.exists(stored.sha256), content(media, stored.sha256), media.remove(stored.sha256)):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await asking
    wire.cut = False
    assert await content(media, stored.sha256) == b"content"


async def test_one_broken_connection_is_tried_again(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    media = MediaBucket(server.place(wire.port), tmp_path)
    wire.cut = True
    saving = asyncio.create_task(media.save(words(b"content"), MB))
    await asyncio.sleep(0.05)
    wire.cut = False
    assert await media.exists((await saving).sha256)


async def test_an_upload_that_is_cancelled_leaves_nothing(server: S3Server, wire: Wire, tmp_path: Path) -> None:
    address = server.place(wire.port)
    media = MediaBucket(address, tmp_path, HASTY)
    saving = asyncio.create_task(media.save(zeros(50), 100 * MB))
    await wire.hears("partNumber=2")
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert server.content(address) == {}
    assert names(tmp_path) == []


async def test_files_on_their_way_are_for_us_alone(server: S3Server, tmp_path: Path) -> None:
    media = MediaBucket(server.place(), tmp_path / "coming", HASTY)
    assert (tmp_path / "coming").stat().st_mode & 0o777 == 0o700
    await media.save(words(b"content"), MB)


async def test_what_is_still_in_the_folder_is_found_and_removed(server: S3Server, tmp_path: Path) -> None:
    address = server.place()
    assert isinstance(media_stock(address, tmp_path), MediaBucket)
    old = await MediaFolder(tmp_path / "media").save(words(b"old"), MB)
    assert holds_files(tmp_path)
    both = media_stock(address, tmp_path)
    assert isinstance(both, TwoPlaces)
    new = await both.save(words(b"new"), MB)
    assert [await content(both, stored.sha256) for stored in (old, new)] == [b"old", b"new"]
    assert len(server.content(address)) == 1
    assert {kept.sha256 async for kept in both.kept()} == {old.sha256, new.sha256}
    assert await both.remove(old.sha256)
    assert not holds_files(tmp_path)
    with pytest.raises(NotFound):
        await content(both, old.sha256)


@pytest.mark.parametrize("url", ["http://bucket", "s3://", "s3:///prefix", "s3://user@bucket", "s3://b?x=1", "bucket"])
def test_what_is_no_bucket(url: str) -> None:
    with pytest.raises(ConfigurationError):
        BucketAddress("").at(url)


def test_the_bucket_may_stand_in_the_name_of_the_host(tmp_path: Path) -> None:
    address = BucketAddress("town", endpoint="https://oss.example.org", path_style=False)
    assert address.at("s3://other/deep/er/").prefix == "deep/er"
    MediaBucket(address, tmp_path)


def test_errors_have_words_of_ours() -> None:
    assert meaning(ValueError("<Code>SignatureDoesNotMatch</Code> StringToSign secret")) == "the secret is wrong"
    assert "secret" not in meaning(ValueError("secret things"))


async def test_a_desk_keeps_its_files_in_a_bucket_and_stays_ready_without_it(
    server: S3Server, wire: Wire, tmp_path: Path
) -> None:
    address = server.place(wire.port)
    async with serving(tmp_path / "data", server.settings(address)) as desk, _browser() as http:

        async def send(key: str) -> aiohttp.ClientResponse:
            form = aiohttp.FormData({"key": key, "text": "look"}, default_to_multipart=True)
            form.add_field("file", PHOTOS["street"], filename="a.jpg", content_type="image/jpeg")
            return await http.post(f"{desk.url}chat/messages", data=form, headers={"X-Minsheng": "1"})

        await (await http.get(desk.url)).read()
        assert (await send("key-0001")).status == 200
        assert PHOTOS["street"] in server.content(address).values()
        lines = (await (await http.get(f"{desk.url}chat/history")).json())["lines"]
        url = f"{desk.url}chat/attachments/{lines[0]['attachments'][0]['id']}"
        assert await (await http.get(url)).read() == PHOTOS["street"]
        wire.cut = True
        assert (await http.get(url)).status == 503
        assert (await http.get(f"{desk.url}readyz")).status == 200
        wire.cut = False
        assert await (await http.get(url)).read() == PHOTOS["street"]
        assert SECRET not in await asyncio.to_thread(lambda: desk.log)


def _browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # for an address of numbers too

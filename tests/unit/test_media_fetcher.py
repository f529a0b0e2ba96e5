"""Files are fetched before the platform forgets them, a few at a time, and nobody waits for one that never comes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.changes import AttachmentRecord, Changes
from bot.errors import Malformed, MediaUnavailable, NotFound, StoreUnavailable
from bot.message import Reply
from bot.ports import Fetched, StoredMedia, Unfetchable
from bot.runtime.media_fetcher import AT_ONCE, MediaFetcher, Speed
from tests.fakes.scripted_channel import ScriptedChannel, pieces
from tests.fakes.small_desk import RESIDENT, SmallDesk

CAP = 1000


class Shelf:
    """A media store in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.full: Exception | None = None

    async def save(self, chunks: AsyncIterator[bytes], cap: int) -> StoredMedia:
        content = b""
        async for chunk in chunks:
            content += chunk
            if len(content) > cap:
                raise Malformed("media.too_large")
        if self.full is not None:
            raise self.full
        sha256 = hashlib.sha256(content).hexdigest()
        self.contents[sha256] = content
        return StoredMedia(sha256, len(content), "image/png")

    async def open(self, sha256: str, first: int = 0, after: int | None = None) -> AsyncIterator[bytes]:
        if sha256 not in self.contents:
            raise NotFound()
        yield self.contents[sha256][first:after]

    async def exists(self, sha256: str) -> bool:
        return sha256 in self.contents


class Fetching:
    """A fetcher with a channel that gives what the test says."""

    def __init__(self, speed: Speed | None = None) -> None:
        self.small = SmallDesk()
        self.store = self.small.store
        self.shelf = Shelf()
        self.channel = ScriptedChannel()
        self.fetcher = MediaFetcher(self.small.desk, {"chat": self.channel}, self.shelf, lambda: CAP, speed)

    async def put(self, *tries: Callable[[], Fetched | Unfetchable] | Exception, id_: str = "a", **fields: Any) -> None:
        self.channel.files[id_] = tries
        now = self.small.clock.now()
        record = AttachmentRecord(
            id=id_, address=RESIDENT, type="photo", ref=id_, state="pending", created_at=now, **fields
        )
        await self.store.commit(Changes(at=now, attachments=[record]))

    async def run(self) -> None:
        """Until nothing is under way and nothing can be begun."""
        while await self.fetcher.once():
            pass

    def record(self, id_: str = "a") -> AttachmentRecord:
        return self.store.media[id_]


async def test_content_is_on_the_shelf_before_the_row_says_stored() -> None:
    fetching = Fetching()
    await fetching.put(lambda: Fetched(pieces(b"ab", b"c")))
    await fetching.run()
    record = fetching.record()
    assert (record.state, record.bytes, record.mime) == ("stored", 3, "image/png")
    assert fetching.shelf.contents[record.sha256] == b"abc"
    assert fetching.small.count("minsheng_media_total", outcome="stored") == 1


@pytest.mark.parametrize("problem", ["expired", "refused", "too_large"])
async def test_what_the_platform_will_never_give_fails_with_the_reason_and_the_person_is_told(problem: str) -> None:
    fetching = Fetching()
    await fetching.put(lambda: Unfetchable(problem), ticket="260304-00010")
    await fetching.run()
    assert (fetching.record().state, fetching.record().problem) == ("failed", problem)
    push = fetching.store.pushes["media:a"]
    assert push.reply == Reply(f"zh_CN: media.failed.{problem} what=zh_CN: media.type.photo")
    assert (push.address, push.ticket) == (RESIDENT, "260304-00010")
    assert [changes.pushes for changes in fetching.small.heard] == [[push]]


async def test_a_claimed_size_beyond_the_cap_is_not_even_begun() -> None:
    fetching = Fetching()
    begun: list[bool] = []

    async def endless() -> AsyncIterator[bytes]:
        begun.append(True)
        yield b"x"

    await fetching.put(lambda: Fetched(endless(), bytes=CAP + 1))
    await fetching.run()
    assert fetching.record().problem == "too_large"
    assert begun == []


async def test_a_lying_size_is_cut_at_the_cap() -> None:
    fetching = Fetching()
    await fetching.put(lambda: Fetched(pieces(*[b"x" * 600] * 3), bytes=5))
    await fetching.run()
    assert (fetching.record().state, fetching.record().problem) == ("failed", "too_large")


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Fetched(pieces(b"ab", ConnectionError())),
        lambda: Unfetchable("refused", retry=True),
        ConnectionError(),
        TimeoutError(),
        KeyError("a bug"),
    ],
)
async def test_what_breaks_off_is_fetched_again_later(broken: Any) -> None:
    fetching = Fetching()
    await fetching.put(broken, lambda: Fetched(pieces(b"abc")))
    await fetching.run()
    record = fetching.record()
    assert (record.state, record.attempts) == ("pending", 1)
    assert record.next_try_at is not None
    assert record.next_try_at > fetching.small.clock.now()
    assert fetching.channel.fetched == ["a"]
    fetching.small.clock.advance(timedelta(seconds=10))
    await fetching.run()
    assert fetching.record().state == "stored"


async def test_it_waits_as_long_as_the_platform_says() -> None:
    fetching = Fetching()
    await fetching.put(lambda: Unfetchable("refused", retry=True, after=600))
    await fetching.run()
    assert fetching.record().next_try_at == fetching.small.clock.now() + timedelta(seconds=600)


async def test_it_waits_longer_each_time_until_the_platform_has_forgotten_the_file() -> None:
    fetching = Fetching()
    start = fetching.small.clock.now()
    await fetching.put(lambda: Unfetchable("broken_off", retry=True), deadline=start + timedelta(hours=1))
    waits = []
    while fetching.record().state == "pending":
        await fetching.run()
        again = fetching.record().next_try_at
        if again is not None:
            waits.append((again - fetching.small.clock.now()).total_seconds())
            fetching.small.clock.advance(again - fetching.small.clock.now())
    assert waits == sorted(waits)
    assert fetching.small.clock.now() < start + timedelta(hours=1)
    assert fetching.record().state == "failed"
    assert list(fetching.store.pushes) == ["media:a"]


@pytest.mark.parametrize("full", [OSError(28, "No space left on device"), MediaUnavailable(why="media: away")])
async def test_no_place_for_a_file_is_no_reason_to_give_up(full: Exception) -> None:
    fetching = Fetching()
    fetching.shelf.full = full
    await fetching.put(lambda: Fetched(pieces(b"abc")), lambda: Fetched(pieces(b"abc")))
    await fetching.run()
    assert fetching.record().state == "pending"
    fetching.shelf.full = None
    fetching.small.clock.advance(timedelta(minutes=1))
    await fetching.run()
    assert fetching.record().state == "stored"


async def test_a_channel_that_is_off_now_may_come_back() -> None:
    fetching = Fetching()
    fetching.fetcher = MediaFetcher(fetching.small.desk, {}, fetching.shelf, lambda: CAP)
    await fetching.put(lambda: Fetched(pieces(b"abc")))
    await fetching.run()
    assert fetching.record().state == "pending"


async def test_a_few_at_a_time() -> None:
    fetching = Fetching()
    gate, under_way, most = asyncio.Event(), 0, 0

    async def held() -> AsyncIterator[bytes]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await gate.wait()
        yield b"abc"
        under_way -= 1

    for n in range(10):
        await fetching.put(lambda: Fetched(held()), id_=str(n))
    running = asyncio.create_task(fetching.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert under_way == AT_ONCE
    gate.set()
    await running
    assert most == AT_ONCE
    assert {record.state for record in fetching.store.media.values()} == {"stored"}


async def test_a_download_that_stands_still_is_broken_off_and_closed() -> None:
    fetching = Fetching(Speed(piece=0.01))
    closed: list[bool] = []

    async def stuck() -> AsyncIterator[bytes]:
        try:
            yield b"ab"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    await fetching.put(lambda: Fetched(stuck()))
    await fetching.run()
    assert fetching.record().state == "pending"
    assert closed == [True]


async def test_a_download_that_drips_is_broken_off() -> None:
    fetching = Fetching(Speed(least=1024, grace=20))

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            fetching.small.clock.advance(timedelta(seconds=5))
            yield b"x"

    await fetching.put(lambda: Fetched(dripping()))
    await fetching.run()
    assert fetching.record().state == "pending"
    assert fetching.record().attempts == 1


async def test_a_second_telling_is_impossible() -> None:
    fetching = Fetching()
    await fetching.put(lambda: Unfetchable("expired"))
    fetching.store.settle_faults.append(StoreUnavailable())  # told, and then the power went
    assert await fetching.fetcher.once() == 1
    await fetching.fetcher.drain(0)
    fetching.fetcher = MediaFetcher(fetching.small.desk, {"chat": fetching.channel}, fetching.shelf, lambda: CAP)
    await fetching.run()
    assert fetching.record().state == "failed"
    assert list(fetching.store.pushes) == ["media:a"]

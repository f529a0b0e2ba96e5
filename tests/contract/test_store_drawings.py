"""Pictures that are owed: kept with the words, drawn once, pushed once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from bot.changes import Changes, Drawing
from bot.clock import FixedClock
from bot.domain.sheets import AnySheet, BarometerLine, BarometerSheet, TopicLine, TopicsSheet
from bot.drawings.artist import NotDrawnError
from bot.errors import NotFound
from bot.message import Lane, Push, Reply
from bot.runtime.metrics import Metrics
from bot.runtime.picture_drawer import LIFE, LIFE_SENT, PictureDrawer
from storage.media import MediaFolder
from storage.sql_store import SqlStore
from tests.fakes.changesets import NOW, person

A, B = person(), person()
LINE = TopicLine(name="道路交通", area="东棠街道", people=3, usual=0.5, shown="3人")
TOPICS = TopicsSheet(title="热点", under="云棠市 第10周", lines=(LINE,))
READING = BarometerLine(name="收件", now=3, before=4, usual=2.5, change="-1", usually="平时2.5")
WEATHER = BarometerSheet(title="晴雨表", under="云棠市 第10周", lines=(READING,))


def owed(key: str, sheet: AnySheet = TOPICS, **fields: object) -> Drawing:
    return structs.replace(Drawing(key=key, address=A, sheet=sheet, alt="热点的图", at=NOW), **fields)


class Pencil:
    """Draws a picture of a few bytes, or fails as often as it is told."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.drawn, self.closed = fails, 0, 0

    async def draw(self, sheet: AnySheet) -> bytes:
        if self.fails:
            self.fails -= 1
            raise NotDrawnError("broke_off")
        self.drawn += 1
        return b"\x89PNG\r\n\x1a\n" + sheet.title.encode()

    async def close(self) -> None:
        self.closed += 1


class Studio:
    """A drawer over a real store."""

    def __init__(self, store: SqlStore, folder: Path, fails: int = 0) -> None:
        self.store, self.pencil, self.clock = store, Pencil(fails), FixedClock(NOW)
        self.metrics = Metrics()
        self.media = MediaFolder(folder / "media")
        self.told: list[Changes] = []
        self.drawer = PictureDrawer(store, self.media, self.clock, self.metrics, self.told.append, self.pencil)

    async def pushes(self) -> list[Push]:
        found = await self.store.claim_pushes(A.channel, self.clock.now(), 50)
        return [claimed.push for claimed in found]

    def outcomes(self) -> dict[str, float]:
        (family,) = [m for m in self.metrics.registry.collect() if m.name == "minsheng_drawings"]
        return {s.labels["outcome"]: s.value for s in family.samples if s.name.endswith("_total")}


@pytest.fixture
def studio(store: SqlStore, tmp_path: Path) -> Studio:
    return Studio(store, tmp_path)


async def commit(studio: Studio, *drawings: Drawing) -> None:
    await studio.store.commit(Changes(at=NOW, drawings=list(drawings)))


async def test_what_is_owed_is_kept_whole_the_oldest_first(store: SqlStore) -> None:
    later, first = owed("b", WEATHER, at=NOW + timedelta(seconds=1), asked=False), owed("a")
    await store.commit(Changes(at=NOW, drawings=[later, first]))
    await store.commit(Changes(at=NOW, drawings=[owed("a", WEATHER)]))  # the same key: owed already
    assert await store.undrawn(9) == [first, later]
    assert await store.undrawn(1) == [first]
    await store.settle_drawing("a")
    assert await store.undrawn(9) == [later]
    await store.commit(Changes(at=NOW, drawings=[first]))
    assert await store.undrawn(9) == [later]


async def test_a_picture_follows_its_words(studio: Studio) -> None:
    words = Push(key="words", address=A, reply=Reply("热点：……"), created_at=NOW, lane=Lane.REPLY)
    await studio.store.commit(Changes(at=NOW, pushes=[words], drawings=[owed("a")]))
    assert await studio.drawer.once() == 1
    assert await studio.drawer.once() == 0
    (first,) = await studio.store.claim_pushes(A.channel, NOW, 9)
    assert first.push.key == "words"  # the picture waits until that is sent
    (told,) = studio.told
    (push,) = told.pushes
    assert (push.key, push.address, push.lane) == ("drawing:a", A, Lane.REPLY)
    assert push.reply.text == "热点\n云棠市 第10周"
    assert push.reply.picture is not None
    assert (push.reply.picture.mime, push.reply.picture.alt) == ("image/png", "热点的图")
    content = b"".join([piece async for piece in studio.media.open(push.reply.picture.sha256)])
    assert content.startswith(b"\x89PNG")
    assert push.expires_at == NOW + LIFE
    assert studio.outcomes() == {"drawn": 1}
    assert studio.pencil.closed == 1


async def test_the_same_picture_for_many_is_drawn_once(studio: Studio) -> None:
    await commit(studio, owed("a", asked=False), owed("b", asked=False, address=B), owed("c", WEATHER, asked=False))
    await studio.drawer.once()
    assert studio.pencil.drawn == 2
    pushed = [push for told in studio.told for push in told.pushes]
    first, second, third = (push.reply.picture.sha256 for push in pushed if push.reply.picture)
    assert first == second != third
    assert {push.lane for push in pushed} == {Lane.BULK}
    assert {push.expires_at for push in pushed} == {NOW + LIFE_SENT}


async def test_a_crash_between_push_and_note_pushes_nothing_twice(studio: Studio, tmp_path: Path) -> None:
    await commit(studio, owed("a"))
    await studio.drawer._drawn((await studio.store.undrawn(1))[0])  # and the process dies
    again = Studio(studio.store, tmp_path)
    assert await again.drawer.once() == 1
    (push,) = await again.pushes()
    assert push.key == "drawing:a"
    await again.store.settle_pushes([])
    assert await again.pushes() == []


async def test_what_fails_once_is_tried_again_and_what_fails_always_is_dropped_and_counted(
    store: SqlStore, tmp_path: Path
) -> None:
    once, always = Studio(store, tmp_path, fails=1), Studio(store, tmp_path, fails=99)
    await commit(once, owed("a"))
    await once.drawer.once()
    assert once.outcomes() == {"drawn": 1}
    await commit(always, owed("b"), owed("c", WEATHER))
    assert await always.drawer.once() == 2
    assert await always.drawer.once() == 0
    assert always.outcomes() == {"broke_off": 2}
    assert not always.told


async def test_nobody_waits_for_a_picture_of_yesterday(studio: Studio) -> None:
    await commit(studio, owed("asked"), owed("sent", asked=False))
    studio.clock.at = NOW + LIFE
    await studio.drawer.once()
    assert studio.outcomes() == {"late": 1, "drawn": 1}


async def test_a_picture_whose_file_is_gone_is_drawn_anew(studio: Studio) -> None:
    await commit(studio, owed("a"))
    await studio.drawer.once()
    assert studio.told[0].pushes[0].reply.picture is not None
    sha256 = studio.told[0].pushes[0].reply.picture.sha256
    (studio.media._folder / sha256[:2] / sha256[2:4] / sha256).unlink()
    with pytest.raises(NotFound):
        await anext(studio.media.open(sha256).__aiter__())
    await commit(studio, owed("b"))
    await studio.drawer.once()
    assert studio.pencil.drawn == 2
    assert await studio.media.exists(sha256)

"""Files of a ticket over HTTP: what each reader is given, what never reaches a browser, and what is covered."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import aiohttp
import av
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from PIL import Image

from bot.console.premises import link_keys, sign_in_for
from bot.domain.evidence import Copies
from bot.domain.links import OWN, Keys
from bot.domain.people import Address
from bot.pictures.copier import Copier
from bot.runtime.rendition_maker import RenditionMaker
from storage.media import MediaFolder
from tests.dialogue.phones import Phone, TelegramPhone
from tests.dialogue.stage import Stage, stage
from tests.fakes.photos import jpeg, scene, written
from tests.fakes.recordings import AMR_WB, SILK, heic, video, voice

START = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
STREET = scene(7, 800, 600)
CANARY = "<script>alert('evidence')</script>"


@dataclass
class Got:
    """What a browser was sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Town:
    """A staffed desk, a resident with a ticket, and a browser."""

    stage: Stage
    http: aiohttp.ClientSession
    keys: Keys
    folder: Path
    number: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def resident(self) -> TelegramPhone:
        phone = self.stage.phones["resident"]
        assert isinstance(phone, TelegramPhone)
        return phone

    async def hires(self, who: str, role: str, **details: str) -> Phone:
        """Somebody joins, and signs in to the pages."""
        phone = self.stage.phones[who] = await self.stage.new_phone("telegram")
        await self.stage.employ(phone, role, {"name": who, **details})
        staff = (await self.stage.store.reader.directory()).at(phone.address)
        assert staff is not None
        sign_in = sign_in_for(self.folder, self.stage.store.reader, self.stage.clock)
        response = web.Response()
        sign_in.admit(make_mocked_request("GET", "/"), response, staff.id)
        self.cookies[who] = response.cookies["staff"].value
        return phone

    async def get(self, path: str, who: str = "", method: str = "GET", **headers: str) -> Got:
        if who:
            headers["Cookie"] = f"staff={self.cookies[who]}"
        url = self.stage.url + path
        async with self.http.request(method, url, headers=headers, allow_redirects=False) as answer:
            return Got(answer.status, await answer.read(), answer.headers)

    async def post(self, path: str, fields: Mapping[str, str], who: str = "") -> Got:
        headers = {"Cookie": f"staff={self.cookies[who]}"} if who else {}
        url = self.stage.url + path
        async with self.http.post(url, data=fields, headers=headers, allow_redirects=False) as answer:
            got = Got(answer.status, await answer.read(), answer.headers)
        await self.stage.settle()
        return got

    async def says(self, who: str, text: str) -> str:
        phone = self.stage.phones[who]
        self.stage.clock.at += timedelta(seconds=1)
        before = len(phone.screen)
        await phone.say(text)
        await self.stage.settle()
        return "\n".join(shown.text for shown in phone.screen[before:])

    async def presses(self, who: str, label: str) -> None:
        phone = self.stage.phones[who]
        found = next((s, *c) for s in reversed(phone.screen) for c in s.choices if c[0].startswith(label))
        await phone.press(*found)
        await self.stage.settle()

    async def files(self, *, hidden: bool = False, text: str = "人民路的路灯坏了") -> None:
        await self.says("resident", text)
        if hidden:
            await self.says("resident", "匿名")
        receipt = await self.says("resident", "确认")
        found = re.search(r"\d{6}-\d{5,}", receipt)
        assert found, receipt
        self.number = found[0]

    async def adds(self, kind: str, content: bytes, **claims: str) -> str:
        """The resident sends a file; its id."""
        self.stage.clock.at += timedelta(seconds=1)
        await self.resident.hand(kind, content, **claims)
        await self.stage.settle()
        return (await self.stage.store.reader.attachments_of(self.number))[-1].id

    async def answers(self, evidence: bytes = b"") -> None:
        handler = self.stage.phones["handler"]
        assert isinstance(handler, TelegramPhone)
        self.stage.clock.at += timedelta(seconds=1)
        if evidence:
            await handler.hand("photo", evidence)
            await self.stage.settle()
        await self.says("handler", f"答复 {self.number} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。")
        await self.presses("handler", "发出")
        await self.stage.advance(timedelta(minutes=3))

    def link(self, address: Address | None = None) -> str:
        name = self.keys.signed(OWN, self.number, address or self.resident.address, self.stage.clock.now())
        return f"/t/{name}"

    def staff_file(self, id_: str, kind: str) -> str:
        return f"/staff/files/{self.number}/{id_}/{kind}"

    async def copies(self, id_: str) -> Copies:
        return (await self.stage.store.reader.copies([id_]))[id_]


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with stage("telegram", folder, START, staffed=True) as there:
        await there.open()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            desk = Town(there, http, link_keys(folder), folder)
            await desk.hires("handler", "handler", unit="transport")
            await desk.hires("lead", "lead", unit="transport")
            await desk.hires("supervisor", "supervisor")
            await desk.hires("stranger", "handler", unit="water")
            yield desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as there:
        await there.files()
        yield there


def brightest(picture: Image.Image) -> int:
    return max(picture.convert("L").tobytes())


def picture_of(got: Got) -> Image.Image:
    return Image.open(BytesIO(got.body))


# Photos


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("photo", jpeg(STREET, taken="2026:03:01 08:30:00"), id="jpeg"),
        pytest.param("document", heic(STREET), id="heic"),
        pytest.param("document", written(STREET, "WEBP"), id="webp"),
        pytest.param("document", written(STREET, "PNG"), id="png"),
    ],
)
async def test_a_photo_is_shown_as_a_copy_of_ours(desk: Town, kind: str, content: bytes) -> None:
    id_ = await desk.adds(kind, content, mime="image/x-anything", name=CANARY)
    for path, who in ((desk.staff_file(id_, "shown"), "handler"), (f"{desk.link()}/files/{id_}/shown", "")):
        got = await desk.get(path, who)
        assert (got.status, got.headers["Content-Type"]) == (200, "image/jpeg")
        with picture_of(got) as picture:
            assert picture.size == (800, 600)
            assert not picture.getexif()
            assert "icc_profile" not in picture.info
    small = await desk.get(desk.staff_file(id_, "thumb"), "handler")
    with picture_of(small) as picture:
        assert picture.size == (320, 240)


async def test_a_photo_that_lies_on_its_side_is_shown_upright(desk: Town) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    id_ = await desk.adds("photo", written(STREET, "JPEG", exif=exif))
    with picture_of(await desk.get(desk.staff_file(id_, "shown"), "handler")) as picture:
        assert picture.size == (600, 800)


async def test_headers_of_a_copy_let_nothing_run(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    got = await desk.get(desk.staff_file(id_, "shown"), "handler")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["Content-Disposition"].startswith("inline;")


# What never reaches a browser


def huge_png() -> bytes:
    """200 megapixels of nothing in some kilobytes."""
    import struct

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(bytes(20_001) * 10_000, 9)
    head = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


HOSTILE = {
    "svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{CANARY}</svg>".encode(),
    "html": f"<!doctype html><html>{CANARY}</html>".encode(),
    "200 megapixels": huge_png(),
    "cut off": jpeg(STREET)[:400],
    "gif that is a script": b"GIF89a/*" + CANARY.encode() + b"*/=1;",
    "truncated amr": b"#!AMR\n\x3c",
    "mp4 that is text": bytes.fromhex("0000001866747970") + b"isom" + CANARY.encode() * 20,
    "quicktime that names a file": bytes.fromhex("0000001466747970") + b"qt  /etc/passwd",
    "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd\n",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_picture_is_only_ever_saved(desk: Town, name: str) -> None:
    id_ = await desk.adds("document", HOSTILE[name], mime="image/jpeg", name="harmless.html.jpg")
    copies = await desk.copies(id_)
    assert copies.rendered
    assert not copies.renditions
    for kind in ("shown", "thumb", "poster", "sound", "video", "boxed"):
        assert (await desk.get(desk.staff_file(id_, kind), "supervisor")).status == 404
    got = await desk.get(desk.staff_file(id_, "original"), "supervisor")
    assert got.status == 200
    assert got.body == HOSTILE[name]
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert "harmless" not in got.headers["Content-Disposition"]


async def test_of_a_photo_that_is_a_page_too_only_the_photo_is_copied(desk: Town) -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY
    both = written(STREET, "JPEG", comment=CANARY.encode(), exif=exif) + b"<html>" + CANARY.encode()
    id_ = await desk.adds("photo", both)
    got = await desk.get(desk.staff_file(id_, "shown"), "handler")
    assert got.status == 200
    assert b"script" not in got.body
    original = await desk.get(desk.staff_file(id_, "original"), "supervisor")
    assert original.headers["Content-Type"] == "application/octet-stream"


async def test_the_process_that_copies_stands_what_would_break_it(desk: Town) -> None:
    """The same in a process of its own, with its bounds: a bomb costs one file, and what comes after it is copied."""
    media = MediaFolder(desk.folder / "media")
    desk.stage.maker = RenditionMaker(desk.stage.store, media, Copier())
    ids = [await desk.adds("document", HOSTILE[name]) for name in ("200 megapixels", "cut off", "truncated amr")]
    good = {
        "shown": await desk.adds("document", heic(STREET)),
        "sound": await desk.adds("voice", voice("amr")),
        "video": await desk.adds("video", video()),
    }
    assert [(await desk.copies(id_)).renditions for id_ in ids] == [(), (), ()]
    for kind, id_ in good.items():
        assert (await desk.get(desk.staff_file(id_, kind), "supervisor")).status == 200


# Voices and videos


@pytest.mark.parametrize("content", [*map(voice, ("amr", "opus", "mp3", "m4a", "webm")), AMR_WB])
async def test_a_voice_is_played_as_mp3(desk: Town, content: bytes) -> None:
    id_ = await desk.adds("voice", content)
    got = await desk.get(desk.staff_file(id_, "sound"), "handler")
    assert (got.status, got.headers["Content-Type"]) == (200, "audio/mpeg")
    assert b"+30.25" not in got.body
    with av.open(BytesIO(got.body), "r") as played:
        assert played.duration is not None
        assert 0.8 < played.duration / av.time_base < 2.5


async def test_silk_is_offered_to_be_saved_and_said_so(desk: Town) -> None:
    id_ = await desk.adds("voice", SILK)
    assert (await desk.get(desk.staff_file(id_, "sound"), "handler")).status == 404
    got = await desk.get(desk.staff_file(id_, "original"), "handler")
    assert got.headers["Content-Disposition"] == f'attachment; filename="{desk.number}-voice.silk"'
    assert "SILK" in html.unescape((await desk.get(desk.link())).text)


@pytest.mark.parametrize(("container", "codec", "mime"), [("mp4", "libx264", "mp4"), ("mov", "libx264", "mp4")])
async def test_a_video_is_played_from_a_container_of_ours(desk: Town, container: str, codec: str, mime: str) -> None:
    id_ = await desk.adds("video", video(container, codec))
    got = await desk.get(desk.staff_file(id_, "video"), "handler")
    assert got.headers["Content-Type"] == f"video/{mime}"
    assert b"+30.25" not in got.body
    assert b"script" not in got.body
    assert got.body.index(b"moov") < got.body.index(b"mdat")
    with picture_of(await desk.get(desk.staff_file(id_, "poster"), "handler")) as poster:
        assert brightest(poster) > 90  # not the black of the beginning


async def test_players_get_the_parts_they_ask_for(desk: Town) -> None:
    id_ = await desk.adds("voice", voice("amr"))
    path = desk.staff_file(id_, "sound")
    whole = await desk.get(path, "handler")
    assert whole.headers["Accept-Ranges"] == "bytes"
    size = len(whole.body)
    for asked, first, after in (
        ("0-1", 0, 2),
        ("100-", 100, size),
        ("-50", size - 50, size),
        ("10-99999999", 10, size),
    ):
        got = await desk.get(path, "handler", Range=f"bytes={asked}")
        assert (got.status, got.body) == (206, whole.body[first:after])
        assert got.headers["Content-Range"] == f"bytes {first}-{after - 1}/{size}"
    assert (await desk.get(path, "handler", Range=f"bytes={size}-")).status == 416
    assert (await desk.get(path, "handler", Range="bytes=nonsense")).body == whole.body
    head = await desk.get(path, "handler", method="HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(size))


# Who may open what


async def test_originals_are_the_supervisors_and_the_leads(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    opened = {who: (await desk.get(desk.staff_file(id_, "original"), who)).status for who in desk.cookies}
    assert opened == {"handler": 404, "lead": 200, "supervisor": 200, "stranger": 404}
    seen = {who: (await desk.get(desk.staff_file(id_, "shown"), who)).status for who in desk.cookies}
    assert seen == {"handler": 200, "lead": 200, "supervisor": 200, "stranger": 404}
    assert (await desk.get(desk.staff_file(id_, "shown"))).status == 303


async def test_opening_is_recorded_once_whatever_part_is_asked_for(desk: Town) -> None:
    id_ = await desk.adds("voice", voice("amr"))
    path = desk.staff_file(id_, "sound")
    before = await _looks(desk)
    await desk.get(path, "handler", method="HEAD")
    assert await _looks(desk) == before
    for asked in ("bytes=500-", "bytes=0-1", "x", "bytes=00-", "bytes=-999999999"):
        await desk.get(path, "handler", Range=asked)
    await desk.get(desk.staff_file(id_, "original"), "lead")
    fresh = (await _looks(desk))[len(before) :]
    assert [(what, detail) for what, detail in fresh] == [("file", f"sound {id_}"), ("file", f"original {id_}")]


async def _looks(desk: Town) -> list[tuple[str, str]]:
    rows = await desk.stage.store.reader._readers.rows("SELECT what, detail FROM looked ORDER BY id")
    return [(what, detail) for what, detail in rows]


async def test_a_hidden_persons_voice_is_the_supervisors_only(tmp_path: Path) -> None:
    async with town(tmp_path) as desk:
        await desk.files(hidden=True)
        voice_id, photo_id = await desk.adds("voice", voice("amr")), await desk.adds("photo", jpeg(STREET))
        film_id = await desk.adds("video", video())
        for id_, kind in ((voice_id, "sound"), (voice_id, "original"), (film_id, "video"), (film_id, "original")):
            opened = {who: (await desk.get(desk.staff_file(id_, kind), who)).status for who in desk.cookies}
            assert opened == {"handler": 404, "lead": 404, "supervisor": 200, "stranger": 404}, kind
        assert (await desk.get(desk.staff_file(photo_id, "shown"), "handler")).status == 200
        assert (await desk.get(f"{desk.link()}/files/{voice_id}/sound")).status == 200


async def test_a_link_opens_its_own_tickets_files_and_nobody_elses(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    link, other = desk.link(), desk.link(Address("telegram", "4711"))
    assert (await desk.get(f"{link}/files/{id_}/shown")).status == 200
    first = desk.number
    await desk.files(text="朝阳路的下水道堵了")
    elsewhere = await desk.adds("photo", jpeg(scene(8)))
    assert desk.number != first
    refused = [
        await desk.get(path)
        for path in (
            f"{other}/files/{id_}/shown",
            f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}/files/{id_}/shown",
            f"{link}/files/{elsewhere}/shown",
            f"{link}/files/{id_}/original",
            f"{link}/files/{id_}/nothing",
            f"{link}/files/nobody/shown",
            "/t/nothing/files/x/shown",
        )
    ]
    assert {(got.status, got.body) for got in refused} == {(404, refused[0].body)}


async def test_paths_that_lie_lead_nowhere(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    for path in (
        f"/staff/files/{desk.number}/..%2f..%2f{id_}/shown",
        f"/staff/files/{desk.number}/{id_}/..%2foriginal",
        f"/staff/files/{desk.number}/%00/shown",
        f"/staff/files/000101-000001/{id_}/shown",
        f"/staff/files/{desk.number}/{'a' * 200}/shown",
    ):
        assert (await desk.get(path, "supervisor")).status == 404, path


async def test_who_joined_sees_the_answers_photos_and_not_the_filers(desk: Town) -> None:
    photo = await desk.adds("photo", jpeg(STREET))
    neighbour = desk.stage.phones["neighbour"] = await desk.stage.new_phone("telegram")
    await desk.says("neighbour", "人民路路灯坏了")
    await desk.says("neighbour", f"附议 {desk.number}")
    assert await desk.stage.store.reader.role(neighbour.address, desk.number) == "joined"
    await desk.answers(jpeg(scene(9)))
    after = (await desk.stage.store.reader.attachments_of(desk.number))[-1].id
    opened = {
        who.channel + who.id: [(await desk.get(f"{desk.link(who)}/files/{id_}/shown")).status for id_ in (photo, after)]
        for who in (desk.resident.address, neighbour.address)
    }
    assert list(opened.values()) == [[200, 200], [404, 200]]


async def test_an_answers_files_stay_inside_until_it_has_left(desk: Town) -> None:
    handler = desk.stage.phones["handler"]
    assert isinstance(handler, TelegramPhone)
    await handler.hand("photo", jpeg(scene(9)))
    await desk.stage.settle()
    await desk.says("handler", f"答复 {desk.number} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。")
    await desk.presses("handler", "发出")
    files = await desk.stage.store.reader.attachments_of(desk.number)
    for each in files:
        assert (await desk.get(f"{desk.link()}/files/{each.id}/shown")).status == 404
    await desk.stage.advance(timedelta(minutes=3))
    (after,) = await desk.stage.store.reader.attachments_of(desk.number)
    assert (await desk.get(f"{desk.link()}/files/{after.id}/shown")).status == 200


# What is covered


def form_of(page: Got) -> dict[str, str]:
    names = ("form", "nonce")
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text) for name in names}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


async def covers(desk: Town, who: str, id_: str, **fields: str) -> Got:
    path = desk.staff_file(id_, "box")
    page = await desk.get(path, who, **{"Accept-Language": "zh-CN"})
    assert page.status == 200
    got = await desk.post(path, {**form_of(page), **fields}, who)
    assert got.status == 303
    return await desk.get(got.headers["Location"], who, **{"Accept-Language": "zh-CN"})


def dark(picture: Image.Image, box: tuple[float, float, float, float]) -> bool:
    """Whether everything inside a part (in percent) is black, as near as JPEG comes to it."""
    x, y, width, height = (value / 100 for value in box)
    inner = picture.convert("L").crop(
        (
            round(picture.width * x),
            round(picture.height * y),
            round(picture.width * (x + width)),
            round(picture.height * (y + height)),
        )
    )
    return brightest(inner) < 40


async def test_what_is_covered_is_painted_over_and_shown_to_nobody_else(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    page = await covers(desk, "handler", id_, left="10", top="20", width="30", height="40")
    assert "1处遮挡" in page.text
    box = (10.0, 20.0, 30.0, 40.0)
    for kind in ("boxed", "boxed_thumb"):
        with picture_of(await desk.get(desk.staff_file(id_, kind), "handler")) as picture:
            assert dark(picture, box)
            assert not dark(picture, (60.0, 60.0, 30.0, 30.0))
    for kind in ("shown", "thumb"):
        opened = {who: (await desk.get(desk.staff_file(id_, kind), who)).status for who in desk.cookies}
        assert opened == {"handler": 404, "lead": 200, "supervisor": 200, "stranger": 404}


async def test_who_may_not_see_the_original_only_adds_to_what_is_covered(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    await covers(desk, "handler", id_, boxes="10,10,20,20;50,50,10,10")
    page = await covers(desk, "handler", id_, boxes="80,80,5,5")
    assert "3处遮挡" in page.text
    assert 'name="kept"' not in page.text
    page = await desk.get(desk.staff_file(id_, "box"), "supervisor")
    assert page.text.count('name="kept"') == 3
    assert "不再遮挡" in (await covers(desk, "supervisor", id_)).text
    assert (await desk.copies(id_)).boxing is None
    assert (await desk.get(desk.staff_file(id_, "shown"), "handler")).status == 200


async def test_a_cover_that_cannot_be_made_uncovers_nothing(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    record = (await desk.stage.store.reader.attachments([id_]))[0]
    path = MediaFolder(desk.folder / "media")._folder / record.sha256[:2] / record.sha256[2:4] / record.sha256
    path.unlink()
    await covers(desk, "handler", id_, left="10", top="20", width="30", height="40")
    assert (await desk.get(desk.staff_file(id_, "boxed"), "handler")).status == 404
    assert (await desk.get(desk.staff_file(id_, "shown"), "handler")).status == 404


@pytest.mark.parametrize("boxes", ["<script>", "1,2,3", "0,0,0,0", "200,1,1,1", "1,1,nan,1", "-5,1,10,10"])
async def test_boxes_that_are_none_cover_nothing(desk: Town, boxes: str) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    page = await covers(desk, "handler", id_, boxes=boxes)
    assert "重新框选" in page.text
    assert (await desk.copies(id_)).boxing is None


async def test_a_box_page_is_for_who_sees_the_ticket_and_takes_only_its_own_forms(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    path = desk.staff_file(id_, "box")
    assert (await desk.get(path, "stranger")).status == 404
    page = await desk.get(path, "handler")
    fields = {**form_of(page), "boxes": "1,1,10,10"}
    assert (await desk.post(path, {**fields, "form": "x"}, "handler")).status == 403
    assert (await desk.post(path, fields)).status == 303  # to the sign-in
    assert (await desk.copies(id_)).boxing is None


# What everybody may see


async def shares(desk: Town, who: str, id_: str, act: str) -> Got:
    page = await desk.get(desk.staff_file(id_, "box"), who)
    assert f'value="{act}"' in page.text
    return await desk.post(desk.staff_file(id_, "share"), {**form_of(page), "act": act}, who)


async def public(desk: Town, id_: str) -> dict[str, int]:
    kinds = ("shown", "thumb", "boxed", "boxed_thumb", "original")
    return {kind: (await desk.get(f"/public/files/{id_}/{kind}")).status for kind in kinds}


NOTHING = {"shown": 404, "thumb": 404, "boxed": 404, "boxed_thumb": 404, "original": 404}


async def test_a_photo_is_everybodys_when_it_and_the_words_were_released(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    assert await public(desk, id_) == NOTHING
    await shares(desk, "supervisor", id_, "share_photo")
    assert await public(desk, id_) == NOTHING  # without words there is nothing it could stand beside
    await desk.says("supervisor", f"公开 {desk.number} 人民路的路灯坏了")
    await desk.presses("supervisor", "公开")
    assert await public(desk, id_) == {**NOTHING, "shown": 200, "thumb": 200}
    page = (await desk.get("/public")).text
    assert f"/public/files/{id_}/thumb" in page
    assert desk.number not in page
    got = await desk.get(f"/public/files/{id_}/shown")
    assert desk.number not in str(got.headers)
    await shares(desk, "supervisor", id_, "unshare_photo")
    assert await public(desk, id_) == NOTHING


async def test_what_is_covered_is_covered_for_everybody_and_uncovering_takes_it_back(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    await covers(desk, "supervisor", id_, left="10", top="20", width="30", height="40")
    await shares(desk, "supervisor", id_, "share_photo")
    await desk.says("supervisor", f"公开 {desk.number} 人民路的路灯坏了")
    await desk.presses("supervisor", "公开")
    assert await public(desk, id_) == {**NOTHING, "boxed": 200, "boxed_thumb": 200}
    await covers(desk, "supervisor", id_, kept="10.0,20.0,30.0,40.0", boxes="80,80,5,5")
    assert await public(desk, id_) == {**NOTHING, "boxed": 200, "boxed_thumb": 200}
    await covers(desk, "supervisor", id_)
    assert await public(desk, id_) == NOTHING


async def test_only_who_releases_words_releases_photos(desk: Town) -> None:
    id_ = await desk.adds("photo", jpeg(STREET))
    page = await desk.get(desk.staff_file(id_, "box"), "handler")
    assert "share_photo" not in page.text
    await desk.post(desk.staff_file(id_, "share"), {**form_of(page), "act": "share_photo"}, "handler")
    ticket = await desk.stage.store.reader.ticket(desk.number)
    assert ticket is not None
    assert ticket.work.released_photos == ()


# Pages


async def test_before_and_after_stand_side_by_side(desk: Town) -> None:
    before = await desk.adds("photo", jpeg(STREET))
    await desk.answers(jpeg(scene(9)))
    after = (await desk.stage.store.reader.attachments_of(desk.number))[-1].id
    page = await desk.get(desk.link(), **{"Accept-Language": "zh-CN"})
    pair = page.text.partition('class="evidence-pair"')[2].partition("</section>")[0]
    assert pair.index(before) < pair.index(after)
    assert "第1次答复" in pair
    assert page.text.count(f'id="file-{before}"') == 1
    assert "市交通运输局" in pair

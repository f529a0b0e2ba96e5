"""The web chat over HTTP: identity, messages, files, live lines, and everything a stranger may try."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from bot.channels.webchat.identity import Visitor
from bot.channels.webchat.limits import Buckets, Limits
from bot.clock import FixedClock
from bot.domain.people import Address
from bot.message import AttachmentType, Delivered, Kept, MessageKind, Reply
from tests.fakes.web_desk import WebDesk

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ff56c7d2f10000000049454e44ae426082"
)
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701") + b"\0" * 64
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 20
OURS = {"X-Minsheng": "1"}
Client = TestClient[Any, Any]


@dataclass
class Phone:
    """A browser of one person."""

    client: Client

    async def open(self) -> str:
        answer = await self.client.get("/")
        assert answer.status == 200
        return await answer.text()

    @property
    def address(self) -> Address:
        token = self.client.session.cookie_jar.filter_cookies(self.client.make_url("/"))["minsheng"].value
        return Visitor(token, False).address

    async def post(self, key: str, headers: dict[str, str] | None = None, **fields: Any) -> aiohttp.ClientResponse:
        return await self.client.post("/chat/messages", json={"key": key, **fields}, headers=headers)

    async def upload(self, key: str, *files: tuple[str, bytes, str, str], **fields: str) -> aiohttp.ClientResponse:
        form = aiohttp.FormData({"key": key, **fields}, quote_fields=False, default_to_multipart=True)
        for part, content, name, mime in files:
            form.add_field(part, io.BytesIO(content), filename=name, content_type=mime)
        return await self.client.post("/chat/messages", data=form, headers=OURS)

    async def history(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/chat/history")
        lines: list[dict[str, Any]] = (await answer.json())["lines"]
        return lines


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[WebDesk]:
    desk = WebDesk(tmp_path, cap=10_000, window=0.0, patience=0.3)
    yield desk
    await desk.stop()


@pytest.fixture
async def server(desk: WebDesk) -> AsyncIterator[BaseTestServer]:
    async with TestServer(desk.app()) as server:
        yield server
        await desk.stop()


async def phone_of(server: BaseTestServer) -> Phone:
    phone = Phone(TestClient(server, cookie_jar=aiohttp.CookieJar(unsafe=True)))
    await phone.open()
    return phone


@pytest.fixture
async def li(server: BaseTestServer) -> AsyncIterator[Phone]:
    phone = await phone_of(server)
    yield phone
    await phone.client.session.close()


@pytest.fixture
async def wang(server: BaseTestServer) -> AsyncIterator[Phone]:
    phone = await phone_of(server)
    yield phone
    await phone.client.session.close()


async def error_of(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    body = await answer.json()
    assert set(body) == {"error"}
    return answer.status, body["error"]["code"]


# -- the page ----------------------------------------


async def test_the_page_and_all_its_files_come_from_here_under_a_strict_policy(li: Phone) -> None:
    answer = await li.client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = await answer.text()
    paths = {part.split('"')[0] for part in page.split('"/chat/static/')[1:]}
    assert paths
    for path in paths:
        file = await li.client.get(f"/chat/static/{path}")
        assert file.status == 200
        assert "immutable" in file.headers["Cache-Control"]
    assert await error_of(await li.client.get("/chat/static/x/../channel.py")) == (404, "not_found")


async def test_the_cookie_is_made_once_and_renewed(li: Phone) -> None:
    before = li.address
    answer = await li.client.get("/")
    assert li.address == before
    cookie = answer.cookies["minsheng"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


async def test_the_language_is_chosen_on_the_page(li: Phone) -> None:
    assert 'lang="zh-CN"' in await li.open()
    assert 'lang="en"' in await (await li.client.get("/", headers={"Accept-Language": "en-GB"})).text()
    moved = await li.client.get("/?lang=en", allow_redirects=False)
    assert (moved.status, moved.headers["Location"]) == (303, "/")
    assert 'lang="en"' in await li.open()
    assert (await li.client.get("/?lang=xx")).status == 200


# -- messages ----------------------------------------


async def test_words_are_taken_once_however_often_they_are_sent(desk: WebDesk, li: Phone) -> None:
    answers = await asyncio.gather(*(li.post("key-0001", kind="text", text="confirm") for _ in range(3)))
    bodies = [await answer.json() for answer in answers]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["reply"]["id"] == "key-0001/answer"
    assert [message.text for message in desk.taken] == ["confirm"]
    assert [line["id"] for line in await li.history()] == ["key-0001", "key-0001/answer"]


async def test_the_same_key_of_two_people_are_two_messages(desk: WebDesk, li: Phone, wang: Phone) -> None:
    await li.post("key-0001", text="mine")
    await wang.post("key-0001", text="hers")
    assert [(m.address, m.text) for m in desk.taken] == [(li.address, "mine"), (wang.address, "hers")]
    assert len({m.key for m in desk.taken}) == 2
    assert (await li.history())[0]["text"] == "mine"
    assert li.address != wang.address


async def test_every_kind_of_message(desk: WebDesk, li: Phone) -> None:
    await li.post("key-0001", {"Accept-Language": "en"}, kind="follow")
    await li.post("key-0002", kind="place", latitude=30.1, longitude=120.2, accuracy=9)
    await li.post("key-0003", kind="press", press="status", text="Status")
    kinds = [message.kind for message in desk.taken]
    assert kinds == [MessageKind.FOLLOW, MessageKind.PLACE, MessageKind.PRESS]
    assert [message.locale for message in desk.taken] == ["en", "zh_CN", "zh_CN"]
    lines = await li.history()
    assert [line["text"] for line in lines if line["who"] == "resident"] == ["", "Status"]


async def test_a_first_message_without_a_cookie_makes_one(desk: WebDesk, server: BaseTestServer) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        answer = await session.post(server.make_url("/chat/messages"), json={"key": "key-0001", "text": "hello"})
        assert answer.status == 200
        assert Visitor(answer.cookies["minsheng"].value, False).address == desk.taken[0].address


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b'{"key": "key-0001", "text": "  "}', 400, "empty"),
        (json.dumps({"key": "key-0001", "text": "x" * 20_001}).encode(), 413, "too_long"),
        (b'{"key": "key-0001", "text": "' + b"x" * 600_000 + b'"}', 413, "too_much"),
        (b"[" * 400_000, 400, "malformed"),
    ],
)
async def test_bad_bodies(desk: WebDesk, li: Phone, body: bytes, status: int, code: str) -> None:
    answer = await li.client.post("/chat/messages", data=body, headers={"Content-Type": "application/json"})
    assert await error_of(answer) == (status, code)
    assert desk.taken == []


async def test_a_long_complaint_is_taken_whole(desk: WebDesk, li: Phone) -> None:
    text = "水管漏水。" * 1399 + "完了吗"
    assert (await li.post("key-0001", text=text)).status == 200
    assert desk.taken[0].text == text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Origin": "https://evil.example"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ],
)
async def test_another_site_cannot_write_for_a_resident(desk: WebDesk, li: Phone, headers: dict[str, str]) -> None:
    body = b'{"key": "key-0001", "text": "forged"}'
    assert await error_of(await li.client.post("/chat/messages", data=body, headers=headers)) == (403, "forged")
    assert desk.taken == []


async def test_when_nothing_can_be_kept_it_says_so_and_the_same_again_works(desk: WebDesk, li: Phone) -> None:
    desk.away = True
    answer = await li.post("key-0001", text="confirm")
    assert answer.headers["Retry-After"]
    assert await error_of(answer) == (503, "unavailable")
    assert (await li.client.get("/chat/history")).status == 503
    page = await li.client.get("/")
    assert page.status == 503
    assert "web.error.unavailable" in await page.text()
    desk.away = False
    assert (await li.post("key-0001", text="confirm")).status == 200
    assert len(desk.taken) == 1


async def test_too_much_is_answered_with_when_to_come_back(tmp_path: Path) -> None:
    clock = FixedClock()
    few = [Buckets(clock.monotonic, burst, per_second=0.5) for burst in (3, 100, 1, 100)]
    desk = WebDesk(tmp_path, window=0.0, limits=Limits(*few))
    async with TestClient(TestServer(desk.app()), cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        phone = Phone(client)
        await phone.open()
        assert (await phone.upload("key-0001", ("file", PNG, "a.png", "image/png"))).status == 200
        refused = await phone.upload("key-0002", ("file", PNG, "a.png", "image/png"))
        assert refused.headers["Retry-After"] == "2"
        assert await error_of(refused) == (429, "slow_down")
        assert (await phone.post("key-0003", text="words still pass")).status == 200
        assert (await phone.post("key-0004", text="until there are far too many")).status == 429
        await desk.stop()


# -- files ----------------------------------------


async def test_a_photo_with_words_goes_in_and_comes_back(desk: WebDesk, li: Phone) -> None:
    answer = await li.upload("key-0001", ("file", PNG, "C:\\fake\\leak.png", "text/html"), text="a leak")
    assert (await answer.json())["problems"] == [""]
    (message,) = desk.taken
    (file,) = message.attachments
    assert (message.kind, message.text) == (MessageKind.ATTACHMENT, "a leak")
    assert (file.type, file.mime, file.name) == (AttachmentType.PHOTO, "image/png", "leak.png")
    assert (file.sha256, file.bytes) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
    (shown,) = (await li.history())[0]["attachments"]
    back = await li.client.get(f"/chat/attachments/{shown['id']}")
    assert await back.read() == PNG
    assert back.headers["Content-Type"] == "image/png"
    assert back.headers["Content-Disposition"] == "inline"
    assert "sandbox" in back.headers["Content-Security-Policy"]
    assert "no-store" in back.headers["Cache-Control"]


async def test_the_type_is_read_from_the_content(desk: WebDesk, li: Phone) -> None:
    await li.upload("key-0001", ("voice", WEBM, "voice.webm", "audio/webm"), seconds="7")
    await li.upload("key-0002", ("file", WEBM, "film.webm", "audio/webm"))
    await li.upload("key-0003", ("file", MP4, "film.jpg", "image/jpeg"))
    await li.upload("key-0004", ("file", b"<html><script>alert(1)</script>", "a.png", "image/png"))
    kinds = [(m.attachments[0].type, m.attachments[0].mime, m.attachments[0].seconds) for m in desk.taken]
    assert kinds[0] == (AttachmentType.VOICE, "audio/webm", 7)
    assert kinds[1] == (AttachmentType.VIDEO, "video/webm", None)
    assert kinds[2][0] is AttachmentType.VIDEO
    assert kinds[3][0] is AttachmentType.FILE


async def test_what_a_browser_could_run_is_only_offered_for_saving(li: Phone) -> None:
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    await li.upload("key-0001", ("file", svg, "图片.svg", "image/svg+xml"))
    (shown,) = (await li.history())[0]["attachments"]
    back = await li.client.get(f"/chat/attachments/{shown['id']}")
    assert back.headers["Content-Type"] == "application/octet-stream"
    assert back.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%9B%BE")
    assert back.headers["X-Content-Type-Options"] == "nosniff"


async def test_nobody_else_sees_a_file(desk: WebDesk, li: Phone, wang: Phone, server: BaseTestServer) -> None:
    await li.upload("key-0001", ("file", PNG, "a.png", "image/png"))
    (shown,) = (await li.history())[0]["attachments"]
    address = f"/chat/attachments/{shown['id']}"
    assert await error_of(await wang.client.get(address)) == (404, "not_found")
    async with aiohttp.ClientSession() as stranger:
        assert (await stranger.get(server.make_url(address))).status == 404
    assert await error_of(await li.client.get("/chat/attachments/file-99")) == (404, "not_found")
    assert await wang.history() == []


async def test_a_part_of_a_film(li: Phone) -> None:
    await li.upload("key-0001", ("file", MP4, "film.mp4", "video/mp4"))
    (shown,) = (await li.history())[0]["attachments"]
    address = f"/chat/attachments/{shown['id']}"
    part = await li.client.get(address, headers={"Range": "bytes=990-2009"})
    assert part.status == 206
    assert await part.read() == MP4[990:2010]
    assert part.headers["Content-Range"] == f"bytes 990-2009/{len(MP4)}"
    end = await li.client.get(address, headers={"Range": "bytes=-7"})
    assert await end.read() == MP4[-7:]
    assert (await li.client.get(address, headers={"Range": f"bytes={len(MP4)}-"})).status == 416
    head = await li.client.head(address)
    assert head.headers["Content-Length"] == str(len(MP4))


async def test_a_file_that_is_too_large_is_named_and_the_others_are_kept(desk: WebDesk, li: Phone) -> None:
    huge = b"\xff\xd8\xff\xe0" + b"x" * 20_000
    answer = await li.upload("key-0001", ("file", huge, "huge.jpg", "image/jpeg"), ("file", PNG, "a.png", "image/png"))
    assert answer.status == 200
    assert (await answer.json())["problems"] == ["too_large", ""]
    first, second = desk.taken[0].attachments
    assert (first.problem, first.sha256, first.type) == ("too_large", "", AttachmentType.PHOTO)
    assert second.sha256


async def test_an_empty_file_and_too_many_files(desk: WebDesk, li: Phone) -> None:
    answer = await li.upload("key-0001", ("file", b"", "empty.txt", "text/plain"))
    assert (await answer.json())["problems"] == ["unsupported"]
    many = [("file", PNG, f"{n}.png", "image/png") for n in range(10)]
    assert await error_of(await li.upload("key-0002", *many)) == (400, "too_many")
    assert await error_of(await li.upload("key-0003")) == (400, "malformed")
    assert await error_of(await li.upload("bad key", many[0])) == (400, "malformed")
    assert await error_of(await li.upload("key-0004", many[0], text="x" * 20_001)) == (413, "too_long")
    assert await error_of(await li.upload("key-0005", many[0], strange="field")) == (400, "malformed")
    assert len(desk.taken) == 1


async def test_a_full_disk_is_not_acknowledged(desk: WebDesk, li: Phone) -> None:
    desk.media.broken = True
    photo = ("file", PNG, "a.png", "image/png")
    assert await error_of(await li.upload("key-0001", photo)) == (503, "unavailable")
    assert desk.taken == []
    desk.media.broken = False
    assert (await li.upload("key-0001", photo)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not multipart at all",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut short',
        b"--b\r\n\r\n\r\n--b--\r\n",
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
    ],
)
async def test_broken_uploads(desk: WebDesk, li: Phone, body: bytes) -> None:
    headers = {**OURS, "Content-Type": "multipart/form-data; boundary=b"}
    assert await error_of(await li.client.post("/chat/messages", data=body, headers=headers)) == (400, "malformed")
    no_boundary = {**OURS, "Content-Type": "multipart/form-data"}
    answer = await li.client.post("/chat/messages", data=body, headers=no_boundary)
    assert await error_of(answer) == (400, "malformed")
    assert desk.taken == []


async def test_a_page_that_breaks_off_leaves_nothing(desk: WebDesk, li: Phone, server: BaseTestServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    token = li.client.session.cookie_jar.filter_cookies(li.client.make_url("/"))["minsheng"].value
    writer.write(
        f"POST /chat/messages HTTP/1.1\r\nHost: x\r\nX-Minsheng: 1\r\nCookie: minsheng={token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf of'.encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""
    assert (await li.post("key-0001", text="confirm")).status == 200
    assert [message.text for message in desk.taken] == ["confirm"]


async def test_an_upload_never_fills_the_memory(desk: WebDesk, li: Phone) -> None:
    desk.media.largest = 0
    await li.upload("key-0001", ("file", b"x" * 1_000_000, "huge.bin", "application/octet-stream"))
    assert desk.taken[0].attachments[0].problem == "too_large"
    assert desk.media.largest <= 256 * 1024


# -- live lines ----------------------------------------


async def next_event(stream: aiohttp.StreamReader) -> tuple[str, dict[str, Any]]:
    name = (await stream.readline()).decode().strip().removeprefix("event: ")
    data = (await stream.readline()).decode().strip().removeprefix("data: ")
    assert await stream.readline() == b"\n"
    return name, json.loads(data)


async def test_a_push_is_delivered_when_the_page_says_it_shows_it(desk: WebDesk, li: Phone) -> None:
    async with li.client.get("/chat/events") as events:
        assert events.headers["Content-Type"].startswith("text/event-stream")
        assert await next_event(events.content) == ("hello", {})
        pushing = asyncio.create_task(desk.push(li.address, Reply("news\nof it", slot="card:1")))
        name, line = await next_event(events.content)
        assert (name, line["id"], line["text"], line["slot"]) == ("line", "push-1", "news\nof it", "card:1")
        assert not pushing.done()
        shown = await li.client.post("/chat/shown", json={"ids": ["push-1"]})
        assert shown.status == 204
        assert await pushing == Delivered("push-1")
        silent = desk.push(li.address, Reply("nobody says anything"))
        assert await silent == Kept("page closed")
    assert [line["text"] for line in await li.history()] == ["news\nof it", "nobody says anything"]


async def test_without_a_page_a_push_is_kept_and_shown_with_the_talk(desk: WebDesk, li: Phone, wang: Phone) -> None:
    assert await desk.push(li.address, Reply("news")) == Kept("page closed")
    desk.seen_by.clear()
    assert [line["text"] for line in await li.history()] == ["news"]
    assert desk.seen_by == [li.address]
    assert await wang.history() == []


async def test_asking_again_and_again_where_streams_are_held_back(desk: WebDesk, li: Phone) -> None:
    await li.post("key-0001", text="confirm")
    first = await (await li.client.get("/chat/updates?after=")).json()
    assert [line["id"] for line in first["lines"]] == ["key-0001", "key-0001/answer"]
    waiting = asyncio.create_task(li.client.get("/chat/updates?after=key-0001/answer"))
    await desk.seen_so_often(li.address, 2)
    pushing = asyncio.create_task(desk.push(li.address, Reply("news")))
    lines = (await (await waiting).json())["lines"]
    assert [line["text"] for line in lines] == ["news"]
    await li.client.post("/chat/shown", json={"ids": [lines[0]["id"]]})
    assert await pushing == Delivered("push-1")


async def test_strangers_have_no_stream_and_nonsense_is_refused(li: Phone, server: BaseTestServer) -> None:
    async with aiohttp.ClientSession() as stranger:
        assert (await stranger.get(server.make_url("/chat/events"))).status == 404
        assert (await stranger.get(server.make_url("/chat/updates"))).status == 404
        assert await (await stranger.get(server.make_url("/chat/history"))).json() == {"lines": []}
    for body in (b"{", b"[]", b'{"ids": 7}', b"null"):
        answer = await li.client.post("/chat/shown", data=body, headers={"Content-Type": "application/json"})
        assert await error_of(answer) == (400, "malformed")
    assert (await li.client.post("/chat/shown", data=b'{"ids": []}')).status == 403


async def test_the_stop_ends_every_stream(desk: WebDesk, li: Phone) -> None:
    async with li.client.get("/chat/events") as events:
        await next_event(events.content)
        await desk.chat.stop()
        assert await events.content.read() == b""

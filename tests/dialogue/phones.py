"""What residents hold in their hands: each speaks its platform's real wire format to a real server.

Nothing here uses the project's own encoders: requests are built from the platforms' documentation, WeChat's with
wechatpy's cipher.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from xml.sax.saxutils import escape

import aiohttp
from wechatpy.crypto import WeChatCrypto
from yarl import URL

from bot.domain.people import Address
from tests.fakes.photos import PHOTOS
from tests.fakes.telegram_api import FakeTelegram, StoredFile
from tests.fakes.wechat_api import FakeWeChat, File

_TYPED = re.compile(r"\w{1,12}( \d{6}-\d{5,})?")
TINY_JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + b"\x08" * 64 + bytes.fromhex("ffd9")
TINY_AMR = b"#!AMR\n" + b"\x3c" + b"\x00" * 31
TINY_MP4 = bytes.fromhex("0000001866747970") + b"isom\x00\x00\x02\x00isommp41" + b"\x00" * 32


@dataclass(frozen=True)
class Shown:
    """A message of the desk on the screen: its words and what can be tapped (label, token)."""

    text: str
    choices: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""


class Phone(Protocol):
    """One resident's screen. ``screen`` is everything shown so far; acts return when the desk has answered."""

    screen: list[Shown]

    @property
    def address(self) -> Address: ...

    async def say(self, text: str) -> None: ...
    async def send(self, kind: str, caption: str) -> None: ...
    async def pin(self, latitude: float, longitude: float, label: str) -> None: ...
    async def press(self, shown: Shown, label: str, token: str) -> None: ...
    async def edit(self, old: str, new: str) -> None: ...
    async def reply(self, shown: Shown, text: str) -> None: ...
    async def follow(self, *, follows: bool) -> None: ...
    async def look(self) -> None: ...


class WeChatPhone:
    """Encrypted XML in, passive replies and customer-service messages out."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, now: Callable[[], datetime], fake: FakeWeChat, token: str, key: str
    ) -> None:
        self.screen: list[Shown] = []
        self.open_id = f"o{uuid.uuid4().hex[:27]}"
        self._http, self._url, self._now, self._fake, self._token = http, url, now, fake, token
        self._crypto = WeChatCrypto(token, key, fake.app_id)
        self._serial = itertools.count(time.monotonic_ns())
        self._seen = self._looked = 0

    @property
    def address(self) -> Address:
        return Address("wechat", self.open_id)

    async def say(self, text: str) -> None:
        await self._post("text", f"<Content>{escape(text)}</Content>")

    async def send(self, kind: str, caption: str) -> None:
        media = f"media-{next(self._serial)}"
        content = {"photo": TINY_JPEG, "voice": TINY_AMR, "video": TINY_MP4}.get(kind, b"?")
        self._fake.media[media] = File(content=content)
        types = {"photo": "image", "mystery": "hologram"}
        extra = "<Format>amr</Format>" if kind == "voice" else ""
        await self._post(types.get(kind, kind), f"<MediaId>{media}</MediaId>{extra}")
        if caption:
            await self.say(caption)

    async def pin(self, latitude: float, longitude: float, label: str) -> None:
        # WeChat sends GCJ-02; inside China that is some 500 m off, which the desk must undo.
        from bot.domain.place import wgs84_to_gcj02

        lat, lon = wgs84_to_gcj02(latitude, longitude)
        xml = f"<Location_X>{lat:.6f}</Location_X><Location_Y>{lon:.6f}</Location_Y><Scale>16</Scale>"
        await self._post("location", f"{xml}<Label>{escape(label)}</Label>")

    async def press(self, shown: Shown, label: str, token: str) -> None:
        await self.say(token)

    async def edit(self, old: str, new: str) -> None:
        raise AssertionError("nothing can be edited on WeChat")

    async def reply(self, shown: Shown, text: str) -> None:
        raise AssertionError("WeChat does not tell what is quoted")

    async def follow(self, *, follows: bool) -> None:
        await self._post("event", f"<Event>{'subscribe' if follows else 'unsubscribe'}</Event><EventKey></EventKey>")

    async def look(self) -> None:
        for message in self._fake.sent[self._seen :]:
            if message["touser"] == self.open_id:
                self._show(message["text"]["content"])
        self._seen = len(self._fake.sent)
        for message in self._fake.pictures[self._looked :]:
            if message["touser"] == self.open_id:
                self.screen.append(Shown("", picture=self._fake.uploaded[message["image"]["media_id"]]))
        self._looked = len(self._fake.pictures)

    async def _post(self, kind: str, body: str) -> None:
        at = int(self._now().timestamp())
        id_ = "" if kind == "event" else f"<MsgId>{next(self._serial)}</MsgId>"
        xml = (
            f"<xml><ToUserName>gh_desk</ToUserName><FromUserName>{self.open_id}</FromUserName>"
            f"<CreateTime>{at}</CreateTime><MsgType>{kind}</MsgType>{body}{id_}</xml>"
        )
        sealed = ET.fromstring(self._crypto.encrypt_message(xml, "n0nce", str(at)))  # noqa: S314 - made here
        signature = hashlib.sha1("".join(sorted([self._token, str(at), "n0nce"])).encode()).hexdigest()  # noqa: S324
        query = {
            "signature": signature,
            "timestamp": str(at),
            "nonce": "n0nce",
            "encrypt_type": "aes",
            "msg_signature": sealed.findtext("MsgSignature") or "",
            "openid": self.open_id,
        }
        outer = f"<xml><ToUserName>gh_desk</ToUserName><Encrypt>{sealed.findtext('Encrypt')}</Encrypt></xml>"
        async with self._http.post(f"{self._url}/hooks/wechat", params=query, data=outer.encode()) as answer:
            assert answer.status == 200
            text = await answer.text()
        if text in ("", "success"):
            return
        box = ET.fromstring(text)  # noqa: S314 - from the server under test
        opened = self._crypto.decrypt_message(
            text, box.findtext("MsgSignature"), box.findtext("TimeStamp"), box.findtext("Nonce")
        )
        reply = ET.fromstring(opened)  # noqa: S314
        assert reply.findtext("ToUserName") == self.open_id
        self._show(reply.findtext("Content") or "")

    def _show(self, text: str) -> None:
        lines = re.findall(r"^(\d{1,2}) (.+)$", text, re.M)
        run = [(label, number) for place, (number, label) in enumerate(lines, 1) if int(number) == place]
        if not run:  # what is pushed ends with lines to be typed as they are
            tail = itertools.takewhile(_TYPED.fullmatch, reversed(text.split("\n")[1:]))
            run = [(line, line) for line in reversed(list(tail))]
        self.screen.append(Shown(text, tuple(run)))


class TelegramPhone:
    """Updates in, calls of the Bot API out."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, now: Callable[[], datetime], fake: FakeTelegram, secret: str
    ) -> None:
        self.screen: list[Shown] = []
        self.chat = uuid.uuid4().int % 10**9 + 10**6
        self._http, self._url, self._now, self._fake, self._secret = http, url, now, fake, secret
        self._serial = itertools.count(1)
        self._seen = 0
        self._said: dict[str, int] = {}

    @property
    def address(self) -> Address:
        return Address("telegram", str(self.chat))

    async def say(self, text: str) -> None:
        self._said[text] = await self._message(text=text)

    async def send(self, kind: str, caption: str) -> None:
        content = {"photo": TINY_JPEG, "voice": b"OggS" + b"\x00" * 60, "video": TINY_MP4, **PHOTOS}.get(kind, b"?")
        await self.hand("photo" if kind in PHOTOS else kind, content, caption)

    async def hand(self, kind: str, content: bytes, caption: str = "", mime: str = "", name: str = "") -> None:
        """Send any content as a photo, voice, video or document; ``mime`` and ``name`` are what is claimed of it."""
        id_ = f"file-{uuid.uuid4().hex}"
        self._fake.files[id_] = StoredFile(content, f"files/{id_}")
        file: dict[str, Any] = {"file_id": id_, "file_unique_id": f"u{id_[-12:]}", "file_size": len(content)}
        bodies: dict[str, dict[str, Any]] = {
            "photo": {"photo": [{**file, "width": 90, "height": 90}]},
            "voice": {"voice": {**file, "duration": 3, "mime_type": mime or "audio/ogg"}},
            "video": {"video": {**file, "duration": 3, "width": 10, "height": 10, "mime_type": mime or "video/mp4"}},
            "document": {"document": {**file, "mime_type": mime, "file_name": name}},
            "mystery": {"hologram": file},
        }
        body = bodies[kind]
        if caption:
            body["caption"] = caption
        await self._message(**body)

    async def pin(self, latitude: float, longitude: float, label: str) -> None:
        point = {"latitude": latitude, "longitude": longitude}
        if label:
            await self._message(venue={"location": point, "title": label, "address": label}, location=point)
        else:
            await self._message(location=point)

    async def press(self, shown: Shown, label: str, token: str) -> None:
        await self._update(
            callback_query={
                "id": str(next(self._serial)),
                "from": self._me(),
                "chat_instance": "1",
                "data": token,
                "message": {
                    "message_id": 1,
                    "date": 0,
                    "chat": self._here(),
                    "text": shown.text,
                },
            }
        )

    async def edit(self, old: str, new: str) -> None:
        await self._message(kind="edited_message", id_=self._said[old], text=new)

    async def reply(self, shown: Shown, text: str) -> None:
        mine = {id_: said["text"] for (chat, id_), said in self._fake.messages.items() if chat == self.chat}
        number = next(id_ for id_, said in mine.items() if said == shown.text)
        await self._message(text=text, reply_to_message={"message_id": number, "date": 0, "chat": self._here()})

    async def follow(self, *, follows: bool) -> None:
        member = {"user": {"id": 99, "is_bot": True, "first_name": "desk"}}
        await self._update(
            my_chat_member={
                "chat": {"id": self.chat, "type": "private"},
                "from": self._me(),
                "date": int(self._now().timestamp()),
                "old_chat_member": {**member, "status": "kicked" if follows else "member"},
                "new_chat_member": {**member, "status": "member" if follows else "kicked"},
            }
        )

    async def look(self) -> None:
        for sent in self._fake.accepted[self._seen :]:
            if str(sent.params.get("chat_id")) != str(self.chat):
                continue
            if sent.method == "sendPhoto":
                self.screen.append(Shown(sent.params["caption"], picture=sent.params["photo"]))
            if "text" not in sent.params:
                continue
            markup = sent.params.get("reply_markup") or {}
            if isinstance(markup, str):
                markup = json.loads(markup)
            keys = [key for row in markup.get("inline_keyboard", []) for key in row]
            self.screen.append(Shown(sent.params["text"], tuple((k["text"], k["callback_data"]) for k in keys)))
        self._seen = len(self._fake.accepted)

    def _here(self) -> dict[str, Any]:
        return {"id": self.chat, "type": "private"}

    def _me(self) -> dict[str, Any]:
        return {"id": self.chat, "is_bot": False, "first_name": "Li", "language_code": "zh-hans"}

    async def _message(self, kind: str = "message", id_: int = 0, **body: Any) -> int:
        id_ = id_ or next(self._serial)
        base = {"message_id": id_, "date": int(self._now().timestamp()), "chat": {"id": self.chat, "type": "private"}}
        await self._update(**{kind: {**base, "from": self._me(), **body}})
        return id_

    async def _update(self, **body: Any) -> None:
        update = {"update_id": uuid.uuid4().int % 10**9, **body}
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret}
        async with self._http.post(f"{self._url}/hooks/telegram", json=update, headers=headers) as answer:
            assert answer.status == 200


class WebPhone:
    """JSON and uploads in; the talk's history is what the page shows."""

    HEADERS: ClassVar = {"X-Minsheng": "1"}

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.screen: list[Shown] = []
        self._http, self._url = http, url
        self._known: set[tuple[str, str]] = set()

    @property
    def address(self) -> Address:
        cookies = self._http.cookie_jar.filter_cookies(URL(self._url))
        return Address("web", hashlib.sha256(cookies["minsheng"].value.encode()).hexdigest()[:32])

    async def say(self, text: str) -> None:
        await self._post(kind="text", text=text)

    async def send(self, kind: str, caption: str) -> None:
        if kind == "mystery":
            await self._post(kind="follow")
            self.screen.append(Shown("处理不了"))  # a page cannot send what it does not know
            return
        form = aiohttp.FormData()
        form.add_field("key", uuid.uuid4().hex)
        if caption:
            form.add_field("text", caption)
        name, content = {
            "photo": ("a.jpg", TINY_JPEG),
            "voice": ("a.amr", TINY_AMR),
            "video": ("a.mp4", TINY_MP4),
        }[kind]
        form.add_field("voice" if kind == "voice" else "file", content, filename=name)
        async with self._http.post(f"{self._url}/chat/messages", data=form, headers=self.HEADERS) as answer:
            assert answer.status == 200, await answer.text()

    async def pin(self, latitude: float, longitude: float, label: str) -> None:
        await self._post(kind="place", latitude=latitude, longitude=longitude)

    async def press(self, shown: Shown, label: str, token: str) -> None:
        await self._post(kind="press", press=token, text=label)

    async def edit(self, old: str, new: str) -> None:
        raise AssertionError("nothing can be edited on the page")

    async def reply(self, shown: Shown, text: str) -> None:
        raise AssertionError("nothing can be quoted on the page")

    async def follow(self, *, follows: bool) -> None:
        await self._post(kind="follow")

    async def look(self) -> None:
        async with self._http.get(f"{self._url}/chat/history", headers=self.HEADERS) as answer:
            assert answer.status == 200
            lines = (await answer.json())["lines"]
        for line in lines:
            name = (line["id"], line["text"])
            if line["who"] == "desk" and name not in self._known:
                self._known.add(name)
                choices = tuple((c["label"], c["token"]) for c in line["choices"])
                self.screen.append(Shown(line["text"], choices, await self._picture(line)))

    async def _picture(self, line: dict[str, Any]) -> bytes:
        if "picture" not in line:
            return b""
        async with self._http.get(self._url + line["picture"]["src"]) as answer:
            assert answer.status == 200
            assert answer.content_type == "image/png"
            return await answer.read()

    async def _post(self, **fields: Any) -> None:
        body = {"key": uuid.uuid4().hex, **fields}
        async with self._http.post(f"{self._url}/chat/messages", json=body, headers=self.HEADERS) as answer:
            assert answer.status == 200, await answer.text()

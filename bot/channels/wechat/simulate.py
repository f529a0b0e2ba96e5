"""A player of WeChat: signed and encrypted requests against a running desk, so that it can be tried without an account.

It seals and opens with wechatpy's own WeChatCrypto, not with the code it tries.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import aiohttp

from bot.channels.wechat.settings import WeChatSettings
from bot.clock import SystemClock
from bot.ports import Clock

PATH = "/hooks/wechat"
ACCOUNT = "gh_simulated"
PATIENCE_SECONDS = 5.0
TRIES = 3

Say = Callable[[str, str], None]
"""Shows a line: who (``resident``, ``desk`` or ``problem``) and what; what the desk leaves unanswered is ""."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the person does. ``kind``: text, photo, voice, video, shortvideo, location, link, click, subscribe,
    scan, unsubscribe or the name of a type nobody knows. ``value``: the words, ``latitude,longitude label``, the link,
    the menu key or the scene."""

    kind: str
    value: str = ""

    def __str__(self) -> str:
        return self.value if self.kind == "text" else f"/{self.kind} {self.value}".rstrip()


def step_of(line: str) -> Step:
    """A typed line as a step: ``/photo``, ``/location 31.2,121.4 label``, ``/click desk:status``; all else is text."""
    if not line.startswith("/") or line.startswith("/:"):  # /::) is one of WeChat's own emoticons
        return Step("text", line)
    kind, _, value = line[1:].partition(" ")
    return Step(kind, value.strip())


async def play(
    base_url: str,
    settings: WeChatSettings,
    steps: Iterable[Step] | AsyncIterable[Step],
    say: Say,
    *,
    clock: Clock | None = None,
    person: str = "",
) -> int:
    """Do the steps in order, each after the answer to the last; returns how many of them the desk failed.

    ``person`` is an OpenID ("" for somebody new). Encrypted when the settings have a key, else plain.
    """
    player = _Player(base_url.rstrip("/") + PATH, settings, say, clock or SystemClock(), person or _openid())
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS)) as session:
        return await player.play(session, steps)


def _openid() -> str:
    return "oSim" + secrets.token_urlsafe(18)


class _Player:
    def __init__(self, url: str, settings: WeChatSettings, say: Say, clock: Clock, person: str) -> None:
        self.url, self.settings, self.say, self.clock, self.person = url, settings, say, clock, person
        self.crypto: Any = None
        if settings.encoding_aes_key:
            from wechatpy.crypto import WeChatCrypto  # slow to import, and only a player needs it

            self.crypto = WeChatCrypto(settings.token, settings.encoding_aes_key, settings.app_id)

    async def play(self, session: aiohttp.ClientSession, steps: Iterable[Step] | AsyncIterable[Step]) -> int:
        failed = 0
        if isinstance(steps, AsyncIterable):
            async for step in steps:
                failed += not await self.do(session, step)
        else:
            for step in steps:
                failed += not await self.do(session, step)
        return failed

    async def do(self, session: aiohttp.ClientSession, step: Step) -> bool:
        self.say("resident", str(step))
        stamp = int(self.clock.now().timestamp())
        xml = request_xml(step, self.person, stamp)
        problem = ""
        for _ in range(TRIES):  # as WeChat does: the same message again when nothing comes back
            query, body = self.sealed(xml)
            try:
                async with session.post(self.url, params=query, data=body.encode()) as response:
                    answer = await response.read()
                    if response.status == 200:
                        self.say("desk", self.opened(answer))
                        return True
                    problem = f"HTTP {response.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = type(error).__name__
        self.say("problem", problem)
        return False

    def sealed(self, xml: str) -> tuple[dict[str, str], str]:
        """The query and the body of one try."""
        stamp, nonce = str(int(self.clock.now().timestamp())), str(secrets.randbelow(10**10))
        proof = hashlib.sha1(
            "".join(sorted((self.settings.token, stamp, nonce))).encode(), usedforsecurity=False
        ).hexdigest()
        query = {"signature": proof, "timestamp": stamp, "nonce": nonce, "openid": self.person}
        if self.crypto is None:
            return query, xml
        body: str = self.crypto.encrypt_message(xml, nonce, stamp)
        inside = _elements(body)
        query |= {"encrypt_type": "aes", "msg_signature": inside["MsgSignature"]}
        return query, f"<xml><ToUserName>{ACCOUNT}</ToUserName><Encrypt>{inside['Encrypt']}</Encrypt></xml>"

    def opened(self, answer: bytes) -> str:
        """The words in an answer. Raises what wechatpy raises when it is not sealed as it must be."""
        text = answer.decode()
        if text in ("success", ""):
            return ""
        if self.crypto is not None:
            outer = _elements(text)
            text = self.crypto.decrypt_message(text, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
        return _elements(text).get("Content") or ""


def _elements(xml: str) -> dict[str, str]:
    import xmltodict  # as slow a path as wechatpy's, used by the player only

    found: dict[str, str] = xmltodict.parse(xml)["xml"]
    return found


def request_xml(step: Step, person: str, stamp: int) -> str:
    """The XML WeChat would send for a step, with a fresh MsgId. ``stamp``: epoch seconds."""
    parts = {"ToUserName": ACCOUNT, "FromUserName": person, "CreateTime": str(stamp)}
    event = _EVENTS.get(step.kind)
    if event is not None:
        scene = f"qrscene_{step.value}" if step.kind == "subscribe" and step.value else step.value
        parts |= {"MsgType": "event", "Event": event, "EventKey": scene}
    else:
        parts |= _content(step) | {"MsgId": str(10**18 + secrets.randbelow(10**18))}
    return "<xml>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items()) + "</xml>"


_EVENTS = {"subscribe": "subscribe", "scan": "SCAN", "unsubscribe": "unsubscribe", "click": "CLICK", "view": "VIEW"}


def _content(step: Step) -> dict[str, str]:
    media_id = f"simulated-{secrets.token_hex(8)}"
    match step.kind:
        case "text":
            return {"MsgType": "text", "Content": step.value}
        case "photo":
            return {"MsgType": "image", "PicUrl": "http://invalid/", "MediaId": media_id}
        case "voice":
            return {"MsgType": "voice", "Format": "amr", "MediaId": media_id}
        case "video" | "shortvideo":
            return {"MsgType": step.kind, "MediaId": media_id, "ThumbMediaId": f"{media_id}-thumb"}
        case "location":
            point, _, label = step.value.partition(" ")
            latitude, _, longitude = point.partition(",")
            place = {"Location_X": latitude, "Location_Y": longitude, "Scale": "16", "Label": label}
            return {"MsgType": "location"} | place
        case "link":
            url, _, title = step.value.partition(" ")
            return {"MsgType": "link", "Title": title, "Description": "", "Url": url}
        case kind:
            return {"MsgType": kind}

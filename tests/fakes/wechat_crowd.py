"""People on WeChat who write to a desk, as WeChat hands it on: one message of a person after the other, repeated twice
when no answer comes within five seconds, then lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

from tests.fakes import wechat_requests as wire
from tests.fakes.wechat_api import FakeWeChat

HANGS_UP = 5.0
"""Seconds after which WeChat does not wait any more."""

TRIES = 3


def settings(fake: FakeWeChat, **more: str) -> dict[str, str]:
    """An account at that fake platform."""
    return {
        "MINSHENG_WECHAT__APP_ID": fake.app_id,
        "MINSHENG_WECHAT__APP_SECRET": fake.app_secret,
        "MINSHENG_WECHAT__TOKEN": wire.TOKEN,
        "MINSHENG_WECHAT__ENCODING_AES_KEY": wire.AES_KEY,
        "MINSHENG_WECHAT__CUSTOMER_SERVICE": "true",
        "MINSHENG_WECHAT__API_BASE": fake.url,
        **{f"MINSHENG_{name}": value for name, value in more.items()},
    }


@dataclass
class Crowd:
    """``acknowledged`` are the keys of messages that were answered with 200, ``said`` what the answers were.
    ``refused`` counts requests that were not."""

    url: str
    acknowledged: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    refused: int = 0

    async def post(self, person: str, key: str, text: str) -> bool:
        """Hand on a message once; whether it was acknowledged."""
        now = int(time.time())
        message = {"MsgType": "text", "Content": text}
        xml = wire.document(message, {"MsgId": key, "CreateTime": str(now)}, person)
        request = wire.safe(xml, at=now)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(HANGS_UP)) as session,
                session.post(f"{self.url}hooks/wechat", params=request.query, data=request.body) as answer,
            ):
                body = await answer.read()
                if answer.status != 200:
                    self.refused += 1
                    return False
        except (aiohttp.ClientError, TimeoutError):
            self.refused += 1
            return False
        self.acknowledged.append(key)
        self.said[key] = "" if body == b"success" else wire.read_sealed_reply(body)["Content"]
        return True

    async def say(self, person: str, key: str, text: str) -> bool:
        """Hand on a message as often as WeChat does; whether it was acknowledged."""
        for _ in range(TRIES):
            if await self.post(person, key, text):
                return True
            await asyncio.sleep(0.2)
        return False

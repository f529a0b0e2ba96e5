"""The platforms of one desk, in the process of the harness: what they accepted outlives every desk."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from tests.chaos.oracle import Arrived
from tests.fakes import wechat_requests
from tests.fakes.telegram_api import SECRET, TOKEN, FakeTelegram
from tests.fakes.wechat_api import FakeWeChat


class Platforms:
    """A WeChat and a Telegram of a desk's own, and the settings by which it finds them."""

    def __init__(self) -> None:
        self.wechat = FakeWeChat()
        self.telegram = FakeTelegram()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self.wechat)
            await opened.enter_async_context(self.telegram)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of a desk that speaks with them; WeChat in safe mode, Telegram by webhook."""
        return {
            "MINSHENG_WECHAT__APP_ID": wechat_requests.APP_ID,
            "MINSHENG_WECHAT__APP_SECRET": self.wechat.app_secret,
            "MINSHENG_WECHAT__TOKEN": wechat_requests.TOKEN,
            "MINSHENG_WECHAT__ENCODING_AES_KEY": wechat_requests.AES_KEY,
            "MINSHENG_WECHAT__API_BASE": self.wechat.url,
            "MINSHENG_WECHAT__CUSTOMER_SERVICE": "true",
            "MINSHENG_TELEGRAM__TOKEN": TOKEN,
            "MINSHENG_TELEGRAM__SECRET_TOKEN": SECRET,
            "MINSHENG_TELEGRAM__API_BASE": self.telegram.base,
        }

    @property
    def arrived(self) -> Arrived:
        """All they accepted so far, each copy."""
        arrived = Arrived()
        for call in self.telegram.accepted:
            if call.method in ("sendMessage", "editMessageText"):
                arrived.take(f"telegram:{call.params['chat_id']}", call.params["text"])
        for message in self.wechat.sent:
            arrived.take(f"wechat:{message['touser']}", message["text"]["content"])
        return arrived

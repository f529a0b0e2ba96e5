"""The menu under the chat, and what `channels setup` does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.channels.wechat.api import Api, Lost, NotSent, Said
from bot.channels.wechat.model import WeChatErrorCode as Code
from bot.channels.wechat.render import cut
from bot.channels.wechat.tokens import NoToken

MENU: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("new", ()),
    ("status", ()),
    ("more", ("help", "human", "mydata")),
)
"""Each entry with its sub-entries. One without comes back as `InboundMessage.press`: ``desk:`` and a desk command."""

LABELS = tuple(name for key, below in MENU for name in (key, *below))
"""The names `menu` needs words for."""

_TOP_BYTES, _SUB_BYTES = 16, 60  # menu/create refuses more (40018, 40025)


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One line of what a setup did: a locale key with its parameters, and whether it is fine."""

    ok: bool
    key: str
    params: Mapping[str, str] = field(default_factory=dict)


def menu(labels: Mapping[str, str]) -> dict[str, Any]:
    """The content of menu/create. ``labels`` has the words for every name of `LABELS`. Raises KeyError."""
    return {"button": [_button(key, below, labels) for key, below in MENU]}


def _button(key: str, below: tuple[str, ...], labels: Mapping[str, str]) -> dict[str, Any]:
    if not below:
        return {"type": "click", "name": cut(labels[key], _TOP_BYTES), "key": f"desk:{key}"}
    entries = [{"type": "click", "name": cut(labels[name], _SUB_BYTES), "key": f"desk:{name}"} for name in below]
    return {"name": cut(labels[key], _TOP_BYTES), "sub_button": entries}


async def check(api: Api) -> tuple[SetupStep, ...]:
    """Whether a token can be had; changes nothing. Needs an open `Api`."""
    token = await api.tokens.get()
    return (_refused_token(token) if isinstance(token, NoToken) else SetupStep(True, "setup.wechat.token_ok"),)


async def set_up(api: Api, labels: Mapping[str, str]) -> tuple[SetupStep, ...]:
    """Check that a token can be had, then make the menu. Needs an open `Api`."""
    (granted,) = await check(api)
    if not granted.ok:
        return (granted,)
    match await api.post("/cgi-bin/menu/create", menu(labels)):
        case Said(code=0):
            return granted, SetupStep(True, "setup.wechat.menu_ok")
        case Said(code=Code.UNAUTHORIZED_API):
            return granted, SetupStep(False, "setup.wechat.menu_not_granted")
        case Said(code=code, rid=rid):
            return granted, SetupStep(False, "setup.wechat.menu_failed", {"code": str(code), "rid": rid})
        case NotSent() | Lost() | NoToken():
            return granted, SetupStep(False, "setup.wechat.unreachable")


def _refused_token(token: NoToken) -> SetupStep:
    match token.code:
        case 0:
            return SetupStep(False, "setup.wechat.unreachable")
        case 40164 | 89503:
            return SetupStep(False, "setup.wechat.ip_not_allowed", {"ip": token.detail or "?"})
        case Code.INVALID_APP_ID | Code.MISSING_APP_ID:
            return SetupStep(False, "setup.wechat.bad_app_id")
        case Code.INVALID_APP_SECRET | Code.MISSING_APP_SECRET | Code.INVALID_CREDENTIAL:
            return SetupStep(False, "setup.wechat.bad_secret")
        case code:
            return SetupStep(False, "setup.wechat.token_failed", {"code": str(code)})

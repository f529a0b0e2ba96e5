"""wechatpy as the model of messages, events and ciphers, without its synchronous HTTP client.

``import wechatpy`` pulls in requests, urllib3 and its payment and enterprise parts: 150-300 ms and 12 MB more than the
five modules used here, on the machine this was measured on. So these are loaded under an empty parent package, and
the module table is left as it was found: anybody else who imports wechatpy gets the whole of it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_PARTS = (
    "wechatpy.messages",
    "wechatpy.events",
    "wechatpy.constants",
    "wechatpy.crypto.cryptography",
    "wechatpy.crypto.pkcs7",
)


def _is_wechatpy(name: str) -> bool:
    return name == "wechatpy" or name.startswith("wechatpy.")


def _parts() -> dict[str, Any]:
    """The modules named above. Raises ImportError when wechatpy is not installed."""
    if "wechatpy" in sys.modules:
        return {name: importlib.import_module(name) for name in _PARTS}
    spec = importlib.util.find_spec("wechatpy")
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError("wechatpy is not installed")
    try:
        for bare, folder in (("wechatpy", ""), ("wechatpy.crypto", "/crypto")):
            package = ModuleType(bare)
            package.__path__ = [place + folder for place in spec.submodule_search_locations]
            sys.modules[bare] = package
        return {name: importlib.import_module(name) for name in _PARTS}
    finally:
        for name in [name for name in sys.modules if _is_wechatpy(name)]:
            del sys.modules[name]


_loaded = _parts()
MESSAGE_TYPES: dict[str, Any] = _loaded["wechatpy.messages"].MESSAGE_TYPES
EVENT_TYPES: dict[str, Any] = _loaded["wechatpy.events"].EVENT_TYPES
UnknownMessage: Any = _loaded["wechatpy.messages"].UnknownMessage
WeChatErrorCode: Any = _loaded["wechatpy.constants"].WeChatErrorCode
WeChatCipher: Any = _loaded["wechatpy.crypto.cryptography"].WeChatCipher
PKCS7Encoder: Any = _loaded["wechatpy.crypto.pkcs7"].PKCS7Encoder


def modelled(fields: dict[str, Any]) -> Any:
    """The wechatpy message or event of a request's fields; an UnknownMessage where wechatpy knows no such type.

    The choice is that of ``wechatpy.parse_message``, for fields that are read already.
    """
    kind = word(fields, "MsgType").lower()
    if kind != "event":
        return MESSAGE_TYPES.get(kind, UnknownMessage)(fields)
    event = word(fields, "Event").lower()
    if event == "subscribe" and word(fields, "EventKey").startswith("qrscene_"):
        event = "subscribe_scan"
        fields = fields | {"EventKey": word(fields, "EventKey").removeprefix("qrscene_")}
    return EVENT_TYPES.get(event, UnknownMessage)(fields)


def word(fields: dict[str, Any], name: str) -> str:
    """A field as text; "" when it is missing or has parts of its own."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""

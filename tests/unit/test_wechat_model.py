"""wechatpy is the model, without the HTTP client it would bring along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run(program: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own words
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_the_channel_does_not_load_a_second_http_client() -> None:
    program = "import sys, bot.channels.wechat.channel; print('requests' in sys.modules, 'wechatpy' in sys.modules)"
    assert run(program) == "False False"


def test_wechatpy_is_still_whole_for_others() -> None:
    program = (
        "import bot.channels.wechat.model, wechatpy, wechatpy.messages, wechatpy.crypto; "
        "print(wechatpy.messages.TextMessage.type, "
        "wechatpy.WeChatClient.__name__, wechatpy.crypto.WeChatCrypto.__name__)"
    )
    assert run(program) == "text WeChatClient WeChatCrypto"


def test_it_does_not_matter_who_comes_first() -> None:
    program = (
        "import wechatpy; from bot.channels.wechat.model import MESSAGE_TYPES; "
        "print(MESSAGE_TYPES['text'] is wechatpy.messages.TextMessage)"
    )
    assert run(program) == "True"

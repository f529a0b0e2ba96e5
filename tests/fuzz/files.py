"""What operators and clerks write: a town's file, and the settings."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import cast

from bot import settings
from bot.errors import ConfigurationError
from bot.townfile.building import build_town
from bot.townfile.source import read_source
from tests.fuzz.decoder import Decoder, Ready
from tests.fuzz.mutation import Grammar

_TOWN = """
[town]
code = "t"
name = "云棠市"
[[units]]
code = "u"
name = "城管局"
[[kinds]]
code = "undecided"
name = "其他"
[dispatch]
rules = [["*", "*", "u"]]
"""
_PARTS = (
    "",
    """[hours]
working = ["09:00-12:00", "14:00-18:00"]
[holidays]
complete = [2027]
off = [2027-01-01, "2027-02-05..2027-02-11"]
work = [2027-02-14]
""",
    """[limits]
dispatch_days = 1
danger_dispatch = "1h"
pin_reach_m = 3000
draft_reminders = ["30min", "2h"]
[limits.answer_days]
complaint = 5
praise = "none"
[contacts]
hotline = "0500-12345"
[type_words]
idea = ["建议"]
[canned.done]
zh = "已于{date}完成"
""",
    """[[areas]]
code = "d"
name = "东街道"
level = 2
aliases = ["东街"]
[[areas]]
code = "x"
name = "幸福社区"
level = 1
parent = "d"
roads = ["幸福路"]
centre = [121.52, 31.25]
outline = [[121.5, 31.2], [121.5, 31.3], [121.6, 31.3]]
[[units]]
code = "d-office"
name = "东街道办"
level = 2
parent = "u"
area = "d"
hours = ["09:00-17:00"]
""",
    """[groups.infrastructure]
zh = "基础设施"
[[kinds]]
code = "roads"
name = "道路"
group = "infrastructure"
words = ["路灯", "坑洼"]
strong_words = ["塌陷"]
clock = "utility"
[[danger]]
code = "shock"
name = "触电"
numbers = ["120"]
phrases = ["触电"]
except = ["触电影"]
""",
)
_SETTINGS = (
    """data = "data"
[web]
port = 8080
public_url = "https://desk.example.org"
trusted_proxies = ["10.0.0.1"]
[log]
level = "info"
""",
    """[media]
url = "s3://bucket/prefix"
endpoint = "https://s3.example.org"
key_id = "id"
secret = "a-secret-value"
""",
    """[wechat]
app_id = "wx0123456789abcdef"
app_secret = "a-secret-value"
token = "t"
encoding_aes_key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFA"
[telegram]
token = "1:a-secret-value"
mode = "polling"
""",
    """[open311]
enabled = true
[open311.keys.reader]
digest = "0000000000000000000000000000000000000000000000000000000000000000"
rights = ["read"]
[[webhooks]]
url = "https://example.org/hook"
secret = "a-secret-value-a-secret-value"
""",
)
_TOML_PIECES = re.compile(rb'\[\[?[^\]\n]*\]\]?|"[^"\n]*"|[A-Za-z0-9_.:+-]+|\s+|.', re.S)
_TOML_VALUE = re.compile(rb'"[^"\n]*"|[0-9][0-9.:-]*|true|false')
_TOML_VALUES = (
    *(b'""', b"0", b"-1", b"1e400", b"inf", b"-nan", b"9223372036854775808", b"9" * 400, b"0x" + b"f" * 40, b"true"),
    *(
        b"[]",
        b"{}",
        b"[[]]",
        b'[""]',
        b"2026-02-29",
        b"9999-12-31",
        b"0001-01-01T00:00:00Z",
        b"23:59:60",
        b"1979-05-27 07:32:00",
    ),
    *(
        b'"2027-02-11..2027-02-05"',
        b'"0001-01-01..9999-12-31"',
        b'"99999h"',
        b'"1h30"',
        b'"c"',
        b'"u"',
        b'"roads"',
        b"'''",
    ),
    *(
        b'"\\ud800"',
        b'"\\u0000"',
        b'"\\U0010ffff"',
        b'"${HOME}"',
        b'"Asia/../../etc/passwd"',
        b'"Mars/Olympus"',
        b"{a = 1}",
    ),
)
_TOML_ODD = (
    *(
        b"[",
        b"]",
        b"[[",
        b"]]",
        b"=",
        b".",
        b"#",
        b"\n",
        b"{",
        b"}",
        b'"',
        b'"""',
        b"'",
        b"[a.b.c]",
        b"[[town]]",
        b"[town]",
    ),
    *(
        b"[" * 400,
        b"x = " + b"[" * 600,
        b"a." * 300 + b"b = 1\n",
        b"x = {" + b"a = {" * 300,
        b"code = 1\n",
        b'code = "u"\n',
    ),
    *(
        b"parent = 'd'\n",
        b"parent = 'c'\n",
        b"[[areas]]\n",
        b"[[kinds]]\n",
        b"unknown = 1\n",
        b"secret = 1\n",
        b"port = 99999\n",
    ),
)


class _Held:
    """A file that is not on any disk, as far as `read_source` looks."""

    name = "town.toml"

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read_bytes(self) -> bytes:
        return self._content


def _quoted(words: bytes) -> bytes:
    return b'"' + words.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n").replace(b"\r", b"") + b'"'


def town_decoder() -> Ready:
    """A town's file."""
    small = [f"{_TOWN}{part}" for part in _PARTS]
    seeds = (*(town.encode() for town in small), small[0].replace("\n", "\r\n").encode("utf-8-sig"))
    grammar = Grammar(seeds, _TOML_PIECES, _TOML_ODD, _TOML_VALUE, _TOML_VALUES, _quoted, largest=1 << 18)

    def decode(raw: bytes) -> object:
        return build_town([read_source(cast(Path, _Held(raw)))])

    return Ready(grammar.make, decode, (ConfigurationError,))


def settings_decoder() -> Ready:
    """The operator's file; what is secret in it is in no error."""
    grammar = Grammar(
        [part.encode() for part in _SETTINGS],
        _TOML_PIECES,
        _TOML_ODD,
        _TOML_VALUE,
        _TOML_VALUES,
        _quoted,
        largest=1 << 16,
    )
    folder = tempfile.TemporaryDirectory(prefix="minsheng-fuzz-")
    path = Path(folder.name) / "desk.toml"

    def decode(raw: bytes) -> object:
        path.write_bytes(raw)
        try:
            return settings.load(path)
        except ConfigurationError as error:
            if "a-secret-value" in str(error):
                raise ValueError("a secret is in an error") from None
            raise

    return Ready(grammar.make, decode, (ConfigurationError,), folder.cleanup)


DECODERS = (Decoder("town", town_decoder), Decoder("settings", settings_decoder))

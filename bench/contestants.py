"""Who is measured: how each server is started, which load it gets, and how its tickets are counted."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.load import CONFIRM, SECRET, TOKEN, Load, LoadError, signed_query
from bench.process import Process, free_port

ROOT = Path(__file__).resolve().parent.parent
BOT_TOKEN = "1:bench"
WECHAT_PATH = "/hooks/wechat"
TELEGRAM_PATH = "/hooks/telegram"

# How many drafts lie between a complaint and its confirmation. The product's Telegram shows the card after a quiet
# window of 3 s, so confirmations must come later than that, at any speed that can be hoped for.
WECHAT_LAG = 1_000
TELEGRAM_LAG = 8_000

_NUMBER = re.compile(r"(?<!\d)\d{6,}[\d-]*")
_PUSH_SECONDS = 20.0


@dataclass(slots=True, kw_only=True)
class Contestant:
    """A server that is measured. ``tickets`` is where its tickets are counted ("" when it keeps none): a SQL table.

    ``fake`` is the Bot API it sends through, for those that answer by it. ``answered_at`` is when the last `check` had
    its first answer (`time.perf_counter`).
    """

    name: str
    process: Process
    load: Load
    data: Path
    tickets: str = ""
    fake: Process | None = None
    probes: int = 0
    answered_at: float = 0.0

    def database(self) -> Path:
        """The SQLite file that has the table. Raises LoadError."""
        for path in sorted(self.data.iterdir()):
            if path.is_file() and path.open("rb").read(16) == b"SQLite format 3\0":
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                    if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (self.tickets,)).fetchone():
                        return path
        raise LoadError(f"{self.name} has no table {self.tickets} in {self.data}")

    def count(self) -> int:
        """How many tickets it has on disk."""
        with closing(sqlite3.connect(f"file:{self.database()}?mode=ro", uri=True)) as database:
            return int(database.execute(f"SELECT count(*) FROM {self.tickets}").fetchone()[0])  # noqa: S608  # our own name

    def check(self) -> None:
        """Complain and confirm as somebody new. Raises LoadError when the answer holds no ticket's number."""
        if not self.tickets:
            return
        self.probes += 1
        said = [self._say("小区门口的路灯坏了三天，晚上看不清路。", 0)]
        self.answered_at = time.perf_counter()
        said.append(self._say(CONFIRM, 1))
        if not _NUMBER.search(said[1]):
            raise LoadError(f"{self.name} gave no ticket: {said}")

    def verify(self) -> int:
        """Tickets on disk. Raises LoadError unless there is one for each confirmation, but for `Load.uncertain`."""
        if not self.tickets:
            return 0
        found, most = self.count(), self.load.confirms + self.probes
        if not most - self.load.uncertain <= found <= most:
            raise LoadError(f"{self.name}: {self.load.confirms} confirmations were sent, yet there are {found} tickets")
        return found

    def sent(self) -> int:
        """How many messages it has sent through the Bot API."""
        return int(str(_counted(self.fake)["sent"])) if self.fake else 0

    def _say(self, text: str, step: int) -> str:
        return self._telegram(text, step) if self.load.mode == "telegram" else self._wechat(text, step)

    def _wechat(self, text: str, step: int) -> str:
        now, person = int(time.time()), f"oProbe{self.probes:022d}"
        body = (
            f"<xml><ToUserName><![CDATA[gh_bench0000001]]></ToUserName><FromUserName><![CDATA[{person}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
            f"<MsgId>99{self.probes:08d}{step}</MsgId></xml>"
        )
        query = f"{signed_query(now, f'{self.probes}{step}')}&openid={person}"
        return _post(f"http://127.0.0.1:{self.load.port}{self.load.path}?{query}", body.encode(), {})

    def _telegram(self, text: str, step: int) -> str:
        chat = 777_000_000 + self.probes
        key = 1_900_000_000 + self.probes * 10 + step
        sender = {"id": chat, "is_bot": False, "first_name": "Probe", "language_code": "zh-hans"}
        message = {"message_id": step + 1, "from": sender, "chat": {"id": chat, "type": "private"}, "text": text}
        update = {"update_id": key, "message": {**message, "date": int(time.time())}}
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        before = _told(self.fake, chat)
        _post(f"http://127.0.0.1:{self.load.port}{self.load.path}", json.dumps(update).encode(), headers)
        until = time.monotonic() + _PUSH_SECONDS
        while (told := _told(self.fake, chat)) == before:
            if time.monotonic() > until:
                raise LoadError(f"{self.name} sent no answer within {_PUSH_SECONDS:.0f} s")
            time.sleep(0.05)
        return told


def _counted(fake: Process | None) -> dict[str, object]:
    if fake is None:
        return {}
    with urllib.request.urlopen(f"http://127.0.0.1:{fake.port}/count", timeout=10) as answer:
        counted: dict[str, object] = json.loads(answer.read())
        return counted


def _told(fake: Process | None, chat: int) -> str:
    last = _counted(fake).get("last")
    return str(last.get(str(chat), "")) if isinstance(last, dict) else ""


def _post(url: str, body: bytes, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "text/xml", **headers})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # loopback
        return urllib.parse.unquote(answer.read().decode())


@dataclass(frozen=True, slots=True)
class Field:
    """Where the contestants of one run live: a folder on the disk that is measured, and the texts they are told.

    ``script`` is the product.
    """

    folder: Path
    texts: Path
    python: str = sys.executable
    script: Path = ROOT / "main.py"

    def hello(self) -> Contestant:
        """An aiohttp server that only answers "success"."""
        return self._rival("hello", "bench.rivals.hello", ())

    def parse_only(self) -> Contestant:
        """Verify, parse and reply with wechatpy; nothing stored."""
        return self._rival("parse_only", "bench.rivals.parse_only", ("--token", TOKEN))

    def werobot(self) -> Contestant:
        """WeRoBot with its SQLite sessions and one insert a ticket."""
        return self._rival("werobot", "bench.rivals.werobot_desk", ("--token", TOKEN), tickets="ticket")

    def aiogram(self, fake: Process) -> Contestant:
        """An aiogram webhook bot with FSM and one insert a ticket."""
        more = ("--token", BOT_TOKEN, "--secret", SECRET, "--api", f"http://127.0.0.1:{fake.port}")
        return self._rival("aiogram", "bench.rivals.aiogram_desk", more, tickets="ticket", fake=fake)

    def fake_telegram(self, name: str) -> Process:
        """A Bot API that takes everything."""
        port = free_port()
        command = (self.python, "-m", "bench.rivals.fake_telegram", "--port", str(port))
        return Process(name, command, port, self.folder, cwd=ROOT)

    def product(
        self, name: str = "product", batch_max: int = 0, wrapper: Sequence[str] = (), data: Path | None = None
    ) -> Contestant:
        """The desk on WeChat. ``batch_max`` 0 leaves its own; ``wrapper`` stands between interpreter and main.py."""
        env = {
            "MINSHENG_WECHAT__APP_ID": "wxbench0000000001",
            "MINSHENG_WECHAT__APP_SECRET": "bench-app-secret",
            "MINSHENG_WECHAT__TOKEN": TOKEN,
            "MINSHENG_WECHAT__ENCODING_AES_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFA",
            "MINSHENG_WECHAT__API_BASE": "http://127.0.0.1:9",
            "MINSHENG_WECHAT__ALLOW_PLAIN": "true",
        }
        if batch_max:
            env["MINSHENG_STORAGE__BATCH_MAX"] = str(batch_max)
        return self._product(name, env, "wechat", WECHAT_PATH, WECHAT_LAG, None, wrapper, data)

    def telegram(self, fake: Process, wrapper: Sequence[str] = ()) -> Contestant:
        """The desk on Telegram's webhook."""
        env = {
            "MINSHENG_TELEGRAM__TOKEN": BOT_TOKEN,
            "MINSHENG_TELEGRAM__MODE": "webhook",
            "MINSHENG_TELEGRAM__SECRET_TOKEN": SECRET,
            "MINSHENG_TELEGRAM__API_BASE": f"http://127.0.0.1:{fake.port}",
            "MINSHENG_TELEGRAM__FILE_BASE": f"http://127.0.0.1:{fake.port}/file",
        }
        return self._product("telegram", env, "telegram", TELEGRAM_PATH, TELEGRAM_LAG, fake, wrapper, None)

    def _product(
        self,
        name: str,
        env: dict[str, str],
        mode: str,
        path: str,
        lag: int,
        fake: Process | None,
        wrapper: Sequence[str],
        data: Path | None,
    ) -> Contestant:
        port, data = free_port(), data or self.folder / name
        env |= {"MINSHENG_DATA": str(data), "MINSHENG_WEB__PORT": str(port), "MINSHENG_WEB__HOST": "127.0.0.1"}
        command = (self.python, *wrapper, str(self.script), "serve")
        process = Process(name, command, port, self.folder, env, cwd=ROOT)
        load = Load(mode, port, path, self.texts, self.folder, lag)
        return Contestant(name=name, process=process, load=load, data=data, tickets="ticket", fake=fake)

    def _rival(
        self, name: str, module: str, more: Sequence[str], tickets: str = "", fake: Process | None = None
    ) -> Contestant:
        port, data = free_port(), self.folder / name
        data.mkdir(parents=True, exist_ok=True)
        command = [self.python, "-m", module, "--port", str(port), *more]
        if tickets:
            command += ["--data", str(data)]
        mode, path = ("telegram", TELEGRAM_PATH) if fake else ("wechat", WECHAT_PATH)
        load = Load(mode, port, path, self.texts, self.folder, WECHAT_LAG)  # no rival keeps a quiet window
        process = Process(name, command, port, self.folder, cwd=ROOT)
        return Contestant(name=name, process=process, load=load, data=data, tickets=tickets, fake=fake)

"""Secrets and people's words are put in everywhere, and whatever goes wrong goes wrong; nothing of it comes out again.

A real process at its most talkative: its log, its metrics, its health pages, its error pages, `doctor`, and what is
printed when the database cannot be used.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

import aiohttp

from tests.fakes import wechat_requests as wechat
from tests.fakes.desk_process import DeskProcess, run, serving
from tests.fakes.telegram_api import FakeTelegram, fault, garbage
from tests.fakes.telegram_updates import TelegramPerson
from tests.fakes.wechat_api import FakeWeChat, Fault

SECRETS = {
    "token": "CanaryTokenOfWeChat01",
    "aes": "CanaryKeyOfMessages0123456789abcdefghijklmn",
    "old aes": "CanaryKeyOfLastYear0123456789abcdefghijklmn",
    "speech": "canary-key-of-the-speech-service",
    "open311": "canary-key-of-another-program",
    "hook": "canary-secret-of-a-hook",
    "bot": "987654321:CanaryTokenOfTheBot-0123456789abcdef",
    "app": "canary0secret0of0the0account0000",
    "database": "canary-password-of-the-database",
}
OPENID, CHAT_ID = "oCanaryOpenid7Tn3XkLw0PfVb9", 7788990011
PHONE, IDENTITY, PLATE = "13987654321", "11010519491231002X", "\u4eacA9Z8Y7"
WORDS = ("\u7d2b\u8272\u7684\u7280\u725b", "\u69b4\u83b2\u5473\u70df\u56f1", "\u4f1a\u98de\u7684\u9505\u7089")
QUARANTINED = "Broken"
"""What the log says of each message with a bomb: the name of the error, and where it was raised."""
BOMB = "\u70b8\u5f39"
NAME = "\u6b27\u9633\u950b\u8292"


def said(words: str) -> str:
    return f"{words}\uff0c\u6211\u53eb{NAME}\uff0c\u7535\u8bdd{PHONE}\uff0c{IDENTITY}\uff0c{PLATE}"


def settings(bot: FakeTelegram, account: FakeWeChat) -> dict[str, str]:
    named = {
        "LOG__LEVEL": "debug",
        "LOG__FORMAT": "json",
        "TELEGRAM__TOKEN": bot.token,
        "TELEGRAM__API_BASE": bot.base,
        "TELEGRAM__FILE_BASE": f"{bot.base}/file",
        "WECHAT__APP_ID": account.app_id,
        "WECHAT__APP_SECRET": account.app_secret,
        "WECHAT__TOKEN": SECRETS["token"],
        "WECHAT__ENCODING_AES_KEY": SECRETS["aes"],
        "WECHAT__PREVIOUS_ENCODING_AES_KEY": SECRETS["old aes"],
        "WECHAT__API_BASE": account.url,
        "WECHAT__CUSTOMER_SERVICE": "true",
        "SPEECH__URL": "http://127.0.0.1:9",
        "SPEECH__KEY": SECRETS["speech"],
        "FAILPOINTS": f"turn.decide~{BOMB}=raise",
    }
    return {f"MINSHENG_{name}": value for name, value in named.items()}


def leaks(outcome: dict[str, str], who: tuple[str, ...]) -> dict[str, list[str]]:
    """Where something of it stands, by what it is."""
    looked = [*SECRETS.items(), *((value, value) for value in who)]
    found = {name: [place for place, text in outcome.items() if value in text] for name, value in looked}
    return {name: places for name, places in found.items() if places}


async def talk_on_wechat(desk: DeskProcess, http: aiohttp.ClientSession) -> list[str]:
    """Answers of the door to good messages, bad ones and broken ones."""
    now, door = int(time.time()), f"{desk.url}hooks/wechat"
    sealed = wechat.safe(
        wechat.text(said(WORDS[0]), sender=OPENID).replace(str(wechat.NOW).encode(), str(now).encode()),
        aes_key=SECRETS["aes"],
        app_id=FakeWeChat.app_id,
        token=SECRETS["token"],
        at=now,
    )
    bomb = wechat.safe(
        wechat.text(f"{BOMB}{WORDS[0]}", msg_id="2", sender=OPENID).replace(
            str(wechat.NOW).encode(), str(now).encode()
        ),
        aes_key=SECRETS["aes"],
        app_id=FakeWeChat.app_id,
        token=SECRETS["token"],
        at=now,
    )
    broken = wechat.enveloped(sealed.body.decode()[90:-40] + "AA", token=SECRETS["token"], at=now)
    answers = []
    for request, query in (
        (sealed, sealed.query),
        (bomb, bomb.query),
        (broken, broken.query),
        (sealed, {**sealed.query, "msg_signature": "0" * 40}),
        (wechat.Request({}, f"<xml>{said(WORDS[0])}".encode()), bomb.query),
    ):
        async with http.post(door, params=query, data=request.body) as answer:
            text = await answer.text()
            if answer.status != 200:  # an answer to the person themselves is sealed for them
                answers.append(text)
    return answers


async def talk_on_the_web(desk: DeskProcess, http: aiohttp.ClientSession) -> list[str]:
    answers = []
    for body in (
        json.dumps({"key": "canary-1", "text": said(WORDS[1])}),
        json.dumps({"key": "canary-2", "text": f"{BOMB}{WORDS[1]}"}),
        json.dumps({"key": "canary-3", "kind": WORDS[1], "text": said(WORDS[1])}),
        f'{{"key": "canary-4", "text": "{said(WORDS[1])}"',
    ):
        headers = {"Content-Type": "application/json", "Origin": desk.url.rstrip("/")}
        async with http.post(f"{desk.url}chat/messages", data=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status != 200:
                answers.append(text)
    for path in (f"t/{WORDS[1]}", f"files/{PHONE}", f"staff/{NAME}?code={PHONE}", f"public?q={said(WORDS[1])}"):
        async with http.get(f"{desk.url}{path}") as answer:
            answers.append((await answer.text()).replace(f"q={said(WORDS[1])}", ""))
    return answers


async def test_nothing_comes_out_that_was_put_in(tmp_path: Path) -> None:
    account = FakeWeChat()
    account.app_secret = SECRETS["app"]
    async with FakeTelegram(SECRETS["bot"]) as bot, account, aiohttp.ClientSession() as http:
        bot.script("sendMessage", fault(500), garbage())
        account.next("send", Fault(errcode=45015))
        set_ = settings(bot, account)
        person = TelegramPerson(CHAT_ID, date=int(time.time()))
        staff = TelegramPerson(CHAT_ID + 1, date=int(time.time()), updates=person._updates)
        outcome: dict[str, str] = {}
        async with serving(tmp_path / "data", set_) as desk:
            invited = await asyncio.to_thread(
                lambda: run("staff", "invite", "--role", "admin", "--data", str(desk.data), settings=set_)
            )
            code = invited.stdout.split()[0]
            outcome["wechat"] = "\n".join(await talk_on_wechat(desk, http))
            outcome["web"] = "\n".join(await talk_on_the_web(desk, http))
            bot.happen(person.text(said(WORDS[2])), person.text(f"{BOMB}{WORDS[2]}"), person.photo("gone"))
            bot.happen(staff.text(code), staff.text(f"\u67e5 {NAME}"), staff.text(f"{BOMB} {PHONE}"))
            async with asyncio.timeout(60):
                while desk.log.count(QUARANTINED) < 4:  # noqa: ASYNC110  # another process: no event tells
                    await asyncio.sleep(0.1)
            async with asyncio.timeout(60):
                while sum(call.method == "sendMessage" for call in bot.calls) < 4:  # noqa: ASYNC110  # likewise
                    await asyncio.sleep(0.1)
            for page in ("metrics", "readyz", "healthz"):
                outcome[page] = (await asyncio.to_thread(desk.get, page))[1]
            doctor = await asyncio.to_thread(lambda: run("doctor", "--data", str(desk.data), settings=set_))
            outcome["doctor"] = doctor.stdout + doctor.stderr
            outcome["standard output"] = "".join(desk.said)
            assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
            outcome["log"] = desk.log
        logged = [json.loads(line) for line in outcome["log"].splitlines() if line.startswith("{")]
        assert sum(line["level"] == "error" for line in logged) >= 4, "too little went wrong: nothing is proven"
        assert leaks(outcome, (OPENID, str(CHAT_ID), PHONE, IDENTITY, PLATE, NAME, code, *WORDS)) == {}


def test_the_password_of_the_database_is_never_shown(tmp_path: Path) -> None:
    url = f"postgresql://desk:{SECRETS['database']}@127.0.0.1:9/desk"
    set_ = {"MINSHENG_STORAGE__URL": url, "MINSHENG_LOG__LEVEL": "debug", "MINSHENG_DATA": str(tmp_path / "data")}
    outcome = {}
    for command in (("doctor",), ("tickets",)):
        done = run(*command, settings=set_)
        outcome[command[0]] = done.stdout + done.stderr
        assert done.returncode != 0, outcome
    assert leaks(outcome, ()) == {}

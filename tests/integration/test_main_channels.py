"""The real program between residents and platforms that are played: everything main puts together, in real time."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.desk_process import WECHAT, DeskProcess, run, serving
from tests.fakes.telegram_api import SECRET, FakeTelegram
from tests.fakes.telegram_updates import TelegramPerson
from tests.fakes.wechat_api import FakeWeChat

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + b"\x08" * 5000 + bytes.fromhex("ffd9")


def telegram_settings(fake: FakeTelegram, **more: str) -> dict[str, str]:
    return {
        "MINSHENG_TELEGRAM__TOKEN": fake.token,
        "MINSHENG_TELEGRAM__API_BASE": fake.base,
        "MINSHENG_TELEGRAM__FILE_BASE": f"{fake.base}/file",
        **{f"MINSHENG_{name}": value for name, value in more.items()},
    }


async def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is true and return it; fails after a long while."""
    async with asyncio.timeout(seconds):
        while not (found := await asyncio.to_thread(true)):  # noqa: ASYNC110  # see below
            await asyncio.sleep(0.05)  # the desk is another process: no event of ours tells when
    return found


def stored(desk: DeskProcess) -> list[dict[str, Any]]:
    """Attachments of all tickets, once none is pending."""
    files = [file for ticket in desk.tickets() for file in ticket["attachments"]]
    return files if files and all(file["state"] != "pending" for file in files) else []


async def test_telegram_by_polling_from_a_photo_to_the_receipt(tmp_path: Path) -> None:
    async with FakeTelegram() as fake:
        fake.file("photo-1", JPEG)
        person = TelegramPerson(date=int(time.time()))
        async with serving(tmp_path / "data", telegram_settings(fake)) as desk:
            fake.happen(person.text("幸福路路灯坏了三天"), person.photo("photo-1", size=len(JPEG)))
            await until(lambda: any("照片" in text for text in fake.texts(person.id)))
            fake.happen(person.text("确认"))
            await until(lambda: any("编号" in text for text in fake.texts(person.id)))
            [file] = await until(lambda: stored(desk))
            assert (file["state"], file["sha256"]) == ("stored", hashlib.sha256(JPEG).hexdigest())
            assert fake.waiting == []
            _, metrics = await asyncio.to_thread(desk.get, "/metrics")
            assert 'minsheng_pushes_total{channel="telegram",outcome="sent"}' in metrics
            assert (await asyncio.to_thread(desk.get, "/readyz"))[0] == 200
            assert await asyncio.to_thread(desk.end, signal.SIGTERM) == 0
            assert fake.token not in desk.log


async def test_telegram_by_webhook_when_there_is_a_secret(tmp_path: Path) -> None:
    async with FakeTelegram() as fake:
        settings = telegram_settings(fake, TELEGRAM__SECRET_TOKEN=SECRET)
        person = TelegramPerson(date=int(time.time()))
        async with serving(tmp_path / "data", settings) as desk:
            hook = f"{desk.url}hooks/telegram"
            assert await fake.post(hook, person.text("幸福路路灯坏了"), secret="a guess") == 403
            assert await fake.post(hook, person.text("幸福路路灯坏了")) == 200
            assert await fake.post(hook, person.text("确认")) == 200
            await until(lambda: any("编号" in text for text in fake.texts(person.id)))
            assert len(await asyncio.to_thread(desk.tickets)) == 1


async def test_channels_setup_registers_commands_in_every_language_and_the_webhook() -> None:
    async with FakeTelegram() as fake:
        settings = telegram_settings(fake, TELEGRAM__SECRET_TOKEN=SECRET, WEB__PUBLIC_URL="https://desk.example.org")
        done = await asyncio.to_thread(lambda: run("channels", "setup", settings=settings))
        assert done.returncode == 0, done.stdout + done.stderr
        assert {language for _, language in fake.commands} == {"", "zh", "en"}
        assert fake.hook["url"] == "https://desk.example.org/hooks/telegram"
        seen = await asyncio.to_thread(lambda: run("doctor", settings=settings))
        assert "@" in next(line for line in seen.stdout.splitlines() if "telegram" in line)


async def test_wechat_with_customer_service_tells_of_a_file_it_could_not_get_and_makes_its_menu(tmp_path: Path) -> None:
    async with FakeWeChat() as fake:
        settings = {
            **WECHAT,
            "MINSHENG_WECHAT__APP_ID": fake.app_id,
            "MINSHENG_WECHAT__APP_SECRET": fake.app_secret,
            "MINSHENG_WECHAT__API_BASE": fake.url,
            "MINSHENG_WECHAT__CUSTOMER_SERVICE": "true",
        }
        done = await asyncio.to_thread(lambda: run("channels", "setup", settings=settings))
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(fake.menus) == 1
        async with serving(tmp_path / "data", settings) as desk:
            talk = await asyncio.to_thread(desk.simulate, "幸福路路灯坏了", "/photo", "确认")
            assert "编号" in talk
            [file] = await until(lambda: stored(desk))
            assert file["state"] == "failed"
            assert fake.calls["media"] >= 1
            await until(lambda: any("没能" in sent["text"]["content"] for sent in fake.sent))

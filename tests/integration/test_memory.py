"""Memory stays bounded while forty videos of 20 MB arrive at once."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import aiohttp

from tests.fakes.desk_process import WECHAT, serving
from tests.fakes.wechat_api import FakeWeChat, File
from tests.fakes.wechat_requests import message, safe

VIDEOS = 40
MEGABYTES = 20
VIDEO = bytes.fromhex("0000001866747970") + b"isom\x00\x00\x02\x00isommp41" + bytes(MEGABYTES * 2**20 - 64)
MOST_GROWTH_MB = 64
"""Three videos' worth. The desk fetches four at a time, in pieces."""


def peak_mb(process: int) -> int:
    """The largest resident size a process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text("utf-8"))
    assert found
    return int(found[1]) // 1024


async def test_forty_videos_at_once(tmp_path: Path) -> None:
    async with FakeWeChat() as wechat:
        for n in range(VIDEOS):
            wechat.media[f"video-{n}"] = File(content=VIDEO, mime="video/mp4", video=True)
        account = {
            "MINSHENG_WECHAT__API_BASE": wechat.url,
            "MINSHENG_WECHAT__APP_ID": wechat.app_id,
            "MINSHENG_WECHAT__APP_SECRET": wechat.app_secret,
        }
        async with serving(tmp_path / "data", {**WECHAT, **account}) as desk, aiohttp.ClientSession() as http:
            await _send(http, desk.url, "o-warm", "text", Content="路灯坏了")
            before = peak_mb(desk.process.pid)
            await asyncio.gather(
                *(
                    _send(http, desk.url, f"o-{n}", "video", MediaId=f"video-{n}", ThumbMediaId="t")
                    for n in range(VIDEOS)
                )
            )
            end = time.monotonic() + 120
            while _fetched(await _get(http, f"{desk.url}metrics")) < VIDEOS:
                assert time.monotonic() < end, "not all videos were fetched"
                await asyncio.sleep(0.2)
            assert peak_mb(desk.process.pid) - before < MOST_GROWTH_MB
        stored = [file for file in (tmp_path / "data" / "media").rglob("*") if file.is_file()]
        assert [file.stat().st_size for file in stored] == [len(VIDEO)]  # the same content is kept once


def _fetched(metrics: str) -> int:
    found = re.search(r'minsheng_media_total\{outcome="stored"\} (\d+)', metrics)
    return int(found[1]) if found else 0


async def _get(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as answer:
        return await answer.text()


async def _send(http: aiohttp.ClientSession, url: str, sender: str, kind: str, **parts: str) -> None:
    xml = message(kind, msg_id=f"9{abs(hash(sender)) % 10**12}", sender=sender, **parts)
    request = safe(
        xml,
        aes_key=WECHAT["MINSHENG_WECHAT__ENCODING_AES_KEY"],
        app_id=FakeWeChat.app_id,
        token=WECHAT["MINSHENG_WECHAT__TOKEN"],
        at=int(time.time()),
    )
    async with http.post(f"{url}hooks/wechat", params=request.query, data=request.body) as answer:
        assert answer.status == 200, await answer.text()

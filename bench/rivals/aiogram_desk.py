"""The same dialogue as its author would write it with aiogram 3: webhook, FSM, one insert and commit a ticket.

The update is acknowledged when its handler is done (``handle_in_background=False``), as the product acknowledges when
the turn is on disk; acknowledging before would be fast and lose what a crash finds in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

import aiosqlite
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import StateFilter
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

_CONFIRM = "确认"
_DRAFTED = "drafted"


class Desk:
    """Two handlers and a table."""

    def __init__(self, tickets: aiosqlite.Connection) -> None:
        self.tickets = tickets

    async def file(self, message: Any, state: Any) -> None:
        """Keep the draft as a ticket."""
        draft = (await state.get_data())["draft"]
        row = await self.tickets.execute(
            "INSERT INTO ticket (person, text, filed_at) VALUES (?, ?, ?)",
            (message.from_user.id, draft, int(time.time())),
        )
        await self.tickets.commit()
        await state.clear()
        await message.answer(f"已受理，编号 {row.lastrowid:08d}。我们会在 5 个工作日内答复您。")

    async def draft(self, message: Any, state: Any) -> None:
        """Remember what was said and show the card."""
        await state.set_state(_DRAFTED)
        await state.update_data(draft=message.text)
        await message.answer(f"我记下了：\n{message.text}\n回复“确认”提交；继续发文字可以补充；回复“取消”不再提交。")


async def _serve(port: int, token: str, secret: str, api: str, data: Path) -> None:
    async with aiosqlite.connect(data / "tickets.sqlite") as tickets:
        await tickets.execute("PRAGMA journal_mode=WAL")
        await tickets.execute("PRAGMA synchronous=FULL")
        await tickets.execute(
            "CREATE TABLE IF NOT EXISTS ticket (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, text TEXT NOT NULL, "
            "filed_at INTEGER NOT NULL)"
        )
        await tickets.commit()
        desk = Desk(tickets)
        bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
        dispatcher = Dispatcher(storage=MemoryStorage())
        dispatcher.message.register(desk.file, StateFilter(_DRAFTED), F.text == _CONFIRM)
        dispatcher.message.register(desk.draft, F.text)
        app = web.Application()
        SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=secret).register(
            app, path="/hooks/telegram"
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--token", required=True)
    options.add_argument("--secret", required=True)
    options.add_argument("--api", required=True)
    options.add_argument("--data", type=Path, required=True)
    chosen = options.parse_args()
    asyncio.run(_serve(chosen.port, chosen.token, chosen.secret, chosen.api, chosen.data))


if __name__ == "__main__":
    main()

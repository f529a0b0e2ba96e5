"""The same dialogue as its author would write it with WeRoBot: SQLite sessions, one insert and commit a ticket.

Served by gevent, the fastest of the servers Bottle offers that were tried (see docs/performance.md). Both databases are
put into WAL mode, which neither WeRoBot nor sqlite3 does by itself, and keep SQLite's full sync: a favour, so that the
comparison is about the design and not about a setting.
"""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path
from typing import Any

from gevent import monkey

monkey.patch_all()  # Bottle asks for it before anything else is imported

from werobot import WeRoBot  # noqa: E402  # see above
from werobot.session.sqlitestorage import SQLiteStorage  # noqa: E402  # see above

_CONFIRM = "确认"


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def desk(token: str, data: Path) -> Any:
    """The robot, ready to be served."""
    _database(data / "sessions.sqlite").close()
    tickets = _database(data / "tickets.sqlite")
    tickets.execute(
        "CREATE TABLE IF NOT EXISTS ticket (id INTEGER PRIMARY KEY, person TEXT NOT NULL, text TEXT NOT NULL, "
        "filed_at INTEGER NOT NULL)"
    )
    robot = WeRoBot(token=token)
    robot.config["SESSION_STORAGE"] = SQLiteStorage(str(data / "sessions.sqlite"))

    def take(message: Any, session: dict[str, Any]) -> str:
        if message.content.strip() != _CONFIRM:
            session["draft"] = message.content
            return f"我记下了：\n{message.content}\n回复“确认”提交；继续发文字可以补充；回复“取消”不再提交。"
        draft = session.pop("draft", None)
        if draft is None:
            return "没有待提交的诉求。"
        row = tickets.execute(
            "INSERT INTO ticket (person, text, filed_at) VALUES (?, ?, ?)", (message.source, draft, message.time)
        )
        tickets.commit()
        return f"已受理，编号 {row.lastrowid:08d}。我们会在 5 个工作日内答复您。"

    robot.add_handler(take, type="text")
    return robot


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--token", required=True)
    options.add_argument("--data", type=Path, required=True)
    chosen = options.parse_args()
    desk(chosen.token, chosen.data).wsgi.run(server="gevent", host="127.0.0.1", port=chosen.port, quiet=True)


if __name__ == "__main__":
    main()

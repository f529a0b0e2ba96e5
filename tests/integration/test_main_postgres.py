"""The command line asks a PostgreSQL database as it asks a file, beside the workers that use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.clock import FixedClock
from main import app
from storage.postgres.store import PostgresStore
from tests.fakes import postgres
from tests.fakes.changesets import NOW, filing, person, push

Typed = Callable[..., str]


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[Typed]:
    """Types a command against a database with one ticket and one push."""
    url = postgres.desk_database()

    async def fill() -> None:
        store = await PostgresStore.open(url, clock=FixedClock(NOW), must_answer=True)
        changes = filing(person(), 1, "260304-00017")
        changes.pushes.append(push("p1", person(), ticket="260304-00017"))
        await store.commit(changes)
        await store.close()

    asyncio.run(fill())
    settings = {"MINSHENG_DATA": str(tmp_path), "MINSHENG_STORAGE__URL": url}

    def type_(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), env=settings)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    yield type_
    postgres.drop(url)


def test_tickets_and_outbox(typed: Typed) -> None:
    (ticket,) = map(json.loads, typed("tickets", "--json").splitlines())
    assert (ticket["number"], ticket["reporters"]) == ("260304-00017", 1)
    (waiting,) = map(json.loads, typed("outbox", "--json").splitlines())
    assert (waiting["channel"], waiting["state"], waiting["count"]) == ("wechat", "ready", 1)


def test_staff_are_invited_where_all_workers_know_it(typed: Typed) -> None:
    typed("staff", "invite", "--name", "王明", "--role", "admin")
    assert "王明" in typed("staff", "list")

"""``persons forget`` and ``retention`` as an operator types them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import SystemClock
from bot.letterbox import Letterbox
from bot.retention import CLASSES
from bot.runtime.letters import Postman
from storage.store import SqliteStore
from tests.fakes.changesets import filing, person
from tests.fakes.desk_process import run
from tests.integration.test_forgetting import hits

NUMBER = "260304-00017"


async def filed(data: Path) -> None:
    store = await SqliteStore.open("", data, clock=SystemClock())
    try:
        await store.commit(filing(person(), 1, NUMBER, key="m1"))
    finally:
        await store.close()


async def test_a_running_desk_forgets_whoever_filed_a_ticket(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await filed(data)
    store = await SqliteStore.open("", data, clock=SystemClock())
    try:
        postman = Postman(Letterbox(data), SystemClock(), store.commit, lambda _changes: None)
        asked = asyncio.create_task(
            asyncio.to_thread(run, "persons", "forget", "--ticket", NUMBER, "--yes", "--data", str(data))
        )
        async with asyncio.timeout(60):
            while not await postman.once():  # noqa: ASYNC110  # another process: no event tells
                await asyncio.sleep(0.1)
        done = await asked
        assert done.returncode == 0, done.stderr
        (erasure,) = await store.personal.erasures()
        assert (erasure.address, erasure.seq) == (str(person()), 2)
        assert "1 tickets stay" in done.stdout
        assert not await store.reader.tickets_of(person())
        assert not [name for name in hits(data, str(person())).get(str(person()), []) if "letters" in name]
    finally:
        await store.close()


def test_retention_says_what_is_kept_and_what_is_due(tmp_path: Path) -> None:
    data = tmp_path / "data"
    asyncio.run(filed(data))  # in March 2026: long ago by the clock of this test, or soon enough
    assert datetime.now(UTC) > datetime(2026, 3, 4, tzinfo=UTC)
    settings = {"MINSHENG_RETENTION__TALK": "1", "MINSHENG_RETENTION__RECEIPTS": "0"}
    shown = run("retention", "--dry-run", "--json", "--data", str(data), settings=settings)
    assert shown.returncode == 0, shown.stderr
    said = {each["class"]: each for each in json.loads(shown.stdout)}
    assert said.keys() == {each.name for each in CLASSES}
    assert said["talk"] == {"class": "talk", "days": 1, "due": 1}
    assert said["receipts"] == {"class": "receipts", "days": 0, "due": 0}

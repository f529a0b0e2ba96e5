"""A process that writes tickets as fast as it can and says which ones were acknowledged; it is meant to be killed.

``python -m tests.fakes.store_load FOLDER FIRST [LIMIT]``: numbers count from FIRST. With LIMIT no file may grow beyond
so many bytes, which is how a quota that is used up looks from inside; when it is felt there is room again.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from itertools import count
from pathlib import Path

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from storage.store import SqliteStore
from tests.fakes.changesets import filing, person, push


async def main(folder: Path, first: int, limit: int) -> None:
    store = await SqliteStore.open("", folder, clock=SystemClock(), patience=10)
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    numbers = count(first)

    async def client() -> None:
        while True:
            n = next(numbers)
            changes = filing(person(n), 1, f"260304-{n:06d}", key=f"m{n}")
            changes.pushes.append(push(f"p{n}", person(n)))
            await store.commit(changes)
            os.write(1, f"{n}\n".encode())

    try:
        await asyncio.gather(*(client() for _ in range(16)))
    except StoreUnavailable:
        for room in (False, True):
            if room:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            last = filing(person(0), 1, "260304-000000", key="last")
            last.pushes.append(push("last", person(0)))
            again = await asyncio.gather(store.commit(last), return_exceptions=True)
            os.write(1, f"room {room} writable {store.writable} {type(again[0]).__name__}\n".encode())
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))

"""Files of residents on disk: whole or not at all, once, under the name of their content."""

from __future__ import annotations

import asyncio
import resource
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from storage.media import MediaFolder

MB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 1000
ROOT = Path(__file__).parents[2]


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


async def endless(
    chunk: bytes = b"v" * MB, failure: Exception | None = None, after: int = 10**9
) -> AsyncIterator[bytes]:
    for n in range(after + 1):
        await asyncio.sleep(0)
        if failure is not None and n == after:
            raise failure
        yield chunk


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_what_a_crash_left_is_thrown_away(tmp_path: Path) -> None:
    MediaFolder(tmp_path)
    (tmp_path / "coming" / "half").write_bytes(b"half")
    (tmp_path / "coming" / "half#1").write_bytes(b"half")
    media = MediaFolder(tmp_path)
    assert files(tmp_path) == []
    await media.save(pieces(PNG), MB)


_OTHER = """
import sys
from pathlib import Path
from storage.media import MediaFolder

MediaFolder(Path(sys.argv[1]))
print("begun", flush=True)
"""


async def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    media, begun, go_on = MediaFolder(tmp_path), asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * MB
        begun.set()
        await go_on.wait()
        yield PNG

    saving = asyncio.create_task(media.save(slow(), 20 * MB))
    await begun.wait()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _OTHER, str(tmp_path)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0] == b"begun\n"
    go_on.set()
    assert await media.exists((await saving).sha256)
    assert len(files(tmp_path)) == 1


async def test_forty_videos_at_once_stay_small_in_memory(tmp_path: Path) -> None:
    media = MediaFolder(tmp_path)
    chunk = b"v" * (256 * 1024)

    async def video(n: int) -> AsyncIterator[bytes]:
        yield b"%d" % n
        for _ in range(79):
            await asyncio.sleep(0)
            yield chunk

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    await asyncio.gather(*(media.save(video(n), 20 * MB) for n in range(40)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert len(files(tmp_path)) == 40
    assert peak < 40 * MB
    assert grown < 150 * MB  # of 800 MB that went through


_FULL = """
import asyncio, resource, sys
from pathlib import Path
from bot.errors import StoreUnavailable
from storage.media import MediaFolder
from tests.integration.test_storage_media import endless, files

async def main(folder):
    media = MediaFolder(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
    try:
        await media.save(endless(after=8), 20_000_000)
    except StoreUnavailable:
        print("unavailable", files(folder))

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _FULL, str(tmp_path)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "unavailable []"


async def test_a_folder_that_vanished_is_told(tmp_path: Path) -> None:
    media = MediaFolder(tmp_path / "media")
    (tmp_path / "media" / "coming").rmdir()
    (tmp_path / "media" / "coming").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        await media.save(pieces(PNG), MB)

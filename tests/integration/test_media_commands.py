"""Files are moved between folder and bucket and back, checked, and backed up, beside the database that names them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from bot.changes import Changes
from bot.clock import FixedClock
from bot.console.media_of import media_findings
from bot.doctor import Finding, Level
from bot.errors import ConfigurationError, StoreUnavailable
from bot.message import Picture, Push, Reply
from bot.ports import KeptMedia, MediaStock
from bot.settings import load
from main import app
from storage.media import MediaFolder
from storage.media_bucket import BucketAddress, MediaBucket
from storage.media_moving import move
from storage.store import SqliteStore
from tests.fakes.changesets import NOW, file, person
from tests.fakes.s3_server import HASTY, S3Server, Wire, wire_to

MB = 1024 * 1024
CONTENTS = [b"%d" % n * 1000 for n in range(6)]
NAMES = [hashlib.sha256(each).hexdigest() for each in CONTENTS]
ORPHAN, DRAWN = b"of nobody", b"drawn by the desk"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "buckets") as running:
        yield running


async def words(content: bytes) -> AsyncIterator[bytes]:
    yield content


def nobody(_done: int, _total: int) -> None:
    """Nobody watches."""


async def listed(media: MediaStock) -> list[KeptMedia]:
    return [kept async for kept in media.kept()]


@dataclass
class Hall:
    """A data folder whose database speaks of six files; a seventh is of nobody, an eighth was drawn and shown."""

    data: Path
    server: S3Server
    bucket: BucketAddress
    monkeypatch: pytest.MonkeyPatch

    async def fill(self) -> None:
        media = MediaFolder(self.data / "media")
        store = await SqliteStore.open("", self.data, clock=FixedClock(NOW), patience=0)
        files = []
        for n, content in enumerate(CONTENTS):
            stored = await media.save(words(content), MB)
            files.append(replace(file(f"f{n}", person()), state="stored", sha256=stored.sha256, bytes=stored.bytes))
        await media.save(words(ORPHAN), MB)
        drawn = await media.save(words(DRAWN), MB)
        reply = Reply("picture", picture=Picture(drawn.sha256, "image/png", "words"))
        push = Push(key="p", address=person(), reply=reply, created_at=NOW)
        await store.commit(Changes(at=NOW, attachments=files, pushes=[push]))
        await store.close()

    def use_bucket(self) -> None:
        for name, value in self.server.settings(self.bucket).items():
            self.monkeypatch.setenv(name, value)

    def run(self, *arguments: str) -> tuple[int, str]:
        """(exit code, all that was said)"""
        result = CliRunner().invoke(app, ["--data", str(self.data), *arguments])
        if isinstance(result.exception, Exception):
            raise result.exception
        return result.exit_code, result.output

    def in_folder(self) -> list[str]:
        return sorted(path.name for path in (self.data / "media").glob("??/??/*"))

    def in_bucket(self) -> list[str]:
        return sorted(name.rpartition("/")[2] for name in self.server.content(self.bucket))


@pytest.fixture
def hall(tmp_path: Path, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Hall:
    made = Hall(tmp_path / "data", server, server.place(), monkeypatch)
    asyncio.run(made.fill())
    return made


def test_there_and_back_again(hall: Hall) -> None:
    before = hall.in_folder()
    hall.use_bucket()
    code, said = hall.run("media", "move", "--to", str(hall.bucket))
    assert (code, hall.in_bucket(), hall.in_folder()) == (0, before, before)
    assert f"{hall.bucket}: 8 files copied" in said
    code, said = hall.run("media", "move", "--to", str(hall.bucket), "--remove")
    assert (code, hall.in_bucket(), hall.in_folder()) == (0, before, [])
    assert "0 files copied" in said
    assert "8 were there, 8 taken away" in said
    code, said = hall.run("media", "check", "--all")
    assert code == 0, said
    assert "1 files" in said
    assert f"of nobody: {hashlib.sha256(ORPHAN).hexdigest()}" in said
    assert hashlib.sha256(DRAWN).hexdigest() not in said
    code, said = hall.run("media", "move", "--to", "folder", "--remove")
    assert (code, hall.in_bucket(), hall.in_folder()) == (0, [], before)


def test_what_is_missing_or_damaged_is_named(hall: Hall) -> None:
    path = {path.name: path for path in (hall.data / "media").glob("??/??/*")}
    path[NAMES[0]].unlink()
    path[NAMES[1]].write_bytes(b"X" * path[NAMES[1]].stat().st_size)
    path[NAMES[2]].write_bytes(b"short")
    code, said = hall.run("media", "check")
    assert code == 1
    assert sorted(line for line in said.splitlines() if line.startswith(("missing", "damaged"))) == sorted(
        [f"missing: {NAMES[0]}", f"damaged: {NAMES[1]}", f"damaged: {NAMES[2]}"]
    )
    code, said = hall.run("media", "check", "--quick")
    assert code == 1
    assert f"damaged: {NAMES[2]}" in said
    assert f"damaged: {NAMES[1]}" not in said
    hall.use_bucket()
    code, said = hall.run("media", "move", "--to", str(hall.bucket), "--remove")
    assert code == 1
    assert f"damaged where it was, and left there: {NAMES[1]}" in said
    assert len(hall.in_bucket()) == 5
    assert hall.in_folder() == sorted(NAMES[1:3])


def test_doctor_says_how_the_bucket_is(hall: Hall) -> None:
    def files() -> list[Finding]:
        return asyncio.run(media_findings(load(data=hall.data)))

    assert [finding.level for finding in files()] == [Level.OK]
    hall.use_bucket()
    findings = json.loads(hall.run("doctor", "--json")[1])
    well, still = [finding for finding in findings if finding["what"] == "files"]
    assert (well["level"], still["level"]) == ("ok", "warning")
    assert f"media move --to {hall.bucket} --remove" in still["do"]
    assert hall.in_bucket() == []
    hall.monkeypatch.setenv("MINSHENG_MEDIA__SECRET", "a-wrong-one")
    assert "the secret is wrong" in files()[0].says
    assert "a-wrong-one" not in str(files())
    hall.monkeypatch.setenv("MINSHENG_MEDIA__SECRET", hall.bucket.secret)
    hall.monkeypatch.setenv("MINSHENG_MEDIA__URL", "s3://nowhere")
    assert "no such bucket" in files()[0].says


def test_a_backup_lists_what_is_in_the_bucket_or_copies_it(hall: Hall, tmp_path: Path) -> None:
    hall.use_bucket()
    hall.run("media", "move", "--to", str(hall.bucket), "--remove")
    folder = tmp_path / "backups"
    code, said = hall.run("backup", str(folder))
    assert (code, "8 more files are only listed" in said) == (0, True), said
    (made,) = folder.glob("backup-*")
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["elsewhere"]["where"] == str(hall.bucket)
    assert set(NAMES) <= {name for name, _ in manifest["elsewhere"]["media"]}
    assert manifest["media"] == []
    assert hall.run("backup", "--verify", str(folder))[0] == 0
    again = CliRunner().invoke(app, ["--data", str(tmp_path / "again"), "restore", str(folder)])
    assert again.exit_code == 0, again.output
    assert f"8 more files were in {hall.bucket}" in again.output
    whole = tmp_path / "whole"
    code, said = hall.run("backup", str(whole), "--with-media")
    assert (code, "8 files, 8 of them new" in said) == (0, True), said
    hall.data = tmp_path / "once-more"
    assert hall.run("restore", str(whole))[0] == 0
    assert len(hall.in_folder()) == 8
    assert hall.run("media", "check")[0] == 0


@pytest.mark.parametrize("to", ["folder", "s3://", "http://x", "/tmp/x", ""])
def test_a_place_that_is_none_or_the_same(tmp_path: Path, to: str) -> None:
    result = CliRunner().invoke(app, ["--data", str(tmp_path), "media", "move", "--to", to])
    assert isinstance(result.exception, ConfigurationError)


async def test_a_move_that_was_cut_off_goes_on(server: S3Server, tmp_path: Path) -> None:
    async with wire_to(server) as wire:
        folder, bucket = await _two(server, wire, tmp_path, 30)
        wire.cut_after = 60_000
        with pytest.raises(StoreUnavailable):
            await move(folder, bucket, nobody, remove=True)
        wire.cut, wire.cut_after = False, None
        some = len(await listed(bucket))
        assert 0 < some < 30
        moved = await move(folder, bucket, nobody, remove=True)
        assert moved.copied + moved.there == len(await listed(folder)) + moved.removed
        assert (len(await listed(bucket)), await listed(folder)) == (30, [])


async def test_nothing_is_taken_away_that_is_not_surely_there(server: S3Server, tmp_path: Path) -> None:
    async with wire_to(server) as wire:
        folder, bucket = await _two(server, wire, tmp_path, 3)
        await move(folder, bucket, nobody)
        name = (await listed(folder))[0].sha256
        damaged = server.folder / bucket.where.removeprefix("s3://") / name[:2] / name[2:4] / name
        size = damaged.stat().st_size
        damaged.write_bytes(b"X" * size)
        assert (await move(folder, bucket, nobody)).there == 3  # the size is believed
        moved = await move(folder, bucket, nobody, remove=True)
        assert (moved.there, moved.copied, moved.removed, moved.unsure) == (2, 1, 3, [])
        assert hashlib.sha256(damaged.read_bytes()).hexdigest() == name


async def _two(server: S3Server, wire: Wire, tmp_path: Path, count: int) -> tuple[MediaFolder, MediaBucket]:
    folder = MediaFolder(tmp_path / "media")
    for n in range(count):
        await folder.save(words(b"%d" % n * 1000), MB)
    return folder, MediaBucket(server.place(wire.port), tmp_path / "coming", HASTY)

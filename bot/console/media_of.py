"""Where people's files are, as the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot import doctor
from bot.console.bars import bar
from bot.errors import ConfigurationError
from bot.ports import MediaStock
from bot.settings import Settings, env_name
from storage.backup import Elsewhere
from storage.media import MediaFolder
from storage.media_bucket import BucketAddress
from storage.media_moving import move
from storage.media_places import FOLDER, holds_files, media_bucket, media_stock


def server_of(settings: Settings) -> BucketAddress:
    """The server that speaks S3, its key, and no bucket yet."""
    media = settings.media
    return BucketAddress(
        bucket="",
        endpoint=media.endpoint,
        region=media.region,
        key_id=media.key_id.get_secret_value(),
        secret=media.secret.get_secret_value(),
        path_style=media.path_style,
        allow_http=media.allow_http,
    )


def bucket_of(settings: Settings) -> BucketAddress | None:
    """The bucket that is set; None where files stay in the data folder."""
    return server_of(settings).at(settings.media.url) if settings.media.url else None


def media_of(settings: Settings) -> MediaStock:
    """Where files are put and looked for. Raises ConfigurationError and OSError."""
    return media_stock(bucket_of(settings), settings.data)


def bucket_files(settings: Settings, folder: Path, fetch: bool, quick: bool) -> Callable[[], Elsewhere] | None:
    """What a backup into ``folder`` asks about files in a bucket; None where none is set. ``fetch``: copy them."""
    address = bucket_of(settings)
    if address is None:
        return None
    bucket = media_bucket(address, settings.data)

    async def told() -> Elsewhere:
        files = {kept.sha256: kept.bytes async for kept in bucket.kept()}
        new = 0
        if fetch:
            with bar("files from the bucket") as shown:
                moved = await move(bucket, MediaFolder(folder / FOLDER), shown, surely=not quick)
            for name in (*moved.damaged, *moved.unsure):
                files.pop(name, None)
            new = moved.copied
        return Elsewhere(bucket.where, files, fetched=fetch, new=new)

    return lambda: asyncio.run(told())


async def media_findings(settings: Settings) -> list[doctor.Finding]:
    """Whether files can be put where they belong, and whether some are still elsewhere."""
    address = bucket_of(settings)
    if address is None:
        return [doctor.ok("files", f"in {settings.data / FOLDER}")]
    try:
        trouble = await media_bucket(address, settings.data).trouble()
    except (ConfigurationError, OSError) as error:
        return [doctor.problem("files", f"{address}: {error}", f"correct {env_name('media', 'url')}")]
    if trouble:
        what = f"look at {env_name('media')}__...; until then files wait where people sent them from"
        return [doctor.problem("files", f"{address}: {trouble}", what)]
    found = [doctor.ok("files", f"in {address}: put, read and removed one")]
    if holds_files(settings.data):
        what = f"python main.py media move --to {address} --remove"
        found.append(doctor.warning("files", f"some are still in {settings.data / FOLDER}", what))
    return found

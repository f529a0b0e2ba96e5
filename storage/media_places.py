"""Which place of files a desk has: the folder beside its data, a bucket, or both while one is moved to the other."""

from __future__ import annotations

from pathlib import Path

from bot.ports import MediaStock
from storage.media import MediaFolder
from storage.media_bucket import BucketAddress, MediaBucket
from storage.media_two import TwoPlaces

FOLDER = "media"
SPOOL = "media-coming"
"""Names in the data folder: where files are, and where those on their way to a bucket wait, without names."""


def media_folder(data: Path) -> MediaFolder:
    """The folder beside the data. Raises OSError."""
    return MediaFolder(data / FOLDER)


def media_bucket(address: BucketAddress, data: Path) -> MediaBucket:
    """The bucket. Raises ConfigurationError and OSError."""
    return MediaBucket(address, data / SPOOL)


def media_stock(address: BucketAddress | None, data: Path) -> MediaStock:
    """Where files are put and looked for; a folder that still holds some is looked into after the bucket.

    Raises ConfigurationError and OSError.
    """
    if address is None:
        return media_folder(data)
    bucket = media_bucket(address, data)
    return TwoPlaces(bucket, media_folder(data)) if holds_files(data) else bucket


def holds_files(data: Path) -> bool:
    """Whether the folder beside the data holds files."""
    return any((data / FOLDER).glob("??/??/*"))

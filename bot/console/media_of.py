"""Where people's files are, as the settings say."""

from __future__ import annotations

from bot.ports import MediaStock
from bot.settings import Settings
from storage.media_bucket import BucketAddress
from storage.media_places import media_stock


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

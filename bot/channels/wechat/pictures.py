"""Pictures on their way out: put into WeChat's own store first, which keeps them for three days."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from bot.channels.pictures import AGAIN_SECONDS, content_of, file_name
from bot.channels.wechat.api import Api, Lost, NotSent, Said
from bot.channels.wechat.outcome import delivery_of
from bot.channels.wechat.tokens import NoToken
from bot.message import Picture, Refused, TryLater
from bot.ports import Clock, MediaStore

PATH = "/cgi-bin/media/upload"
KEPT = timedelta(days=2)
"""So long an uploaded picture is used again; WeChat forgets it after three days."""

KNOWN = 64


class Uploads:
    """Uploads each picture once, however many people are sent it."""

    def __init__(self, api: Api, clock: Clock, media: MediaStore | None) -> None:
        self._api, self._clock, self._media = api, clock, media
        self._known: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def media_id(self, picture: Picture) -> str | Refused | TryLater:
        """WeChat's name for a picture, or what becomes of the push without it. Uploading twice does no harm."""
        now = self._clock.now()
        known = self._known.get(picture.sha256)
        if known is not None and known[1] > now:
            return known[0]
        content = await content_of(self._media, picture)
        if not isinstance(content, bytes):
            return content
        match await self._api.upload(PATH, file_name(picture), picture.mime, content):
            case NotSent(reason=reason) | Lost(reason=reason):
                return TryLater(AGAIN_SECONDS, f"upload: {reason}")
            case NoToken() as refused:
                delivery = delivery_of(refused, now)
                return delivery if isinstance(delivery, TryLater) else Refused("upload: no token")
            case Said(code=0, data=data) if isinstance(data.get("media_id"), str):
                self._known[picture.sha256] = (str(data["media_id"]), now + KEPT)
                if len(self._known) > KNOWN:
                    self._known.popitem(last=False)
                return str(data["media_id"])
            case Said(code=code):
                return Refused(f"upload: {code}")

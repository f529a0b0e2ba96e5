"""Files people sent: fetched by media id from the API's own host, in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp

from bot.channels.wechat.api import TOKEN_CODES, Api, Lost, NotSent, Said, judged, read_capped
from bot.channels.wechat.model import WeChatErrorCode as Code
from bot.channels.wechat.outcome import seconds_to_midnight
from bot.channels.wechat.public import PublicResolver, may_follow, same_origin
from bot.channels.wechat.tokens import NoToken
from bot.ports import Clock, Fetched, Unfetchable

_TIMEOUT = aiohttp.ClientTimeout(total=300, connect=3, sock_read=15)
_PATH = "/cgi-bin/media/get"
_CONTENT = ("image/", "audio/", "video/", "voice/", "application/octet-stream")

_SOON = Unfetchable("refused", retry=True, after=30)
_LATER = Unfetchable("refused", retry=True, after=600)
_TABLE: Mapping[int, Unfetchable] = {
    Code.SYSTEM_BUSY: _SOON,
    Code.INVALID_MEDIA_ID: Unfetchable("expired"),
    Code.UNAUTHORIZED_API: Unfetchable("refused", retry=True, after=3600),
}


class Files:
    """Opens files over an open `Api`, and over connections of its own to video hosts."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._video_session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to video hosts."""
        if self._video_session is not None:
            await self._video_session.close()
            self._video_session = None

    async def fetch(self, media_id: str) -> Fetched | Unfetchable:
        """The file behind a media id. A video comes by a link, which is followed only to WeChat's own hosts."""
        found: Fetched | Unfetchable | Said = _LATER
        for _ in range(2):
            token = await self._api.tokens.get()
            if isinstance(token, NoToken):
                return _LATER
            params = {"access_token": token.value, "media_id": media_id}
            found = await _opened(self._api.session, self._api.base + _PATH, params)
            if not (isinstance(found, Said) and found.code in TOKEN_CODES):
                break
            self._api.tokens.drop(token)
        if not isinstance(found, Said):
            return found
        link = found.data.get("video_url")
        if found.code == 0 and isinstance(link, str):
            return await self._video(link)
        if found.code == Code.OUT_OF_API_FREQ_LIMIT:
            return Unfetchable("refused", retry=True, after=seconds_to_midnight(self._clock.now()))
        return _TABLE.get(found.code, _LATER)

    async def _video(self, link: str) -> Fetched | Unfetchable:
        if same_origin(link, self._api.base):
            session = self._api.session
        elif may_follow(link):
            session = self._videos()
        else:
            return Unfetchable("refused")
        found = await _opened(session, link, {})
        return _LATER if isinstance(found, Said) else found

    def _videos(self) -> aiohttp.ClientSession:
        if self._video_session is None:
            self._video_session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(resolver=PublicResolver(), limit=8),
            )
        return self._video_session


async def _opened(session: aiohttp.ClientSession, url: str, params: Mapping[str, str]) -> Fetched | Unfetchable | Said:
    """The file, or the JSON that came in its place."""
    try:
        response = await session.get(
            url,
            params=params,
            timeout=_TIMEOUT,
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        )
    except (aiohttp.ClientError, TimeoutError):
        return _SOON
    handed_over = False
    try:
        if response.status != 200:
            return _SOON if response.status >= 500 else _LATER
        first = await response.content.readany()
        if not response.content_type.startswith(_CONTENT):
            match judged(_PATH, 200, await read_capped(response, first)):
                case Said() as said:
                    return said
                case NotSent() | Lost():
                    return _LATER
        if not first:
            return _SOON
        handed_over = True
        return Fetched(_pieces(response, first), response.content_length, response.content_type)
    except (aiohttp.ClientError, TimeoutError):
        return _SOON
    finally:
        if not handed_over:
            response.close()


async def _pieces(response: aiohttp.ClientResponse, first: bytes) -> AsyncIterator[bytes]:
    """The body in pieces of at most some hundred KiB. Raises ConnectionError when it breaks off."""
    try:
        yield first
        while piece := await response.content.readany():
            yield piece
    except (aiohttp.ClientError, TimeoutError):
        raise ConnectionError("the file broke off") from None
    finally:
        response.close()

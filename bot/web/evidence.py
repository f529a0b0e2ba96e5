"""Files of tickets on their way to a browser, and the page on which parts of a photo are covered.

Nothing is ever sent as what its sender says it is. Copies that the desk has made go out as what they are, everything
else to be saved, as bytes of no type; and neither may run anything, or be taken for anything else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from aiohttp import web

from bot.buckets import Buckets
from bot.errors import Malformed, MediaUnavailable, NotFound
from bot.turn import Turn
from bot.views.boxing import BoxPage
from bot.views.evidence import OpenedFile
from bot.web.sign_in import SignedIn
from bot.web.staff_door import StaffDoor

INLINE = frozenset({"image/jpeg", "audio/mpeg", "video/mp4", "video/webm"})
"""What a browser may show."""

SAVED = "application/octet-stream"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_STAFF = "/staff/files/{number:[0-9]{6}-[0-9]{5,12}}/{id:[0-9A-Za-z_-]{1,64}}"
_RESIDENT = "/t/{link}/files/{id:[0-9A-Za-z_-]{1,64}}"
_KIND = "/{kind:[a-z_]{1,20}}"
_PIECE = 256 * 1024

Content = Callable[[str, int, int], AsyncIterator[bytes]]
"""(sha256, first byte, the one after the last) -> the content in pieces. Raises NotFound."""


ONE_READING = timedelta(minutes=10)
"""Requests for one file by one person within that time are one reading."""

READINGS_KEPT = 20_000
WORDS_AT_ONCE, WORDS_PER_SECOND = 10.0, 1 / 30
"""Words for a voice by one link at once, and after that: nobody corrects faster."""


class StaffOpens(Protocol):
    """(turn, number, id, kind) -> the file. ``recorded``: that they opened it is written down. Raises NotFound."""

    async def __call__(self, turn: Turn, number: str, id_: str, kind: str, *, recorded: bool) -> OpenedFile: ...


class Holders(Protocol):
    """What residents' pages need."""

    async def opens(self, link: str, id_: str, kind: str) -> OpenedFile:
        """The file, for whoever has the link. Raises NotFound: the same for every reason."""
        ...

    async def correct(self, link: str, id_: str, nonce: str, words: str, request: web.Request) -> bool:
        """Write down what was really said in their voice; False for a link or a form that is not good."""
        ...


def staff_routes(
    door: StaffDoor,
    opens: StaffOpens,
    boxing: Callable[[Turn, str, str], Awaitable[BoxPage]],
    content: Content,
) -> list[web.RouteDef]:
    """The files of tickets for staff, and covering parts of photos."""
    reads = _Reads()

    async def file(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number, id_, kind = (request.match_info[name] for name in ("number", "id", "kind"))
        first = request.method == "GET" and reads.first(f"{who.staff.id} {number} {id_} {kind}", door.now())

        async def see(turn: Turn) -> OpenedFile:
            return await opens(turn, number, id_, kind, recorded=first)

        return await sent(request, await door.look(request, who, see), content)

    async def box(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number, id_ = request.match_info["number"], request.match_info["id"]

        async def see(turn: Turn) -> BoxPage:
            return await boxing(turn, number, id_)

        page = await door.look(request, who, see)
        answer = await door.said(request, who)
        said = answer.reply.text if answer is not None and answer.reply is not None else ""
        base = f"/staff/files/{number}/"
        return door.page(request, who, page.frame, "evidence/box.html", page=page, said=said, file_base=base)

    async def covered(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number, id_ = request.match_info["number"], request.match_info["id"]
        fields = await request.post()
        nonce = door.checked(request, who, fields)
        boxes = _drawn(fields.getall("kept", []), str(fields.get("boxes", "")), _typed(fields))
        await door.act(request, who, nonce, f"{number}:cover={id_} {boxes}")
        raise door.back(request.path, nonce)

    async def shared(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number, id_ = request.match_info["number"], request.match_info["id"]
        fields = await request.post()
        nonce = door.checked(request, who, fields)
        act = "unshare_photo" if fields.get("act") == "unshare_photo" else "share_photo"
        await door.act(request, who, nonce, f"{number}:{act}={id_}")
        raise door.back(f"/staff/files/{number}/{id_}/box", nonce)

    return [
        web.post(f"{_STAFF}/share", door.sign_in.required(shared)),
        web.get(f"{_STAFF}/box", door.sign_in.required(box)),
        web.post(f"{_STAFF}/box", door.sign_in.required(covered)),
        web.get(_STAFF + _KIND, door.sign_in.required(file)),
    ]


def resident_routes(
    holders: Holders, content: Content, monotonic: Callable[[], float], limits: Buckets | None = None
) -> list[web.RouteDef]:
    """The files of a ticket for whoever has a link to its page, and their words for what was heard in a voice.

    ``monotonic`` gives seconds that never go back.
    """
    buckets = limits or Buckets(monotonic, WORDS_AT_ONCE, WORDS_PER_SECOND)

    async def file(request: web.Request) -> web.StreamResponse:
        link, id_, kind = (request.match_info[name] for name in ("link", "id", "kind"))
        return await sent(request, await holders.opens(link, id_, kind), content)

    async def words(request: web.Request) -> web.StreamResponse:
        link, id_ = request.match_info["link"], request.match_info["id"]
        if seconds := buckets.wait(link):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(seconds) + 1)})
        fields = await request.post()
        nonce, text = (str(fields.get(name, "")) for name in ("nonce", "words"))
        if not await holders.correct(link, id_, nonce, text, request):
            raise NotFound()
        raise web.HTTPSeeOther(f"/t/{link}?said={nonce}#said")

    return [web.post(f"{_RESIDENT}/words", words), web.get(_RESIDENT + _KIND, file)]


def public_routes(opens: Callable[[str, str], Awaitable[OpenedFile]], content: Content) -> list[web.RouteDef]:
    """Released photos, for everybody. ``opens(id, kind)`` raises NotFound."""

    async def file(request: web.Request) -> web.StreamResponse:
        return await sent(request, await opens(request.match_info["id"], request.match_info["kind"]), content)

    return [web.get("/public/files/{id:[0-9A-Za-z_-]{1,64}}" + _KIND, file)]


async def sent(request: web.Request, file: OpenedFile, content: Content) -> web.StreamResponse:
    """A file, or the part of it that is asked for (RFC 9110, 14): players will not wind a sound that cannot be."""
    inline = file.inline and file.mime in INLINE
    headers = {**HEADERS, "Accept-Ranges": "bytes"}
    try:
        asked = request.http_range
        first, after, _ = slice(asked.start, asked.stop).indices(file.bytes)
    except ValueError:
        first, after, asked = 0, file.bytes, slice(None)
    partial = asked.start is not None or asked.stop is not None
    if partial and first >= after:
        raise web.HTTPRequestRangeNotSatisfiable(headers={**headers, "Content-Range": f"bytes */{file.bytes}"})
    if partial:
        headers["Content-Range"] = f"bytes {first}-{after - 1}/{file.bytes}"
    headers["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{file.name}"'
    headers["Content-Type"] = file.mime if inline else SAVED
    headers["Content-Length"] = str(after - first)
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    pieces = content(file.sha256, first, after)
    piece = await anext(pieces, b"")  # what is not there is told before the answer has begun
    await response.prepare(request)
    if request.method != "HEAD":
        try:
            while piece:
                await response.write(piece)
                piece = await anext(pieces, b"")
        except (NotFound, MediaUnavailable):
            if request.transport is not None:
                request.transport.abort()  # nobody must take a half for the whole
            return response
    await response.write_eof()
    return response


@dataclass(slots=True)
class _Reads:
    """Who opened which file lately: a player asks for one in many parts, whose ranges say nothing one could trust."""

    lately: OrderedDict[str, datetime] = field(default_factory=OrderedDict)

    def first(self, name: str, now: datetime) -> bool:
        """Whether it is to be written down: not again within ten minutes."""
        before = self.lately.get(name)
        if before is not None and timedelta(0) <= now - before < ONE_READING:
            return False
        self.lately[name] = now
        self.lately.move_to_end(name)
        if len(self.lately) > READINGS_KEPT:
            self.lately.popitem(last=False)
        return True


def _drawn(kept: Iterable[Any], drawn: str, typed: str) -> str:
    """All boxes of a form, as the desk is told them. Raises Malformed for far too many."""
    boxes = ";".join(filter(None, (*map(str, kept), drawn.strip(" ;"), typed)))
    if len(boxes) > 4000:
        raise Malformed("web.error.malformed")
    return boxes


def _typed(fields: Any) -> str:
    """The box in the four fields, "" when one of them is empty."""
    values = [str(fields.get(name, "")).strip() for name in ("left", "top", "width", "height")]
    return ",".join(values) if all(values) else ""

"""The page of a ticket for staff, its file and history; and where all that staff press or write on pages is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.errors import BadRequest, NotFound
from bot.message import Attachment
from bot.turn import Turn
from bot.views.frame import Frame
from bot.views.ticket import HistoryPage, TicketPage
from bot.web.replies import TICKETS, shown
from bot.web.sign_in import SignedIn
from bot.web.staff_door import StaffDoor

NUMBER = "{number:[0-9]{6}-[0-9]{5,12}}"
ACT = "/staff/act"
PARTS = 6
FIELDS = frozenset({"form", "nonce", "back", "press", "number", "command", "text", *(f"part{n}" for n in range(PARTS))})
"""What forms of staff send besides files: a button's ``press``; or a command about a ticket, with its parts in order;
or a ``text`` the desk has asked for. ``back`` is the page that shows the answer."""

_BACK = re.compile(r"/staff/[0-9A-Za-z/_-]{0,80}")
_ABOUT = re.compile(r"([0-9]{6}-[0-9]{5,12}):")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came in."""

    fields: Mapping[str, str]
    files: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Sees:
    """What the pages of a ticket show. Each raises NotFound for what this person may not see."""

    page: Callable[[Turn, str], Awaitable[TicketPage]]
    file: Callable[[Turn, str], Awaitable[TicketPage]]
    history: Callable[[Turn, str], Awaitable[HistoryPage]]
    may_see: Callable[[Turn, str], Awaitable[None]]
    frame: Callable[[Turn], Awaitable[Frame]]
    canned: Callable[[Turn], tuple[tuple[str, str], ...]]


def routes(door: StaffDoor, sees: Sees, receive: Callable[[web.Request], Awaitable[Sent]]) -> list[web.RouteDef]:
    """The pages of a ticket, and where all forms of staff are sent."""

    async def page(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number = request.match_info["number"]
        answer = await door.said(request, who)
        reply = answer.reply if answer is not None else None
        try:
            ticket, canned = await door.look(request, who, lambda turn: _seen(turn, number))
        except NotFound:
            if reply is None or reply.ticket != number:
                raise
            frame = await door.look(request, who, sees.frame)  # what they did took it out of their sight
            return door.page(request, who, frame, "staff/said.html", said=shown(reply), back="/staff/")
        return door.page(
            request,
            who,
            ticket.frame,
            "staff/ticket.html",
            ticket=ticket,
            said=shown(reply, number, {form.command for form in ticket.forms}) if reply else None,
            canned=canned,
            **_files(ticket),
            back=f"{TICKETS}{number}",
        )

    async def _seen(turn: Turn, number: str) -> tuple[TicketPage, tuple[tuple[str, str], ...]]:
        return await sees.page(turn, number), sees.canned(turn)

    async def file(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number = request.match_info["number"]
        ticket = await door.look(request, who, lambda turn: sees.file(turn, number))
        return door.page(request, who, ticket.frame, "staff/case_file.html", ticket=ticket, **_files(ticket))

    async def history(request: web.Request, who: SignedIn) -> web.StreamResponse:
        number = request.match_info["number"]
        seen = await door.look(request, who, lambda turn: sees.history(turn, number))
        return door.page(request, who, seen.frame, "staff/history.html", history=seen)

    async def act(request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Say to the desk what a form says. The answer is shown on the page it leads back to."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise BadRequest()  # before anything is read
        sent = await receive(request)
        fields = sent.fields
        nonce, back = door.checked(request, who, fields), fields.get("back", "")
        if not _BACK.fullmatch(back):
            raise BadRequest()
        nonce = f"{nonce}-{_mark(sent)}"
        if fields.get("text"):
            await door.write(request, who, nonce, fields["text"])
        else:
            press = fields.get("press") or _command(fields)
            if about := _ABOUT.match(press):
                await door.look(request, who, lambda turn: sees.may_see(turn, about[1]))
            await door.act(request, who, nonce, press, sent.files)
        raise door.back(back, nonce)

    required = door.sign_in.required
    return [
        web.get(f"{TICKETS}{NUMBER}", required(page)),
        web.get(f"{TICKETS}{NUMBER}/file", required(file)),
        web.get(f"{TICKETS}{NUMBER}/history", required(history)),
        web.post(ACT, required(act)),
    ]


def _files(ticket: TicketPage) -> dict[str, Any]:
    """What the templates of evidence ask for."""
    return {"evidence": ticket.evidence, "pairs": ticket.pairs, "file_base": f"/staff/files/{ticket.number}/"}


def _mark(sent: Sent) -> str:
    """What tells one form of a page from its others: all of them came with the same nonce."""
    said = [f"{name}={sent.fields[name]}" for name in sorted(sent.fields)]
    said += [file.sha256 for file in sent.files]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:8]


def _command(fields: Mapping[str, str]) -> str:
    """A command and the parts of its words, as a button says it."""
    parts = (fields.get(f"part{place}", "").strip() for place in range(PARTS))
    words = " ".join(part for part in parts if part)
    press = f"{fields.get('number', '')}:{fields.get('command', '')}"
    return f"{press}={words}" if words else press

"""The pages of staff, given what they need."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from bot.channels.webchat.incoming import Upload, words_of
from bot.console.export_pages import export_routes
from bot.console.list_pages import list_routes
from bot.domain import invitations
from bot.domain.people import PAGE, Address
from bot.message import InboundMessage, MessageKind
from bot.turn import Turn
from bot.web import entering, ticket
from bot.web.staff_door import StaffDoor
from bot.web.visitors import network
from handlers.pages import acts, frame
from handlers.pages import ticket as ticket_page
from handlers.staff.commands import COMMANDS
from handlers.staff.signing_in import ENTERED

if TYPE_CHECKING:
    from bot.console.premises import Premises

T = TypeVar("T")


def staff_door(premises: Premises) -> StaffDoor:
    """The door all pages of staff go through."""

    async def look(address: Address, see: Callable[[Turn], Awaitable[T]], locale: str) -> T:
        return await premises.dispatcher().look(address, see, locale)

    return StaffDoor(
        premises.renderer, premises.sign_in, look, premises.take, premises.read.answered, frozenset(COMMANDS)
    )


def staff_routes(premises: Premises) -> list[web.RouteDef]:
    """Every page of staff that is made here."""
    door = staff_door(premises)

    async def spend(code: str, locale: str) -> str:
        """The code says whose sign-in it is; whether it is good is decided, and written down, in a turn of theirs."""
        digest = invitations.digest_of(code)
        found = await premises.read.invitation(digest)
        if found is None or not found.pages:
            return ""
        answer = await premises.take(
            InboundMessage(
                address=Address(PAGE, found.staff),
                key=f"enter:{secrets.token_urlsafe(12)}",
                kind=MessageKind.PRESS,
                press=f"staff:enter={digest}",
                at=premises.clock.now(),
                locale=locale,
                on_page=True,
            )
        )
        return found.staff if answer.reply is not None and answer.reply.slot == ENTERED else ""

    async def receive(request: web.Request) -> ticket.Sent:
        """A form, its files streamed into the media store."""
        upload = Upload(premises.media, premises.guide().town.limits.file_max_bytes, ticket.FIELDS)
        await upload.receive(request)
        fields = {name: words_of(value) for name, value in upload.fields.items()}
        return ticket.Sent(fields, tuple(file for file in upload.files if file.bytes or file.name))

    sees = ticket.Sees(
        page=ticket_page.page,
        file=ticket_page.file,
        history=ticket_page.history,
        may_see=ticket_page.seen,
        frame=frame.account,
        canned=acts.canned,
    )

    def visitor(request: web.Request) -> str:
        return network(request, premises.proxies)

    return [
        *export_routes(door, premises.exporter, premises.dispatcher, premises.catalogue),
        *ticket.routes(door, sees, receive),
        *list_routes(door),
        *entering.routes(door, spend, frame.account, frame.first_page, visitor, premises.clock.monotonic),
    ]

"""Files of tickets, given what they need of the desk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.console.resident_pages import Desk
from bot.console.staff_pages import staff_door
from bot.domain.people import DESK, Address
from bot.errors import NotFound
from bot.views.evidence import OpenedFile
from bot.web import evidence
from bot.web.resident_page import Form
from handlers.pages import boxing
from handlers.pages import evidence as seeing

if TYPE_CHECKING:
    from bot.console.premises import Premises

CORRECT = "transcript"
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


def evidence_routes(premises: Premises) -> list[web.RouteDef]:
    """Files for staff and for residents."""
    content = premises.media.open
    everybody = Address(DESK, "public")

    async def opens(id_: str, kind: str) -> OpenedFile:
        return await premises.dispatcher().look(everybody, lambda turn: seeing.anybody_opens(turn, id_, kind))

    return [
        *(evidence.public_routes(opens, content) if premises.public else ()),
        *evidence.staff_routes(staff_door(premises), seeing.staff_opens, boxing.box_page, content),
        *evidence.resident_routes(Holders(premises), content, premises.clock.monotonic),
    ]


@dataclass(frozen=True, slots=True)
class Holders:
    """See `bot.web.evidence.Holders`."""

    premises: Premises

    async def opens(self, link: str, id_: str, kind: str) -> OpenedFile:
        """The file, for whoever has the link. Raises NotFound: the same for every reason."""
        holder = await Desk(self.premises).holder(link)
        if holder is None:
            raise NotFound()
        look = self.premises.dispatcher().look
        return await look(holder.address, lambda turn: seeing.holder_opens(turn, holder.number, id_, kind))

    async def correct(self, link: str, id_: str, nonce: str, words: str, request: web.Request) -> bool:
        """Write down what was really said in their voice; False for a link or a form that is not good."""
        desk = Desk(self.premises)
        holder = await desk.holder(link)
        if holder is None or not _NONCE.fullmatch(nonce):
            return False
        await desk.done(holder, Form(nonce, CORRECT, id_, words), self.premises.renderer.locale(request))
        return True

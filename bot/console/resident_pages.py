"""Residents' pages, given what they need of the desk."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.channels.webchat.incoming import Upload, words_of
from bot.domain.numbers import parse as parse_number
from bot.domain.people import Address
from bot.domain.words import fold
from bot.errors import Malformed
from bot.message import Answer, Attachment, InboundMessage, MessageKind
from bot.views.resident_page import Holder, ResidentPage, Said
from bot.web import finding, resident_page
from bot.web.resident_page import Form
from bot.web.visitors import network
from handlers.pages import resident_page as seeing

if TYPE_CHECKING:
    from bot.console.premises import Premises

_CODE = re.compile(r"[0-9]{1,10}")
FIELDS = frozenset({"nonce", "act", "value", "text"})


def resident_routes(premises: Premises) -> list[web.RouteDef]:
    """The page of a link, and looking up without one."""

    def visitor(request: web.Request) -> str:
        return network(request, premises.proxies)

    monotonic = premises.clock.monotonic
    return [
        *resident_page.routes(Desk(premises), premises.renderer, premises.home, monotonic),
        *finding.routes(Finding(premises), premises.renderer, visitor, monotonic),
    ]


@dataclass(frozen=True, slots=True)
class Desk:
    """See `bot.web.resident_page.Desk`."""

    premises: Premises

    async def holder(self, link: str) -> Holder | None:
        """Whose page a link opens."""
        premises = self.premises
        return await seeing.holder(premises.read, premises.links, link, premises.clock.now())

    async def seen(self, holder: Holder, locale: str) -> ResidentPage:
        """What the page shows. Raises NotFound."""
        dispatcher = self.premises.dispatcher()
        return await dispatcher.look(holder.address, lambda turn: seeing.seen(turn, holder), locale)

    async def said(self, holder: Holder, nonce: str) -> Said | None:
        """What a form was answered."""
        answer = await self.premises.read.answered(holder.address.channel, form_key(holder, nonce))
        return seeing.said(holder, answer)

    def said_now(self, holder: Holder, answer: Answer) -> Said | None:
        """What an answer says on the page."""
        return seeing.said(holder, answer)

    async def done(self, holder: Holder, form: Form, locale: str) -> Answer:
        """Do what a form asks for, once. Raises StoreUnavailable."""
        premises = self.premises
        text = words_of(form.text)
        kind = MessageKind.ATTACHMENT if form.files else MessageKind.TEXT if text else MessageKind.PRESS
        return await premises.take(
            InboundMessage(
                address=holder.address,
                key=form_key(holder, form.nonce),
                kind=kind,
                at=premises.clock.now(),
                text=text,
                attachments=form.files,
                press=f"{holder.number}:{form.act}={form.value}",
                locale=locale,
                on_page=True,
            )
        )

    async def received(self, request: web.Request) -> tuple[dict[str, str], tuple[Attachment, ...]]:
        """The fields of a multipart form, its files in the media store. Raises Malformed."""
        cap = self.premises.guide().town.limits.file_max_bytes
        upload = Upload(self.premises.media, cap, FIELDS)
        try:
            await upload.receive(request)
        except TimeoutError:
            raise Malformed("web.error.malformed") from None
        # A form whose field for files was left alone sends one without name and content.
        files = tuple(file for file in upload.files if file.name or not file.ref.startswith("empty/"))
        return upload.fields, files


@dataclass(frozen=True, slots=True)
class Finding:
    """See `bot.web.finding.Lookup`."""

    premises: Premises

    async def __call__(
        self, network: str, nonce: str, number: str, code: str, locale: str
    ) -> tuple[ResidentPage | None, str, str]:
        """Look a ticket up, as one message of whoever sits in that network: their tries are counted together."""
        premises = self.premises
        visitor = premises.links.visitor(network)
        number, code = parse_number(fold(number)) or "", fold(code)
        code = code if _CODE.fullmatch(code) else ""
        answer = await premises.take(
            InboundMessage(
                address=visitor,
                key=_key(visitor, number, code, nonce),
                kind=MessageKind.PRESS,
                at=premises.clock.now(),
                press=f"{number}:find={code}",
                locale=locale,
                on_page=True,
            )
        )
        words = premises.catalogue.words(locale)
        found = answer.reply.ticket if answer.reply is not None else ""
        if not found:
            text = answer.reply.text if answer.reply is not None else words("claim.wrong")
            return None, "claim.wait" if text == words("claim.wait") else "claim.wrong", text
        holder = Holder(visitor, found, locale)
        page = await premises.dispatcher().look(visitor, lambda turn: seeing.seen(turn, holder, acting=False), locale)
        return page, "", ""


def form_key(holder: Holder, nonce: str) -> str:
    """The key of what a form does: its person's and its ticket's, so that no other link is told what it was
    answered."""
    return _key(holder.address, holder.number, nonce)


def _key(address: Address, *parts: str) -> str:
    digest = hashlib.sha256("\0".join((str(address), *parts)).encode("utf-8", "replace")).hexdigest()
    return f"page:{digest[:32]}"

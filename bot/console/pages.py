"""The desk's pages put together: each list of routes is given what it needs and nothing else."""

from __future__ import annotations

from aiohttp import web

from bot.console import board_pages, evidence_pages, programs, resident_pages, staff_pages
from bot.console.premises import Premises
from bot.domain.people import DESK, Address
from bot.views.public_page import PublicBoard, PublicPage
from bot.web import public_page
from handlers.pages import public_page as everybodys


def page_routes(premises: Premises) -> list[web.RouteDef]:
    """Every page there is."""
    return [
        *premises.renderer.assets.routes(),
        *(everybodys_routes(premises) if premises.public else ()),
        *staff_pages.staff_routes(premises),
        *board_pages.board_routes(premises),
        *resident_pages.resident_routes(premises),
        *evidence_pages.evidence_routes(premises),
        *programs.open311_routes(premises, premises.open311, premises.renderer.locales),
    ]


def everybodys_routes(premises: Premises) -> list[web.RouteDef]:
    """What everybody may look at."""
    everybody = Address(DESK, "public")

    async def page(locale: str) -> PublicPage:
        return await premises.dispatcher().look(everybody, everybodys.page, locale)

    async def board(key: str, locale: str) -> PublicBoard:
        return await premises.dispatcher().look(everybody, lambda turn: everybodys.board(turn, key), locale)

    return public_page.routes(premises.renderer, page, board, premises.clock.monotonic)

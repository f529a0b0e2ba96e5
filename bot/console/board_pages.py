"""The dashboard and the boards, given what they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from bot.console.staff_pages import staff_door
from bot.turn import Turn
from bot.web import dashboard as pages
from bot.web.staff_door import StaffDoor
from handlers.pages import board_tickets, boards, dashboard, unit_board
from handlers.pages.counts import Counts

if TYPE_CHECKING:
    from bot.console.premises import Premises

V = TypeVar("V")


def board_routes(premises: Premises) -> list[web.RouteDef]:
    """The dashboard, the boards and what is behind their numbers."""
    return routes_of(staff_door(premises), premises.clock.monotonic)


def routes_of(door: StaffDoor, monotonic: Callable[[], float]) -> list[web.RouteDef]:
    """The same behind a door; they share their counts."""
    counts = Counts(monotonic)

    def bound(
        see: Callable[[Turn, Counts, Mapping[str, str]], Awaitable[V]],
    ) -> Callable[[Turn, Mapping[str, str]], Awaitable[V]]:
        return lambda turn, query: see(turn, counts, query)

    sees = pages.Sees(
        dashboard=bound(dashboard.see),
        boards=bound(boards.see),
        unit=bound(unit_board.see),
        tickets=bound(board_tickets.see),
        publishing=bound(boards.publishing),
    )
    return pages.routes(door, sees)

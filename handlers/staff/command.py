"""What a staff command is: a word, an act that `may` knows, and a use case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.message import Reply
from bot.turn import Turn
from handlers.staff.me import Me

OnTicket = Callable[[Turn, Me, Ticket, str], Awaitable[Reply]]
"""A use case about one ticket; the text is what follows the reference."""
OnDesk = Callable[[Turn, Me, str], Awaitable[Reply]]
"""A use case about none."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Its words are ``command.<name>`` in the catalogue, its one-line usage ``usage.<name>``.

    A button ``NUMBER:<name>`` or ``NUMBER:<name>=value`` (``staff:<name>`` without a ticket) does the same, with the
    value as the text. Whoever may not do ``act`` (to that ticket) is refused before the use case runs; a use case for
    several acts checks the others itself. ``hidden`` ones are buttons only: no word, no line in the help. ``shared``
    ones are residents' words too: without a ticket, or about an own one, they mean what they mean to a resident.
    ``desk_act`` is what it takes without a ticket, where that is another act.
    """

    name: str
    act: Act
    ticket: OnTicket | None = None
    desk: OnDesk | None = None
    hidden: bool = False
    shared: bool = False
    desk_act: Act | None = None


def table(*commands: Command) -> Mapping[str, Command]:
    """Commands by name."""
    return {command.name: command for command in commands}

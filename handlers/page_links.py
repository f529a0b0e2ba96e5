"""The line under a text that says where its reader finds their page of a ticket."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.session import Session
from bot.domain.people import Address
from bot.turn import Turn, Voice


def url(turn: Turn, number: str, address: Address, session: Session | None) -> str:
    """Where somebody finds their page of a ticket; "" where there are no pages.

    Links tell their moment in whole seconds: one made in the second in which all former ones were called back is dated
    a second later, or it would be called back with them.
    """
    called_back = session.links_from if session is not None else None
    made = turn.now if called_back is None else max(turn.now, called_back + timedelta(seconds=1))
    return turn.page_url(number, address, made)


def line(turn: Turn, number: str, address: Address, voice: Turn | Voice, session: Session | None) -> str:
    """One line with the address of somebody's page of a ticket; "" where there are no pages."""
    address_ = url(turn, number, address, session)
    return voice.words("rpage.link", url=address_) if address_ else ""


def own_line(turn: Turn, number: str) -> str:
    """The `line` for the person whose turn it is; "" on a page, which they are looking at."""
    if turn.message is not None and turn.message.on_page:
        return ""
    return line(turn, number, turn.address, turn, turn.session)

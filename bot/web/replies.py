"""What the desk said on a page: its lines with links to the tickets they name, and what can be pressed."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from bot.message import Reply

TICKETS = "/staff/tickets/"
_NUMBER = re.compile(r"(?<![0-9A-Za-z-])([0-9]{6}-[0-9]{5,12})(?![0-9A-Za-z-])")
_LOOKING = re.compile(r"([0-9]{6}-[0-9]{5,12}):(?:see|query|words)(?:=.*)?", re.S)
"""Buttons that do nothing but show a ticket: its page does."""

HOME_TOKENS = frozenset({"staff:todo"})


@dataclass(frozen=True, slots=True)
class Pressable:
    """A button: ``address`` where it leads, or ``token`` to be pressed."""

    label: str
    token: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A reply to be shown: lines of pieces, each a text and the number of the ticket it names ("" for none)."""

    lines: tuple[tuple[tuple[str, str], ...], ...]
    buttons: tuple[Pressable, ...]


def shown(reply: Reply, here: str = "", forms: Set[str] = frozenset()) -> Shown:
    """A reply as a page shows it; ``here`` is the number of the ticket whose page it is, ``forms`` names the commands
    that have a form there and need no button."""
    there = {f"{here}:{command}" for command in forms}
    buttons = (_button(choice.token, choice.label) for choice in reply.choices if choice.token not in there)
    return Shown(
        tuple(_pieces(line) for line in reply.text.split("\n")),
        tuple(button for button in buttons if button.address != f"{TICKETS}{here}"),
    )


def _pieces(line: str) -> tuple[tuple[str, str], ...]:
    """A line, parted where a ticket is named: every second piece is a number."""
    return tuple((piece, piece if place % 2 else "") for place, piece in enumerate(_NUMBER.split(line)) if piece)


def _button(token: str, label: str) -> Pressable:
    looking = _LOOKING.fullmatch(token)
    if looking is not None:
        return Pressable(label, address=f"{TICKETS}{looking[1]}")
    if token in HOME_TOKENS:
        return Pressable(label, address="/staff/")
    return Pressable(label, token)

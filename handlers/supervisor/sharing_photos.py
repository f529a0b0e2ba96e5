"""Releasing a photo for everybody, as it is shown: with what is covered in it covered."""

from __future__ import annotations

from msgspec.structs import replace

from bot.domain.evidence import Copy
from bot.domain.permission import Act
from bot.domain.public import may_be_public
from bot.domain.ticket import Action, Ticket
from bot.errors import NotFound, Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers import case
from handlers.files import Seen, files_of, find
from handlers.staff.command import Command, table
from handlers.staff.me import Me


async def share_photo(turn: Turn, me: Me, ticket: Ticket, id_: str) -> Reply:
    """Release a photo of a ticket; it is public where the words are too. Raises Refusal."""
    if not may_be_public(ticket, turn.town.kinds.get(ticket.kind)):
        raise Refusal("share.not_public", number=ticket.number)
    seen = find(await files_of(turn, ticket, me), id_.strip())
    if seen is None or not is_photo(seen):
        raise NotFound(number=ticket.number)
    if seen.record.id not in ticket.work.released_photos:
        _released(turn, me, ticket, (*ticket.work.released_photos, seen.record.id), seen.record.id)
    key = "evidence.share.done" if ticket.work.released else "evidence.share.no_words"
    return Reply(turn.words(key, number=ticket.number), ticket=ticket.number)


async def unshare_photo(turn: Turn, me: Me, ticket: Ticket, id_: str) -> Reply:
    """Take a released photo back."""
    taken_back(turn, me, ticket, id_.strip())
    return Reply(turn.words("evidence.share.off", number=ticket.number), ticket=ticket.number)


def taken_back(turn: Turn, me: Me, ticket: Ticket, id_: str) -> None:
    """A photo is not for everybody any more, if it was."""
    if id_ in ticket.work.released_photos:
        _released(turn, me, ticket, tuple(each for each in ticket.work.released_photos if each != id_), id_)


def is_photo(seen: Seen) -> bool:
    """Whether there is a copy to be looked at."""
    return seen.copies.of(Copy.SHOWN) is not None


def _released(turn: Turn, me: Me, ticket: Ticket, photos: tuple[str, ...], id_: str) -> None:
    work = replace(ticket.work, released_photos=photos)
    case.moved(turn, ticket, Action.NOTE, me.id, {"released": id_ in photos, "photo": id_}, work=work)


COMMANDS = table(
    Command("share_photo", Act.SHARE, ticket=share_photo, hidden=True),
    Command("unshare_photo", Act.SHARE, ticket=unshare_photo, hidden=True),
)

"""Covering parts of a photo with black boxes: faces, plates, whatever others need not know."""

from __future__ import annotations

import re

from bot.changes import Looked
from bot.domain.evidence import BOXES_MOST, Box, Boxing, Copy
from bot.domain.permission import Act
from bot.domain.ticket import Ticket
from bot.errors import NotFound, Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers.files import files_of, find
from handlers.staff.command import Command, table
from handlers.staff.me import Me, is_mine
from handlers.supervisor import sharing_photos

LEAST = 0.2
"""Percent: what is smaller was a slip of the finger."""
_BOX = re.compile(r"(\d{1,3}(?:\.\d{1,3})?),(\d{1,3}(?:\.\d{1,3})?),(\d{1,3}(?:\.\d{1,3})?),(\d{1,3}(?:\.\d{1,3})?)")


async def cover(turn: Turn, me: Me, ticket: Ticket, text: str) -> Reply:
    """Have parts of a photo covered: its id, then the boxes (``left,top,width,height`` in percent, with ``;`` between).

    Whoever may open the original sees what is covered, and says what is to be from now on; anybody else only adds to
    it. Raises Refusal.
    """
    id_, _, said = text.strip().partition(" ")
    files = await files_of(turn, ticket, me)
    seen = find(files, id_)
    if seen is None or seen.copies.of(Copy.SHOWN) is None:
        raise NotFound(number=ticket.number)
    boxes = boxes_of(said)
    before = seen.copies.boxing.boxes if seen.copies.boxing is not None else ()
    if not files.may(seen, Copy.SHOWN if not before else Copy.BOXED):
        raise NotFound(number=ticket.number)
    if not me.may(Act.ORIGINAL, ticket, mine=await is_mine(turn, me, ticket)):
        boxes = tuple(dict.fromkeys((*before, *boxes)))
    if len(boxes) > BOXES_MOST:
        raise Refusal("evidence.box.too_many", limit=BOXES_MOST)
    if boxes != before:
        if not set(before) <= set(boxes):
            sharing_photos.taken_back(turn, me, ticket, id_)  # what shows more than before is released anew, or not
        turn.changes.boxings.append(Boxing(attachment=id_, boxes=boxes, by=me.id, at=turn.now))
    detail = f"{id_} {len(before)} {len(boxes)}"
    turn.changes.looked.append(Looked(by=me.id, what="cover", at=turn.now, ticket=ticket.number, detail=detail))
    key = "evidence.box.done" if boxes else "evidence.box.uncovered"
    return Reply(turn.words(key, number=ticket.number, count=len(boxes)), ticket=ticket.number)


def boxes_of(said: str) -> tuple[Box, ...]:
    """The boxes of a text, inside the picture, in the order in which they were drawn. Raises Refusal."""
    found: dict[Box, None] = {}
    for part in filter(None, (each.strip() for each in said.split(";"))):
        matched = _BOX.fullmatch(part)
        if matched is None:
            raise Refusal("evidence.box.wrong")
        x, y, width, height = map(float, matched.groups())
        width, height = min(width, 100.0 - x), min(height, 100.0 - y)
        if width < LEAST or height < LEAST:
            raise Refusal("evidence.box.wrong")
        found[Box(x, y, round(width, 3), round(height, 3))] = None
    return tuple(found)


COMMANDS = table(Command("cover", Act.SEE, ticket=cover, hidden=True))

"""The page on which a member of staff covers parts of a photo."""

from __future__ import annotations

from bot.changes import Looked
from bot.domain.evidence import Copy
from bot.domain.permission import Act
from bot.domain.public import may_be_public
from bot.domain.wall import shown_to
from bot.errors import NotFound
from bot.turn import Turn
from bot.views.boxing import BoxPage
from handlers.files import files_of, find
from handlers.naming import moment, ticket_title
from handlers.pages.frame import at_page, frame
from handlers.staff.me import is_mine


async def box_page(turn: Turn, number: str, id_: str) -> BoxPage:
    """A photo, what is covered of it, and what may be done about that. Raises NotFound."""
    me = await at_page(turn)
    ticket = await turn.read.ticket(number)
    if ticket is None or not me.may(Act.SEE, ticket, mine=await is_mine(turn, me, ticket)):
        raise NotFound(number=number)
    files = await files_of(turn, ticket, me)
    seen = find(files, id_)
    if seen is None or seen.copies.of(Copy.SHOWN) is None:
        raise NotFound(number=number)
    boxing = seen.copies.boxing
    uncovers = me.may(Act.ORIGINAL, ticket) and files.may(seen, Copy.SHOWN)
    kind = Copy.SHOWN if uncovers or boxing is None else Copy.BOXED
    picture = seen.copies.of(kind)
    if not files.may(seen, kind):
        raise NotFound(number=number)
    turn.changes.looked.append(Looked(by=me.id, what="file", at=turn.now, ticket=number, detail=f"{kind} {id_}"))
    share = ""
    if me.may(Act.SHARE, ticket) and may_be_public(ticket, turn.town.kinds.get(ticket.kind)):
        share = "unshare_photo" if id_ in ticket.work.released_photos else "share_photo"
    return BoxPage(
        frame=frame(turn, me),
        number=number,
        id=id_,
        title=ticket_title(turn, shown_to(me.person, ticket)),
        label=turn.words("evidence.box.picture", at=moment(turn, seen.record.created_at)),
        picture=f"{id_}/{kind}" if picture is not None else "",
        width=picture.width if picture is not None else 0,
        height=picture.height if picture is not None else 0,
        boxes=tuple((box.x, box.y, box.width, box.height) for box in boxing.boxes) if boxing is not None else (),
        removable=uncovers,
        making=boxing is not None and not boxing.sha256,
        share=share,
    )

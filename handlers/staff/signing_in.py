"""The way to the pages: a link for one sign-in, asked for in chat; and out again, on every device at once."""

from __future__ import annotations

from datetime import timedelta

from bot.changes import Looked
from bot.domain import invitations
from bot.domain.people import Invitation
from bot.domain.permission import Act
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers.staff.absence import changed
from handlers.staff.command import Command, table
from handlers.staff.me import Me

LINK_LIFE = timedelta(minutes=10)
"""How long a link waits for being opened."""

ENTER_PATH = "enter/"
"""Where links lead to, below the pages of staff."""

ENTERED = "entered"
"""The slot of the reply to a link that was good: whoever asked is let in."""


async def link(turn: Turn, me: Me, _text: str) -> Reply:
    """A link that opens the pages once. Of its code only the digest is kept."""
    code = invitations.code_of(turn.token())
    address = turn.staff_url(f"{ENTER_PATH}{code}")
    if not address:
        raise Refusal("signing.no_pages")
    turn.changes.invitations.append(
        Invitation(
            digest=invitations.digest_of(code),
            role=me.staff.role,
            unit=me.staff.unit,
            name=me.staff.name,
            staff=me.id,
            by=me.id,
            made_at=turn.now,
            expires_at=turn.now + LINK_LIFE,
            pages=True,
        )
    )
    return turn.say("signing.link", address=address, minutes=int(LINK_LIFE.total_seconds()) // 60)


async def enter(turn: Turn, me: Me, digest: str) -> Reply:
    """Spend a link, given by its digest. Of two at once one wins. Raises Refusal: the same words whatever is wrong."""
    message = turn.message
    found = await turn.read.invitation(digest)
    if message is None or not message.on_page or turn.address != me.staff.page or not _good(turn, me, found):
        raise Refusal("signing.not_good")
    turn.changes.used_invitations.append((digest, me.id))
    turn.changes.looked.append(Looked(by=me.id, what="sign_in", at=turn.now))
    return Reply(turn.words("signing.entered"), slot=ENTERED)


def _good(turn: Turn, me: Me, found: Invitation | None) -> bool:
    """Whether an unused invitation opens the pages for this person now."""
    if found is None or not found.pages or found.staff != me.id:
        return False
    called_back = me.staff.pages_from is not None and found.made_at < me.staff.pages_from
    return found.made_at <= turn.now < found.expires_at and not called_back


async def everywhere_out(turn: Turn, me: Me, _text: str) -> Reply:
    """Sign them out on every device; links that were not opened yet are worth nothing any more."""
    changed(turn, me.staff, "pages", me.id, {}, pages_from=turn.now)
    return turn.say("signing.out_everywhere")


COMMANDS = table(
    Command("login", Act.PAGES, desk=link),
    Command("enter", Act.PAGES, desk=enter, hidden=True),
    Command("logout", Act.PAGES, desk=everywhere_out),
)

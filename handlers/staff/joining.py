"""Joining by a one-time code, on any channel; a further address for somebody who works here already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import StaffEvent
from bot.domain import invitations
from bot.domain.appointing import good_name
from bot.domain.directory import Directory
from bot.domain.people import Invitation, Staff
from bot.domain.permission import RANK, Act
from bot.domain.words import desk_word
from bot.message import Choice, Push, Reply
from bot.turn import Turn
from handlers import notices
from handlers.naming import moment, unit_name
from handlers.staff.command import Command, table
from handlers.staff.me import Me

JOIN = "join"
LONGEST = 60
"""Longer texts are never a code with a name."""

ADDRESSES = 10
"""Nobody needs more windows than that; beyond it somebody is collecting them."""

_TRIES_WINDOW = timedelta(hours=1)
_WORD_MAX = 10
_MAYBE_A_CODE = re.compile(r"[0-9A-Za-z\uff10-\uff5a]{3}")
_WORD_FIRST = re.compile(r"/?([^\x00-\x7f]{1,8}|[a-z]+)(?:@\w+)?[\s:,]*(.*)", re.I | re.S)


def asked(text: str, commands: Mapping[str, str]) -> tuple[str, str] | None:
    """The code (and name) with which somebody wants to join; ("", "") for the word alone, None for everything else.

    ``commands`` maps folded words to names of commands.
    """
    if len(text) > LONGEST:
        return None
    if not _MAYBE_A_CODE.search(text):  # nearly all texts: nothing more is done with them
        return ("", "") if len(text) <= _WORD_MAX and commands.get(desk_word(text)) == JOIN else None
    found = _WORD_FIRST.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or commands.get(desk_word(found[1])) != JOIN:
        return None
    return invitations.split(found[2]) if found[2].strip() else ("", "")


async def join(turn: Turn, me: Me | None, code: str, name: str = "") -> Reply:
    """Take somebody in, give a member one more address, or say why not: the same words for wrong, expired and used."""
    if not code:
        return own_code(turn, me) if me else turn.say("join.how")
    if me is not None:
        return turn.say("join.already", **_who(turn, me.staff))
    tries = tuple(at for at in turn.session.tries if at > turn.now - _TRIES_WINDOW)
    if len(tries) >= turn.town.limits.code_tries_per_hour:
        return turn.say("join.wait")
    digest = invitations.digest_of(code)
    invitation = await turn.read.invitation(digest)
    directory = await turn.read.directory()
    if invitation is None or not _good(turn, directory, invitation):
        turn.remember(tries=(*tries, turn.now))
        return turn.say("join.wrong")
    if invitation.staff:
        return await _further_address(turn, directory.by_id[invitation.staff], digest)
    name = invitation.name or name
    if name and not good_name(name):
        return turn.say("join.name")
    return _new(turn, directory, invitation, name or _free_name(turn, directory, invitation))


def own_code(turn: Turn, me: Me) -> Reply:
    """A code with which a member joins from another channel."""
    if len(me.staff.addresses) >= ADDRESSES:
        return turn.say("join.many", count=len(me.staff.addresses))
    code = invitations.code_of(turn.token())
    turn.changes.invitations.append(
        Invitation(
            digest=invitations.digest_of(code),
            role=me.staff.role,
            unit=me.staff.unit,
            name=me.staff.name,
            staff=me.id,
            by=me.id,
            made_at=turn.now,
            expires_at=turn.now + invitations.ADDRESS_LIFE,
        )
    )
    minutes = int(invitations.ADDRESS_LIFE.total_seconds()) // 60
    return turn.say("join.own", code=code, minutes=minutes)


def _good(turn: Turn, directory: Directory, invitation: Invitation) -> bool:
    """Whether an unused invitation still counts: in time, and by somebody who still could make it."""
    if invitation.pages or not invitation.made_at <= turn.now < invitation.expires_at:
        return False
    if invitation.staff:
        joining = directory.by_id.get(invitation.staff)
        return joining is not None and joining.removed_at is None
    inviter = directory.by_id.get(invitation.by)
    if inviter is None:
        return True  # the command line's
    return inviter.removed_at is None and RANK[invitation.role] <= RANK[inviter.role]


async def _further_address(turn: Turn, staff: Staff, digest: str) -> Reply:
    addresses = (turn.address, *staff.addresses)
    changed = replace(staff, addresses=addresses, pages_from=turn.now, seq=staff.seq + 1)
    data: dict[str, object] = {"address": str(turn.address)}
    event = StaffEvent(staff=staff.id, seq=changed.seq, at=turn.now, action="address", by=staff.id, data=data)
    turn.changes.staff.append((changed, event))
    turn.changes.used_invitations.append((digest, staff.id))
    turn.remember(tries=(), greeted=True)
    sessions = await turn.read.sessions(staff.addresses)
    for address in staff.addresses:  # every window that was theirs before: it may have been somebody else who joined
        words = turn.voice(sessions.get(address)).words
        turn.changes.push(
            Push(
                key=f"staff_address:{staff.id}:{changed.seq}:{address}",
                address=address,
                reply=Reply(words("join.elsewhere")),
                created_at=turn.now,
            )
        )
    return turn.say("join.address", Choice("staff:todo", turn.words("choice.todo")), **_who(turn, staff))


def _new(turn: Turn, directory: Directory, invitation: Invitation, name: str) -> Reply:
    staff = Staff(
        id=turn.token(),
        name=name,
        role=invitation.role,
        unit=invitation.unit,
        areas=invitation.areas,
        walled=invitation.walled,
        addresses=(turn.address,),
        joined_at=turn.now,
    )
    data: dict[str, object] = {"role": staff.role.value, "unit": staff.unit, "areas": list(staff.areas), "name": name}
    event = StaffEvent(staff=staff.id, seq=staff.seq, at=turn.now, action="joined", by=invitation.by, data=data)
    turn.changes.staff.append((staff, event))
    turn.changes.used_invitations.append((invitation.digest, staff.id))
    turn.remember(tries=(), greeted=True)
    told = {s.id: s for s in (*directory.leads(staff.unit), directory.by_id.get(invitation.by)) if s is not None}
    what = "staff_joined" if staff.unit else "staff_joined_desk"
    notices.tell_staff(turn, told.values(), what, None, name=name, unit=staff.unit)
    lines = (turn.words("join.done", **_who(turn, staff)), turn.words(f"join.first.{staff.role}"))
    return Reply("\n".join(lines), (Choice("staff:todo", turn.words("choice.todo")),))


def _free_name(turn: Turn, directory: Directory, invitation: Invitation) -> str:
    """What somebody is called whom nobody named: their role with a number nobody in the unit has."""
    taken = {staff.name for staff in directory.by_id.values() if staff.unit == invitation.unit}
    words = turn.words_in("")
    role, number = words(f"role.{invitation.role}"), 1
    while (name := words("join.unnamed", role=role, number=number)) in taken:
        number += 1
    return name


def _who(turn: Turn, staff: Staff) -> dict[str, str]:
    unit = unit_name(turn, staff.unit) if staff.unit else turn.words("people.desk")
    return {"name": staff.name, "role": turn.words(f"role.{staff.role}"), "unit": unit}


def until(turn: Turn, invitation: Invitation) -> str:
    """Until when a code counts, as people say it."""
    return moment(turn, invitation.expires_at)


async def _by_button(turn: Turn, me: Me, text: str) -> Reply:
    code, name = invitations.split(text) or ("", "")
    return await join(turn, me, code, name)


COMMANDS = table(Command(JOIN, Act.JOIN, desk=_by_button))

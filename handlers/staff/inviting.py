"""Inviting: a code for somebody new, by whoever has that much say over the place they get."""

from __future__ import annotations

from bot.domain import appointing, invitations
from bot.domain.appointing import IN_A_UNIT
from bot.domain.people import Invitation, Role
from bot.domain.permission import RANK, Act
from bot.errors import Refusal
from bot.message import Reply
from bot.turn import Turn
from handlers.naming import area_name, unit_name
from handlers.staff import spoken
from handlers.staff.command import Command, table
from handlers.staff.joining import until
from handlers.staff.me import Me
from handlers.staff.named import area_said, unit_said


async def invite(turn: Turn, me: Me, text: str) -> Reply:
    """A one-time code for a role, a unit or areas, and a name: "handler roads-north Zhang San". Raises Refusal."""
    role_said, rest = spoken.leading(text, spoken.words_of(turn, "role_word", _roles(me)))
    if not role_said:
        known = spoken.leading(text, spoken.words_of(turn, "role_word", map(str, Role)))[0]
        if known and known != Role.RESIDENT:
            raise Refusal("invite.wrong.rank")
        roles = turn.words("list.comma").join(turn.words(f"role.{role}") for role in _roles(me))
        return turn.say("invite.how", roles=roles, usage=turn.words("usage.invite"))
    role = Role(role_said)
    unit, areas, name = _place(turn, me, role, rest)
    if name and not appointing.good_name(name):
        raise Refusal("invite.wrong.name")
    fault = appointing.wrong(turn.guide, me.person, role, unit, areas)
    if fault is not None:
        raise Refusal(f"invite.wrong.{fault}")
    return _invited(turn, me, role, unit, areas, name)


def _roles(me: Me) -> tuple[str, ...]:
    """The roles somebody may give, the nearest first."""
    return tuple(role.value for role in Role if role is not Role.RESIDENT and RANK[role] <= RANK[me.staff.role])


def _place(turn: Turn, me: Me, role: Role, text: str) -> tuple[str, tuple[str, ...], str]:
    """Unit, areas and name of the invited. Raises Refusal when a unit is needed and none is said."""
    if role in IN_A_UNIT:
        found = unit_said(turn, text)
        if found is None:
            if me.staff.role is not Role.LEAD:
                raise Refusal("invite.wrong.no_unit" if text else "invite.wrong.needs_unit")
            found = (me.staff.unit, text)
        unit, name = found
        return unit, me.staff.areas if unit == me.staff.unit else (), name
    areas: list[str] = []
    while text and (found := area_said(turn, text)) is not None:
        code, text = found
        areas.append(code)
    unit = me.staff.unit if me.staff.role is Role.LEAD else ""
    return unit, tuple(areas) or me.staff.areas, text


def _invited(turn: Turn, me: Me, role: Role, unit: str, areas: tuple[str, ...], name: str) -> Reply:
    code = invitations.code_of(turn.token())
    invitation = Invitation(
        digest=invitations.digest_of(code),
        role=role,
        unit=unit,
        areas=areas,
        name=name,
        by=me.id,
        made_at=turn.now,
        expires_at=turn.now + invitations.LIFE,
    )
    turn.changes.invitations.append(invitation)
    place = unit_name(turn, unit) if unit else turn.words("people.desk")
    if areas:
        names = turn.words("list.comma").join(area_name(turn, area) for area in areas)
        place = turn.words("invite.in", place=place, areas=names)
    return turn.say(
        "invite.done",
        role=turn.words(f"role.{role}"),
        place=place,
        name=name or turn.words("invite.nameless"),
        code=code,
        until=until(turn, invitation),
    )


COMMANDS = table(Command("invite", Act.INVITE, desk=invite))

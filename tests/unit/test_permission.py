"""The whole of who may do what, as one table that was read by a person before it was written down here.

A row is an act, a column somebody; the letters say to which tickets they may do it:

    h  of their unit, taken by them            x  of another unit, in the same area
    f  of their unit, not taken yet            e  of another unit, elsewhere
    c  of their unit, taken by a colleague     w  walled, with no unit yet
    s  their unit assists                      k  of their unit, kept from it
    b  of a unit below theirs                  o  of their unit, about themselves
    O  their own as a resident

``desk`` is an act that needs no ticket, ``-`` never. Nobody has an ``o``: nobody handles a case about oneself. Nobody
who works here has ``O`` for an act of staff: nobody handles an own case.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.domain.people import Role
from bot.domain.permission import GRANTS, RANK, RESIDENT, Act, Person, may
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import Assist, Work
from handlers.staff.commands import COMMANDS

TABLE = """
                resident    handler     lead        supervisor  of_an_area  marked      collector   admin
follow        O           O           O           O           O           O           O           O
supplement    O           O           O           O           O           O           O           O
withdraw      O           O           O           O           O           O           O           O
urge          O           O           O           O           O           O           O           O
rate          O           O           O           O           O           O           O           O
see           -           hfcs        hfcsb       hfcsbxek    hfcsbxk     hfcsbxewk   -           hfcsbxek
take          -           hfc         hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
ask           -           hf          hfc         -           -           -           -           -
note          -           hfcs        hfcsb       hfcsbxek    hfcsbxk     hfcsbxewk   -           -
progress      -           hf          hfc         -           -           -           -           -
answer        -           hf          hfc         -           -           -           -           -
promise       -           hf          hfc         -           -           -           -           -
object        -           hf          hfc         -           -           -           -           -
extend        -           hf          hfc         -           -           -           -           -
hand          -           hf          hfc         -           -           -           -           -
raise         -           hf          hfc         -           -           -           -           -
decline       -           hf          hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
merge         -           hf          hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
unmerge       -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
transcribe    -           hfc         hfc         hfcsbxek    hfcsbxk     hfcsbxewk   hfcsbxek    -
recall        -           hf          hfc         -           -           -           -           -
unmask        -           hf          hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
contribute    -           hfcs        hfcs        -           -           -           -           -
decide_unit   -           -           hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
decide_desk   -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
decide_raise  -           -           hfcsb       hfcsbxek    hfcsbxk     hfcsbxewk   -           -
retier        -           -           hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
classify      -           -           hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
assign        -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
assist        -           -           hfcsb       hfcsbxek    hfcsbxk     hfcsbxewk   -           -
joint         -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
supervise     -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
close         -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
reopen        -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
trace         -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
sample        -           -           -           desk        desk        desk        -           -
release       -           -           -           desk        desk        desk        -           -
original      -           -           hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           -
special       -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
share         -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
phone         -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
history       -           -           hfc         hfcsbxek    hfcsbxk     hfcsbxewk   -           hfcsbxek
call_back     -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   hfcsbxek    -
hold          -           -           -           hfcsbxek    hfcsbxk     hfcsbxewk   -           -
holds         -           -           -           desk        desk        desk        -           -
decide_hold   -           -           -           desk        desk        desk        -           desk
join          desk        desk        desk        desk        desk        desk        desk        desk
pages         -           desk        desk        desk        desk        desk        desk        desk
todo          -           desk        desk        desk        desk        desk        desk        desk
find          -           -           desk        desk        desk        desk        -           desk
desk          -           -           desk        desk        desk        desk        -           desk
pool          -           -           -           desk        desk        desk        -           desk
bulk          -           -           -           desk        desk        desk        -           -
talk          -           -           -           desk        desk        desk        -           -
leave         -           desk        desk        desk        desk        desk        desk        desk
duty          -           -           desk        desk        desk        desk        -           desk
invite        -           -           desk        desk        desk        desk        -           desk
remove        -           -           desk        desk        desk        desk        -           desk
staff         -           -           desk        desk        desk        desk        -           desk
collect       -           -           -           desk        desk        desk        desk        -
slip          -           -           -           desk        desk        desk        desk        -
boards        -           -           desk        desk        desk        desk        -           desk
publish       -           -           -           desk        desk        desk        -           desk
export        -           -           desk        desk        desk        desk        -           desk
specials      -           desk        desk        desk        desk        desk        -           desk
answer_special -          hfc         hfc         -           -           -           -           -
ideas         -           desk        desk        desk        desk        desk        desk        desk
"""

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
TICKET = Ticket(
    number="260304-000017",
    code="000000",
    alias="ABCD",
    type=Type.COMPLAINT,
    kind="roads",
    status=Status.IN_PROGRESS,
    source="web",
    channel="web",
    text="a hole in the road",
    filed_at=NOW,
    area="north",
    unit="roads-north",
)
HELP = Assist(unit="roads-north", since=NOW, due_at=NOW)
SITUATIONS: dict[str, Ticket] = {
    "h": replace(TICKET, handler="me"),
    "f": TICKET,
    "c": replace(TICKET, handler="other"),
    "s": replace(TICKET, unit="water", work=Work(assists=(HELP,))),
    "b": replace(TICKET, unit="village"),
    "x": replace(TICKET, unit="water"),
    "e": replace(TICKET, unit="water", area="south"),
    "w": replace(TICKET, unit="", walled=True, status=Status.FILED),
    "k": replace(TICKET, work=Work(kept_from=("roads-north",))),
    "o": replace(TICKET, work=Work(about=("me",))),
    "O": TICKET,
}
UNITS = frozenset({"roads-north", "village"})
PEOPLE = {
    "resident": RESIDENT,
    "handler": Person("me", Role.HANDLER, "roads-north", UNITS),
    "lead": Person("me", Role.LEAD, "roads-north", UNITS),
    "supervisor": Person("me", Role.SUPERVISOR),
    "of_an_area": Person("me", Role.SUPERVISOR, areas=frozenset({"north"})),
    "marked": Person("me", Role.SUPERVISOR, walled=True),
    "collector": Person("me", Role.COLLECTOR),
    "admin": Person("me", Role.ADMIN),
}


def wanted() -> list[tuple[str, str, str]]:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(act, who, reach) for act, *reaches in rows for who, reach in zip(head, reaches, strict=True)]


@pytest.mark.parametrize(("act", "who", "reach"), wanted())
def test_table(act: str, who: str, reach: str) -> None:
    person, action = PEOPLE[who], Act(act)
    allowed = "".join(name for name, t in SITUATIONS.items() if may(person, action, t, mine=name == "O"))
    needs_no_ticket = may(person, action)
    assert ("desk" if needs_no_ticket else allowed or "-") == reach


def test_every_act_is_granted_and_in_the_table() -> None:
    assert set(GRANTS) == set(Act)
    assert {act for act, _, _ in wanted()} == set(Act)


def test_every_role_has_a_rank() -> None:
    assert set(RANK) == set(Role)


def test_every_command_names_an_act_that_fits_it() -> None:
    for command in COMMANDS.values():
        reaches = GRANTS[command.act]
        assert command.ticket is not None or command.desk is not None, command.name
        assert any(role is not Role.RESIDENT for role in reaches), command.name


def test_on_a_deputys_desk_lie_the_cases_of_who_is_on_leave() -> None:
    deputy = replace_person(PEOPLE["handler"], frozenset({"other"}))
    assert not may(PEOPLE["handler"], Act.ANSWER, SITUATIONS["c"])
    assert may(deputy, Act.ANSWER, SITUATIONS["c"])


def test_a_ticket_without_a_place_is_everybodys() -> None:
    assert may(PEOPLE["of_an_area"], Act.ASSIGN, replace(TICKET, unit="", area=""))


def test_a_walled_ticket_opens_for_the_unit_a_marked_supervisor_chose_and_for_no_other() -> None:
    assigned = replace(TICKET, walled=True)
    assert may(PEOPLE["handler"], Act.SEE, assigned)
    assert not may(PEOPLE["handler"], Act.SEE, replace(assigned, unit="water"))
    assert not may(PEOPLE["supervisor"], Act.SEE, assigned)


def replace_person(person: Person, stands_for: frozenset[str]) -> Person:
    return Person(person.id, person.role, person.unit, person.units, person.areas, person.walled, stands_for)

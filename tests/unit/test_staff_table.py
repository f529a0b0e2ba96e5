"""Staff out of a table: what would change, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.catalogue import Catalogue
from bot.changes import Changes
from bot.domain.appointing import OPERATOR
from bot.domain.directory import Directory
from bot.domain.invitations import digest_of
from bot.domain.people import Address, Invitation, Role, Staff
from bot.domain.permission import Person
from bot.domain.words import desk_word
from bot.personnel import staff_table
from bot.personnel.sheet import WrongSheet, read_sheet
from bot.personnel.staff_table import Place, StaffDifference
from tests.dialogue.stage import sample_guide

NOW = datetime(2026, 3, 4, tzinfo=UTC)
TEXTS = Catalogue.load(Path(__file__).parents[2] / "locales")
COLUMNS, ROLES, TRUTHS = (TEXTS.vocabulary(desk_word, prefix) for prefix in ("column.", "role_word.", "truth."))


def who(id_: str, name: str, role: Role = Role.HANDLER, unit: str = "transport", *areas: str) -> Staff:
    return Staff(id=id_, name=name, role=role, unit=unit, areas=areas, joined_at=NOW)


HERE = (who("w", "王强"), who("z", "赵刚", Role.LEAD), who("s", "李敏", Role.SUPERVISOR, "", "liuxi"))


def compared(table: str, *staff: Staff, waiting: tuple[Invitation, ...] = (), by: Person = OPERATOR) -> StaffDifference:
    sheet = read_sheet(table.encode(), COLUMNS)
    return staff_table.compared(sheet, sample_guide(), Directory.of(staff or HERE), waiting, by, ROLES, TRUTHS)


def faults(table: str, *staff: Staff, by: Person = OPERATOR) -> list[str]:
    with pytest.raises(WrongSheet) as wrong:
        compared(table, *staff, by=by)
    return [f"{fault.line}: {fault.why}" for fault in wrong.value.faults]


def test_new_people_are_invited_known_ones_stay_as_they_are() -> None:
    table = "姓名,身份,单位\n王强,经办人,transport\n李娟,handler,市交通运输局\n"
    found = compared(table)
    assert found.new == (Place(line=3, name="李娟", role=Role.HANDLER, unit="transport"),)
    assert (found.changed, found.same) == ((), 1)
    assert [staff.name for staff in found.missing] == ["李敏", "赵刚"]


def test_what_differs_is_shown_and_what_has_no_column_stays() -> None:
    found = compared("name,role,areas\n李敏,supervisor,柳溪镇；shita\n王强,lead\n")
    handler, supervisor = sorted(found.changed, key=lambda pair: pair[0].role)
    assert (supervisor[0].areas, supervisor[1].areas, supervisor[1].unit) == (("liuxi",), ("liuxi", "shita"), "")
    assert (handler[1].role, handler[1].unit) == (Role.LEAD, "transport")


def test_an_id_moves_somebody_to_another_unit() -> None:
    [(before, after)] = compared("id,name,role,unit\nw,王强,handler,water\n").changed
    changes = Changes()
    staff_table.change(changes, before, after, "desk", NOW)
    [(staff, event)] = changes.staff
    assert (staff.unit, staff.seq) == ("water", 2)
    assert (event.action, event.seq, event.data) == ("changed", 2, {"unit": ["transport", "water"]})
    assert [(timer.kind, timer.subject) for timer in changes.timers] == [("cases_back", "w")]


def test_a_change_within_the_unit_keeps_the_cases() -> None:
    [(before, after)] = compared("name,role,unit\n王强,lead,transport\n").changed
    changes = Changes()
    staff_table.change(changes, before, after, "desk", NOW)
    assert changes.timers == []


def test_who_is_invited_already_is_not_invited_again() -> None:
    waiting = Invitation(
        digest="d", role=Role.HANDLER, unit="transport", name="李娟", made_at=NOW, expires_at=NOW + timedelta(days=1)
    )
    found = compared("name,role,unit\n李娟,handler,transport\n", waiting=(waiting,))
    assert (found.new, [place.name for place in found.invited]) == ((), ["李娟"])


def test_somebody_removed_may_come_back() -> None:
    gone = replace(HERE[0], removed_at=NOW)
    assert [place.name for place in compared("name,role,unit\n王强,handler,transport\n", gone).new] == ["王强"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("name,unit\n王强,transport\n", ["1: a table of staff needs the heading 'role'"]),
        ("name,role,unit\n王强,boss,transport\n", ["2: there is no role 'boss'"]),
        ("name,role,unit\n王强,居民,transport\n", ["2: there is no role '居民'"]),
        ("name,role,unit\n李娟,handler,nowhere\n", ["2: unit 'nowhere' does not exist"]),
        ("name,role,unit\n李娟,handler,\n", ["2: that role needs a unit"]),
        ("name,role,areas\n李娟,supervisor,nowhere\n", ["2: areas 'nowhere' does not exist"]),
        ("name,role,unit\n,handler,transport\n", ["2: a name has at most 40 characters and begins with a letter"]),
        ("name,role,unit,walled\n李娟,handler,transport,maybe\n", ["2: walled 'maybe': write yes or no"]),
        ("id,name,role,unit\nnobody,王强,handler,transport\n", ["2: nobody has the id 'nobody'"]),
        (
            "name,role,unit\n李娟,handler,transport\n李娟,经办人,市交通运输局\n李娟,boss,transport\n",
            ["3: 李娟 stands in line 2 already", "4: there is no role 'boss'"],
        ),
        (
            "id,name,role,unit\nw,王强,handler,transport\nw,王刚,handler,transport\n",
            ["3: 王刚 stands in line 2 already"],
        ),
    ],
)
def test_wrong_lines(table: str, told: list[str]) -> None:
    assert faults(table) == told


def test_two_of_one_name_are_told_apart_by_their_ids() -> None:
    twins = (who("w1", "王强"), who("w2", "王强"))
    table = "name,role,unit\n王强,lead,transport\n"
    assert faults(table, *twins)[0].startswith("2: several people are called '王强'")
    [(before, _)] = compared("id," + table.replace("\n王", "\nw2,王"), *twins).changed
    assert before.id == "w2"


def test_nobody_imports_above_themselves() -> None:
    lead = sample_guide().person(HERE[1])
    supervisor = sample_guide().person(HERE[2])
    rows = "name,role,unit\n李娟,{},{}\n"
    assert faults(rows.format("supervisor", ""), by=lead) == ["2: that role is above your own"]
    assert faults(rows.format("handler", "water"), by=lead) == ["2: that unit is not yours to staff"]
    assert faults(rows.format("admin", ""), by=supervisor) == ["2: that role is above your own"]
    assert compared(rows.format("handler", "transport"), by=lead).new


def test_nobody_changes_those_above_or_beside_them() -> None:
    lead = sample_guide().person(HERE[1])
    assert faults("id,name,role,unit\ns,李敏,handler,transport\n", by=lead) == ["2: 李敏 is not yours to change"]


def test_an_invitation_keeps_only_the_digest() -> None:
    place = Place(line=2, name="李娟", role=Role.HANDLER, unit="transport")
    made, code = staff_table.invitation(place, "desk", NOW, lambda: "0123456789abcdef0123456789abcdef")
    assert made.digest == digest_of(code)
    assert code not in repr(made)
    assert made.expires_at - made.made_at == timedelta(days=7)


def test_a_removal_sends_the_cases_back() -> None:
    changes = Changes()
    staff_table.removal(changes, replace(HERE[0], addresses=(Address("web", "x"),)), "desk", NOW)
    [(staff, event)] = changes.staff
    assert (staff.removed_at, event.action, event.by) == (NOW, "removed", "desk")
    assert Directory.of([staff]).at(Address("web", "x")) is None
    assert [(timer.kind, timer.subject) for timer in changes.timers] == [("cases_back", "w")]

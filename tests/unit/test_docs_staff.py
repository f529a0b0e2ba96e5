"""docs/staff.md says what the program does: its words, its tables, its options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

import main
from bot.catalogue import COMMANDS_PREFIX, Catalogue
from bot.domain import invitations
from bot.domain.appointing import OPERATOR
from bot.domain.directory import NOBODY
from bot.domain.people import Role
from bot.domain.permission import GRANTS, Act
from bot.domain.words import desk_word
from bot.personnel import staff_table, unit_table
from bot.personnel.sheet import read_sheet
from bot.townfile.values import read_hours
from handlers.staff import joining
from tests.dialogue.stage import sample_guide

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "staff.md").read_text("utf-8")
TEXTS = Catalogue.load(ROOT / "locales")
COMMANDS = TEXTS.vocabulary(desk_word, COMMANDS_PREFIX)
COLUMNS, ROLES, TRUTHS = (TEXTS.vocabulary(desk_word, prefix) for prefix in ("column.", "role_word.", "truth."))
TABLES = re.findall(r"```csv\n(.*?)```", PAGE, re.S)


def test_every_command_of_the_page_is_one_in_both_languages() -> None:
    rows = re.findall(r"^\| (`.+?) \| (`.+?) \| .+ \|$", PAGE.split("## In the chat")[1].split("**Leave.**")[0], re.M)
    assert len(rows) >= 9
    for chinese, english in rows:
        names = {COMMANDS[desk_word(word.split()[0])] for word in re.findall(r"`(.+?)`", chinese + english)}
        assert len(names) == 1, (chinese, english)


def test_the_tables_of_the_page_can_be_imported() -> None:
    guide = sample_guide()
    people, units = (read_sheet(table.encode(), COLUMNS) for table in TABLES)
    found = staff_table.compared(people, guide, NOBODY, (), OPERATOR, ROLES, TRUTHS)
    assert [(place.role, place.unit, place.walled) for place in found.new] == [
        (Role.HANDLER, "transport", False),
        (Role.LEAD, "transport", False),
        (Role.SUPERVISOR, "", True),
    ]
    difference = unit_table.compared(units, guide.town, TRUTHS, lambda spans: read_hours(list(spans)))
    assert [change.code for change in difference.changes] == ["library"]


@pytest.mark.parametrize("columns", [staff_table.COLUMNS, unit_table.COLUMNS])
def test_every_heading_is_on_the_page_under_both_names(columns: tuple[str, ...]) -> None:
    for column in columns:
        assert f"`{column}`" in PAGE
        assert any(COLUMNS[desk_word(word)] == column and f"`{word}`" in PAGE for word in _chinese(column)), column


def _chinese(column: str) -> list[str]:
    return TEXTS.words("zh_CN")(f"column.{column}").split("|")


def test_every_option_is_on_the_page() -> None:
    group = get_command(main.app)
    commands = group.commands["staff"].commands  # type: ignore[attr-defined]  # a group, as typer makes it
    written = PAGE.split("## On the command line")[1].split("```")[1]
    for name, command in commands.items():
        line = next(line for line in written.splitlines() if f"staff {name} " in line)
        options = {o for p in command.params if isinstance(p, typer.core.TyperOption) for o in p.opts}
        assert options - {"--config", "--data", "--help"} == set(re.findall(r"--[a-z]+", line)), name


def test_the_figures_of_the_page() -> None:
    assert f"for {invitations.LIFE.days} days" in PAGE
    assert f"{int(invitations.ADDRESS_LIFE.total_seconds()) // 60} minutes" in PAGE
    assert sample_guide().town.limits.code_tries_per_hour == 5
    assert "five wrong codes in an hour" in PAGE


def test_who_invites_is_who_may() -> None:
    table = PAGE.split("| who |")[1].split("\n\n")[0]
    assert {role for role in GRANTS[Act.INVITE] if role.value in table} == set(GRANTS[Act.INVITE])
    assert GRANTS[Act.INVITE].keys() == GRANTS[Act.REMOVE].keys() == GRANTS[Act.DUTY].keys()


def test_the_code_of_the_page_looks_like_one() -> None:
    asked = joining.asked("绑定 K7QXM-3R9TD", COMMANDS)
    assert asked == ("K7QXM-3R9TD", "")
    assert set("K7QXM3R9TD") <= set(invitations.ALPHABET)

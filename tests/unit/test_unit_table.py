"""Units out of a table: the difference to the town, and what becomes of the town's files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.domain.town import Town
from bot.domain.words import desk_word
from bot.errors import ConfigurationError
from bot.personnel import unit_table
from bot.personnel.sheet import WrongSheet, read_sheet
from bot.personnel.unit_table import UnitDifference
from bot.townfile import SAMPLE, load_town, rewriting
from bot.townfile.values import read_hours
from tests.dialogue.stage import sample_guide

TEXTS = Catalogue.load(Path(__file__).parents[2] / "locales")
COLUMNS, TRUTHS = (TEXTS.vocabulary(desk_word, prefix) for prefix in ("column.", "truth."))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample town, as a clerk begins with it."""
    return shutil.copytree(SAMPLE, tmp_path / "town")


def compared(table: str, town: Town) -> UnitDifference:
    return unit_table.compared(read_sheet(table.encode(), COLUMNS), town, TRUTHS, lambda spans: read_hours(list(spans)))


def faults(table: str) -> list[str]:
    with pytest.raises(WrongSheet) as wrong:
        compared(table, sample_guide().town)
    return [f"{fault.line}: {fault.why}" for fault in wrong.value.faults]


def test_what_is_new_what_differs_and_what_stays() -> None:
    found = compared(
        "代码,名称,级别,上级,辖区,电话\n"
        "transport,市交通运输局,3,,,0500-8801001\n"
        "water,云棠水务公司,3,,,0500-1\n"
        "library,市图书馆,3,,,\n",
        sample_guide().town,
    )
    assert found.same == 1
    assert [(c.code, c.new, dict(c.before), dict(c.after)) for c in found.changes] == [
        ("water", False, {"phone": "0500-8801003"}, {"phone": "0500-1"}),
        ("library", True, {}, {"code": "library", "name": "市图书馆"}),
    ]
    assert "energy" in found.missing


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("code\nx\n", ["1: a table of units needs the heading 'name'"]),
        ("code,name\nX Y,x\n", ["2: code 'X Y' may hold small letters, digits, - and _ only"]),
        ("code,name\nx,\n", ["2: has no name"]),
        ("code,name\nx,a\ny,b\nx,c\n", ["4: code 'x' stands in line 2 already"]),
        ("code,name,level\nx,a,4\n", ["2: level '4': 1 (village), 2 (town) or 3 (department)"]),
        ("code,name,area\nx,a,nowhere\n", ["2: area 'nowhere' does not exist"]),
        ("code,name,parent\nx,a,nowhere\n", ["2: parent 'nowhere' does not exist"]),
        ("code,name,level,parent\nx,a,2,y\ny,b,2,\n", ["2: parent 'y' is not of a higher level"]),
        (
            "code,name,level,parent\nx,a,1,y\ny,b,2,z\nz,c,3,x\n",
            ["2: a loop: x -> y -> z -> x", "3: a loop: y -> z -> x -> y", "4: a loop: z -> x -> y -> z"],
        ),
        ("code,name,parent\ntransport,市交通运输局,transport\n", ["2: a loop: transport -> transport"]),
        ("code,name,hours\nx,a,9 to 5\n", None),
        ("code,name,retired\nx,a,perhaps\n", ["2: retired 'perhaps': write yes or no"]),
    ],
)
def test_wrong_lines(table: str, told: list[str] | None) -> None:
    found = faults(table)
    assert found[0].startswith("2: ") if told is None else found == told


def test_the_files_change_where_they_must_and_nowhere_else(folder: Path) -> None:
    before = load_town(folder)
    found = compared(
        "code,name,level,phone,sign_off,hours,name_en\n"
        "water,云棠水务公司,3,0500-1,yes,08:30-12:00 13:00-17:00,Yuntang Water\n"
        'library,"市""图书""馆",3,,,,City Library\n',
        before,
    )
    texts = rewriting.rewritten(folder, found.changes)
    assert list(texts) == [folder / "units.toml"]
    old = (folder / "units.toml").read_text("utf-8").splitlines()
    new = texts[folder / "units.toml"].splitlines()
    assert [line for line in old if line not in new] == [
        'phone = "0500-8801003"',
        'hours = ["08:00-12:00", "13:30-17:30"]',
    ][:1]
    rewriting.write(texts)
    after = load_town(folder)
    assert {code for code in after.units if after.units[code] != before.units.get(code)} == {"water", "library"}
    water, library = after.units["water"], after.units["library"]
    assert (water.phone, water.sign_off, water.hours) == ("0500-1", True, read_hours(["08:30-12:00", "13:00-17:00"]))
    assert (library.name, library.name_en, library.level) == ('市"图书"馆', "City Library", 3)
    assert compared("code,name,phone\nwater,云棠水务公司,0500-1\n", after).changes == ()


def test_a_value_of_several_lines_is_replaced_whole(folder: Path) -> None:
    file = folder / "units.toml"
    text = file.read_text("utf-8")
    long = '[\n  "08:00-12:00", # 上午\n  "13:30-17:30",\n]'
    file.write_text(text.replace('["08:00-12:00", "13:30-17:30"]', long, 1), "utf-8")
    found = compared("code,name,hours\nwater,云棠水务公司,09:00-17:00\n", load_town(folder))
    rewriting.write(rewriting.rewritten(folder, found.changes))
    assert load_town(folder).units["water"].hours == read_hours(["09:00-17:00"])
    assert "上午" not in file.read_text("utf-8")


def test_a_town_of_one_file_and_windows_lines(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    whole = "\n".join(path.read_text("utf-8") for path in sorted(SAMPLE.glob("*.toml")))
    file.write_bytes(b"\xef\xbb\xbf" + whole.replace("\n", "\r\n").encode())
    found = compared("code,name,phone\nwater,云棠水务公司,0500-1\nlibrary,图书馆,\n", load_town(file))
    rewriting.write(rewriting.rewritten(file, found.changes))
    after = load_town(file)
    assert (after.units["water"].phone, after.units["library"].name) == ("0500-1", "图书馆")


def test_the_sample_town_is_never_written() -> None:
    found = compared("code,name\nlibrary,图书馆\n", sample_guide().town)
    with pytest.raises(ConfigurationError, match="sample town"):
        rewriting.rewritten(SAMPLE, found.changes)


def test_what_the_town_could_not_be_loaded_with_is_refused_and_nothing_is_written(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    found = compared("code,name,retired\ntransport,市交通运输局,是\n", load_town(folder))
    with pytest.raises(ConfigurationError, match="unit 'transport' is retired"):
        rewriting.rewritten(folder, found.changes)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_units_on_one_line_are_left_to_the_clerk(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text(
        'units = [{code = "a", name = "A"}, {code = "b", name = "B"}]\n'
        '[town]\ncode = "t"\nname = "T"\n[[kinds]]\ncode = "undecided"\nname = "?"\n',
        "utf-8",
    )
    with pytest.raises(ConfigurationError):
        rewriting.rewritten(file, compared("code,name\na,C\n", load_town(file)).changes)
    assert "A" in file.read_text("utf-8")

"""Town files: what is refused, with which line and reason, and what happens when they change."""

from __future__ import annotations

import os
import tomllib
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ticket import Type
from bot.domain.town import Clock, Limits, WorkHours
from bot.errors import ConfigurationError
from bot.townfile import SAMPLE, TownWatch, load_town
from bot.townfile.lines import LineMap
from bot.townfile.values import middle

GOOD = """\
[town]
code = "t"
name = "小城"

[hours]
working = ["09:00-12:00", "14:00-18:00"]

[holidays]
complete = [2027]
off = [2027-01-01, "2027-02-05..2027-02-11"]
work = ["2027-02-14"]

[limits]
danger_answer = "90min"
file_max_mb = 5
draft_reminders = ["1h", "5h"]

[limits.answer_days]
praise = "none"
idea = 20

[contacts]
hotline = "0500-12345"

[type_words]
enquiry = ["请问"]

[canned.wait]
zh = "请稍等。"

[groups]
all = { zh = "全部", en = "All" }

[dispatch]
rules = [
  # a comment
  ["roads", "east", "@2"],
  ["roads", "*", "bureau"],
]

[[areas]]
code = "east"
name = "东街道"
outline = [
  [120.0, 30.0], [120.1, 30.0],
  [120.1, 30.1], [120.0, 30.0],
]

[[areas]]
code = "joy"
name = "幸福社区"
parent = "east"
roads = ["人民路"]

[[kinds]]
code = "roads"
name = "道路"
group = "all"
words = ["路灯"]

[[kinds]]
code = "undecided"
name = "待定"

[[units]]
code = "bureau"
name = "局"

[[units]]
code = "office"
name = "办"
level = 2
area = "east"
hours = ["08:30-12:00", "13:30-17:00"]

[[units]]
code = "committee"
name = "居"
level = 1
area = "joy"
parent = "office"

[[danger]]
code = "fire"
name = "火"
phrases = ["着火"]
except = ["着火点"]
"""


def written(folder: Path, text: str, name: str = "town.toml") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_town_in_one_file(tmp_path: Path) -> None:
    town = load_town(written(tmp_path, GOOD))
    assert town.areas["east"].level == 2
    assert town.areas["joy"].level == 1
    assert town.areas["east"].outline == ((30.0, 120.0), (30.0, 120.1), (30.1, 120.1))
    assert town.areas["east"].centre == pytest.approx((30.0 + 0.1 / 3, 120.0 + 0.2 / 3))
    assert town.limits.danger_answer == timedelta(minutes=90)
    assert town.limits.file_max_bytes == 5 * 1024 * 1024
    assert town.limits.draft_reminders == (timedelta(hours=1), timedelta(hours=5))
    assert town.limits.answer_days == {**Limits().answer_days, Type.IDEA: 20, Type.PRAISE: None}
    assert town.limits.take_hours == Limits().take_hours
    assert town.units["office"].hours == WorkHours(((time(8, 30), time(12)), (time(13, 30), time(17))))
    assert town.kinds["roads"].clock is Clock.TYPE
    assert town.canned == {"wait": "请稍等。"}
    assert town.dangers[0].except_ == ("着火点",)
    assert (town.holidays[date(2027, 2, 5)], town.holidays[date(2027, 2, 11)]) == (True, True)
    assert town.holidays[date(2027, 2, 14)] is False
    assert date(2027, 2, 12) not in town.holidays
    assert 2027 in town.holiday_years
    assert town.holidays[date(2026, 10, 10)] is False  # the library's


def test_a_town_in_several_files(tmp_path: Path) -> None:
    head, marker, rest = GOOD.partition("[[areas]]")
    written(tmp_path / "t", head, "a.toml")
    written(tmp_path / "t", marker + rest, "b.toml")
    assert load_town(tmp_path / "t") == load_town(written(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("before", "after", "offset", "why"),
    [
        ('name = "小城"', 'name = 小城', 0, 'Invalid value'),
        ('name = "小城"', 'name = "小城', 0, 'Illegal character'),
        ('name = "小城"', 'name = "小城"\nnmae = "x"', 1, "unknown key 'nmae'"),
        ('[contacts]', '[contcats]', 0, "unknown key 'contcats'"),
        ('roads = ["人民路"]', 'roads = "人民路"', 0, 'expected a list in [ ], got text in quotes'),
        ('roads = ["人民路"]', 'roads = ["人民路", 5]', 0, 'expected text in quotes, got a whole number'),
        ('level = 1\n', 'level = true\n', 0, 'expected a whole number, got true or false'),
        ('level = 1\n', 'level = 4\n', 0, 'level is 1'),
        ('code = "joy"', 'code = "east"', 0, "code 'east' stands twice"),
        ('code = "joy"', 'code = "Joy!"', 0, 'small letters'),
        ('name = "幸福社区"', 'name = " "', 0, 'no name'),
        ('name = "幸福社区"\n', '', -2, "a key is missing: 'name'"),
        ('parent = "east"', 'parent = "nowhere"', 0, "parent 'nowhere' does not exist"),
        ('parent = "east"', 'parent = "joy"', 0, 'a loop: joy -> joy'),
        ('name = "东街道"', 'name = "东街道"\nparent = "joy"\nlevel = 2', 1, 'a loop: east -> joy -> east'),
        ('parent = "office"', 'parent = "bureau"\n[[units]]\ncode="x"\nname="x"\nparent="office"', 4, 'higher'),
        ('group = "all"', 'group = "none"', 0, "group 'none' does not exist"),
        ('group = "all"\n', '', -2, 'needs a group'),
        ('words = ["路灯"]', 'words = ["路灯", "灯"]', 0, "'灯' is too short"),
        ('words = ["路灯"]', 'clock = "utilty"', 0, "unknown clock 'utilty'; there are: type, danger, utility"),
        ('words = ["路灯"]', 'for_type = "ideas"', 0, "unknown for_type 'ideas'"),
        ('code = "undecided"', 'code = "unsure"\ngroup = "all"', None, "'undecided', which must always exist"),
        ('  [120.1, 30.1], [120.0, 30.0],\n', '', -2, 'at least three points'),
        ('[120.1, 30.1],', '[30.1, 120.1],', -2, 'the longitude comes first'),
        ('[120.1, 30.1],', '[120.1],', -2, 'a point is'),
        ('["roads", "east", "@2"]', '["roads", "east", "offcie"]', 0, "unit 'offcie' does not exist"),
        ('["roads", "*", "bureau"]', '["roads", "*", "@4"]', 0, 'write @1, @2 or @3'),
        ('["roads", "*", "bureau"]', '["raods", "*", "bureau"]', 0, "kind 'raods' does not exist"),
        ('["roads", "*", "bureau"]', '["roads", "west", "bureau"]', 0, "area 'west' does not exist"),
        ('["roads", "*", "bureau"]', '["roads", "bureau"]', 0, 'a rule is [kind, area, unit]'),
        ('["roads", "*", "bureau"]', '["undecided", "*", "bureau"]', 0, 'always goes to the pool'),
        ('"14:00-18:00"]', '"18:00-14:00"]', 0, 'ends before it begins'),
        ('"14:00-18:00"]', '"11:00-18:00"]', 0, 'begins before the span in front of it ends'),
        ('"14:00-18:00"]', '"14-18"]', 0, 'no span of working time'),
        ('"14:00-18:00"]', '"14:00-25:00"]', 0, 'no such time of day'),
        ('["09:00-12:00", "14:00-18:00"]', '[]', 0, 'at least one span'),
        ('["08:30-12:00", "13:30-17:00"]', '["8"]', 0, 'no span of working time'),
        ('"90min"', '"90 minutes"', 0, 'no span of time'),
        ('"90min"', '"0h"', 0, 'no span of time'),
        ('file_max_mb = 5', 'file_max_mb = -5', 0, 'more than 0'),
        ('["1h", "5h"]', '["5h", "1h"]', 0, 'must become longer'),
        ('praise = "none"', 'praises = "none"', 0, "unknown type 'praises'"),
        ('praise = "none"', 'praise = "never"', 0, 'or "none"'),
        ('idea = 20', 'idea = 0', 0, 'more than 0'),
        ('enquiry = ["请问"]', 'inquiry = ["请问"]', 0, "unknown type 'inquiry'"),
        ('2027-01-01, ', '2027-02-05, ', 0, '2027-02-05 is listed twice'),
        ('"2027-02-05..2027-02-11"', '"2027-02-11..2027-02-05"', 0, 'ends before it begins'),
        ('"2027-02-14"', '"14 Feb"', 0, 'is no day'),
        ('code = "t"', 'code = "t"\ntimezone = "Asia/Nowhere"', 1, "time zone 'Asia/Nowhere' is not known"),
        ('phrases = ["着火"]', 'phrases = ["着火"]\nkind = "fires"', 1, "kind 'fires' does not exist"),
        ('[town]', '[[town]]', 0, 'expected a table, got a list in [ ]'),
        ('area = "joy"', 'area = "sad"', 0, "area 'sad' does not exist"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, before: str, after: str, offset: int | None, why: str) -> None:
    """``offset`` counts lines from where the mistake was put in; None: no line can be told."""
    line = GOOD[: GOOD.index(before)].count("\n") + 1
    with pytest.raises(ConfigurationError) as caught:
        load_town(written(tmp_path, GOOD.replace(before, after, 1)))
    assert why in caught.value.why
    assert caught.value.where == ("town.toml" if offset is None else f"town.toml:{line + offset}")


def test_a_rule_may_not_send_law_to_a_village_nor_anything_to_a_retired_unit(tmp_path: Path) -> None:
    law = GOOD.replace('words = ["路灯"]', "forbids_level_1 = true").replace('"*", "bureau"', '"*", "committee"')
    with pytest.raises(ConfigurationError, match=r"town\.toml:38: kind 'roads' may not go to a unit of level 1"):
        load_town(written(tmp_path, law))
    retired = GOOD.replace('name = "局"', 'name = "局"\nretired = true')
    with pytest.raises(ConfigurationError, match=r"town\.toml:38: unit 'bureau' is retired"):
        load_town(written(tmp_path, retired))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file or folder"):
        load_town(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match=r"no \.toml file"):
        load_town(tmp_path)
    (tmp_path / "gbk.toml").write_bytes('[town]\ncode = "t"\nname = "小城"\n'.encode("gbk"))
    with pytest.raises(ConfigurationError, match=r"gbk\.toml:3: not UTF-8"):
        load_town(tmp_path)


def test_one_table_may_not_stand_in_two_files(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.toml")
    written(tmp_path, "\n[contacts]\nhotline = '1'\n", "b.toml")
    with pytest.raises(ConfigurationError, match=r"b\.toml:2: \[contacts\] stands in a\.toml already"):
        load_town(tmp_path)


def test_windows_files_are_read_like_others(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_town(file).name == "小城"


GEOJSON = '\'{"type": "Polygon", "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30]]]}\''


@pytest.mark.parametrize(
    ("outline", "why"),
    [
        (GEOJSON, ""),
        ('\'{"type": "Feature", "geometry": ' + GEOJSON[1:-1] + "}'", ""),
        ('\'{"type": "MultiPolygon", "coordinates": []}\'', "not a MultiPolygon"),
        ("'{'", "not a GeoJSON polygon"),
        ("'[]'", "not a GeoJSON polygon"),
        ('\'{"type": "Polygon"}\'', "not a GeoJSON polygon"),
    ],
)
def test_an_outline_may_be_pasted_as_geojson(tmp_path: Path, outline: str, why: str) -> None:
    text = GOOD.replace('roads = ["人民路"]', f"outline = {outline}")
    if why:
        with pytest.raises(ConfigurationError) as caught:
            load_town(written(tmp_path, text))
        assert (caught.value.where, why in caught.value.why) == ("town.toml:53", True)
    else:
        assert load_town(written(tmp_path, text)).areas["joy"].outline == ((30.0, 120.0), (30.0, 120.1), (30.1, 120.1))


def change(file: Path, text: str) -> None:
    """Write a file so that its time surely differs."""
    file.write_text(text, encoding="utf-8")
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def test_a_watch_follows_the_files(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    watch = TownWatch(file)
    first = watch.guide
    assert watch.refresh() is None
    assert watch.guide is first  # nothing changed: nothing is built

    change(file, GOOD.replace("人民路", "建设路"))
    assert watch.refresh() is None
    assert watch.guide.read("建设路").places
    assert not watch.guide.read("人民路").places


def test_a_watch_keeps_the_old_town_while_the_new_one_is_wrong(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    watch = TownWatch(file)
    first = watch.guide
    change(file, GOOD.replace('parent = "east"', 'parent = "nowhere"'))
    error = watch.refresh()
    assert error is not None
    assert (error.where, watch.error, watch.guide) == ("town.toml:52", error, first)
    assert watch.refresh() is error  # and says so until it is mended
    file.unlink()
    error = watch.refresh()
    assert error is not None
    assert "no such file" in error.why
    assert watch.guide is first
    change(file, GOOD.replace("人民路", "建设路"))
    assert watch.refresh() is None
    assert watch.error is None
    assert watch.guide is not first


def test_entries_retire_and_never_vanish(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    watch = TownWatch(file)
    committee = GOOD[GOOD.index('[[units]]\ncode = "committee"') : GOOD.index("[[danger]]")]
    change(file, GOOD.replace(committee, ""))
    error = watch.refresh()
    assert error is not None
    assert "unit 'committee' has vanished" in error.why
    assert "retire it instead" in error.why
    change(file, GOOD.replace('name = "居"', 'name = "居"\nretired = true'))
    assert watch.refresh() is None
    assert watch.guide.town.units["committee"].retired
    change(file, GOOD.replace('code = "t"', 'code = "u"'))
    assert watch.refresh() is not None
    assert watch.guide.town.code == "t"


def test_the_first_town_must_be_right(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        TownWatch(written(tmp_path, "x"))


def test_the_sample_town_is_the_default() -> None:
    assert TownWatch().guide.town == load_town(SAMPLE)


def test_lines_of_all_forms() -> None:
    text = "\n".join(
        (
            "# a = 1",
            "[one]",
            "a.b = 1",
            '"c d" = """',
            "[two]",
            'x = "\\"""',
            '"""',
            '[ two . "x.y" ]',
            "list = [ # ]",
            '  1, "a # b",',
            "  [2,",
            "  3],",
            "]",
            "[[many]]",
            "k = { a = [1, 2], b = 'x' }",
            "[[many]]",
            "[many.sub]",
            "z = 1",
        )
    )
    tomllib.loads(text)  # it is TOML, whatever it looks like
    lines = LineMap(text)
    assert lines.line(("one", "a", "b")) == 3
    assert lines.line(("one", "c d")) == 4
    assert lines.line(("two", "x.y")) == 8
    assert lines.line(("two", "x.y", "list", 1)) == 10
    assert lines.line(("two", "x.y", "list", 2, 1)) == 12
    assert lines.line(("many", 0, "k", "a", 1)) == 15
    assert lines.line(("many", 1)) == 16
    assert lines.line(("many", 1, "sub", "z")) == 18
    assert lines.line(("nothing",)) == 1


@given(st.lists(st.tuples(st.floats(29, 31), st.floats(119, 121)), min_size=3, max_size=8))
def test_the_middle_of_anything_is_a_point(ring: list[tuple[float, float]]) -> None:
    latitude, longitude = middle(ring)
    assert latitude == latitude
    assert longitude == longitude

"""Tables as clerks' programs save them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.words import desk_word
from bot.personnel.sheet import LARGEST, Sheet, WrongSheet, read_sheet

COLUMNS = {
    desk_word(word): name for word, name in {"姓名": "name", "name": "name", "单位": "unit", "unit": "unit"}.items()
}
TEXT = "姓名,单位\r\n王强,交通局\r\n\r\n李娟,水务\r\n"


def read(content: str | bytes) -> Sheet:
    return read_sheet(content if isinstance(content, bytes) else content.encode(), COLUMNS)


def faults(content: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(WrongSheet) as wrong:
        read(content)
    return [(fault.line, fault.why) for fault in wrong.value.faults]


@pytest.mark.parametrize(
    ("codec", "said"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("gbk", "GB18030"), ("utf-16", "UTF-16")],
)
def test_encodings(codec: str, said: str) -> None:
    sheet = read(TEXT.encode(codec))
    assert sheet.encoding == said
    assert [(line.number, line["name"], line["unit"]) for line in sheet.lines] == [
        (2, "王强", "交通局"),
        (4, "李娟", "水务"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_delimiters(delimiter: str) -> None:
    assert read(TEXT.replace(",", delimiter)).lines[1]["unit"] == "水务"


def test_cells_that_hold_delimiters_quotes_and_new_lines() -> None:
    sheet = read('name,unit\n"Wang, ""Big"" Qiang","Roads\nBureau"\n李娟,水务\n')
    assert [(line.number, line["name"], line["unit"]) for line in sheet.lines] == [
        (2, 'Wang, "Big" Qiang', "Roads Bureau"),
        (4, "李娟", "水务"),
    ]


def test_cells_at_the_end_may_be_missing() -> None:
    assert read("name,unit,,\n王强\n").lines[0]["unit"] == ""


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b"", 0, "empty"),
        (b"\n\n,,\n", 0, "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 2, "not readable"),
        (b"PK\x03\x04" + b"\0" * 30, 1, "not readable"),
        ("姓名,单位\n王强,\x00\n".encode(), 2, "not readable"),
        (b"\xff\xff\xff", 0, "not written in UTF-8 or GB18030"),
        ("\ufeff姓名".encode("utf-16-be") + b"\x00", 0, "not written in UTF-16"),
        ("姓名,工资\n".encode(), 1, "unknown heading '工资'"),
        ("姓名,name\n".encode(), 1, "stands twice"),
        ("姓名,单位\n王强,交通局,多\n".encode(), 2, "3 cells under 2 headings"),
        ('姓名,单位\n"王强,交通局\n'.encode(), 2, "not a table"),
        (b"name,unit\n" + b"a" * LARGEST, 0, "larger than 20 MB"),
        (b"name,unit\n" + b"x" * 200_000 + b",y\n", 2, "not a table"),
    ],
)
def test_what_is_no_table(content: bytes, line: int, why: str) -> None:
    found = faults(content)
    assert found[0][0] == line
    assert why in found[0][1]


def test_all_wrong_lines_are_told_at_once() -> None:
    assert [line for line, _ in faults("姓名,单位\n王强,a,b\n李娟,b\n赵刚,c,d\n")] == [2, 4]


_SIGNS = st.sampled_from(["姓名", "单位", "name", ",", ";", "\t", '"', "\r\n", "\n", "王强", "=1", " ", "\x00", "é"])


@given(st.one_of(st.binary(max_size=200), st.lists(_SIGNS, max_size=40).map("".join).map(str.encode)))
def test_whatever_the_file_holds_it_is_read_or_refused(content: bytes) -> None:
    try:
        columns = read(content).columns
    except WrongSheet as wrong:
        columns = ()
        told = wrong.faults
    else:
        told = []
    assert bool(told) is not bool(columns)
    assert set(columns) <= {"name", "unit"}

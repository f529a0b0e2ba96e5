"""`alike measure` against texts whose answer is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.console.measuring import Text, measured, read_texts, told
from bot.errors import ConfigurationError
from tests.dialogue.stage import sample_guide

HEAD = "id,person,time,title,body,problem\n"
NOISE = ["搅拌站夜里噪音", "搅拌站的灰尘和噪音", "搅拌站噪音扰民，灰尘也大"]


def texts(*rows: tuple[str, str, str]) -> list[Text]:
    """(person, words, problem)"""
    return [
        Text(person, f"2026-01-01T10:{minute:02d}:00", words, words, problem)
        for minute, (person, words, problem) in enumerate(rows)
    ]


def test_what_is_all_right_is_all_right() -> None:
    many = texts(
        *((f"p{n}", words, "noise") for n, words in enumerate(NOISE)),
        ("p8", "入学材料反复提交", ""),
        ("p9", "公交车线路调整的建议", ""),
    )
    found = measured(many, sample_guide().likeness)
    assert (found.texts, found.repeated, found.people, found.problems) == (5, 0, 5, {"noise": 3})
    assert (found.pairs, found.true_pairs, found.unknown) == (9, 3, 1)
    assert (found.recall, found.precision, found.alike_unknown) == (1.0, 1.0, 0)
    assert (found.shared, found.shared_found, found.shared_false) == (1, 1, 0)
    assert (found.people_recall, found.people_precision) == (1.0, 1.0)
    assert (found.could_be_offered, found.were_offered, found.offered, found.falsely) == (2, 2, 2, 0)
    assert "recall 1.000 (3 of 3)" in "\n".join(told(found))


def test_what_is_missed_and_what_is_wrong_is_counted() -> None:
    many = texts(
        ("p0", NOISE[0], "noise"), ("p1", NOISE[1], ""), ("p2", "入学材料反复提交", "noise"), ("p3", "入学材料", "")
    )
    found = measured(many, sample_guide().likeness)
    assert (found.true_pairs, found.found_true, found.recall, found.precision) == (1, 0, 0.0, 0.0)
    assert found.found == 2
    assert (found.offered, found.falsely, found.false_share) == (2, 2, 1.0)


def test_one_persons_repeats_count_once_and_are_no_third_person() -> None:
    many = texts(("p0", NOISE[0], "noise"), ("p0", f"{NOISE[0]}！", "noise"), ("p1", NOISE[1], "noise"))
    found = measured(many, sample_guide().likeness)
    assert (found.texts, found.repeated, found.people) == (3, 1, 2)
    assert (found.true_pairs, found.shared) == (1, 0)


def test_nothing_to_measure() -> None:
    found = measured([], sample_guide().likeness)
    assert (found.pairs, found.recall, found.precision, found.false_share) == (0, 0.0, 0.0, 0.0)
    assert told(found)


def test_a_file_is_read_in_the_order_of_time(tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    rows = '1,a,2026-02-01 10:00:00,late,words,x\n2,b,2026-01-01 09:00:00,early,"two\nlines",\n'
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + rows).encode())
    assert [(t.person, t.title, t.body, t.problem) for t in read_texts(file)] == [
        ("b", "early", "two\nlines", ""),
        ("a", "late", "words", "x"),
    ]


@pytest.mark.parametrize(
    ("written", "where", "why"),
    [
        ("id,person\n1,a\n", "texts.csv:1", "no column time, title, body, problem"),
        (HEAD + "1,a,yesterday,t,b,\n", "texts.csv:2", "is no time"),
        (HEAD + "1,a\n", "texts.csv:2", "fewer columns"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, written: str, where: str, why: str) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(written, "utf-8")
    with pytest.raises(ConfigurationError, match=why) as wrong:
        read_texts(file)
    assert wrong.value.where == where


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_bytes((HEAD + "1,a,2026-01-01,标题,内容,\n").encode("gbk"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_texts(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_texts(tmp_path / "none.csv")

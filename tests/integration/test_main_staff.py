"""The commands about staff, with no desk running and beside one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import main
from bot.domain.invitations import digest_of
from bot.townfile import SAMPLE, load_town
from tests.fakes.desk_process import WECHAT, DeskProcess, run

CODE = re.compile(r"^([0-9A-Z]{5}-[0-9A-Z]{5})", re.M)


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def staff(data: Path, *arguments: str, **settings: str) -> Done:
    """Run a command as `main.py` does, but in this process: starting one takes longer than all of it."""
    out, err = io.StringIO(), io.StringIO()
    before, environment = sys.argv, dict(os.environ)
    sys.argv = ["main.py", "staff", *arguments, "--data", str(data)]
    os.environ.update(settings)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    else:
        code = 0
    finally:
        sys.argv = before
        os.environ.clear()
        os.environ.update(environment)
    return Done(code, out.getvalue(), err.getvalue())


def invited(data: Path, *arguments: str) -> str:
    done = staff(data, "invite", *arguments)
    assert done.returncode == 0, done.stderr
    found = CODE.search(done.stdout)
    assert found is not None
    return found[1]


def listed(data: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(staff(data, "list", "--json").stdout)["staff"]
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_the_first_admin_is_invited_before_any_desk_has_run(data: Path) -> None:
    code = invited(data, "--role", "admin", "--name", "何静")
    with sqlite3.connect(data / "minsheng.db") as connection:
        [(digest, body)] = connection.execute("SELECT digest, body FROM invitation").fetchall()
    connection.close()
    assert digest == digest_of(code)
    assert code not in body
    assert "何静" in staff(data, "list").stdout


def test_the_program_itself_has_the_commands(data: Path) -> None:
    done = run("staff", "invite", "--role", "admin", "--data", str(data))
    assert (done.returncode, done.stderr) == (0, "")
    assert CODE.match(done.stdout)


def test_what_is_printed_says_how_to_pass_it_on(data: Path) -> None:
    said = staff(data, "invite", "--role", "经办人", "--unit", "市交通运输局").stdout
    code = said.split()[0]
    assert f"绑定 {code}" in said
    assert f"join {code}" in said
    told = json.loads(staff(data, "invite", "--role", "supervisor", "--area", "liuxi", "--walled", "--json").stdout)
    assert (told["role"], told["areas"], told["walled"], told["unit"]) == ("supervisor", ["liuxi"], True, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--role", "boss"), "--role: there is no role 'boss'"),
        (("--role", "handler"), "--unit: that role needs a unit"),
        (("--role", "handler", "--unit", "nowhere"), "--unit: no units are called 'nowhere'"),
        (("--role", "handler", "--unit", "社区"), "units are called '社区'; give the code"),
        (("--role", "supervisor", "--area", "nowhere"), "--area: there is no such area"),
        (("--role", "admin", "--name", "=1"), "--name: a name has"),
    ],
)
def test_wrong_options_are_refused_in_one_line(arguments: tuple[str, ...], told: str, data: Path) -> None:
    done = staff(data, "invite", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert told in line


def test_removing_nobody(data: Path) -> None:
    done = staff(data, "remove", "王强")
    assert done.returncode == 2
    assert "nobody of that name or id works here" in done.stderr


def test_a_list_without_a_database_says_so(data: Path) -> None:
    done = staff(data, "list")
    assert done.returncode == 2
    assert "no database here yet" in done.stderr


def test_beside_a_running_desk_a_code_counts_at_once_and_a_removal_at_the_next_message(data: Path) -> None:
    with DeskProcess(data, WECHAT) as desk:
        code = invited(data, "--role", "handler", "--unit", "transport", "--name", "王强")
        assert listed(data) == []
        joined = desk.simulate(f"绑定 {code}", "待办", f"绑定 {code}")
        assert "王强，您好。您已成为经办人" in joined
        assert "您已经绑定了" in joined
        [member] = listed(data)
        assert (member["name"], member["unit"], member["channels"]) == ("王强", "transport", ["wechat"])
        done = staff(data, "remove", "王强")
        assert done.returncode == 0, done.stderr
        assert listed(data) == []
        assert "这个码不能用" in desk.simulate(f"绑定 {code}")
        assert list((data / "letters").iterdir()) == []
    assert desk.log.count("a letter was taken in") == 2


TABLE = "姓名,身份,单位\n王强,经办人,transport\n李娟,经办人,市交通运输局\n赵刚,分管领导,transport\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_import_shows_the_difference_and_changes_nothing_until_told(codec: str, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(TABLE.encode(codec))
    invited(data, "--role", "admin")
    shown = staff(data, "import", str(file))
    assert shown.returncode == 0, shown.stderr
    assert "3 to invite, 0 changed" in shown.stdout
    assert not CODE.search(shown.stdout)
    done = staff(data, "import", str(file), "--apply")
    assert len(CODE.findall(done.stdout)) == 3
    again = staff(data, "import", str(file), "--apply")
    assert "0 to invite" in again.stdout
    assert again.stdout.count("invited already") == 3
    assert len(CODE.findall(staff(data, "import", str(file), "--apply", "--again").stdout)) == 3


def test_a_wrong_table_is_told_line_by_line_and_nothing_is_changed(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(TABLE + "孙丽,老板,transport\n周敏,经办人,没有的\n王强,经办人,transport\n", "utf-8")
    invited(data, "--role", "admin")
    done = staff(data, "import", str(file), "--apply")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "staff.csv:5: there is no role '老板'",
        "staff.csv:6: unit '没有的' does not exist",
        "staff.csv:7: 王强 stands in line 2 already",
        "Nothing was changed.",
    ]
    assert "1 invited" in staff(data, "list").stdout


def test_a_long_import_beside_a_running_desk_with_the_rights_of_a_member(data: Path, tmp_path: Path) -> None:
    file, codes = tmp_path / "staff.csv", tmp_path / "codes.csv"
    file.write_text("name,role,unit\n" + "".join(f"人{n},handler,transport\n" for n in range(450)), "utf-8")
    above = tmp_path / "above.csv"
    above.write_text("name,role,unit\n甲,supervisor,\n乙,handler,water\n", "utf-8")
    with DeskProcess(data, WECHAT) as desk:
        desk.simulate(f"绑定 {invited(data, '--role', 'lead', '--unit', 'transport', '--name', '赵刚')}")
        refused = staff(data, "import", str(above), "--apply", "--as", "赵刚")
        assert refused.stderr.splitlines()[:2] == [
            "above.csv:2: that role is above your own",
            "above.csv:3: that unit is not yours to staff",
        ]
        done = staff(data, "import", str(file), "--apply", "--as", "赵刚", "--codes", str(codes))
        assert done.returncode == 0, done.stderr
        assert "Done: 0 changed, 450 invited" in done.stdout
        assert not CODE.search(done.stdout)
        rows = codes.read_text("utf-8-sig").splitlines()
        assert (len(rows), codes.stat().st_mode & 0o777) == (451, 0o600)
        assert "人449，您好" in desk.simulate(f"绑定 {rows[-1].split(',')[3]}")
        assert staff(data, "import", str(file), "--apply", "--codes", str(codes)).returncode == 2  # never over a file


def test_units_are_written_into_the_towns_files_and_never_into_the_sample(data: Path, tmp_path: Path) -> None:
    town = shutil.copytree(SAMPLE, tmp_path / "town")
    file = tmp_path / "units.csv"
    file.write_bytes("代码,名称,级别,上级,电话\nlibrary,市图书馆,3,,\nwater,云棠水务公司,3,,0500-1\n".encode("gb18030"))
    invited(data, "--role", "admin")
    refused = staff(data, "import", str(file))
    assert refused.returncode == 2
    assert "sample town" in refused.stderr
    settings = {"MINSHENG_TOWN": str(town)}
    shown = staff(data, "import", str(file), **settings)
    assert "+ library: name 市图书馆" in shown.stdout
    assert "~ water: phone '0500-8801003' -> '0500-1'" in shown.stdout
    assert "library" not in load_town(town).units
    done = staff(data, "import", str(file), "--apply", **settings)
    assert done.returncode == 0, done.stderr
    assert load_town(town).units["library"].name == "市图书馆"
    assert "0 new, 0 changed, 2 as they are" in staff(data, "import", str(file), **settings).stdout


def test_what_is_no_table(data: Path, tmp_path: Path) -> None:
    invited(data, "--role", "admin")
    file = tmp_path / "photo.csv"
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    done = staff(data, "import", str(file), "--apply")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Nothing was changed."
    file.write_text("工资,奖金\n1,2\n", "utf-8")
    assert "unknown heading '工资'" in staff(data, "import", str(file)).stderr

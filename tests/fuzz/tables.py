"""Tables of staff and units, as clerks bring them."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.appointing import OPERATOR
from bot.domain.directory import NOBODY
from bot.domain.words import desk_word
from bot.personnel import staff_table, unit_table
from bot.personnel.sheet import LARGEST, WrongSheet, read_sheet
from bot.townfile.values import read_hours
from tests.fuzz.decoder import Decoder, Ready
from tests.fuzz.mutation import Grammar
from tests.fuzz.words import guide, texts

_STAFF, _UNITS = re.findall(r"```csv\n(.*?)```", (Path(__file__).parents[2] / "docs/staff.md").read_text("utf-8"), re.S)
_CSV_PIECES = re.compile(rb'[,;\t]|"|\r?\n|[^,;\t"\r\n]+|.', re.S)
_CSV_ODD = (
    *(b'"', b'""', b'","', b"\n", b"\r", b"\r\n\r\n", b"\t", b";", b",,,,,,,,", b'"\n"', b"\xff\xfe", b"\xfe\xff\x00a"),
    *("角色".encode(), "管理员".encode(), b"admin", b"id", b"code", b"parent", b"level", b"99999999999", b"-1"),
    *(
        b"25:61-26:00",
        b"09:00-09:00",
        b"=1+1",
        b"transport",
        b"a" * 200,
        b"x," * 200,
        "姓名".encode("gb18030"),
        b"\x81\x30\x81\x30",
    ),
)


def csv_decoder() -> Ready:
    """A table of staff or of units, in whatever encoding, compared with who and what is there."""
    town, catalogue = guide(), texts()
    columns, roles, truths = (catalogue.vocabulary(desk_word, each) for each in ("column.", "role_word.", "truth."))
    seeds = [
        *(table.encode(code) for table in (_STAFF, _UNITS) for code in ("utf-8", "utf-8-sig", "gb18030", "utf-16")),
        _STAFF.replace(",", "\t").encode(),
        _UNITS.replace(",", ";").replace("\n", "\r\n").encode(),
        b'code,name\n"a\nb","c""d"\n',
    ]
    grammar = Grammar(seeds, _CSV_PIECES, _CSV_ODD, re.compile(rb'[^,;\t"\r\n]+', re.S), _CSV_ODD, largest=LARGEST // 8)

    def decode(raw: bytes) -> object:
        sheet = read_sheet(raw, columns)
        if "code" in sheet.columns:
            return unit_table.compared(sheet, town.town, truths, lambda spans: read_hours(list(spans)))
        return staff_table.compared(sheet, town, NOBODY, (), OPERATOR, roles, truths)

    return Ready(grammar.make, decode, (WrongSheet,))


DECODERS = (Decoder("csv", csv_decoder),)

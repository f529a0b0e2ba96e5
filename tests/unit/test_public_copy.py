"""What anybody may read of a ticket, and what is masked in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.domain.public import may_be_public, public_copy, without_numbers
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.town import Kind
from bot.domain.work import Work

KIND = Kind(code="idea-city", name="城乡建设", public=True)
TICKET = Ticket(
    number="260304-00017", code="000000", alias="A", type=Type.IDEA, kind="idea-city", status=Status.DISPATCHED,
    source="web", channel="web", text="建停车场", filed_at=datetime(2026, 3, 4, tzinfo=UTC),
    work=Work(released="在人民路建停车场"),
)  # fmt: skip


def test_a_released_copy_of_a_public_kind_is_read() -> None:
    assert public_copy(TICKET, KIND) == "在人民路建停车场"


@pytest.mark.parametrize(
    ("ticket", "kind"),
    [
        (TICKET, None),
        (TICKET, Kind(code="k", name="k", public=False)),
        (TICKET, Kind(code="k", name="k", public=True, walled=True)),
        (replace(TICKET, walled=True), KIND),
        (replace(TICKET, hidden=True), KIND),
        (replace(TICKET, type=Type.REPORT), KIND),
        (replace(TICKET, work=replace(TICKET.work, kept_from=("planning",))), KIND),
        (replace(TICKET, work=replace(TICKET.work, about=("s1",))), KIND),
    ],
)
def test_nothing_else_is_public_whatever_was_released(ticket: Ticket, kind: Kind | None) -> None:
    assert not may_be_public(ticket, kind)
    assert public_copy(ticket, kind) == ""


def test_what_nobody_released_is_not_read() -> None:
    assert public_copy(replace(TICKET, work=Work()), KIND) == ""


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("联系我13812345678", "联系我********"),
        ("电话 138 1234 5678。", "电话 ********。"),
        ("0512-65551234", "********"),
        ("身份证11010519491231002X号", "身份证********号"),
        ("卡号 6222 0212 3456 7890 123", "卡号 ********"),
        ("车牌苏E12345挡路", "车牌*******挡路"),
        ("新能源苏ED12345", "新能源********"),
        ("2026年3月4日12号楼建200个车位", "2026年3月4日12号楼建200个车位"),
        ("花了100000元", "花了100000元"),
    ],
)
def test_numbers_of_people_are_masked(text: str, masked: str) -> None:
    assert without_numbers(text) == masked

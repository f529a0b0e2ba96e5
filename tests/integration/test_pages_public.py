"""The public page: only what staff released, of public kinds, and what was published; nothing of anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.boards.ranking import Board, Row
from bot.domain.ticket import Status, Ticket, Type
from bot.domain.work import AnswerDraft, Outcome, Work
from tests.browser.town import START
from tests.dialogue.stage import Stage, stage
from tests.fakes.changesets import kept, ticket

WORDS, CANARY = "这里的路灯三天不亮", "<script>alert(1)</script>"


def case(number: str, released: str, **fields: object) -> Ticket:
    work = Work(released=released)
    base = replace(ticket(number), text="原话13812345678", kind="roads", filed_at=START, area="", hidden=False)
    return replace(base, **{"work": work, **fields})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage("telegram", tmp_path, START, staffed=True) as there:
        yield there


def public_kind(desk: Stage, *, public: bool = True) -> str:
    return next(k.code for k in desk.guide.town.kinds.values() if k.public is public and not k.walled)


async def shown(desk: Stage, path: str = "/public", lang: str = "zh_CN") -> str:
    desk.clock.at += timedelta(minutes=2)  # what is kept for a minute is made anew
    async with aiohttp.ClientSession() as http:
        answer = await http.get(f"{desk.url}{path}?lang={lang}")
        assert answer.status == 200
        assert "X-Robots-Tag" not in answer.headers
        assert "Set-Cookie" in answer.headers
        return await answer.text()


async def test_an_empty_desk_says_what_it_promises(desk: Stage) -> None:
    page = await shown(desk)
    assert "1 个工作日内转给承办单位" in page
    assert "<h2>公开的诉求</h2>" not in page
    assert "The unit has your matter within 1 working day." in await shown(desk, lang="en")


async def test_released_copies_are_shown_and_nothing_else(desk: Stage) -> None:
    kind, private = public_kind(desk), public_kind(desk, public=False)
    for each in (
        case("260304-00018", f"{WORDS}{CANARY}", kind=kind),
        case("260304-00026", "", kind=kind, text="没有公开"),
        case("260304-00034", "类别不公开", kind=private),
        case("260304-00042", "墙后", kind=kind, walled=True),
        case("260304-00059", "隐名", kind=kind, hidden=True),
        case("260304-00067", "举报", kind=kind, type=Type.REPORT),
    ):
        await desk.store.commit(kept(each))
    page = await shown(desk)
    assert WORDS in page
    assert CANARY not in page
    assert "&lt;script&gt;" in page
    for hidden in ("没有公开", "类别不公开", "墙后", "隐名", "举报</p>", "13812345678", "260304-"):
        assert hidden not in page


async def test_only_adopted_ideas_are_shown(desk: Stage) -> None:
    kind = public_kind(desk)
    for number, outcome in (("260304-00018", Outcome.ADOPTED), ("260304-00026", Outcome.DECLINED)):
        answer = AnswerDraft(outcome=outcome, text="好", by="s", submitted_at=START)
        work = Work(released=f"点子{outcome}", last_answer=answer)
        await desk.store.commit(kept(case(number, "", kind=kind, type=Type.IDEA, status=Status.ANSWERED, work=work)))
    page = await shown(desk)
    assert "点子adopted" in page
    assert "点子declined" not in page


async def test_a_published_board_is_linked_and_others_are_not_there(desk: Stage) -> None:
    row = Row(unit="transport", level=3, tickets=9, rank=1, score=91.5, colour="red", figures={"solved": 75.0})
    await desk.store.commit(Changes(at=START, published=[(Board(period="2026-W09", at=START, rows=(row,)), "boss")]))
    page = await shown(desk)
    assert 'href="/public/boards/2026-W09"' in page
    assert "2026-W08" not in page
    board = await shown(desk, "/public/boards/2026-W09")
    assert "91.5" in board
    assert "75.0" in board
    async with aiohttp.ClientSession() as http:
        for path in ("2026-W08", "9999-W99", "2026-99", "0000-01"):
            assert (await http.get(f"{desk.url}/public/boards/{path}")).status == 404


async def test_nothing_a_visitor_adds_is_kept_for_others(desk: Stage) -> None:
    async with aiohttp.ClientSession() as http:
        moved = await http.get(f"{desk.url}/public?lang=en&x=canary", allow_redirects=False)
        assert (moved.status, moved.headers["Location"]) == (303, "/public")
        assert "canary" not in await (await http.get(f"{desk.url}/public")).text()

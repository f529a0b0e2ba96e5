"""Whatever a held person, two supervisors and a handler do, in whatever order: nothing that was sent is lost, nobody is
held in silence, for ever, or by who decides about it, and at the end nothing is kept back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.holds import LONGEST, Step
from tests.dialogue.stage import Stage, stage
from tests.dialogue.test_any_order import START, everything, tap

SUPERVISORS = ("boss", "second")
COMMANDS = {
    "boss": (
        "静默 {n} 3 反复发送相同内容",
        "静默 {n} 30 反复辱骂他人",
        "解除静默 {n}",
        "静默",
        "待派",
        "静默 {n} 99 太多了",
    ),
    "handler": ("接单 {n}", "进展 {n} 已到现场查看", "答复 {n} 已解决 已经修好，请放心使用。", "查询 {n}"),
    "resident": (
        "进度",
        "申诉",
        "申诉 我没有",
        "路灯又坏了",
        "确认",
        "人工",
        "家里燃气泄漏味道很大",
        "谢谢",
        "补充 {n} 还有一盏",
    ),
}
COMMANDS["second"] = COMMANDS["boss"]
act = st.tuples(
    st.sampled_from(sorted(COMMANDS)), st.integers(0, 10_000), st.sampled_from(("say", "say", "press", "wait"))
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(acts=st.lists(act, min_size=12, max_size=25))
async def test_nobody_is_silenced(acts: list[tuple[str, int, str]]) -> None:
    with TemporaryDirectory() as folder:
        async with stage("telegram", Path(folder), START, staffed=True) as set_:
            for name in (*SUPERVISORS, "handler"):
                set_.phones[name] = phone = await set_.new_phone("telegram")
                given = {"name": name, "unit": "transport"} if name == "handler" else {"name": name, "walled": ""}
                await set_.employ(phone, "handler" if name == "handler" else "supervisor", given)
            resident, said = set_.phones["resident"], 2
            await resident.say("人民路的路灯坏了")
            await resident.say("确认")
            await set_.settle()
            for who, chance, how in [("boss", 0, "say"), *acts]:
                await set_.advance(timedelta(seconds=1))
                if how == "wait":
                    await set_.advance(timedelta(hours=(1, 6, 30, 100)[chance % 4]))
                elif how == "press":
                    await tap(set_, who, chance)
                else:
                    (number, *_) = [ticket.number for ticket in await everything(set_)]
                    await set_.phones[who].say(COMMANDS[who][chance % len(COMMANDS[who])].format(n=number))
                    said += who == "resident"
                await set_.settle()
                await promises_are_kept(set_)
                ((stored,),) = rows(set_, "SELECT count(*) FROM inbox WHERE address = ?", str(resident.address))
                assert isinstance(stored, int)
                assert stored >= said, "something that was sent is lost"
            await set_.advance(LONGEST + timedelta(days=1))
            assert not await set_.store.reader.holds(set_.clock.now())
            await promises_are_kept(set_)
            assert not rows(set_, "SELECT key FROM push WHERE state = 'kept' AND reason = 'held'")


async def promises_are_kept(set_: Stage) -> None:
    now, address = set_.clock.now(), set_.phones["resident"].address
    directory = await set_.store.reader.directory()
    for hold in await set_.store.reader.holds_of(address):
        assert hold.until - hold.since <= LONGEST
        steps = await set_.store.reader.hold_steps(hold.id)
        assert [each.seq for each in steps] == list(range(1, len(steps) + 1))
        for each, before in zip(steps[1:], steps, strict=False):
            assert each.step is Step.BEGIN or before.ended_at is None
            if each.step is Step.UPHOLD:
                assert each.actor != each.by
            if each.step is Step.LIFT and before.step is Step.APPEAL:
                assert each.actor != each.by
        for each in steps:
            told = f"hold:begun:{each.id}:{each.seq}"
            if each.step is Step.BEGIN:
                assert rows(set_, "SELECT 1 FROM push WHERE key = ?", told), "held in silence"
        if hold.ended_at is None and hold.until > now:
            assert rows(set_, "SELECT 1 FROM timer WHERE kind = 'hold_ends' AND subject = ?", hold.id), "for ever"
    assert directory.at(address) is None


def rows(set_: Stage, sql: str, *values: object) -> list[tuple[object, ...]]:
    assert set_.store.path is not None
    with closing(sqlite3.connect(f"file:{set_.store.path}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()

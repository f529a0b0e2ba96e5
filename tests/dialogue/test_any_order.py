"""Whatever people do, in whatever order: no ticket loses its clock or its owner, or ends without a word to its people.

Four people tap what they are shown, type commands with sense and without, and time passes. After every act the promises
are looked up in the database itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.deadlines import next_step
from bot.domain.ticket import ENDS, Status, Ticket
from bot.ports import OWING
from tests.dialogue.phones import Phone
from tests.dialogue.stage import Stage, sample_guide, stage

START = datetime(2026, 9, 28, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))  # three working days before the National Day
UNIT = "urban-management"
STAFF = {
    "handler": {"unit": UNIT},
    "colleague": {"unit": UNIT},
    "lead": {"unit": UNIT},
    "supervisor": {"walled": ""},
}
ROLES = {"handler": "handler", "colleague": "handler", "lead": "lead", "supervisor": "supervisor"}
COMPLAINTS = ("人民路的垃圾没人清运", "人民路垃圾桶满了三天", "小区门口有人吵闹", "人民路有烧烤摊占道，油烟很大")
COMMANDS = {
    "handler": (
        *(
            "待办",
            "接单 {n}",
            "进展 {n} 已到现场",
            "问 {n} 是哪一栋",
            "答复 {n} 已解决 已经清运完毕并安排每天两次巡查。",
        ),
        *(
            "答复 {n} 已说明 按规定不属于此次整治范围，可向城管局申请。",
            "承诺 {n} +3 三天内修好",
            "退件 {n} 不是本辖区的事",
        ),
        *("延期 {n} 3 需要采购配件", "转给 {n} colleague", "提级 {n} 需要市里协调", "不受理 {n} 属于法院受理范围"),
        *("撤销", "撤回答复 {n}", "并案 {n} {m}", "记录 {n} 电话联系过", "协办完 {n} 已配合", "看 {n}"),
    ),
    "lead": (
        "待办",
        "准 {n}",
        "不准 {n} 理由不足",
        "接单 {n}",
        "时限 {n} 研究 需要论证",
        "协办 {n} 市教育局",
        "转给 {n} handler",
    ),
    "supervisor": (
        *(
            "待派",
            "准 {n}",
            "不准 {n} 请继续办理",
            "改派 {n} xingfu",
            "改派 {n} 城管局",
            "会商 {n} xingfu 城管局",
            "督办 {n} 提醒 +1 请抓紧",
        ),
        *("类别 {n} 教育", "不受理 {n} 不属于本平台", "并案 {n} {m}", "销督 {n}", "看板", "协办 {n} 市教育局"),
    ),
    "resident": ("确认", "查询", "靠近3号楼", "补充 {n} 又坏了一盏", *COMPLAINTS),
}
COMMANDS["colleague"] = COMMANDS["handler"]
LEAPS = (1, 2, 4, 8, 24, 72)

act = st.tuples(
    st.sampled_from(sorted(COMMANDS)), st.integers(0, 10_000), st.sampled_from(("say", "press", "press", "wait"))
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
@given(acts=st.lists(act, min_size=20, max_size=45))
async def test_nothing_is_lost(acts: list[tuple[str, int, str]]) -> None:
    with TemporaryDirectory() as folder:
        async with stage("web", Path(folder), START, staffed=True) as set_:
            for name, details in STAFF.items():
                set_.phones[name] = phone = await set_.new_phone("web")
                await set_.employ(phone, ROLES[name], {"name": name, **details})
            await complain(set_, acts[0][1])
            for who, chance, how in acts:
                await set_.advance(timedelta(seconds=1))
                if how == "wait":
                    await set_.advance(timedelta(hours=LEAPS[chance % len(LEAPS)]))
                elif how == "press":
                    await tap(set_, who, chance)
                else:
                    await type_(set_, who, chance)
                await set_.settle()
                await promises_are_kept(set_)


async def complain(set_: Stage, chance: int) -> None:
    """There is something to work on from the beginning."""
    resident = set_.phones["resident"]
    await resident.say(COMPLAINTS[chance % len(COMPLAINTS)])
    await resident.say("确认")
    await set_.settle()


async def tap(set_: Stage, who: str, chance: int) -> None:
    """One of the things the last messages offer; old ones too."""
    phone = set_.phones[who]
    offered = [(shown, label, token) for shown in phone.screen[-4:] for label, token in shown.choices]
    if offered:
        await phone.press(*offered[chance % len(offered)])


async def type_(set_: Stage, who: str, chance: int) -> None:
    tickets = await everything(set_)
    n, m = (tickets[(chance + i) % len(tickets)].number for i in (0, 1))
    commands = COMMANDS[who]
    phone: Phone = set_.phones[who]
    await phone.say(commands[chance % len(commands)].replace("{n}", n).replace("{m}", m))


async def everything(set_: Stage) -> list[Ticket]:
    return [report.ticket async for report in set_.store.reports.tickets()]


async def promises_are_kept(set_: Stage) -> None:
    guide, now = sample_guide(), set_.clock.now()
    with closing(sqlite3.connect(set_.store.path)) as database:
        timers = {row[0:2] for row in database.execute("SELECT kind, subject FROM timer")}
        tasks = {row[0] for row in database.execute("SELECT key FROM task WHERE closed_at IS NULL")}
        pushes = database.execute("SELECT ticket, address, key FROM push").fetchall()
        quarantined = database.execute("SELECT why, timer FROM quarantine").fetchall()
    assert not quarantined, quarantined
    told = {(ticket, address) for ticket, address, key in pushes if key.startswith("told:")}
    for ticket in await everything(set_):
        number, work = ticket.number, ticket.work
        if ticket.status in OWING:
            following = next_step(guide.ladder(ticket), now)
            clocks = {kind for kind, subject in timers if subject == number}
            assert following is None or "rung" in clocks, (ticket, clocks)
            if work.answer is not None:
                assert clocks & {"answer_leaves", "decision"}, (ticket, clocks)
            if work.paused_at is not None:
                assert "pause_ends" in clocks, (ticket, clocks)
            assert (
                not work.proposals
                or "decision" in clocks
                or any(p.due_at is None or p.due_at <= now for p in work.proposals)
            )
            pooled = bool({f"pool:{number}", f"listen:{number}"} & tasks)
            assert ticket.unit or pooled or ticket.status is Status.JOINT, (ticket, tasks)
        if ticket.status in ENDS:
            for reporter in await set_.store.reader.reporters(number):
                if ticket.status is not Status.WITHDRAWN:
                    assert (number, str(reporter.address)) in told, (ticket, told)

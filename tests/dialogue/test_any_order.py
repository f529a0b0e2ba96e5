"""Whatever people do, in whatever order: no ticket loses its clock or its owner, or ends without a word to its people.

Four people tap what they are shown, type commands with sense and without, and time passes. After every act the promises
are looked up in the database itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.deadlines import next_step
from bot.domain.review import FILER
from bot.domain.ticket import ENDS, Action, Status, Ticket
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
        *("发回 {n} 请现场核实", "维持 {n} 现场核实属实", "终结 {n} 三次核查属实", "复核 {n}", "待复核"),
        *("类别 {n} 教育", "不受理 {n} 不属于本平台", "并案 {n} {m}", "销督 {n}", "看板", "协办 {n} 市教育局"),
    ),
    "resident": (
        *("确认", "查询", "靠近3号楼", "补充 {n} 又坏了一盏", *COMPLAINTS),
        *("已解决 {n}", "部分解决 {n}", "未解决 {n} 还是老样子", "未解决", "没办完", "办完了", "不接受 {n}", "是"),
        *("1", "4", "9", "跳过", "服务态度不错"),
    ),
}
COMMANDS["colleague"] = COMMANDS["handler"]
LEAPS = (1, 2, 4, 8, 24, 72)

act = st.tuples(
    st.sampled_from(sorted(COMMANDS)), st.integers(0, 10_000), st.sampled_from(("say", "press", "press", "wait"))
)


@settings(
    max_examples=8,
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


SAID_OF_ANSWERS = {
    "resident": COMMANDS["resident"][6:],
    "second": ("已解决 {n}", "未解决 {n}", "部分解决", "没办完", "5", "1", "跳过"),
    "handler": ("答复 {n} 已解决 已经再次清运并安排每天三次巡查。",),
    "supervisor": (
        *("发回 {n} 请现场核实", "维持 {n} 现场核实属实", "终结 {n} 三次核查属实", "改派 {n} urban-management"),
        *("会商 {n} urban-management transport", "待复核"),
    ),
}
of_answers = st.tuples(
    st.sampled_from(sorted(SAID_OF_ANSWERS)), st.integers(0, 10_000), st.sampled_from(("say", "say", "press", "wait"))
)
DAYS = (1, 5, 24, 75, 200, 800)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
@given(acts=st.lists(of_answers, min_size=12, max_size=25))
async def test_no_review_is_lost(acts: list[tuple[str, int, str]]) -> None:
    """Two channels of one person, a unit and a supervisor, from an answer on."""
    with TemporaryDirectory() as folder:
        async with stage("web", Path(folder), START, staffed=True) as set_:
            for name, details in STAFF.items():
                set_.phones[name] = phone = await set_.new_phone("web")
                await set_.employ(phone, ROLES[name], {"name": name, **details})
            await complain(set_, 0)
            (ticket,) = await everything(set_)
            set_.phones["second"] = await set_.new_phone("telegram")
            await set_.phones["second"].say(f"{ticket.number} {ticket.code}")
            for who, chance, how in [("handler", 0, "say"), *acts]:
                await set_.advance(timedelta(seconds=1))
                if how == "wait":
                    await set_.advance(timedelta(hours=DAYS[chance % len(DAYS)]))
                elif how == "press":
                    await tap(set_, who, chance)
                else:
                    await type_(set_, who, chance, SAID_OF_ANSWERS)
                if who == "handler":
                    await set_.settle()
                    await send(set_.phones[who])
                    await set_.advance(timedelta(minutes=3))
                await set_.settle()
                await promises_are_kept(set_)
                await each_party_said_it_once(set_)


async def send(phone: Phone) -> None:
    """Let the answer leave that was just shown, if there is one."""
    offered = [
        (shown, label, token) for shown in phone.screen[-1:] for label, token in shown.choices if label == "发出"
    ]
    if offered:
        await phone.press(*offered[0])


async def each_party_said_it_once(set_: Stage) -> None:
    """One review of an answer for one person; what reads so in the log was written down."""
    for ticket in await everything(set_):
        reviews = await set_.store.reader.reviews(ticket.number)
        assert {review.party for review in reviews} <= {FILER}
        assert len({review.round for review in reviews}) == len(reviews)
        events = await set_.store.reader.events(ticket.number)
        for review in reviews:
            said = [e for e in events if e.action is Action.REVIEW and e.data["round"] == review.round]
            assert sum("rating" in event.data for event in said) == (review.rating is not None)
            verdicts = [event.data["verdict"] for event in said if "verdict" in event.data]
            assert verdicts[-1:] == [review.verdict]
        backs = [event for event in events if event.action is Action.REOPEN]
        assert ticket.work.reopened == len(backs)


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


async def type_(set_: Stage, who: str, chance: int, known: Mapping[str, Sequence[str]] = COMMANDS) -> None:
    tickets = await everything(set_)
    n, m = (tickets[(chance + i) % len(tickets)].number for i in (0, 1))
    commands = known[who]
    phone: Phone = set_.phones[who]
    await phone.say(commands[chance % len(commands)].replace("{n}", n).replace("{m}", m))


async def everything(set_: Stage) -> list[Ticket]:
    return [report.ticket async for report in set_.store.reports.tickets()]


async def promises_are_kept(set_: Stage) -> None:
    guide, now = sample_guide(), set_.clock.now()
    rows = set_.store._readers.rows
    timers = {row[0:2] for row in await rows("SELECT kind, subject FROM timer")}
    tasks = {row[0] for row in await rows("SELECT key FROM task WHERE closed_at IS NULL")}
    pushes = await rows("SELECT ticket, address, key FROM push")
    quarantined = await rows("SELECT why, timer FROM quarantine")
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
            pooled = bool({f"pool:{number}", f"listen:{number}", f"reopen:{number}"} & tasks)
            assert ticket.unit or pooled or ticket.status is Status.JOINT, (ticket, tasks)
        if ticket.status is Status.REOPENED:
            assert f"reopen:{number}" in tasks, "a supervisor hears of it, and has a time to decide"
        if ticket.status is Status.ANSWERED:
            ends = {"review_unreached", "review_ends", "promise"} & {kind for kind, about in timers if about == number}
            assert ends, f"nobody would ever close {number}"
        if ticket.status in ENDS:
            for reporter in await set_.store.reader.reporters(number):
                if ticket.status is not Status.WITHDRAWN:
                    assert (number, str(reporter.address)) in told, (ticket, told)

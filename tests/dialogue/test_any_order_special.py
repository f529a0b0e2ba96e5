"""Whatever people do with special cases, in whatever order: tickets, links, clocks and logs agree.

A supervisor, the lead unit and three residents tap what they are shown and type commands with sense and without, while
weeks pass. After every act the promises are looked up in the database itself.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.special import LOOKING_BACK, Special, State
from bot.domain.ticket import Status
from bot.ports import OWING
from storage.codec import moment
from tests.dialogue.stage import Stage, stage
from tests.dialogue.test_any_order import STAFF, START, everything, promises_are_kept, send, tap

COMPLAINTS = ("人民路的垃圾没人清运，堆了三天", "人民路垃圾没有人清运，味道很大", "人民路的垃圾又没人清运了")
COMMANDS = {
    "supervisor": (
        *("专项 {n} {m} 垃圾清运", "专项 {n} {m} {o}", "专项", "专项 {s}", "专项 {s} 加 {n}", "专项 {s} 减 {n}"),
        *(
            "专项 {s} 主办 transport",
            "专项 {s} 主办 urban-management",
            "专项 {s} 限期 +3",
            "专项 {s} 撤销 不是同一件事",
        ),
        *(
            "专项 {s} 重启",
            "专项 {s} 销号 要定期巡查",
            "专项 {s} 销号 无 没有新情况",
            "并案 {n} {m}",
            "准 {n}",
            "改派 {n} transport",
        ),
        *("不受理 {n} 不属于本平台", "发回 {n} 请现场核实", "复核 {n}"),
    ),
    "handler": (
        *(
            "专项 {s} 接单",
            "答复 {s} 已解决 已经清运完毕，并安排每天两次巡查。",
            "撤回答复 {s}",
            "专项 {s}",
            "接单 {n}",
        ),
        *(
            "答复 {n} 已解决 已经清运完毕，并安排每天两次巡查。",
            "退件 {n} 不是本辖区的事",
            "问 {n} 是哪一栋",
            "答复 {s}",
        ),
    ),
    "lead": ("答复 {s} 已说明 按规定每周清运两次，已请街道加密。", "不准 {n} 请办理", "撤回答复 {s}"),
    "resident": (
        "已解决 {n}",
        "未解决 {n} 还是老样子",
        "又出现了",
        "没有再出现",
        "撤回 {n} 好了",
        "确认撤回",
        "还是很臭",
    ),
    "second": ("已解决", "未解决", "又出现了", "没有", "附议 {n}"),
    "third": ("是", "否", "5", "撤回 {n}", "确认撤回"),
}
LEAPS = (1, 4, 30, 24 * 8, 24 * 31, 24 * 62)
NUMBERS = {"n": 0, "m": 1, "o": 2}

act = st.tuples(
    st.sampled_from(("supervisor", "supervisor", *sorted(COMMANDS))),
    st.integers(0, 10_000),
    st.sampled_from(("say", "say", "press", "press", "wait")),
)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
@given(acts=st.lists(act, min_size=12, max_size=28))
async def test_special_cases_and_their_tickets_agree(acts: list[tuple[str, int, str]]) -> None:
    with TemporaryDirectory() as folder:
        async with stage("web", Path(folder), START, staffed=True) as set_:
            await begin(set_)
            for who, chance, how in acts:
                await set_.advance(timedelta(seconds=1))
                if how == "wait":
                    await set_.advance(timedelta(hours=LEAPS[chance % len(LEAPS)]))
                elif how == "press":
                    await tap(set_, who, chance)
                else:
                    await type_(set_, who, chance)
                await set_.settle()
                if who in ("handler", "lead"):
                    await send(set_.phones[who])
                    await set_.advance(timedelta(minutes=3))
                await promises_are_kept(set_)
                await they_agree(set_)


async def begin(set_: Stage) -> None:
    """Three people with one matter, and a special case of the first two."""
    for name, details in STAFF.items():
        set_.phones[name] = phone = await set_.new_phone("web")
        await set_.employ(phone, "handler" if name == "colleague" else name, {"name": name, **details})
    for name, text in zip(("resident", "second", "third"), COMPLAINTS, strict=True):
        if name != "resident":
            set_.phones[name] = await set_.new_phone("telegram")
        await set_.phones[name].say(text)
        await set_.phones[name].say("确认")
    await set_.settle()
    one, two, _ = await everything(set_)
    supervisor = set_.phones["supervisor"]
    await supervisor.say(f"专项 {one.number} {two.number} 垃圾清运")
    await set_.settle()
    shown = supervisor.screen[-1]
    await supervisor.press(shown, *shown.choices[0])
    await set_.settle()
    assert await specials(set_)


async def type_(set_: Stage, who: str, chance: int) -> None:
    tickets = await everything(set_)
    text = COMMANDS[who][chance % len(COMMANDS[who])]
    for field, place in NUMBERS.items():
        text = text.replace(f"{{{field}}}", tickets[(chance + place) % len(tickets)].number)
    known = await specials(set_)
    await set_.phones[who].say(text.replace("{s}", known[chance % len(known)].number))


async def specials(set_: Stage) -> list[Special]:
    rows = await set_.store._readers.rows("SELECT body FROM special ORDER BY number")
    return [msgspec.json.decode(body, type=Special) for (body,) in rows]


async def they_agree(set_: Stage) -> None:
    rows = set_.store._readers.rows
    timers = [
        (kind, subject, moment(due)) for kind, subject, due in await rows("SELECT kind, subject, due_at FROM timer")
    ]
    links = set(await rows("SELECT ticket, other FROM link WHERE kind = 'special'"))
    steps: dict[str, int] = dict(await rows("SELECT number, max(seq) FROM special_event GROUP BY number"))
    counts: dict[str, int] = dict(await rows("SELECT number, count(*) FROM special_event GROUP BY number"))
    tickets = {ticket.number: ticket for ticket in await everything(set_)}
    known = {special.number: special for special in await specials(set_)}
    for special in known.values():
        assert steps[special.number] == counts[special.number] == special.seq, "every step is logged"
        running = {kind for kind, subject, _ in timers if subject == special.number}
        if special.answer is not None:
            assert "special_answer" in running, "the answer would never have left"
        elif special.state is State.OPEN and special.due_at > set_.clock.now():
            assert "special_due" in running, "nobody would hear that it is late"
        if special.state in LOOKING_BACK and special.answered_at is not None:
            asked = special.answered_at + timedelta(days=90)
            assert asked <= set_.clock.now() or "look_back" in running, "nobody would look back"
        if special.state is not State.CLOSED:
            for number in special.tickets:
                assert tickets[number].work.special == special.number, (number, special)
    for ticket in tickets.values():
        mine = ticket.work.special
        assert (ticket.number, mine) in links if mine else not [pair for pair in links if pair[0] == ticket.number]
        if mine:
            assert ticket.number in known[mine].tickets
        if ticket.work.together:
            special = known[mine]
            assert special.state is State.OPEN, "it waits for an answer that never comes"
            assert ticket.status in OWING
            assert ticket.status not in (Status.FILED, Status.REOPENED)
            assert ticket.unit == special.unit

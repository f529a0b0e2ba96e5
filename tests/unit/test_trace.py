"""Looking into answers: who may, what is found, what follows, and what is drawn at random."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.boards import periods
from bot.domain.boards.facts import TicketFacts
from bot.domain.boards.periods import Span
from bot.domain.findings import What, drawn, form_of, next_question, seed_of, tallied
from bot.domain.numbers import make
from bot.domain.people import Role
from bot.domain.pictures import Look
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Action, Status
from tests.fakes.changesets import file
from tests.fakes.town_hall import FILER as FILER_ADDRESS
from tests.fakes.town_hall import Hall, Person, town_hall

WEDNESDAY = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in the town
ANSWER = "已更换灯泡并检查了整条路的线路，今晚恢复照明。"
MATTER = "人民路的路灯坏了三天，晚上看不见路"
PHASH = "d3ce4191807e3f87"


N, M = make(WEDNESDAY.date(), 1), make(WEDNESDAY.date(), 2)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town_hall(tmp_path, WEDNESDAY) as open_:
        yield open_


@pytest.fixture
async def handler(hall: Hall) -> Person:
    return await hall.staff("王强", Role.HANDLER, "transport")


@pytest.fixture
async def supervisor(hall: Hall) -> Person:
    return await hall.staff("陈督", Role.SUPERVISOR)


async def answered(
    hall: Hall, handler: Person, ticket: str = N, text: str = ANSWER, matter: str = MATTER, *, walled: bool = False
) -> None:
    await hall.filed(ticket, "transport", text=matter, walled=walled)
    await handler.say(f"答复 {ticket} 已解决 {text}")
    await handler.press("发出")
    await hall.after(minutes=3)


async def closed(hall: Hall, handler: Person, ticket: str) -> None:
    await answered(hall, handler, ticket, f"{ANSWER}灯杆{ticket}。")
    there = await hall.ticket(ticket)
    after = there.after(Action.CLOSE, hall.clock.now())
    changes = Changes(at=hall.clock.now())
    changes.ticket(after, after.event(Action.CLOSE, hall.clock.now()))
    await hall.store.commit(changes)


async def said(hall: Hall, verdict: Verdict, rating: int, words: str) -> None:
    """What the filer says, as it is kept."""
    now = hall.clock.now()
    review = Review(
        ticket=N,
        round=1,
        party=FILER,
        address=str(FILER_ADDRESS),
        verdict=verdict,
        rating=rating,
        words=words,
        by=str(FILER_ADDRESS),
        at=now,
    )
    await hall.store.commit(Changes(at=now, reviews=[review]))


# A trace


async def test_answer_evidence_times_flags_and_words_stand_side_by_side(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await answered(hall, handler)
    await said(hall, Verdict.PARTLY, 2, "只修好了一盏")
    text = await supervisor.say(f"倒查 {N}")
    for part in (ANSWER, "没有照片或视频", "登记3月4日", "按时", "疑点：无", "部分解决，评分2，只修好了一盏", "王强"):
        assert part in text


async def test_what_has_no_answer_cannot_be_looked_into(hall: Hall, supervisor: Person) -> None:
    await hall.filed(N, "transport")
    assert "还没有答复" in await supervisor.say(f"倒查 {N}")
    assert "还没有答复" in await supervisor.say(f"倒查 {N} 敷衍 没有说明")
    assert not await hall.store.reader.findings(N)


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("确已解决 现场看过", What.SOLVED),
        ("未解决 现场看过", What.NOT_SOLVED),
        ("虚假办结 现场看过", What.FALSE_CLOSING),
        ("敷衍 现场看过", What.PERFUNCTORY),
        ("不实评价：现场看过", What.UNFAIR),
        ("法律不支持 现场看过", What.OUTSIDE),
        ("false closing: 现场看过", What.FALSE_CLOSING),
    ],
)
async def test_findings_are_recorded_with_their_reason(
    hall: Hall, handler: Person, supervisor: Person, typed: str, what: What
) -> None:
    await answered(hall, handler)
    await supervisor.say(f"倒查 {N} {typed}")
    (found,) = await hall.store.reader.findings(N)
    assert (found.what, found.round, found.by, found.text) == (what, 1, "id-陈督", "现场看过")
    event = (await hall.store.reader.events(N))[-1]
    assert (event.action, event.data["finding"], event.data["text"]) == (Action.TRACE, what, "现场看过")
    await hall.after(minutes=12)
    assert [text for text in handler.heard if "倒查认定" in text and "现场看过" in text]


async def test_a_later_finding_takes_the_place_of_the_first(hall: Hall, handler: Person, supervisor: Person) -> None:
    await answered(hall, handler)
    await supervisor.say(f"倒查 {N} 不实评价 已核实")
    assert await excluded(hall)
    await supervisor.say(f"倒查 {N} 敷衍 再次核实")
    assert [found.what for found in await hall.store.reader.findings(N)] == [What.PERFUNCTORY]
    assert not await excluded(hall)
    assert [event.action for event in await hall.store.reader.events(N)].count(Action.TRACE) == 2


async def test_the_reason_is_asked_for_and_another_command_is_not_taken_for_it(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await answered(hall, handler)
    await supervisor.say(f"倒查 {N}")
    assert "请发理由" in await supervisor.press("虚假办结")
    await supervisor.say("倒查")
    assert not await hall.store.reader.findings(N)
    await supervisor.say("现场仍不亮")
    assert not await hall.store.reader.findings(N)


async def test_nobody_judges_an_answer_of_their_own(hall: Hall, handler: Person) -> None:
    await answered(hall, handler)
    colleague = await hall.staff("李督", Role.SUPERVISOR, "transport")
    assert "另一位督办员" in await colleague.say(f"倒查 {N} 确已解决 很好")
    await colleague.say(f"倒查 {N}")
    assert not colleague.last.choices
    own = await hall.staff("周督", Role.SUPERVISOR, addresses=(FILER_ADDRESS,))
    own.address = FILER_ADDRESS
    await own.say(f"倒查 {N} 确已解决 很好")
    assert not await hall.store.reader.findings(N)


async def test_what_stands_behind_the_wall_is_looked_into_by_those_marked_for_it(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await answered(hall, handler, matter="举报某人收钱", walled=True)
    await said(hall, Verdict.NO, 1, "他又来要钱")
    assert "他又来要钱" not in await supervisor.say(f"倒查 {N}")
    assert "已认定" not in await supervisor.say(f"倒查 {N} 敷衍 没有说明")
    marked = await hall.staff("高督", Role.SUPERVISOR, walled=True)
    assert "他又来要钱" in await marked.say(f"倒查 {N}")


# What follows


async def test_an_order_carries_the_reason_whatever_it_begins_with(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await answered(hall, handler)
    await supervisor.say(f"倒查 {N} 敷衍 3月4日现场看过，没有说明")
    await supervisor.press("发督办单")
    (order,) = (await hall.ticket(N)).work.orders
    assert (order.text, order.kind) == ("3月4日现场看过，没有说明", "order")
    assert order.due_at == hall.guide.calendar.after_working_days(hall.clock.now(), 2).at


async def test_what_was_found_not_solved_goes_back_in_one_tap(hall: Hall, handler: Person, supervisor: Person) -> None:
    await closed(hall, handler, N)
    await supervisor.say(f"倒查 {N} 虚假办结 现场仍不亮")
    await supervisor.press("重新办理")
    ticket = await hall.ticket(N)
    assert (ticket.status, ticket.unit, ticket.work.reopened) == (Status.DISPATCHED, "transport", 1)
    assert [order.text for order in ticket.work.orders] == ["现场仍不亮"]
    assert not await hall.store.reader.tasks(("reopen", "trace"))
    await hall.after(hours=5)
    assert not [text for text in supervisor.heard if "重办" in text]


async def test_the_third_time_only_a_final_finding_is_left(hall: Hall, handler: Person, supervisor: Person) -> None:
    await closed(hall, handler, N)
    ticket = await hall.ticket(N)
    worn = ticket.after(Action.NOTE, hall.clock.now(), work=replace(ticket.work, reopened=2))
    changes = Changes(at=hall.clock.now())
    changes.ticket(worn, worn.event(Action.NOTE, hall.clock.now()))
    await hall.store.commit(changes)
    await supervisor.say(f"倒查 {N} 未解决 现场仍不亮")
    await supervisor.press("重新办理")
    assert (await hall.ticket(N)).status is Status.REOPENED
    assert await hall.store.reader.tasks(("reopen",))


async def test_a_button_without_a_finding_does_nothing(hall: Hall, handler: Person, supervisor: Person) -> None:
    await answered(hall, handler)
    for act in ("trace_reopen", "trace_order=order", "finding=nonsense", "exempt=nonsense"):
        await supervisor.tap(f"{N}:{act}")
    ticket = await hall.ticket(N)
    assert (ticket.status, ticket.work.orders) == (Status.ANSWERED, ())
    assert not await hall.store.reader.findings(N)
    await supervisor.say(f"倒查 {N} 确已解决 很好")
    assert "没有需要处理的认定" in await supervisor.tap(f"{N}:trace_reopen")


async def test_force_majeure_is_left_out_and_counted_again(hall: Hall, handler: Person, supervisor: Person) -> None:
    await answered(hall, handler)
    assert not await excluded(hall)
    await supervisor.say(f"排除 {N} 不可抗力 台风停电")
    assert await excluded(hall)
    assert "不可抗力" in await supervisor.say(f"倒查 {N}")
    await supervisor.say(f"恢复计入 {N} 停电只有两小时")
    assert not await excluded(hall)
    await supervisor.say(f"排除 {N} 法律不支持 规划不允许")
    assert await excluded(hall)
    assert "重新认定" in await supervisor.say(f"恢复计入 {N} 有误")


async def excluded(hall: Hall) -> bool:
    """Whether boards leave the ticket out."""
    calendar = hall.guide.calendar
    period = periods.of(Span.MONTH, calendar.local_day(hall.clock.now()), calendar.zone)

    def look(tickets: Iterable[TicketFacts]) -> list[bool]:
        return [facts.excluded for facts in tickets]

    (left_out,) = await hall.store.reader.counted(period, look)
    return left_out


# Photos


async def photo(hall: Hall, id_: str, ticket: str, look: Look) -> None:
    """A photo that is here, and how it looks once somebody has looked at it."""
    long_ago = WEDNESDAY - timedelta(days=300)
    record = replace(file(id_, FILER_ADDRESS, state="stored", draft=""), ticket=ticket, created_at=long_ago)
    await hall.store.commit(Changes(at=hall.clock.now(), attachments=[record]))
    await hall.store.keep_look(replace(look, attachment=id_))


LOOK = Look(attachment="", sha256="ab" * 32, phash=PHASH)
NEARLY = Look(attachment="", sha256="cd" * 32, phash="d3ce4191807e3f80")


async def hands_in(hall: Hall, handler: Person) -> str:
    """The id of the photo that goes with the answer."""
    await handler.say("", "street")
    await handler.say(f"答复 {N} 已解决 {ANSWER}")
    await handler.press("发出")
    answer = (await hall.ticket(N)).work.answer
    assert answer is not None
    (id_,) = answer.evidence
    return id_


@pytest.mark.parametrize(
    ("earlier", "look", "flags"),
    [
        (M, NEARLY, ("reused_photo",)),
        (N, NEARLY, ("same_photo",)),
        ("", NEARLY, ()),
        (M, replace(LOOK, phash="00ff00ff00ff00ff", sha256="ee" * 32), ()),
        ("", replace(LOOK, phash=""), ()),
    ],
)
async def test_photos_that_are_looked_at_late_are_flagged_when_the_answer_leaves(
    hall: Hall, handler: Person, supervisor: Person, earlier: str, look: Look, flags: tuple[str, ...]
) -> None:
    await hall.filed(M, "transport")
    await hall.filed(N, "transport")
    await photo(hall, "earlier", earlier, look)
    id_ = await hands_in(hall, handler)
    assert "疑点" not in handler.last.text
    await hall.store.keep_look(replace(LOOK, attachment=id_))
    await hall.after(minutes=3)
    left = (await hall.ticket(N)).work.last_answer
    assert left is not None
    assert left.flags == flags
    assert [task.subject for task in await hall.store.reader.tasks(("trace",))] == [N] * bool(flags)


async def test_photos_that_are_looked_at_even_later_are_seen_in_the_trace(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await hall.filed(N, "transport")
    id_ = await hands_in(hall, handler)
    await hall.after(minutes=3)
    await hall.store.keep_look(replace(LOOK, attachment=id_, taken_at=WEDNESDAY - timedelta(days=1)))
    assert "照片早于登记时间" in await supervisor.say(f"倒查 {N}")


async def test_one_special_case_may_be_answered_with_one_photo(hall: Hall, handler: Person) -> None:
    await hall.filed(M, "transport")
    await hall.filed(N, "transport")
    for number in (N, M):
        ticket = await hall.ticket(number)
        after = ticket.after(Action.NOTE, hall.clock.now(), work=replace(ticket.work, special="S1"))
        changes = Changes(at=hall.clock.now())
        changes.ticket(after, after.event(Action.NOTE, hall.clock.now()))
        await hall.store.commit(changes)
    await photo(hall, "earlier", M, NEARLY)
    id_ = await hands_in(hall, handler)
    await hall.store.keep_look(replace(LOOK, attachment=id_))
    await hall.after(minutes=3)
    left = (await hall.ticket(N)).work.last_answer
    assert left is not None
    assert left.flags == ()


# Samples


def test_the_form_question_by_question() -> None:
    assert next_question([]) == ("reached", ("yes", "no"))
    assert next_question(["yes"]) == ("solved", ("yes", "partly", "no"))
    assert next_question(["yes", "partly"]) == ("facts", ("yes", "no"))
    assert next_question(["yes", "partly", "no"]) is None
    assert next_question(["no"]) is None
    assert form_of(["yes", "no", "yes"]) == {"reached": "yes", "solved": "no", "facts": "yes"}
    for wrong in (["maybe"], ["no", "yes"], ["yes", "partly", "no", "no"], ["", ""], ["yes", "partly", "partly"]):
        with pytest.raises(ValueError, match=r"\w"):
            next_question(wrong)


def test_forms_are_counted() -> None:
    forms = [form_of(each.split()) for each in ("no", "yes yes yes", "yes partly yes", "yes no no")]
    assert tallied(forms) == {"called": 4, "reached": 3, "solved": 1, "facts": 2}
    assert tallied([]) == {"called": 0, "reached": 0, "solved": 0, "facts": 0}


def test_a_draw_is_the_same_for_its_day_person_and_unit_and_for_no_other() -> None:
    numbers = [make(WEDNESDAY.date(), counter) for counter in range(1, 200)]
    seed = seed_of("2026-03-04", "s1", "")
    first = drawn(numbers, seed, 20)
    assert first == drawn(reversed(numbers), seed, 20)
    assert drawn(numbers, seed, 30)[:20] == first
    assert drawn(numbers[:5], seed, 20) == sorted(numbers[:5], key=drawn(numbers, seed, 200).index)
    others = (("2026-03-05", "s1", ""), ("2026-03-04", "s2", ""), ("2026-03-04", "s1", "transport"))
    assert all(drawn(numbers, seed_of(*other), 20) != first for other in others)


def test_every_ticket_is_drawn_as_often_as_any_other() -> None:
    numbers = [f"{counter:05}" for counter in range(50)]
    counts = dict.fromkeys(numbers, 0)
    for day in range(400):
        for number in drawn(numbers, seed_of(str(day), "s1", ""), 10):
            counts[number] += 1
    assert 40 < min(counts.values()) <= 80 <= max(counts.values()) < 130  # 80 each, give or take five deviations of 8


async def test_a_sample_is_called_and_counted(hall: Hall, handler: Person, supervisor: Person) -> None:
    for number in (N, M):
        await closed(hall, handler, number)
    assert "抽查2件" in await supervisor.say("抽查")
    await supervisor.tap(f"{N}:called=no")
    assert "已回访1/2，联系上0" in supervisor.last.text
    await supervisor.tap(f"{N}:called=yes.yes.yes")  # called again
    assert "已回访1/2，联系上1，确已解决1，答复与事实相符1" in supervisor.last.text
    assert "抽查2件" in await supervisor.press("继续抽查")
    await supervisor.tap(f"{M}:called=yes.no.no")
    assert "已回访2/2，联系上2，确已解决1，答复与事实相符1" in supervisor.last.text
    (task,) = await hall.store.reader.tasks(("trace", "sample"))
    assert (task.kind, task.subject) == ("trace", M)
    forms = [event.data["sample"] for event in await hall.store.reader.events(N) if event.action is Action.TRACE]
    assert forms == [{"reached": "no"}, {"reached": "yes", "solved": "yes", "facts": "yes"}]
    assert "已回访2/2" in await supervisor.say("抽查 2")
    assert not await hall.store.reader.tasks(("sample",))


async def test_only_what_was_drawn_is_called(hall: Hall, handler: Person, supervisor: Person) -> None:
    await closed(hall, handler, N)
    assert "不在您未完成的抽查里" in await supervisor.tap(f"{N}:called")
    await supervisor.say("抽查 1")
    for wrong in ("called=nonsense", "called=no.yes", "called=....", "called=yes.yes.yes.yes"):
        assert "没有看懂" in await supervisor.tap(f"{N}:{wrong}")
    other = await hall.staff("李督", Role.SUPERVISOR)
    assert "不在您未完成的抽查里" in await other.tap(f"{N}:called=yes.yes.yes")
    assert not [event for event in await hall.store.reader.events(N) if event.action is Action.TRACE]


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("抽查 0", "1到50"),
        ("抽查 51", "1到50"),
        ("抽查 999999", "1到50"),
        ("抽查 9999999", "没有叫"),
        ("抽查 5 没有这个单位", "没有叫“没有这个单位”的单位"),
        ("抽查 5 市城市管理局", "没有可以抽查的办结件"),
        ("抽查 5 市交通运输局", "抽查1件"),
        ("抽查 市交通运输局", "抽查1件"),
        ("sample 5", "抽查1件"),
    ],
)
async def test_how_many_and_of_which_unit(
    hall: Hall, handler: Person, supervisor: Person, asked: str, heard: str
) -> None:
    await closed(hall, handler, N)
    assert heard in await supervisor.say(asked)


async def test_nobody_samples_their_own_work_or_matters_or_what_they_may_not_know(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    await closed(hall, handler, N)
    await hall.until(hall.clock.now() + timedelta(days=1))
    of_the_unit = await hall.staff("李督", Role.SUPERVISOR, "transport")
    elsewhere = await hall.staff("钱督", Role.SUPERVISOR, areas=("xitang",))
    assert "没有可以抽查" in await of_the_unit.say("抽查 5")
    assert "抽查1件" in await elsewhere.say("抽查 5")  # without a place it is everybody's
    assert "您的身份不能" in await handler.say("抽查 5")


async def test_the_list_has_ages_and_pages(hall: Hall, handler: Person, supervisor: Person) -> None:
    numbers = [make(WEDNESDAY.date(), counter) for counter in range(1, 13)]
    for number in numbers:
        await answered(hall, handler, number, "已收悉，正在处理。")
    await hall.until(WEDNESDAY + timedelta(days=3))
    first = await supervisor.say("倒查")
    assert "待倒查12件，第1到8件" in first
    assert f"1. {numbers[0]}" in first
    assert "已等2天" in first
    assert "第9到12件" in await supervisor.press("后面的")
    await supervisor.say("倒查 1 敷衍 没有说明")
    assert [found.what for found in await hall.store.reader.findings(numbers[8])] == [What.PERFUNCTORY]
    assert "待倒查11件" in await supervisor.say("倒查")


async def test_a_long_sample_is_shown_in_parts_from_the_first_that_is_not_called(
    hall: Hall, handler: Person, supervisor: Person
) -> None:
    numbers = [make(WEDNESDAY.date(), counter) for counter in range(1, 11)]
    for number in numbers:
        await closed(hall, handler, number)
    first = await supervisor.say("抽查 10")
    shown = [number for number in numbers if number in first]
    assert "抽查10件" in first
    assert len(shown) == 8
    rest = await supervisor.press("后面的")
    assert sorted(shown + [number for number in numbers if number in rest]) == numbers
    for number in shown:
        await supervisor.tap(f"{number}:called=no")
    assert "已回访8/10" in await supervisor.press("继续抽查")
    assert not [number for number in shown if number in supervisor.last.text]


async def test_the_reason_of_a_finding_behind_the_wall_stays_there(hall: Hall, handler: Person) -> None:
    marked = await hall.staff("高督", Role.SUPERVISOR, walled=True)
    await answered(hall, handler, matter="举报某人收钱", walled=True)
    await marked.say(f"倒查 {N} 未解决 举报人说他又来要钱")
    await marked.press("重新办理")
    await hall.after(minutes=12)
    assert [text for text in handler.heard if "倒查认定" in text]
    assert not [text for text in handler.heard if "要钱" in text]
    assert "要钱" not in await handler.say(f"查询 {N}")

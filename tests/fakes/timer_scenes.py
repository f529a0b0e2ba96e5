"""For each kind of timer a scene in which it has something to do: who works here, what lies there, and the timer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import AttachmentRecord, Changes, Note, StaffEvent, Task, Timer
from bot.conversation.session import Held
from bot.domain import review as rules
from bot.domain.evidence import Transcript
from bot.domain.holds import begun
from bot.domain.people import DESK, Address, Role, Shift
from bot.domain.review import FILER, Review, Verdict
from bot.domain.ticket import Action, Status, Ticket
from bot.domain.work import AnswerDraft, Assist, Matter, Order, OrderKind, Outcome, Proposal, Work
from bot.message import InboundMessage, MessageKind, Push, Reply
from tests.fakes.newsroom import NUMBER, UNIT, Newsroom

LI = Address("chat", "li")
WANG = Address("chat", "wang")
HOUR = timedelta(hours=1)

Scene = Callable[[Newsroom], Awaitable[Timer]]
"""Sets the scene and commits the timer, due an hour from now or so."""


async def people(room: Newsroom) -> None:
    """A handler, their lead, a supervisor and an admin."""
    await room.hire("wang")
    await room.hire("lead", Role.LEAD)
    await room.hire("boss", Role.SUPERVISOR, "", walled=True)
    await room.hire("admin", Role.ADMIN, "")


async def put(room: Newsroom, timer: Timer, **more: object) -> Timer:
    """Commit a timer, with whatever belongs to it."""
    await room.store.commit(Changes(at=room.clock.now(), timers=[timer], **more))  # type: ignore[arg-type]  # any field
    return timer


def later(room: Newsroom, kind: str, subject: str = NUMBER, level: int = 0, address: Address | None = None) -> Timer:
    return Timer(kind, subject, room.clock.now() + HOUR, level, address)


async def at_work(room: Newsroom, status: Status = Status.IN_PROGRESS, **work: object) -> Ticket:
    """A ticket that wang has, and li reported."""
    made = Work(taken_at=room.clock.now(), **work)  # type: ignore[arg-type]  # whichever fields a scene names
    return await room.file(reporter=LI, status=status, handler="wang", work=made)


async def rung(room: Newsroom) -> Timer:
    await people(room)
    due = room.clock.now() + HOUR
    await room.file(dispatched_at=room.clock.now() - timedelta(days=7), due_at=due)
    return await put(room, Timer("rung", NUMBER, due, 3))


async def task(room: Newsroom) -> Timer:
    await people(room)
    alarm = Task("danger:d1", "danger", "d1", room.clock.now(), address=LI, data={"text": "煤气味", "danger": "gas"})
    return await put(room, later(room, "task", alarm.key), tasks=[alarm])


async def fold(room: Newsroom) -> Timer:
    await people(room)
    await room.file()
    note = Note(key="n1", box="staff:wang", what="arrived", ticket=NUMBER, at=room.clock.now())
    return await put(room, later(room, "fold", "staff:wang"), notes=[note])


async def news(room: Newsroom) -> Timer:
    await people(room)
    await room.file(reporter=LI)
    note = Note(
        key="n1", box=str(LI), topic=NUMBER, what="taken", ticket=NUMBER, at=room.clock.now(), params={"unit": UNIT}
    )
    return await put(room, later(room, "news", f"{NUMBER}|{LI}", address=LI), notes=[note])


async def undelivered(room: Newsroom) -> Timer:
    await people(room)
    await room.file()
    push = Push(
        key="p1", address=WANG, reply=Reply("x", ticket=NUMBER), created_at=room.clock.now(), ticket=NUMBER
    )  # fmt: skip
    timer = await put(room, later(room, "undelivered", "p1"), pushes=[push])
    await room.outbox("kept", reason="window")
    return timer


async def question_delivered(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room, Status.WAITING_RESIDENT, asked_at=room.clock.now())
    return await put(room, later(room, "question_delivered", address=LI))


async def pause_reminder(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room, Status.WAITING_RESIDENT, asked_at=room.clock.now(), paused_at=room.clock.now(), pauses=1)
    return await put(room, later(room, "pause_reminder"))


async def pause_ends(room: Newsroom) -> Timer:
    await people(room)
    paused = room.clock.now() - timedelta(days=14)
    await at_work(room, Status.WAITING_RESIDENT, asked_at=paused, paused_at=paused, pauses=1)
    return await put(room, later(room, "pause_ends"))


async def answer_leaves(room: Newsroom) -> Timer:
    await people(room)
    now = room.clock.now()
    draft = AnswerDraft(
        outcome=Outcome.SOLVED, text="路灯已经修好，请放心。", by="wang", submitted_at=now, leaves_at=now + HOUR
    )
    await at_work(room, answer=draft)
    return await put(room, later(room, "answer_leaves"))


async def answered(room: Newsroom, status: Status = Status.ANSWERED, **work: object) -> None:
    """A ticket with an answer that li may say something of."""
    await people(room)
    now = room.clock.now()
    answer = AnswerDraft(outcome=Outcome.SOLVED, text="路灯已经修好，请放心。", by="wang", submitted_at=now)
    await at_work(room, status, last_answer=answer, answers=1, **work)


async def asked(room: Newsroom, kind: str, wait: timedelta) -> Timer:
    """Li was asked so long before the timer is due."""
    await answered(room)
    timer = later(room, kind, address=LI)
    asked_at = timer.due_at - wait
    review = Review(
        ticket=NUMBER,
        round=1,
        party=FILER,
        address=str(LI),
        verdict=Verdict.ASKED,
        asked_at=asked_at,
        at=asked_at,
    )
    return await put(room, timer, reviews=[review])


async def answer_delivered(room: Newsroom) -> Timer:
    await answered(room)
    return await put(room, later(room, "answer_delivered", address=LI))


async def review_reminder(room: Newsroom) -> Timer:
    return await asked(room, "review_reminder", rules.REMIND_AFTER)


async def review_ends(room: Newsroom) -> Timer:
    return await asked(room, "review_ends", rules.ENDS_AFTER)


async def review_unreached(room: Newsroom) -> Timer:
    await answered(room)
    return await put(room, later(room, "review_unreached", level=1))


async def reopen(room: Newsroom) -> Timer:
    now = room.clock.now()
    await answered(room, Status.REOPENED, reopened=1, reopened_at=now)
    timer = later(room, "reopen", level=1)
    task = Task(f"reopen:{NUMBER}", "reopen", NUMBER, now, timer.due_at, data={"round": 1, "was": "answered"})
    return await put(room, timer, tasks=[task])


async def decision(room: Newsroom) -> Timer:
    await people(room)
    now = room.clock.now()
    wish = Proposal(matter=Matter.EXTENSION, by="wang", at=now, due_at=now + HOUR, text="等配件", days=2)
    await at_work(room, proposals=(wish,))
    return await put(room, later(room, "decision"))


async def promise(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room, Status.ANSWERED, promise_at=room.clock.now() + HOUR)
    return await put(room, later(room, "promise", level=1))


async def daily(room: Newsroom) -> Timer:
    await people(room)
    return await put(room, later(room, "daily", DESK))


async def assist(room: Newsroom) -> Timer:
    await people(room)
    now = room.clock.now()
    await at_work(room, assists=(Assist(unit="transport", since=now, due_at=now + HOUR),))
    return await put(room, later(room, "assist", level=1))


async def order(room: Newsroom) -> Timer:
    await people(room)
    now = room.clock.now()
    given = Order(number=f"{NUMBER}-D1", kind=OrderKind.ORDER, by="boss", at=now, due_at=now + HOUR)
    await at_work(room, orders=(given,))
    return await put(room, later(room, "order", level=1))


async def bulk(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room)
    boss = Address("chat", "boss")
    data: dict[str, object] = {"numbers": [NUMBER], "action": "remind", "unit": "", "words": "请尽快", "done": 0}
    act = Task("bulk:1", "bulk", "boss", room.clock.now(), address=boss, data=data)
    return await put(room, later(room, "bulk", act.key, address=boss), tasks=[act])


async def daily_list(room: Newsroom) -> Timer:
    await people(room)
    today = room.clock.now() + 5 * HOUR
    await room.file(status=Status.IN_PROGRESS, handler="wang", due_at=today)
    await room.file("260304-00025", status=Status.WAITING_RESIDENT, handler="wang")
    return await put(room, later(room, "daily_list", "wang"))


async def weekly(room: Newsroom) -> Timer:
    await people(room)
    return await put(room, later(room, "weekly", DESK))


async def weekly_list(room: Newsroom) -> Timer:
    """Reckoned up by the weekly turn of the same moment."""
    await people(room)
    last_week = room.clock.now() - timedelta(days=7)
    await room.file("260225-00012", filed_at=last_week)
    reckoned = await put(room, Timer("weekly", DESK, room.clock.now()))
    assert await room.dispatcher.fire(reckoned)
    return await put(room, later(room, "weekly_list", "boss"))


async def _owed_last_week(room: Newsroom) -> None:
    """Something a unit had, and owed last week."""
    last_week = room.clock.now() - timedelta(days=7)
    ticket = await room.file("260225-00012", filed_at=last_week, status=Status.FILED, unit="")
    sent = ticket.after(Action.DISPATCH, last_week, unit=UNIT, due_at=last_week + HOUR)
    changes = Changes(at=room.clock.now())
    changes.ticket(sent, sent.event(Action.DISPATCH, last_week, unit=UNIT))
    await room.store.commit(changes)


async def board(room: Newsroom) -> Timer:
    await people(room)
    await _owed_last_week(room)
    return await put(room, later(room, "board", DESK))


async def board_list(room: Newsroom) -> Timer:
    """Of the board that the desk's turn of the same moment made."""
    await people(room)
    await _owed_last_week(room)
    made = await put(room, Timer("board", DESK, room.clock.now()))
    assert await room.dispatcher.fire(made)
    return await put(room, later(room, "board_list", "boss"))


async def recompute(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room)
    return await put(room, later(room, "recompute", "0"))


async def leave_begins(room: Newsroom) -> Timer:
    await people(room)
    begins = room.clock.now() + HOUR
    await room.hire("zhao", deputy="wang", away=Shift(begins, begins + timedelta(days=9)))
    return await put(room, later(room, "leave_begins", "zhao"))


async def leave_ends(room: Newsroom) -> Timer:
    await people(room)
    await room.hire("zhao", deputy="wang", away=Shift(room.clock.now(), room.clock.now() + HOUR))
    return await put(room, later(room, "leave_ends", "zhao"))


async def cases_back(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room)
    wang = (await room.store.reader.directory()).by_id["wang"]
    event = StaffEvent(staff="wang", seq=2, at=room.clock.now(), action="removed", by="admin")
    gone = replace(wang, removed_at=room.clock.now(), seq=2)
    await room.store.commit(Changes(at=room.clock.now(), staff=[(gone, event)]))
    return await put(room, later(room, "cases_back", "wang"))


async def _said(room: Newsroom, text: str, kind: str) -> Timer:
    await people(room)
    message = InboundMessage(address=LI, key="m1", kind=MessageKind.TEXT, at=room.clock.now(), text=text)
    await room.dispatcher.take(message)
    due = await room.store.due_timers(room.clock.now() + timedelta(days=2), 100)
    return next(timer for timer in due if timer.kind == kind)


async def card(room: Newsroom) -> Timer:
    return await _said(room, "桥南路的路灯坏了", "card")


async def draft(room: Newsroom) -> Timer:
    return await _said(room, "桥南路的路灯坏了", "draft")


async def danger_draft(room: Newsroom) -> Timer:
    return await _said(room, "家里有煤气味", "danger_draft")


async def heard(room: Newsroom) -> Timer:
    await people(room)
    await at_work(room)
    at = room.clock.now()
    voice = AttachmentRecord(
        id="v1", address=LI, type="voice", ref="r", state="stored", created_at=at, ticket=NUMBER, sha256="ab" * 32
    )
    said = Transcript(attachment="v1", state="heard", words="桥南路的路灯坏了", at=at)
    timer = later(room, "heard", "v1", address=LI)
    return await put(room, timer, attachments=[voice], transcripts=[said])


async def calm(room: Newsroom) -> Timer:
    """Li wrote very much and was not answered."""
    await room.remember(LI, held=Held(room.clock.now(), 12, Reply("已记下")))
    return await put(room, later(room, "calm", str(LI), address=LI))


async def hold_ends(room: Newsroom) -> Timer:
    """Li is held since yesterday, and something was kept."""
    await people(room)
    await room.file(reporter=LI)
    now = room.clock.now()
    hold = begun("hold1", LI, "boss", "数百条相同内容", now - timedelta(days=1), timedelta(days=1, hours=1))
    push = Push(key="p1", address=LI, reply=Reply("已受理", ticket=NUMBER), created_at=now, ticket=NUMBER)
    timer = Timer("hold_ends", hold.id, hold.until, hold.seq)
    await put(room, timer, holds=[hold], pushes=[push])
    await room.outbox("kept", reason="held")
    return timer


SCENES: Mapping[str, Scene] = {
    scene.__name__: scene
    for scene in (
        *(rung, task, fold, news, undelivered, question_delivered, pause_reminder, pause_ends, answer_leaves),
        *(answer_delivered, review_reminder, review_ends, review_unreached, reopen),
        *(decision, promise, assist, order, bulk, daily, daily_list, weekly, weekly_list),
        *(board, board_list, recompute),
        *(leave_begins, leave_ends, cases_back, card, draft, danger_draft, heard, hold_ends, calm),
    )
}
"""Kind -> its scene."""

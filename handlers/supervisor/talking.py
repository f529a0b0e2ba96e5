"""The duty talk: a supervisor talks in chat with somebody who asked for a person."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Looked, Task
from bot.domain.people import Address
from bot.domain.permission import Act
from bot.errors import Refusal
from bot.message import Choice, InboundMessage, Lane, Push, Reply
from bot.turn import Turn
from handlers.naming import moment, shortened
from handlers.resident.talking import alias, handle, open_talk
from handlers.staff.command import Command, table
from handlers.staff.me import Me
from handlers.supervisor import queues

KINDS = ("talk",)
TAKE_OVER = "!"
LINES = 5
SHOWN = 200


async def receive(turn: Turn, me: Me, rest: str) -> Reply:
    """Take a talk: the one named, else the one that waits longest. What is typed then goes to that person."""
    name = rest.strip()
    task = await queues.named(turn, me, name.rstrip(TAKE_OVER), KINDS) if name else await _longest(turn, me)
    if task is None or task.address is None:
        raise Refusal("talk.nobody")
    data = task.data or {}
    other = me.directory.by_id.get(str(data.get("who", "")))
    if other is not None and other.id != me.id and other.removed_at is None and not name.endswith(TAKE_OVER):
        over = Choice(f"staff:receive={handle(task)}{TAKE_OVER}", turn.words("choice.take_over"))
        return turn.say("talk.taken_by", over, who=alias(task.address), name=other.name)
    taken = {**data, "who": me.id, "at": str(turn.address), "taken_at": turn.now.isoformat()}
    turn.changes.tasks.append(replace(task, data=taken))
    turn.remember(talking_to=task.address)
    turn.changes.looked.append(Looked(by=me.id, what="talk", at=turn.now, detail=task.key))
    await _tell(turn, task.address, "begun", f"talk:begun:{task.key}:{me.id}")
    lines = [turn.words("talk.begun", who=alias(task.address), since=moment(turn, task.opened_at))]
    if data.get("draft"):
        lines.append(turn.words("talk.draft", text=shortened(str(data["draft"]), SHOWN)))
    if data.get("ticket"):
        lines.append(turn.words("talk.ticket", number=data["ticket"]))
    since = [line for line in await turn.read.talk(task.address, LINES) if line.who == "resident"]
    lines += [f"· {shortened(line.text, SHOWN)}" for line in since if line.text and line.at > task.opened_at]
    lines.append(turn.words("talk.how"))
    return Reply("\n".join(lines), (_end(turn),))


async def say(turn: Turn, me: Me, rest: str) -> Reply:
    """Say something to whom this person talks with."""
    to = turn.session.talking_to
    if to is None:
        raise Refusal("talk.none")
    return await _said(turn, me, to, rest)


async def plain(turn: Turn, me: Me, message: InboundMessage) -> Reply | None:
    """Words that are no command: an answer to a forwarded message that is quoted, or said to whom they talk with.

    None when they talk with nobody, or are saying a matter of their own.
    """
    if message.quote:
        about = await turn.read.quoted(turn.address, message.quote)
        if about.startswith("talk:"):
            task = await queues.named(turn, me, about.split(":")[1], KINDS)
            if task is None or task.address is None:
                raise Refusal("talk.none")
            return await _said(turn, me, task.address, message.text)
    to = turn.session.talking_to
    if to is None or turn.session.reporting or turn.session.draft is not None:
        return None
    if await _mine(turn, me, to) is None:
        turn.remember(talking_to=None)
        return None
    return await _said(turn, me, to, message.text)


async def end(turn: Turn, me: Me, _rest: str) -> Reply:
    """End the talk."""
    to = turn.session.talking_to
    task = await _mine(turn, me, to) if to is not None else None
    turn.remember(talking_to=None)
    if to is None or task is None:
        raise Refusal("talk.none")
    turn.changes.closed_tasks.append(task.key)
    await _tell(turn, to, "ended", f"talk:ended:{task.key}")
    return turn.say("talk.over", who=alias(to))


async def _said(turn: Turn, me: Me, to: Address, text: str) -> Reply:
    task = await _mine(turn, me, to)
    if task is None:
        turn.remember(talking_to=None)
        raise Refusal("talk.none")
    if not text.strip():
        return turn.say("talk.how", _end(turn))
    message = turn.message
    assert message is not None  # noqa: S101 - only messages are said on
    await _tell(turn, to, "from_desk", f"talk:{message.address.channel}:{message.key}", text=text)
    turn.changes.looked.append(Looked(by=me.id, what="talk", at=turn.now, detail=task.key))
    return turn.say("talk.sent", _end(turn), who=alias(to))


async def _mine(turn: Turn, me: Me, address: Address) -> Task | None:
    """The open talk with somebody, if this person took it."""
    task = await open_talk(turn, address)
    return task if task is not None and (task.data or {}).get("who") == me.id else None


async def _longest(turn: Turn, me: Me) -> Task | None:
    tasks = await turn.read.tasks(KINDS, queues.LOOKED_AT)
    free = (t for t in tasks if not (t.data or {}).get("who") and queues.may_see_task(turn, me, t))
    return next(free, None)


async def _tell(turn: Turn, to: Address, what: str, key: str, **params: str) -> None:
    """Push words to a resident. They never read whose they are."""
    voice = turn.voice((await turn.read.sessions([to])).get(to))
    text = voice.words(f"told.talk_{what}", **params)
    turn.changes.push(Push(key=key, address=to, reply=Reply(text), created_at=turn.now, lane=Lane.REPLY))


def _end(turn: Turn) -> Choice:
    return Choice("staff:end", turn.words("choice.end_talk"))


COMMANDS = table(
    Command("receive", Act.TALK, desk=receive),
    Command("say", Act.TALK, desk=say),
    Command("end", Act.TALK, desk=end),
)

"""Stored, not pushed: what a held person hears, and what is kept for them (see `bot.domain.holds`).

Whatever they send goes the usual way: it is collected, filed, dispatched, worked on. Only what the desk would say of
itself is kept and not sent; they read it when they ask how it stands, and what they ask is answered. In a danger all is
as for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.holds import REMINDED_EVERY, Hold, Step
from bot.domain.people import Address
from bot.domain.words import desk_word
from bot.message import Choice, InboundMessage, Lane, MessageKind, Push, Reply
from bot.turn import Turn
from handlers.naming import moment, shortened

STATUS = "status"
ASKS = frozenset(
    {
        *(STATUS, "help", "mydata", "erase", "erase_now", "erase_not", "appeal", "human", "chinese", "english"),
        "call_back_links",
    }
)
"""Desk words that ask for an answer: it is given."""

KEPT_ANSWERS = 100
"""So many answers are kept for one person; what came later is in the tickets."""

SHOWN, WORDS, PART = 30, 160, 600
"""How many kept messages stand in the digest at the end, characters of each, and characters of one message of it."""

_LONGEST_WORD = 24


async def instead(
    turn: Turn, hold: Hold, message: InboundMessage, reply: Reply | None, vocabulary: Mapping[str, str]
) -> Reply | None:
    """What is said at once to a held person, ``reply`` being what anybody else would hear. The rest is kept."""
    if turn.works_here or message.on_page:
        return reply
    asked = _asked(message, vocabulary)
    turn.tell_kept = asked == STATUS
    if asked or _alarms(turn, message):
        return reply
    told_at = turn.session.told_held_at
    if told_at is None or told_at < hold.since:
        told_at = None
        turn.remember(kept_answers=0)
    _keep(turn, f"held:{message.address.channel}:{message.key}", reply)
    if told_at is not None and turn.now - told_at < REMINDED_EVERY:
        return None
    turn.remember(told_held_at=turn.now)
    return turn.say("hold.stored", *choices(turn), until=moment(turn, hold.until))


async def of_timer(turn: Turn, reply: Reply | None) -> Reply | None:
    """What is said at once of a timer's reply: nothing to a held person, it is kept."""
    timer = turn.timer
    if reply is None or timer is None or timer.address is None or timer.kind == "danger_draft":
        return reply
    if await turn.read.hold(turn.address, turn.now) is None:
        return reply
    _keep(turn, f"held:{timer.kind}:{timer.subject}:{timer.level}:{timer.due_at.isoformat()}", reply)
    return None


def choices(turn: Turn) -> tuple[Choice, ...]:
    """What a held person can do."""
    return (
        Choice("desk:status", turn.words("choice.status")),
        Choice("desk:appeal", turn.words("choice.appeal")),
    )


async def over(turn: Turn, hold: Hold, step: Step, by: str, text: str = "") -> None:
    """End a hold: the person is told, and gets all that was kept in one go."""
    turn.changes.holds.append(hold.after(step, by, turn.now, text))
    turn.changes.cancel("hold_ends", hold.id)
    voice = turn.voice((await turn.read.sessions([hold.address])).get(hold.address))
    kept = await turn.read.kept(hold.address)
    lines = [voice.words(f"told.hold_{step}")]
    shown = kept[-SHOWN:]
    if shown:
        lines.append(voice.words("hold.kept", count=len(kept)))
        lines += [f"· {shortened(' '.join(each.push.reply.text.split()), WORDS)}" for each in shown]
    if len(kept) > len(shown):
        lines.append(voice.words("hold.older", count=len(kept) - len(shown)))
    for number, part in enumerate(_parts(lines)):
        turn.changes.push(
            Push(
                key=f"hold:{step}:{hold.id}:{hold.seq}:{number}",
                address=hold.address,
                reply=Reply(part),
                created_at=turn.now,
                lane=Lane.REPLY,
            )
        )
    turn.changes.told.extend(each.id for each in kept)


async def tell(turn: Turn, hold: Hold, what: str, *offered: str, **params: str) -> None:
    """Tell a held person something about the hold, now: that never waits."""
    voice = turn.voice((await turn.read.sessions([hold.address])).get(hold.address))
    buttons = tuple(Choice(f"desk:{name}", voice.words(f"choice.{name}")) for name in offered)
    until = moment(voice, hold.until)
    text = voice.words(f"told.hold_{what}", until=until, reason=hold.reason, **params)
    turn.changes.push(
        Push(
            key=f"hold:{what}:{hold.id}:{hold.seq}",
            address=hold.address,
            reply=Reply(text, buttons),
            created_at=turn.now,
            lane=Lane.REPLY,
        )
    )


async def mark(turn: Turn, addresses: list[Address]) -> str:
    """The line of a card that says one of these people is held, "" where none is."""
    for address in addresses:
        hold = await turn.read.hold(address, turn.now)
        if hold is not None:
            return turn.words("work.held", until=moment(turn, hold.until))
    return ""


def _asked(message: InboundMessage, vocabulary: Mapping[str, str]) -> str:
    """The name of what is asked, "" where nothing is."""
    if message.kind is MessageKind.PRESS:
        about, _, act = message.press.partition(":")
        name = act.partition("=")[0]
        return name if name in ASKS and (about == "desk" or name == STATUS) else ""
    if message.kind is not MessageKind.TEXT:
        return ""
    head = message.text.strip().removeprefix("/").split(maxsplit=1)
    word = head[0] if head and len(head[0]) <= _LONGEST_WORD else ""
    name = vocabulary.get(desk_word(word), "")
    return name if name in ASKS else ""


def _alarms(turn: Turn, message: InboundMessage) -> bool:
    """Whether a message speaks of a danger to life and limb."""
    return bool(message.text) and turn.guide.read(message.text).danger is not None


def _keep(turn: Turn, key: str, reply: Reply | None) -> None:
    """Keep an answer: the sender sends none of this lane to a held person."""
    count = turn.session.kept_answers
    if reply is None or count >= KEPT_ANSWERS:
        return
    turn.remember(kept_answers=count + 1)
    turn.changes.push(
        Push(key=key, address=turn.address, reply=reply, created_at=turn.now, lane=Lane.NOTICE, ticket=reply.ticket)
    )


def _parts(lines: list[str]) -> list[str]:
    """Lines as a few texts that every channel takes whole."""
    parts = [lines[0]]
    for line in lines[1:]:
        if len(parts[-1]) + len(line) > PART:
            parts.append(line)
        else:
            parts[-1] += f"\n{line}"
    return parts

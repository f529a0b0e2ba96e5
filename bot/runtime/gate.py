"""Who is answered less now: the rule of `bot.domain.flood` for everybody who writes, in this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from bot.changes import Timer
from bot.conversation.session import Held
from bot.domain.buckets import Shelf, risen
from bot.domain.flood import HOUR, Figures, Seen, alarmed, answered, calm_in, judged, met
from bot.domain.people import Address
from bot.domain.ticket import Action
from bot.message import InboundMessage, MessageKind, Reply
from bot.turn import Turn

KNOWN = 50_000
"""Of more people than these the longest silent are forgotten: they have done nothing for long."""

CALM = "calm"
"""The timer that says what was held back; its subject is whose it is."""

LEAST = 20.0
"""Seconds; sooner no answer covers what was held back."""

_COUNTED = frozenset(
    {
        MessageKind.TEXT,
        MessageKind.ATTACHMENT,
        MessageKind.PLACE,
        MessageKind.PRESS,
        MessageKind.EDIT,
        MessageKind.UNKNOWN,
        MessageKind.CONTACT,
        MessageKind.FOLLOW,
    }
)
"""What people, or programs in their name, do in chat. Pages and Open311 have limits of their own at their doors."""


class Gate:
    """``monotonic`` gives seconds that never go back; ``count`` hears why an answer was held back."""

    def __init__(self, figures: Figures, monotonic: Callable[[], float], count: Callable[[str], None]) -> None:
        self._figures = figures
        self._monotonic = monotonic
        self._count = count
        self._seen: OrderedDict[Address, Seen] = OrderedDict()
        self._channels = Shelf(figures.channel)

    def judged(self, message: InboundMessage) -> str:
        """Count a message; why it is not answered at once, "" when it is."""
        if message.on_page or message.kind not in _COUNTED:
            return ""
        now, address = self._monotonic(), message.address
        crowded = self._channels.take(address.channel, now) > 0
        said = hash((message.kind, message.text, message.press)) if message.text or message.press else 0
        seen = judged(self._figures, self._of(address, now), said, now, crowded=crowded)
        self._keep(address, seen)
        return seen.over

    def said(self, turn: Turn, reply: Reply | None, why: str) -> Reply | None:
        """What is said at once of a reply to a message, when there is a reason ``why`` not to ("" for none).

        Of those that are held back the first is a word that all has come. The last is remembered, and a timer says it
        when it is calm.
        """
        if reply is None:
            return None
        held = turn.session.held
        if not why or self._must_be_said(turn):
            if held is not None and held.reply is not None:
                turn.remember(held=replace(held, reply=None))
            self._answered(turn.address)
            return reply
        self._count(why)
        self._hold(turn, reply)
        return turn.say("flood.all_has_come") if held is None else None

    def shown(self, turn: Turn, reply: Reply | None) -> Reply | None:
        """What is said of a timer's reply: all of it, until they have had all answers of this hour."""
        if reply is None:
            return None
        now = self._monotonic()
        spent = risen(self._figures.answers, self._of(turn.address, now).answers, now).left < 1
        if spent and turn.timer is not None and turn.timer.kind != CALM:
            self._count(HOUR)
            self._hold(turn, reply)
            return None
        self._answered(turn.address)
        return reply

    def _hold(self, turn: Turn, reply: Reply) -> None:
        held = turn.session.held
        if held is None:
            wait = timedelta(seconds=max(LEAST, self._calm_in(turn.address)))
            turn.changes.timer(Timer(CALM, str(turn.address), turn.now + wait, address=turn.address))
            held = Held(turn.now, 0)
        turn.remember(held=replace(held, count=held.count + 1, reply=reply))

    def _must_be_said(self, turn: Turn) -> bool:
        """What is never held back: commands of staff, the receipt of a ticket, what to do in a danger."""
        message = turn.message
        if turn.works_here or message is None or message.on_page:
            return True
        if any(event.action is Action.FILE for event in turn.changes.events):
            return True
        return bool(message.text) and turn.guide.read(message.text).danger is not None and self._alarmed(turn.address)

    def _answered(self, address: Address) -> None:
        now = self._monotonic()
        self._keep(address, answered(self._figures, self._of(address, now), now))

    def _alarmed(self, address: Address) -> bool:
        now = self._monotonic()
        seen, told = alarmed(self._of(address, now), now)
        self._keep(address, seen)
        return told

    def waits(self, turn: Turn) -> bool:
        """Whether this is the timer that says what was held back, and it is not calm yet: then it is set anew."""
        timer, seconds = turn.timer, self._calm_in(turn.address)
        if timer is None or timer.kind != CALM or not seconds:
            return False
        turn.changes.timer(replace(timer, due_at=turn.now + timedelta(seconds=max(1.0, seconds))))
        return True

    def _calm_in(self, address: Address) -> float:
        now = self._monotonic()
        return calm_in(self._figures, self._of(address, now), now)

    def _of(self, address: Address, now: float) -> Seen:
        return self._seen.get(address) or met(self._figures, now)

    def _keep(self, address: Address, seen: Seen) -> None:
        self._seen[address] = seen
        self._seen.move_to_end(address)
        if len(self._seen) > KNOWN:
            self._seen.popitem(last=False)

"""Who is answered less now: the rule of `bot.domain.flood` for everybody who writes, in this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from bot.domain.buckets import Shelf, risen
from bot.domain.flood import Figures, Seen, alarmed, answered, calm_in, judged, met
from bot.domain.people import Address
from bot.message import InboundMessage, MessageKind

KNOWN = 50_000
"""Of more people than these the longest silent are forgotten: they have done nothing for long."""

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
    """``monotonic`` gives seconds that never go back."""

    def __init__(self, figures: Figures, monotonic: Callable[[], float]) -> None:
        self._figures = figures
        self._monotonic = monotonic
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

    def answered(self, address: Address) -> None:
        """The desk said something to them by itself."""
        now = self._monotonic()
        self._keep(address, answered(self._figures, self._of(address, now), now))

    def alarmed(self, address: Address) -> bool:
        """Whether they are told once more what to do in a danger."""
        now = self._monotonic()
        seen, told = alarmed(self._of(address, now), now)
        self._keep(address, seen)
        return told

    def spent(self, address: Address) -> bool:
        """Whether they have had all answers of this hour."""
        now = self._monotonic()
        return risen(self._figures.answers, self._of(address, now).answers, now).left < 1

    def calm_in(self, address: Address) -> float:
        """Seconds until they are answered again if they say nothing more; 0.0 for now."""
        now = self._monotonic()
        return calm_in(self._figures, self._of(address, now), now)

    def _of(self, address: Address, now: float) -> Seen:
        return self._seen.get(address) or met(self._figures, now)

    def _keep(self, address: Address, seen: Seen) -> None:
        self._seen[address] = seen
        self._seen.move_to_end(address)
        if len(self._seen) > KNOWN:
            self._seen.popitem(last=False)

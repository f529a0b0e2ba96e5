"""What the sender of a channel has in hand: claimed under its lease, settled under its lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from bot.domain.people import Address
from bot.errors import LeaseLost
from bot.failpoints import reach
from bot.ports import ClaimedPush, Clock, PushOutcome, Store
from bot.ports.leasing import Lease
from bot.runtime.leases import Tenure
from bot.runtime.metrics import Metrics

_log = structlog.get_logger("minsheng.push_sender")


class Claims:
    """The outbox of one channel, for its one sender. ``tenure``: the channel's lease; None where there is no other
    sender. ``kept`` hears of people for whom something is kept, ``timer_at`` of timers that a delivery set."""

    def __init__(
        self,
        channel: str,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        tenure: Tenure | None,
        timer_at: Callable[[datetime], None],
        kept: Callable[[Address], None],
    ) -> None:
        self._channel, self._store, self._clock, self._metrics = channel, store, clock, metrics
        self._tenure, self._timer_at, self._kept = tenure, timer_at, kept
        self._outcomes: list[tuple[Lease | None, PushOutcome]] = []
        self._in_hand: dict[int, Address] = {}
        self.under: Lease | None = None
        """The lease under which we send."""

    def __len__(self) -> int:
        """How many are claimed and not settled."""
        return len(self._in_hand)

    def still(self, under: Lease | None) -> bool:
        """Whether what was claimed under a lease may still be sent."""
        return (None if self._tenure is None else self._tenure.held()) == under

    async def take_over(self) -> int | None:
        """Become the sender, if that is ours to be and we are not: how many pushes of the one before are sent again.

        None where there is nothing to take over; `mine` says whether we are the sender then. Raises StoreUnavailable.
        """
        held = None if self._tenure is None else self._tenure.held()
        if held is None or held == self.under:
            return None
        try:
            again = await self.recover(held)
        except LeaseLost:
            self._refused("recover")
            return None
        self.under = held
        return again

    @property
    def mine(self) -> bool:
        """Whether we are the sender now."""
        return self._tenure is None or (self.under is not None and self._tenure.held() == self.under)

    async def recover(self, under: Lease | None = None) -> int:
        """What was under way when the sender before us ended is to be sent again; how many."""
        now = self._clock.now()
        again = await self._store.recover_pushes(self._channel, now, repeat=True, under=under)
        self._in_hand.clear()
        return again

    async def claim(self, room: int) -> Sequence[ClaimedPush]:
        """The next ones; none when another sends now. Raises StoreUnavailable."""
        if room <= 0:
            return ()
        in_hand = None if self.under is None else tuple(sorted(self._in_hand))
        try:
            claimed = await self._store.claim_pushes(
                self._channel, self._clock.now(), room, under=self.under, in_hand=in_hand
            )
        except LeaseLost:
            self._refused("claim")
            return ()
        self._in_hand.update((each.id, each.push.address) for each in claimed)
        return claimed

    def became(self, under: Lease | None, outcome: PushOutcome) -> None:
        """What became of one that was claimed under that lease; to be settled."""
        self._outcomes.append((under, outcome))

    def dropped(self) -> None:
        """One was not sent, since another sends now: it is theirs."""
        self._refused("send")

    async def settle(self) -> None:
        """Write down what became of what we sent. What was sent under a lease we have no more is not ours to write: who
        took over has sorted it out. Raises StoreUnavailable: then it is still to be written."""
        stale = sum(under != self.under for under, _ in self._outcomes)
        outcomes = [outcome for under, outcome in self._outcomes if under == self.under]
        self._outcomes = []
        if stale:
            self._refused("settle", stale)
        if not outcomes:
            return
        reach("push.before_settle")
        try:
            timer_at = await self._store.settle_pushes(outcomes, under=self.under)
        except LeaseLost:
            self._refused("settle", len(outcomes))
            return
        except BaseException:
            self._outcomes[:0] = [(self.under, outcome) for outcome in outcomes]
            raise
        reach("push.after_settle")
        for outcome in outcomes:
            address = self._in_hand.pop(outcome.id, None)
            if outcome.state == "kept" and address is not None:
                self._kept(address)
        if timer_at is not None:
            self._timer_at(timer_at)

    def _refused(self, where: str, count: int = 1) -> None:
        self._metrics.fences.labels(where).inc(count)
        _log.warning("another worker sends now", channel=self._channel, where=where, count=count)

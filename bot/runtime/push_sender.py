"""Sends what is in the outbox of one channel: in order per person, no faster than the platform wants, never twice."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from msgspec.structs import replace

from bot.changes import Changes
from bot.domain.people import Address
from bot.errors import Conflict, LeaseLost
from bot.failpoints import reach
from bot.logs import frames
from bot.message import Delivered, Delivery, Kept, Lane, Moved, Push, Refused, TryLater, Unclear
from bot.ports import BriefChannel, Channel, ClaimedPush, Clock, PushOutcome, Store
from bot.ports.leasing import Lease
from bot.runtime.claims import Claims
from bot.runtime.leases import Tenure
from bot.runtime.metrics import Metrics

AT_ONCE = 16
CLAIMED = 128
"""How many pushes are in hand at most."""

PATIENCE = 2.0
"""Seconds after which new pushes are looked for though some are still under way."""

SETTLE_EVERY = 0.02
"""Seconds: what was sent and is not written down yet is sent again after a crash, so it is written down soon."""
LOOK_EVERY = 10.0
"""Seconds between two looks at an outbox nobody told us anything about."""

LONGEST_PAUSE = 1.0
"""A push that must wait longer than so many seconds for its turn is put back."""

PICTURE_TRIES = 3
"""A picture that could not be sent so often is dropped: the words before it say the same."""

KEPT_FOR_HELD = frozenset({Lane.NOTICE, Lane.BULK})
"""What is not sent to somebody who is held; danger, and what they asked for, is."""

DEADLINE = 90.0
"""Seconds; channels give up earlier by themselves."""

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 3600.0

_log = structlog.get_logger("minsheng.push_sender")


def _nothing(_due: datetime) -> None:
    """Nobody wants to hear of timers."""


def _not_shown(_address: Address) -> None:
    """Nobody can show what is kept."""


class PushSender:
    """The one sender of a channel. ``gone`` is told of people that cannot be reached any more, ``timer_at`` of timers
    that a delivery set.

    ``wake`` is set when there is something to write down; others set it when there is something to send.
    """

    def __init__(
        self,
        channel: Channel,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        gone: Callable[[Address], Awaitable[None]],
        wake: asyncio.Event,
        timer_at: Callable[[datetime], None] = _nothing,
        tenure: Tenure | None = None,
        kept: Callable[[Address], None] = _not_shown,
    ) -> None:
        """``tenure``: the lease of the channel; None where there is no other sender. ``kept`` hears of people for whom
        something is kept."""
        self._channel = channel
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._gone = gone
        self._wake = wake
        self._claims = Claims(channel.name, store, clock, metrics, tenure, timer_at, kept)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._halted_until = 0.0  # monotonic
        self._later: list[datetime] = []  # a heap: when pushes become due that may not go yet

    async def recover(self) -> int:
        """When we begin: what was under way when the sender before us ended is sent again. Returns how many those are.

        Nobody knows which of them arrived. Most did not: they are marked as begun by the batch, before the first one
        leaves. Every text names its ticket, so a second copy does no harm, and one that never comes does.
        """
        return await self._claims.recover()

    def expect(self, due: datetime) -> None:
        """There is a push that may go from then on."""
        heapq.heappush(self._later, due)

    def idle(self) -> float:
        """Seconds until it makes sense to look again without being woken."""
        seconds = LOOK_EVERY
        if self._later:
            seconds = min(seconds, (self._later[0] - self._clock.now()).total_seconds())
        return max(0.0, seconds, self._halted_until - self._clock.monotonic())

    async def once(self) -> int:
        """Claim, send, write down; how many were claimed."""
        again = await self._claims.take_over()
        if again is not None:
            self._halted_until = 0.0
            self._channel.pace.begun(self._clock.monotonic())
            if again:
                _log.warning("pushes of the sender before are sent again", channel=self._channel.name, count=again)
        if not self._claims.mine or self._clock.monotonic() < self._halted_until:
            await self._claims.settle()
            return 0
        now = self._clock.now()
        while self._later and self._later[0] <= now:
            heapq.heappop(self._later)
        claimed = await self._claims.claim(CLAIMED - len(self._claims))
        reach("push.claimed")
        loop = asyncio.get_running_loop()
        fresh = {loop.create_task(self._send(push)) for push in claimed}
        for task in fresh:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        began = loop.time()
        while fresh and loop.time() - began < PATIENCE:
            _, fresh = await asyncio.wait(fresh, timeout=SETTLE_EVERY)
            await self._claims.settle()
        await self._claims.settle()
        return len(claimed)

    async def drain(self, seconds: float) -> None:
        """Wait for what is under way, at most so long, and write it down."""
        if self._under_way:
            await asyncio.wait(list(self._under_way), timeout=seconds)
        for task in list(self._under_way):
            task.cancel()  # stays marked as begun: unclear after the next start
        await self._claims.settle()

    async def _send(self, claimed: ClaimedPush) -> None:
        under = self._claims.under
        try:
            outcome = await self._outcome(claimed, under)
        except LeaseLost:
            self._claims.dropped()
            return
        except Exception as error:
            # What failed may have failed after the platform took it: never sent again blindly.
            self._metrics.errors.labels("push").inc()
            _log.error("push failed", channel=self._channel.name, push=claimed.id, where=frames(error))
            outcome = self._became(claimed, "unclear", reason=type(error).__qualname__)
        self._metrics.push(self._channel.name, outcome.state)
        self._claims.became(under, outcome)
        self._wake.set()  # somebody must write it down if nobody waits for it any more

    async def _outcome(self, claimed: ClaimedPush, under: Lease | None) -> PushOutcome:
        push, now = claimed.push, self._clock.now()
        if push.expires_at is not None and push.expires_at <= now:
            return self._became(claimed, "expired")
        least = 0 if push.reserve else self._channel.traits.credits_reserved
        if push.lane in KEPT_FOR_HELD and await self._store.reader.hold(push.address, now) is not None:
            return self._became(claimed, "kept", reason="held")
        spent = claimed.credits is not None and claimed.credits <= least
        if spent and push.reply.picture is not None:
            return self._became(claimed, "refused", reason="no credits")  # kept, it would be words without a picture
        if spent and not (push.brief is not None and isinstance(self._channel, BriefChannel)):
            return self._became(claimed, "kept", reason="no credits")
        pause = await self._paced(push)
        if pause:
            return self._became(claimed, "ready", reason="pace", seconds=pause)
        async with self._slots:
            if not self._claims.still(under):
                raise LeaseLost()
            reach("push.before_send")
            try:
                async with asyncio.timeout(DEADLINE):
                    if spent and isinstance(self._channel, BriefChannel):
                        delivery = await self._channel.deliver_brief(push)
                    else:
                        delivery = await self._channel.deliver(push, claimed.replaces)
            except TimeoutError:
                delivery = Unclear("deadline")
            reach("push.after_send")
        return await self._noted(claimed, delivery)

    async def _paced(self, push: Push) -> float:
        """Wait for this push's turn and take it; seconds it must be put back for when that is too long."""
        while True:
            now = self._clock.monotonic()
            pause = max(self._halted_until - now, self._channel.pace.wait(push.address, push.lane, now))
            if pause > LONGEST_PAUSE:
                return pause
            if pause <= 0:
                self._channel.pace.sent(push.address, push.lane, now)
                return 0.0
            await asyncio.sleep(pause)

    async def _noted(self, claimed: ClaimedPush, delivery: Delivery) -> PushOutcome:
        match delivery:
            case Delivered(message_id, reason):
                return self._became(claimed, "sent", message_id=message_id, reason=reason)
            case TryLater(seconds, reason, whole_channel):
                now = self._clock.monotonic()
                self._channel.pace.halted(seconds, None if whole_channel else claimed.push.address, now)
                if (
                    claimed.push.reply.picture is not None
                    and claimed.attempts + 1 >= PICTURE_TRIES
                    and not whole_channel
                ):
                    return self._became(claimed, "refused", reason=reason)
                if whole_channel:
                    self._halted_until = max(self._halted_until, now + seconds)
                    return self._became(claimed, "ready", reason=reason, seconds=seconds)
                return self._became(claimed, "ready", reason=reason, seconds=max(seconds, backoff(claimed.attempts)))
            case Kept(reason):
                return self._became(claimed, "kept", reason=reason)
            case Refused(reason, gone):
                if gone:
                    await self._gone(claimed.push.address)
                return self._became(claimed, "refused", reason=reason)
            case Moved(address):
                moved = replace(claimed.push, key=f"{claimed.push.key}:moved", address=address)
                with contextlib.suppress(Conflict):  # it is there already
                    await self._store.commit(Changes(at=self._clock.now(), pushes=[moved]))
                return self._became(claimed, "refused", reason="moved")
            case Unclear(reason) if self._channel.traits.repeatable:
                return self._became(claimed, "ready", reason=reason, seconds=backoff(claimed.attempts))
            case Unclear(reason):
                return self._became(claimed, "unclear", reason=reason)
            case _:
                assert_never(delivery)

    def _became(
        self, claimed: ClaimedPush, state: str, *, message_id: str = "", reason: str = "", seconds: float | None = None
    ) -> PushOutcome:
        now = self._clock.now()
        not_before = None if seconds is None else now + timedelta(seconds=seconds)
        if not_before is not None:
            self.expect(not_before)
        return PushOutcome(claimed.id, state, now, message_id, reason, not_before)


def backoff(attempts: int) -> float:
    """Seconds to wait after so many attempts: doubled each time up to an hour, spread by a quarter. Never given up."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts, 16)) * random.uniform(1.0, 1.25)  # noqa: S311  # spreads retries, no secret

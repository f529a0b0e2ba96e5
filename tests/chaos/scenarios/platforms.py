"""Platforms that lie, limit, stall and go away (F9-F12): what is sent again, what is not, and that nothing vanishes.

Residents leave a matter half told, the wall clock goes on by two hours, and the desk reminds them all at once: on
WeChat that is a customer-service message each. On Telegram every answer is a push.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.gate import Gate
from tests.chaos.oracle import Violation, sqlite
from tests.chaos.people import Resident
from tests.chaos.stage import OPEN, Play, Result, Stage, steer
from tests.fakes.telegram_api import fault, flood, hang, reset
from tests.fakes.wechat_api import Fault

PEOPLE = 24
STRUCK = 6
"""Calls that go wrong in a phase; the others go well."""
REMINDED = 2 * 3600 + 60.0
"""Seconds after which a draft that was left lying is asked about."""
NEXT_DAY = 86_400.0
HALT = 2
"""Seconds for which Telegram wants nothing."""
SHUT = 2.0


@dataclass(slots=True)
class Lying:
    """The desk, the ways to its platforms, and by how much the clock of this world has been moved."""

    play: Play
    steer: Path
    wechat: Gate
    telegram: Gate
    result: Result
    moved: float = 0.0
    phases: list[str] = field(default_factory=list)

    def move(self, seconds: float) -> None:
        """It is later now, for the desk and for everybody."""
        self.moved += seconds
        self.play.driver.shift = self.moved
        steer(self.steer, self.moved)

    async def later(self, seconds: float) -> None:
        """It is later, and the desk is a new process: an old one looks at the clock every thirty seconds only."""
        await self.play.desk.end()
        self.move(seconds)
        await self.play.desk.start()
        await self.play.desk.ready()

    async def drafts(self) -> list[Resident]:
        """People on WeChat who begin and do not go on."""
        return await self._say("wechat", 1)

    async def matters(self) -> list[Resident]:
        """People on Telegram who tell and confirm."""
        return await self._say("telegram", 2)

    async def _say(self, channel: str, most: int) -> list[Resident]:
        found = (each for each in iter(self.play.driver.crowd.next, None) if each.channel == channel)
        people = list(itertools.islice(found, PEOPLE))

        async def say(resident: Resident) -> None:
            for _ in range(most):
                await self.play.driver.deliver(self.play.driver.message(resident, resident.script.popleft()))

        await asyncio.gather(*map(say, people))
        return people

    async def sent(self, people: list[Resident], seconds: float = 60.0) -> None:
        """Wait until there is something for each of them, and the outbox is empty."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(0.2)
            with sqlite(self.play.database) as ask:
                empty = not ask(OPEN)[0][0]
            if empty and len(self.states(people)) >= len(people):
                return
        self.result.violations.append(Violation("I5", f"not sent in {seconds:.0f} s: {self.phases[-1]}", 1, ()))

    def states(self, people: list[Resident]) -> list[str]:
        """How the pushes to these people stand."""
        ids = {f"{each.channel}:{each.id}" for each in people}
        with sqlite(self.play.database) as ask:
            return [
                str(state) for address, state in ask("SELECT address, state FROM push ORDER BY id") if address in ids
            ]

    def expect(self, what: str, true: bool) -> None:
        """Note a promise that is broken."""
        if not true:
            self.result.violations.append(Violation("F9", f"{self.phases[-1]}: {what}", 1, ()))


async def run(stage: Stage) -> Result:
    """Each way of going wrong in turn; in the end the oracle counts."""
    result = Result("platforms")
    async with AsyncExitStack() as opened:
        play = await opened.enter_async_context(stage.play("lies", telegram=0.5, longer=0.0))
        wechat = await opened.enter_async_context(Gate(play.platforms.wechat.url))
        telegram = await opened.enter_async_context(Gate(play.platforms.telegram.base))
        play.desk.settings = {
            **play.desk.settings,
            "MINSHENG_WECHAT__API_BASE": wechat.url,
            "MINSHENG_TELEGRAM__API_BASE": telegram.url,
        }
        play.desk.steer = stage.folder / f"{stage.name}-clock"
        lying = Lying(play, play.desk.steer, wechat, telegram, result)
        lying.move(0.0)
        await play.first_start()
        for phase in PHASES:
            lying.phases.append((phase.__doc__ or "").partition(":")[0])
            await phase(lying)
            stage.step(lying.phases[-1])
        verdict = await play.settled(faulty=True)
        result.add(verdict)
        result.figures |= {"phases": len(PHASES), "given up as unclear": verdict.states["unclear"]}
        result.figures["token calls"] = play.platforms.wechat.calls["token"]
    return result


async def _tokens(lying: Lying) -> None:
    """42001, 40001: the token ends again and again while messages leave; all arrive."""
    people = await lying.drafts()
    ending = False

    async def expire() -> None:
        while not ending:
            lying.play.platforms.wechat.expire_token()
            await asyncio.sleep(0.5)

    expiring = asyncio.ensure_future(expire())
    await lying.later(REMINDED)
    await lying.sent(people)
    await asyncio.sleep(2.0)
    ending = True
    await expiring
    # A token that is refused twice in a row halts the channel for a minute.
    lying.move(90.0)
    await lying.sent(people, 120.0)
    lying.expect("sent to all", lying.states(people).count("sent") == len(people))


async def _quota_of_a_person(lying: Lying) -> None:
    """45047: what may not be sent now is kept, and told when the person writes."""
    people = await lying.drafts()
    lying.play.platforms.wechat.next("send", *(Fault(errcode=45047) for _ in range(STRUCK)))
    await lying.later(REMINDED)
    await lying.sent(people)
    await asyncio.sleep(1.0)
    lying.expect("kept", lying.states(people).count("kept") == STRUCK)
    for resident in people:
        await lying.play.driver.deliver(lying.play.driver.message(resident, "进度"))
    states = lying.states(people)
    lying.expect("told", states.count("kept") == 0 and states.count("told") == STRUCK)


async def _faults_of_wechat(lying: Lying) -> None:
    """5xx: it may have been sent, so it is not sent again."""
    await _unclear(lying, Fault(status=502), arrive=False)


async def _stalls_of_wechat(lying: Lying) -> None:
    """no answer after it was taken: one copy."""
    await _unclear(lying, Fault(hang=True, accepted=True), arrive=True)


async def _resets_of_wechat(lying: Lying) -> None:
    """cut off after it was taken: one copy."""
    await _unclear(lying, Fault(reset=True, accepted=True), arrive=True)


async def _unclear(lying: Lying, fault_: Fault, *, arrive: bool) -> None:
    people = await lying.drafts()
    wechat = lying.play.platforms.wechat
    before = len(wechat.sent)
    wechat.next("send", *(fault_ for _ in range(STRUCK)))
    await lying.later(REMINDED)
    await lying.sent(people)
    await asyncio.sleep(1.0)
    states = lying.states(people)
    lying.expect("unclear", states.count("unclear") == STRUCK)
    lying.expect("copies", len(wechat.sent) - before == len(people) - (0 if arrive else STRUCK))


async def _away_wechat(lying: Lying) -> None:
    """refused connections: tried again until it is there, nothing lost."""
    people = await lying.drafts()
    await lying.wechat.shut()
    await lying.later(REMINDED)
    await asyncio.sleep(SHUT)
    await lying.wechat.open()
    end = time.monotonic() + 90.0
    while lying.states(people).count("sent") < len(people) and time.monotonic() < end:
        lying.move(30.0)
        await asyncio.sleep(0.5)
    lying.expect("sent to all", lying.states(people).count("sent") == len(people))


async def _quota_of_the_day(lying: Lying) -> None:
    """45009: nothing more is tried until the next day, and then all is sent."""
    people = await lying.drafts()
    wechat = lying.play.platforms.wechat
    wechat.always("send", Fault(errcode=45009))
    await lying.later(REMINDED)
    await asyncio.sleep(4.0)
    calls = wechat.calls["send"]
    await asyncio.sleep(3.0)
    lying.expect("the quota is not burned", wechat.calls["send"] == calls)
    wechat.always("send", None)
    await lying.later(NEXT_DAY)  # by then they are reminded once more, too
    await lying.sent(people, 90.0)
    lying.expect("sent to all", set(lying.states(people)) == {"sent"})


async def _floods(lying: Lying) -> None:
    """429: nothing to that chat before retry_after is over, then all."""
    telegram = lying.play.platforms.telegram
    telegram.script("sendMessage", *(flood(HALT) for _ in range(STRUCK)))
    people = await lying.matters()
    await lying.sent(people)
    lying.expect("sent to all", set(lying.states(people)) == {"sent"})


async def _faults_of_telegram(lying: Lying) -> None:
    """5xx of Telegram: it may have been sent, so it is not sent again."""
    lying.play.platforms.telegram.script(
        "sendMessage", *(fault(502, accept=number % 2 == 0) for number in range(STRUCK))
    )
    people = await lying.matters()
    await lying.sent(people)
    lying.expect("unclear", lying.states(people).count("unclear") == STRUCK)


async def _stalls_of_telegram(lying: Lying) -> None:
    """no answer of Telegram after it was taken, or a connection cut: one copy."""
    lying.play.platforms.telegram.script("sendMessage", hang(), reset(), hang(), reset())
    people = await lying.matters()
    await lying.sent(people, 90.0)
    lying.expect("unclear", lying.states(people).count("unclear") == 4)


async def _away_telegram(lying: Lying) -> None:
    """refused connections of Telegram: tried again until it is there, nothing lost."""
    await lying.telegram.shut()
    people = await lying.matters()
    await asyncio.sleep(SHUT)
    await lying.telegram.open()
    await lying.sent(people, 90.0)
    lying.expect("sent to all", set(lying.states(people)) == {"sent"})


PHASES: tuple[Callable[[Lying], Awaitable[None]], ...] = (
    _tokens,
    _quota_of_a_person,
    _faults_of_wechat,
    _stalls_of_wechat,
    _resets_of_wechat,
    _away_wechat,
    _floods,
    _faults_of_telegram,
    _stalls_of_telegram,
    _away_telegram,
    _quota_of_the_day,
)

"""Plays one scene: every line of a script is looked up in a small grammar and done on the stage."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from tests.dialogue import facts
from tests.dialogue.facts import TOWN
from tests.dialogue.phones import Phone, Shown
from tests.dialogue.scenes import Line, Scene
from tests.dialogue.stage import QUIET, Stage

NAMES = {"road": "人民路", "twofold": "朝阳路", "pin": "33.39685 117.65908", "long_title": "路灯反复损坏" * 550}
LONG = "人民路的路灯坏了，晚上看不见路。"
PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_WAIT = timedelta(days=4)
"""How long the next push may let us wait; a weekend and a day."""

LEARNT = {
    "special": r"S\d{6}-\d{5,}",
    "number": r"\d{6}-\d{5,}",
    "code": r"\d{6}",
    "invite": r"[0-9A-Za-z][0-9A-Za-z-]{5,}",
}
"""Fields that take their value from what the desk says; a suffix (``{number_a}``) keeps several apart."""
FIELD = re.compile(rf"\\{{(({'|'.join(LEARNT)})(?:_\w+)?)\\}}")


class Actor:
    """Somebody with a phone. ``since`` is where the answer to their last act begins on its screen, ``met`` how much of
    the screen has been waited for."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.since = 0
        self.met = 0

    def heard(self) -> str:
        """Everything said to them since, choices included."""
        return as_text(self.phone.screen[self.since :])


def as_text(screen: list[Shown]) -> str:
    """Messages as a script looks at them."""
    return "\n".join("\n".join([each.text, *(label for label, _ in each.choices)]) for each in screen)


class Player:
    """Plays one scene on one stage."""

    def __init__(self, set_: Stage, channel: str) -> None:
        self.stage, self.channel = set_, channel
        self.actors = {"resident": Actor(set_.phones["resident"])}
        self.learnt = dict(NAMES)
        self.begun = False

    async def play(self, scene: Scene) -> None:
        for line in scene.for_channel(self.channel):
            try:
                await self.act(line)
            except AssertionError as wrong:
                where = f"{scene.file}.txt:{line.number}: {line.text}"
                heard = "\n".join(
                    f"the desk said to {name}:\n" + "\n--\n".join(s.text for s in actor.phone.screen[actor.since :])
                    for name, actor in self.actors.items()
                )
                now = self.stage.clock.now().astimezone(TOWN)
                raise AssertionError(f"{where}\n{wrong}\nat {now:%Y-%m-%d %H:%M}\n{heard}") from wrong

    async def act(self, line: Line) -> None:
        name, _, rest = line.text.partition(" ")
        if name.rstrip(":") in self.actors:
            actor = self.actors[name.rstrip(":")]
            for pattern, deed in DEEDS:
                matched = re.fullmatch(pattern, f": {rest}" if name.endswith(":") else rest, re.S)
                if matched is not None:
                    await deed(self, actor, *(self.filled(group or "") for group in matched.groups()))
                    return
        for pattern, happening in HAPPENINGS:
            matched = re.fullmatch(pattern, line.text, re.S)
            if matched is not None:
                await happening(self, *(self.filled(group or "") for group in matched.groups()))
                return
        raise AssertionError("nobody knows what this line means")

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: self.learnt.get(m[1], m[0]), text)

    # Who takes part

    async def employs(self, role: str, name: str, details: str) -> None:
        wechat = role == "supervisor" and self.channel != "wechat"
        values = dict(re.findall(r"(\w+)(?:=(\S+))?", details))
        channel = values.pop("channel", "wechat" if wechat else "telegram")
        phone = await self.stage.new_phone(channel)
        self.stage.phones[name or role] = phone
        self.actors[name or role] = Actor(phone)
        if not self.begun:
            await self.stage.open()
        self.begun = True
        await self.stage.employ(phone, role, values)
        self.here()

    async def meets(self, name: str, channel: str) -> None:
        self.stage.phones[name] = await self.stage.new_phone(channel or "telegram")
        self.actors[name] = Actor(self.stage.phones[name])

    # What they do

    async def begin(self, actor: Actor) -> None:
        """An act: what the desk says to this phone from now on answers it."""
        self.begun = True
        await self.stage.advance(timedelta(seconds=1))
        actor.since = len(actor.phone.screen)

    async def settled(self, actor: Actor) -> None:
        await self.stage.settle()
        actor.met = len(actor.phone.screen)

    async def says(self, actor: Actor, text: str) -> None:
        await self.begin(actor)
        await actor.phone.say(text)
        await self.settled(actor)

    async def together(self, acts: str) -> None:
        """Several people type at the same moment: ``handler: 接单 1 | second: 接单 1``."""
        said = [act.partition(": ") for act in acts.split(" | ")]
        await self.stage.advance(timedelta(seconds=1))
        for name, _, _ in said:
            self.actors[name].since = len(self.actors[name].phone.screen)
        await asyncio.gather(*(self.actors[name].phone.say(text) for name, _, text in said))
        for name, _, _ in said:
            await self.settled(self.actors[name])

    async def writes(self, actor: Actor, length: str) -> None:
        await self.says(actor, (LONG * 500)[: int(length)])

    async def sends(self, actor: Actor, what: str, caption: str) -> None:
        await self.begin(actor)
        for number, kind in enumerate(what.split(", ")):
            await actor.phone.send(kind, caption if number == 0 else "")
        await self.settled(actor)

    async def pins(self, actor: Actor, latitude: str, longitude: str, label: str) -> None:
        await self.begin(actor)
        await actor.phone.pin(float(latitude), float(longitude), label)
        await self.settled(actor)

    async def pins_town(self, actor: Actor, point: str) -> None:
        latitude, longitude = point.split()
        await self.pins(actor, latitude, longitude, "")

    async def presses(self, actor: Actor, old: str, label: str) -> None:
        if not find(actor, label, bool(old)):
            await self.stage.advance(QUIET)
        found = find(actor, label, bool(old))
        assert found, f"nothing to tap that begins with {label}"
        await self.begin(actor)
        await actor.phone.press(*found)
        await self.settled(actor)

    async def edits(self, actor: Actor, before: str, after: str) -> None:
        await self.begin(actor)
        await actor.phone.edit(before, after)
        await self.settled(actor)

    async def replies(self, actor: Actor, to: str, text: str) -> None:
        shown = next(shown for shown in reversed(actor.phone.screen) if to in shown.text)
        await self.begin(actor)
        await actor.phone.reply(shown, text)
        await self.settled(actor)

    async def takes(self, actor: Actor, channel: str) -> None:
        name = next(name for name, each in self.actors.items() if each is actor)
        actor.phone = self.stage.phones[name] = await self.stage.new_phone(channel)
        actor.since = actor.met = 0

    async def follows(self, actor: Actor, un: str) -> None:
        await self.begin(actor)
        await actor.phone.follow(follows=not un)
        await self.settled(actor)

    # Time

    def here(self) -> None:
        """From now on is what everybody hears."""
        for actor in self.actors.values():
            actor.since = actor.met = len(actor.phone.screen)

    async def after(self, count: str, unit: str) -> None:
        self.here()
        await self.stage.advance(timedelta(**{unit: int(count)}))

    async def after_working(self, count: str, unit: str) -> None:
        self.here()
        now, calendar = self.stage.clock.now(), self.stage.guide.calendar
        if unit.startswith("hour"):
            then = calendar.after_working_hours(now, int(count)).at
        else:
            day = calendar.after_working_days(now, int(count)).at.astimezone(TOWN).date()
            then = datetime.combine(day, now.astimezone(TOWN).timetz())
        await self.stage.advance(then - now)

    async def at(self, moment: str) -> None:
        then = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=TOWN)
        if self.begun:
            assert then >= self.stage.clock.now(), "the clock does not go back"
            self.here()
            await self.stage.advance(then - self.stage.clock.now())
        else:
            self.stage.clock.at = then

    async def jumps(self, count: str, unit: str, back: str) -> None:
        self.here()
        self.stage.clock.at += timedelta(**{unit: int(count)}) * (-1 if back else 1)
        await self.stage.settle()

    # What the desk says

    async def said(self, text: str) -> None:
        await self.heard(self.actors["resident"], text)

    async def heard(self, actor: Actor, text: str) -> None:
        found = self.search(text, actor.heard())
        if found is None:
            await self.stage.advance(QUIET)
            found = self.search(text, actor.heard())
        assert found, f"the desk did not say: {text}"
        self.learnt.update(found.groupdict())

    async def next_push(self, name: str, text: str) -> None:
        actor = self.actors[name]
        await self.stage.settle()
        await self.stage.advance(LONGEST_WAIT, until=lambda: len(actor.phone.screen) > actor.met)
        found = self.search(text, as_text(actor.phone.screen[actor.met :]))
        actor.since, actor.met = actor.met, len(actor.phone.screen)
        assert found, f"the next push does not say: {text}"
        self.learnt.update(found.groupdict())

    async def next_pushes(self, name: str, texts: str) -> None:
        """Each of them comes, in one push or in several: two boxes opened at the same moment make either."""
        actor, missing = self.actors[name], texts.split(" | ")
        begin = actor.met
        for _ in range(len(missing)):
            await self.next_push(name, "")
            missing = [text for text in missing if self.search(text, as_text(actor.phone.screen[begin:])) is None]
            if not missing:
                break
        actor.since = begin
        assert not missing, f"the next pushes do not say: {missing}"

    def search(self, text: str, heard: str) -> re.Match[str] | None:
        return re.search(FIELD.sub(lambda m: f"(?P<{m[1]}>{LEARNT[m[2]]})", re.escape(text)), heard)

    async def not_said(self, text: str) -> None:
        await self.not_heard(self.actors["resident"], text)

    async def not_heard(self, actor: Actor, text: str) -> None:
        await self.stage.advance(QUIET)
        assert text not in actor.heard(), f"the desk said: {text}"

    async def silent(self) -> None:
        assert not self.actors["resident"].heard()

    async def sees(self, actor: Actor, count: str) -> None:
        """So many pictures came since, each of a size for a telephone."""
        await self.stage.advance(QUIET)
        shown = [shown.picture for shown in actor.phone.screen[actor.since :] if shown.picture]
        assert len(shown) == int(count), f"there are {len(shown)} pictures"
        assert all(picture.startswith(PNG) and int.from_bytes(picture[16:20]) == 1080 for picture in shown)

    async def hears_nothing(self, actor: Actor) -> None:
        await self.stage.advance(QUIET)
        assert not actor.heard(), "the desk said something"

    # What is stored

    async def stored(self, text: str) -> None:
        await self.stage.settle()
        found = await facts.of_store(self.stage.store, self.actors["resident"].phone.address)
        for name, value in facts.wanted(text):
            assert found.get(name) == value, f"{name} is {found.get(name)!r}"

    async def stored_of(self, number: str, text: str) -> None:
        await self.stage.settle()
        ticket = await self.stage.store.reader.ticket(number)
        assert ticket is not None, "no such ticket"
        found = await facts.of_ticket(self.stage.store, ticket)
        for name, value in facts.wanted(text):
            assert found.get(name) == value, f"{name} is {found.get(name)!r}"


def find(actor: Actor, label: str, old: bool) -> tuple[Shown, str, str] | None:
    """The choice whose label begins so: on the last message that has any, or on any, the newest first."""
    offering = [shown for shown in reversed(actor.phone.screen) if shown.choices]
    for shown in offering if old else offering[:1]:
        for text, token in shown.choices:
            if text.startswith(label):
                return shown, text, token
    return None


Deed = Callable[..., Coroutine[Any, Any, None]]

DEEDS: list[tuple[str, Deed]] = [
    (r": (.*)", Player.says),
    (r"writes (\d+) characters", Player.writes),
    (r'sends ([\w, ]+?)(?: with "(.*)")?', Player.sends),
    (r"pins (\S+) (\S+)(?: (.+))?", Player.pins),
    (r"pins (\{pin\})", Player.pins_town),
    (r"presses (old )?(.+)", Player.presses),
    (r"edits (.+) -> (.+)", Player.edits),
    (r"replies to (.+?): (.+)", Player.replies),
    (r"takes (\w+)", Player.takes),
    (r"(un)?follows", Player.follows),
    (r"hears: (.+)", Player.heard),
    (r"hears not: (.+)", Player.not_heard),
    (r"hears nothing", Player.hears_nothing),
    (r"sees (\d+) pictures?", Player.sees),
]
"""What follows an actor's name."""

HAPPENINGS: list[tuple[str, Deed]] = [
    (r"staff (\w+)(?: as (\w+))?((?: \S+)*)", Player.employs),
    (r"person (\w+)(?: channel=(\w+))?", Player.meets),
    (r"together: (.+)", Player.together),
    (r"after (\d+) (seconds|minutes|hours|days)", Player.after),
    (r"after (\d+) working (days?|hours?)", Player.after_working),
    (r"at (\d{4}-\d\d-\d\d \d\d:\d\d)", Player.at),
    (r"the clock jumps (\d+) (hours|days)( back)?", Player.jumps),
    (r"desk: (.+)", Player.said),
    (r"desk not: (.+)", Player.not_said),
    (r"desk silent", Player.silent),
    (r"next push to (\w+): (.+)", Player.next_push),
    (r"next pushes to (\w+): (.+)", Player.next_pushes),
    (r"store: (.+)", Player.stored),
    (r"ticket (\S+): (.+)", Player.stored_of),
]
"""Everything else."""

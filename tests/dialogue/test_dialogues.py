"""Every script, on every channel."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from tests.dialogue.phones import Shown
from tests.dialogue.scenes import Line, Scene, scenes
from tests.dialogue.stage import QUIET, Stage, stage

TOWN = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 4, 10, 0, tzinfo=TOWN)  # a Wednesday morning
NAMES = {"road": "人民路", "twofold": "朝阳路", "pin": "33.39685 117.65908"}
LONG = "人民路的路灯坏了，晚上看不见路。"

CASES = [
    pytest.param(scene, channel, id=f"{scene.file}: {scene.title} [{channel}]")
    for scene in scenes()
    for channel in scene.channels
]


class Player:
    """Plays one scene on one stage."""

    def __init__(self, set_: Stage, channel: str) -> None:
        self.stage, self.channel, self.phone = set_, channel, set_.phone
        self.learnt = dict(NAMES)
        self.since = 0

    async def play(self, scene: Scene) -> None:
        for line in scene.for_channel(self.channel):
            try:
                await self.act(line)
            except AssertionError as wrong:
                heard = "\n--\n".join(shown.text for shown in self.phone.screen[self.since :])
                where = f"{scene.file}.txt:{line.number}: {line.text}"
                raise AssertionError(f"{where}\n{wrong}\nthe desk said:\n{heard}") from wrong

    async def act(self, line: Line) -> None:
        for pattern, handler in self.GRAMMAR:
            matched = re.fullmatch(pattern, line.text, re.S)
            if matched is not None:
                await handler(self, *(self.filled(group or "") for group in matched.groups()))
                return
        raise AssertionError("nobody knows what this line means")

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: self.learnt.get(m[1], m[0]), text)

    # The resident

    async def begin(self) -> None:
        """An act of the resident: what the desk says from now on answers it."""
        await self.stage.advance(timedelta(seconds=1))
        self.since = len(self.phone.screen)

    async def says(self, text: str) -> None:
        await self.begin()
        await self.phone.say(text)
        await self.stage.settle()

    async def writes(self, length: str) -> None:
        await self.says((LONG * 500)[: int(length)])

    async def sends(self, what: str, caption: str) -> None:
        await self.begin()
        for number, kind in enumerate(what.split(", ")):
            await self.phone.send(kind, caption if number == 0 else "")
        await self.stage.settle()

    async def pins(self, latitude: str, longitude: str, label: str) -> None:
        await self.begin()
        await self.phone.pin(float(latitude), float(longitude), label)
        await self.stage.settle()

    async def presses(self, old: str, label: str) -> None:
        if not self.find(label, bool(old)):
            await self.stage.advance(QUIET)
        found = self.find(label, bool(old))
        assert found, f"nothing to tap that begins with {label}"
        await self.begin()
        await self.phone.press(*found)
        await self.stage.settle()

    def find(self, label: str, old: bool) -> tuple[Shown, str, str] | None:
        offering = [shown for shown in self.phone.screen if shown.choices]
        for shown in offering if old else offering[-1:]:
            for text, token in shown.choices:
                if text.startswith(label):
                    return shown, text, token
        return None

    async def edits(self, before: str, after: str) -> None:
        await self.begin()
        await self.phone.edit(before, after)
        await self.stage.settle()

    async def replies(self, to: str, text: str) -> None:
        shown = next(shown for shown in reversed(self.phone.screen) if to in shown.text)
        await self.begin()
        await self.phone.reply(shown, text)
        await self.stage.settle()

    async def takes(self, channel: str) -> None:
        self.stage.phone = self.phone = await self.stage.new_phone(channel)
        self.since = 0

    async def follows(self, un: str) -> None:
        await self.begin()
        await self.phone.follow(follows=not un)
        await self.stage.settle()

    # Time

    async def after(self, count: str, unit: str) -> None:
        self.since = len(self.phone.screen)
        await self.stage.advance(timedelta(**{unit: int(count)}))

    async def at(self, moment: str) -> None:
        self.stage.clock.at = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=TOWN)

    # The desk

    def heard(self) -> str:
        shown = self.phone.screen[self.since :]
        return "\n".join("\n".join([each.text, *(label for label, _ in each.choices)]) for each in shown)

    async def said(self, text: str) -> None:
        pattern = re.escape(text).replace(r"\{number\}", r"(?P<number>\d{6}-\d{5,})")
        pattern = pattern.replace(r"\{code\}", r"(?P<code>\d{6})")
        found = re.search(pattern, self.heard())
        if found is None:
            await self.stage.advance(QUIET)
            found = re.search(pattern, self.heard())
        assert found, f"the desk did not say: {text}"
        self.learnt.update(found.groupdict())

    async def not_said(self, text: str) -> None:
        await self.stage.advance(QUIET)
        assert text not in self.heard(), f"the desk said: {text}"

    async def silent(self) -> None:
        assert not self.heard()

    async def store(self, wanted: str) -> None:
        await self.stage.settle()
        store, facts = self.stage.store, {}
        tickets = [report async for report in store.reports.tickets()]
        rows = store.reader
        facts["tickets"] = str(len(tickets))
        session = await rows.session(self.phone.address)
        facts["drafts"] = str(len(session.drafts)) if session else "0"
        facts["tasks"] = ",".join(self.open_tasks())
        if tickets:
            newest = tickets[-1]
            ticket = newest.ticket
            facts |= {"status": ticket.status, "kind": ticket.kind, "type": ticket.type, "unit": ticket.unit}
            facts["attachments"] = str(sum(file.state == "stored" for file in newest.attachments))
            facts["length"] = str(len(ticket.text))
            facts["hidden"] = "yes" if ticket.hidden else "no"
            facts["danger"] = "yes" if ticket.danger else "no"
            facts["located"] = "yes" if ticket.place and ticket.place.latitude else "no"
            facts["events"] = str(len(await rows.events(ticket.number)))
        for fact in wanted.split():
            name, _, value = fact.partition("=")
            assert facts.get(name) == value, f"{name} is {facts.get(name)!r}"

    def open_tasks(self) -> list[str]:
        with closing(sqlite3.connect(self.stage.store.path)) as database:
            rows = database.execute("SELECT kind FROM task WHERE closed_at IS NULL ORDER BY kind").fetchall()
        return [kind for (kind,) in rows]

    GRAMMAR: ClassVar[list[tuple[str, Callable[..., Coroutine[Any, Any, None]]]]] = [
        (r"resident: (.*)", says),
        (r"resident writes (\d+) characters", writes),
        (r'resident sends ([\w, ]+?)(?: with "(.*)")?', sends),
        (r"resident pins (\S+) (\S+)(?: (.+))?", pins),
        (r"resident pins (\{pin\})", lambda self, pin: self.pins(*pin.split(), "")),
        (r"resident presses (old )?(.+)", presses),
        (r"resident edits (.+) -> (.+)", edits),
        (r"resident replies to (.+?): (.+)", replies),
        (r"resident takes (\w+)", takes),
        (r"resident (un)?follows", follows),
        (r"after (\d+) (seconds|minutes|hours|days)", after),
        (r"at (\d{4}-\d\d-\d\d \d\d:\d\d)", at),
        (r"desk: (.+)", said),
        (r"desk not: (.+)", not_said),
        (r"desk silent", silent),
        (r"store: (.+)", store),
    ]


@pytest.mark.parametrize(("scene", "channel"), CASES)
async def test_scene(scene: Scene, channel: str, tmp_path: Path) -> None:
    async with stage(channel, tmp_path, START) as set_:
        await Player(set_, channel).play(scene)


def test_there_are_scenes() -> None:
    assert len(CASES) > 100

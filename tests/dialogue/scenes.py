"""Dialogue scripts: plain text that a clerk can read, played on every channel.

::

    == Two messages: say it, confirm it
    resident: 路灯坏了三天          somebody types
    resident sends photo, voice    files, in one burst; `with "words"` gives the first a caption
    resident pins 30.0 120.0       a location (WGS-84); anything after it is the label
    resident presses 确认提交       taps the choice whose label starts so; types its number where nothing can be tapped
    resident presses old 接单       ... on any message shown so far, the newest first, not only on the last with buttons
    resident replies to 已收到: 是靠桥的那盏    quotes the desk's message that holds these words (telegram)
    resident takes telegram        goes on with another phone, as somebody the desk does not know
    resident edits 路灯坏了 -> …    (telegram) changes an earlier message
    resident follows / unfollows
    after 2 hours                  the clock moves on, timers fire, pushes leave
    after 2 working days           ... to the same time of the second working day of the town's calendar
    after 4 working hours          ... until the town has worked so long
    at 2026-09-30 16:00            the town's clock is set (at the start), or moves on until then, as with after
    the clock jumps 1 hours        the clock is wrong by so much at once; `back` after it: into the past
    desk: 您要反映的事              since the resident's last act the desk has said this ({number}, {code} are learnt)
    desk not: 重复                  ... and has not said this
    desk silent                    ... nothing at all, so far
    store: tickets=1 status=dispatched unit=…   the newest ticket and the counts
    ticket {number}: status=closed              a certain one
    only wechat                    the scene is for these channels alone
    [wechat] desk: 收到第2张照片    the line is for this channel alone ([-wechat]: for the others)

More people take part when the scene says so before anything else but `at`::

    staff handler unit=transport name=王强            joins by a code; telegram unless `channel=` says otherwise
    staff handler as second unit=transport name=李娟  the word after `as` is what the script calls them
    staff supervisor area=liuxi walled                a supervisor has WeChat with customer service
    person neighbour channel=web                      one more resident

Their lines are the resident's with their name in front (`handler: 接单 {number}`, `lead presses 准`, `supervisor sends
photo`), and for what they are told::

    handler hears: 新工单          said to that phone since its last act, or since the clock last moved
    handler hears not: 新工单
    handler hears nothing
    together: handler: 接单 1 | second: 接单 1    at the same moment
    next push to handler: 新工单   the clock moves on until something new has come to that phone: it says this
    next pushes to handler: 督办单 | 重新办理   each of them comes, in one push or in several

``{number}`` and ``{code}`` may carry a name, ``{number_a}``; ``{invite}`` is an invitation code.
``[telegram]`` always means the resident's channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHANNELS = ("wechat", "service", "telegram", "web")
"""``service`` is a WeChat account that may send customer-service messages."""
FOLDER = Path(__file__).parent / "scripts"

_FOR = re.compile(r"\[(-?)([a-z ]+)\]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a scene, with its number in the file."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A story with a title, for some channels."""

    title: str
    file: str
    channels: tuple[str, ...]
    lines: tuple[Line, ...]

    def for_channel(self, channel: str) -> Iterator[Line]:
        """The lines that this channel plays."""
        for line in self.lines:
            marked = _FOR.fullmatch(line.text)
            if marked is None:
                yield line
            elif (channel in marked[2].split()) != bool(marked[1]):
                yield Line(line.number, marked[3])

    @property
    def staffed(self) -> bool:
        """Whether anybody works at the desk in this scene."""
        return any(line.text.startswith("staff ") for line in self.lines)


def scenes(folder: Path = FOLDER) -> list[Scene]:
    """All scenes of all scripts, in order."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        title, lines = "", list[Line]()
        channels: tuple[str, ...] = CHANNELS
        for number, raw in enumerate([*file.read_text("utf-8").splitlines(), "=="], 1):
            text = raw.strip()
            if text.startswith("=="):
                if lines:
                    found.append(Scene(title, file.stem, channels, tuple(lines)))
                title, channels, lines = text.removeprefix("==").strip(), CHANNELS, []
            elif text.startswith("only "):
                channels = tuple(text.split()[1:])
            elif text and not text.startswith("#"):
                lines.append(Line(number, text))
    return found

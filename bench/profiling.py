"""Where a server's processor time goes under load: its event loop by samples, its threads by the kernel's count."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.contestants import ROOT, Contestant, Field

_ROWS = 45
_LEAST = 0.006
_PACKAGES = "site-packages/"
_OURS = ("bot", "handlers", "storage", "main.py")


def run(field: Field, channel: str, seconds: int, console: Console) -> None:
    """Print the shares of packages, functions and threads. Raises LoadError."""
    saved = field.folder / "profile.json"
    wrapper = ("-m", "bench.sampler", str(saved))
    with ExitStack() as running:
        if channel == "telegram":
            desk = field.telegram(running.enter_context(field.fake_telegram("profile-api")), wrapper)
        else:
            desk = field.product(wrapper=wrapper)
        threads, each = _loaded(desk, seconds, console)
    print_samples(saved, each, console)
    console.print(_table("By thread", threads, threads.total(), each))


def print_samples(saved: Path, each: float, console: Console) -> None:
    """Print what `bench.sampler` saw; ``each`` is the processor time of a message in us."""
    stacks = [(count, list(map(_place, places))) for count, places in json.loads(saved.read_text())["stacks"]]
    total = sum(count for count, _ in stacks) or 1
    console.print(_table("By package, own time", _own(stacks, _package), total, each))
    console.print(_table("By function, own time", _own(stacks, str), total, each))
    console.print(_table("By our function, with all it calls", _inclusive(stacks), total, each))


def _loaded(desk: Contestant, seconds: int, console: Console) -> tuple[Counter[str], float]:
    with desk.process:
        desk.check()
        desk.load.prime()
        os.kill(desk.process.pid, signal.SIGUSR2)
        before = desk.process.cpu_by_thread()
        ran = desk.load.run(seconds)
        used = {name: spent - before.get(name, 0.0) for name, spent in desk.process.cpu_by_thread().items()}
        each = sum(used.values()) / ran.answered * 1e6
        console.print(
            f"{desk.name}: {ran.rate:.0f} messages a second while watched, {each:.0f} us of processor time each"
        )
    return Counter({name: round(spent * 1000) for name, spent in used.items()}), each


def _own(stacks: Iterable[tuple[int, list[str]]], name: Callable[[str], str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for count, places in stacks:
        found[name(places[-1])] += count
    return found


def _inclusive(stacks: Iterable[tuple[int, list[str]]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for count, places in stacks:
        for place in {place for place in places if place.startswith(_OURS)}:
            found[place] += count
    return found


def _place(place: str) -> str:
    """A place by its package: "aiohttp/web_protocol.py:start", "bot/turn.py:Turn.say", "asyncio/events.py:run"."""
    if _PACKAGES in place:
        return place.rpartition(_PACKAGES)[2]
    if place.startswith(f"{ROOT}/"):
        return place.removeprefix(f"{ROOT}/")
    return "/".join(Path(place).parts[-2:])


def _package(place: str) -> str:
    """The package of a place; ours by folder, everything else by its top."""
    path = place.partition(":")[0]
    parts = path.split("/")
    if parts[0] == "bot":
        return "/".join(parts[: min(3, len(parts) - 1)]) if len(parts) > 2 else path
    return parts[0]


def _table(title: str, found: Counter[str], total: int, each: float) -> Table:
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("where")
    drawn.add_column("%", justify="right")
    drawn.add_column("us a message", justify="right")
    for name, count in found.most_common(_ROWS):
        if count / total >= _LEAST:
            drawn.add_row(name, f"{100 * count / total:.1f}", f"{each * count / total:.0f}")
    return drawn

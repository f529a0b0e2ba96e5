"""Where the time of the product goes under load: pyinstrument samples its event loop, the kernel counts its threads."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from pyinstrument.session import Session
from rich.console import Console
from rich.table import Table

from bench.contestants import ROOT, Field

_ROWS = 30
_PACKAGES = "site-packages/"


def run(field: Field, channel: str, seconds: int, console: Console) -> None:
    """Print the share of each package and of the dearest functions. Raises LoadError."""
    saved = field.folder / "profile.pyisession"
    wrapper = ("-m", "pyinstrument", "-i", "0.001", "-r", "pyisession", "-o", str(saved))
    if channel == "telegram":
        with field.fake_telegram("profile-api") as fake:
            desk = field.telegram(fake, wrapper)
            threads = _loaded(desk, seconds)
    else:
        threads = _loaded(field.product(wrapper=wrapper), seconds)
    session: Any = Session.load(str(saved))
    packages: dict[str, float] = defaultdict(float)
    functions: dict[str, float] = defaultdict(float)
    _add_up(session.root_frame(trim_stem=False), packages, functions)
    for title, found in (("package", packages), ("function", functions), ("thread", threads)):
        console.print(_table(title, found))


def _loaded(desk: Any, seconds: int) -> dict[str, float]:
    with desk.process:
        desk.check()
        before = desk.process.cpu_by_thread()
        ran = desk.load.run(seconds)
        after = desk.process.cpu_by_thread()
    return {
        f"{name} ({(after[name] - before.get(name, 0.0)) / ran.answered * 1e6:.0f} us a message)": after[name]
        - before.get(name, 0.0)
        for name in after
    }


def _add_up(frame: Any, packages: dict[str, float], functions: dict[str, float]) -> None:
    """Own time of every frame below, iteratively: stacks of an event loop are deep."""
    waiting = [frame]
    while waiting:
        frame = waiting.pop()
        own = frame.time - sum(child.time for child in frame.children)
        if own > 0:
            place = _place(frame.file_path or "")
            packages[place.partition("/")[0] if not place.startswith("bot/") else "/".join(place.split("/")[:2])] += own
            functions[f"{place}:{frame.function}"] += own
        waiting.extend(frame.children)


def _place(path: str) -> str:
    """A file by its package: "aiohttp/web_protocol.py", "bot/turn.py", "asyncio/base_events.py"."""
    if _PACKAGES in path:
        return path.rpartition(_PACKAGES)[2]
    if path.startswith(str(ROOT)):
        return str(Path(path).relative_to(ROOT))
    parts = Path(path).parts
    return "/".join(parts[-2:]) if parts else "(built in)"


def _table(title: str, found: dict[str, float]) -> Table:
    drawn = Table(title=f"Own time by {title}", title_justify="left")
    drawn.add_column(title)
    drawn.add_column("%", justify="right")
    total = sum(found.values()) or 1.0
    for name, took in sorted(found.items(), key=lambda item: -item[1])[:_ROWS]:
        if took / total >= 0.003:
            drawn.add_row(name, f"{100 * took / total:.1f}")
    return drawn

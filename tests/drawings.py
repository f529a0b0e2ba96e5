"""Pictures in docs/ that are drawn from the code. ``python -m tests.drawings`` writes them; a test compares them."""

from __future__ import annotations

import re
from pathlib import Path

from bot.conversation.states import ENDED, OPEN, TRANSITIONS
from bot.domain.ticket import LIFECYCLE

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"


def lifecycle() -> str:
    """The life of a ticket as a state diagram."""
    lines = [f"    {before} --> {after}: {action}" for (before, action), after in LIFECYCLE.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> filed: file", *lines, "```"])


def intake() -> str:
    """The intake machine as a table: from any open state, a trigger leads to a state."""
    lines = ["Open states: " + ", ".join(OPEN) + ". Ends: " + ", ".join(ENDED) + ".", "", "| trigger | from | to |"]
    lines.append("|---|---|---|")
    for t in TRANSITIONS:
        source = "any open" if t["source"] == OPEN else ", ".join(t["source"])
        lines.append(f"| {t['trigger']} | {source} | {t['dest']} |")
    return "\n".join(lines)


def drawn(text: str) -> str:
    """A page with its pictures drawn anew."""
    for name, picture in (("lifecycle", lifecycle()), ("intake", intake())):
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, p=picture: f"{m[1]}{p}\n{m[2]}", text, flags=re.S)  # type: ignore[misc]  # bound
    return text


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")

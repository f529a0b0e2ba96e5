"""Pictures in docs/ that are drawn from the code. ``python -m tests.drawings`` writes them; a test compares them."""

from __future__ import annotations

import re
from pathlib import Path

from bot.catalogue import Catalogue
from bot.conversation.states import ENDED, OPEN, TRANSITIONS
from bot.domain import special
from bot.domain.people import Role
from bot.domain.ticket import LIFECYCLE
from bot.retention import CLASSES
from handlers.staff.commands import COMMANDS
from handlers.staff.manual import in_hands_of
from storage.audit_kinds import KINDS
from tests.labelled.__main__ import table

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
HANDLERS = ROOT / "docs" / "handlers.md"
AUDIT = ROOT / "docs" / "audit.md"
PRIVACY = ROOT / "docs" / "privacy.md"
WORKING = (Role.HANDLER, Role.LEAD, Role.SUPERVISOR)


def lifecycle() -> str:
    """The life of a ticket as a state diagram."""
    lines = [f"    {before} --> {after}: {action}" for (before, action), after in LIFECYCLE.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> filed: file", *lines, "```"])


def special_case() -> str:
    """The life of a special case as a state diagram; what leaves the state alone is left out."""
    moves = [(before, step, after) for (before, step), after in special.LIFECYCLE.items() if before is not after]
    lines = [f"    {before} --> {after}: {step}" for before, step, after in moves]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> open: open", *lines, "```"])


def intake() -> str:
    """The intake machine as a table: from any open state, a trigger leads to a state."""
    lines = ["Open states: " + ", ".join(OPEN) + ". Ends: " + ", ".join(ENDED) + ".", "", "| trigger | from | to |"]
    lines.append("|---|---|---|")
    for t in TRANSITIONS:
        source = "any open" if t["source"] == OPEN else ", ".join(t["source"])
        lines.append(f"| {t['trigger']} | {source} | {t['dest']} |")
    return "\n".join(lines)


def commands() -> str:
    """What staff can type, in both languages, and whose command it is."""
    chinese, english = map(Catalogue.load(ROOT / "locales").words, ("zh_CN", "en"))
    lines = ["| 中文 | English | 经办人 handler | 分管领导 lead | 督办员 supervisor |", "|---|---|---|---|---|"]
    for command in COMMANDS.values():
        whose = [in_hands_of(role, command) for role in WORKING]
        if command.hidden or not any(whose):
            continue
        said = (
            " · ".join([f"`{words(f'usage.{command.name}')}`", *words(f"command.{command.name}").split("|")[1:]])
            for words in (chinese, english)
        )
        lines.append(
            "| " + " | ".join([*(each.replace("|", "\\|") for each in said), *("✓" if y else "" for y in whose)]) + " |"
        )
    return "\n".join(lines)


def recorded() -> str:
    """What the chained record binds."""
    lines = [
        "| entry | rows that are only added | the row that says how things stand | not bound |",
        "|---|---|---|---|",
    ]
    for kind in KINDS.values():
        which = kind.state.which.removeprefix("r.") if kind.state is not None else ""
        state = f"`{kind.state.table}`{f' where {which}' if which else ''}" if kind.state is not None else ""
        left = ", ".join(f"`{name}`" for each in (kind.steps, kind.state) if each is not None for name in each.left_out)
        lines.append(f"| {kind.what} | {f'`{kind.steps.table}`' if kind.steps else ''} | {state} | {left} |")
    return "\n".join(lines)


def retention() -> str:
    """Each class of data, its days, and why."""
    lines = ["| class | days | what | why |", "|---|---:|---|---|"]
    lines += [f"| `{each.name}` | {each.days or 'ever'} | {each.what} | {each.why} |" for each in CLASSES]
    return "\n".join(lines)


def drawn(text: str) -> str:
    """A page with its pictures drawn anew."""
    for name, picture in (
        ("lifecycle", lifecycle()),
        ("special", special_case()),
        ("intake", intake()),
        ("commands", commands()),
        ("recorded", recorded()),
        ("retention", retention()),
        ("masking", table()),
    ):
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, p=picture: f"{m[1]}{p}\n{m[2]}", text, flags=re.S)  # type: ignore[misc]  # bound
    return text


if __name__ == "__main__":
    for page in (PAGE, HANDLERS, AUDIT, PRIVACY):
        page.write_text(drawn(page.read_text("utf-8")), "utf-8")

"""What the ``audit`` commands say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.audit_story import Told
    from storage.audit_verify import Report

_ADVICE = (
    "Somebody changed the database past the desk, or the disk did. Leave this data folder as it is and copy it away.",
    "Then look for the newest backup that `audit verify` finds whole, and compare what the two have of what is named.",
)
_NO_HEADS = "There is no signed head: that nothing was cut off at the end cannot be seen (--heads FILE)."

_PHRASES = {
    "ticket": "{steps}: {note}",
    "staff": "{steps}: {note}",
    "special": "{steps}: {note}",
    "hold": "{steps} of a hold: {note}",
    "looked": "looked: {note}",
    "used": "an invitation was used",
    "invitation": "an invitation was made",
    "review": "a review of answer {part}",
    "finding": "a finding about answer {part}",
    "link": "linked: {note}",
    "lesson": "a lesson for the idea store",
    "board": "a board was published",
    "transcript": "the words of a voice message were corrected",
    "genesis": "the record begins; what was there before: {note}",
}


def report_object(report: Report, flaws: Sequence[str], seconds: float) -> dict[str, Any]:
    """What verifying found, for other programs."""
    seq, link = report.last
    return {
        "whole": report.whole and not flaws,
        "entries": report.entries,
        "rows": report.rows,
        "forgotten": report.forgotten,
        "before": report.before,
        "heads": report.heads,
        "last": {"seq": seq, "hash": link.hex()},
        "seconds": round(seconds, 3),
        "problems": [
            *({"seq": problem.seq, "why": problem.why} for problem in report.problems),
            *({"seq": 0, "why": flaw} for flaw in flaws),
        ],
    }


def report_lines(
    report: Report, flaws: Sequence[str], lost: Sequence[tuple[int, int, datetime]], seconds: float
) -> Iterator[str]:
    """What verifying found, and what to do, for people: the first broken place first."""
    seq, link = report.last
    pace = f"{(report.entries + report.rows) / max(seconds, 1e-6):,.0f} a second"
    yield f"{report.entries:,} entries, {report.rows:,} rows that they bind: {pace}. Newest: {seq} {link.hex()}"
    if report.forgotten:
        yield f"{report.forgotten:,} entries were forgotten by erasures, as the record says."
    if older := sum(report.before.values()):
        yield f"{older:,} rows are older than the record: nothing is said of them."
    for first, last, at in lost:
        yield f"Entries {first} to {last} were lost when a backup was put back at {at.isoformat()}."
    for why in (*(problem.why for problem in report.problems), *flaws):
        yield f"BROKEN: {why}"
    if report.problems or flaws:
        yield from _ADVICE
        return
    yield (
        "All is as it was written."
        if not report.heads
        else (f"All is as it was written, and {report.heads:,} signed heads lie in it.")
    )
    if not report.heads:
        yield _NO_HEADS


def entry_object(told: Told) -> dict[str, Any]:
    """An entry, for other programs."""
    return {
        "seq": told.seq,
        "at": told.at.isoformat(),
        "what": told.what,
        "part": told.part,
        "steps": told.steps,
        "actor": told.actor,
        "note": told.note,
        "whole": told.whole,
    }


def entry_line(told: Told, names: Mapping[str, str]) -> str:
    """An entry in a line."""
    actor = names.get(told.actor, told.actor) or "-"
    mark = {True: "", False: "  NOT AS IT WAS WRITTEN", None: "  (erased from since)"}[told.whole]
    return f"{told.seq:>8}  {told.at:%Y-%m-%d %H:%M:%SZ}  {actor}  {_phrase(told)}{mark}"


def _phrase(told: Told) -> str:
    if told.what == "erasure":
        return f"something personal was erased: {_forgot(told.note)} entries were forgotten"
    if told.note == "anew":
        return f"bound anew after an erasure: steps 1 to {told.part}"
    first = told.part - told.steps + 1
    steps = f"step {told.part}" if told.steps == 1 else f"steps {first} to {told.part}"
    if told.what == "link" and told.gone:
        return f"no longer linked: {told.note}"
    return _PHRASES.get(told.what, "{note}").format(steps=steps, part=told.part, note=told.note)


def _forgot(note: str) -> int:
    try:
        return len(json.loads(note)["forgot"])
    except (ValueError, KeyError, TypeError):
        return 0


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("entries", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""Runs a program and notes every few milliseconds of processor time where its main thread is.

``python -m bench.sampler OUT SCRIPT [ARGUMENTS…]`` begins at the signal USR2 and writes ``{"stacks": [[count, [place,
…]], …]}`` when the program ends, outermost place first. Ready-made profilers hook every call, which slowed a server
like these to less than half and so changed what is dear; a timer signal costs a few microseconds a sample and nothing
in between. Only processor time counts: samples in ``select`` are those in which another thread worked.
"""

from __future__ import annotations

import json
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

_EVERY_SECONDS = 0.002


class Sampler:
    """Counts stacks."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[CodeType, ...]] = Counter()

    def begin(self, _signal: int, _frame: FrameType | None) -> None:
        """Start the timer."""
        signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)

    def note(self, _signal: int, frame: FrameType | None) -> None:
        """Count where the main thread is."""
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        self._seen[tuple(stack)] += 1

    def save(self, path: Path) -> None:
        """Write what was counted."""
        stacks = [
            [count, [f"{code.co_filename}:{code.co_qualname}" for code in reversed(stack)]]
            for stack, count in self._seen.items()
        ]
        path.write_text(json.dumps({"stacks": stacks}))


def main() -> None:
    """Run the program that is named after the output file."""
    out, script = Path(sys.argv[1]), sys.argv[2]
    sys.argv = sys.argv[2:]
    sys.path[0] = str(Path(script).resolve().parent)
    sampler = Sampler()
    signal.signal(signal.SIGPROF, sampler.note)
    signal.signal(signal.SIGUSR2, sampler.begin)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        sampler.save(out)


if __name__ == "__main__":
    main()

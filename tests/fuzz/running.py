"""Giving inputs to a decoder and looking at what each costs."""

from __future__ import annotations

import gc
import hashlib
import resource
import time
import tracemalloc
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.decoder import Decoder, Ready

BATCH = 2000
"""Inputs of one batch: the n-th of a seed is always the same, whoever runs it."""

MOST_SECONDS = 0.050
MOST_BYTES = 50 * 1024 * 1024
"""What one input may cost (reliability target: fuzzed inputs)."""

AGAIN = 4
"""An input that seems slow is tried so often again: the machine may have been busy with something else."""

_WEIGHED_EVERY = 64
_WEIGHED_FROM = 8192
_KEPT = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that must not be like that: ``why`` is the error, or what it cost."""

    decoder: str
    why: str
    raw: bytes

    @property
    def name(self) -> str:
        """A name for a file."""
        return f"{self.decoder}-{hashlib.sha256(self.raw).hexdigest()[:12]}.bin"


@dataclass
class Told:
    """What came of some inputs: seconds of the processor, bytes of Python's own memory at most for one input."""

    inputs: int = 0
    refused: int = 0
    unhandled: int = 0
    slow: int = 0
    heavy: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    biggest: int = 0
    largest: int = 0
    findings: list[Finding] = field(default_factory=list)
    _kinds: dict[str, int] = field(default_factory=dict)

    def find(self, decoder: str, why: str, raw: bytes) -> None:
        """Keep an input, a few of each kind."""
        kind = why.partition(":")[0]
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if self._kinds[kind] <= _KEPT:
            self.findings.append(Finding(decoder, why, raw))

    def add(self, other: Told) -> None:
        """Together with what came of others."""
        for name in ("inputs", "refused", "unhandled", "slow", "heavy", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("slowest", "biggest", "largest"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for finding in other.findings:
            self.find(finding.decoder, finding.why, finding.raw)

    @property
    def fine(self) -> bool:
        """Whether nothing was found."""
        return not (self.unhandled or self.slow or self.heavy)


def run_batch(decoder: Decoder, ready: Ready, seed: int, number: int, count: int = BATCH) -> Told:
    """Give a batch of inputs; what came of them."""
    chance, told = Random(f"{seed}/{decoder.name}/{number}"), Told()
    gc.collect()
    for n in range(count):
        run_one(decoder, ready, ready.make(chance), told, weigh=n % _WEIGHED_EVERY == 0)
    return told


def run_one(decoder: Decoder, ready: Ready, raw: bytes, told: Told, *, weigh: bool = True) -> None:
    """Give one input and write down what came of it."""
    told.inputs += 1
    told.largest = max(told.largest, len(raw))
    seconds, problem = _given(ready, raw)
    if isinstance(problem, ready.refuses):
        told.refused += 1
    elif problem is not None:
        told.unhandled += 1
        told.find(decoder.name, f"{type(problem).__name__}: {str(problem)[:200]!r}", raw)
    told.seconds += seconds
    if seconds > MOST_SECONDS:
        seconds = min(seconds, *(_given(ready, raw)[0] for _ in range(AGAIN)))
    told.slowest = max(told.slowest, seconds)
    if seconds > MOST_SECONDS:
        told.slow += 1
        told.find(decoder.name, f"slow: {seconds * 1000:.0f} ms of the processor", raw)
    if weigh or len(raw) >= _WEIGHED_FROM:
        weight = _weight(ready, raw)
        told.biggest = max(told.biggest, weight)
        if weight > MOST_BYTES:
            told.heavy += 1
            told.find(decoder.name, f"heavy: {weight / 2**20:.0f} MB", raw)


def limit_memory(extra: int = 1 << 30) -> None:
    """From now on this process gets no more than so many bytes above what it has: a bomb becomes a MemoryError."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + extra, most))


def _given(ready: Ready, raw: bytes) -> tuple[float, Exception | None]:
    """Seconds of this thread, and what was raised."""
    begin = time.thread_time()
    try:
        ready.decode(raw)
    except Exception as error:
        return time.thread_time() - begin, error
    return time.thread_time() - begin, None


def _weight(ready: Ready, raw: bytes) -> int:
    """Bytes that Python took at most while it read an input."""
    tracemalloc.start()
    try:
        _given(ready, raw)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

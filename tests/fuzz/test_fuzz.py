"""A small part of `make fuzz`, with chance that is always the same, and whatever was found before.

How long an input takes is not asserted here but told by ``python -m tests.fuzz``: on a busy machine it says nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.all import BY_NAME, DECODERS
from tests.fuzz.decoder import Decoder, Ready
from tests.fuzz.mutation import Grammar
from tests.fuzz.running import MOST_BYTES, Told, run_batch, run_one

SEED = 6
INPUTS = {"town": 500, "settings": 400, "dispatch": 100}
"""Of those that cost more than the others; 2,000 of each other one."""

FOUND = sorted((Path(__file__).parent / "found").glob("*.bin"))


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_nothing_is_raised_but_refusals(decoder: Decoder) -> None:
    ready = decoder.prepare()
    try:
        told = run_batch(decoder, ready, SEED, 0, INPUTS.get(decoder.name, 2000))
    finally:
        ready.close()
    assert [(finding.why, finding.raw) for finding in told.findings if not finding.why.startswith("slow")] == []
    assert told.unhandled == 0
    assert told.biggest <= MOST_BYTES
    assert told.refused < 0.97 * told.inputs, "nearly all stay at the door: are the seeds good?"


def test_there_is_something_that_was_found() -> None:
    assert {path.name.partition("-")[0] for path in FOUND} <= BY_NAME.keys()
    assert len(FOUND) >= 10


@pytest.mark.parametrize("name", sorted({path.name.partition("-")[0] for path in FOUND}))
def test_what_was_found_is_found_no_more(name: str) -> None:
    ready = BY_NAME[name].prepare()
    try:
        for path in (path for path in FOUND if path.name.startswith(f"{name}-")):
            told = Told()
            run_one(BY_NAME[name], ready, path.read_bytes(), told)
            assert told.unhandled == 0, (path.name, told.findings)
            assert told.biggest <= MOST_BYTES, path.name
    finally:
        ready.close()


def test_a_decoder_that_breaks_is_found() -> None:
    """The harness itself: an error, an assertion and a bomb are findings; a refusal is none."""

    def decode(raw: bytes) -> object:
        if raw == b"bomb":
            return bytearray(MOST_BYTES + 1)
        if raw == b"no":
            raise KeyError("refused")
        raise ZeroDivisionError("broken")

    ready = Ready(lambda chance: b"", decode, (KeyError,))
    told = Told()
    for raw in (b"bomb", b"no", b"other"):
        run_one(Decoder("made", lambda: ready), ready, raw, told)
    assert (told.inputs, told.refused, told.unhandled, told.heavy) == (3, 1, 1, 1)
    assert sorted(finding.why.partition(":")[0] for finding in told.findings) == ["ZeroDivisionError", "heavy"]
    assert not told.fine


def test_the_same_chance_makes_the_same_inputs() -> None:
    grammar = Grammar([b"a=1&b=2", b"c=3"], re.compile(rb"[&=]|[^&=]+", re.S))
    one, other = (Random(1), Random(1))
    made = [grammar.make(one) for _ in range(500)]
    assert made == [grammar.make(other) for _ in range(500)]
    assert len(set(made)) > 300

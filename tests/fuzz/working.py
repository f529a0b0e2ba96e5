"""What each process of a long run does."""

from __future__ import annotations

import logging
import os
from functools import cache

import structlog

from tests.fuzz.all import BY_NAME
from tests.fuzz.decoder import Ready
from tests.fuzz.running import Told, limit_memory, run_batch

NICE = 10


def begin() -> None:
    """Stand behind everybody else, with a limit of memory, and keep quiet: what was found is told at the end."""
    os.nice(NICE)
    limit_memory()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@cache
def _ready(name: str) -> Ready:
    return BY_NAME[name].prepare()


def batch(name: str, seed: int, number: int) -> Told:
    """Give a batch of inputs to a decoder."""
    return run_batch(BY_NAME[name], _ready(name), seed, number)

"""A desk that syncs less than it promises: the negative control of the power cuts."""

from __future__ import annotations

import importlib
import sqlite3
from pathlib import Path
from typing import Any

from storage.opening import writing


def _careless(path: Path, busy_ms: int) -> sqlite3.Connection:
    connection = writing(path, busy_ms)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def install() -> None:
    """From now on this process writes with ``synchronous=NORMAL``: consistent, but acknowledged is not on disk."""
    store: Any = importlib.import_module("storage.store")
    assert store.writing is writing, "the store opens its connection in another way now"
    store.writing = _careless

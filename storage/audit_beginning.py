"""Beginning the chained record anew, in a database that was filled past it and that nobody has used."""

# ruff: noqa: S608  # only names of tables and columns are put into the texts
from __future__ import annotations

import json

from bot.domain.people import DESK
from storage.audit import append
from storage.audit_kinds import GENESIS, KINDS
from storage.audit_questions import count
from storage.driver import Driver


def begin(connection: Driver) -> None:
    """Let the record begin here: its first entry says how many rows there are of which it knows nothing."""
    counts: dict[str, int] = {}
    newest = 0
    for kind in KINDS.values():
        for bound in (kind.steps, kind.state):
            if bound is not None:
                counts[bound.table] = count(connection, bound)
                if "at" in bound.columns:
                    ((at,),) = connection.execute(f"SELECT coalesce(max(at), 0) FROM {bound.table}").fetchall()
                    newest = max(newest, at)
    connection.execute("DELETE FROM audit")
    connection.execute("DELETE FROM audit_head")
    note = json.dumps(counts, separators=(",", ":"))
    append(connection, [(newest, GENESIS, "", 0, 0, DESK, note, b"", b"", None)])

"""What verifying asks of the tables: the rows of many entries at once."""

# ruff: noqa: S608  # only names of tables and columns are put into the texts; values are variables
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from storage.audit_compare import Found
from storage.audit_kinds import KINDS, Bound, Kind
from storage.codec import read_staff
from storage.driver import Driver, Row

_PART = "a.seq > ? AND a.seq <= ? AND a.what = ?"
_FEW = 3
"""So many rows that should not be there are named."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The statements of one kind; "" for what it has not. All take (after, up to, what)."""

    added: str
    standing: str
    later: str
    behind: str


def _joined(bound: Bound | None) -> str:
    if bound is None:
        return ""
    return (
        f"SELECT a.seq, {bound.selected} FROM audit AS a CROSS JOIN {bound.table} AS r ON {bound.on}"
        f" WHERE {_PART} ORDER BY a.seq{bound.order}"
    )


def _behind(kind: Kind) -> str:
    """Entries whose subject is gone, or stands where it stood before them."""
    if not kind.counted or kind.state is None:
        return ""
    return (
        f"SELECT a.seq FROM audit AS a LEFT JOIN {kind.state.table} AS r ON r.{kind.state.subject} = a.subject"
        f" WHERE {_PART} AND length(a.state) > 0 AND a.salt IS NOT NULL AND (r.seq IS NULL OR r.seq < a.part)"
    )


def _later(kind: Kind) -> str:
    """Newer entries of the same subject and part."""
    if kind.counted or kind.state is None:
        return ""
    return (
        "SELECT a.seq, b.note, b.salt FROM audit AS a CROSS JOIN audit AS b ON b.subject = a.subject"
        f" AND b.what = a.what AND b.part = a.part AND b.seq > a.seq WHERE {_PART}"
    )


_ASKED = {
    what: Asked(_joined(kind.steps), _joined(kind.state), _later(kind), _behind(kind)) for what, kind in KINDS.items()
}


def found(driver: Driver, what: str, part: tuple[int, int, str]) -> Found:
    """What belongs to the entries of one kind between two seqs."""
    asked = _ASKED[what]
    return Found(
        added=_by_entry(driver, asked.added, part),
        standing=_by_entry(driver, asked.standing, part),
        later=_by_entry(driver, asked.later, part),
        behind=_by_entry(driver, asked.behind, part),
    )


def _by_entry(driver: Driver, sql: str, values: tuple[int, int, str]) -> dict[int, list[Row]]:
    """Rows by the entry they belong to, which stands in front; none where there is nothing to ask."""
    by_entry: dict[int, list[Row]] = {}
    if sql:
        last, many = None, list[Row]()
        for row in driver.execute(sql, values).fetchall():
            if row[0] != last:
                last = row[0]
                many = by_entry.setdefault(last, [])
            many.append(row[1:])
    return by_entry


def count(driver: Driver, bound: Bound) -> int:
    """How many rows there are that entries should bind."""
    where = f" WHERE {bound.which}" if bound.which else ""
    ((many,),) = driver.execute(f"SELECT count(*) FROM {bound.table} AS r{where}").fetchall()
    return int(many)


def unbound(driver: Driver, what: str, bound: Bound, since: int) -> tuple[int, list[str]]:
    """How many rows there are that no entry speaks of, and some of them by their keys; where they have a moment, newer
    than that. Asked when counts differ: it is slow."""
    also = [bound.which] if bound.which else []
    timed = "at" in bound.columns
    if timed:
        also.append("r.at > ?")
    if what == "looked":
        also.append("r.id NOT IN (SELECT a.part FROM audit AS a WHERE a.what = 'looked')")
    else:
        also.append(f"NOT EXISTS (SELECT 1 FROM audit AS a WHERE a.what = '{what}' AND {bound.on})")
    keys = [name for name in ("seq", "round", "kind", "other") if name in bound.columns]
    names = ", ".join(f'r."{name}"' for name in ("id" if what == "looked" else bound.subject, *keys))
    among, values = f"FROM {bound.table} AS r WHERE {' AND '.join(also)}", (since,) if timed else ()
    ((many,),) = driver.execute(f"SELECT count(*) {among}", values).fetchall()
    some = driver.execute(f"SELECT {names} {among} LIMIT {_FEW}", values).fetchall()
    return int(many), ["/".join(map(str, row)) for row in some]


def ahead(driver: Driver, kind: Kind) -> list[str]:
    """Some subjects that stand at a step nobody took."""
    if not kind.counted or kind.state is None or kind.steps is None:
        return []
    sql = (
        f"SELECT r.{kind.state.subject} FROM {kind.state.table} AS r WHERE NOT EXISTS (SELECT 1 FROM {kind.steps.table}"
        f" AS e WHERE e.{kind.steps.subject} = r.{kind.state.subject} AND e.seq = r.seq) LIMIT {_FEW}"
    )
    return [str(row[0]) for row in driver.execute(sql).fetchall()]


def elsewhere(driver: Driver) -> list[str]:
    """Staff whose addresses are not those that they have: who is reached there is somebody else."""
    held: dict[str, set[str]] = {}
    for address, id_ in driver.execute("SELECT address, staff FROM staff_address").fetchall():
        held.setdefault(id_, set()).add(address)
    try:
        staff = [read_staff(body) for (body,) in driver.execute("SELECT body FROM staff").fetchall()]
    except (ValueError, TypeError, msgspec.MsgspecError):
        return []  # their entries tell
    own = {each.id: {str(address) for address in each.addresses} for each in staff if each.removed_at is None}
    return sorted(id_ for id_ in held.keys() | own.keys() if held.get(id_, set()) != own.get(id_, set()))


def pages(driver: Driver, size: int) -> Iterator[list[Row]]:
    """All entries in their order, in pieces of so many."""
    after = -(2**62)
    while True:
        page = driver.execute(
            "SELECT seq, at, what, subject, part, steps, actor, note, digest, state, hash, salt FROM audit"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, size),
        ).fetchall()
        if not page:
            return
        yield page
        after = page[-1][0]

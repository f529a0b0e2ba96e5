"""Whose data this is: what a database was first used with, so that a trial cannot be mixed up with the real thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.driver import Driver

_KNOWN = "SELECT what, id FROM belonging"
_NEW = "INSERT INTO belonging (what, id, since) VALUES (?, ?, ?) ON CONFLICT (what) DO NOTHING"
_ADOPTED = "UPDATE belonging SET id = ?, since = ? WHERE what = ?"


@dataclass(frozen=True, slots=True)
class Foreign:
    """The data is of ``known``, the settings are of ``given``; ``what`` is a platform, or "outbox"."""

    what: str
    known: str
    given: str


def known(connection: Driver) -> dict[str, str]:
    """What the data belongs to, by platform."""
    return dict(connection.execute(_KNOWN).fetchall())


def claim(connection: Driver, given: Mapping[str, str], at: int, adopt: bool) -> Sequence[Foreign]:
    """Note whose the data is where nothing was noted yet. What it is not is returned, and nothing is changed then;
    with ``adopt`` it is from now on. ``at`` in microseconds."""
    before = known(connection)
    foreign = [Foreign(what, before[what], id_) for what, id_ in sorted(given.items()) if before.get(what, id_) != id_]
    if foreign and not adopt:
        return foreign
    for each in foreign:
        connection.execute(_ADOPTED, (each.given, at, each.what))
    for what in sorted(given.keys() - before.keys()):
        connection.execute(_NEW, (what, given[what], at))
    return ()

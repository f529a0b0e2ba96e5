"""What is done to the database of a backup before a desk starts on it.

Whoever had the desk forget them after the backup was made is forgotten again. What was good once, or was called back,
since then is good no more: codes for staff, links to residents' pages. What was being sent may have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from storage import forgetting
from storage.audit import append
from storage.audit_entries import acted, used
from storage.codec import as_json, micros, read_session
from storage.compacting import cleared_search
from storage.erasing import erase
from storage.forgetting import Digest, open_erasures
from storage.opening import prepare, writing
from storage.personal import sought
from storage.sweeping import swept

_BUSY_MS = 10_000
_PEOPLE = (
    "SELECT address FROM session UNION SELECT address FROM turn UNION SELECT address FROM reporter"
    " UNION SELECT address FROM attachment UNION SELECT address FROM push UNION SELECT address FROM inbox"
)
_LAST = "SELECT coalesce(max(seq), 0) FROM turn WHERE address = ?"
_SPENT = (
    "INSERT INTO invitation_use (digest, staff, at) SELECT i.digest, '', ? FROM invitation AS i"
    " WHERE NOT EXISTS (SELECT 1 FROM invitation_use AS u WHERE u.digest = i.digest) RETURNING digest, staff, at"
)
_UNCLEAR = "UPDATE push SET state = 'unclear', settled_at = ?, reason = 'restored' WHERE state = 'sending'"
_USED = "SELECT 1 FROM attachment WHERE sha256 = ? UNION ALL SELECT 1 FROM rendition WHERE sha256 = ? LIMIT 1"
_NO_KEYS = "DELETE FROM shared_key WHERE name IN ('sign-in', 'links')"
_SESSIONS = "SELECT address, body FROM session WHERE address > ? ORDER BY address LIMIT 1000"
_SESSION = "UPDATE session SET body = ? WHERE address = ?"


@dataclass(frozen=True, slots=True)
class Reapplied:
    """How many people were forgotten again, and their files; how many codes and links are good no more; how many
    pushes may have arrived or not."""

    people: int
    files: tuple[str, ...]
    codes: int
    links: int
    unclear: int


def reapply(path: Path, digest: Digest, listed: Mapping[str, datetime], made_at: datetime, now: datetime) -> Reapplied:
    """Bring a SQLite database of a backup up to what was asked since ``made_at``.

    ``listed`` has the digests of who was forgotten, and when. Raises ConfigurationError and sqlite3.Error.
    """
    prepare(path)
    with closing(writing(path, _BUSY_MS)) as connection:
        done = apply_to(connection, digest, listed, made_at, now)
        if done.people:
            with _transaction(connection):
                cleared_search(connection)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file again, to be given its name
    return done


def apply_to(
    connection: Any, digest: Digest, listed: Mapping[str, datetime], made_at: datetime, now: datetime
) -> Reapplied:
    """The same on any database: what every database has in common of it, in transactions of its own."""
    gone = {name: at for name, at in listed.items() if at > made_at}
    found = {}
    for (address,) in connection.execute(_PEOPLE).fetchall() if gone else ():
        if (at := gone.get(digest(address))) is not None:
            found[address] = at
    for address, at in found.items():
        with _transaction(connection):
            last = connection.execute(_LAST, (address,)).fetchone()[0]
            erase(connection, (address, last, micros(at)))
    files = _forget(connection, digest, now) if found else ()
    with _transaction(connection):
        spent = connection.execute(_SPENT, (micros(now),)).fetchall()
        unclear = connection.execute(_UNCLEAR, (micros(now),)).rowcount
        connection.execute(_NO_KEYS)
        append(connection, [*used(spent), acted(connection, "restore", f"{made_at:%Y-%m-%dT%H:%M:%SZ}", micros(now))])
    return Reapplied(len(found), files, len(spent), _call_back(connection, now), unclear)


def _forget(connection: Any, digest: Digest, now: datetime) -> tuple[str, ...]:
    """Bring every erasure to its end where nobody waits; contents that may go."""
    files: set[str] = set()
    while erasures := open_erasures(connection, 100):
        for erasure in erasures:
            fenced = erasure.state != "asked"
            while not fenced:
                with _transaction(connection):
                    fenced = forgetting.fence(connection, erasure, digest, f"erased:{digest(erasure.id)[:16]}")
            files.update(erasure.files)
        with _transaction(connection):
            swept(connection, [sought(erasure.address, erasure.traces) for erasure in erasures if erasure.address])
            ids = [erasure.id for erasure in erasures]
            forgetting.cleared(connection, ids)
            forgetting.finish(connection, ids, now)
    return tuple(each for each in sorted(files) if connection.execute(_USED, (each, each)).fetchone() is None)


def _call_back(connection: Any, now: datetime) -> int:
    """Let no link to a resident's page that was made before now open any more; of how many people."""
    after, count = "", 0
    while rows := connection.execute(_SESSIONS, (after,)).fetchall():
        with _transaction(connection):
            changed = list(_called_back(rows, now))
            connection.executemany(_SESSION, changed)
        after, count = rows[-1][0], count + len(changed)
    return count


def _called_back(rows: Iterable[tuple[str, str]], now: datetime) -> Iterable[tuple[str, str]]:
    for address, body in rows:
        try:
            yield as_json(replace(read_session(body), links_from=now)), address
        except msgspec.MsgspecError:  # written by another program: nobody can read it any more
            continue


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    """What is written inside is written whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

"""Whether what a database says fits together: what a restore drill looks at besides its pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from storage.audit_verify import verify
from storage.driver import Driver

_RULES: Mapping[str, str] = {
    "tickets whose last step is missing": (
        "SELECT count(*) FROM ticket AS t WHERE NOT EXISTS"
        " (SELECT 1 FROM ticket_event AS e WHERE e.ticket = t.number AND e.seq = t.seq)"
    ),
    "steps of tickets that are missing": (
        "SELECT count(*) FROM (SELECT ticket FROM ticket_event GROUP BY ticket HAVING count(*) <> max(seq)) AS gap"
    ),
    "people of tickets that are missing": (
        "SELECT count(*) FROM reporter AS r WHERE NOT EXISTS (SELECT 1 FROM ticket AS t WHERE t.number = r.ticket)"
    ),
    "sessions whose turn is missing": (
        "SELECT count(*) FROM session AS s WHERE s.seq > 0 AND NOT EXISTS"
        " (SELECT 1 FROM turn AS u WHERE u.address = s.address AND u.seq = s.seq)"
    ),
    "timers that fired and still wait": (
        "SELECT count(*) FROM timer AS t JOIN fired AS f ON f.kind = t.kind AND f.subject = t.subject"
        " AND f.level = t.level AND f.due_at = t.due_at"
    ),
}
_FILES = (
    "SELECT sha256 FROM attachment WHERE state = 'stored' AND sha256 <> ''"
    " UNION SELECT sha256 FROM rendition WHERE sha256 <> ''"
)


def objections(connection: Driver) -> list[str]:
    """What does not fit together, in words; nothing when all is well. Reads all of it."""
    found = []
    for what, sql in _RULES.items():
        ((count,),) = connection.execute(sql).fetchall()
        if count:
            found.append(f"{count} {what}")
    found += (f"audit record: {problem.why}" for problem in verify(connection, (), _quietly).problems)
    return found


def _quietly(_done: int, _of: int) -> None:
    """Nobody watches."""


def files_missing(connection: Driver, there: Collection[str]) -> int:
    """How many files it speaks of that are not among these."""
    return sum(sha256 not in there for (sha256,) in connection.execute(_FILES).fetchall())

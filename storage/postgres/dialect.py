"""Statements of SQLite in the words of PostgreSQL: every difference, and why it is there.

The rest is the same in both, or made the same by the functions and columns of `storage.postgres.preparing`: ``instr``,
``json_each``, and ``rowid`` where a statement wants the order of insertion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

BEGIN = "BEGIN; SET LOCAL statement_timeout = '8s'; SET LOCAL idle_in_transaction_session_timeout = '8s'"
"""Set for each transaction, not for the session: behind a pooler the next transaction may be in another session."""

READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '{seconds}s'"
"""A longer question sees one state of the database, as on SQLite."""

ALONE = re.compile(r"/\* alone (\w+) \*/ *")
"""In front of a statement: nobody else may be at this for the same values. On SQLite there is one who writes."""

_NUMBER = "printf('%06d-%0*d', c.place / 10000000000, c.place / 1000000000 % 10, c.place % 1000000000)"

_WORDS: Sequence[tuple[re.Pattern[str], str]] = (
    # The planner has statistics and needs no such advice; SQLite's is bound to the order of writing.
    (re.compile(r" INDEXED BY \w+"), ""),
    (re.compile(r"\bCROSS JOIN\b(?=(?:(?!\bJOIN\b|\bWHERE\b).)*?\bON\b)", re.DOTALL), "JOIN"),
    # Filed tickets are in search_queue here: with several who write, a higher rowid may be there before a lower one.
    (re.compile(r"\bWHERE t\.rowid > \? ORDER BY t\.rowid LIMIT \?"), "WHERE false AND t.rowid > ? LIMIT ?"),
    (re.compile(r"\bBEGIN IMMEDIATE\b"), BEGIN),
    # SQLite's IS compares anything.
    (re.compile(r"\bIS NOT (?=[a-z]+\.)"), "IS DISTINCT FROM "),
    (re.compile(r"\bIS (?=[a-z]+\.)"), "IS NOT DISTINCT FROM "),
    # A join keeps no order here; said on SQLite, it would sort all candidates before the first is looked at.
    (re.compile(r"/\* by (\w+\.\w+) \*/"), r"ORDER BY \1 DESC"),
    (re.compile(r"\bIN \(\)"), "IN (NULL)"),
    (re.compile(r"\bgroup_concat\((\w+)\)"), r"string_agg(\1::text, ',')"),
    # The index of terms is a column of tsvector here, an FTS5 table there.
    (re.compile(r"\bsearch_words MATCH \?"), "found @@ words_wanted(?)"),
    (
        re.compile(r"INSERT INTO search_words \(rowid, terms\) VALUES \(\?, \?\)"),
        "INSERT INTO search_words (rowid, terms) VALUES (?, ?)"
        " ON CONFLICT (rowid) DO UPDATE SET terms = search_words.terms || ' ' || excluded.terms",
    ),
    (
        re.compile(
            r"printf\('%06d-%0\*d', c\.place / 10000000000, c\.place / 1000000000 % 10, c\.place % 1000000000\)"
        ),
        "lpad((c.place / 10000000000)::text, 6, '0') || '-'"
        " || lpad((c.place % 1000000000)::text, (c.place / 1000000000 % 10)::int, '0')",
    ),
)

_MARK = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\?(\d+)?|(?<!:):([a-z_]+)|%""")
"""A text or a quoted name, a variable, or a percent sign, which the driver would take for a variable."""


@lru_cache(maxsize=4096)
def translated(sql: str) -> str:
    """A statement as psycopg takes it: ``%s``, ``%(name)s`` or, for ``?1``, ``%(1)s``."""
    for pattern, words in _WORDS:
        sql = pattern.sub(words, sql)

    def mark(found: re.Match[str]) -> str:
        text = found[0]
        if text[0] == "?":
            return f"%({found[1]})s" if found[1] else "%s"
        if text[0] == ":":
            return f"%({found[2]})s"
        return text.replace("%", "%%")

    return _MARK.sub(mark, sql)


def given(sql: str, variables: Sequence[Any] | Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
    """Variables as the translated statement wants them."""
    if isinstance(variables, Mapping) or "%(1)s" not in sql:
        return variables
    return {str(place): value for place, value in enumerate(variables, 1)}

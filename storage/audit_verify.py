"""Verifying the chained record: the chain itself, what it binds, and that nothing lies beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.domain.audit import BEFORE_ALL, Head, chained
from storage import audit_questions as ask
from storage.audit_compare import AT, DIGEST, HASH, NOTE, SALT, SEQ, STATE, SUBJECT, WHAT, Compared, forgotten
from storage.audit_kinds import ERASURE, GENESIS, KINDS, Bound, Kind
from storage.driver import Driver, Row

PAGE = 4096
MOST = 50
"""So many problems are told; there may be more."""

_EVER = -(2**62)

Told = Callable[[int, int], None]
"""(entries done, of how many)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written, in words. ``seq`` is the entry it was seen at, 0 for none."""

    seq: int
    why: str


@dataclass(slots=True)
class Report:
    """What verifying found. ``rows`` are those that entries bind and that are there, ``forgotten`` entries whose rows
    were erased, ``heads`` signed heads that lie in the record; ``before`` says how many rows of each table are older
    than the record; ``last`` is the newest entry and its hash."""

    entries: int = 0
    rows: int = 0
    forgotten: int = 0
    heads: int = 0
    last: tuple[int, bytes] = (0, BEFORE_ALL)
    before: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether all is as it was written."""
        return not self.problems


def verify(driver: Driver, heads: Sequence[Head], told: Told) -> Report:
    """Verify all of it, inside a transaction that sees one state of the database. Raises what the driver raises."""
    return _Verifying(driver, heads, told).run()


class _Verifying:
    def __init__(self, driver: Driver, heads: Sequence[Head], told: Told) -> None:
        self._driver = driver
        self._told = told
        self.report = Report()
        self._compared = Compared(self._problem)
        self._heads: dict[int, list[Head]] = {}
        for head in heads:
            self._heads.setdefault(head.seq, []).append(head)
        self._unsalted: set[int] = set()
        self._forgot: set[int] = set()
        self._since = _EVER

    def run(self) -> Report:
        report = self.report
        head = self._driver.execute("SELECT seq, hash FROM audit_head WHERE id = 1").fetchone() or (0, BEFORE_ALL)
        for page in ask.pages(self._driver, PAGE):
            self._links(page)
            self._rows(page)
            self._told(min(report.entries, head[0]), head[0])
        report.rows = self._compared.rows
        if tuple(head) != report.last:
            self._problem(
                report.last[0], f"the table audit_head says that entry {head[0]} is the newest, and another hash"
            )
        for seq in sorted(self._unsalted - self._forgot):
            self._problem(seq, f"entry {seq}: its salt is gone, and no erasure says why")
        for seq in sorted(self._forgot - self._unsalted):
            self._problem(seq, f"entry {seq}: an erasure says that it was forgotten, and it was not")
        self._beyond()
        self._counts()
        report.problems.sort(key=lambda problem: (problem.seq == 0, problem.seq))
        return report

    def _problem(self, seq: int, why: str) -> None:
        if len(self.report.problems) < MOST:
            self.report.problems.append(Problem(seq, why))

    def _links(self, page: Sequence[Row]) -> None:
        """The chain itself, and what entries say that bind nothing."""
        report, heads = self.report, self._heads
        last, link = report.last
        for row in page:
            seq, said = row[SEQ], row[HASH]
            if seq != last + 1:
                gap = f"entry {last + 1} is" if seq == last + 2 else f"entries {last + 1} to {seq - 1} are"
                self._problem(last + 1, f"{gap} missing")
            last, link = seq, chained(link, row[:HASH])
            if link != said:
                self._problem(seq, f"entry {seq}: it, or the one before it, is not what was chained")
                link = said if isinstance(said, bytes) else BEFORE_ALL
            if seq in heads:
                self._signed(seq, link)
            if row[SALT] is None:
                self._without_salt(row)
            elif not (row[DIGEST] or row[STATE]):
                self._problem(seq, f"entry {seq} has a salt, and binds nothing")
        report.entries += len(page)
        report.last = (last, link)

    def _signed(self, seq: int, link: bytes) -> None:
        for head in self._heads[seq]:
            self.report.heads += 1
            if head.hash != link:
                self._problem(seq, f"entry {seq} is another than the one whose head was signed at {head.at}")

    def _without_salt(self, row: Row) -> None:
        seq, what, report = row[SEQ], row[WHAT], self.report
        if forgotten(row):
            self._unsalted.add(seq)
            report.forgotten += 1
        try:
            note = json.loads(row[NOTE]) if what in (GENESIS, ERASURE) else {}
            if what == GENESIS:
                if seq != 1:
                    self._problem(seq, f"entry {seq} says that the record begins there")
                report.before, self._since = {str(name): int(found) for name, found in note.items()}, int(row[AT])
            elif what == ERASURE:
                self._forgot.update(note["forgot"])
                for table, found in note["before"].items():
                    report.before[table] -= found
                if note["broken"]:
                    self._problem(seq, f"{row[SUBJECT]} was not as it was written when something of it was erased")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._problem(seq, f"entry {seq} cannot be read")

    def _rows(self, page: Sequence[Row]) -> None:
        """What the entries of a page bind."""
        by_kind: dict[str, list[Row]] = {}
        for row in page:
            by_kind.setdefault(row[WHAT], []).append(row)
        for what, entries in by_kind.items():
            kind = KINDS.get(what)
            if kind is not None:
                part = (page[0][SEQ] - 1, page[-1][SEQ], what)
                self._compared.of_kind(kind, entries, ask.found(self._driver, what, part))
            elif what not in (GENESIS, ERASURE):
                self._problem(entries[0][SEQ], f"entry {entries[0][SEQ]} is of no known kind")

    def _beyond(self) -> None:
        """Heads of entries that are not there: somebody cut the end off."""
        last = self.report.last[0]
        for seq in sorted(seq for seq in self._heads if seq > last or seq < 1):
            at = self._heads[seq][0].at
            self._problem(last + 1, f"entries {last + 1} to {seq} are missing: {seq} was the newest at {at}")

    def _counts(self) -> None:
        """That there are no rows of which no entry speaks, but those that are older than the record."""
        counted, before = self._compared, self.report.before
        for what, kind in KINDS.items():
            if kind.steps is not None:
                self._counted(
                    what, kind.steps, counted.steps.get(what, 0) + before.get(kind.steps.table, 0), exact=True
                )
            if kind.state is None:
                continue
            known = counted.born if kind.counted else counted.standing
            expected = known.get(what, 0) + before.get(kind.state.table, 0)
            self._counted(what, kind.state, expected, exact=kind.counted)
            self._ahead(kind)
        for staff in ask.elsewhere(self._driver):
            self._problem(0, f"staff_address {staff}: it is not where this member of staff is reached")

    def _ahead(self, kind: Kind) -> None:
        for subject in ask.ahead(self._driver, kind):
            self._problem(0, f"{kind.what} {subject}: it stands at a step that nobody took")

    def _counted(self, what: str, bound: Bound, expected: int, exact: bool) -> None:
        found = ask.count(self._driver, bound)
        if found > expected:
            many, rows = ask.unbound(self._driver, what, bound, self._since)
            if "seq" in bound.columns and bound is KINDS[what].state and many <= self.report.before.get(bound.table, 0):
                return  # whose life began at a later step than the first: every one of them is bound
            which = ", ".join(rows) or "which cannot be told"
            self._problem(0, f"{bound.table}: {found - expected} rows of which no entry speaks: {which}")
        elif found < expected and exact:
            self._problem(0, f"{bound.table}: {expected - found} rows are gone")

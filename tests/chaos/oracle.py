"""Looks into the database of a desk that does not run, and says which promises are broken.

The invariants are those of docs/reliability.md. None of the desk's own code is used here, only plain questions in SQL
that both databases understand, and what the driver and the fake platforms remember.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.driver import Ledger, Message
from tests.chaos.people import MARK, NUMBER

INVARIANTS: Mapping[str, str] = {
    "I1": "what was acknowledged is there",
    "I2": "one inbox row a message",
    "I3": "one ticket a matter, and every promised number",
    "I4": "each change of state came with its pushes, notes and timers",
    "I5": "each push came to an end, and what was sent arrived",
    "I6": "the order of a person's messages, and of the pushes to them",
    "I7": "no more copies of a push than attempts of unknown fate allow",
    "I8": "each stored file is there, with that content",
    "I9": "the record of who did what is whole",
    "DB": "the database is well formed",
}

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Rows of a question without variables."""

KEPT = "收到，已安全保存"
"""How an acknowledgement begins that only says that the message is kept; its answer comes later."""

_ENDED = ("sent", "told", "refused", "unclear", "expired", "recalled", "kept", "dead", "held")
_QUOTED = 3


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: how often, and some examples (ids only)."""

    invariant: str
    what: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.invariant} {self.what}: {self.count} ({', '.join(self.examples)})"


@dataclass(slots=True)
class Arrived:
    """What a platform accepted: for each person the texts, in order, every copy of them."""

    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, address: str, text: str) -> None:
        """It accepted this."""
        self.texts[address].append(text)


@dataclass(slots=True)
class Verdict:
    """What was found. ``lost`` messages were acknowledged and are not there."""

    violations: list[Violation] = field(default_factory=list)
    messages: int = 0
    tickets: int = 0
    pushes: int = 0
    states: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    lost: int = 0
    duplicate_tickets: int = 0
    lost_pushes: int = 0
    unclear_pushes: int = 0
    duplicate_pushes: int = 0
    misordered: int = 0
    late: int = 0
    swapped: int = 0

    def add(self, invariant: str, what: str, broken: Iterable[object]) -> int:
        """Note what is broken; how many."""
        found = [str(each) for each in broken]
        if found:
            self.violations.append(Violation(invariant, what, len(found), tuple(found[:_QUOTED])))
        return len(found)


@contextmanager
def sqlite(path: Path) -> Iterator[Ask]:
    """Questions to an SQLite file."""
    with closing(_reading(path)) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, not even the log that the next start has to recover."""
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A desk that died while it opened: there is no log yet, and without one this mode cannot begin.
        connection.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        connection = sqlite3.connect(f"{address}?immutable=1", uri=True)
    return connection


def judge(
    ask: Ask,
    ledger: Ledger,
    arrived: Arrived | None = None,
    *,
    settled: bool = False,
    media: Path | None = None,
    spool: Path | None = None,
    faulty: bool = False,
    spools: bool = False,
) -> Verdict:
    """Try every invariant. ``settled``: the desk had time to send all it had to send; else some of it may be open.

    ``spool`` is the folder where messages wait that were acknowledged while nothing could be committed; once the desk
    has settled none is there. ``faulty``: the platforms did not always say what they had done, so a push may be of
    unknown fate for ever. ``spools``: the database was away and every worker kept messages of its own, so the order
    holds for what one worker took; the rest is counted.
    """
    verdict = Verdict()
    _messages(ask, ledger, verdict, b"" if spool is None else waiting(spool))
    _tickets(ask, ledger, verdict)
    _together(ask, verdict)
    _orders(ask, ledger, verdict, spools)
    if arrived is not None:
        _pushes(ask, arrived, verdict, settled=settled, faulty=faulty)
    if media is not None:
        _files(ask, media, verdict)
    return verdict


def waiting(spool: Path) -> bytes:
    """All that waits in a spool, as it lies there."""
    found = []
    for path in sorted(spool.glob("*/*.said")):
        with contextlib.suppress(FileNotFoundError):  # a running desk has just answered it
            found.append(path.read_bytes())
    return b"".join(found)


def _messages(ask: Ask, ledger: Ledger, verdict: Verdict, spooled: bytes) -> None:
    rows = ask("SELECT channel, key FROM inbox")
    verdict.messages = len(rows)
    counted = Counter((str(channel), str(key)) for channel, key in rows)
    acked = ledger.acked
    verdict.acknowledged = len(acked)
    verdict.lost = verdict.add(
        "I1",
        "acknowledged and gone",
        (
            m.stored_key
            for m in acked
            if (m.channel, m.stored_key) not in counted and f'"{m.stored_key}"'.encode() not in spooled
        ),
    )
    verdict.late = sum(any(reply.startswith(KEPT) for reply in m.replies) for m in acked)
    verdict.add("I2", "stored twice", (key for key, count in counted.items() if count > 1))
    verdict.add("I2", "copies answered differently", (m.stored_key for m in ledger.messages if len(_answers(m)) > 1))


def _answers(message: Message) -> set[str]:
    """What a message was answered, but for "later": once in words, and then without any."""
    return {reply for reply in message.replies if reply and not reply.startswith(KEPT)}


def _tickets(ask: Ask, ledger: Ledger, verdict: Verdict) -> None:
    rows = [(str(number), str(text)) for number, text in ask("SELECT number, text FROM ticket")]
    verdict.tickets = len(rows)
    marked = Counter(mark for _, text in rows for mark in MARK.findall(text))
    again = [mark for mark, count in marked.items() if count > 1]
    drafts = Counter(
        draft[1]
        for (data,) in ask("SELECT data FROM ticket_event WHERE action = 'file'")
        if (draft := re.search(r'"draft":"([^"]+)"', str(data)))
    )
    twice = [draft for draft, count in drafts.items() if count > 1]
    verdict.duplicate_tickets = verdict.add("I3", "one matter in two tickets, or twice in one", again)
    verdict.duplicate_tickets += verdict.add("I3", "one draft filed twice", twice)
    numbers = {number for number, _ in rows}
    promised = {
        number
        for message in ledger.acked
        for reply in message.replies
        if reply.startswith("已收到，编号")
        for number in NUMBER.findall(reply)[:1]
    }
    verdict.add("I3", "a number was promised and is not there", promised - numbers)


def _together(ask: Ask, verdict: Verdict) -> None:
    """I4: rows that are written in one transaction are all there."""
    events: defaultdict[str, list[int]] = defaultdict(list)
    for ticket, seq in ask("SELECT ticket, seq FROM ticket_event"):
        events[ticket].append(int(seq))
    tickets = {number: int(seq) for number, seq in ask("SELECT number, seq FROM ticket")}
    verdict.add("I4", "steps without their ticket", events.keys() - tickets.keys())
    verdict.add(
        "I4",
        "a ticket is not what its steps say",
        (n for n, seq in tickets.items() if sorted(events[n]) != list(range(1, seq + 1))),
    )
    turns = {(str(address).partition(":")[0], key) for address, key in ask(
        "SELECT address, message FROM turn WHERE message IS NOT NULL"
    )}  # fmt: skip
    inbox = {(channel, key): reply is not None for channel, key, reply in ask("SELECT channel, key, reply FROM inbox")}
    verdict.add("I4", "a turn without its message", turns - inbox.keys())
    verdict.add("I4", "a message without its turn", inbox.keys() - turns)
    keys = {str(key) for (key,) in ask("SELECT key FROM push")}
    verdict.add(
        "I4",
        "an answer without its push",
        (key for (channel, key), said in inbox.items()
         if said and channel == "telegram" and f"reply:telegram:{key}" not in keys),
    )  # fmt: skip
    noted = {str(key).split(":")[1] for (key,) in ask("SELECT key FROM note") if str(key).startswith("arrived:")}
    timed = {str(subject) for (subject,) in ask("SELECT subject FROM timer WHERE kind = 'rung'")}
    timed |= {str(subject) for (subject,) in ask("SELECT subject FROM fired WHERE kind = 'rung'")}
    sent_on = [str(ticket) for (ticket,) in ask("SELECT ticket FROM ticket_event WHERE action = 'dispatch'")]
    verdict.add("I4", "a unit was given a ticket and not told", (ticket for ticket in sent_on if ticket not in noted))
    verdict.add("I4", "a unit was given a ticket without a time", (ticket for ticket in sent_on if ticket not in timed))
    gaps: defaultdict[str, list[int]] = defaultdict(list)
    for address, seq in ask("SELECT address, seq FROM turn"):
        gaps[address].append(int(seq))
    verdict.add("I4", "turns are missing", (who for who, seqs in gaps.items() if max(seqs) != len(set(seqs))))


def _orders(ask: Ask, ledger: Ledger, verdict: Verdict, spools: bool) -> None:
    """I6: of each person, what was acknowledged was decided on in the order in which it was said."""
    seqs = {
        (str(address).partition(":")[0], key): int(seq)
        for address, seq, key in ask("SELECT address, seq, message FROM turn WHERE message IS NOT NULL")
    }
    said: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in ledger.acked:
        if (message.channel, message.stored_key) in seqs:
            said[message.channel, message.resident.id].append(message)
    broken = []
    for messages in said.values():
        messages.sort(key=lambda message: message.place)
        for one, other in itertools.pairwise(messages):
            if seqs[one.channel, one.stored_key] >= seqs[other.channel, other.stored_key]:
                if spools and len(one.to | other.to) > 1:
                    verdict.swapped += 1
                else:
                    broken.append(one.stored_key)
    verdict.misordered += verdict.add("I6", "decided on in another order", broken)


def _pushes(ask: Ask, arrived: Arrived, verdict: Verdict, *, settled: bool, faulty: bool) -> None:
    rows = ask("SELECT id, address, reply, state, attempts FROM push ORDER BY id")
    verdict.pushes = len(rows)
    verdict.states = Counter(str(row[3]) for row in rows)
    wanted: defaultdict[str, list[tuple[int, str, str, int]]] = defaultdict(list)
    for id_, address, reply, state, attempts in rows:
        wanted[str(address)].append((int(id_), json.loads(reply)["text"], str(state), int(attempts)))
    lost, many, misordered, unclear, open_ = [], [], [], [], []
    for address, pushes in wanted.items():
        texts = arrived.texts.get(address, [])
        firsts = []
        for text, alike in itertools.groupby(sorted(pushes, key=lambda push: push[1]), key=lambda push: push[1]):
            same = list(alike)
            # Where nothing can be tapped, choices stand below the words.
            below = "" if address.startswith("telegram:") else f"{text}\n"
            places = [n for n, each in enumerate(texts) if each == text or (below and each.startswith(below))]
            sent = sum(state == "sent" for _, _, state, _ in same)  # what was told stood in an answer
            attempts = sum(push[3] for push in same)
            verdict.duplicate_pushes += max(0, len(places) - len(same))
            if len(places) < sent:
                lost.append(same[0][0])
            elif not places and any(state == "unclear" for _, _, state, _ in same):
                unclear.append(same[0][0])
            if len(places) > attempts:
                many.append(same[0][0])
            if settled:
                open_ += [id_ for id_, _, state, _ in same if state not in _ENDED and state != "scheduled"]
            if len(same) == 1 and places:
                firsts.append((same[0][0], places[0]))
        firsts.sort()
        misordered += [a for (a, x), (b, y) in itertools.pairwise(firsts) if x > y]
    verdict.lost_pushes = verdict.add("I5", "marked as sent and never arrived", lost)
    verdict.lost_pushes += verdict.add("I5", "still not sent", open_)
    if not faulty:
        verdict.lost_pushes += verdict.add("I5", "given up and never arrived", unclear)
    verdict.unclear_pushes = len(unclear)
    verdict.add("I7", "arrived more often than it was tried", many)
    verdict.misordered += verdict.add("I6", "pushes arrived in another order", misordered)


def _files(ask: Ask, media: Path, verdict: Verdict) -> None:
    missing, wrong = [], []
    for id_, sha256 in ask("SELECT id, sha256 FROM attachment WHERE state = 'stored'"):
        path = media / sha256[:2] / sha256[2:4] / sha256
        if not path.exists():
            missing.append(id_)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            wrong.append(id_)
    verdict.add("I8", "stored and not there", missing)
    verdict.add("I8", "stored and another content", wrong)


def well_formed(path: Path, verdict: Verdict) -> None:
    """SQLite's own look at every page and index."""
    with closing(_reading(path)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall()]
    verdict.add("DB", "integrity_check", (line for line in said if line != "ok"))

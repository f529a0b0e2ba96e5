"""A person goes; the facts of their tickets stay. What is done at once, in the commit that asks for it.

Afterwards nobody can read what they said and nothing leads from a ticket to them. Their address itself stands in other
places still, in keys among them, and deleted words in free space: `storage.forgetting` goes on from here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

import msgspec

from bot.domain.blotting import names_in, numbers_in, phrases_of
from storage.audit import append
from storage.audit_forgetting import bound_anew, somebody, touched
from storage.blots import blot_tickets
from storage.codec import as_json, read_json
from storage.driver import Driver, Row

BLANK = '{"text":""}'
"""A reply that says nothing, as it is kept."""

NOTHING = '{"what":""}'
"""A note that tells nothing, as it is kept."""

TAKEN_BACK = "('unconfirmed', 'listen', 'talk')"
"""Kinds of tasks that are about nothing but what somebody said: they end when it is taken back."""

ABOUT_TICKETS = "('review_ends', 'answer_delivered')"
"""Timers of a person that a ticket needs to come to its end."""


class Traces(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to look for of somebody who is forgotten.

    ``tickets`` maps the tickets they had a part in to what stands there in the place of their address; ``own`` are
    those they filed. ``numbers`` and ``names`` are theirs as they wrote them, ``phrases`` what they said that became no
    ticket's; ``files`` the content to be taken away.
    """

    tickets: dict[str, str] = {}
    own: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


read_traces = msgspec.json.Decoder(Traces).decode

_WORDS = (
    # Fences stay: a copy of an old message must not be taken for a new one. Its words and its answer go.
    "UPDATE inbox SET text = '', pin = NULL, raw = ?3, reply = NULL WHERE channel = ?2 AND key IN"
    " (SELECT message FROM turn WHERE address = ?1 AND message IS NOT NULL)"
)
_STEPS = (
    f"UPDATE push SET reply = '{BLANK}', slot = '', message_id = '', brief = NULL, reason = 'erased',"  # noqa: S608  # constant
    " state = CASE WHEN state IN ('waiting', 'ready', 'resting', 'scheduled', 'kept') THEN 'expired' ELSE state END"
    " WHERE address = ?1 AND state <> 'sending'",
    # What was never part of a ticket goes with its copies and its words; of tickets' files they stay, without a name.
    *(
        f"DELETE FROM {table} WHERE attachment IN (SELECT id FROM attachment WHERE address = ?1 AND ticket = '')"  # noqa: S608  # constants
        for table in ("rendition", "transcript", "photo", "photo_band")
    ),
    "UPDATE transcript SET actor = 'erased' WHERE actor = ?1 AND attachment IN"
    " (SELECT id FROM attachment WHERE address = ?1)",
    "UPDATE attachment SET state = 'dropped', ref = '', name = '', fingerprint = '', sha256 = ''"
    " WHERE address = ?1 AND ticket = ''",
    # What they were to be told goes with them; the key stays, so that nobody puts it there again.
    f"UPDATE note SET body = '{NOTHING}', told_at = coalesce(told_at, at) WHERE box = ?1",  # noqa: S608  # a constant
    "UPDATE drawing SET body = '', problem = 'erased', drawn_at = coalesce(drawn_at, at) WHERE address = ?1",
    "UPDATE code_failure SET address = '' WHERE address = ?1",
    f"UPDATE task SET closed_at = coalesce(closed_at, opened_at), data = NULL"  # noqa: S608  # a constant
    f" WHERE address = ?1 AND kind IN {TAKEN_BACK}",
    "UPDATE task SET address = NULL WHERE address = ?1",
    "DELETE FROM quarantine WHERE address = ?1",
    "DELETE FROM put_by WHERE address = ?1",
    "UPDATE hold_step SET address = '' WHERE address = ?1",
    f"DELETE FROM timer WHERE address = ?1 AND kind NOT IN {ABOUT_TICKETS}",  # noqa: S608  # a constant
)
_IN_TICKET = (
    "UPDATE attachment SET address = ?3, name = '', message = '', fingerprint = ''"
    " WHERE address = ?1 AND ticket = ?2 AND state <> 'pending'",
    "UPDATE ticket_event SET actor = 'erased' WHERE actor = ?1 AND ticket = ?2",
    "UPDATE review SET actor = 'erased' WHERE actor = ?1 AND ticket = ?2",
    "UPDATE review SET address = '' WHERE address = ?1 AND ticket = ?2",
    "UPDATE review SET party = ?3 WHERE party = ?1 AND ticket = ?2",
    "UPDATE link SET actor = 'erased' WHERE actor = ?1 AND ticket = ?2",
    "UPDATE timer SET address = ?3 WHERE address = ?1 AND subject = ?2",
    "UPDATE reporter SET address = ?3 WHERE address = ?1 AND ticket = ?2",
)
_TICKETS = "SELECT ticket, role FROM reporter WHERE address = ?1 ORDER BY ticket"
_UNFILED = (
    "SELECT sha256 FROM attachment WHERE address = ?1 AND ticket = '' AND sha256 <> ''"
    " UNION SELECT r.sha256 FROM rendition AS r JOIN attachment AS a ON a.id = r.attachment"
    " WHERE a.address = ?1 AND a.ticket = '' AND r.sha256 <> ''"
)
_VOICES = (
    "SELECT a.id FROM attachment AS a WHERE a.address = ?1 AND a.type = 'voice' AND a.ticket <> ''"
    " AND a.state = 'stored' AND (EXISTS (SELECT 1 FROM transcript AS x WHERE x.attachment = a.id"
    " AND x.state IN ('heard', 'corrected')) OR EXISTS (SELECT 1 FROM ticket AS t WHERE t.number = a.ticket"
    " AND (t.text <> '' OR t.closed_at IS NOT NULL)))"
)
_COPIES_OF = (
    "SELECT sha256 FROM attachment WHERE id = ?1 AND sha256 <> ''"
    " UNION SELECT sha256 FROM rendition WHERE attachment = ?1 AND sha256 <> ''"
)
_VOICE_GOES = (
    "DELETE FROM rendition WHERE attachment = ?1",
    "DELETE FROM transcript WHERE attachment = ?1 AND state = 'wanted'",
    "UPDATE attachment SET state = 'dropped', ref = '', sha256 = '' WHERE id = ?1",
)
_SESSION = "SELECT seq, body FROM session WHERE address = ?1"
_FILED = "SELECT text FROM ticket WHERE number = ?1"
_LATER = "SELECT data FROM ticket_event WHERE ticket = ?1"
_SAID = (
    "SELECT i.text FROM turn AS u CROSS JOIN inbox AS i ON i.channel = ?2 AND i.key = u.message"
    " WHERE u.address = ?1 AND i.text <> '' ORDER BY u.seq DESC LIMIT 300"
)
_ASKED = "INSERT INTO erasure (id, state, address, seq, body, at) VALUES (?, 'asked', ?, ?, ?, ?)"

PHRASES = 100
"""So many things somebody said last are looked for in what staff were told and answered."""

HOLDERS = frozenset({"filer", "claimed"})
"""What somebody is to a ticket of which all words are theirs."""


def erase(connection: Driver, erased: Row) -> None:
    """Take a person out of everything that was written before, inside the transaction that is open.

    ``erased``: their address, the number of the turn that asks for it, and when. What is left to do is noted.
    """
    address, seq, at = erased
    append(connection, [somebody(at)])
    traces = taken_out(connection, address, Traces())
    connection.execute(_ASKED, (secrets.token_hex(8), address, seq, as_json(traces), at))


def taken_out(connection: Driver, address: str, before: Traces) -> Traces:
    """Take the words of an address out, and its name out of tickets; what was found, with what was found ``before``."""
    with bound_anew(connection, touched(connection, address, before.tickets)):
        return _taken_out(connection, address, before)


def _taken_out(connection: Driver, address: str, before: Traces) -> Traces:
    traces = _found(connection, address, before)
    connection.execute(_WORDS, (address, address.partition(":")[0], b""))
    for step in _STEPS:
        connection.execute(step, (address,))
    blot_tickets(connection, address, traces.tickets, frozenset(traces.own), traces.names)
    for number, pseudonym in traces.tickets.items():
        for step in _IN_TICKET:
            values = (address, number, pseudonym)
            connection.execute(step, values if "?3" in step else values[:2])
    return traces


def _found(connection: Driver, address: str, before: Traces) -> Traces:
    """What there is to be found of somebody. Files are taken away from their tickets here, voices with them."""
    belongs: dict[str, str] = dict(connection.execute(_TICKETS, (address,)).fetchall())
    own = tuple(number for number, role in belongs.items() if role in HOLDERS)
    files = {sha256 for (sha256,) in connection.execute(_UNFILED, (address,)).fetchall()}
    for (voice,) in connection.execute(_VOICES, (address,)).fetchall():
        files |= {sha256 for (sha256,) in connection.execute(_COPIES_OF, (voice,)).fetchall()}
        for step in _VOICE_GOES:
            connection.execute(step, (voice,))
    filed = [text for number in own for (text,) in connection.execute(_FILED, (number,)).fetchall()]
    said = [text for (text,) in connection.execute(_SAID, (address, address.partition(":")[0])).fetchall()]
    names, numbers = set(before.names), set(before.numbers)
    session = connection.execute(_SESSION, (address,)).fetchone()
    if session is not None:
        kept = read_json(session[1])
        numbers |= {kept["phone"]} if kept.get("phone") else set()
        drafts = kept.get("drafts", ())
        said += [each["text"] for draft in drafts for each in draft.get("said", ())]
        _contacts((draft.get("contact") or {} for draft in drafts), names, numbers)
    for number in own:
        for (data,) in connection.execute(_LATER, (number,)).fetchall():
            step = read_json(data)
            filed.append(data)
            _contacts([step["contact"]] if isinstance(step.get("contact"), dict) else [], names, numbers)
    for text in (*filed, *said):
        names.update(names_in(text))
        numbers.update(numbers_in(text))
    facts = "\n".join(filed)
    phrases = dict.fromkeys(piece for text in said for piece in phrases_of(text) if piece not in facts)
    return Traces(
        tickets={number: f"erased:{secrets.token_hex(8)}" for number in belongs} | before.tickets,
        own=tuple(dict.fromkeys((*before.own, *own))),
        numbers=tuple(sorted(numbers)),
        names=tuple(sorted(names, key=lambda name: (-len(name), name))),
        phrases=tuple(dict.fromkeys((*before.phrases, *phrases)))[:PHRASES],
        files=tuple(sorted({*before.files, *files})),
    )


def _contacts(contacts: Iterable[Mapping[str, str]], names: set[str], numbers: set[str]) -> None:
    """Whoever filed for somebody may have written down a name and a telephone number."""
    for contact in contacts:
        if contact.get("name"):
            names.add(contact["name"])
        if contact.get("phone"):
            numbers.add(contact["phone"])

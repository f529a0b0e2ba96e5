"""A person goes; the facts of their tickets stay."""

from __future__ import annotations

from storage.driver import Driver

_BLANK = '{"text":""}'

_NOTHING = '{"what":""}'

_STEPS = (
    # Fences stay: a copy of an old message must not be taken for a new one. Its words and its answer go.
    "UPDATE inbox SET text = '', pin = NULL, raw = x'', reply = NULL WHERE (channel, key) IN"
    " (SELECT ?2, message FROM turn WHERE address = ?1 AND message IS NOT NULL)",
    f"UPDATE push SET reply = '{_BLANK}', slot = '', message_id = '', brief = NULL, reason = 'erased',"  # noqa: S608  # constant
    " state = CASE WHEN state IN ('waiting', 'ready', 'resting', 'scheduled', 'kept') THEN 'expired' ELSE state END"
    " WHERE address = ?1 AND state <> 'sending'",
    # What was never part of a ticket goes with its copies and its words; of tickets' files they stay, without a name.
    *(
        f"DELETE FROM {table} WHERE attachment IN (SELECT id FROM attachment WHERE address = ?1 AND ticket = '')"  # noqa: S608  # constants
        for table in ("rendition", "transcript")
    ),
    "UPDATE transcript SET actor = 'erased' WHERE actor = ?1 AND attachment IN"
    " (SELECT id FROM attachment WHERE address = ?1)",
    "UPDATE attachment SET state = 'dropped', ref = '', name = '', fingerprint = '' WHERE address = ?1 AND ticket = ''",
    "UPDATE attachment SET address = 'erased:' || lower(hex(randomblob(8))), name = '', message = '', fingerprint = ''"
    " WHERE address = ?1 AND state <> 'pending'",
    "UPDATE ticket_event SET actor = 'erased' WHERE actor = ?1"
    " AND ticket IN (SELECT ticket FROM reporter WHERE address = ?1)",
    # Whoever filed for them may have written down a name and a telephone number.
    "UPDATE ticket_event SET data = json_remove(data, '$.contact') WHERE seq = 1 AND data LIKE '%\"contact\"%'"
    " AND ticket IN (SELECT ticket FROM reporter WHERE address = ?1)",
    "UPDATE review SET address = '', actor = CASE WHEN actor = ?1 THEN 'erased' ELSE actor END,"
    " party = CASE WHEN party = ?1 THEN 'erased:' || lower(hex(randomblob(8))) ELSE party END"
    " WHERE (address = ?1 OR party = ?1) AND ticket IN (SELECT ticket FROM reporter WHERE address = ?1)",
    "UPDATE link SET actor = 'erased' WHERE actor = ?1 AND ticket IN (SELECT ticket FROM reporter WHERE address = ?1)",
    "UPDATE reporter SET address = 'erased:' || lower(hex(randomblob(8))) WHERE address = ?1",
    # What they were to be told goes with them; the key stays, so that nobody puts it there again.
    f"UPDATE note SET body = '{_NOTHING}', told_at = coalesce(told_at, at) WHERE box = ?1",  # noqa: S608  # a constant
    "UPDATE code_failure SET address = '' WHERE address = ?1",
    "UPDATE task SET address = NULL WHERE address = ?1",
    "DELETE FROM quarantine WHERE address = ?1",
    "DELETE FROM put_by WHERE address = ?1",
    "UPDATE hold_step SET address = '' WHERE address = ?1",
)


def erase(connection: Driver, address: str) -> None:
    """Take a person out of everything that was written before, inside the transaction that is open."""
    channel = address.partition(":")[0]
    for step in _STEPS:
        connection.execute(step, (address, channel) if "?2" in step else (address,))

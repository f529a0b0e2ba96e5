"""A ticket as other programs read it. Codes as in the rule book, times ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.changes import AttachmentRecord
from bot.domain.ticket import Ticket
from bot.message import JsonObject


def ticket_object(ticket: Ticket, attachments: Sequence[AttachmentRecord], reporters: int) -> JsonObject:
    """The fields of ``tickets --json``; what is not known is null, ``reporters`` is a count.

    The place's ``address`` is the words it was found by, or its name.
    """
    place = ticket.place
    return {
        "number": ticket.number,
        "type": ticket.type.value,
        "kind": ticket.kind,
        "status": ticket.status.value,
        "source": ticket.source,
        "channel": ticket.channel,
        "text": ticket.text,
        "area": ticket.area or None,
        "place": place
        and {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "address": place.address or place.name,
        },
        "attachments": [
            {"type": str(file.type), "state": file.state, "sha256": file.sha256 or None, "bytes": file.bytes}
            for file in attachments
        ],
        "alias": ticket.alias,
        "unit": ticket.unit or None,
        "filed_at": utc(ticket.filed_at),
        "due_at": utc(ticket.due_at),
        "promised_at": utc(ticket.promised_at),
        "closed_at": utc(ticket.closed_at),
        "reporters": reporters,
    }


def ticket_line(ticket: Ticket, unit: str, width: int = 40) -> str:
    """A ticket in one line, for people: number, status, unit's name ("" for the pool), dates, the text's beginning."""
    text = " ".join(ticket.text.split())
    parts = (
        ticket.number,
        f"{ticket.status.value:<16}",
        f"{ticket.type.value:<9}",
        f"filed {ticket.filed_at:%Y-%m-%d %H:%M}",
        f"due {ticket.due_at:%Y-%m-%d %H:%M}" if ticket.due_at else "due -".ljust(20),
        unit or "(pool)",
        text if len(text) <= width else text[: width - 1] + "…",
    )
    return "  ".join(parts)


def utc(at: datetime | None) -> str | None:
    """``2026-03-04T02:00:00Z``, to the second; None for None."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

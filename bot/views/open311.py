"""What programs are shown by Open311 GeoReport v2, and what they ask. Texts are in the reader's language.

Every record says itself under the names of GeoReport v2 (wiki.open311.org/GeoReport_v2); a writer makes JSON or XML of
it. Moments end in ``Z``, coordinates are WGS-84 degrees, what is not known is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

Record = dict[str, object]
"""A record under the names of GeoReport v2: texts, numbers, booleans, None, and lists of records."""

DESCRIPTION = 4000
"""Characters of a description at most."""


def moment(at: datetime | None) -> str | None:
    """A moment to the second, in UTC, with a ``Z``: validators take no other offset."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A kind of matter that can be handed in. ``asks``: it has a definition with details."""

    code: str
    name: str
    description: str
    asks: bool
    keywords: tuple[str, ...]
    group: str

    def record(self) -> Record:
        """A number is given at once: ``realtime``."""
        return {
            "service_code": self.code,
            "service_name": self.name,
            "description": self.description,
            "metadata": self.asks,
            "type": "realtime",
            "keywords": ",".join(self.keywords),
            "group": self.group,
        }


@dataclass(frozen=True, slots=True)
class Definition:
    """What a kind asks: (code, question) in the order in which to ask."""

    code: str
    questions: tuple[tuple[str, str], ...]

    def record(self) -> Record:
        """None of it is required: whoever does not know the answer can report all the same."""
        attributes: list[Record] = [
            {
                "variable": True,
                "code": code,
                "datatype": "string",
                "required": False,
                "datatype_description": "",
                "order": order,
                "description": question,
                "values": [],
            }
            for order, (code, question) in enumerate(self.questions, 1)
        ]
        return {"service_code": self.code, "attributes": attributes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A ticket as programs see it. ``description`` is the released copy, "" where there is none; ``address`` is never
    empty."""

    number: str
    open: bool
    notes: str
    service_code: str
    service_name: str
    agency: str
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    address: str
    description: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def record(self) -> Record:
        """Under the names of GeoReport v2. Addresses of pictures are not given out."""
        return {
            "service_request_id": self.number,
            "status": "open" if self.open else "closed",
            "status_notes": self.notes,
            "service_name": self.service_name,
            "service_code": self.service_code,
            "description": self.description[:DESCRIPTION] or None,
            "agency_responsible": self.agency,
            "service_notice": None,
            "requested_datetime": moment(self.requested_at),
            "updated_datetime": moment(self.updated_at),
            "expected_datetime": moment(self.expected_at),
            "address": self.address,
            "address_id": None,
            "zipcode": None,
            "lat": self.latitude,
            "long": self.longitude,
            "media_url": None,
        }


@dataclass(frozen=True, slots=True)
class Update:
    """A step of a ticket's life that anybody may know of; in words, never in those of anybody."""

    id: str
    number: str
    open: bool
    at: datetime
    description: str

    def record(self) -> Record:
        """As FixMyStreet names it, whose extension it is."""
        return {
            "update_id": self.id,
            "service_request_id": self.number,
            "status": "open" if self.open else "closed",
            "updated_datetime": moment(self.at),
            "description": self.description,
            "media_url": None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which requests somebody wants. ``numbers`` overrides all else; empty ``codes``: of every kind.

    ``open``: only such, or only others, or both (None). ``near`` is latitude, longitude and metres. ``limit`` and
    ``offset`` count requests.
    """

    numbers: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()
    open: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    near: tuple[float, float, float] | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something cannot be handed in: an HTTP status, and the reason in words."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was handed in and is on disk. ``id`` is the ticket's number, or that of the words added to it; ``notice`` is
    to be shown to the person: it holds the code by which the ticket is theirs."""

    id: str
    notice: str

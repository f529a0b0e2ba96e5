"""Signed links to a resident's page of one ticket.

A link holds what it is for, the ticket's number, a tag of the person, when it was made and when it ends, and the id of
the key it is signed with. The tag is made with the key, so that a link does not tell whose it is, and nobody can make
one for somebody else. A link is worth nothing once its person has called back all that were made before
(`Session.links_from`), has no part in the ticket any more, or the key is gone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.numbers import parse as parse_number
from bot.domain.people import Address

LINK_LIFE = timedelta(days=90)
"""As long as a review of a late answer, and a re-opening after it, may take."""

OWN = "own"
"""The purpose of links to a resident's page."""

FIND = "find"
"""The channel of whoever looks a ticket up by number and code: their address stands for their network, without telling
it. Nothing is ever pushed to it."""

KEY_BYTES = 32
LONGEST = 120
_TAG_BYTES = 9
_MAC_BYTES = 16
_PARTS = 7
_MOMENT = re.compile(r"[0-9]{1,11}")  # seconds; a longer number is no moment that a calendar knows


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is in time and signed by us. ``tag`` says whose it is to whoever has the key: see `Keys.is_of`."""

    purpose: str
    number: str
    tag: str
    made_at: datetime
    expires_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by their ids (letters and digits); links are signed with the ``newest``, and read with all."""

    by_id: Mapping[str, bytes]
    newest: str

    def signed(self, purpose: str, number: str, address: Address, now: datetime, life: timedelta = LINK_LIFE) -> str:
        """The name of a person's page of a ticket, fit for an address. ``purpose`` is a short word of ours."""
        tag = _tag(self.by_id[self.newest], purpose, number, address)
        made, until = int(now.timestamp()), int((now + life).timestamp())
        body = f"{self.newest}.{purpose}.{number}.{tag}.{made}.{until}"
        return f"{body}.{_mac(self.by_id[self.newest], body)}"

    def opened(self, name: str, now: datetime) -> Link | None:
        """What a name says; None for what is not ours, was altered, or is over. All of these look the same."""
        parts = name.split(".")
        if len(name) > LONGEST or len(parts) != _PARTS or not name.isascii():
            return None
        key_id, purpose, number, tag, made, until, mac = parts
        key = self.by_id.get(key_id)
        if key is None or not hmac.compare_digest(mac, _mac(key, name.rpartition(".")[0])):
            return None
        if parse_number(number) != number or not (_MOMENT.fullmatch(made) and _MOMENT.fullmatch(until)):
            return None
        made_at, expires_at = (datetime.fromtimestamp(int(each), UTC) for each in (made, until))
        if not made_at - timedelta(minutes=5) <= now < expires_at:
            return None
        return Link(purpose, number, tag, made_at, expires_at, key_id)

    def visitor(self, network: str) -> Address:
        """Who looks something up from a network; the network itself is written down nowhere."""
        return Address(FIND, _short(self.by_id[self.newest], f"{FIND}\0{network}", _MAC_BYTES))

    def is_of(self, link: Link, address: Address) -> bool:
        """Whether a link was made for that person."""
        return hmac.compare_digest(link.tag, _tag(self.by_id[link.key_id], link.purpose, link.number, address))


def _tag(key: bytes, purpose: str, number: str, address: Address) -> str:
    return _short(key, f"whose\0{purpose}\0{number}\0{address}", _TAG_BYTES)


def _mac(key: bytes, body: str) -> str:
    return _short(key, f"link\0{body}", _MAC_BYTES)


def _short(key: bytes, text: str, size: int) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:size]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

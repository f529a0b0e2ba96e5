"""What an operator sets for programs: keys of Open311, and addresses that are told what happened."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator

from bot.settings_sections import Section

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

Right = Literal["read", "file", "update"]
Told = Literal["filed", "answered", "closed"]


def proper_name(name: str) -> bool:
    """Whether a program may be called that: it stands in the log of every ticket it files."""
    return _NAME.fullmatch(name) is not None


class KeySection(Section):
    """A program: the SHA-256 of its key in hex, what it may do, and how many requests a minute."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    rights: tuple[Right, ...] = ("read", "file", "update")
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60


class Open311Section(Section):
    """Open311 GeoReport v2. ``enabled``: its addresses are there. ``open_reading``: reading needs no key, and
    ``reads_per_minute`` is what a network may ask without one. ``jurisdiction_id`` "": any is taken."""

    enabled: bool = False
    jurisdiction_id: str = ""
    contact: str = ""
    open_reading: bool = True
    reads_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120
    keys: dict[str, KeySection] = Field(default_factory=dict)

    @field_validator("keys")
    @classmethod
    def _names(cls, keys: dict[str, Any]) -> dict[str, Any]:
        for name in keys:
            if not proper_name(name):
                raise ValueError("a key is named with up to 32 small letters, digits and hyphens")
        return keys


class WebhookSection(Section):
    """An address that is told of tickets, signed with the secret. With ``key`` (the name of one of Open311) only of
    those that this key filed."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s@/?#]+(?:[/?][^\s#]*)?$", max_length=2000)]
    secret: SecretStr
    events: tuple[Told, ...] = ("filed", "answered", "closed")
    key: str = ""

    @field_validator("secret")
    @classmethod
    def _long(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < 24:
            raise ValueError("a secret has 24 characters at least")
        return secret

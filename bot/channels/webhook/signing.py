"""Signatures as Standard Webhooks has them (standard-webhooks/standard-webhooks, "Signature scheme")."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from hashlib import sha256

SECRET = "whsec_"  # noqa: S105 - how a secret begins, not one
"""What secrets in base64 begin with; any other text is the secret itself."""


def key_of(secret: str) -> bytes:
    """The key a secret stands for. Raises ValueError for one that is not base64 though it says so."""
    if not secret.startswith(SECRET):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except binascii.Error:
        raise ValueError("a secret that begins with whsec_ is base64") from None


def message_id(key: str) -> str:
    """The name of a message: the same however often it is sent, and nothing in it says what it is about."""
    return f"msg_{sha256(key.encode()).hexdigest()[:32]}"


def headers(key: bytes, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that go with a body: HMAC-SHA256 over ``id.timestamp.body``, the timestamp in seconds."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key, b".".join((id_.encode(), timestamp.encode(), body)), sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }

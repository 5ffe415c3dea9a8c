"""Webhooks as Standard Webhooks has them: https://github.com/standard-webhooks/standard-webhooks (1.0.0)."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from pydantic import SecretStr

from promptyard.domain.deferred import FrozenModel

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = 24

RETRY_SECONDS = (5, 60, 300, 900, 3_600, 10_800, 21_600)
"""The pauses between the attempts: eight in all, over some twelve hours."""

GONE = 410
"""Whoever answers this wants no more."""


class WebhookDelivery(FrozenModel):
    """One attempt at telling a benchmark's webhook."""

    id: str
    """Time-ordered."""
    webhook_id: str
    """The same for every attempt at one message."""
    run_id: str
    attempt: int
    """From 1."""
    at: datetime
    status: int | None = None
    """What the other side answered, None where it did not."""
    error: str | None = None
    """Why there was no answer."""
    delivered: bool
    next_at: datetime | None = None
    """When it is tried again; None: it is not."""


def new_secret() -> SecretStr:
    return SecretStr(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


def signed_headers(secret: SecretStr, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`: the HMAC-SHA256 of the three, joined by dots."""
    key = base64.b64decode(secret.get_secret_value().removeprefix(SECRET_PREFIX))
    timestamp = str(int(at.timestamp()))
    signed = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def pause_after(attempt: int) -> int | None:
    """Seconds until the next attempt after the one of that number, from 1; None: there is none."""
    return RETRY_SECONDS[attempt - 1] if attempt <= len(RETRY_SECONDS) else None

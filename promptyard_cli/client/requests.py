"""What the two clients have in common: how a request is made, and how an answer is read."""

import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from promptyard_cli.client.access import Access
from promptyard_cli.client.errors import ApiError, NotReachable
from promptyard_cli.client.lean_httpx import httpx

WHOLE_ANSWER = httpx.Timeout(960, connect=10)
"""A run may take 15 minutes."""
STREAM = httpx.Timeout(45, connect=10)
"""A connection on which nothing happens gets a comment every 15 seconds."""
ATTEMPTS = 3
LOST = (502, 503, 504)
"""Statuses of what stands in between, or of a server that starts: a stream is asked for again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. What is None in `params` is left out. Each POST has a key, by which it is carried out once however
    often it is sent."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """As httpx takes them."""
        headers = dict(self.headers)
        content = self.content
        if self.body is not None:
            content = json.dumps(self.body).encode()
            headers["content-type"] = "application/json"
        params = {name: value for name, value in self.params.items() if value is not None}
        return {
            "method": self.method, "url": self.path, "params": params, "content": content, "headers": headers,
        }  # fmt: skip


def post(path: str, body: Any = None, params: Mapping[str, Any] | None = None) -> Asked:
    return Asked("POST", path, params or {}, body, headers=once())


def upload(path: str, content: bytes, params: Mapping[str, Any], media_type: str | None) -> Asked:
    """The content as it is."""
    headers = once() | {"content-type": media_type or "application/octet-stream"}
    return Asked("POST", path, params, content=content, headers=headers)


def once() -> dict[str, str]:
    return {"idempotency-key": os.urandom(16).hex()}


def segment(text: str) -> str:
    """A name as it stands in a path."""
    return quote(text, safe="")


def client_arguments(access: Access) -> dict[str, Any]:
    """What an httpx client is made with. Loading the machine's certificates takes as long as a run of the demo: where
    none is looked at, an empty context, which trusts nobody, stands in."""
    arguments: dict[str, Any] = {"base_url": access.url, "headers": access.headers(), "timeout": WHOLE_ANSWER}
    if access.url.startswith("http://"):
        arguments["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.is_loopback:
        arguments["trust_env"] = False  # no proxy leads there
    return arguments


def error_of(status: int, content: bytes, retry_after: str | None) -> ApiError:
    try:
        body = json.loads(content)
    except ValueError:
        body = {"detail": content[:200].decode(errors="replace")}
    return ApiError(status, body if isinstance(body, dict) else {"detail": str(body)}, retry_after)


def not_reachable(access: Access, error: Exception) -> NotReachable:
    if isinstance(error, httpx.ConnectError):
        start = ": promptyard serve starts one" if access.is_loopback else ""
        return NotReachable(f"No server answers at {access.url}{start}; PROMPTYARD_URL names another")
    return NotReachable(f"The connection to {access.url} broke: {type(error).__name__}; try again")


def pause_seconds(attempt: int) -> float:
    """Before the attempt after that one, which is counted from 1."""
    return min(4.0, 0.05 * 2.0**attempt) * (1 + os.urandom(1)[0] / 512)


def is_worth_another_attempt(error: Exception) -> bool:
    """Where nobody listens there is nobody to ask again."""
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.ConnectError | httpx.UnsupportedProtocol
    )

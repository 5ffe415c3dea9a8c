"""Keeps web pages away from a server that asks for no key.

A page in the same browser can send requests to a loopback port. What gives it away is the `Origin` header, and,
where a name was made to resolve to 127.0.0.1 (DNS rebinding), the `Host` header.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from promptyard.api.answers.fields import json_response
from promptyard.api.errors import plain_error
from promptyard.api.lambda_scope import request_id

_OURS = {"127.0.0.1", "localhost", "::1"}
_MESSAGE = (
    "This server runs without keys, so it answers only to programs of this machine, to its own pages, and to those of "
    "PROMPTYARD_CORS_ORIGINS"
)


class HostGuardMiddleware:
    """403 for a `Host` that is not loopback, or an `Origin` that is neither this very server nor one of `origins`."""

    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        self.app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope)):
            identifier = request_id(scope)
            error = plain_error(identifier, "forbidden", _MESSAGE, _MESSAGE)
            answer = json_response(error, status=403, headers={"x-request-id": identifier})
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        if _name_of(f"//{host}") not in _OURS:
            return False
        origin = headers.get("origin")
        return origin is None or origin.lower() == f"http://{host}".lower() or origin in self._origins


def _name_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None

"""Keeps web pages away from a server that asks for no key.

A page in the same browser can send requests to a loopback port. What gives it away is the `Origin` header; where a
browser sends none, as for an image, `Sec-Fetch-Site`; and, where a name was made to resolve to 127.0.0.1 (DNS
rebinding), the `Host` header.
"""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from promptyard.api.answers.fields import json_response
from promptyard.api.errors import plain_error
from promptyard.api.lambda_scope import request_id

_OURS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
"""A whole `Host`: no user, no path, no blank, nothing else (RFC 9110, 7.2)."""
_OWN_SITE = {"same-origin", "none"}
"""Values of `Sec-Fetch-Site`: a page of this very server, and a person. Another port is of the same site, and is not
ours."""
_MESSAGE = (
    "This server runs without keys, so it answers only to programs of this machine, to its own pages, and to those of "
    "PROMPTYARD_CORS_ORIGINS"
)


class HostGuardMiddleware:
    """403 for a `Host` that is not loopback, an `Origin` that is neither this very server nor one of `origins`, and
    what another site's page asks for without naming itself. A link to a page of ours may be followed from anywhere."""

    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        self.app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope["method"], Headers(scope=scope)):
            identifier = request_id(scope)
            error = plain_error(identifier, "forbidden", _MESSAGE, _MESSAGE)
            answer = json_response(error, status=403, headers={"x-request-id": identifier})
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, method: str, headers: Headers) -> bool:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or len(origins) > 1 or _OURS.fullmatch(hosts[0]) is None:
            return False
        if origins:
            return origins[0].lower() == f"http://{hosts[0]}".lower() or origins[0] in self._origins
        sites = headers.getlist("sec-fetch-site")
        return set(sites) <= _OWN_SITE or _follows_a_link(method, headers)


def _follows_a_link(method: str, headers: Headers) -> bool:
    """A person opens one of our pages as a page of its own, which whoever has the link cannot look into."""
    navigates = headers.getlist("sec-fetch-mode") == ["navigate"] and headers.getlist("sec-fetch-dest") == ["document"]
    return navigates and method in {"GET", "HEAD"}

"""ASGI middleware: request id, one log line a request, a cap on the body, and no stack trace to a caller.

Plain ASGI and not Starlette's BaseHTTPMiddleware, which buffers streamed answers behind a queue and hides
the caller's disconnect from the route.
"""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from promptyard.api.answers.fields import json_of
from promptyard.api.errors import OUR_FAULT, plain_error
from promptyard.api.lambda_scope import lambda_request_id, request_id
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.lambda_payloads import MAX_CARRIED_BYTES, carried_bytes
from promptyard.domain.runs.trace_context import TraceParent, parse_trace_parent, trace_parent

MAX_BODY_BYTES = 5_000_000
_TOO_LARGE = "body is over 5 MB"
_CARRIED_TOO_LARGE = "body is over 6 MB with its quotes, backslashes and line breaks escaped, as Lambda carries it"
MAX_FILE_BYTES = 200_000_000
_FILE_TOO_LARGE = "file is over 200 MB"
_FILE = re.compile(r"/api/v1/datasets/[^/]+/uploads/[^/]+|/api/v1/tenant/import")
"""The paths whose body is a file, which is read by the piece."""

logger = logging.getLogger("promptyard.request")


class RequestMiddleware:
    """Gives every answer its `x-request-id`, logs it, and turns what nobody caught into a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = request_id(scope)
        before = trace_parent.set(_trace_of(scope))
        started = time.monotonic()
        status: int | None = None
        sent_bytes = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = identifier
                _keep_to_its_type(headers)
            elif message["type"] == "http.response.body":
                sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, the caller gets an answer
            logger.error("unhandled error", extra={"request_id": identifier, **crash_fields(error)})
            if status is None:
                await _send_500(send_with_id, identifier)
        finally:
            logger.info(
                "request",
                extra={
                    "request_id": identifier,
                    "method": scope["method"],
                    "route": getattr(scope.get("route"), "path", None),
                    "status": status,
                    "bytes_sent": sent_bytes,
                    "duration_ms": round((time.monotonic() - started) * 1000, 1),
                },
            )
            trace_parent.reset(before)
            if lambda_request_id(scope) is not None:
                await _rest(scope)


def _trace_of(scope: Scope) -> TraceParent | None:
    """Whatever the request begins is a part of the trace that it names."""
    if not any(name == b"traceparent" for name, _ in scope["headers"]):
        return None
    headers = Headers(scope=scope)
    return parse_trace_parent(headers["traceparent"], ",".join(headers.getlist("tracestate")))


async def _rest(scope: Scope) -> None:
    provided = scope["app"].state.provided
    if provided.cache_info().currsize:
        await provided().rest()


def _keep_to_its_type(headers: MutableHeaders) -> None:
    """No browser takes an answer for another type than it says, or shows a page of ours within another."""
    headers["x-content-type-options"] = "nosniff"
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("content-security-policy", "frame-ancestors 'none'")


class HeadMiddleware:
    """Answers HEAD as GET, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_head)


class SlashMiddleware:
    """Takes the paths below `prefix` with and without a slash at their end for the same. A redirect would do for
    neither: clients send a POST on as a GET, or not at all."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix) and not scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"] + "/"}
        await self.app(scope, receive, send)


class BodyLimitMiddleware:
    """Refuses a body over 5 MB, or a file over 200 MB, by its Content-Length or, where there is none, while it comes
    in; and a body that Lambda would not carry, on a laptop, too. Files come another way there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_file = _FILE.fullmatch(scope["path"]) is not None
        limit, refusal = (MAX_FILE_BYTES, _FILE_TOO_LARGE) if is_file else (MAX_BODY_BYTES, _TOO_LARGE)
        length = Headers(scope=scope).get("content-length", "")
        declared_too_large = length.isdigit() and int(length) > limit
        received = carried = 0

        async def limited() -> Message:
            nonlocal received, carried
            if declared_too_large:
                raise HTTPException(413, refusal)
            message = await receive()
            body = message.get("body", b"")
            received += len(body)
            if received > limit:
                raise HTTPException(413, refusal)
            if not is_file:
                carried += carried_bytes(body)
                if carried > MAX_CARRIED_BYTES:
                    raise HTTPException(413, _CARRIED_TOO_LARGE)
            return message

        await self.app(scope, limited, send)


async def _send_500(send: Send, identifier: str) -> None:
    body = json_of(plain_error(identifier, "internal", OUR_FAULT, OUR_FAULT)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


EXPOSED = (
    "x-request-id",
    "request-id",
    "x-run-id",
    "x-comparison-id",
    "content-disposition",
    "retry-after",
    "x-next-cursor",
    "x-should-retry",
    "idempotent-replayed",
    "openai-processing-ms",
    "x-promptyard-cost-usd",
    "x-promptyard-dropped",
    "x-promptyard-usage-source",
    *(f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
)


_OF_SDKS = (
    *(f"openai-{what}" for what in ("beta", "organization", "project")),
    *(
        f"anthropic-{what}"
        for what in (
            "beta",
            "dangerous-direct-browser-access",
            "organization-id",
            "user-profile-id",
            "version",
            "worker-id",
            "workspace-id",
        )
    ),
    *(
        f"x-stainless-{what}"
        for what in (
            "arch",
            "async",
            "custom-poll-interval",
            "helper",
            "helper-method",
            "lang",
            "os",
            "package-version",
            "poll-helper",
            "raw-response",
            "read-timeout",
            "retry-count",
            "runtime",
            "runtime-version",
            "stream-helper",
            "timeout",
        )
    ),
    "http-referer",
    "x-title",
)
"""What the SDKs of OpenAI and of Anthropic, and clients of OpenRouter, send of their own accord."""
ALLOWED = (
    "authorization",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "traceparent",
    "tracestate",
    "x-api-key",
    "x-promptyard-playground",
    "x-promptyard-strict",
    *_OF_SDKS,
)


class LateCorsMiddleware:
    """Reads the origins from `app.state.provided().settings`; without any, no page of another origin is let in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._with_origins: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        if self._with_origins is None:
            origins = scope["app"].state.provided().settings.allowed_origins()
            self._with_origins = self.app if not origins else self._cors(origins)
        await self._with_origins(scope, receive, send)

    def _cors(self, origins: list[str]) -> ASGIApp:
        return CORSMiddleware(
            self.app,
            allow_origins=origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
            max_age=600,
        )

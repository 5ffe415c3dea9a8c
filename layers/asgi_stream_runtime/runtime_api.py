"""The Lambda Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from asgi_stream_runtime.errors import ERROR_BODY, ERROR_TYPE, ErrorReport, header_value
from asgi_stream_runtime.http_client import Connection, HttpResponse, RuntimeApiError, request

_ROOT = "/2018-06-01/runtime"
_OK = 200
_ACCEPTED = 202
_INVOCATION_ID = "Lambda-Runtime-Invocation-Id"
# awslambdaric allows 1 MiB, which is all that a Go server, as AWS's emulator is one, takes for all headers together.
_MAX_XRAY_CAUSE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Invocation:
    """One event and what the Runtime API says of it. `deadline_ms` is a unix time in milliseconds."""

    request_id: str
    event: bytes
    deadline_ms: int | None
    trace_id: str | None
    function_arn: str | None
    client_context: str | None
    cognito_identity: str | None
    tenant_id: str | None
    invocation_id: str | None

    @property
    def echoed_headers(self) -> dict[str, str]:
        """The headers of this invocation that its answer must repeat."""
        return {_INVOCATION_ID: self.invocation_id} if self.invocation_id else {}


class RuntimeApi:
    """Every method raises RuntimeApiError when the Runtime API does not answer as it should."""

    def __init__(self, address: str) -> None:
        """`address`: `host:port`, as in AWS_LAMBDA_RUNTIME_API."""
        self._address = address

    async def next_invocation(self) -> Invocation:
        response = await self._get("/invocation/next")
        headers = response.headers
        if "lambda-runtime-aws-request-id" not in headers:
            raise RuntimeApiError("The Runtime API's next invocation has no request id.")
        deadline = headers.get("lambda-runtime-deadline-ms", "")
        return Invocation(
            request_id=headers["lambda-runtime-aws-request-id"],
            event=response.body,
            deadline_ms=int(deadline) if deadline.isdecimal() else None,
            trace_id=headers.get("lambda-runtime-trace-id"),
            function_arn=headers.get("lambda-runtime-invoked-function-arn"),
            client_context=headers.get("lambda-runtime-client-context"),
            cognito_identity=headers.get("lambda-runtime-cognito-identity"),
            tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
            invocation_id=headers.get(_INVOCATION_ID.lower()),
        )

    async def restore_next(self) -> None:
        """Say that the snapshot may be taken; returns in the restored environment."""
        await self._get("/restore/next")

    async def open_response(self, invocation: Invocation, content_type: str) -> "ResponseStream":
        """Begin a streamed answer."""
        try:
            connection = await Connection.open(self._address)
        except OSError as error:
            raise RuntimeApiError(f"The Runtime API cannot be reached: {error!r}") from error
        headers = {
            "Content-Type": content_type,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
            **invocation.echoed_headers,
        }
        connection.write_head("POST", f"{_ROOT}/invocation/{invocation.request_id}/response", self._address, headers)
        return ResponseStream(connection)

    async def report_invocation_error(self, invocation: Invocation, report: ErrorReport, xray_cause: str) -> None:
        headers = invocation.echoed_headers
        if len(xray_cause) <= _MAX_XRAY_CAUSE_BYTES:
            headers["Lambda-Runtime-Function-XRay-Error-Cause"] = xray_cause
        await self._report(f"/invocation/{invocation.request_id}/error", report, report["errorType"], headers)

    async def report_init_error(self, report: ErrorReport, error_type: str | None = None) -> None:
        await self._report("/init/error", report, error_type or report["errorType"])

    async def report_restore_error(self, report: ErrorReport, error_type: str) -> None:
        await self._report("/restore/error", report, error_type)

    async def _get(self, path: str) -> HttpResponse:
        response = await request(self._address, "GET", _ROOT + path)
        if response.status != _OK:
            raise RuntimeApiError(f"GET {path} answered {response.status}.")
        return response

    async def _report(
        self, path: str, report: ErrorReport, error_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        headers = {"Content-Type": "application/json", ERROR_TYPE: header_value(error_type), **(headers or {})}
        body = json.dumps(report).encode()
        response = await request(self._address, "POST", _ROOT + path, headers=headers, body=body)
        if response.status != _ACCEPTED:
            raise RuntimeApiError(f"POST {path} answered {response.status}.")


class ResponseStream:
    """One answer, sent chunk by chunk; its connection ends with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Read from the start: the Runtime API may refuse an answer before its end.
        self._answer = asyncio.create_task(connection.read_response())
        self._is_ended = False

    async def write(self, chunks: Iterable[bytes]) -> None:
        """Send each as one chunk. Raises OSError when the Runtime API takes no more."""
        if self._answer.done():
            raise ConnectionResetError("The Runtime API has ended this response.")
        self._connection.write(b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk))
        await self._connection.drain()

    async def finish(self, trailers: Iterable[tuple[str, str]] = ()) -> None:
        """End the answer, unless it has ended, and wait until Lambda has it all. Raises RuntimeApiError."""
        if not self._is_ended:
            self._is_ended = True
            lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
            self._connection.write(f"0\r\n{lines}\r\n".encode("latin-1"))
        response = await asyncio.shield(self._answer)  # whoever is cancelled while waiting, it is still read
        self._connection.close()
        if response.status != _ACCEPTED:
            raise RuntimeApiError(f"The streamed response was answered with {response.status}.")

    def abort(self) -> None:
        """Give the answer up. Does no harm to one that has ended."""
        if not self._answer.cancel() and not self._answer.cancelled():
            self._answer.exception()  # asyncio complains of exceptions that nobody asked for
        self._connection.abort()

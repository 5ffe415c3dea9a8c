"""One invocation, from its event to the end of its answer."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from mangum.types import ASGI, Scope

from asgi_stream_runtime import managed_runtime
from asgi_stream_runtime.errors import BadBody, DeadlineExceeded, IncompleteResponse, describe
from asgi_stream_runtime.events import http_request, parse_event, takes_multi_value_headers
from asgi_stream_runtime.exchange import Exchange
from asgi_stream_runtime.http_client import RuntimeApiError
from asgi_stream_runtime.prelude import CONTENT_TYPE, http_prelude
from asgi_stream_runtime.runtime_api import Invocation, RuntimeApi

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deadlines:
    """Unix times in milliseconds; None where Lambda named no deadline."""

    disconnect_ms: int | None
    """When the application is told that its time is over."""
    cancel_ms: int | None
    """When it is cancelled, if it goes on."""
    close_ms: int | None
    """When its answer is closed, if even that does not stop it."""
    final_ms: int | None
    """When Lambda ends the process."""


def deadlines(final_ms: int | None, grace_ms: int, now_ms: int) -> Deadlines:
    """The grace is at most a quarter of the time there is; of its last quarter the runtime needs half for itself."""
    if final_ms is None:
        return Deadlines(None, None, None, None)
    grace_ms = min(grace_ms, max(final_ms - now_ms, 0) // 4)
    return Deadlines(final_ms - grace_ms, final_ms - grace_ms // 4, final_ms - grace_ms // 8, final_ms)


class InvocationHandler:
    """Answers invocations, one after the other."""

    def __init__(self, app: ASGI, api: RuntimeApi, log: managed_runtime.Log, grace_ms: int) -> None:
        self._app = app
        self._api = api
        self._log = log
        self._grace_ms = grace_ms

    async def handle(self, invocation: Invocation, state: dict[str, Any]) -> None:
        """`state`: what the application's lifespan left for its requests."""
        times = deadlines(invocation.deadline_ms, self._grace_ms, _now_ms())
        try:
            context = managed_runtime.begin_invocation(invocation)
            event = parse_event(invocation.event)
            scope, body = http_request(event, context)
        except BadBody as error:
            await self._refuse(invocation, error)
            return
        except Exception as error:  # noqa: BLE001  # Lambda waits for an answer, whatever went wrong
            await self._report(invocation, error)
            return
        scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}
        scope["state"] = state.copy()
        scope["extensions"] = {"aws.lambda": _extension(invocation, times, event, context)}
        exchange = Exchange(
            lambda: self._api.open_response(invocation, CONTENT_TYPE),
            body,
            method=scope["method"],
            multi_value_headers=takes_multi_value_headers(event),
        )
        try:
            await self._settle(invocation, exchange, times, error=await self._run(scope, exchange, times))
        finally:
            exchange.abort()

    async def _run(self, scope: Scope, exchange: Exchange, times: Deadlines) -> BaseException | None:
        """Run the application until it returns or its time is over. Returns what it failed with."""
        task = asyncio.create_task(self._call(scope, exchange))
        await _wait(task, times.disconnect_ms)
        if not task.done():
            logger.warning("The deadline is near: the application is told that it is disconnected.")
            exchange.disconnect()
            await _wait(task, times.cancel_ms)
        if task.done():
            return asyncio.CancelledError() if task.cancelled() else task.exception()
        task.cancel()
        await _wait(task, times.close_ms)
        if not task.done():
            logger.error("The application goes on although it was cancelled; it is left behind.")
        return DeadlineExceeded("The application did not end in time.")

    async def _call(self, scope: Scope, exchange: Exchange) -> None:
        """An application may return any awaitable, or raise at once; this is always a coroutine."""
        await self._app(scope, exchange.receive, exchange.send)

    async def _settle(
        self, invocation: Invocation, exchange: Exchange, times: Deadlines, *, error: BaseException | None
    ) -> None:
        """End the answer, if the application has not."""
        exchange.close()
        if exchange.is_complete or exchange.lost is not None:
            # Starlette raises an error again after it has answered with status 500.
            if failure := exchange.lost or error:
                self._log(describe(failure, invocation.request_id))
            return
        error = error or IncompleteResponse("The application returned before its response was complete.")
        if not exchange.has_begun:
            await self._report(invocation, error)
            return
        report = describe(error, invocation.request_id)
        self._log(report)
        try:
            async with asyncio.timeout(_seconds_until(times.final_ms)):
                await exchange.fail(report)
        except (RuntimeApiError, OSError) as refusal:  # a TimeoutError is an OSError
            logger.warning("The end of the response could not be sent: %r", refusal)

    async def _refuse(self, invocation: Invocation, error: BadBody) -> None:
        """Answer with a 400: the mistake is the caller's, and no failure of the function."""
        logger.warning("%s", error)
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        stream = await self._api.open_response(invocation, CONTENT_TYPE)
        try:
            await stream.write([http_prelude(400, headers, multi_value=False), str(error).encode()])
            await stream.finish()
        except (RuntimeApiError, OSError) as refusal:
            logger.warning("The answer could not be sent: %s", refusal)
        finally:
            stream.abort()

    async def _report(self, invocation: Invocation, error: BaseException) -> None:
        """Report an error that came before the first byte."""
        report = describe(error, invocation.request_id)
        self._log(report)
        try:
            await self._api.report_invocation_error(invocation, report, managed_runtime.xray_cause(error))
        except RuntimeApiError as refusal:
            logger.warning("The error could not be reported: %s", refusal)


def _extension(invocation: Invocation, times: Deadlines, event: Any, context: Any) -> dict[str, Any]:
    return {
        "request_id": invocation.request_id,
        "trace_id": invocation.trace_id,
        "deadline_ms": times.final_ms,
        "disconnect_ms": times.disconnect_ms,
        "event": event,
        "context": context,
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _seconds_until(unix_ms: int | None) -> float | None:
    return None if unix_ms is None else max(unix_ms - _now_ms(), 0) / 1_000


async def _wait(task: "asyncio.Task[None]", until_ms: int | None) -> None:
    await asyncio.wait([task], timeout=_seconds_until(until_ms))

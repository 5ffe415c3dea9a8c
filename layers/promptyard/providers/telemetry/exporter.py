"""Sends each run that has ended as a span to a collector, by one request of OTLP over HTTP in JSON.

It keeps nobody waiting: spans are sent beside, within a second, and one that is not taken is a line in the log."""

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import PromptyardError
from promptyard.domain.runs.trace_context import trace_parent
from promptyard.providers.telemetry.span import attributes_of, span_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run
    from promptyard.domain.runs.trace_context import TraceParent
    from promptyard.providers.network.webhooks import GuardedPoster

SEND_SECONDS = 1.0
"""For all of it: look-up, connection, answer."""
AFTER_SECONDS = 0.01
"""Until the run's end is out, where the store has answered at once: whoever waits for that comes before a collector."""
MOST_AT_ONCE = 1_000
"""That are under way: what comes on top is not sent, for a collector that hangs would hold ever more memory."""
SERVICE = "promptyard"

logger = logging.getLogger("promptyard.telemetry")


class SpanExporter:
    """Implements `services.ports.observing.RunObserver`."""

    def __init__(
        self,
        url: str,
        headers: "Callable[[], Awaitable[Mapping[str, str]]]",
        poster: "GuardedPoster",
        *,
        content: bool = False,
    ) -> None:
        """`headers` gives those of the collector, keys among them."""
        self._url = url
        self._headers = headers
        self._poster = poster
        self._content = content
        self._under_way: set[asyncio.Task[None]] = set()

    def ended(self, run: "Run", cause: "Cause | None") -> None:
        if len(self._under_way) >= MOST_AT_ONCE:
            logger.warning("span not sent", extra={"run_id": run.id, "code": "too_many"})
            return
        task = asyncio.get_running_loop().create_task(self._send(run, cause, trace_parent.get()))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def rest(self) -> None:
        """Waits for what is under way: a second at most."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))

    async def aclose(self) -> None:
        await self.rest()
        await self._poster.aclose()

    async def _send(self, run: "Run", cause: "Cause | None", parent: "TraceParent | None") -> None:
        await asyncio.sleep(AFTER_SECONDS)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                body = export_request(span_of(run, cause, parent, content=self._content))
                headers = {**await self._headers(), "content-type": "application/json"}
                status = await self._poster.post(self._url, headers, body)
        except TimeoutError:
            _lost(run, {"code": "timeout"})
        except PromptyardError as error:
            _lost(run, {"code": error.code})
        except Exception as unexpected:  # noqa: BLE001 - the run has ended, and is answered
            _lost(run, crash_fields(unexpected))
        else:
            if status >= 300:
                _lost(run, {"code": "refused", "status": status})


def export_request(span: "Mapping[str, Any]") -> bytes:
    resource = {"attributes": attributes_of({"service.name": SERVICE})}
    scope_spans = {"scope": {"name": SERVICE}, "spans": [span]}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [scope_spans]}]}
    return json.dumps(request, separators=(",", ":")).encode()


def _lost(run: "Run", why: dict[str, Any]) -> None:
    logger.warning("span not sent", extra={"run_id": run.id, **why})

"""Sends each run that has ended as a span to a collector, by one request of OTLP over HTTP in JSON.

It keeps nobody waiting: spans are sent beside, within a second, and one that is not taken is a line in the log."""

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import PromptyardError
from promptyard.domain.runs.trace_context import trace_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run
    from promptyard.domain.runs.trace_context import TraceParent
    from promptyard.providers.telemetry.network import SpanPoster
    from promptyard.services.ports.observing import Destinations

SEND_SECONDS = 1.0
"""For all of it: look-up, connection, answer."""
AFTER_SECONDS = 0.01
"""Until the run's end is out, where the store has answered at once: whoever waits for that comes before a collector."""
MOST_AT_ONCE = 1_000
"""That are under way: what comes on top is not sent, for a collector that hangs would hold ever more memory."""

logger = logging.getLogger("promptyard.telemetry")


class SpanExporter:
    """Implements `services.ports.observing.RunObserver`."""

    def __init__(
        self,
        destinations: "Destinations",
        make_poster: "Callable[[], SpanPoster]",
        *,
        whose: str,
        most_of_a_tenant: int = MOST_AT_ONCE,
    ) -> None:
        """`make_poster` is called for the first span: it brings what makes spans, and the HTTP client. `whose`: of the
        collectors, for the log. `most_of_a_tenant`: its spans that are under way."""
        self._destinations = destinations
        self._make_poster = make_poster
        self._whose = whose
        self._most_of_a_tenant = most_of_a_tenant
        self._poster: SpanPoster | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._of_tenants: Counter[str] = Counter()

    def ended(self, run: "Run", cause: "Cause | None") -> None:
        tenant = run.tenant
        if not self._destinations.may_have(tenant):
            return
        if len(self._under_way) >= MOST_AT_ONCE or self._of_tenants[tenant] >= self._most_of_a_tenant:
            self._lost(run, {"code": "too_many"})
            return
        task = asyncio.get_running_loop().create_task(self._send(run, cause, trace_parent.get()))
        self._under_way.add(task)
        self._of_tenants[tenant] += 1

        def done(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            self._of_tenants[tenant] -= 1
            if not self._of_tenants[tenant]:
                del self._of_tenants[tenant]

        task.add_done_callback(done)

    def warm(self) -> "SpanPoster":
        """What a first span would wait for. Opens no socket."""
        if self._poster is None:
            self._poster = self._make_poster()
        return self._poster

    async def rest(self) -> None:
        """Waits for what is under way: a second at most."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))

    async def aclose(self) -> None:
        await self.rest()
        if self._poster is not None:
            await self._poster.aclose()

    async def _send(self, run: "Run", cause: "Cause | None", parent: "TraceParent | None") -> None:
        await asyncio.sleep(AFTER_SECONDS)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                to = await self._destinations.find(run.tenant)
                if to is None:
                    return
                status = await self.warm().post(to, run, cause, parent)
        except TimeoutError:
            self._lost(run, {"code": "timeout"})
        except PromptyardError as error:
            self._lost(run, {"code": error.code})
        except Exception as unexpected:  # noqa: BLE001 - the run has ended, and is answered
            self._lost(run, crash_fields(unexpected))
        else:
            if status >= 300:
                self._lost(run, {"code": "refused", "status": status})

    def _lost(self, run: "Run", why: "Mapping[str, Any]") -> None:
        logger.warning("span not sent", extra={"run_id": run.id, "collector": self._whose, **why})

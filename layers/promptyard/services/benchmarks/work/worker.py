"""What is done with each message of the queue."""

import logging
import random
from contextlib import suppress
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.messages import (
    CellMessage,
    EventMessage,
    FinishMessage,
    Message,
    PlanMessage,
    WebhookMessage,
    read_message,
)
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import InvalidRequest, NotFound, StoreUnavailable
from promptyard.services.benchmarks.work.later import Later

if TYPE_CHECKING:
    from promptyard.services.benchmarks.work.cell_work import CellWorker
    from promptyard.services.benchmarks.work.finishing import Finisher
    from promptyard.services.benchmarks.work.planning import Planner
    from promptyard.services.ports.benchmark_work import OutsideMessages
    from promptyard.services.ports.benchmarks import Queue

MAX_FAILURES = 5
"""After so many deliveries a message that is no cell's, and always fails, is put aside."""
MAX_RECEIVES = 900
"""SQS itself puts a message aside that was received 1,000 times: it is sent anew before."""
MAX_WAIT_SECONDS = 30.0

logger = logging.getLogger("promptyard.benchmarks")


class BenchmarkWorker:
    def __init__(
        self,
        planner: "Planner",
        cells: "CellWorker",
        finisher: "Finisher",
        outside: "OutsideMessages",
        queue: "Queue",
    ) -> None:
        self._planner = planner
        self._cells = cells
        self._finisher = finisher
        self._outside = outside
        self._queue = queue

    async def handle(self, text: str, *, receives: int, seconds: float) -> float | None:
        """Do what a message asks for; `seconds`: how long a run may take. None when that is done; else how many seconds
        later the message is to be delivered again."""
        try:
            message = read_message(text)
        except InvalidRequest:
            return await self._aside(text, receives)
        try:
            await self._do(message, receives, seconds)
        except Later as later:
            return await self._later(message, receives, later.seconds, exact=later.exact)
        except StoreUnavailable as silent:
            return await self._later(message, receives, silent.retry_after or 5)
        except NotFound as gone:  # the run, or its benchmark: deleted meanwhile
            logger.warning("message left", extra={"kind": message.kind, "reason": gone.message})
        except Exception as unexpected:  # noqa: BLE001 - one message's crash is no other's
            logger.error("message crashed", extra={"kind": message.kind, **crash_fields(unexpected)})
            return await self._aside(text, receives) if receives >= MAX_FAILURES else 2.0**receives
        return None

    async def _do(self, message: Message, receives: int, seconds: float) -> None:
        match message:
            case CellMessage():
                await self._cells.work(message, seconds=seconds)
            case PlanMessage():
                await self._planner.plan(message)
            case FinishMessage():
                await self._finisher.finish(message, again=receives > 1)
            case EventMessage():
                await self._outside.event(message)
            case WebhookMessage():
                await self._outside.webhook(message)

    async def _later(self, message: Message, receives: int, seconds: float, *, exact: bool = False) -> float | None:
        """Those that wait for the same do not come back together, and those that wait for long come less often."""
        wait = seconds * random.uniform(1, 3) * (1 + receives / 20)  # noqa: S311 - guards nothing
        wait = seconds if exact else max(seconds, min(wait, MAX_WAIT_SECONDS))
        if receives >= MAX_RECEIVES:
            with suppress(StoreUnavailable):
                await self._queue.send([message], delay_seconds=round(wait))
                return None
        return wait

    async def _aside(self, text: str, receives: int) -> float | None:
        try:
            await self._queue.put_aside(text)
        except StoreUnavailable:
            return 2.0 ** min(receives, MAX_FAILURES)
        return None

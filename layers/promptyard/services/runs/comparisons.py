"""Several runs that belong together: all at once, in one stream of events."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import NotFound, OurFault, PromptyardError
from promptyard.domain.headroom import Headroom
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.provider_events import AnswerPiece, KeptPart, ReplayPart
from promptyard.domain.paging import each_page
from promptyard.domain.runs.comparisons import CANCEL_PATIENCE_SECONDS, Comparison
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import RunFilter
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.packed_events import Maker, as_it_is, whole
from promptyard.services.runs.run_events import RunBegan, RunSettled, parts_of_piece

if TYPE_CHECKING:
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.orders import RunOrder
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.services.runs.runs import RunService, UnsentRuns

MAX_TARGETS = 10

logger = logging.getLogger("promptyard.compare")


@dataclass(frozen=True, slots=True)
class TargetPiece:
    """A piece of a target's answer."""

    index: int
    piece: AnswerPiece


@dataclass(frozen=True, slots=True)
class TargetEnded:
    """A target's one terminal event, with its run's record. `is_sent`: of a target that is refused (an unknown model, a
    missing key, a quota) nothing was. `elapsed_ms` is from the comparison's start."""

    index: int
    run: Run
    error: PromptyardError | None
    elapsed_ms: int
    is_sent: bool = True


@dataclass(frozen=True, slots=True)
class ComparisonEnded:
    """The last event: every target has ended."""

    comparison_id: str


ComparisonEvent = TargetPiece | TargetEnded | ComparisonEnded


def parts_of_comparison(event: ComparisonEvent) -> tuple[Maker[ComparisonEvent], str]:
    """For the log to pack."""
    if not isinstance(event, TargetPiece):
        return whole(event)
    maker, text = parts_of_piece(event.piece)
    return whole(event) if maker is as_it_is else (_piece_of(event.index, maker), text)


@lru_cache(1024)
def _piece_of(index: int, maker: Maker[AnswerPiece]) -> Maker[TargetPiece]:
    return lambda text: TargetPiece(index, maker(text))


class ComparisonHandle:
    """A comparison going on in its own task. Its `log` tells the events of all targets as they come: one TargetEnded
    a target, and ComparisonEnded last."""

    def __init__(self, comparison_id: str, events: Sequence[KeptPart] = ()) -> None:
        self.id = comparison_id
        self.events = events
        """What its stream tells beside the texts."""
        self.before_end: Callable[[ComparisonEvent], Awaitable[None]] | None = None
        """Awaited with the last event before the log has it. Raises nothing."""
        self.log: EventLog[ComparisonEvent] = EventLog(parts_of_comparison)
        self._ends: list[TargetEnded] = []
        self._runs: dict[int, RunHandle] = {}
        self._cancelled_because: str | None = None

    async def ended(self) -> list[TargetEnded]:
        """Waits for the end; one entry a target, in their order."""
        await self.log.closed()
        return sorted(self._ends, key=lambda end: end.index)

    @property
    def headroom(self) -> Headroom:
        """What the runs that have begun leave of the caller's limits."""
        return Headroom.least(handle.headroom for handle in self._runs.values())

    async def follow(self, index: int, run_handle: "RunHandle") -> RunSettled:
        """Tell a target's pieces as they come; returns its end."""
        self._runs[index] = run_handle
        if self._cancelled_because is not None:
            run_handle.cancel(self._cancelled_because)
        async for batch in run_handle.log.read():
            self.log.extend(
                TargetPiece(index, event)
                for _, event in batch
                if not isinstance(event, RunBegan | ReplayPart | RunSettled)
            )
        return await run_handle.settled()

    def tell_end(self, end: TargetEnded) -> None:
        self._ends.append(end)
        self.log.append(end)

    def cancel(self, reason: str) -> None:
        """Stop every provider call and settle every run as cancelled."""
        self._cancelled_because = reason
        for handle in self._runs.values():
            handle.cancel(reason)


class CompareService:
    def __init__(self, runs: "RunService", unsent: "UnsentRuns", history: "RunHistory") -> None:
        self._runs = runs
        self._unsent = unsent
        self._history = history
        self.going_on: dict[asyncio.Task[None], ComparisonHandle] = {}

    async def start(self, caller: Caller, orders: "Sequence[RunOrder]") -> ComparisonHandle:
        """Begin all targets at once: they are of one request. Nothing of one target delays or ends another. Raises what
        `RunService.placed` does."""
        orders = await self._runs.placed(caller, orders)
        handle = ComparisonHandle(time_ordered_id(), orders[0].events)
        orders = [order.compared(handle.id, index) for index, order in enumerate(orders)]
        # Before anything begins: with these whatever becomes of a target can be told.
        records = [order.run(caller) for order in orders]
        task = asyncio.create_task(self._carry_out(handle, caller, orders, records), name=f"comparison {handle.id}")
        self.going_on[task] = handle
        task.add_done_callback(self.going_on.pop)
        return handle

    async def _carry_out(
        self, handle: ComparisonHandle, caller: Caller, orders: "Sequence[RunOrder]", records: Sequence[Run]
    ) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for index, (order, record) in enumerate(zip(orders, records, strict=True)):
                    group.create_task(self._run_target(handle, caller, index, order, record))
        finally:
            end = ComparisonEnded(handle.id)
            if handle.before_end is not None:
                await handle.before_end(end)
            handle.log.append(end)
            handle.log.close()

    async def _run_target(
        self, handle: ComparisonHandle, caller: Caller, index: int, order: "RunOrder", record: Run
    ) -> None:
        started = time.monotonic()
        run_handle: RunHandle | None = None
        try:
            run_handle = await self._runs.start(caller, order)
            end = await handle.follow(index, run_handle)
            run, error = end.run, end.error
        except Exception as failure:  # noqa: BLE001 - one target's crash ends only itself
            error = failure if isinstance(failure, PromptyardError) else _crashed(failure, handle.id, index)
            run = (record if run_handle is None else run_handle.run).ended(error, at=datetime.now(UTC))
        elapsed = _milliseconds_since(started)
        if run_handle is None and error is not None:
            run = await self._unsent.keep(caller, order, run, error)
        handle.tell_end(TargetEnded(index, run, error, elapsed, is_sent=run_handle is not None))

    async def get(self, tenant: str, comparison_id: str) -> Comparison:
        """Raises NotFound."""
        pages = each_page(partial(self._history.page, tenant, RunFilter(comparison_id=comparison_id)), MAX_TARGETS)
        runs = [run async for page in pages for run in page]
        if not runs:
            raise NotFound("No such comparison")
        return Comparison.of(comparison_id, runs)

    async def cancel(self, tenant: str, comparison_id: str) -> Comparison:
        """Ask for every run's end and wait until all are settled, for a few seconds at most. Raises NotFound."""
        end = time.monotonic() + CANCEL_PATIENCE_SECONDS
        comparison = await self.get(tenant, comparison_id)
        while True:
            # Looked up anew each time: an index may learn of the last run a moment after it began.
            open_runs = [run for run in comparison.runs if not run.settled]
            if not open_runs or time.monotonic() > end:
                return comparison
            await asyncio.gather(*(self._history.cancel(tenant, run.id) for run in open_runs))
            comparison = await self.get(tenant, comparison_id)

    async def close(self) -> None:
        """Cancel and settle whatever is still going on."""
        tasks = list(self.going_on)
        for handle in self.going_on.values():
            handle.cancel("The server stopped")
        await asyncio.gather(*tasks, return_exceptions=True)


def _crashed(failure: Exception, comparison_id: str, index: int) -> PromptyardError:
    logger.error("target crashed", extra={"comparison_id": comparison_id, "index": index, **crash_fields(failure)})
    return OurFault()


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)

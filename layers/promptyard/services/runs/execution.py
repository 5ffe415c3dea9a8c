"""Carrying out one run: reservation and start record, provider call with retries, settlement and charge. Everything
that runs a target (run, compare, a judge, a benchmark) goes through `RunExecutor.start`."""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from promptyard.domain.errors import (
    Blocked,
    Cancelled,
    Conflict,
    DeadlineExceeded,
    PromptyardError,
    StoreUnavailable,
)
from promptyard.domain.metering.counts import charged_usage, is_reported
from promptyard.domain.metering.held import Held
from promptyard.domain.metering.ledger import Reservation
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.causes import Cause, cause_of
from promptyard.domain.runs.kept_answer import kept_answer
from promptyard.domain.runs.run import Run
from promptyard.services.metering.meter import Meter
from promptyard.services.ports.runs import PreparedCall, ProviderGateway, RunGuard, RunStore
from promptyard.services.runs.answer import Answer, estimated
from promptyard.services.runs.observing import NOBODY, Observers
from promptyard.services.runs.pieces import whole_pieces
from promptyard.services.runs.provider_attempts import call_provider, dropped, prepared_without_refused
from promptyard.services.runs.run_handle import RunHandle
from promptyard.services.runs.settling.cancel_watch import CancelWatch
from promptyard.services.runs.settling.settlement import Settlement, crash, without_crash

COUNT_SECONDS = 0.5
"""How long a provider's own counter may take, where it was left before it told what it counted: whoever cancels a run,
and whoever waits for one whose time is over, waits for it."""
CLOSE_PATIENCE_SECONDS = 2.0
"""How long a stopped provider call may take to close its connection before the run is settled without waiting."""

logger = logging.getLogger("promptyard.run")

Result = TypeVar("Result")


class RunExecutor:
    def __init__(self, store: RunStore, gateway: ProviderGateway, meter: Meter, observers: Observers = NOBODY) -> None:
        self._store = store
        self._gateway = gateway
        self._meter = meter
        self._settlement = Settlement(store, meter, observers)
        self.going_on: dict[asyncio.Task[None], RunHandle] = {}

    async def start(
        self,
        run: Run,
        call: ProviderCall,
        limits: Limits = NO_LIMITS,
        *,
        guard: RunGuard | None = None,
        promises_counts: bool = False,
    ) -> RunHandle:
        """Check the call, reserve the run's estimate, write its start record, and begin. `guard` stands
        between the run and whoever reads the handle or the record. With `promises_counts` the record has an estimate of
        the tokens where the provider does not report them.

        Raises what `check` raises with nothing stored; LimitReached, StoreUnavailable or Conflict with nothing sent.
        """
        self._meter.check_rate(run.tenant, limits)
        prepared, planned = self.check(run, replace(call, deadline_at=run.deadline_at), limits)
        run = run.model_copy(update={"reservation_id": planned.id, "dropped": dropped(run, prepared.call)})
        held = await self._claim(run if guard is None else guard.admit(run), planned, limits)
        handle = RunHandle(run, held.headroom, guard, promises_counts=promises_counts)
        task = asyncio.create_task(self._carry_out(handle, prepared, held), name=f"run {run.id}")
        self.going_on[task] = handle
        task.add_done_callback(self.going_on.pop)
        return handle

    async def _claim(self, run: Run, planned: Reservation, limits: Limits) -> Held:
        """The reservation, then the start record: so no record is without one, by which the sweeper finds it."""
        held = await self._meter.reserve(planned, limits)
        try:
            await self._store.start(run)
            if datetime.now(UTC) >= run.deadline_at:  # the sweeper may have given back by now what is not sent yet
                raise DeadlineExceeded("The run's time was over before it could be sent")
        except PromptyardError as error:
            # A conflict is another run's record; else this one's may be there, or be the sweeper's by now.
            if isinstance(error, Conflict) or await self._store.withdraw(run):
                await self._meter.cancel(held)
            raise
        self._store.count(run)
        return held

    def check(self, run: Run, call: ProviderCall, limits: Limits = NO_LIMITS) -> tuple[PreparedCall, Reservation]:
        """What would be sent, and what the run would reserve. Raises RefusedParameter, InvalidRequest or
        EndpointRefused for a call that cannot be made, or whose price a quota needs and nobody knows."""
        return prepared_without_refused(self._gateway, call), self._meter.plan(run, limits)

    async def count_request(self, planned: Reservation, limits: Limits) -> None:
        """Of what sends no run. Raises LimitReached, StoreUnavailable."""
        await self._meter.count_request(planned, limits)

    def handle_of(self, run_id: str) -> RunHandle | None:
        """The run, where it is going on here."""
        return next((handle for handle in self.going_on.values() if handle.run.id == run_id), None)

    async def close(self) -> None:
        """Cancel and settle whatever is still going on."""
        tasks = list(self.going_on)
        for handle in self.going_on.values():
            handle.cancel("The server stopped")
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settlement.close()

    async def _carry_out(self, handle: RunHandle, prepared: PreparedCall, held: Held) -> None:
        """Never cancelled itself, so that every run that began is settled: what is stopped is the provider call."""
        answer = Answer()
        calling = asyncio.create_task(self._answer(handle, prepared, answer))
        watch = CancelWatch(partial(self._look_for_cancel, handle))
        time_left = (handle.run.deadline_at - datetime.now(UTC)).total_seconds()
        await asyncio.wait({calling, handle.stopped}, timeout=max(0, time_left), return_when=asyncio.FIRST_COMPLETED)
        watch.stop()
        if calling.done():
            error = _error_of(calling, handle.run)
        elif handle.stop_reason is not None:
            error = Cancelled(handle.stop_reason)
        else:
            error = DeadlineExceeded("The run's time was over before the answer was complete")
        if not calling.done():
            calling.cancel()
            await asyncio.wait({calling}, timeout=CLOSE_PATIENCE_SECONDS)
        guard = handle.guard
        try:
            run = answer.settle(handle.run, prepared.call.priced, error, at=datetime.now(UTC), ended=time.monotonic())
            shown = run if guard is None else guard.finish(run, error)
            error = _as_told(error, shown)
        except Exception as unexpected:  # noqa: BLE001 - whoever waits for the run's end is told of it all the same
            error = crash(handle.run, unexpected)
            run = handle.run.ended(error, at=datetime.now(UTC))
            shown = run if guard is None else guard.admit(run)
        unreported = await _unreported(run, prepared, held, answer, error)
        if handle.promises_counts:
            shown = estimated(shown, unreported, prepared.call.priced)
        shown = kept_answer(shown.model_copy(update={"charged_usage": unreported}))
        call = prepared.call
        cause = cause_of(error, own_key=call.own_key, own_address=call.from_caller)
        if isinstance(error, Blocked):
            handle.tell(TextDelta(error.message))
            error = None
        handle.is_recorded = await self._settle(handle, shown, error, held, cause)
        handle.settle(shown, error)

    async def _answer(self, handle: RunHandle, prepared: PreparedCall, answer: Answer) -> None:
        guard = handle.guard
        if guard is None:
            return await call_provider(self._gateway, handle, prepared, answer)
        await guard.check_prompt(handle.run, prepared.sent)
        await call_provider(self._gateway, handle, prepared, answer)
        came = answer.settle(handle.run, prepared.call.priced, None, at=datetime.now(UTC), ended=time.monotonic())
        rest = await guard.check_answer(came)
        held = whole_pieces(rest, came.tool_calls, answer.reasoning) if guard.holds else []
        handle.tell(*held)
        return None

    async def _settle(
        self, handle: RunHandle, run: Run, error: PromptyardError | None, held: Held, cause: Cause | None
    ) -> bool:
        """Whether the run's record has this end."""
        others = [] if handle.guard is None else [handle.guard.report(run)]
        if handle.before_end is not None:
            others.append(handle.keep_end(run, error))
        # The release comes last: as long as there is a reservation, something of the run may be written yet.
        writing = asyncio.gather(*(without_crash(run, other) for other in others)) if others else None
        is_recorded = await self._settlement.settle(run, held, writing, cause=cause)
        logger.info(
            "run",
            extra={
                "run_id": run.id,
                "provider": run.provider,
                "model": run.model,
                "status": run.status.value,
                "code": run.error.code if run.error else None,
                "latency_ms": run.latency_ms,
                "ttft_ms": run.ttft_ms,
                "tokens_in": run.usage.input_tokens if run.usage else None,
                "tokens_out": run.usage.output_tokens if run.usage else None,
            },
        )
        return is_recorded

    async def _look_for_cancel(self, handle: RunHandle) -> bool:
        """Whether there is one."""
        with suppress(StoreUnavailable):
            if await self._store.cancel_requested(handle.run.tenant, handle.run.id):
                handle.cancel("The run was cancelled")
                return True
        return False


async def _unreported(
    run: Run, prepared: PreparedCall, held: Held, answer: Answer, error: PromptyardError | None
) -> Usage | None:
    """What the run is charged where its provider did not report it. In a thread: a long prompt takes a while to
    count."""
    if is_reported(run):
        return None
    call, worked = prepared.call, answer.may_have_worked(error)
    told = run.usage is not None and run.usage.input_tokens
    counted = await without_crash(run, _counted_input(prepared)) if worked and not told else None
    came = answer.came(call.row.wire.tools_prompt_tokens, counted)
    return await asyncio.to_thread(charged_usage, run, call.info, held.reservation, worked=worked, came=came)


async def _counted_input(prepared: PreparedCall) -> int | None:
    with suppress(TimeoutError):
        return await asyncio.wait_for(prepared.count_input(), COUNT_SECONDS)
    return None


def _as_told(error: PromptyardError | None, shown: Run) -> PromptyardError | None:
    """The error in the words of the record, which a guard may have changed."""
    if error is None or shown.error is None or shown.error.message == error.message:
        return error
    return shown.error.as_error()


def _error_of(calling: asyncio.Task[None], run: Run) -> PromptyardError | None:
    unexpected = calling.exception()
    if unexpected is None or isinstance(unexpected, PromptyardError):
        return unexpected
    return crash(run, unexpected)

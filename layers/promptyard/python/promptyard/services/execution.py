"""Carrying out one run: start record, provider call with retries, settlement. Everything that runs a target
(run, compare, a judge, a benchmark) goes through `RunExecutor.start`."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import (
    Cancelled,
    DeadlineExceeded,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    StoreUnavailable,
)
from promptyard.domain.events import ProviderEvent
from promptyard.domain.runs import Run
from promptyard.domain.targets import ProviderCall
from promptyard.services.answer import Answer
from promptyard.services.ports import ProviderGateway, RunStore

MAX_ATTEMPTS = 3
MAX_RETRY_WAIT_SECONDS = 20.0
CANCEL_POLL_SECONDS = 0.5
CLOSE_PATIENCE_SECONDS = 2.0
"""How long a stopped provider call may take to close its connection before the run is settled without waiting."""
SETTLE_ATTEMPTS = 3
SETTLE_PAUSE_SECONDS = 0.2

logger = logging.getLogger("promptyard.run")


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The provider's first event came: from here on nothing is retried."""


@dataclass(frozen=True, slots=True)
class RunText:
    text: str


@dataclass(frozen=True, slots=True)
class RunSettled:
    """The end: the run's final record, and the error behind it where it did not succeed."""

    run: Run
    error: PromptyardError | None


RunEvent = RunBegan | RunText | RunSettled


class RunHandle:
    """A run going on in its own task. Iterate it once for its events; the last one is RunSettled.

    The task does not depend on who reads: a reader that goes away stops nothing, `cancel` does.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._events: asyncio.Queue[RunEvent] = asyncio.Queue()
        self._stop = asyncio.Event()
        self._stop_reason: str | None = None
        self._pending: RunEvent | None = None

    async def started(self, patience: float) -> RunEvent | None:
        """The first event, left in place for the iteration; None when it did not come within `patience` seconds."""
        if self._pending is None:
            with suppress(TimeoutError):
                self._pending = await asyncio.wait_for(self._events.get(), patience)
        return self._pending

    async def __aiter__(self) -> AsyncIterator[RunEvent]:
        while True:
            event, self._pending = self._pending or await self._events.get(), None
            yield event
            if isinstance(event, RunSettled):
                return

    async def settled(self) -> RunSettled:
        """Reads to the end."""
        async for event in self:
            if isinstance(event, RunSettled):
                return event
        raise AssertionError("a run's events end with RunSettled")

    def cancel(self, reason: str) -> None:
        """Stop the provider call and settle the run as cancelled. Does nothing to a settled run."""
        if self._stop_reason is None:
            self._stop_reason = reason
            self._stop.set()


class RunExecutor:
    def __init__(self, store: RunStore, gateway: ProviderGateway) -> None:
        self._store = store
        self._gateway = gateway
        self.going_on: dict[asyncio.Task[None], RunHandle] = {}

    async def start(self, run: Run, call: ProviderCall) -> RunHandle:
        """Check the call, write the start record and begin.

        Raises what `gateway.check` raises, with nothing stored, and StoreUnavailable or Conflict with nothing sent.
        """
        self.check(call)
        await self._store.start(run)
        handle = RunHandle(run)
        task = asyncio.create_task(self._carry_out(handle, call), name=f"run {run.id}")
        self.going_on[task] = handle
        task.add_done_callback(self.going_on.pop)
        return handle

    def check(self, call: ProviderCall) -> None:
        """Raises RefusedParameter, InvalidRequest or EndpointRefused for a call that cannot be made."""
        self._gateway.check(call)

    async def close(self) -> None:
        """Cancel and settle whatever is still going on."""
        tasks = list(self.going_on)
        for handle in self.going_on.values():
            handle.cancel("The server stopped")
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, handle: RunHandle, call: ProviderCall) -> None:
        """Never cancelled itself, so that every run that began is settled: what is stopped is the provider call."""
        answer = Answer()
        calling = asyncio.create_task(self._call_provider(handle, call, answer))
        watching = asyncio.create_task(self._watch_for_cancel(handle))
        stopping = asyncio.create_task(handle._stop.wait())
        time_left = (handle.run.deadline_at - datetime.now(UTC)).total_seconds()
        await asyncio.wait({calling, stopping}, timeout=max(0, time_left), return_when=asyncio.FIRST_COMPLETED)
        if calling.done():
            error = _error_of(calling, handle.run)
        elif handle._stop_reason is not None:
            error = Cancelled(handle._stop_reason)
        else:
            error = DeadlineExceeded("The run's time was over before the answer was complete")
        for task in (calling, watching, stopping):
            task.cancel()
        await asyncio.wait({calling, watching, stopping}, timeout=CLOSE_PATIENCE_SECONDS)
        await self._settle(handle, call, answer, error)

    async def _call_provider(self, handle: RunHandle, call: ProviderCall, answer: Answer) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            answer.attempt_started(time.monotonic())
            try:
                async with aclosing(self._gateway.stream(call)) as events:
                    async for event in events:
                        self._take(handle, answer, event)
            except ProviderError as error:
                if answer.began:
                    raise
                renewed = await _with_renewed_key(call, error)
                if renewed is not None and attempt < MAX_ATTEMPTS:
                    call = renewed
                    continue
                wait = _retry_wait(error, attempt)
                if wait is None:
                    raise
                logger.info("retry", extra={"run_id": handle.run.id, "attempt": attempt, "code": error.code})
                await asyncio.sleep(wait)
            else:
                if answer.finish_reason is None:
                    raise ProviderMalformed("The provider's stream ended without its terminal event")
                return

    def _take(self, handle: RunHandle, answer: Answer, event: ProviderEvent) -> None:
        if not answer.began:
            handle._events.put_nowait(RunBegan())
        text = answer.add(event, time.monotonic())
        if text:
            handle._events.put_nowait(RunText(text))

    async def _settle(
        self, handle: RunHandle, call: ProviderCall, answer: Answer, error: PromptyardError | None
    ) -> None:
        run = answer.settle(handle.run, call.info, error, at=datetime.now(UTC), ended=time.monotonic())
        await self._write_settled(run)
        logger.info(
            "run",
            extra={
                "run_id": run.id,
                "provider": run.provider,
                "model": run.model,
                "status": run.status.value,
                "code": error.code if error else None,
                "latency_ms": run.latency_ms,
                "ttft_ms": run.ttft_ms,
                "tokens_in": run.usage.input_tokens if run.usage else None,
                "tokens_out": run.usage.output_tokens if run.usage else None,
            },
        )
        handle._events.put_nowait(RunSettled(run, error))

    async def _write_settled(self, run: Run) -> None:
        for attempt in range(1, SETTLE_ATTEMPTS + 1):
            try:
                await self._store.settle(run)
            except StoreUnavailable:
                # The answer is the caller's all the same; the record stays open for the sweeper to settle.
                logger.warning("run not settled", extra={"run_id": run.id, "attempt": attempt})
                await asyncio.sleep(SETTLE_PAUSE_SECONDS * attempt)
            else:
                return

    async def _watch_for_cancel(self, handle: RunHandle) -> None:
        while True:
            await asyncio.sleep(CANCEL_POLL_SECONDS)
            with suppress(StoreUnavailable):
                if await self._store.cancel_requested(handle.run.tenant, handle.run.id):
                    handle.cancel("The run was cancelled")
                    return


def _error_of(calling: asyncio.Task[None], run: Run) -> PromptyardError | None:
    unexpected = calling.exception()
    if unexpected is None or isinstance(unexpected, PromptyardError):
        return unexpected
    logger.error("run crashed", extra={"run_id": run.id, **crash_fields(unexpected)})
    return ProviderError("Something went wrong on our side")


async def _with_renewed_key(call: ProviderCall, error: ProviderError) -> ProviderCall | None:
    """The call with its stored key as it is now, where the provider refused the key as it was; once a run."""
    if not isinstance(error, ProviderAuth) or call.renew_key is None:
        return None
    with suppress(StoreUnavailable):
        key = await call.renew_key()
        if key is not None and key != call.api_key:
            return replace(call, api_key=key, renew_key=None)
    return None


def _retry_wait(error: ProviderError, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None when there is to be none."""
    if not error.retryable or attempt == MAX_ATTEMPTS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= MAX_RETRY_WAIT_SECONDS else None
    return _backoff(attempt)


def _backoff(attempt: int) -> float:
    return float(0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))  # noqa: S311 - spreads retries, guards nothing

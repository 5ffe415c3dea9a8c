"""A benchmark run as it goes on, for whoever watches it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun
from promptyard.domain.benchmarks.pace import Pace
from promptyard.domain.errors import NotFound, StoreUnavailable

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
_PAUSE_GROWS = 1.5


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the run has come. `seconds_left` goes by the pace that was seen; None: nothing has been seen yet."""

    run: BenchmarkRun
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class BenchmarkEnded:
    """The last event."""

    run: BenchmarkRun


class ProgressReader:
    """Looks again and again, at pauses that grow while nothing happens, and gives what has changed: iterated for
    batches of (number, event), as `services.runs.log.LogReader`. It ends with the run, or after `seconds`."""

    def __init__(
        self,
        read: Callable[[], Awaitable[BenchmarkRun]],
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._clock = clock
        self._until = clock() + seconds
        self._pace = Pace()
        self._pause = FIRST_PAUSE_SECONDS
        self._shown: BenchmarkRun | None = None
        self._number = 0
        self._is_over = False
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Have an empty batch given where there is nothing else to give."""
        self._nudged.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[tuple[int, Progressed | BenchmarkEnded]]:
        while not self._is_over:
            if self._shown is not None and await self._paused():
                return []
            if self._is_over:
                break
            try:
                run = await self._read()
            except StoreUnavailable:
                if self._shown is None:
                    raise
                self._pause = LONGEST_PAUSE_SECONDS
                continue
            except NotFound:
                break
            if events := self._news_of(run):
                return events
        raise StopAsyncIteration

    async def _paused(self) -> bool:
        """Wait for the next look; whether a nudge came between. After the last moment it is over."""
        left = self._until - self._clock()
        if left <= 0:
            self._is_over = True
            return False
        try:
            await asyncio.wait_for(self._nudged.wait(), min(self._pause, left))
        except TimeoutError:
            return False
        self._nudged.clear()
        return True

    def _news_of(self, run: BenchmarkRun) -> list[tuple[int, Progressed | BenchmarkEnded]]:
        now, ended = self._clock(), run.cells.total - run.cells.left
        if self._shown is None and run.started_at is not None:
            self._pace.note(now - (datetime.now(UTC) - run.started_at).total_seconds(), 0)
        self._pace.note(now, ended)
        is_new = self._shown is None or (run.cells, run.status) != (self._shown.cells, self._shown.status)
        self._pause = FIRST_PAUSE_SECONDS if is_new else min(self._pause * _PAUSE_GROWS, LONGEST_PAUSE_SECONDS)
        self._shown = run
        events: list[Progressed | BenchmarkEnded] = []
        if is_new:
            events.append(Progressed(run, self._pace.seconds_left(run.cells.left)))
        if run.status not in GOING_ON:
            self._is_over = True
            events.append(BenchmarkEnded(run))
        self._number += len(events)
        return list(enumerate(events, self._number - len(events) + 1))

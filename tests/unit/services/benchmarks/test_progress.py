"""A benchmark run as it goes on."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, CellCounts
from promptyard.domain.errors import NotFound, StoreUnavailable
from promptyard.services.benchmarks import progress
from promptyard.services.benchmarks.progress import BenchmarkEnded, Progressed, ProgressReader
from tests.support.samples.sample_benchmarks import new_benchmark_run

RUN = new_benchmark_run()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_SECONDS", "LONGEST_PAUSE_SECONDS"):
        monkeypatch.setattr(progress, name, 0.001)


def going(done: int, status: BenchmarkStatus = BenchmarkStatus.RUNNING) -> BenchmarkRun:
    return RUN.model_copy(update={"status": status, "cells": CellCounts(total=10, done=done)})


def reader(looks: Sequence[BenchmarkRun | Exception], seconds: float = 60) -> ProgressReader:
    """The last look is given from then on; the clock goes a second a look."""
    left = list(looks)
    ticks = iter(range(1_000))

    async def read() -> BenchmarkRun:
        look = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(look, Exception):
            raise look
        return look

    return ProgressReader(read, seconds, clock=lambda: float(next(ticks)))


async def seen(reader: ProgressReader) -> list[tuple[int, Any]]:
    return [event async for batch in reader for event in batch]


async def test_it_tells_at_once_and_of_every_change_and_of_the_end() -> None:
    looks = [
        going(0, BenchmarkStatus.QUEUED),
        going(0),
        going(0),
        going(3),
        going(3),
        going(10, BenchmarkStatus.COMPLETED),
    ]
    events = await seen(reader(looks))
    assert [number for number, _ in events] == [1, 2, 3, 4, 5]
    assert [event.run.cells.done for _, event in events] == [0, 0, 3, 10, 10]
    *progressed, ended = [event for _, event in events]
    assert all(isinstance(event, Progressed) for event in progressed)
    assert isinstance(ended, BenchmarkEnded)
    assert progressed[0].seconds_left is None
    assert progressed[2].seconds_left > 0
    assert progressed[3].seconds_left == 0


@pytest.mark.parametrize("status", [status for status in BenchmarkStatus if status not in {"queued", "running"}])
async def test_one_that_has_ended_is_told_at_once(status: BenchmarkStatus) -> None:
    events = await seen(reader([going(4, status)]))
    assert [type(event) for _, event in events] == [Progressed, BenchmarkEnded]


async def test_it_ends_by_the_deadline_and_with_the_run() -> None:
    assert [type(event) for _, event in await seen(reader([going(1)], seconds=20))] == [Progressed]
    assert len(await seen(reader([going(1), NotFound("gone")]))) == 1


async def test_a_store_that_is_silent_for_a_while_is_asked_again() -> None:
    silent = StoreUnavailable("silent")
    assert len(await seen(reader([going(1), silent, silent, going(10, BenchmarkStatus.COMPLETED)]))) == 3
    with pytest.raises(StoreUnavailable):
        await seen(reader([silent]))


async def test_a_nudge_is_answered_with_an_empty_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_SECONDS", "LONGEST_PAUSE_SECONDS"):
        monkeypatch.setattr(progress, name, 1_000)
    watched = reader([going(1)], seconds=10_000)
    assert len(await anext(watched)) == 1
    waiting = asyncio.create_task(anext(watched))
    await asyncio.sleep(0)
    watched.nudge()
    assert await asyncio.wait_for(waiting, 5) == []

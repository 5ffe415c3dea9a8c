"""Benchmark runs in the benchmarks table."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkStatus, CellCounts, VersionVerdict
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.table import benchmark_keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests
from tests.support.samples.sample_benchmarks import new_benchmark, new_benchmark_run

NOW = datetime.now(UTC)
BENCHMARK = time_ordered_id()
VERSION = time_ordered_id()


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_BENCHMARKS_TABLE"])


@pytest.fixture
def store(table: Table) -> DynamoBenchmarkRunStore:
    return DynamoBenchmarkRunStore(table)


async def test_a_run_comes_back_as_it_was(store: DynamoBenchmarkRunStore) -> None:
    queued = new_benchmark_run(tenant="local")
    ended = new_benchmark_run(
        tenant="local",
        status=BenchmarkStatus.COMPLETED,
        cells=CellCounts(total=9, done=7, failed=1, poison=1),
        cost_usd=Decimal("0.1234567890123456789"),
        passed=False,
        failed_gates=["exact_match"],
        started_at=NOW,
        ended_at=NOW,
        error="Why",
        request_id="r",
        version_id=VERSION,
    )
    for run in (queued, ended):
        await store.add(run)
        assert await store.get("local", run.id) == run
        with pytest.raises(NotFound):
            await store.get("other", run.id)
        with pytest.raises(Conflict):
            await store.add(run)
    for nothing in ("nothing", time_ordered_id()):
        with pytest.raises(NotFound):
            await store.get("local", nothing)


async def test_what_is_known_while_it_goes_on_is_changed_by_status(store: DynamoBenchmarkRunStore) -> None:
    run = new_benchmark_run(tenant="local")
    await store.add(run)
    changes = {"status": BenchmarkStatus.RUNNING, "started_at": NOW, "cells": CellCounts(total=10, done=1)}
    running = await store.change("local", run.id, changes, {BenchmarkStatus.QUEUED})
    assert running == run.model_copy(update=changes)
    with pytest.raises(Conflict, match="is running"):
        await store.change("local", run.id, changes, {BenchmarkStatus.QUEUED})
    cost = Decimal("1e-12")
    ended = await store.change("local", run.id, {"status": BenchmarkStatus.FAILED, "cost_usd": cost}, GOING_ON)
    assert ended.cost_usd == cost
    ended = await store.change("local", run.id, {"cost_usd": None}, {BenchmarkStatus.FAILED})
    assert await store.get("local", run.id) == ended == running.model_copy(update={"status": BenchmarkStatus.FAILED})
    with pytest.raises(NotFound):
        await store.change("local", time_ordered_id(), changes, GOING_ON)
    with pytest.raises(ValueError, match="columns"):
        await store.change("local", run.id, {"columns": []}, GOING_ON)


async def test_a_request_is_one_run_however_many_ask_at_once(store: DynamoBenchmarkRunStore) -> None:
    asked = [time_ordered_id() for _ in range(10)]
    given = await asyncio.gather(*(store.claim("local", BENCHMARK, "the same", run_id) for run_id in asked))
    assert len(set(given)) == 1
    assert given[0] in asked
    others = [("other", BENCHMARK, "the same"), ("local", VERSION, "the same"), ("local", BENCHMARK, "another#")]
    for tenant, benchmark_id, request_id in others:
        assert await store.claim(tenant, benchmark_id, request_id, asked[0]) == asked[0]


async def test_pages_are_newest_first_of_all_and_of_a_benchmark(
    store: DynamoBenchmarkRunStore, table: Table, local_aws: LocalAws
) -> None:
    mine, other = new_benchmark(tenant="local"), new_benchmark(tenant="local")
    runs = [new_benchmark_run(benchmark=benchmark) for benchmark in (mine, other, mine, mine)]
    for run in [*runs, new_benchmark_run(tenant="other")]:
        await store.add(run)
    # One whose pointer alone was written is not there.
    await table.put({**benchmark_keys.run_of_benchmark_key("local", mine.id, time_ordered_id()), "v": 1})
    assert (await store.page("local", None, PageRequest(limit=10))).items == runs[::-1]
    first = await store.page("local", mine.id, PageRequest(limit=2))
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        rest = await store.page("local", mine.id, PageRequest(limit=10, cursor=first.next_cursor))
    assert counts == {"Query": 1, "BatchGetItem": 1}
    assert [*first.items, *rest.items] == [runs[3], runs[2], runs[0]]
    assert rest.next_cursor is None
    for nothing in ("nothing", time_ordered_id()):
        assert (await store.page("local", nothing, PageRequest(limit=2))).items == []


@pytest.mark.parametrize(
    ("noted", "kept"),
    [
        ("-", "-0"),
        ("--", "-1"),
        ("+", "+0"),
        ("-+", "+1"),
        ("+-", "+0"),
        ("+-+", "+0"),
        ("--+-", "+2"),
    ],
)
async def test_what_has_passed_once_stays_passed(store: DynamoBenchmarkRunStore, noted: str, kept: str) -> None:
    assert await store.verdict("local", BENCHMARK, VERSION) is None
    verdicts = [
        VersionVerdict(run_id=time_ordered_id(), passed=sign == "+", failed_gates=[] if sign == "+" else ["a gate"])
        for sign in noted
    ]
    for verdict in verdicts:
        for _ in range(2):
            await store.note_verdict("local", BENCHMARK, VERSION, verdict)
    assert await store.verdict("local", BENCHMARK, VERSION) == verdicts[int(kept[1])]
    assert await store.verdict("local", VERSION, BENCHMARK) is None


async def test_an_older_run_that_ends_late_is_not_the_newest(store: DynamoBenchmarkRunStore) -> None:
    older, newer = (VersionVerdict(run_id=time_ordered_id(), passed=False, failed_gates=[name]) for name in "ab")
    await store.note_verdict("local", BENCHMARK, VERSION, newer)
    await store.note_verdict("local", BENCHMARK, VERSION, older)
    assert await store.verdict("local", BENCHMARK, VERSION) == newer
    await store.note_verdict("local", BENCHMARK, VERSION, older.model_copy(update={"passed": True}))
    assert (await store.verdict("local", BENCHMARK, VERSION) or newer).passed

"""What the worker's function does with messages of SQS, within what it may do."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from functions.benchmark_worker import handler as worker
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.benchmarks.benchmark import BenchmarkStatus
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import as_group, granted, recorded_operations
from tests.support.doubles.benchmark_chaos import TENANT, MadeRows
from tests.support.samples.sample_benchmarks import new_benchmark_run

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000)


@pytest.fixture
def services(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """The function's; the dataset is made up."""
    found = whole(Settings(auth="open"), dict(local_aws.names), local_aws.clients)
    found.benchmark_work._known._datasets = MadeRows(30)  # type: ignore[assignment]
    monkeypatch.setattr(worker, "_parts", lambda: found)
    return found


def batch(services: Parts) -> list[dict[str, Any]]:
    """What Lambda would call the function with."""
    received = asyncio.run(services.benchmarks.queue.receive(10))
    return [
        {
            "messageId": str(number),
            "receiptHandle": one.receipt,
            "body": one.text,
            "attributes": {"ApproximateReceiveCount": str(one.receives)},
            "eventSource": "aws:sqs",
        }
        for number, one in enumerate(received)
    ]


def work_off(services: Parts) -> None:
    """As Lambda does: what the answer does not name is deleted."""
    client = services.clients.get("sqs")
    while records := batch(services):
        answer = worker.handler({"Records": records}, CONTEXT)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                asyncio.run(services.benchmarks.queue.delete(record["receiptHandle"]))
    assert client.texts("promptyard-benchmarks") == []


def test_it_carries_a_benchmark_run_out_with_what_it_may_do(services: Parts, local_aws: LocalAws) -> None:
    run = new_benchmark_run(tenant=TENANT, rows=30, concurrency=50)
    asyncio.run(services.benchmarks.run_store.add(run))
    asyncio.run(services.benchmarks.queue.send([PlanMessage(tenant=TENANT, benchmark_run_id=run.id)]))
    with recorded_operations(local_aws) as made, as_group("benchmark_worker"):
        work_off(services)
    ended = asyncio.run(services.benchmarks.run_store.get(TENANT, run.id))
    assert (ended.status, ended.cells.done, ended.cells.poison) == (BenchmarkStatus.COMPLETED, 29, 1)
    refused = made["benchmark_worker"] - granted("benchmark_worker")
    assert not refused
    assert len(services.clients.get("sqs").texts("promptyard-benchmarks-aside")) == 1


def test_what_has_to_wait_is_named_and_comes_again(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: Any, **__: Any) -> float:
        return 0.0

    monkeypatch.setattr(services.benchmark_work.worker, "handle", busy)
    asyncio.run(services.benchmarks.queue.send([PlanMessage(tenant=TENANT, benchmark_run_id="r")]))
    records = batch(services)
    assert worker.handler({"Records": records}, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    [again] = batch(services)
    assert again["attributes"]["ApproximateReceiveCount"] == "2"

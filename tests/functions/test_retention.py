"""What the retention's function does, within what it may do."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from functions.retention import handler as retention
from promptyard import admin
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, VersionVerdict
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.identifiers import first_id_of, time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.services.account.tenant_rounds import TenantRounds
from promptyard.settings import Settings
from promptyard.storage.account.rounds import DynamoRoundStore
from promptyard.storage.table.benchmark_keys import results_object
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import as_group, granted, observed_requests, recorded_operations
from tests.support.aws.local_aws import object_keys
from tests.support.samples.sample_benchmarks import new_benchmark, new_benchmark_run, new_result
from tests.support.samples.sample_runs import run_at

LONG_AGO = datetime.now(UTC) - timedelta(days=40)
BENCHMARK, VERSION = new_benchmark(), time_ordered_id()
LARGE = "x" * 60_000
"""Too large for a run's item."""


class Context:
    """Lambda's, of an invocation that has so many seconds left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


CONTEXT = Context(900)


@pytest.fixture
def services(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """The function's."""
    found = whole(Settings(), local_aws.names, local_aws.clients)
    monkeypatch.setattr(retention, "_parts", lambda: found)
    return found


async def test_it_does_what_it_may_do_and_no_more(services: Parts, local_aws: LocalAws) -> None:
    await services.callers.tenant_store.add(Tenant(id="acme", name="Acme", created_at=LONG_AGO, retention_days=30))
    await services.runs.store.start(run_at(LONG_AGO, tenant="acme", retention_days=30, reference=LARGE))
    await benchmark_run_left(services, LONG_AGO)
    recent = await benchmark_run_left(services, datetime.now(UTC) - timedelta(days=29))
    with recorded_operations(local_aws) as made, as_group("retention"):
        assert await retention.sweep(services, 60) == 2
    assert made["retention"] == granted("retention")
    kept = services.benchmarks
    assert [run.id for run in (await kept.run_store.page("acme", None, PageRequest(limit=10))).items] == [recent.id]
    assert [key async for page in services.bucket.keys_below("acme/benchmark-runs/") for key in page] == [
        results_object("acme", recent.id, 0)
    ]
    table = local_aws.clients.dynamodb()
    left = table.scan(TableName=local_aws.names["PROMPTYARD_BENCHMARKS_TABLE"])["Items"]
    assert all(recent.id in str(item) for item in left if "verdict" not in item["pk"]["S"])
    assert await kept.run_store.verdict("acme", recent.benchmark.id, VERSION) is not None


async def benchmark_run_left(services: Parts, at: datetime, tenant: str = "acme") -> BenchmarkRun:
    """One that began then, with all that there may be of it."""
    kept, result = services.benchmarks, new_result()
    request_id = f"request at {at}"
    run = new_benchmark_run(id=first_id_of(at), status=BenchmarkStatus.COMPLETED, created_at=at, request_id=request_id)
    run = run.model_copy(update={"benchmark": BENCHMARK.model_copy(update={"tenant": tenant})})
    await kept.run_store.claim(tenant, run.benchmark.id, request_id, run.id)
    await kept.run_store.add(run)
    await kept.cells.add(run, 0, result)
    await kept.cells.count(run, 0, result, Decimal(0))
    await kept.slots.going_on(run)
    await kept.evidence.put_results(run, 0, [result])
    await kept.run_store.note_verdict(tenant, run.benchmark.id, VERSION, VersionVerdict(run_id=run.id, passed=True))
    return run


async def test_what_has_no_end_by_its_tenant_is_kept(services: Parts) -> None:
    await services.callers.tenant_store.add(Tenant(id="acme", name="Acme", created_at=LONG_AGO))
    await benchmark_run_left(services, LONG_AGO)
    assert await retention.sweep(services, 60) == 0


def test_a_schedule_calls_it(services: Parts) -> None:
    assert retention.handler({"source": "aws.events"}, CONTEXT) == {"deleted": 0}


def test_with_time_for_one_tenant_a_day_it_reaches_three_in_three_days(services: Parts, local_aws: LocalAws) -> None:
    """The clock is a day's time later with each tenant whose objects are looked for."""
    budget, now = 900 - retention.RESERVE_SECONDS, [0.0]
    services.callers.rounds = TenantRounds(
        services.callers.tenants, DynamoRoundStore(services.table("account")), now=lambda: now[0]
    )
    for name in ("acme", "beta", "gamma"):
        asyncio.run(leave_content(services, name))

    def pass_time(service: str, operation: str, _: Mapping[str, Any]) -> None:
        if (service, operation) == ("s3", "ListObjectsV2"):
            now[0] += budget

    left = []
    with observed_requests(local_aws) as observers:
        observers.append(pass_time)
        for _ in range(3):
            assert retention.handler({}, Context(900)) == {"deleted": 1}
            left.append({key.split("/")[0] for key in object_keys(local_aws)})
    assert left == [{"beta", "gamma"}, {"gamma"}, set()]


async def leave_content(services: Parts, tenant: str) -> None:
    """A run that is long gone, but for its prompt."""
    kept = Tenant(id=tenant, name=tenant, created_at=LONG_AGO, retention_days=30)
    await services.callers.tenant_store.add(kept)
    await services.runs.store.start(run_at(LONG_AGO, tenant=tenant, retention_days=30, reference=LARGE))


def test_the_command_deletes_what_the_function_deletes(
    local_aws: LocalAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the deployment's retention, and its tenants' own."""
    deleted = {}
    for who in ("function", "command"):
        parts = whole(Settings(retention_days=20), local_aws.names, local_aws.clients)
        monkeypatch.setattr(retention, "_parts", lambda parts=parts: parts)
        asyncio.run(leave_content(parts, f"{who}-a"))
        asyncio.run(benchmark_run_left(parts, LONG_AGO, f"{who}-a"))
        other = Tenant(id=f"{who}-b", name="B", created_at=LONG_AGO)
        asyncio.run(parts.callers.tenant_store.add(other))
        asyncio.run(parts.runs.store.start(run_at(LONG_AGO, tenant=other.id, reference=LARGE)))
        if who == "function":
            deleted[who] = retention.handler({}, CONTEXT)["deleted"]
        else:
            admin.run(["delete-expired"], parts)
            deleted[who] = sum(int(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert deleted == {"function": 3, "command": 3}
    assert object_keys(local_aws) == []


def test_it_looks_for_no_benchmarks_where_there_are_none(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name: value for name, value in local_aws.names.items() if name != "PROMPTYARD_BENCHMARKS_TABLE"}
    found = whole(Settings(), names, local_aws.clients)
    monkeypatch.setattr(retention, "_parts", lambda: found)
    assert retention.handler({}, CONTEXT) == {"deleted": 0}


def test_a_store_that_is_away_fails_the_invocation(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that Lambda tries again, and then keeps the event in the queue of failures."""

    async def away(*_: object, **__: object) -> object:
        raise StoreUnavailable("away")

    monkeypatch.setattr(services.callers.tenant_store, "page", away)
    with pytest.raises(StoreUnavailable):
        retention.handler({}, CONTEXT)

"""What the retention's function does, within what it may do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from functions.retention import handler as retention
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, VersionVerdict
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.identifiers import first_id_of, time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.settings import Settings
from promptyard.storage.table.benchmark_keys import results_object
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import as_group, granted, recorded_operations
from tests.support.samples.sample_benchmarks import new_benchmark, new_benchmark_run, new_result
from tests.support.samples.sample_runs import run_at

LONG_AGO = datetime.now(UTC) - timedelta(days=40)
BENCHMARK, VERSION = new_benchmark(), time_ordered_id()
LARGE = "x" * 60_000
"""Too large for a run's item."""


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
        assert await services.runs.retention.sweep() == 1
        assert await services.benchmarks.retention.sweep() == 1
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


async def benchmark_run_left(services: Parts, at: datetime) -> BenchmarkRun:
    """One that began then, with all that there may be of it."""
    kept, result = services.benchmarks, new_result()
    request_id = f"request at {at}"
    run = new_benchmark_run(id=first_id_of(at), status=BenchmarkStatus.COMPLETED, created_at=at, request_id=request_id)
    run = run.model_copy(update={"benchmark": BENCHMARK})
    await kept.run_store.claim("acme", run.benchmark.id, request_id, run.id)
    await kept.run_store.add(run)
    await kept.cells.add(run, 0, result)
    await kept.cells.count(run, 0, result, Decimal(0))
    await kept.slots.going_on(run)
    await kept.evidence.put_results(run, 0, [result])
    await kept.run_store.note_verdict("acme", run.benchmark.id, VERSION, VersionVerdict(run_id=run.id, passed=True))
    return run


async def test_what_has_no_end_by_its_tenant_is_kept(services: Parts) -> None:
    await services.callers.tenant_store.add(Tenant(id="acme", name="Acme", created_at=LONG_AGO))
    await benchmark_run_left(services, LONG_AGO)
    assert await services.benchmarks.retention.sweep() == 0


def test_a_schedule_calls_it(services: Parts) -> None:
    assert retention.handler({"source": "aws.events"}, None) == {"deleted": 0}


def test_it_looks_for_no_benchmarks_where_there_are_none(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name: value for name, value in local_aws.names.items() if name != "PROMPTYARD_BENCHMARKS_TABLE"}
    found = whole(Settings(), names, local_aws.clients)
    monkeypatch.setattr(retention, "_parts", lambda: found)
    assert retention.handler({}, None) == {"deleted": 0}


def test_a_store_that_is_away_fails_the_invocation(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that Lambda tries again, and then keeps the event in the queue of failures."""

    async def away(*_: object) -> object:
        raise StoreUnavailable("away")

    monkeypatch.setattr(services.callers.tenant_store, "page", away)
    with pytest.raises(StoreUnavailable):
        retention.handler({}, None)

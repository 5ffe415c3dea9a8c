"""Benchmarks in the benchmarks table."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest

from promptyard.domain.benchmarks.benchmark import Benchmark, Gate, Watch, Watching
from promptyard.domain.errors import BadCursor, Conflict, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.storage.benchmarks.benchmarks import DynamoBenchmarkStore
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests, first_answer_lost
from tests.support.samples import sample_benchmarks

NOW = datetime.now(UTC)
PROMPT = time_ordered_id()
new_benchmark = partial(sample_benchmarks.new_benchmark, tenant="local")


@pytest.fixture
def store(local_aws: LocalAws) -> DynamoBenchmarkStore:
    return DynamoBenchmarkStore(Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_BENCHMARKS_TABLE"]))


async def test_a_benchmark_comes_back_as_it_was_by_its_tenant_and_by_its_id_alone(store: DynamoBenchmarkStore) -> None:
    whole = new_benchmark(
        tenant="acme",
        targets=[Target(model="a", parameters=Parameters(temperature=0.1)), Target(model="b", provider="custom")],
        metrics=[MetricSpec.model_validate({"metric": "contains", "not": True, "value": ["x"], "threshold": 1e-40})],
        gates=[Gate(metric="cost_usd", op="<=", baseline_times=1.1)],
        budget_usd=Decimal("0.000000001"),
        watch=Watch(prompt_id=PROMPT, label="production"),
    )
    await store.add(whole)
    assert await store.get("acme", whole.id) == whole
    assert await store.tenant_of(whole.id) == "acme"
    for other in ("local", "acm"):
        with pytest.raises(NotFound):
            await store.get(other, whole.id)


async def test_what_is_not_there_is_not_found(store: DynamoBenchmarkStore) -> None:
    for name in ("nothing", "", time_ordered_id(), "a#b"):
        with pytest.raises(NotFound):
            await store.get("local", name)
        with pytest.raises(NotFound):
            await store.tenant_of(name)
        with pytest.raises(NotFound):
            await store.delete("local", name, NOW)
    with pytest.raises(NotFound):
        await store.replace(new_benchmark(), new_benchmark())


async def test_pages_are_newest_first_without_the_deleted(store: DynamoBenchmarkStore) -> None:
    made = [new_benchmark(name=str(number)) for number in range(5)]
    for one in [*made, new_benchmark(tenant="other")]:
        await store.add(one)
    await store.delete("local", made[1].id, NOW)
    first = await store.page("local", PageRequest(limit=2))
    rest = await store.page("local", PageRequest(limit=10, cursor=first.next_cursor))
    assert [*first.items, *rest.items] == [made[4], made[3], made[2], made[0]]
    with pytest.raises(BadCursor):
        await store.page("other", PageRequest(limit=1, cursor=first.next_cursor))


async def test_a_change_that_another_has_overtaken_is_refused(store: DynamoBenchmarkStore, local_aws: LocalAws) -> None:
    made = new_benchmark()
    await store.add(made)
    mine, theirs = (made.model_copy(update={"name": name}) for name in ("mine", "theirs"))
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem"):
        await store.replace(mine, made)
    with pytest.raises(Conflict, match="read it again"):
        await store.replace(theirs, made)
    assert await store.get("local", made.id) == mine


async def test_deleting_may_be_repeated_and_leaves_nothing_to_be_found(store: DynamoBenchmarkStore) -> None:
    made = new_benchmark(watch=Watch(prompt_id=PROMPT, dataset=True))
    await store.add(made)
    for _ in range(2):
        await store.delete("local", made.id, NOW)
    for find in (store.get("local", made.id), store.tenant_of(made.id)):
        with pytest.raises(NotFound):
            await find
    assert await store.watching("local", PROMPT) == await store.watching("local", made.dataset_id) == []
    with pytest.raises(NotFound):
        await store.replace(made.model_copy(update={"name": "again"}), made)


async def test_who_watches_is_found_by_what_is_watched(store: DynamoBenchmarkStore, local_aws: LocalAws) -> None:
    guarding = new_benchmark(watch=Watch(prompt_id=PROMPT, label="production", dataset=True))
    watching = new_benchmark(watch=Watch(prompt_id=PROMPT))
    others = [new_benchmark(watch=Watch(prompt_id=PROMPT), tenant="other"), new_benchmark()]
    for one in (guarding, watching, *others):
        await store.add(one)
    found = await store.watching("local", PROMPT)
    assert found == [
        Watching(benchmark_id=guarding.id, label="production"),
        Watching(benchmark_id=watching.id, label=None),
    ]
    # The dataset that it watches has no label that it would guard.
    assert await store.watching("local", guarding.dataset_id) == [Watching(benchmark_id=guarding.id)]
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        assert await store.watching("local", time_ordered_id()) == []
    assert counts == {"Query": 1}


async def test_what_is_watched_no_more_is_not_found_whatever_dies(store: DynamoBenchmarkStore) -> None:
    elsewhere = time_ordered_id()
    made = new_benchmark(watch=Watch(prompt_id=PROMPT))
    await store.add(made)
    moved = made.model_copy(update={"watch": Watch(prompt_id=elsewhere)})
    await store.replace(moved, made)
    assert await store.watching("local", PROMPT) == []
    assert await _ids(store, elsewhere) == [made.id]
    # One that dies after it has said what it will watch, and before it does.
    await store._watch(new_benchmark(watch=Watch(prompt_id=elsewhere)))
    await store._watch(made)
    assert await store.watching("local", PROMPT) == []
    assert await _ids(store, elsewhere) == [made.id]


async def _ids(store: DynamoBenchmarkStore, watched: str) -> list[str]:
    return [watching.benchmark_id for watching in await store.watching("local", watched)]


async def test_whoever_adds_again_because_the_answer_was_lost_succeeds(
    store: DynamoBenchmarkStore, local_aws: LocalAws
) -> None:
    made: Benchmark = new_benchmark()
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem"):
        await store.add(made)
    assert await store.get("local", made.id) == made

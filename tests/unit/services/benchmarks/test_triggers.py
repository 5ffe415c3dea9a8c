"""What starts benchmark runs from outside."""

from typing import Any, cast

import pytest

from promptyard.domain.account.access import Caller
from promptyard.domain.account.quotas import Quotas
from promptyard.domain.benchmarks.benchmark import Benchmark, Watching
from promptyard.domain.benchmarks.messages import EventMessage
from promptyard.domain.errors import Conflict, NotFound, StoreUnavailable
from promptyard.services.benchmarks.outside.triggers import BenchmarkTriggers
from tests.support.samples.sample_benchmarks import new_benchmark

BENCHMARK = new_benchmark(quotas=Quotas(tokens_per_month=5))


class Stands:
    """For the stores, the tenants, the uploads, and whoever starts runs; keeps what was started."""

    def __init__(self, *watching: Benchmark, failure: Exception | None = None) -> None:
        self._watching = watching
        self._failure = failure
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.callers: list[Caller] = []

    async def get(self, tenant: str, benchmark_id: str) -> Benchmark:
        return BENCHMARK

    async def tenant_of(self, benchmark_id: str) -> str:
        if benchmark_id != BENCHMARK.id:
            raise NotFound("none")
        return BENCHMARK.tenant

    async def watching(self, tenant: str, watched_id: str) -> list[Watching]:
        return [Watching(benchmark_id=one.id) for one in self._watching]

    async def of(self, caller: Caller) -> None:
        return None

    async def take_upload(self, tenant: str, dataset_id: str, upload_id: str) -> None:
        return None

    async def start(self, caller: Caller, benchmark_id: str, **more: Any) -> None:
        self.callers.append(caller)
        self.started.append((benchmark_id, more))
        if self._failure is not None:
            raise self._failure

    def triggers(self) -> BenchmarkTriggers:
        one = cast("Any", self)
        return BenchmarkTriggers(one, one, one, one)


def event(detail_type: str, detail: dict[str, Any], source: str = "anyone") -> EventMessage:
    return EventMessage(id="e-1", source=source, detail_type=f"promptyard.{detail_type}", detail=detail)


async def test_an_event_asks_for_a_run_once_under_its_request_or_its_own_id() -> None:
    stands = Stands()
    asked = {"benchmark_id": BENCHMARK.id, "version_id": None}
    await stands.triggers().event(event("benchmark.requested", asked))
    more = {"benchmark_id": BENCHMARK.id, "version_id": "v", "request_id": "r", "trigger": "schedule"}
    await stands.triggers().event(event("benchmark.requested", more))
    assert stands.started == [
        (BENCHMARK.id, {"version_id": None, "request_id": "event:e-1", "trigger": "event"}),
        (BENCHMARK.id, {"version_id": "v", "request_id": "r", "trigger": "schedule"}),
    ]
    # For whoever made the benchmark, held to what that key was held to.
    assert {(caller.id, caller.quotas) for caller in stands.callers} == {(BENCHMARK.created_by, BENCHMARK.quotas)}


async def test_a_new_version_starts_everything_that_watches_it_and_only_our_own_word_counts() -> None:
    others = [new_benchmark(), new_benchmark()]
    saved = {"tenant": "acme", "prompt_id": "p", "version_id": "v"}
    foreign, ours = Stands(*others), Stands(*others, failure=Conflict("no rows"))
    await foreign.triggers().event(event("prompt.version_saved", saved))
    assert foreign.started == []
    await ours.triggers().event(event("prompt.version_saved", saved, source="promptyard"))
    wanted = {"version_id": "v", "request_id": "version:v", "trigger": "prompt"}
    assert ours.started == [(one.id, wanted) for one in others], "one that cannot start keeps no other"


@pytest.mark.parametrize("detail", [{}, {"benchmark_id": 7}, {"benchmark_id": "gone"}])
async def test_what_asks_for_nothing_that_is_there_is_left(detail: dict[str, Any]) -> None:
    stands = Stands()
    await stands.triggers().event(event("benchmark.requested", detail))
    assert stands.started == []


async def test_a_store_that_is_silent_is_not_left() -> None:
    stands = Stands(failure=StoreUnavailable("silent"))
    with pytest.raises(StoreUnavailable):
        await stands.triggers().event(event("benchmark.requested", {"benchmark_id": BENCHMARK.id}))

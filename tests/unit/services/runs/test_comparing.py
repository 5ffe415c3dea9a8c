"""Targets of one comparison do not feel each other's failures."""

from collections.abc import Sequence
from typing import Any

import pytest

from promptyard.domain.account.access import LOCAL_CALLER, Caller
from promptyard.domain.errors import MissingKey
from promptyard.domain.headroom import Headroom
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.services.runs.comparisons import CompareService, ComparisonEnded
from promptyard.services.runs.orders import RunOrder
from promptyard.services.runs.run_handle import RunHandle
from tests.support.doubles.doubles import MemoryRunStore
from tests.support.samples.sample_runs import settled
from tests.unit.services.runs.test_unsent import BrokenStore, order, unsent


class NoRecord(RunOrder):
    """Of an order that no record can be made of."""

    def run(self, caller: Caller) -> Run:
        raise RuntimeError("no record")


class Runs:
    """In the place of RunService. What happens to a target is in its name."""

    async def placed(self, _: Caller, orders: Sequence[RunOrder]) -> Sequence[RunOrder]:
        return orders

    async def start(self, caller: Caller, order: RunOrder) -> RunHandle:
        match order.target.model:
            case "refused":
                raise MissingKey("no key")
            case "crashed":
                raise RuntimeError("broken")
        handle = RunHandle(run := order.run(caller), Headroom())
        if order.target.model == "lost":
            handle.log.close()
        else:
            handle.settle(settled(run), None)
        return handle


def comparing(store: MemoryRunStore | None = None) -> CompareService:
    runs: Any = Runs()
    history: Any = None
    return CompareService(runs, unsent(store or MemoryRunStore()), history)


@pytest.mark.parametrize("store", [MemoryRunStore(), BrokenStore(RuntimeError("broken"))])
@pytest.mark.parametrize(
    ("fate", "code", "is_sent"),
    [("refused", "missing_key", False), ("crashed", "internal", False), ("lost", "internal", True)],
)
async def test_a_target_that_fails_ends_no_other_one(
    store: MemoryRunStore, fate: str, code: str, is_sent: bool
) -> None:
    orders = [order(target=Target(model=name)) for name in ("good", fate, "good")]
    handle = await comparing(store).start(LOCAL_CALLER, orders)
    ends = await handle.ended()
    assert [end.run.status for end in ends] == [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.SUCCEEDED]
    assert [(end.index, end.run.links.comparison_index) for end in ends] == [(0, 0), (1, 1), (2, 2)]
    assert {end.run.links.comparison_id for end in ends} == {handle.id}
    assert ends[1].error is not None
    assert (ends[1].error.code, ends[1].is_sent) == (code, is_sent)
    assert list(handle.log)[-1] == ComparisonEnded(handle.id)


async def test_where_no_record_can_be_made_nothing_begins() -> None:
    broken = NoRecord(**{name: getattr(order(), name) for name in RunOrder.__slots__})
    service = comparing()
    with pytest.raises(RuntimeError, match="no record"):
        await service.start(LOCAL_CALLER, [order(), broken])
    assert service.going_on == {}

"""The ledger's sums by hour: kept once, and never taken for more than they are."""

from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, month_bounds
from promptyard.domain.metering.usage_summary import Summary
from promptyard.services.ports.metering import Hours
from promptyard.storage.metering.usage_hours import DynamoUsageHours
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import USAGE_TABLE, counted_requests

MONTH = "2026-11"
START, END = month_bounds(MONTH)


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names[USAGE_TABLE])


@pytest.fixture
def store(table: Table) -> DynamoUsageHours:
    return DynamoUsageHours(table)


def summed(runs: int, *, model: str = "gpt-4o") -> Summary:
    summary = Summary()
    for _ in range(runs):
        summary.add(
            LedgerEntry(
                tenant="acme",
                run_id="r",
                at=START,
                key="ä",
                endpoint="playground/run",
                provider="openai",
                model=model,
                input_tokens=10,
                output_tokens=1,
                cached_tokens=3,
                pico_usd=10**20,
                platform_units=2,
                source=ChargeSource.REPORTED,
                estimated_tokens=11,
                reservation_id="x",
            )
        )
    return summary


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


async def test_nothing_is_kept_at_first(store: DynamoUsageHours) -> None:
    assert await store.hours("acme", MONTH) == Hours(START)


async def test_hours_come_back_as_they_were_and_add_up(store: DynamoUsageHours, local_aws: LocalAws) -> None:
    first = {hour(0): summed(2), hour(5): summed(1, model="o")}
    await store.keep("acme", MONTH, Hours(hour(7), first))
    assert await store.hours("acme", MONTH) == Hours(hour(7), first)
    second = {hour(40): summed(3)}
    await store.keep("acme", MONTH, Hours(hour(48), second))
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        assert await store.hours("acme", MONTH) == Hours(hour(48), first | second)
    assert counts == {"Query": 1}
    assert await store.hours("other", MONTH) == Hours(START)
    assert await store.hours("acme", "2026-10") == Hours(datetime(2026, 10, 1, tzinfo=UTC))


async def test_a_month_can_be_kept_to_its_end(store: DynamoUsageHours) -> None:
    last = {END - timedelta(hours=1): summed(1)}
    await store.keep("acme", MONTH, Hours(END, last))
    assert await store.hours("acme", MONTH) == Hours(END, last)
    assert await store.hours("acme", "2026-12") == Hours(END)


async def test_hours_whose_keeping_was_cut_off_are_not_taken_for_final(store: DynamoUsageHours, table: Table) -> None:
    await store.keep("acme", MONTH, Hours(hour(3), {hour(1): summed(1)}))
    await store.keep("acme", MONTH, Hours(hour(9), {hour(8): summed(1)}))
    marker = {**keys.hour_key("acme", MONTH), "v": keys.SCHEMA_VERSION, "until": "2026-11-01T03"}
    await table.put(marker)  # as if the process had died before it wrote the later one
    assert await store.hours("acme", MONTH) == Hours(hour(3), {hour(1): summed(1)})


async def test_who_is_slower_takes_nothing_back(store: DynamoUsageHours) -> None:
    await store.keep("acme", MONTH, Hours(hour(9), {hour(1): summed(1), hour(8): summed(2)}))
    await store.keep("acme", MONTH, Hours(hour(3), {hour(1): summed(1)}))
    assert await store.hours("acme", MONTH) == Hours(hour(9), {hour(1): summed(1), hour(8): summed(2)})

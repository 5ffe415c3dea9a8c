"""The ledger in the store: a run has one entry, which stays as it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.domain.errors import BadCursor
from promptyard.domain.identifiers import first_id_of, random_id
from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, month_bounds
from promptyard.domain.paging import PageRequest
from promptyard.storage.metering import ledger
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import USAGE_TABLE, counted_requests
from tests.support.samples.sample_runs import run_at

START, END = month_bounds("2026-11")
MILLISECOND = timedelta(milliseconds=1)


def ledger_in(aws: LocalAws) -> DynamoLedger:
    return DynamoLedger(Table(aws.clients.dynamodb, aws.names[USAGE_TABLE]))


@pytest.fixture
def store(local_aws: LocalAws) -> DynamoLedger:
    return ledger_in(local_aws)


def entry(at: datetime = START, **changes: Any) -> LedgerEntry:
    fields = {
        "tenant": "acme",
        "run_id": run_at(at).id,
        "at": at,
        "key": "k",
        "endpoint": "playground/run",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 10,
        "output_tokens": 1,
        "cached_tokens": 5,
        "pico_usd": 123_456_789_012_345_678,
        "platform_units": 1,
        "source": ChargeSource.REPORTED,
        "estimated_tokens": 100,
        "estimated_pico_usd": 10**20,
        "price_date": "2026-11-01",
        "reservation_id": "r.0",
    }
    return LedgerEntry.model_validate(fields | changes)


@pytest.mark.parametrize(
    "changes",
    [{}, {"key": None, "cached_tokens": None, "pico_usd": None, "estimated_pico_usd": None, "price_date": None}],
    ids=["all", "what is not known"],
)
async def test_an_entry_comes_back_as_it_was(store: DynamoLedger, changes: dict[str, Any]) -> None:
    made = entry(**changes)
    assert await store.append(made) == made
    assert await store.entry("acme", made.run_id) == made
    assert await store.entry("other", made.run_id) is None


async def test_of_many_at_once_one_is_written_and_all_are_told_which(dynalite_aws: LocalAws) -> None:
    store, tenant, run_id = ledger_in(dynalite_aws), random_id(), run_at(START).id
    different = [entry(tenant=tenant, run_id=run_id, input_tokens=number) for number in range(16)]
    kept = await asyncio.gather(*(store.append(one) for one in different))
    assert len({one.input_tokens for one in kept}) == 1
    assert await store.entry(tenant, run_id) == kept[0]


async def test_a_month_has_its_own_entries_to_the_millisecond(
    store: DynamoLedger, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_PAGE", 2)
    moments = [START - MILLISECOND, START, START + timedelta(days=3), START + timedelta(days=9), END - MILLISECOND, END]
    made = [await store.append(entry(moment)) for moment in moments]
    await store.append(entry(START, tenant="other"))
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        pages = [page async for page in store.entries("acme", START, END)]
    assert [one for page in pages for one in page] == made[1:5]
    assert all(len(page) <= 2 for page in pages)
    assert counts.keys() == {"Query"}
    assert (await store.page("acme", START, END, PageRequest(10))).items == made[4:0:-1]
    assert (await store.page("acme", None, None, PageRequest(10))).items == made[::-1]


async def test_pages_go_on_where_the_last_one_ended(store: DynamoLedger) -> None:
    made = [await store.append(entry(START + timedelta(hours=hour))) for hour in range(5)]
    first = await store.page("acme", START, END, PageRequest(2))
    second = await store.page("acme", START, END, PageRequest(2, cursor=first.next_cursor))
    third = await store.page("acme", START, END, PageRequest(2, cursor=second.next_cursor))
    assert first.items + second.items + third.items == made[::-1]
    assert third.next_cursor is None
    with pytest.raises(BadCursor):
        await store.page("acme", START, END, PageRequest(2, cursor="nonsense"))


async def test_an_entry_that_was_made_in_a_moment_is_read_from_that_moment_on(store: DynamoLedger) -> None:
    """Ids sort by time, and a bound is no id: what was made at it is in."""
    at = datetime(2026, 11, 5, 12, tzinfo=UTC)
    made = await store.append(entry(at, run_id=first_id_of(at)[:-1] + "1"))
    assert [page async for page in store.entries("acme", at, at + MILLISECOND)] == [[made]]
    assert [page async for page in store.entries("acme", at - MILLISECOND, at)] == [[]]

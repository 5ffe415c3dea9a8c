"""Metric configurations and moderation reports in the playgrounds table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.domain.errors import BadCursor, Conflict, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.runs.moderation import Comparator
from promptyard.domain.runs.run_metrics import Action, ErrorResolution, Intervened, ModerationReport, Unchecked
from promptyard.storage.playgrounds.metric_configurations import DynamoConfigurationStore
from promptyard.storage.playgrounds.moderation_reports import DynamoReportStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard.storage.table.tombstones import tombstone
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests, first_answer_lost
from tests.support.doubles.playground_doubles import configuration

NOW = datetime.now(UTC)
PLAYGROUND = time_ordered_id()


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_PLAYGROUNDS_TABLE"])


@pytest.fixture
def configurations(table: Table) -> DynamoConfigurationStore:
    return DynamoConfigurationStore(table)


def of_playground(*arguments: Any, **fields: Any) -> MetricConfiguration:
    return configuration(*arguments, playground_id=PLAYGROUND, **fields)


async def test_a_configuration_comes_back_as_it_was(configurations: DynamoConfigurationStore) -> None:
    made = [
        of_playground("latency"),
        of_playground(
            "pii_violation", Comparator.GREATER_THAN, 1e-40, custom_name="n", llm_id="m", custom_model_id="b"
        ),
        of_playground("exact_match", Comparator.IS, True, Action.REPORT, status="ERROR", error_message="Why"),
        of_playground(
            "rouge_1",
            Comparator.MATCHES,
            ["a", "b"],
            error_resolution=(ErrorResolution.METRIC, ErrorResolution.INTERVENTION),
        ),
        of_playground("citations", Comparator.EQUALS, 12345678901234567890),
    ]
    for one in made:
        await configurations.add(one)
        assert await configurations.get("local", PLAYGROUND, one.id) == one
    assert await configurations.all("local", PLAYGROUND) == made
    assert await configurations.all("other", PLAYGROUND) == []
    assert await configurations.all("local", time_ordered_id()) == []


async def test_a_change_leaves_the_rest_and_takes_away(configurations: DynamoConfigurationStore) -> None:
    made = of_playground("latency", Comparator.IS, 1, custom_name="n")
    await configurations.add(made)
    await configurations.change("local", PLAYGROUND, made.id, {"status": "COMPLETED", "custom_name": None})
    changed = made.model_copy(update={"status": "COMPLETED", "custom_name": None})
    assert await configurations.get("local", PLAYGROUND, made.id) == changed


async def test_deleting_may_be_repeated_and_nothing_brings_it_back(
    configurations: DynamoConfigurationStore, table: Table
) -> None:
    made = of_playground("latency")
    await configurations.add(made)
    for _ in range(2):
        await configurations.delete("local", PLAYGROUND, made.id, NOW)
    with pytest.raises(NotFound):
        await configurations.get("local", PLAYGROUND, made.id)
    with pytest.raises(NotFound):
        await configurations.change("local", PLAYGROUND, made.id, {"status": "COMPLETED"})
    assert await configurations.all("local", PLAYGROUND) == []
    left = await table.get(keys.metric_key("local", PLAYGROUND, made.id))
    assert left is not None
    assert left.keys() == {"pk", "sk", "v", "deleted_at", "expires_at"}
    for nothing in (time_ordered_id(), "x", "a#b"):
        with pytest.raises(NotFound):
            await configurations.delete("local", PLAYGROUND, nothing, NOW)


async def test_a_write_whose_answer_is_lost_still_succeeds(
    configurations: DynamoConfigurationStore, local_aws: LocalAws
) -> None:
    made = of_playground("latency")
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem") as statuses:
        await configurations.add(made)
    assert len(statuses) == 2
    assert await configurations.all("local", PLAYGROUND) == [made]


async def put_playground(table: Table, playground_id: str, **fields: Any) -> None:
    await table.put({**keys.playground_key("local", playground_id), "v": 1, **fields})


def report(at: datetime = NOW) -> ModerationReport:
    intervened = Intervened(
        configuration_id="c", metric="m", side="prompt", score=0.1 + 0.2, action=Action.REPORT_AND_BLOCK
    )
    unchecked = Unchecked(configuration_id="d", metric="n", reason="No key")
    return ModerationReport(
        run_id=time_ordered_id(), created_at=at, is_blocked=True, interventions=[intervened], unchecked=[unchecked]
    )


async def test_reports_come_newest_first_by_the_page(table: Table, local_aws: LocalAws) -> None:
    store = DynamoReportStore(table)
    await put_playground(table, PLAYGROUND)
    made = [report() for _ in range(5)]
    for one in made:
        await store.add("local", PLAYGROUND, one, None)
        with pytest.raises(Conflict):
            await store.add("local", PLAYGROUND, one, None)
    with counted_requests(local_aws.clients.dynamodb()) as counted:
        first = await store.page("local", PLAYGROUND, PageRequest(3))
    assert counted == {"Query": 1}
    second = await store.page("local", PLAYGROUND, PageRequest(3, cursor=first.next_cursor))
    assert [*first.items, *second.items] == made[::-1]
    assert second.next_cursor is None
    assert (await store.page("local", PLAYGROUND, PageRequest(3, offset=4))).items == made[:1]
    assert (await store.page("other", PLAYGROUND, PageRequest(3))).items == []
    with pytest.raises(BadCursor):
        await store.page("local", time_ordered_id(), PageRequest(3, cursor=first.next_cursor))


async def test_a_report_expires_with_its_run(table: Table) -> None:
    long_ago = NOW - timedelta(days=10)
    for retention, days, stays in (
        (timedelta(days=7), None, False),
        (timedelta(days=7), 30, True),
        (None, None, True),
        (None, 7, False),
    ):
        playground = time_ordered_id()
        await put_playground(table, playground)
        store = DynamoReportStore(table, retention=retention)
        await store.add("local", playground, report(long_ago), days)
        assert bool((await store.page("local", playground, PageRequest(3))).items) is stays


@pytest.mark.parametrize("fields", [None, tombstone(NOW)], ids=["gone", "deleted"])
async def test_of_a_playground_that_is_deleted_meanwhile_no_report_stays(
    table: Table, fields: dict[str, Any] | None
) -> None:
    playground, late = time_ordered_id(), report()
    if fields is not None:
        await put_playground(table, playground, **fields)
    await DynamoReportStore(table).add("local", playground, late, None)
    left = await table.get(keys.report_key("local", playground, late.run_id))
    assert left is not None
    assert left.keys() == {"pk", "sk", "v", "deleted_at", "expires_at"}
    assert (await DynamoReportStore(table).page("local", playground, PageRequest(3))).items == []

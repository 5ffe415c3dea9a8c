"""What a page of history costs in requests, however long the history is."""

from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.identifiers import first_id_at
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_items import to_stored
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_TABLE, counted_requests, load_items
from tests.support.samples.sample_runs import new_run, settled

START = datetime(2026, 1, 1, tzinfo=UTC)
RARE = 400
"""One run in so many is blocked."""


def history(length: int) -> list[Item]:
    """One run a second. A tenth of them belong to one prompt, its version and a playground; ten to each comparison."""
    content = to_stored(settled(new_run(), output="word " * 60), write_id="w", expires_at=None).item
    items: list[Item] = []
    for number in range(length):
        links = {"comparison_id": f"c{number // 10}"}
        if number % 10 == 0:
            links |= {"prompt_id": "p", "version_id": "v", "playground_id": "g"}
        run_id = first_id_at(int((START + timedelta(seconds=number)).timestamp() * 1000))
        item = {**content, **links, "sk": f"{run_id[:14]}7{run_id[15:-6]}{number:06}"}
        for name, value in links.items():
            kind = name.removesuffix("_id")
            item[keys.link_attribute(kind)] = keys.link_partition("local", kind, value)
        if number % RARE == 0:
            item["status"] = RunStatus.BLOCKED.value
        items.append(item)
    return items


def counters(length: int) -> list[Item]:
    counts = {keys.COUNT_ALL: length, **{keys.count_of(*of): length // 10 for of in ONE_IN_TEN}}
    return [{**keys.count_key("local", what), "v": 1, "forever": number} for what, number in counts.items()]


ONE_IN_TEN = (("prompt", "p"), ("version", "v"), ("playground", "g"))
EARLIER = START + timedelta(seconds=90)

TWO_REQUESTS = [
    RunFilter(),
    RunFilter(until=EARLIER),
    RunFilter(since=START + timedelta(seconds=30), until=EARLIER),
    RunFilter(prompt_id="p"),
    RunFilter(version_id="v"),
    RunFilter(playground_id="g"),
    RunFilter(comparison_id="c7"),
    RunFilter(prompt_id="p", until=EARLIER),
]
BOUNDED = {
    RunFilter(status=RunStatus.BLOCKED): 5,
    RunFilter(provider="nobody"): 5,
    RunFilter(provider="demo", model="echo"): 1,
    RunFilter(provider="nobody", until=EARLIER): 5,
    RunFilter(prompt_id="p", status=RunStatus.BLOCKED): 10,
    RunFilter(version_id="v", provider="nobody"): 10,
    RunFilter(prompt_id="p", version_id="v"): 2,
}


@pytest.mark.parametrize("length", [100, 20_000])
async def test_a_page_costs_the_same_however_long_the_history_is(
    run_store: DynamoRunStore, local_aws: LocalAws, length: int
) -> None:
    items = history(length)
    load_items(local_aws, RUNS_TABLE, [*items, *counters(length)])
    newest_first = [item["sk"] for item in reversed(items)]
    client = local_aws.clients.dynamodb()

    for where in TWO_REQUESTS:
        cursor = None
        for _ in range(2):
            with counted_requests(client) as requests:
                page = await run_store.page("local", where, PageRequest(20, cursor=cursor))
            assert requests.total() <= 2, (where, requests)
            assert len(page.items) == 20 or page.next_cursor is None, where
            cursor = page.next_cursor or cursor

    for where, bound in BOUNDED.items():
        with counted_requests(client) as requests:
            page = await run_store.page("local", where, PageRequest(20))
        assert requests.total() <= bound, (where, requests)
        assert requests.keys() <= {"Query", "BatchGetItem"}

    for offset in (50, 980):
        with counted_requests(client) as requests:
            page = await run_store.page("local", RunFilter(prompt_id="p"), PageRequest(20, offset=offset))
        assert requests.total() <= 2
        assert [run.id for run in page.items] == newest_first[9::10][offset : offset + 20]
        with counted_requests(client) as requests:
            page = await run_store.page("local", RunFilter(), PageRequest(20, offset=offset))
        assert requests.total() <= 2 + 2, "two for the page, one for each MB that is skipped"
        assert [run.id for run in page.items] == newest_first[offset : offset + 20]
        assert page.total == length

    walked: list[str] = []
    with counted_requests(client) as requests:
        cursor = None
        while len(walked) < length:
            page = await run_store.page("local", RunFilter(), PageRequest(100, cursor=cursor))
            walked += [run.id for run in page.items]
            cursor = page.next_cursor
    assert (walked, cursor) == (newest_first, None)
    assert requests == {"Query": length // 100, "GetItem": length // 100}


async def test_a_filter_that_hardly_matches_is_walked_to_the_end(
    run_store: DynamoRunStore, local_aws: LocalAws
) -> None:
    items = history(6_000)
    load_items(local_aws, RUNS_TABLE, items)
    blocked = [item["sk"] for item in reversed(items) if item["status"] == "blocked"]
    client = local_aws.clients.dynamodb()
    for where, expected, reads in (
        (RunFilter(status=RunStatus.BLOCKED), blocked, {"Query": 5}),
        (RunFilter(prompt_id="p", status=RunStatus.BLOCKED), blocked, {"Query": 5, "BatchGetItem": 5}),
    ):
        found: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            with counted_requests(client) as requests:
                page = await run_store.page("local", where, PageRequest(20, cursor=cursor))
            assert all(number <= reads[operation] for operation, number in requests.items())
            found += [run.id for run in page.items]
            cursor, pages = page.next_cursor, pages + 1
        assert found == expected
        assert pages > 1

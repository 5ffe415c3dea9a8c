"""Pages of history: every filter, walked to the end."""

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import BadCursor
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_items import ROOM_AT_ONCE, to_stored
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_TABLE, begin, load_items, store_of_runs
from tests.support.samples.sample_runs import new_run, run_at

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUNS = [
    run_at(
        NOON + timedelta(seconds=number),
        provider=("openai", "demo")[number % 2],
        model=("gpt", "echo")[number % 2],
        status=(RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)[number % 3],
        links=RunLinks(
            prompt_id=f"p{number % 2}",
            version_id=f"v{number % 4}",
            playground_id="g" if number % 5 == 0 else None,
            comparison_id=f"c{number // 8}",
        ),
    )
    for number in range(90)
]
FILTERS = [
    RunFilter(),
    RunFilter(provider="openai"),
    RunFilter(model="echo"),
    RunFilter(status=RunStatus.FAILED),
    RunFilter(status=RunStatus.BLOCKED),
    RunFilter(provider="openai", model="gpt", status=RunStatus.SUCCEEDED),
    RunFilter(prompt_id="p0"),
    RunFilter(version_id="v3"),
    RunFilter(playground_id="g"),
    RunFilter(comparison_id="c2"),
    RunFilter(prompt_id="p0", version_id="v0"),
    RunFilter(prompt_id="p0", version_id="v1"),
    RunFilter(version_id="v1", status=RunStatus.SUCCEEDED),
    RunFilter(comparison_id="c2", provider="demo"),
    RunFilter(since=NOON + timedelta(seconds=30)),
    RunFilter(until=NOON + timedelta(seconds=30)),
    RunFilter(since=NOON + timedelta(seconds=10), until=NOON + timedelta(seconds=20)),
    RunFilter(prompt_id="p1", since=NOON + timedelta(seconds=10), until=NOON + timedelta(seconds=20)),
    RunFilter(comparison_id="c2", until=NOON + timedelta(seconds=20)),
    RunFilter(since=NOON + timedelta(days=1)),
    RunFilter(since=NOON + timedelta(seconds=20), until=NOON + timedelta(seconds=10)),
    RunFilter(prompt_id="p1", since=NOON + timedelta(seconds=20), until=NOON + timedelta(seconds=10)),
    RunFilter(prompt_id="unknown"),
    RunFilter(prompt_id=""),
    RunFilter(version_id="x" * 3000),
]


@pytest.fixture
def run_store(local_aws: LocalAws) -> DynamoRunStore:
    """With the runs in it, and some of another tenant's."""
    others = (new_run(tenant="another", links=RunLinks(prompt_id="p0")) for _ in range(5))
    runs = itertools.chain(RUNS, others)
    load_items(local_aws, RUNS_TABLE, (to_stored(run, write_id="w", expires_at=None).item for run in runs))
    return store_of_runs(local_aws)


def matching(where: RunFilter) -> list[Run]:
    """What the filter describes, newest first."""

    def matches(run: Run) -> bool:
        fields = {**run.model_dump(include={"provider", "model", "status"}), **run.links.model_dump()}
        equal = all(fields[name] == value for name in fields if (value := getattr(where, name, None)) is not None)
        return equal and (where.since or NOON) <= run.created_at < (where.until or datetime.max.replace(tzinfo=UTC))

    return [run for run in reversed(RUNS) if matches(run)]


async def walk(store: DynamoRunStore, where: RunFilter, offset: int = 0) -> AsyncIterator[Page[Run]]:
    page = await store.page("local", where, PageRequest(7, offset))
    yield page
    while page.next_cursor is not None:
        page = await store.page("local", where, PageRequest(7, cursor=page.next_cursor))
        yield page


@pytest.mark.parametrize("where", FILTERS, ids=str)
async def test_cursors_skip_nothing_and_double_nothing(run_store: DynamoRunStore, where: RunFilter) -> None:
    await run_store.repair_counters("local")
    narrowed = [name for name in RunFilter.__slots__ if getattr(where, name) is not None]
    counted = narrowed == [] or (len(narrowed) == 1 and narrowed[0].endswith("_id"))
    for offset in (0, 8, 1000):
        found = [page async for page in walk(run_store, where, offset=offset)]
        assert [run for page in found for run in page.items] == matching(where)[offset:]
        assert all(len(page.items) <= 7 for page in found)
        assert {page.total for page in found} == {len(matching(where)) if counted else None}


async def test_a_store_that_is_not_moto_finds_the_same(dynalite_aws: LocalAws) -> None:
    """It checks what moto lets pass, such as a range that ends before it begins."""
    store = store_of_runs(dynalite_aws)
    some = [run.model_copy(update={"tenant": "pages"}) for run in RUNS[8:32]]
    for run in some:
        await begin(store, run)
    for where in FILTERS:
        expected = [run.id for run in matching(where) if RUNS[8].id <= run.id <= RUNS[31].id]
        found: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            page = await store.page("pages", where, PageRequest(5, offset=2, cursor=cursor))
            found += [run.id for run in page.items]
            cursor, pages = page.next_cursor, pages + 1
        assert found == expected[2:], where


async def test_the_last_page_says_that_it_is(run_store: DynamoRunStore) -> None:
    for limit in (30, 45, 90, 100):
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            cursor = (await run_store.page("local", RunFilter(), PageRequest(limit, cursor=cursor))).next_cursor
            pages += 1
        assert pages == -(-90 // limit)


async def test_a_run_made_between_two_pages_shifts_nothing(run_store: DynamoRunStore) -> None:
    first = await run_store.page("local", RunFilter(), PageRequest(10))
    await begin(run_store, new_run())
    second = await run_store.page("local", RunFilter(), PageRequest(10, cursor=first.next_cursor))
    assert first.items + second.items == matching(RunFilter())[:20]


def bad_cursors(good: str) -> Iterator[str]:
    yield from ("", "x", "ü", "e30", "W10", "bnVsbA", good[:-2], good + "AAAA", "[" * 10_000)


async def test_a_cursor_of_another_list_is_refused(run_store: DynamoRunStore) -> None:
    good = (await run_store.page("local", RunFilter(), PageRequest(10))).next_cursor
    assert good is not None
    for cursor in bad_cursors(good):
        with pytest.raises(BadCursor):
            await run_store.page("local", RunFilter(), PageRequest(10, cursor=cursor))
    with pytest.raises(BadCursor):
        await run_store.page("local", RunFilter(prompt_id="p0"), PageRequest(10, cursor=good))
    with pytest.raises(BadCursor):
        await run_store.page("another", RunFilter(), PageRequest(10, cursor=good))


async def test_a_page_of_large_items_is_read_past_the_size_of_one_answer(
    run_store: DynamoRunStore, local_aws: LocalAws
) -> None:
    """DynamoDB ends an answer at 1 MB: a page of 100 full items takes several."""
    full = {"reference": "x" * 19_000, "output": "y" * 19_000}
    runs = [run_at(NOON + timedelta(days=1, seconds=number), **full) for number in range(60)]
    stored = (to_stored(run, write_id="w", expires_at=None, room=ROOM_AT_ONCE) for run in runs)
    load_items(local_aws, RUNS_TABLE, (run.item for run in stored))
    page = await run_store.page("local", RunFilter(), PageRequest(60))
    assert page.items == runs[::-1]


async def test_a_comparison_too_large_to_be_counted_is_still_walked_to_its_end(
    run_store: DynamoRunStore, local_aws: LocalAws
) -> None:
    runs = [run_at(NOON + timedelta(days=1, seconds=n), links=RunLinks(comparison_id="large")) for n in range(130)]
    load_items(local_aws, RUNS_TABLE, (to_stored(run, write_id="w", expires_at=None).item for run in runs))
    where = RunFilter(comparison_id="large")
    first = await run_store.page("local", where, PageRequest(100))
    rest = await run_store.page("local", where, PageRequest(100, cursor=first.next_cursor))
    assert first.items + rest.items == runs[::-1]
    assert (first.total, rest.next_cursor) == (None, None)

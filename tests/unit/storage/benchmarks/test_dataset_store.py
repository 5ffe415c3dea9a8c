"""Datasets, their versions and rows in the benchmarks table and the bucket."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from promptyard.domain.benchmarks.datasets import Dataset, DatasetUpload, DatasetVersion, RowContent
from promptyard.domain.errors import BadCursor, Conflict, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.storage.benchmarks.dataset_uploads import DynamoUploadStore
from promptyard.storage.benchmarks.datasets import DynamoDatasetStore
from promptyard.storage.table import benchmark_keys
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests

NOW = datetime.now(UTC)


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_BENCHMARKS_TABLE"])


@pytest.fixture
def bucket(local_aws: LocalAws) -> Objects:
    return Objects(local_aws.clients.s3, local_aws.names["PROMPTYARD_RUNS_BUCKET"])


@pytest.fixture
def store(table: Table, bucket: Objects) -> DynamoDatasetStore:
    return DynamoDatasetStore(table, bucket)


@pytest.fixture
def uploads(table: Table, bucket: Objects) -> DynamoUploadStore:
    return DynamoUploadStore(table, bucket)


def new_dataset(**changes: object) -> Dataset:
    fields = {
        "id": time_ordered_id(),
        "tenant": "local",
        "name": "d",
        "created_at": NOW,
        "created_by": "me",
        "updated_at": NOW,
    }
    return Dataset.model_validate(fields | changes)


def new_version(dataset: Dataset, number: int, chunks: list[int], row_count: int) -> DatasetVersion:
    return DatasetVersion(
        id=time_ordered_id(),
        dataset_id=dataset.id,
        number=number,
        format="jsonl",
        row_count=row_count,
        bytes=1,
        mapping={"q.r": "variables.q"},
        variables=["q"],
        chunks=chunks,
        created_at=NOW,
        created_by="me",
    )


async def with_rows(store: DynamoDatasetStore, dataset: Dataset, sizes: list[int], number: int = 1) -> DatasetVersion:
    chunks = [1 + sum(sizes[:index]) for index in range(len(sizes))]
    version = new_version(dataset, number, chunks, sum(sizes))
    for first, size in zip(chunks, sizes, strict=True):
        texts = [RowContent(variables={"q": first + place}).json_text().encode() for place in range(size)]
        await store.put_rows("local", dataset.id, version.id, first, texts)
    await store.add_version("local", version)
    return version


async def test_a_dataset_and_its_versions_come_back_as_they_were(store: DynamoDatasetStore) -> None:
    dataset = new_dataset(description="x", playground_id="p")
    await store.add(dataset)
    await store.add(dataset_two := new_dataset())
    assert await store.get("local", dataset.id) == dataset
    assert (await store.page("local", PageRequest(10))).items == [dataset_two, dataset]
    version = await with_rows(store, dataset, [2])
    assert await store.version("local", dataset.id, 1) == version
    assert await store.version("local", dataset.id, None) == version
    assert (await store.get("local", dataset.id)).latest_version == 1
    for tenant, dataset_id in (("other", dataset.id), ("local", time_ordered_id()), ("local", "none")):
        with pytest.raises(NotFound):
            await store.get(tenant, dataset_id)
        with pytest.raises(NotFound):
            await store.version(tenant, dataset_id, None)


async def test_a_number_is_taken_once(store: DynamoDatasetStore) -> None:
    dataset = new_dataset()
    await store.add(dataset)
    await with_rows(store, dataset, [1])
    with pytest.raises(Conflict):
        await store.add_version("local", new_version(dataset, 1, [1], 1))
    await with_rows(store, dataset, [1], number=2)
    late = new_version(dataset, 1, [1], 1)
    assert (await store.get("local", dataset.id)).latest_version == 2
    with pytest.raises(Conflict):
        await store.add_version("local", late)


async def test_rows_cost_the_objects_that_hold_them(store: DynamoDatasetStore, local_aws: LocalAws) -> None:
    dataset = new_dataset()
    await store.add(dataset)
    version = await with_rows(store, dataset, [3, 1, 4])
    for first, count, objects in ((1, 3, 1), (1, 4, 2), (3, 3, 3), (4, 1, 1), (5, 100, 1), (8, 1, 1), (9, 5, 0)):
        with counted_requests(local_aws.clients.s3()) as made:
            rows = await store.rows("local", version, first, count)
        assert [row.variables["q"] for row in rows] == list(range(first, min(first + count, 9)))
        assert made == ({"GetObject": objects} if objects else {})
    pages = [page async for page in store.row_pages("local", version)]
    assert [[row.number for row in page] for page in pages] == [[1, 2, 3], [4], [5, 6, 7, 8]]


async def test_pages_go_on_where_they_ended_and_take_no_other_cursor(store: DynamoDatasetStore) -> None:
    dataset = new_dataset()
    await store.add(dataset)
    for number in range(1, 6):
        version = await with_rows(store, dataset, [2, 3], number)
    page = await store.versions("local", dataset.id, PageRequest(2, offset=1))
    assert ([one.number for one in page.items], page.total) == ([4, 3], 5)
    page = await store.versions("local", dataset.id, PageRequest(5, cursor=page.next_cursor))
    assert ([one.number for one in page.items], page.next_cursor) == ([2, 1], None)
    rows = await store.rows_page("local", version, PageRequest(2))
    with pytest.raises(BadCursor):
        await store.versions("local", dataset.id, PageRequest(2, cursor=rows.next_cursor))
    rows = await store.rows_page("local", version, PageRequest(10, cursor=rows.next_cursor))
    assert ([row.number for row in rows.items], rows.total, rows.next_cursor) == ([3, 4, 5], 5, None)


async def test_a_deleted_dataset_leaves_only_its_mark(
    store: DynamoDatasetStore, uploads: DynamoUploadStore, local_aws: LocalAws
) -> None:
    dataset, other = new_dataset(), new_dataset()
    for one in (dataset, other):
        await store.add(one)
        await with_rows(store, one, [2, 2])
    upload = DatasetUpload(id=time_ordered_id(), dataset_id=dataset.id, created_at=NOW, created_by="me")
    await uploads.put("local", upload)
    for _ in range(2):
        await store.delete("local", dataset.id, NOW)
    for gone in (store.get("local", dataset.id), store.version("local", dataset.id, 1)):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(NotFound):
        await uploads.get("local", dataset.id, upload.id)
    with pytest.raises(NotFound):
        await store.add_version("local", new_version(dataset, 2, [1], 1))
    assert (await store.page("local", PageRequest(10))).items == [await store.get("local", other.id)]
    listed = local_aws.clients.s3().list_objects_v2(Bucket=local_aws.names["PROMPTYARD_RUNS_BUCKET"])
    assert {entry["Key"].split("/")[2] for entry in listed["Contents"]} == {other.id}


async def test_an_uploaded_file_comes_by_the_piece(
    uploads: DynamoUploadStore, bucket: Objects, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = DatasetUpload(
        id=time_ordered_id(), dataset_id=time_ordered_id(), maps=["reference=a"], created_at=NOW, created_by="me"
    )
    await uploads.put("local", upload)
    assert await uploads.get("local", upload.dataset_id, upload.id) == upload
    with pytest.raises(NotFound):
        [piece async for piece in uploads.pieces("local", upload)]
    key = benchmark_keys.upload_object("local", upload.dataset_id, upload.id)
    await bucket.put(key, b"abcdefg")
    monkeypatch.setattr("promptyard.storage.table.objects.PIECE_BYTES", 3)
    assert [piece async for piece in uploads.pieces("local", upload)] == [b"abc", b"def", b"g"]
    await uploads.drop("local", upload)
    with pytest.raises(NotFound):
        [piece async for piece in uploads.pieces("local", upload)]


async def test_the_address_of_an_upload_is_of_its_object_and_signed_for_an_hour(uploads: DynamoUploadStore) -> None:
    upload = DatasetUpload(id=time_ordered_id(), dataset_id=time_ordered_id(), created_at=NOW, created_by="me")
    url = urlsplit(await uploads.url("local", upload, 3600))
    assert url.scheme == "https"
    assert url.path.endswith(f"/local/datasets/{upload.dataset_id}/uploads/{upload.id}")
    query = parse_qs(url.query)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["3600"])
    assert query["X-Amz-SignedHeaders"] == ["host"]

"""Versions of datasets: each number once and without gaps, whole or not at all, in memory that does not grow."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.benchmarks.datasets import Dataset, DatasetUpload, DatasetVersion, FileForm
from promptyard.domain.benchmarks.messages import EventMessage, Message
from promptyard.domain.errors import BadLines, NotFound, StoreUnavailable, TooLarge
from promptyard.domain.paging import PageRequest
from promptyard.services.benchmarks import dataset_versions, row_writer
from promptyard.services.benchmarks.dataset_uploads import DatasetUploads
from promptyard.services.benchmarks.row_writer import CHUNK_BYTES
from promptyard.settings import Settings
from promptyard.storage.benchmarks.dataset_uploads import DynamoUploadStore
from promptyard.storage.table import benchmark_keys
from promptyard_local.aws import LocalAws
from tests.performance import datasets as performance

TENANT = LOCAL_CALLER.tenant


@pytest.fixture
def services(local_aws: LocalAws) -> Parts:
    return whole(Settings(auth="open"), local_aws.names, local_aws.clients)


@pytest.fixture
async def dataset(services: Parts) -> Dataset:
    return await services.benchmarks.datasets.create(LOCAL_CALLER, name="d")


async def pieces(*texts: bytes) -> AsyncIterator[bytes]:
    for text in texts:
        yield text


async def add(services: Parts, dataset: Dataset, *texts: bytes) -> DatasetVersion:
    return await services.benchmarks.dataset_versions.add_file(
        LOCAL_CALLER, dataset.id, pieces(*texts), FileForm("jsonl")
    )


def objects(local_aws: LocalAws, dataset: Dataset) -> list[str]:
    listed = local_aws.clients.s3().list_objects_v2(
        Bucket=local_aws.names["PROMPTYARD_RUNS_BUCKET"], Prefix=benchmark_keys.dataset_objects(TENANT, dataset.id)
    )
    return [entry["Key"] for entry in listed.get("Contents", [])]


async def test_versions_that_are_added_at_once_have_the_numbers_from_1_on(services: Parts, dataset: Dataset) -> None:
    made = await asyncio.gather(*(add(services, dataset, b'{"q": %d}' % number) for number in range(8)))
    assert sorted(version.number for version in made) == list(range(1, 9))
    assert (await services.benchmarks.datasets.get(TENANT, dataset.id)).latest_version == 8
    for version in made:
        [row] = await services.benchmarks.dataset_store.rows(TENANT, version, 1, 10)
        assert row.id == f"{version.id}-1"


async def test_rows_are_in_objects_of_some_256_kb(services: Parts, dataset: Dataset, local_aws: LocalAws) -> None:
    lines = [b'{"q": "%d %s"}\n' % (number, b"x" * 1000) for number in range(1, 1001)]
    version = await add(services, dataset, *lines)
    assert version.chunks[0] == 1
    assert len(objects(local_aws, dataset)) == len(version.chunks) == 4
    held = [await services.benchmarks.dataset_store.rows(TENANT, version, first, 1000) for first in version.chunks]
    assert [len(rows) for rows in held] == [1001 - first for first in version.chunks]
    for first, count in ((1, 1), (255, 3), (version.chunks[1] - 1, 2), (999, 5), (1000, 1), (1001, 1)):
        rows = await services.benchmarks.dataset_store.rows(TENANT, version, first, count)
        assert [row.number for row in rows] == list(range(first, min(first + count, 1001)))
        assert all(row.variables["q"].startswith(f"{row.number} ") for row in rows)


async def test_what_is_refused_or_fails_leaves_nothing(
    services: Parts, dataset: Dataset, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writer, "CHUNK_BYTES", 100)
    good = b'{"q": "%s"}\n' % (b"x" * 80)
    with pytest.raises(BadLines):
        await add(services, dataset, good * 5, b"no")

    async def broken() -> AsyncIterator[bytes]:
        yield good * 5
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        await services.benchmarks.dataset_versions.add_file(LOCAL_CALLER, dataset.id, broken(), FileForm())
    assert objects(local_aws, dataset) == []
    with pytest.raises(NotFound):
        await services.benchmarks.dataset_store.version(TENANT, dataset.id, None)


async def test_a_version_has_no_more_rows_than_it_may_have(
    services: Parts, dataset: Dataset, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writer, "MAX_ROWS", 2)
    assert (await add(services, dataset, b'{"q": 1}\n' * 2)).row_count == 2
    with pytest.raises(TooLarge):
        await add(services, dataset, b'{"q": 1}\n' * 3)
    assert len(objects(local_aws, dataset)) == 1


async def test_a_version_of_a_dataset_that_is_deleted_meanwhile_is_none(
    services: Parts, dataset: Dataset, local_aws: LocalAws
) -> None:
    async def deleting() -> AsyncIterator[bytes]:
        yield b'{"q": 1}\n'
        await services.benchmarks.datasets.delete(LOCAL_CALLER, dataset.id)

    with pytest.raises(NotFound):
        await services.benchmarks.dataset_versions.add_file(LOCAL_CALLER, dataset.id, deleting(), FileForm())
    assert objects(local_aws, dataset) == []
    with pytest.raises(NotFound):
        await services.benchmarks.dataset_store.version(TENANT, dataset.id, 1)


async def test_an_upload_that_many_take_at_once_is_one_version(
    services: Parts, dataset: Dataset, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writer, "CHUNK_BYTES", 50)
    uploads = services.benchmarks.dataset_uploads
    upload = await uploads.begin(LOCAL_CALLER, dataset.id, FileForm())
    key = benchmark_keys.upload_object(TENANT, dataset.id, upload.id)
    local_aws.clients.s3().put_object(
        Bucket=local_aws.names["PROMPTYARD_RUNS_BUCKET"], Key=key, Body=b'{"q": "one"}\n{"q": "two"}\n' * 5
    )
    others = [add(services, dataset, b'{"q": 0}') for _ in range(3)]
    taken = [uploads.take_upload(TENANT, dataset.id, upload.id) for _ in range(4)]
    made = [version for version in (await asyncio.gather(*others, *taken))[3:] if version is not None]
    assert {version.id for version in made} == {upload.id}
    assert len({version.number for version in made}) == 1
    listed = await services.benchmarks.dataset_versions.page(TENANT, dataset.id, PageRequest(20))
    assert [version.number for version in listed.items] == [4, 3, 2, 1]
    assert len(await services.benchmarks.dataset_store.rows(TENANT, made[0], 1, 20)) == 10


async def test_an_upload_that_was_taken_by_one_who_died_is_not_taken_again(
    services: Parts, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = services.benchmarks.dataset_uploads
    upload = await uploads.begin(LOCAL_CALLER, dataset.id, FileForm())
    await uploads.take_file(TENANT, dataset.id, upload.id, pieces(b'{"q": 1}'))
    waiting = DatasetUpload.model_validate(upload.model_dump())
    await services.benchmarks.dataset_uploads._uploads.put(TENANT, waiting)
    again = await uploads.take_file(TENANT, dataset.id, upload.id, pieces(b'{"q": 1}'))
    assert again.version == 1
    with pytest.raises(NotFound):
        await services.benchmarks.dataset_store.version(TENANT, dataset.id, 2)


class Told:
    """A `Queue` that keeps what it is sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, messages: Sequence[Message], *, delay_seconds: int = 0) -> None:
        self.messages += messages


async def test_where_files_come_through_the_api_the_queue_is_told_what_s3_would_tell(
    services: Parts, dataset: Dataset
) -> None:
    kept, told = services.benchmarks, Told()
    store = DynamoUploadStore(services.table("benchmarks"), services.bucket)
    uploads = DatasetUploads(store, kept.dataset_store, kept.dataset_versions, services.callers.audit, told=told)
    upload = await uploads.begin(LOCAL_CALLER, dataset.id, FileForm())
    assert await uploads.url(TENANT, upload) is None
    with pytest.raises(BadLines):
        await uploads.take_file(TENANT, dataset.id, upload.id, pieces(b"{}"))
    assert told.messages == []
    upload = await uploads.begin(LOCAL_CALLER, dataset.id, FileForm())
    await uploads.take_file(TENANT, dataset.id, upload.id, pieces(b'{"q": 1}'))
    [event] = told.messages
    assert isinstance(event, EventMessage)
    key = event.detail["object"]["key"]
    assert benchmark_keys.upload_of_object(key) == (TENANT, dataset.id, upload.id)
    version = await uploads.take_upload(TENANT, dataset.id, upload.id)
    assert version is not None
    assert (version.id, version.number) == (upload.id, 1)


async def test_a_version_is_found_among_older_and_newer_ones(
    services: Parts, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_versions, "_PAGE", 2)
    made = [await add(services, dataset, b'{"q": 1}') for _ in range(5)]
    versions = services.benchmarks.dataset_versions
    assert await versions.find(TENANT, dataset.id, made[1].id) == made[1]
    monkeypatch.setattr(dataset_versions, "_CLOCKS", timedelta(0))
    assert await versions.find(TENANT, dataset.id, "01900000-0000-7000-8000-000000000000") is None
    assert datetime.now(UTC) - made[0].created_at < timedelta(minutes=1)


@pytest.mark.parametrize("format_", performance.FORMATS)
def test_the_memory_that_a_file_takes_does_not_grow_with_it(format_: str) -> None:
    few, many = (performance.peak_of(format_, rows) for rows in (1_000, 4_000))
    assert many < few + CHUNK_BYTES / 2


@pytest.mark.hard
@pytest.mark.parametrize("format_", performance.FORMATS)
def test_100_mb_are_read_in_2_mb(format_: str) -> None:
    assert performance.peak_of(format_, 100_000) < 2_000_000

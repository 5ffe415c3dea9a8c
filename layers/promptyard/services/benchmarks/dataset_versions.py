"""Versions of datasets: made of files, of uploads and of runs, each of them whole or not at all; and read."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import DatasetVersion, FileForm, Row, RowContent, VersionFormat
from promptyard.domain.benchmarks.reading.dataset_reader import DatasetReader
from promptyard.domain.benchmarks.reading.mapping import FieldMap
from promptyard.domain.benchmarks.run_rows import row_of_run
from promptyard.domain.errors import (
    BadLines,
    Conflict,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    TooLarge,
    named_in_body,
)
from promptyard.domain.identifiers import moment_of, time_ordered_id
from promptyard.domain.paging import Page, PageRequest, each_page
from promptyard.services.benchmarks.row_writer import RowWriter

if TYPE_CHECKING:
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.ports.benchmarks import DatasetStore
    from promptyard.services.ports.runs import RunStore

ADD_ATTEMPTS = 50
"""A version that loses its number to another one tries the next."""
_PAGE = 20
_CLOCKS = timedelta(minutes=5)
"""How far those of two machines may be apart."""
_SLICE = 4 * 1024
"""What is read of a file before somebody else has a turn."""


class DatasetVersions:
    """Methods raise NotFound where there is no such dataset in the tenant, or no such version of it."""

    def __init__(self, store: "DatasetStore", runs: "RunStore", audit: "AuditLog") -> None:
        self._store = store
        self._runs = runs
        self._audit = audit

    async def page(self, tenant: str, dataset_id: str, request: PageRequest) -> Page[DatasetVersion]:
        """Newest first. Raises BadCursor."""
        await self._store.get(tenant, dataset_id)
        return await self._store.versions(tenant, dataset_id, request)

    async def get(self, tenant: str, dataset_id: str, number: int | None) -> DatasetVersion:
        """The newest for None."""
        await self._store.get(tenant, dataset_id)
        return await self._store.version(tenant, dataset_id, number)

    async def rows(self, tenant: str, dataset_id: str, number: int | None, request: PageRequest) -> Page[Row]:
        """Of a version, the newest for None, in order. Raises BadCursor."""
        return await self._store.rows_page(tenant, await self.get(tenant, dataset_id, number), request)

    def row_pages(self, tenant: str, version: DatasetVersion) -> AsyncGenerator[list[Row], None]:
        return self._store.row_pages(tenant, version)

    async def add_file(
        self, caller: Caller, dataset_id: str, pieces: AsyncIterable[bytes], form: FileForm
    ) -> DatasetVersion:
        """The next version, of a file. Raises BadLines, TooLarge, and InvalidRequest for what is no map."""
        FieldMap.parse_all(form.maps)
        await self._store.get(caller.tenant, dataset_id)
        version_id = time_ordered_id()
        await self._audit.record(caller, "dataset.version_added", dataset_id, {"version_id": version_id})
        writer = self.writer(caller.tenant, dataset_id, version_id)
        return await self.read_file(writer, pieces, form, caller.actor.id)

    def writer(self, tenant: str, dataset_id: str, version_id: str) -> RowWriter:
        return RowWriter(self._store, tenant, dataset_id, version_id)

    async def read_file(
        self,
        writer: RowWriter,
        pieces: AsyncIterable[bytes],
        form: FileForm,
        created_by: str,
        *,
        for_upload: bool = False,
    ) -> DatasetVersion:
        """The same with a writer, whose ids are the version's. `for_upload`: with the same ids it may be done again,
        also at the same time, and is done once."""
        reader = DatasetReader(form.format, FieldMap.parse_all(form.maps))
        async with _whole_or_nothing(writer, for_upload=for_upload):
            async for piece in pieces:
                for start in range(0, len(piece), _SLICE):
                    await _write(writer, reader.feed(piece[start : start + _SLICE]), reader)
                    await asyncio.sleep(0)
            await _write(writer, reader.finish(), reader)
            if reader.bad:
                raise BadLines([(bad.line, bad.message) for bad in reader.bad], reader.bad_count)
            await writer.finish()
            read = {"format": reader.format, "mapping": reader.mapping, "skipped": reader.skipped}
            return await self._add(writer, created_by, read, for_upload=for_upload)

    async def add_runs(
        self, caller: Caller, dataset_id: str, run_ids: Sequence[str], *, append: bool = False
    ) -> DatasetVersion:
        """The next version, of runs, in their order; with `append` after the rows of the newest one. Raises
        UnknownReference for a run that is not there, InvalidRequest for one whose prompt is not kept."""
        tenant = caller.tenant
        dataset = await self._store.get(tenant, dataset_id)
        writer = self.writer(tenant, dataset_id, time_ordered_id())
        async with _whole_or_nothing(writer):
            if append and dataset.latest_version is not None:
                newest = await self._store.version(tenant, dataset_id, None)
                async for rows in self._store.row_pages(tenant, newest):
                    for row in rows:
                        await writer.add(row, row.json_text().encode())
            for position, run_id in enumerate(run_ids):
                content = await self._row_of(tenant, position, run_id)
                await writer.add(content, content.json_text().encode())
            await writer.finish()
            await self._audit.record(caller, "dataset.version_added", dataset_id, {"version_id": writer.version_id})
            return await self._add(writer, caller.actor.id, {"format": "runs"})

    async def add_rows(
        self, caller: Caller, dataset_id: str, rows: Iterable[RowContent], format_: VersionFormat
    ) -> DatasetVersion:
        """The next version, of rows that were read elsewhere, in that format. Raises TooLarge, and InvalidRequest where
        there is none."""
        tenant = caller.tenant
        await self._store.get(tenant, dataset_id)
        writer = self.writer(tenant, dataset_id, time_ordered_id())
        async with _whole_or_nothing(writer):
            for row in rows:
                await writer.add(row, row.json_text().encode())
            if not writer.row_count:
                raise InvalidRequest("There is no row")
            await writer.finish()
            await self._audit.record(caller, "dataset.version_added", dataset_id, {"version_id": writer.version_id})
            return await self._add(writer, caller.actor.id, {"format": format_})

    async def _row_of(self, tenant: str, position: int, run_id: str) -> RowContent:
        with named_in_body("run_ids", position):
            run = await self._runs.get(tenant, run_id)
        row = row_of_run(run)
        if row is None:
            raise InvalidRequest(
                "The run's prompt was not kept", loc=("body", "run_ids", position), kind="empty_prompt"
            )
        return row

    async def _add(
        self, writer: RowWriter, created_by: str, read: Mapping[str, Any], *, for_upload: bool = False
    ) -> DatasetVersion:
        tenant, dataset_id = writer.tenant, writer.dataset_id
        for attempt in range(ADD_ATTEMPTS):
            number = 1 + await self._newest_number(tenant, dataset_id)
            if for_upload and (made := await self.find(tenant, dataset_id, writer.version_id)):
                return made
            version = DatasetVersion(
                id=writer.version_id,
                dataset_id=dataset_id,
                number=number,
                row_count=writer.row_count,
                bytes=writer.bytes,
                variables=writer.variables,
                chunks=writer.chunks,
                created_at=datetime.now(UTC),
                created_by=created_by,
                **{"mapping": {}, **read},
            )
            try:
                await self._store.add_version(tenant, version)
            except Conflict:
                await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, 0.5)))  # noqa: S311 - guards nothing
                continue
            return version
        raise StoreUnavailable("Too many are adding versions to this dataset at once", retry_after=1)

    async def find(self, tenant: str, dataset_id: str, version_id: str) -> DatasetVersion | None:
        """By its id, which is as old as the version or older."""
        oldest = moment_of(version_id) - _CLOCKS
        async for versions in each_page(partial(self._store.versions, tenant, dataset_id), _PAGE):
            for version in versions:
                if version.id == version_id:
                    return version
                if version.created_at < oldest:
                    return None
        return None

    async def _newest_number(self, tenant: str, dataset_id: str) -> int:
        try:
            return (await self._store.version(tenant, dataset_id, None)).number
        except NotFound:
            return 0


@asynccontextmanager
async def _whole_or_nothing(writer: RowWriter, *, for_upload: bool = False) -> AsyncIterator[None]:
    """Whatever fails leaves no rows; but where others may be writing the same, only what fails for them, too."""
    try:
        yield
    except BaseException as error:
        if not for_upload or isinstance(error, BadLines | TooLarge):
            await asyncio.shield(writer.drop())
        raise


async def _write(writer: RowWriter, rows: Iterator[tuple[RowContent, bytes]], reader: DatasetReader) -> None:
    for row, text in rows:
        if not reader.bad_count:  # after that the file is read to name its bad lines alone
            await writer.add(row, text)

"""An archive of a tenant, taken into another one: it is checked whole, and then written.

Ids are kept, so that a thing is written where it is not there yet, and nothing that is there is changed: the same
archive twice is the same as once, and an import that was cut goes on where it was. It stops when its time is over, and
says where; whoever asks again sends the same archive.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import DatasetVersion, Row, RowContent
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.tenant_data.importing import IMPORTED, PHASES, ImportPosition, Phase, TenantImportReport
from promptyard.services.account.audit import AuditLog
from promptyard.services.ports.tenant_data import ImportedArchive
from promptyard.services.tenant_data.import_outcomes import ImportInto
from promptyard.services.tenant_data.import_writers import ImportWriters

AT_ONCE = 20
_VERSIONS = "dataset_versions"
_ROWS = "dataset_rows"


class TenantImport:
    def __init__(self, writers: ImportWriters, audit: AuditLog) -> None:
        self._writers = writers
        self._audit = audit

    async def take(
        self, caller: Caller, archive: ImportedArchive, position: ImportPosition, seconds: float
    ) -> TenantImportReport:
        """Go on with the import for so long, or to its end. Raises InvalidRequest for what is wrong in the archive,
        before anything of it is written; StoreUnavailable."""
        end = time.monotonic() + seconds
        into = await self._writers.into(caller)
        for phase in PHASES:
            for kind in IMPORTED:
                if position.is_after(phase, kind):
                    continue
                done = position.skipped(phase, kind)
                if ImportPosition(phase, kind, done) == ImportPosition("write"):
                    await self._begin(caller, archive, into.report)
                async with aclosing(self._steps(phase, kind, archive, done, into)) as steps:
                    async for number in steps:
                        done += number
                        if time.monotonic() > end:
                            into.report.next = ImportPosition(phase, kind, done)
                            return into.report
                if phase == "check":
                    _check_count(archive, kind, done)
        return into.report

    async def _begin(self, caller: Caller, archive: ImportedArchive, report: TenantImportReport) -> None:
        details = {"tenant": archive.made_of, "exported_at": archive.exported_at}
        await self._audit.record(caller, "tenant.imported", caller.tenant, details)
        report.leave_out_kinds(archive.things)

    def _steps(
        self, phase: Phase, kind: str, archive: ImportedArchive, after: int, into: ImportInto
    ) -> AsyncGenerator[int, None]:
        """How many lines each step has checked, or written."""
        steps = self._version_steps if kind == _VERSIONS else self._plain_steps
        return steps(phase, kind, archive, after, into)

    async def _plain_steps(
        self, phase: Phase, kind: str, archive: ImportedArchive, after: int, into: ImportInto
    ) -> AsyncGenerator[int, None]:
        async with aclosing(archive.batches(kind, after)) as batches:
            async for things in batches:
                if phase == "check":
                    yield len(things)
                    continue
                for start in range(0, len(things), AT_ONCE):
                    batch = things[start : start + AT_ONCE]
                    await asyncio.gather(*(self._writers.write(kind, thing, into) for thing in batch))
                    yield len(batch)

    async def _version_steps(
        self, phase: Phase, kind: str, archive: ImportedArchive, after: int, into: ImportInto
    ) -> AsyncGenerator[int, None]:
        """Versions with their rows, of which nothing is held but what is written at once."""
        number = rows_read = 0
        async with aclosing(archive.rows()) as rows, aclosing(archive.batches(kind)) as batches:
            async for versions in batches:
                for version in versions:
                    number += 1
                    rows_read += version.row_count
                    async with aclosing(_rows_of(version, rows)) as own:
                        if phase == "write" and number > after:
                            await self._writers.write_version(version, own, into)
                        async for _ in own:
                            """What the writer had no need of."""
                    if number > after:
                        yield 1
            if phase == "check" and await anext(rows, None) is not None:
                raise _refused(_ROWS, "there are more rows than the versions have")
        if phase == "check":
            _check_count(archive, _ROWS, rows_read)


async def _rows_of(
    version: DatasetVersion, rows: AsyncGenerator[tuple[str, RowContent], None]
) -> AsyncGenerator[RowContent, None]:
    for number in range(1, version.row_count + 1):
        found = await anext(rows, None)
        if found is None or found[0] != Row.of(version.id, number, found[1]).id:
            raise _refused(_ROWS, f"row {number} of the dataset version {version.id} is not where it should be")
        yield found[1]


def _check_count(archive: ImportedArchive, kind: str, found: int) -> None:
    said = archive.things[kind]
    if said != found:
        raise _refused(kind, f"there are {found}, and its manifest counts {said}")


def _refused(kind: str, fault: str) -> InvalidRequest:
    return InvalidRequest(f"{kind}.jsonl: {fault}", kind="archive")

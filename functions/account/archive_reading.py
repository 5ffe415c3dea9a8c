"""An archive of `archive`, read back: each line is the thing that it was made of, as it is of the tenant that takes
it."""

import json
import re
import zipfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import IO, Any

from anyio.to_thread import run_sync
from pydantic import AwareDatetime, NonNegativeInt, ValidationError
from pydantic_core import from_json

from functions.account.archive import FORM, FORM_VERSION, MANIFEST
from functions.account.archive_readers import READERS, ArchiveContext, Line
from promptyard.api.answers.fields import timestamp
from promptyard.api.reports.page import html_report
from promptyard.api.zip_reading import check_names, lines_of, open_zip, refused, whole_file
from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.prompts.names import prompt_id
from promptyard.domain.tenant_data.importing import IMPORTED, NOT_IMPORTED
from promptyard.domain.tenant_data.moved_prompts import MovedPrompts

ROWS = "dataset_rows"
KINDS = (*IMPORTED, ROWS, *NOT_IMPORTED)
_BATCH = 100
_BATCH_BYTES = 1_000_000
_MANIFEST_BYTES = 100_000
_PERHAPS_INFINITE = re.compile(rb"[eE]\+?\d{3}|\d{300}")
_MANY_VALUES = 1_000_000
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_MANY_PROMPTS = 200_000


class _Manifest(DeferredModel):
    form: str
    version: int
    tenant: str
    exported_at: AwareDatetime
    things: dict[str, NonNegativeInt]


def open_archive(file: IO[bytes], tenant: str) -> "TenantArchive":
    """The archive in a file that can be sought in, for that tenant. Raises InvalidRequest for what is no archive of an
    export, or one of a later form."""
    archive = open_zip(file)
    if MANIFEST not in archive.namelist():
        raise refused(f"This is no archive of a tenant: {MANIFEST} is not in it")
    try:
        text = whole_file(archive, MANIFEST, _MANIFEST_BYTES)
        version = from_json(text).get("version") if text.startswith(b"{") else None
        if isinstance(version, int) and version > FORM_VERSION:
            raise refused(f"The archive's form is {version}: a newer Promptyard made it. This one reads {FORM_VERSION}")
        manifest = _Manifest.model_validate_json(text)
    except ValueError as error:
        raise refused(f"{MANIFEST}: {_fault(error)}") from None
    if manifest.form != FORM:
        raise refused("This is no archive of a tenant: its manifest says that it is something else")
    check_names(archive, (MANIFEST, *(f"{kind}.jsonl" for kind in KINDS)))
    if manifest.things.keys() != set(KINDS):
        raise refused(f"{MANIFEST} does not count what is in the archive")
    return TenantArchive(archive, manifest, tenant)


class TenantArchive:
    """The `ImportedArchive` that an import takes (`promptyard.services.ports.tenant_data`)."""

    def __init__(self, archive: zipfile.ZipFile, manifest: _Manifest, tenant: str) -> None:
        self._archive = archive
        self.tenant = tenant
        self.made_of = manifest.tenant
        self.exported_at = timestamp(manifest.exported_at)
        self.things: Mapping[str, int] = manifest.things
        self._context = ArchiveContext(tenant, manifest.tenant, MovedPrompts({}), html_report)
        if tenant != self.made_of:
            self._context = replace(self._context, moved=MovedPrompts(dict(self._prompt_ids())))

    async def batches(self, kind: str, after: int = 0) -> AsyncGenerator[Sequence[Any], None]:
        things = self._things(kind, after)
        while batch := await run_sync(_next_batch, things):
            yield batch

    async def rows(self) -> AsyncGenerator[tuple[str, RowContent], None]:
        rows = self._things(ROWS)
        while batch := await run_sync(_next_batch, rows):
            for row in batch:
                yield row

    def _prompt_ids(self) -> Iterator[tuple[str, str]]:
        for number, (prompt, _) in enumerate(self._things("prompts")):
            if number == _MANY_PROMPTS:
                raise refused(f"An archive of another tenant holds {_MANY_PROMPTS:,} prompts at most")
            yield prompt_id(self.made_of, prompt.namespace, prompt.slug), prompt.id

    def _things(self, kind: str, after: int = 0) -> Iterator[tuple[Any, int]]:
        """With the bytes of their lines."""
        name, read = f"{kind}.jsonl", READERS[kind]
        for number, line in enumerate(lines_of(self._archive, name), start=1):
            if number <= after:
                continue
            try:
                thing = read(self._context, _parsed(line))
            except (ValueError, InvalidRequest) as error:
                raise refused(f"{name}, line {number}: {_fault(error)}") from None
            yield thing, len(line)


def _next_batch(things: Iterator[tuple[Any, int]]) -> list[Any]:
    batch, size = [], 0
    for thing, length in islice(things, _BATCH):
        batch.append(thing)
        size += length
        if size > _BATCH_BYTES:
            break
    return batch


def _parsed(line: bytes) -> Line:
    """Raises ValueError."""
    if _values(line) > _MANY_VALUES and _values(_STRINGS.sub(b"", line)) > _MANY_VALUES:
        raise ValueError(f"it holds over {_MANY_VALUES:,} values")
    value = from_json(line, allow_inf_nan=False)
    if _PERHAPS_INFINITE.search(line):
        json.dumps(value, allow_nan=False)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _values(line: bytes) -> int:
    """At least as many as there are: each takes some hundred bytes of memory."""
    return sum(map(line.count, (b",", b"[", b"{")))


def _fault(error: Exception) -> str:
    """Without the values, which are the tenant's."""
    if isinstance(error, InvalidRequest):
        return error.message
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return ": ".join(part for part in (".".join(map(str, first["loc"])), first["msg"]) if part)
    return str(error)

"""All that a tenant has, as an archive of JSON Lines."""

import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from starlette.responses import StreamingResponse

from functions.account.answers import AuditAnswer, CollectorAnswer, KeyAnswer, ProviderKeyAnswer, TenantAnswer
from functions.account.usage_answers import LedgerEntryAnswer, Sums
from promptyard.api.answers.fields import LeftOut, json_of, timestamp
from promptyard.api.answers.runs import RunRecord
from promptyard.api.text_files import compact_json, json_lines
from promptyard.api.zip_stream import MEDIA_TYPE, zip_stream
from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult
from promptyard.domain.errors import PromptyardError
from promptyard.domain.metering.ledger import MonthUsage
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import ModerationReport, Withheld

FORM = "promptyard tenant"
FORM_VERSION = 1
"""A reader refuses archives of a later one. It changes where an older reader would take a line for what it is not."""
MANIFEST = "manifest.json"

logger = logging.getLogger("promptyard.export")

Pages = AsyncGenerator[tuple[str, Sequence[Any]], None]


async def archive_response(tenant: str, pages: Pages) -> StreamingResponse:
    """The first page is read before the answer starts, so that what fails until then keeps its status."""
    first = await anext(pages)
    return StreamingResponse(
        zip_stream(_files(tenant, first, pages)),
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": 'attachment; filename="promptyard-tenant.zip"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        },
    )


async def _files(tenant: str, first: tuple[str, Sequence[Any]], rest: Pages) -> AsyncIterator[tuple[str, bytes]]:
    numbers: Counter[str] = Counter()
    try:
        async for kind, page in _chained(first, rest):
            numbers[kind] += len(page)
            yield f"{kind}.jsonl", json_lines(line_of(kind, thing) for thing in page).encode()
    except PromptyardError as error:
        logger.warning("export cut", extra={"code": error.code})
        raise
    manifest = {
        "form": FORM,
        "version": FORM_VERSION,
        "tenant": tenant,
        "exported_at": timestamp(datetime.now(UTC)),
        "things": numbers,
    }
    yield MANIFEST, compact_json(manifest).encode()


async def _chained(first: tuple[str, Sequence[Any]], rest: Pages) -> Pages:
    yield first
    async for page in rest:
        yield page


def line_of(kind: str, thing: Any) -> str:
    """A thing of that kind as the archive has it: JSON, with every field in the one way in which answers write it."""
    return _LINES.get(kind, _plain)(thing)


def _plain(thing: BaseModel) -> str:
    return compact_json(thing.model_dump(exclude={"tenant"}))


SHOWN_AS_KEPT = frozenset(
    {
        "messages",
        "template",
        "parameters",
        "output",
        "reasoning",
        "citations",
        "tool_calls",
        "documents",
        "reference",
        "error",
        "withheld",
    }
)
"""The fields of a run that its line holds once, where the API shows them: the large ones."""
_OF_ELSEWHERE = frozenset({"tenant", "reservation_id", "retention_days"})


class ArchivedRun(RunRecord):
    """With what a guard has blocked of it, where the playground keeps that: it is the tenant's, too; and `record`, what
    the API shows otherwise or not at all, from which an import makes the same run."""

    withheld: LeftOut[Withheld] = None
    record: dict[str, Any]

    @classmethod
    def of(cls, run: Run) -> "ArchivedRun":
        kept = run.model_dump(mode="json", exclude=set(SHOWN_AS_KEPT | _OF_ELSEWHERE), exclude_none=True)
        return ArchivedRun(**vars(RunRecord.of(run)), withheld=run.withheld, record=kept)


class ArchivedMonth(Sums):
    month: str
    open_runs: int

    @classmethod
    def of_month(cls, usage: MonthUsage) -> "ArchivedMonth":
        return ArchivedMonth(**vars(Sums.of(usage.settled)), month=usage.month, open_runs=usage.open_runs)


def _with_id(thing: Prompt | PromptVersion) -> str:
    return compact_json({"id": thing.id} | thing.model_dump(exclude={"tenant"}))


def _report(placed: tuple[str, ModerationReport]) -> str:
    playground_id, report = placed
    return compact_json({"playground_id": playground_id, **report.model_dump()})


def _cell(placed: tuple[str, CellResult]) -> str:
    benchmark_run_id, cell = placed
    return compact_json({"benchmark_run_id": benchmark_run_id, **cell.model_dump()})


def _benchmark_run(run: BenchmarkRun) -> str:
    return compact_json(run.model_dump(exclude={"benchmark": {"tenant"}}))


_LINES: Mapping[str, Callable[[Any], str]] = {
    "tenant": lambda tenant: json_of(TenantAnswer.of(tenant)),
    "runs": lambda run: json_of(ArchivedRun.of(run)),
    "prompts": _with_id,
    "prompt_versions": _with_id,
    "moderation_reports": _report,
    "benchmark_runs": _benchmark_run,
    "benchmark_cells": _cell,
    "dataset_versions": lambda version: compact_json(version.model_dump(exclude={"chunks"})),
    "dataset_rows": lambda row: compact_json({"id": row.id, **json.loads(row.json_text())}),
    "keys": lambda key: json_of(KeyAnswer.of(key)),
    "provider_keys": lambda pair: json_of(ProviderKeyAnswer.of(*pair)),
    "collectors": lambda collector: json_of(CollectorAnswer.of(collector)),
    "months": lambda month: json_of(ArchivedMonth.of_month(month)),
    "ledger": lambda entry: json_of(LedgerEntryAnswer.of(entry)),
    "audit": lambda entry: json_of(AuditAnswer.of(entry)),
}
"""As the API shows them; what is not here, as it is."""

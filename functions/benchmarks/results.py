"""A benchmark run's results as a file: JSON Lines or CSV, a page of cells at a time, however many there are.

Once the file has begun its status cannot change. When the store fails midway, the connection is cut before the end of
the body, so that no client takes what came for the whole.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from functions.benchmarks.run_answers import CellAnswer, plain_usd
from promptyard.api.answers.fields import json_of
from promptyard.api.text_files import MEDIA_TYPES, FileFormat, compact_json, csv_lines, file_headers, json_lines
from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult
from promptyard.domain.errors import PromptyardError

logger = logging.getLogger("promptyard.export")

_COLUMNS: dict[str, Callable[[CellResult], Any]] = {
    "repeat": lambda result: result.repeat,
    "status": lambda result: result.status.value,
    "run_id": lambda result: result.run_id,
    "output": lambda result: result.output,
    "input_tokens": lambda result: result.input_tokens,
    "output_tokens": lambda result: result.output_tokens,
    "cost_usd": lambda result: plain_usd(result.cost_usd),
    "judge_cost_usd": lambda result: plain_usd(result.judge_cost_usd),
    "latency_ms": lambda result: result.latency_ms,
    "ttft_ms": lambda result: result.ttft_ms,
    "error": lambda result: result.error,
    "reasons": lambda result: compact_json(result.reasons) if result.reasons else None,
    "scores_again": lambda result: compact_json(result.scores_again) if result.scores_again else None,
}


async def results_response(
    run: BenchmarkRun,
    pages: AsyncGenerator[list[CellResult], None],
    file_format: FileFormat,
    column: int | None,
) -> Response:
    """Of one column, or of all. The first page is read before the answer starts, so that what fails until then keeps
    its status."""
    nothing: list[CellResult] = []
    first = await anext(pages, nothing)
    return StreamingResponse(
        _body(run, first, pages, file_format, column),
        media_type=MEDIA_TYPES[file_format],
        headers=file_headers(f"promptyard-benchmark-{run.id}", file_format) | {"x-accel-buffering": "no"},
    )


async def _body(
    run: BenchmarkRun,
    first: Sequence[CellResult],
    rest: AsyncIterator[list[CellResult]],
    file_format: FileFormat,
    column: int | None,
) -> AsyncIterator[bytes]:
    labels = [spec.label for spec in run.benchmark.metrics]

    def lines(results: Sequence[CellResult]) -> bytes:
        wanted = [result for result in results if column is None or result.column == column]
        if file_format == "csv":
            return csv_lines(_row(run, labels, result) for result in wanted).encode()
        return json_lines(json_of(CellAnswer.of(_name(run, result), result)) for result in wanted).encode()

    head = ["row", "column", *_COLUMNS, *(f"score:{label}" for label in labels)]
    yield (csv_lines([head]).encode() if file_format == "csv" else b"") + lines(first)
    try:
        async for page in rest:
            if page:
                yield lines(page)
    except PromptyardError as error:
        logger.warning("results cut", extra={"code": error.code})
        raise


def _row(run: BenchmarkRun, labels: Sequence[str], result: CellResult) -> list[Any]:
    known = [cell(result) for cell in _COLUMNS.values()]
    return [result.row, _name(run, result), *known, *(result.scores.get(label) for label in labels)]


def _name(run: BenchmarkRun, result: CellResult) -> str:
    return run.columns[result.column].name

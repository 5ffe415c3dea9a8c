"""The history as a file: JSON Lines or CSV, a page of runs at a time, however long it is.

Once the file has begun its status cannot change. When the store fails midway, the connection is cut before the end of
the body (no last chunk in HTTP/1.1; RFC 9112 §8), so that no client takes what came for the whole.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from promptyard.api.answers.fields import json_of, timestamp
from promptyard.api.answers.runs import RunRecord
from promptyard.api.text_files import BOM, MEDIA_TYPES, FileFormat, compact_json, csv_lines, file_headers, json_lines
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.messages import joined_text
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run

logger = logging.getLogger("promptyard.export")


async def export_response(
    pages: AsyncGenerator[list[Run], None], export_format: FileFormat, *, bom: bool = False
) -> Response:
    """The first page is read before the answer starts, so that what fails until then keeps its status."""
    first = await anext(pages)
    return StreamingResponse(
        _body(first, pages, _LINES[export_format], BOM if bom and export_format == "csv" else ""),
        media_type=MEDIA_TYPES[export_format],
        headers=file_headers("promptyard-history", export_format) | {"x-accel-buffering": "no"},
    )


async def _body(
    first: Sequence[Run], rest: AsyncIterator[list[Run]], lines: Callable[[Iterable[Run], bool], str], start: str
) -> AsyncIterator[bytes]:
    yield (start + lines(first, True)).encode()
    try:
        async for page in rest:
            if page:
                yield lines(page, False).encode()
    except PromptyardError as error:
        logger.warning("export cut", extra={"code": error.code})
        raise


def _json_lines(runs: Iterable[Run], is_first: bool) -> str:  # noqa: ARG001 - the form that all formats share
    return json_lines(json_of(RunRecord.of(run)) for run in runs)


def _csv_lines(runs: Iterable[Run], is_first: bool) -> str:
    head = [list(COLUMNS)] if is_first else []
    return csv_lines([*head, *([column(run) for column in COLUMNS.values()] for run in runs)])


_LINES: dict[str, Callable[[Iterable[Run], bool], str]] = {"jsonl": _json_lines, "csv": _csv_lines}


def _json(value: Any) -> str | None:
    return None if value is None else compact_json(value)


def _usage(count: Callable[[Usage], int | None]) -> Callable[[Run], int | None]:
    return lambda run: None if run.usage is None else count(run.usage)


COLUMNS: dict[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "created_at": lambda run: timestamp(run.created_at),
    "settled_at": lambda run: timestamp(run.settled_at) if run.settled_at else None,
    "status": lambda run: run.status.value,
    "endpoint": lambda run: run.endpoint,
    "caller": lambda run: run.caller,
    "provider": lambda run: run.provider,
    "model": lambda run: run.model,
    "model_id": lambda run: run.model_id,
    "label": lambda run: run.label,
    "prompt": lambda run: joined_text(run.messages),
    "output": lambda run: run.output,
    "finish_reason": lambda run: run.finish_reason.value if run.finish_reason else None,
    "error_code": lambda run: run.error.code if run.error else None,
    "error_message": lambda run: run.error.message if run.error else None,
    "latency_ms": lambda run: run.latency_ms,
    "ttft_ms": lambda run: run.ttft_ms,
    "prompt_tokens": _usage(lambda usage: usage.input_tokens),
    "completion_tokens": _usage(lambda usage: usage.output_tokens),
    "total_tokens": _usage(lambda usage: usage.total_tokens),
    "cached_tokens": _usage(lambda usage: usage.cached_tokens),
    "reasoning_tokens": _usage(lambda usage: usage.reasoning_tokens),
    "usage_source": lambda run: run.usage_source.value,
    "cost_usd": lambda run: None if run.cost_usd is None else format(run.cost_usd, "f"),
    "price_date": lambda run: run.price_date,
    "variables": lambda run: _json(run.template.variables) if run.template else None,
    "parameters": lambda run: _json(run.parameters.given()),
    "tool_calls": lambda run: (
        _json([call.model_dump(exclude_none=True) for call in run.tool_calls]) if run.tool_calls else None
    ),
    "reference": lambda run: run.reference,
    "documents": lambda run: _json(run.documents),
    "prompt_id": lambda run: run.links.prompt_id,
    "version_id": lambda run: run.links.version_id,
    "version_number": lambda run: run.links.version_number,
    "playground_id": lambda run: run.links.playground_id,
    "llm_blueprint_id": lambda run: run.links.llm_blueprint_id,
    "comparison_id": lambda run: run.links.comparison_id,
    "rerun_of": lambda run: run.links.rerun_of,
}
"""What a row of the CSV form holds, in this order. A cell is empty where nothing is known. `prompt` is every text of
the messages with an empty line between; `variables`, `parameters`, `tool_calls` and `documents` are JSON. The JSON
Lines form has all that a run's record has."""

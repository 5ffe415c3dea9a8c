"""A version of a dataset as a file, sent while it is read."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from starlette.responses import Response, StreamingResponse

from promptyard.api.text_files import BOM, MEDIA_TYPES, FileFormat, csv_lines, file_headers, json_lines
from promptyard.domain.benchmarks.datasets import DatasetVersion, Row
from promptyard.domain.benchmarks.reading import own_csv
from promptyard.domain.errors import PromptyardError

logger = logging.getLogger("promptyard.export")


def dataset_response(
    version: DatasetVersion, pages: AsyncGenerator[list[Row], None], file_format: FileFormat, *, bom: bool = False
) -> Response:
    names = version.variables
    start, lines = "", _json_lines
    if file_format == "csv":
        start = (BOM if bom else "") + csv_lines([own_csv.columns(names)])

        def lines(rows: Sequence[Row]) -> str:
            return csv_lines(own_csv.cells(row, names) for row in rows)

    return StreamingResponse(
        _body(start, pages, lines),
        media_type=MEDIA_TYPES[file_format],
        headers=file_headers(f"dataset-v{version.number}", file_format) | {"x-accel-buffering": "no"},
    )


async def _body(
    start: str, pages: AsyncGenerator[list[Row], None], lines: Callable[[Sequence[Row]], str]
) -> AsyncIterator[bytes]:
    yield start.encode()
    try:
        async for rows in pages:
            yield lines(rows).encode()
    except PromptyardError as error:  # the connection is cut, so that nobody takes what came for the whole
        logger.warning("export cut", extra={"code": error.code})
        raise


def _json_lines(rows: Sequence[Row]) -> str:
    return json_lines(row.json_text() for row in rows)

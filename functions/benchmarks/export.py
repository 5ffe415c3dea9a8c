"""A version of a dataset as a file, sent while it is read."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from starlette.responses import Response, StreamingResponse

from promptyard.api.text_files import BOM, MEDIA_TYPES, FileFormat, compact_json, csv_lines, json_lines, kept_as
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

    return _file(_written(start, pages, lines), f"dataset-v{version.number}.{file_format}", MEDIA_TYPES[file_format])


def promptfoo_response(name: str, version: DatasetVersion, pages: AsyncGenerator[list[Row], None]) -> Response:
    """A config of promptfoo with the rows as its tests."""
    return _file(_config(name, pages), f"promptfooconfig-v{version.number}.json", "application/json")


def _file(pieces: AsyncIterator[str], name: str, media_type: str) -> Response:
    return StreamingResponse(_body(pieces), media_type=media_type, headers=kept_as(name) | {"x-accel-buffering": "no"})


async def _body(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    try:
        async for piece in pieces:
            yield piece.encode()
    except PromptyardError as error:  # the connection is cut, so that nobody takes what came for the whole
        logger.warning("export cut", extra={"code": error.code})
        raise


async def _written(
    start: str, pages: AsyncGenerator[list[Row], None], lines: Callable[[Sequence[Row]], str]
) -> AsyncIterator[str]:
    yield start
    async for rows in pages:
        yield lines(rows)


async def _config(name: str, pages: AsyncGenerator[list[Row], None]) -> AsyncIterator[str]:
    from promptyard.domain.benchmarks.imports.promptfoo_export import as_test, config_of  # nothing else needs it

    first = True
    async for rows in pages:
        tests = [as_test(row)[0] for row in rows]
        if first:  # `tests` stands last, and stays open
            config = config_of(name, tests)
            yield compact_json({key: value for key, value in config.items() if key != "tests"})[:-1] + ',"tests":['
        yield ("" if first else ",\n") + ",\n".join(compact_json(test) for test in tests)
        first = False
    yield "]}"


def _json_lines(rows: Sequence[Row]) -> str:
    return json_lines(row.json_text() for row in rows)

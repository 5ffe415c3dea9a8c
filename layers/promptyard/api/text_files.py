"""Lists as files: JSON Lines, or CSV that no spreadsheet takes for more than text and numbers."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import SecretStr

from promptyard.api.answers.fields import timestamp

FileFormat = Literal["jsonl", "csv"]

MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins with one of these for a formula, or looks behind it for one (OWASP, "CSV
Injection"); in some languages the full-width ones, too."""

BOM = "\ufeff"
"""Before a CSV file it tells spreadsheets that the file is UTF-8."""

_OTHER_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def file_headers(name: str, file_format: FileFormat) -> dict[str, str]:
    """Of an answer that is to be kept under that name."""
    return kept_as(f"{name}.{file_format}")


def kept_as(file_name: str) -> dict[str, str]:
    """The same with the file's whole name."""
    return {"content-disposition": f'attachment; filename="{file_name}"', "cache-control": "no-store"}


def compact_json(value: Any) -> str:
    """Money and times as answers have them (`api.answers.fields`)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_in_answers)


def _as_in_answers(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, SecretStr):
        return str(value)  # asterisks
    raise TypeError(f"no JSON for {type(value).__name__}")


def json_lines(records: Iterable[str]) -> str:
    """`records` are JSON, each on one line."""
    return without_line_ends("".join(f"{record}\n" for record in records))


def without_line_ends(text: str) -> str:
    """JSON text in which nothing but a line feed ends a line: many a reader takes these three for line ends, too."""
    return text if text.isascii() else text.translate(_OTHER_LINE_ENDS)


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_unformulated(cell) for cell in row] for row in rows)
    return text.getvalue()


def _unformulated(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, quoted as spreadsheets quote: with a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value

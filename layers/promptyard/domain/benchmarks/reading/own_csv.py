"""Rows as CSV, in a form that loses nothing: what is exported so, comes back in the same.

A column for each variable, `variables.{name}`, and one for each other field. A variable's text stands as it is; as JSON
stands what is no text, and a text that would be read as such. An empty cell is nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from promptyard.domain.benchmarks.datasets import RowContent

_VARIABLE = "variables."
_FIELDS = ("variables", "messages", "reference", "documents", "tags", "metadata", "metrics")
_JSON_LIKE = re.compile(r'["\'\[{]|(?:true|false|null|-?[0-9][0-9.eE+-]*|-?Infinity|NaN)$')
"""How a text begins, or what it is, that has to be written as JSON."""
_FORMULA_GUARD = "'"
"""Stands before what a spreadsheet would take for a formula."""


def columns(names: Iterable[str]) -> list[str]:
    """The header, for rows whose variables have these names. Others stand in the column `variables`, as JSON."""
    return [*(f"{_VARIABLE}{name}" for name in names), *_FIELDS]


def cells(row: RowContent, names: Sequence[str]) -> list[str]:
    """A row's, under `columns(names)`."""
    rest = {name: value for name, value in row.variables.items() if name not in names}
    messages = None if row.messages is None else [message.wire() for message in row.messages]
    metrics = [spec.model_dump(mode="json", exclude_defaults=True) for spec in row.metrics]
    fields: list[Any] = [rest, messages, row.reference, row.documents, row.tags, row.metadata, metrics]
    return [*(_cell(row.variables[name]) if name in row.variables else "" for name in names), *map(_field, fields)]


def _field(value: Any) -> str:
    return "" if value is None or value in ({}, []) else _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, str) and value and not _JSON_LIKE.match(value) and value == value.strip():
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class OwnCsv:
    """Reads cells back. `is_ours`: whether the columns are those of `columns`, and nothing else."""

    def __init__(self, header: Iterable[str]) -> None:
        names = list(header)
        self.is_ours = all(name.startswith(_VARIABLE) or name in _FIELDS for name in names) and (
            set(_FIELDS) <= set(names)
        )

    def values(self, record: Mapping[str, str]) -> dict[str, Any]:
        """The row as JSON would have it. Raises ValueError."""
        row: dict[str, Any] = {"variables": {}}
        for name, cell in record.items():
            value = _value(cell)
            if cell == "":
                continue
            if name.startswith(_VARIABLE):
                row["variables"][name.removeprefix(_VARIABLE)] = value
            elif name == "variables":
                row["variables"] |= value if isinstance(value, dict) else {}
            else:
                row[name] = value
        return row


def _value(cell: str) -> Any:
    text = cell.removeprefix(_FORMULA_GUARD)
    if text[:1] in {'"', "[", "{"} or _JSON_LIKE.match(text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text

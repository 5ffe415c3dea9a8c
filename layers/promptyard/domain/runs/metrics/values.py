"""The forms of metrics' values."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from promptyard.domain.prompts.templates import compile_text
from promptyard.domain.runs.metrics.checks.json_schema import is_number
from promptyard.domain.runs.metrics.checks.patterns import PatternRefused, check_pattern
from promptyard.domain.runs.metrics.checks.schema_forms import SchemaRefused, check_schema
from promptyard.domain.runs.metrics.checks.words import listed
from promptyard.domain.runs.metrics.types import ValueForm


def fault_of(form: ValueForm, value: Any, max_bytes: int) -> str | None:
    """What is wrong with a value, None where nothing is."""
    try:
        size = len(json.dumps(value, allow_nan=False).encode())
    except (ValueError, TypeError, RecursionError):
        return "is no JSON value"
    if size > max_bytes:
        return f"is over {max_bytes:,} bytes"
    return _FAULTS[form](value) or _template_fault(value)


def _template_fault(value: Any) -> str | None:
    """The values of a template's variables are not known here, their names are."""
    texts = value if isinstance(value, list) else [value]
    names = [name for text in texts if isinstance(text, str) for name in compile_text(text, {}).invalid_names]
    return f"has in double braces what is no name of a variable: {', '.join(names)}" if names else None


def _text(value: Any) -> str | None:
    if value == "":
        return "is empty"
    return None if isinstance(value, str | int | float | bool) else "is not a text"


def _json(value: Any) -> str | None:  # noqa: ARG001 - every JSON value can be compared with
    return None


def _texts(value: Any) -> str | None:
    if isinstance(value, list):
        fits = value and all(isinstance(item, str | int | float) for item in value)
        return None if fits else "is not a list with texts in it"
    if not isinstance(value, str):
        return "is neither a list of texts nor one text with commas between them"
    try:
        return None if listed(value) else "is empty"
    except ValueError as wrong:
        return f"cannot be read as a list: {wrong}"


def _references(value: Any) -> str | None:
    return _texts(value) if isinstance(value, list) else _text(value)


def _pattern(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return "is not a regular expression"
    if "{{" in value:
        return None  # what it is, the row says
    try:
        check_pattern(value)
    except PatternRefused as refusal:
        return f"cannot be taken as a regular expression: it {refusal}"
    return None


def _schema(value: Any) -> str | None:
    try:
        check_schema(value)
    except SchemaRefused as refusal:
        return f"cannot be taken as a JSON schema: {refusal}"
    return None


def _words(value: Any) -> str | None:
    if isinstance(value, dict):
        fits = value and value.keys() <= {"min", "max"} and all(_is_count(bound) for bound in value.values())
        ordered = fits and value.get("min", 0) <= value.get("max", float("inf"))
        return None if ordered else "is not {min, max}, of numbers from 0 on, of which one may be left out"
    return None if _is_count(value) else "is neither a number of words nor {min, max}"


def _rubric(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "is not a text"


def _is_count(value: Any) -> bool:
    return is_number(value) and value >= 0


_FAULTS: Mapping[ValueForm, Callable[[Any], str | None]] = {
    ValueForm.TEXT: _text,
    ValueForm.JSON: _json,
    ValueForm.TEXTS: _texts,
    ValueForm.REFERENCES: _references,
    ValueForm.PATTERN: _pattern,
    ValueForm.SCHEMA: _schema,
    ValueForm.WORDS: _words,
    ValueForm.RUBRIC: _rubric,
}

"""What a field's value is as a variable, a reference, documents or tags, whatever tool wrote it."""

import json
import re
from collections.abc import Mapping
from typing import Any

_DOCUMENT_TEXTS = ("page_content", "pageContent", "text", "content")
_ASSERTION = re.compile(
    r"(?:not-)?(?:i?contains(?:-\w+)*|starts-with|regex|is-[\w-]+|word-count|levenshtein|rouge-n|bleu|gleu|meteor|cost|"
    r"latency|perplexity[\w-]*|classifier|moderation|similar[\w:-]*|llm-rubric|grade|g-eval|factuality|model-graded-\w+|"
    r"answer-relevance|context-\w+|select-best|javascript|fn|eval|python|ruby|webhook|file)(?:\([^)]*\))?(?::|$)"
)
"""How a cell of promptfoo's `__expected` begins, or what it is, where it asserts more than a text."""


def flattened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as prompts take them: what is within objects under its path with dots, lists as JSON; null is none."""
    flat: dict[str, Any] = {}
    left = list(values.items())[::-1]
    while left:
        name, value = left.pop()
        if isinstance(value, dict) and value:
            left += [(f"{name}.{inner}", within) for inner, within in reversed(value.items())]
        elif isinstance(value, dict | list):
            flat[name] = as_json(value)
        elif value is not None:
            flat[name] = value
    return flat


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def reference_of(value: Any) -> str | list[str] | None:
    if isinstance(value, list):
        return [as_text(entry) for entry in value if entry is not None] or None
    return None if value is None else as_text(value)


def documents_of(value: Any) -> list[str]:
    if not isinstance(value, list):
        return [] if value in {None, ""} else [_document(value)]
    return [_document(entry) for entry in value if entry is not None]


def _document(value: Any) -> str:
    if isinstance(value, dict):
        texts = [value[name] for name in _DOCUMENT_TEXTS if isinstance(value.get(name), str)]
        if texts:
            return str(texts[0])
    return as_text(value)


def tags_of(value: Any, *, from_cells: bool) -> list[str]:
    value = json_in(value, (list,)) if from_cells else value
    if isinstance(value, str):
        parts = value.split(",") if from_cells else [value]
        return [part.strip() for part in parts if part.strip()]
    if value is None:
        return []
    return [as_text(entry) for entry in (value if isinstance(value, list) else [value])]


def plain_value(name: str, value: Any) -> Any:
    if name == "outputs" and isinstance(value, dict):
        return next(iter(value.values()))
    if name == "__expected" and isinstance(value, str):
        return value.removeprefix("equals:").strip()
    return value


def is_assertion(value: Any) -> bool:
    """Whether promptfoo's cell asserts something else than that the answer is this text."""
    return isinstance(value, str) and _ASSERTION.match(value) is not None and not value.startswith("equals:")


def are_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "role" in one for one in value)


def are_metrics(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "metric" in one for one in value)


def json_in(value: Any, kinds: tuple[type, ...] = (list, dict)) -> Any:
    """What a text holds as JSON, where that is of these kinds; else the text."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return parsed if isinstance(parsed, kinds) else value
    return value

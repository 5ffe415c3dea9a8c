"""promptfoo's tests in CSV: a row each, whose columns beginning with `__` are not variables."""

import re
from collections.abc import Collection, Mapping, Sequence
from math import isfinite

from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.benchmarks.imports.refusals import Refusals

_CELL = re.compile(r"(not-)?([a-z0-9-]+)(?:\((\d+(?:\.\d+)?)\))?(?::(.*))?", re.DOTALL)
_PREFIXES: Sequence[tuple[str, str]] = (
    ("javascript:", "javascript"),
    ("fn:", "javascript"),
    ("eval:", "javascript"),
    ("grade:", "llm-rubric"),
    ("llm-rubric:", "llm-rubric"),
    ("python:", "python"),
)
_WITH_THRESHOLD = frozenset(
    {
        *("answer-relevance", "classifier", "context-faithfulness", "context-recall", "context-relevance", "cost"),
        *("latency", "levenshtein", "perplexity-score", "perplexity", "rouge-n", "similar", "starts-with"),
    }
)
"""Those of which a cell's threshold counts; without one it is 0.75."""
_CONFIG = re.compile(r"__config:__expected(\d*):threshold")


def test_of(row: Node, refusals: Refusals, known: Collection[str]) -> Node:
    """The test that a row of a CSV file is, as a config has it. `known`: the names of assertions."""
    fields: dict[str, Node] = {}
    parts: dict[str, dict[str, Node]] = {"vars": {}, "options": {}, "metadata": {}}
    asserts: list[Node] = []
    for name, cell in row.fields.items():
        if name.startswith("__expected"):
            if text := (cell.text or "").strip():
                asserts.append(assertion_of(text, cell, known))
        elif name.startswith("__metadata"):
            parts["metadata"] |= _metadata(name, cell)
        elif name in {"__prefix", "__suffix"}:
            parts["options"][name[2:]] = cell
        elif name in {"__description", "__providerOutput", "__metric", "__threshold"}:
            fields |= _field(name[2:], cell)
        elif not name.startswith("__config:"):
            parts["vars"][name] = cell
    metric, thresholds = fields.pop("metric", None), _thresholds(row, refusals)
    made = [_with(one, metric, thresholds.get(number)) for number, one in enumerate(asserts)]
    return row.at({**fields, **{name: row.at(part) for name, part in parts.items()}, "assert": row.at(made)})


def _field(name: str, cell: Node) -> dict[str, Node]:
    if name != "threshold":
        return {name: cell} if cell.text else {}
    number = _number(cell.text or "")
    return {} if number is None else {name: cell.at(number)}


def _thresholds(row: Node, refusals: Refusals) -> dict[int, Node]:
    """By the assertion's index."""
    found: dict[int, Node] = {}
    for name, cell in row.fields.items():
        if not name.startswith("__config:"):
            continue
        match, number = _CONFIG.fullmatch(name), _number(cell.text or "")
        if match is None or number is None or match[1] == "0":
            refusals.add(cell, f"column {name}", "is not __config:__expectedN:threshold with a number")
        else:
            found[int(match[1] or 1) - 1] = cell.at(number)
    return found


def assertion_of(text: str, cell: Node, known: Collection[str]) -> Node:
    """`(not-)type(threshold):value`, else the text that the answer equals."""
    if text.startswith("file://") and text.partition(":")[2].partition(":")[0].endswith((".py", ".js", ".ts", ".mjs")):
        return cell.at({"type": cell.at("javascript")})
    for prefix, kind in _PREFIXES:
        if text.startswith(prefix):
            return cell.at({"type": cell.at(kind), "value": cell.at(text[len(prefix) :].strip())})
    match = _CELL.fullmatch(text)
    if match is None or match[2] not in known:
        return cell.at({"type": cell.at("equals"), "value": cell.at(text)})
    kind, value = match[2], match[4]
    fields: dict[str, Node] = {"type": cell.at(f"{match[1] or ''}{kind}")}
    if value is not None:
        fields["value"] = cell.at(value if kind.endswith("-json") else value.strip())
    if kind in _WITH_THRESHOLD:
        fields["threshold"] = cell.at(float(match[3] or 0.75))
    return cell.at(fields)


def _with(assertion: Node, metric: Node | None, threshold: Node | None) -> Node:
    more: Mapping[str, Node | None] = {"metric": metric, "threshold": threshold}
    return assertion.at(assertion.fields | {name: node for name, node in more.items() if node is not None})


def _metadata(name: str, cell: Node) -> dict[str, Node]:
    key, text = name.removeprefix("__metadata").removeprefix(":"), cell.text or ""
    if not key or not text.strip():
        return {}
    if not key.endswith("[]"):
        return {key: cell}
    parts = re.split(r"(?<!\\),", text)
    return {key.removesuffix("[]"): cell.at([cell.at(part.strip().replace("\\,", ",")) for part in parts])}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None

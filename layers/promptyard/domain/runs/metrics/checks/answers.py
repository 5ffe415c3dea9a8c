"""Deterministic metrics of an answer: a function each, named as its metric. They take what is known of the run and the
metric's value, in its form, and raise Unscored where the run cannot be measured by it."""

from collections.abc import Callable
from typing import Any

from promptyard.domain.runs.metrics.checks import edit_distance, overlap, patterns, refusals, words
from promptyard.domain.runs.metrics.checks.json_schema import SchemaTooCostly, conforms
from promptyard.domain.runs.metrics.checks.json_values import TooManyBraces, json_objects, parse_json, same
from promptyard.domain.runs.metrics.checks.schema_forms import SchemaRefused, check_schema
from promptyard.domain.runs.metrics.checks.words import as_text, listed
from promptyard.domain.runs.metrics.types import MetricInput, Unscored

_FINISH_WORDS = {"tool_calls": "tool", "tool_use": "tool", "content_filter": "filter", "max_tokens": "length"}
"""Providers' words for the reasons that runs know."""

MAX_LOOKED_THROUGH = 500_000_000
"""Characters, all texts of a list together: looking for them takes a second or two."""


def equals(run: MetricInput, value: Any) -> bool:
    """A list or an object is compared as JSON, anything else as text."""
    answer = run.output or ""
    if not isinstance(value, dict | list):
        return as_text(value) == answer
    try:
        return same(value, parse_json(answer))
    except ValueError:
        return False


def contains(run: MetricInput, value: Any) -> bool:
    return as_text(value) in (run.output or "")


def icontains(run: MetricInput, value: Any) -> bool:
    return as_text(value).lower() in (run.output or "").lower()


def contains_all(run: MetricInput, value: Any) -> bool:
    answer = run.output or ""
    return all(text in answer for text in _list(value, answer))


def contains_any(run: MetricInput, value: Any) -> bool:
    answer = run.output or ""
    return any(text in answer for text in _list(value, answer))


def icontains_all(run: MetricInput, value: Any) -> bool:
    answer = (run.output or "").lower()
    return all(text.lower() in answer for text in _list(value, answer))


def icontains_any(run: MetricInput, value: Any) -> bool:
    answer = (run.output or "").lower()
    return any(text.lower() in answer for text in _list(value, answer))


def starts_with(run: MetricInput, value: Any) -> bool:
    return (run.output or "").startswith(as_text(value))


def regex(run: MetricInput, value: Any) -> bool:
    """Whether the pattern is found anywhere in the answer."""
    try:
        return patterns.matches(as_text(value), run.output or "")
    except patterns.PatternRefused as refusal:
        raise Unscored(f"The regular expression {refusal}.") from None
    except patterns.TextTooLong:
        raise Unscored("The answer is too long for this regular expression.") from None


def is_json(run: MetricInput, value: Any) -> bool:
    try:
        answer = parse_json(run.output or "")
    except ValueError:
        return False
    return value is None or _conforms(value)(answer)


def contains_json(run: MetricInput, value: Any) -> bool:
    """Whether a JSON object stands in the answer, as the schema says where there is one."""
    conforming: Callable[[Any], bool] = (lambda _: True) if value is None else _conforms(value)
    try:
        return any(conforming(found) for found in json_objects(run.output or ""))
    except TooManyBraces:
        raise Unscored("The answer has too many braces that begin no JSON object.") from None


def is_refusal(run: MetricInput, _: Any) -> bool:
    return not run.tool_calls and refusals.is_refusal(run.output or "")


def is_valid_tool_call(run: MetricInput, _: Any) -> bool:
    """Whether the answer calls at least one tool, and each call names one of the model's tools with arguments as its
    schema says."""
    schemas = {}
    for tool in run.tools:
        function = tool.get("function")
        if isinstance(function, dict):
            schemas[function.get("name")] = function.get("parameters") or {}
    for call in run.tool_calls:
        if call.function.name not in schemas:
            return False
        try:
            arguments = parse_json(call.function.arguments)
        except ValueError:
            return False
        if not _conforms(schemas[call.function.name])(arguments):
            return False
    return bool(run.tool_calls)


def finish_reason(run: MetricInput, value: Any) -> bool:
    wanted = as_text(value).lower()
    return (run.finish_reason or "") == _FINISH_WORDS.get(wanted, wanted)


def word_count(run: MetricInput, value: Any) -> float | bool:
    """With a number, whether the answer has so many words; with bounds, whether it keeps them; else how many it has."""
    count = words.count_words(run.output or "")
    if value is None:
        return count
    if isinstance(value, dict):
        return bool(value.get("min", count) <= count <= value.get("max", count))
    return count == float(value)


def levenshtein(run: MetricInput, value: Any) -> float:
    """From 0 to 1, which is the same text."""
    return edit_distance.similarity(*_bounded(run, value))


def levenshtein_distance(run: MetricInput, value: Any) -> float:
    """In characters."""
    return edit_distance.distance(*_bounded(run, value))


def rouge_n(run: MetricInput, value: Any) -> float:
    answer, reference = run.output or "", as_text(value)
    _check_length("Shared words", overlap.MAX_CHARACTERS, answer, reference)
    return overlap.rouge_n(answer, reference)


def bleu(run: MetricInput, value: Any) -> float:
    """A list: the references, which BLEU takes all at once."""
    references = [as_text(one) for one in value] if isinstance(value, list) else [as_text(value)]
    _check_length("Shared words", overlap.MAX_CHARACTERS, run.output or "", "".join(references))
    return overlap.bleu(run.output or "", references)


def imported(_: MetricInput, __: Any) -> float:
    """The score of a run that was made and scored elsewhere; of other runs it is not known."""
    raise Unscored("It was scored elsewhere.")


def _list(value: Any, answer: str) -> list[str]:
    """The texts to look for in the answer."""
    try:
        texts = listed(value)
    except ValueError as wrong:
        raise Unscored(f"The list of texts cannot be read: {wrong}.") from None
    if len(texts) * len(answer) > MAX_LOOKED_THROUGH:
        raise Unscored("The texts are too many, and the answer is too long, to look for each of them.")
    return texts


def _conforms(schema: Any) -> Callable[[Any], bool]:
    try:
        check_schema(schema)
    except SchemaRefused as refusal:
        raise Unscored(f"The JSON schema cannot be checked: {refusal}.") from None

    def check(value: Any) -> bool:
        try:
            return conforms(schema, value)
        except SchemaTooCostly as refusal:
            raise Unscored(f"The JSON schema cannot be checked: {refusal}.") from None

    return check


def _bounded(run: MetricInput, value: Any) -> tuple[str, str]:
    answer, wanted = run.output or "", as_text(value)
    _check_length("Distances", edit_distance.MAX_CHARACTERS, answer, wanted)
    return answer, wanted


def _check_length(what: str, longest: int, *texts: str) -> None:
    if max(map(len, texts)) > longest:
        raise Unscored(f"{what} are measured in texts of up to {longest:,} characters.")

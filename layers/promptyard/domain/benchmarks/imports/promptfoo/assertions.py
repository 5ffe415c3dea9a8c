"""promptfoo's assertions as metric specs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, Node
from promptyard.domain.benchmarks.imports.promptfoo.js_patterns import from_javascript
from promptyard.domain.benchmarks.imports.promptfoo.providers import model_of
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_file
from promptyard.domain.benchmarks.imports.promptfoo.templates import TemplateRefused, taken
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.checks.patterns import PatternRefused
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import check_spec

CLOSED_QA = "The answer meets this criterion: {}"
ANSWER_RELEVANCE = "The answer is about what was asked, and about nothing else. Whether it is right does not matter."
_MAX_NAME = 128


class AssertionRefused(ValueError):
    """The message says what is not taken."""


@dataclass(frozen=True, slots=True)
class _Kind:
    metric: str
    value: Callable[["Node | None", Sources], Any]
    threshold: float | None = None
    """Where the assertion has none."""
    keeps_threshold: bool = False
    needs_threshold: bool = False
    judged: bool = False


def specs_of(asserts: "Node | None", sources: Sources, judge: str | None) -> list[MetricSpec]:
    """The specs of a list of assertions; those of a set without a threshold stand for themselves. `judge` scores what
    names no model itself."""
    if asserts is None:
        return []
    if is_file(asserts.text):
        read = sources.document(asserts, asserts.text or "", "assert")
        return [] if read is None else specs_of(read, sources, judge)
    if not isinstance(asserts.value, list):
        sources.refusals.add(asserts, "assert", "is no list")
        return []
    found: list[MetricSpec] = []
    for one in asserts.items:
        if is_file(one.text):
            found += specs_of(one, sources, judge)
            continue
        name = one.get("type")
        kind = None if name is None else name.text
        if kind is None:
            sources.refusals.add(one, "assert", "has no type")
        elif kind == "assert-set":
            found += _set(one, sources, judge)
        else:
            try:
                found.append(_spec(one, kind, sources, judge))
            except AssertionRefused as refusal:
                sources.refusals.add(one, f"assert {kind}", str(refusal))
    return found


def with_labels(specs: Sequence[MetricSpec], taken_labels: Sequence[str] = ()) -> list[MetricSpec]:
    """The specs, each with a label of its own: `contains`, `contains_2`."""
    labels = set(taken_labels)
    named = []
    for spec in specs:
        label, number = spec.label, 1
        while label in labels:
            number += 1
            label = f"{spec.label[: _MAX_NAME - 8]}_{number}"
        labels.add(label)
        named.append(spec if label == spec.label else spec.model_copy(update={"name": label}))
    return named


def _set(node: Node, sources: Sources, judge: str | None) -> list[MetricSpec]:
    for name in ("threshold", "weight", "metric", "config"):
        there = node.get(name)
        if there is not None:
            sources.refusals.add(
                there, f"assert assert-set: {name}", "is not taken: what it holds cannot be put together"
            )
            return []
    return specs_of(node.get("assert"), sources, judge)


def _spec(node: Node, name: str, sources: Sources, judge: str | None) -> MetricSpec:
    negated, base = name.startswith("not-"), name.removeprefix("not-")
    kind = KINDS.get(base)
    if kind is None:
        raise AssertionRefused(REASONS.get(base.split(":")[0], "is not known here"))
    _check_fields(node)
    fields: dict[str, Any] = {"metric": kind.metric, "not": negated}
    value = kind.value(node.get("value"), sources)
    if value is not None:
        fields["value"] = value
    fields |= _numbers(node, kind)
    label = node.get("metric")
    if label is not None:
        if label.text is None or "{{" in label.text:
            raise AssertionRefused("has a metric that is no plain text")
        fields["name"] = label.text[:_MAX_NAME]
    if kind.judged:
        fields["judge"] = _judge(node, judge)
    try:
        spec = MetricSpec.model_validate(fields)
        check_spec(spec)
    except ValidationError as error:
        raise AssertionRefused(f"cannot be taken: {error.errors()[0]['msg']}") from None
    except InvalidRequest as error:
        raise AssertionRefused(f"cannot be taken: {error.message}") from None
    return spec


_FIELDS = frozenset({"type", "value", "threshold", "weight", "metric", "provider", "description"})


def _check_fields(node: Node) -> None:
    for name, there in node.fields.items():
        if name not in _FIELDS and not there.is_null:
            raise AssertionRefused(f"has {name}, which is not taken")


def _numbers(node: Node, kind: _Kind) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name in ("threshold", "weight"):
        there = node.get(name)
        if there is None:
            continue
        if isinstance(there.value, bool) or not isinstance(there.value, int | float):
            raise AssertionRefused(f"has a {name} that is no number")
        numbers[name] = there.value
    if kind.needs_threshold and "threshold" not in numbers:
        raise AssertionRefused("has no threshold")
    if not kind.keeps_threshold:
        numbers.pop("threshold", None)
    elif kind.threshold is not None:
        numbers.setdefault("threshold", kind.threshold)
    return numbers


def _judge(node: Node, judge: str | None) -> str:
    there = node.get("provider")
    named = there if there is None or there.text is not None else there.get("id")
    if there is not None:
        model = None if named is None or named.text is None else model_of(named.text)
        if model is None:
            raise AssertionRefused("names a provider that is not known here")
        return model
    if judge is None:
        raise AssertionRefused("is scored by a model, and none is named: say which (judge)")
    return judge


def _nothing(_: "Node | None", __: Sources) -> None:
    return None


def _template(text: str) -> str:
    try:
        return taken(text)
    except TemplateRefused as refusal:
        raise AssertionRefused(str(refusal)) from None


def _given(node: "Node | None", sources: Sources) -> Node:
    """The value, out of its file where it names one."""
    if node is None:
        raise AssertionRefused("has no value")
    if node.text is None or not is_file(node.text):
        if node.text is not None and node.text.startswith("package:"):
            raise AssertionRefused("has a value made by a program")
        return node
    known = len(sources.refusals.found)
    read = sources.document(node, node.text, "assert: value")
    if read is None:
        refusal = sources.refusals.found[-1] if len(sources.refusals.found) > known else None
        del sources.refusals.found[known:]
        raise AssertionRefused(f"has a value that {refusal.reason}" if refusal else "has a value that cannot be read")
    return read


def _any(node: "Node | None", sources: Sources) -> Any:
    given = _given(node, sources)
    return given.plain() if given.text is None else _template(given.text)


def _text(node: "Node | None", sources: Sources) -> str:
    given = _given(node, sources)
    if given.text is None:
        raise AssertionRefused("has a value that is no text")
    return _template(given.text)


def _text_or_number(node: "Node | None", sources: Sources) -> Any:
    given = _given(node, sources)
    if isinstance(given.value, bool) or not isinstance(given.value, str | int | float):
        raise AssertionRefused("has a value that is neither a text nor a number")
    return given.value if given.text is None else _template(given.text)


def _texts(node: "Node | None", sources: Sources) -> Any:
    given = _given(node, sources)
    if given.text is not None:
        return _template(given.text)
    values = given.plain()
    if not isinstance(values, list) or not all(isinstance(one, str | int | float) for one in values):
        raise AssertionRefused("has a value that is no list of texts")
    return [_template(one) if isinstance(one, str) else one for one in values]


def _pattern(node: "Node | None", sources: Sources) -> str:
    text = _text(node, sources)
    try:
        return from_javascript(text)
    except PatternRefused as refusal:
        raise AssertionRefused(f"has a regular expression that {refusal}") from None


def _schema(node: "Node | None", sources: Sources) -> Any:
    """A text is a schema in YAML."""
    if node is None or node.value == "":
        return None
    given = _given(node, sources)
    if given.text is None:
        return given.plain()
    if "{{" in given.text or "{%" in given.text:
        raise AssertionRefused("has a schema with a template in it")
    try:
        return sources.read_yaml(given.file, given.text).plain()
    except DocumentRefused:
        raise AssertionRefused("has a schema that is neither JSON nor YAML") from None


def _words(node: "Node | None", sources: Sources) -> Any:
    given = _given(node, sources)
    if given.text is None:
        return given.plain()
    try:
        return float(given.text)
    except ValueError:
        raise AssertionRefused("has a value that is no number of words") from None


def _rubric(node: "Node | None", sources: Sources) -> str:
    given = _given(node, sources)
    value = given.plain()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _template("\n".join(f"- {one}" for one in value))
    if given.text is None:
        raise AssertionRefused("has a value that is no text")
    return _template(given.text)


def _closed_qa(node: "Node | None", sources: Sources) -> str:
    return CLOSED_QA.format(_text(node, sources))


def _relevance(_: "Node | None", __: Sources) -> str:
    return ANSWER_RELEVANCE


_FACTUALITY = _Kind("correctness", _text, 0.5, keeps_threshold=True, judged=True)
KINDS: Mapping[str, _Kind] = {
    "equals": _Kind("equals", _any),
    "contains": _Kind("contains", _text_or_number),
    "icontains": _Kind("icontains", _text_or_number),
    "contains-all": _Kind("contains_all", _texts),
    "contains-any": _Kind("contains_any", _texts),
    "icontains-all": _Kind("icontains_all", _texts),
    "icontains-any": _Kind("icontains_any", _texts),
    "starts-with": _Kind("starts_with", _text),
    "regex": _Kind("regex", _pattern),
    "is-json": _Kind("is_json", _schema),
    "contains-json": _Kind("contains_json", _schema),
    "word-count": _Kind("word_count", _words),
    "levenshtein": _Kind("levenshtein_distance", _text, 5, keeps_threshold=True),
    "rouge-n": _Kind("rouge_n", _text, 0.75, keeps_threshold=True),
    "bleu": _Kind("bleu", _texts, 0.5, keeps_threshold=True),
    "finish-reason": _Kind("finish_reason", _text),
    "is-refusal": _Kind("is_refusal", _nothing),
    "is-valid-openai-tools-call": _Kind("is_valid_tool_call", _nothing),
    "cost": _Kind("cost", _nothing, keeps_threshold=True, needs_threshold=True),
    "latency": _Kind("latency", _nothing, keeps_threshold=True, needs_threshold=True),
    "llm-rubric": _Kind("rubric", _rubric, 0.5, keeps_threshold=True, judged=True),
    "g-eval": _Kind("rubric", _rubric, 0.7, keeps_threshold=True, judged=True),
    "model-graded-closedqa": _Kind("rubric", _closed_qa, 0.5, keeps_threshold=True, judged=True),
    "factuality": _FACTUALITY,
    "model-graded-factuality": _FACTUALITY,
    "context-faithfulness": _Kind("faithfulness", _nothing, 0, keeps_threshold=True, judged=True),
    "answer-relevance": _Kind("rubric", _relevance, 0, keeps_threshold=True, judged=True),
}

_PROGRAM = "is a program, which is not run"
_OTHER_MODEL = "needs a model of another kind"
REASONS: Mapping[str, str] = {
    **dict.fromkeys(("javascript", "python", "ruby", "webhook"), _PROGRAM),
    **dict.fromkeys(("similar", "classifier", "perplexity", "perplexity-score"), _OTHER_MODEL),
    **dict.fromkeys(("select-best", "max-score"), "compares the answers of a row with one another"),
    **dict.fromkeys(("promptfoo", "guardrails", "moderation"), "tests guards, which is not what this is for"),
    **dict.fromkeys(
        (
            "context-recall",
            "context-relevance",
            "conversation-relevance",
            "agent-rubric",
            "search-rubric",
            "pi",
            "human",
        ),
        "is judged in a way of its own, which a rubric cannot stand for",
    ),
    **dict.fromkeys(
        (
            "is-html",
            "contains-html",
            "is-xml",
            "contains-xml",
            "is-sql",
            "contains-sql",
            "gleu",
            "meteor",
            "tool-call-f1",
            "skill-used",
            "is-valid-function-call",
            "is-valid-openai-function-call",
        ),
        "has no metric here",
    ),
    **dict.fromkeys(("trajectory", "trace-span-count", "trace-span-duration", "trace-error-spans"), "needs traces"),
}

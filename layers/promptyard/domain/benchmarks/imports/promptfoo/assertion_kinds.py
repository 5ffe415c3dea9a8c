"""The kinds of promptfoo's assertions: which metric each is, and what its value is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, Node
from promptyard.domain.benchmarks.imports.promptfoo.js_patterns import from_javascript
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_file
from promptyard.domain.benchmarks.imports.promptfoo.templates import TemplateRefused, taken
from promptyard.domain.runs.metrics.checks.patterns import PatternRefused

CLOSED_QA = "The answer meets this criterion: {}"
ANSWER_RELEVANCE = "The answer is about what was asked, and about nothing else. Whether it is right does not matter."


class AssertionRefused(ValueError):
    """The message says what is not taken."""


@dataclass(frozen=True, slots=True)
class AssertionKind:
    metric: str
    value: Callable[["Node | None", Sources], Any]
    threshold: float | None = None
    """Where the assertion has none."""
    keeps_threshold: bool = False
    needs_threshold: bool = False
    judged: bool = False


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


_FACTUALITY = AssertionKind("correctness", _text, 0.5, keeps_threshold=True, judged=True)
KINDS: Mapping[str, AssertionKind] = {
    "equals": AssertionKind("equals", _any),
    "contains": AssertionKind("contains", _text_or_number),
    "icontains": AssertionKind("icontains", _text_or_number),
    "contains-all": AssertionKind("contains_all", _texts),
    "contains-any": AssertionKind("contains_any", _texts),
    "icontains-all": AssertionKind("icontains_all", _texts),
    "icontains-any": AssertionKind("icontains_any", _texts),
    "starts-with": AssertionKind("starts_with", _text),
    "regex": AssertionKind("regex", _pattern),
    "is-json": AssertionKind("is_json", _schema),
    "contains-json": AssertionKind("contains_json", _schema),
    "word-count": AssertionKind("word_count", _words),
    "levenshtein": AssertionKind("levenshtein_distance", _text, 5, keeps_threshold=True),
    "rouge-n": AssertionKind("rouge_n", _text, 0.75, keeps_threshold=True),
    "bleu": AssertionKind("bleu", _texts, 0.5, keeps_threshold=True),
    "finish-reason": AssertionKind("finish_reason", _text),
    "is-refusal": AssertionKind("is_refusal", _nothing),
    "is-valid-openai-tools-call": AssertionKind("is_valid_tool_call", _nothing),
    "cost": AssertionKind("cost", _nothing, keeps_threshold=True, needs_threshold=True),
    "latency": AssertionKind("latency", _nothing, keeps_threshold=True, needs_threshold=True),
    "llm-rubric": AssertionKind("rubric", _rubric, 0.5, keeps_threshold=True, judged=True),
    "g-eval": AssertionKind("rubric", _rubric, 0.7, keeps_threshold=True, judged=True),
    "model-graded-closedqa": AssertionKind("rubric", _closed_qa, 0.5, keeps_threshold=True, judged=True),
    "factuality": _FACTUALITY,
    "model-graded-factuality": _FACTUALITY,
    "context-faithfulness": AssertionKind("faithfulness", _nothing, 0, keeps_threshold=True, judged=True),
    "answer-relevance": AssertionKind("rubric", _relevance, 0, keeps_threshold=True, judged=True),
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

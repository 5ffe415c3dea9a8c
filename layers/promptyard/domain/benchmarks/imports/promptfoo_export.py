"""A dataset, and a benchmark of it, as a promptfoo config: so that nobody has to stay."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.types import Need, ValueForm

_TYPES: Mapping[str, str] = {
    "exact_match": "equals",
    "correctness": "factuality",
    "faithfulness": "context-faithfulness",
    "rubric": "llm-rubric",
    "levenshtein_distance": "levenshtein",
    "is_valid_tool_call": "is-valid-openai-tools-call",
    **{
        name: name.replace("_", "-")
        for name in (
            "equals", "contains", "icontains", "contains_all", "contains_any", "icontains_all", "icontains_any",
            "starts_with", "regex", "is_json", "contains_json", "word_count", "rouge_n", "bleu", "finish_reason",
            "is_refusal", "cost", "latency",
        )
    },
}  # fmt: skip
_NEED_THRESHOLD = frozenset({"cost", "latency", "levenshtein_distance"})
_MESSAGES = "_messages"
_PROVIDERS = {
    "openai": "openai:chat",
    "anthropic": "anthropic:messages",
    "ollama": "ollama:chat",
    "together": "togetherai",
}
_NUNJUCKS = re.compile(r"\{\{|\{%|\{#")


def config_of(
    name: str,
    tests: list[dict[str, Any]],
    *,
    prompts: Sequence[Template] = (),
    targets: Sequence[Target] = (),
    repeats: int = 1,
) -> dict[str, Any]:
    """The config as JSON. Without prompts it sends the rows' messages, or their variables; without targets it echoes.
    Keys and addresses of targets are not in it."""
    shown = [_prompt(template) for template in prompts] or [_row_prompt(tests)]
    config: dict[str, Any] = {
        "description": name,
        "prompts": shown,
        "providers": [_provider(target) for target in targets] or ["echo"],
        "tests": tests,
    }
    if repeats > 1:
        config["evaluateOptions"] = {"repeat": repeats}
    return config


def as_test(row: RowContent, metrics: Sequence[MetricSpec] = ()) -> tuple[dict[str, Any], list[str]]:
    """A row as a test, with the benchmark's metrics and its own; and the labels of those that promptfoo has not."""
    variables = _nested({name: _raw(value) for name, value in row.variables.items()})
    if row.messages is not None:
        variables[_MESSAGES] = _raw(json.dumps([message.wire() for message in row.messages], ensure_ascii=False))
    if row.reference is not None:
        variables.setdefault("reference", _raw(row.reference))
    if row.documents:
        variables.setdefault("context", _raw("\n\n".join(row.documents)))
    test: dict[str, Any] = {"vars": variables}
    if any(isinstance(value, list) for value in variables.values()):
        test["options"] = {"disableVarExpansion": True}
    every = {spec.label: spec for spec in (*metrics, *row.metrics)}
    left_out = []
    asserts = []
    for label, spec in every.items():
        if spec.metric == "all_pass":
            if spec.threshold is not None:
                test["threshold"] = spec.threshold
            continue
        made = _assertion(spec, row)
        if made is None:
            left_out.append(label)
        else:
            asserts.append(made)
    if asserts:
        test["assert"] = asserts
    metadata = dict(row.metadata) | ({"tags": row.tags} if row.tags else {})
    if metadata:
        test["metadata"] = metadata
    return test, left_out


def export_promptfoo(
    name: str,
    rows: Iterable[RowContent],
    *,
    metrics: Sequence[MetricSpec] = (),
    prompts: Sequence[Template] = (),
    targets: Sequence[Target] = (),
    repeats: int = 1,
) -> tuple[dict[str, Any], list[str]]:
    """The whole config, and the labels of the metrics that promptfoo does not have."""
    tests, left_out = [], dict[str, None]()
    for row in rows:
        test, lacking = as_test(row, metrics)
        tests.append(test)
        left_out |= dict.fromkeys(lacking)
    return config_of(name, tests, prompts=prompts, targets=targets, repeats=repeats), list(left_out)


def _assertion(spec: MetricSpec, row: RowContent) -> dict[str, Any] | None:
    kind = _TYPES.get(spec.metric)
    metric = METRICS[spec.metric]
    if kind is None or (spec.metric in _NEED_THRESHOLD and spec.threshold is None):
        return None
    value = spec.value
    if value is None and (metric.from_reference or Need.REFERENCE in metric.needs):
        references = row.reference if isinstance(row.reference, list) else [row.reference]
        if references[0] is None:
            return None
        several = metric.value in {ValueForm.TEXTS, ValueForm.REFERENCES}
        if len(references) > 1 and not several:
            return None
        value = [_raw(one) for one in references] if several else _raw(references[0])
    elif value is None and metric.value is ValueForm.WORDS:
        return None
    if spec.metric == "regex" and isinstance(value, str):
        value = value.replace(r"(?-u:\b)", r"\b")
        value = re.sub(r"\\x\{([0-9A-Fa-f]{1,4})\}", lambda match: f"\\u{match[1]:0>4}", value)
    made: dict[str, Any] = {"type": f"not-{kind}" if spec.negated else kind}
    if value is not None:
        made["value"] = value
    if spec.threshold is not None:
        made["threshold"] = spec.threshold
    if spec.weight != 1:
        made["weight"] = spec.weight
    if spec.name is not None:
        made["metric"] = spec.name
    if spec.judge is not None:
        made["provider"] = _provider_id(spec.judge)
    return made


def _raw(value: Any) -> Any:
    """A text that would be taken for a template says that it is none."""
    if isinstance(value, list):
        return [_raw(item) for item in value]
    if isinstance(value, str) and _NUNJUCKS.search(value):
        return "{% raw %}" + value + "{% endraw %}"
    return value


def _nested(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as objects, where nothing else has the name."""
    found: dict[str, Any] = {}
    for name, value in sorted(variables.items(), key=lambda item: item[0].count(".")):
        place, *rest = name.split(".")
        if not rest or not isinstance(found.get(place, {}), dict):
            found[name] = value
            continue
        there = found.setdefault(place, {})
        for part in rest[:-1]:
            inner = there.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            there = inner
        else:
            there[rest[-1]] = value
    return found


def _prompt(template: Template) -> str:
    if template.text is not None:
        return template.text
    return json.dumps([message.wire() for message in template.messages or []], ensure_ascii=False)


def _row_prompt(tests: Sequence[Mapping[str, Any]]) -> str:
    first = tests[0]["vars"] if tests else {}
    if _MESSAGES in first:
        return f"{{{{{_MESSAGES}}}}}"
    names = [name for name in first if name not in {"reference", "context"} and "." not in name]
    return "\n".join(f"{{{{{name}}}}}" for name in names) or "{{reference}}"


def _provider(target: Target) -> str | dict[str, Any]:
    model = target.model or ""
    shown = _provider_id(model if target.provider is None else f"{target.provider}/{model}")
    config = {name: value for name, value in target.parameters.given().items() if name != "extra"}
    return {"id": shown, "config": config} if config else shown


def _provider_id(name: str) -> str:
    provider, _, model = name.partition("/")
    if provider == "demo":
        return "echo"
    return f"{_PROVIDERS.get(provider, provider)}:{model}" if model else provider

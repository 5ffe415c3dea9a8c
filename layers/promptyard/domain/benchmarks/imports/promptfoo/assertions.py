"""promptfoo's assertions as metric specs."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.benchmarks.imports.promptfoo.assertion_kinds import (
    KINDS,
    REASONS,
    AssertionKind,
    AssertionRefused,
)
from promptyard.domain.benchmarks.imports.promptfoo.providers import model_of
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_file
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import check_spec

_MAX_NAME = 128


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


def _numbers(node: Node, kind: AssertionKind) -> dict[str, float]:
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

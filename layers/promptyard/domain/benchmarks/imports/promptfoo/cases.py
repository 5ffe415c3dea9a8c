"""promptfoo's tests as rows: each with the variables of one combination, and the metrics of its assertions."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.benchmarks.imports.promptfoo.assertion_kinds import KINDS, REASONS
from promptyard.domain.benchmarks.imports.promptfoo.assertions import specs_of, with_labels
from promptyard.domain.benchmarks.imports.promptfoo.cells import test_of
from promptyard.domain.benchmarks.imports.promptfoo.providers import model_of
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_file
from promptyard.domain.benchmarks.imports.promptfoo.templates import TemplateRefused, as_nunjucks, resolved
from promptyard.domain.runs.metrics.spec import MetricSpec

WHOLE_ROW = "all_pass"  # the metric
PREFIX, SUFFIX = "_prefix", "_suffix"
"""Variables that hold what stands before and after the prompt of a row."""

_NAMES = frozenset({*KINDS, *REASONS})
_TEST_FIELDS = frozenset({"vars", "assert", "options", "threshold", "metadata", "description"})
_OPTION_FIELDS = frozenset({"prefix", "suffix", "provider", "disableVarExpansion", "runSerially"})


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test, before its variables are combined."""

    node: Node
    variables: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    metrics: list[MetricSpec] = field(default_factory=list)
    threshold: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def combinations(self) -> Iterator[dict[str, Any]]:
        """Of lists of texts the product; other values stay as they are."""
        whole = bool(self.options.get("disableVarExpansion"))
        lists = [
            value if not whole and isinstance(value, list) and value and isinstance(value[0], str) else [value]
            for value in self.variables.values()
        ]
        for values in product(*lists):
            yield dict(zip(self.variables, values, strict=True))


@dataclass(frozen=True, slots=True)
class CaseReader:
    sources: Sources
    judge: str | None

    def default(self, node: Node | None) -> TestCase:
        """`defaultTest`: what every test has."""
        if node is None:
            return TestCase(Node("", 1, None), {})
        if is_file(node.text):
            read = self.sources.document(node, node.text or "", "defaultTest")
            return self.default(read)
        return self._case(node, None)

    def all(self, node: Node | None, default: TestCase) -> list[TestCase]:
        """`tests`: a list, or files of them."""
        if node is None:
            return []
        if node.text is not None:
            return self._from_file(node, node.text, default)
        if not isinstance(node.value, list):
            self.sources.refusals.add(node, "tests", "is made by a program, or no list")
            return []
        cases: list[TestCase] = []
        for entry in node.items:
            if entry.text is not None:
                cases += self._from_file(entry, entry.text, default)
            elif entry.get("path") is not None and entry.get("vars") is None:
                self.sources.refusals.add(entry, "tests", "is made by a program, which is not run")
            else:
                cases.append(self._case(entry, default))
        return cases

    def scenarios(self, node: Node | None, default: TestCase) -> list[TestCase]:
        """Each set of variables with each test."""
        cases: list[TestCase] = []
        for scenario in [] if node is None else node.items:
            if scenario.text is not None:
                self.sources.refusals.add(scenario, "scenarios", "is in a file, which is not taken")
                continue
            configs = self.all(scenario.get("config"), default)
            tests = self.all(scenario.get("tests"), TestCase(scenario, {})) or [TestCase(scenario, {})]
            cases += [_merged(config, test) for config in configs for test in tests]
        return cases

    def _from_file(self, node: Node, reference: str, default: TestCase) -> list[TestCase]:
        if "://" in reference and not is_file(reference):
            self.sources.refusals.add(node, "tests", f"is elsewhere: {reference.partition(':')[0]}:")
            return []
        read = self.sources.document(node, reference, "tests")
        if read is None:
            return []
        entries = read.items if isinstance(read.value, list) else [read]
        if read.file.endswith(".csv"):
            entries = [test_of(entry, self.sources.refusals, _NAMES) for entry in entries]
        if any(not entry.fields for entry in entries):
            self.sources.refusals.add(node, "tests", f"is a file that does not hold tests: {read.file}")
            return []
        return [self._case(entry, default) for entry in entries]

    def _case(self, node: Node, default: TestCase | None) -> TestCase:
        refusals = self.sources.refusals
        refusals.unknown_fields(node, _TEST_FIELDS, "test:")
        options = dict(default.options) if default else {}
        for name, value in _fields(node, "options").items():
            if name in _OPTION_FIELDS:
                options[name] = value.plain()
            elif not value.is_null:
                refusals.add(value, f"test: options {name}", "is not taken")
        variables = {**(default.variables if default else {}), **self._variables(node.get("vars"))}
        judge = _grader(options.get("provider")) or self.judge
        metadata = {name: value.plain() for name, value in _fields(node, "metadata").items()}
        description = node.get("description")
        if description is not None and description.text:
            metadata["description"] = description.text
        metrics = specs_of(node.get("assert"), self.sources, judge)
        threshold = node.get("threshold")
        number = default.threshold if default else None
        if threshold is not None:
            given = threshold.value
            if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 1:
                number = given
            else:
                refusals.add(threshold, "test: threshold", "is no number from 0 to 1")
        return TestCase(
            node, variables, options, metrics, number, {**(default.metadata if default else {}), **metadata}
        )

    def _variables(self, node: Node | None) -> dict[str, Any]:
        if node is None:
            return {}
        if is_file(node.text):
            return self._variables(self.sources.document(node, node.text or "", "vars"))
        if not node.fields and node.value != {}:
            self.sources.refusals.add(node, "vars", "is no object")
            return {}
        found: dict[str, Any] = {}
        for name, value in node.fields.items():
            taken = self._variable(name, value)
            if taken is not None:
                found |= taken
        return found

    def _variable(self, name: str, node: Node) -> dict[str, Any] | None:
        """With what it holds under dotted names, where it is an object; None where it is refused."""
        if is_file(node.text):
            return self._variable_from_file(name, node)
        if node.text is not None and node.text.startswith("package:"):
            self.sources.refusals.add(node, f"vars {name}", "is made by a program, which is not run")
            return None
        if any(is_file(item.text) for item in node.items):
            self.sources.refusals.add(node, f"vars {name}", "is a list of files")
            return None
        value = node.plain()
        if isinstance(value, list) and value and isinstance(value[0], str):
            return {name: [_shown(item) for item in value]}
        return {name: _shown(value), **_dotted(name, value)}

    def _variable_from_file(self, name: str, node: Node) -> dict[str, Any] | None:
        text = self.sources.text(node, node.text or "", f"vars {name}")
        if text is None:
            return None
        if text[0].endswith((".yaml", ".yml", ".json")):
            read = self.sources.document(node, node.text or "", f"vars {name}")
            return None if read is None else {name: _shown(read.plain())}
        return {name: text[1].strip()}


def row_variables(variables: dict[str, Any], node: Node, sources: Sources) -> dict[str, Any] | None:
    """The variables of a row, with those that name others filled in; None where they cannot be."""
    single = {name: _shown(value) if isinstance(value, list) else value for name, value in variables.items()}
    try:
        return resolved(single)
    except TemplateRefused as refusal:
        sources.refusals.add(node, "vars", str(refusal))
        return None


def row_metrics(case: TestCase, shared: Sequence[MetricSpec], shared_threshold: float | None) -> list[MetricSpec]:
    """The row's own, each with a label that no metric of all rows has."""
    own = with_labels(case.metrics, [spec.label for spec in shared])
    if case.threshold != shared_threshold and case.threshold is not None:
        own.append(MetricSpec(metric=WHOLE_ROW, threshold=case.threshold))
    return own


def _merged(config: TestCase, test: TestCase) -> TestCase:
    return TestCase(
        test.node,
        {**config.variables, **test.variables},
        {**config.options, **test.options},
        [*config.metrics, *test.metrics],
        config.threshold if test.threshold is None else test.threshold,
        {**config.metadata, **test.metadata},
    )


def _fields(node: Node, name: str) -> dict[str, Node]:
    there = node.get(name)
    return {} if there is None else there.fields


def _grader(provider: Any) -> str | None:
    named = provider.get("id") if isinstance(provider, dict) else provider
    return model_of(named) if isinstance(named, str) else None


def _shown(value: Any) -> Any:
    """A value as a template shows it: one line feed at its end is not shown, and of a list what it holds, with commas.
    An object is its JSON, where promptfoo shows `[object Object]`."""
    if isinstance(value, str):
        return value.removesuffix("\n")
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return ",".join(as_nunjucks(_shown(item)) for item in value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, dict) else value


def _dotted(name: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    left = [(name, value)]
    while left:
        prefix, inner = left.pop()
        if not isinstance(inner, dict):
            continue
        for key, item in inner.items():
            found[f"{prefix}.{key}"] = _shown(item)
            left.append((f"{prefix}.{key}", item))
    return found

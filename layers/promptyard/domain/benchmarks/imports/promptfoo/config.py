"""A promptfoo config as a dataset and a benchmark (promptfoo 0.123)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from promptyard.domain.benchmarks.benchmark import MAX_CONCURRENCY, MAX_REPEATS, MEASURES
from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.benchmarks.imports.imported import MAX_ROWS, ImportedBenchmark, ImportedPrompt
from promptyard.domain.benchmarks.imports.promptfoo.assertions import with_labels
from promptyard.domain.benchmarks.imports.promptfoo.cases import (
    PREFIX,
    SUFFIX,
    WHOLE_ROW,
    CaseReader,
    TestCase,
    row_metrics,
    row_variables,
)
from promptyard.domain.benchmarks.imports.promptfoo.prompts import prompts_of
from promptyard.domain.benchmarks.imports.promptfoo.providers import targets_of
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources
from promptyard.domain.benchmarks.imports.promptfoo.templates import names_in
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec

_TAKEN = frozenset(
    {"prompts", "providers", "targets", "tests", "defaultTest", "scenarios", "evaluateOptions", "description"}
)
_HARMLESS = frozenset(
    {"$schema", "outputPath", "sharing", "tags", "metadata", "writeLatestResults", "commandLineOptions", "author"}
)
"""They change nothing of what is measured."""
_REASONS = {
    "redteam": "is a red team's test, which is not what this is for",
    "extensions": "are programs, which are not run",
    "nunjucksFilters": "are programs, which are not run",
    "derivedMetrics": "are not computed here",
    "tracing": "is not taken",
    "env": "is not taken: keys are never imported",
}
_EVALUATE_HARMLESS = frozenset(
    {"delay", "showProgressBar", "cache", "interactiveProviders", "timeoutMs", "maxEvalTimeMs", "silent"}
)
_MAX_NAME = 128


def read_config(
    root: Node, sources: Sources, *, judge: str | None = None, skip_unsupported: bool = False
) -> ImportedBenchmark:
    """`judge` scores what the config names no model for. Raises ImportRefused where something cannot be taken, unless
    it may be left out and leaves a prompt, a target and a row."""
    refusals = sources.refusals
    if not root.fields:
        refusals.add(root, "the config", "is no object")
    for name, node in root.fields.items():
        if name not in _TAKEN | _HARMLESS and not node.is_null and node.value not in ([], {}):
            refusals.add(node, name, _REASONS.get(name, "is not known here"))
    prompts = prompts_of(root.get("prompts"), sources)
    targets = targets_of(root.get("providers") or root.get("targets"), sources)
    reader = CaseReader(sources, judge)
    default = reader.default(root.get("defaultTest"))
    cases = reader.all(root.get("tests"), default) + reader.scenarios(root.get("scenarios"), default)
    if root.get("tests") is None and root.get("scenarios") is None:
        cases = [TestCase(root, default.variables, default.options, [], default.threshold, default.metadata)]
    shared = with_labels(default.metrics, [WHOLE_ROW, *MEASURES])
    rows = _rows(cases, shared, default, prompts, sources)
    prompts = _with_affixes(prompts, rows, root, sources)
    for what, found in (("prompts", prompts), ("providers", targets), ("tests", rows)):
        there = root.get(what) or (root.get("targets") if what == "providers" else None)
        if not found and there is None:
            refusals.add(root, what, "is missing")
        elif not found and not refusals.found:
            refusals.add(there or root, what, "has nothing that can be taken")
    repeats, concurrency = _evaluation(root.get("evaluateOptions"), sources)
    is_usable = bool(prompts and targets and rows)
    left_out = refusals.settle(skip_unsupported=skip_unsupported and is_usable)
    described = root.get("description")
    description = (described.text if described else None) or ""
    return ImportedBenchmark(
        name=" ".join(description.split())[:_MAX_NAME] or "promptfoo",
        rows=rows,
        prompts=prompts,
        targets=targets,
        metrics=[*shared, MetricSpec(metric=WHOLE_ROW, threshold=default.threshold)],
        repeats=repeats,
        concurrency=concurrency,
        left_out=list(left_out),
        notes=list(refusals.notes),
    )


def _rows(
    cases: Sequence[TestCase],
    shared: Sequence[MetricSpec],
    default: TestCase,
    prompts: Sequence[ImportedPrompt],
    sources: Sources,
) -> list[RowContent]:
    names = [name for prompt in prompts for text in _texts(prompt.template) for name in names_in(text)]
    judged_by_documents = any(spec.metric == "faithfulness" for spec in shared)
    rows: list[RowContent] = []
    for case in cases:
        for combination in case.combinations():
            variables = row_variables(combination, case.node, sources)
            if variables is None:
                continue
            if len(rows) >= MAX_ROWS:
                sources.refusals.add(case.node, "tests", f"make more than {MAX_ROWS:,} rows")
                return rows
            metrics = row_metrics(case, shared, default.threshold)
            needs = judged_by_documents or any(spec.metric == "faithfulness" for spec in metrics)
            context = variables.get("context") if needs else None
            rows.append(
                RowContent(
                    variables=_complete(variables, [*names, *_named(metrics), *_named(shared)], case, sources),
                    documents=[str(context)] if context else [],
                    metadata=case.metadata,
                    metrics=metrics,
                )
            )
    return rows


def _complete(variables: dict[str, Any], names: Sequence[str], case: TestCase, sources: Sources) -> dict[str, Any]:
    """Nunjucks shows nothing for a variable that is not there; here it would be missing."""
    lacking = [name for name in dict.fromkeys(names) if name not in variables and name not in {PREFIX, SUFFIX}]
    for name in lacking:
        sources.refusals.note(f"Rows without the variable {name} have it empty, as promptfoo shows it.")
    affixes = {}
    for key, name in (("prefix", PREFIX), ("suffix", SUFFIX)):
        text = case.options.get(key)
        if not text:
            continue
        if not isinstance(text, str) or "{{" in text or "{%" in text:
            sources.refusals.add(case.node, f"test: options {key}", "has a template in it, or is no text")
        else:
            affixes[name] = text
    return {**variables, **dict.fromkeys(lacking, ""), **affixes}


def _named(specs: Sequence[MetricSpec]) -> list[str]:
    values = [spec.value for spec in specs]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    return [name for text in texts if isinstance(text, str) for name in names_in(text)]


def _texts(template: Template) -> list[str]:
    if template.text is not None:
        return [template.text]
    return [text for message in template.messages or [] for text in message.texts()]


def _with_affixes(
    prompts: list[ImportedPrompt], rows: list[RowContent], root: Node, sources: Sources
) -> list[ImportedPrompt]:
    """The prompts with what stands before and after them in some rows; the other rows get it empty."""
    used = [name for name in (PREFIX, SUFFIX) if any(name in row.variables for row in rows)]
    if not used:
        return prompts
    for number, row in enumerate(rows):
        rows[number] = row.model_copy(update={"variables": {**dict.fromkeys(used, ""), **row.variables}})
    changed = []
    for prompt in prompts:
        text = prompt.template.text
        if text is None:
            sources.refusals.add(
                root.get("prompts") or root, "prompt", "is a conversation, which prefix and suffix do not fit"
            )
            continue
        before = f"{{{{{PREFIX}}}}}" if PREFIX in used else ""
        after = f"{{{{{SUFFIX}}}}}" if SUFFIX in used else ""
        changed.append(replace(prompt, template=Template(text=f"{before}{text}{after}")))
    return changed


def _evaluation(node: Node | None, sources: Sources) -> tuple[int, int | None]:
    repeats, concurrency = 1, None
    for name, value in ({} if node is None else node.fields).items():
        if name == "repeat" and isinstance(value.value, int) and 1 <= value.value <= MAX_REPEATS:
            repeats = value.value
        elif name == "maxConcurrency" and isinstance(value.value, int) and 1 <= value.value <= MAX_CONCURRENCY:
            concurrency = value.value
        elif name in {"repeat", "maxConcurrency"}:
            sources.refusals.add(value, f"evaluateOptions {name}", "is out of bounds")
        elif name not in _EVALUATE_HARMLESS and not value.is_null:
            sources.refusals.add(value, f"evaluateOptions {name}", "is not taken")
    return repeats, concurrency

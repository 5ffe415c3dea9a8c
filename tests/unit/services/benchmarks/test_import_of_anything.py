"""Whatever a config is, it is taken, or refused by name and line."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark
from promptyard.domain.benchmarks.imports.promptfoo.assertion_kinds import KINDS, REASONS
from promptyard.domain.benchmarks.imports.refusals import ImportRefused, Refusal
from promptyard.domain.runs.metrics.specs import check_specs
from promptyard.services.benchmarks.importing import import_openai_evals, import_promptfoo

TEXTS = st.sampled_from(
    [
        *("", "x", "{{q}}", "{{q|x}}", "{% x", "{{", "file://a.csv", "file://b.yaml", "file://c.py", "a: [", "[1"),
        *("- role: x", '[{"role": "user", "content": "{{q}}"}]', "openai:gpt-4o", "echo", "openai:", ":", "\U0001f600"),
        *("contains(2):x", "(?=", "[a-"),
    ]
)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats()
NAMES = st.sampled_from(
    [
        *(
            "vars",
            "assert",
            "type",
            "value",
            "threshold",
            "weight",
            "metric",
            "provider",
            "id",
            "config",
            "label",
            "raw",
        ),
        *("options", "prefix", "suffix", "tests", "q", "metadata", "description", "role", "content", "temperature"),
        *("tools", "apiBaseUrl", "response_format", "reasoning", "repeat", "maxConcurrency", "context", "item"),
        *("sample", "grades", "run_id", "data_source_idx", "outputs", "error", "token_usage", "x"),
    ]
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=15
)
ASSERTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from([*KINDS, *REASONS, "assert-set"]).map(str)
            | st.sampled_from([*KINDS]).map("not-{}".format)
        },
        optional={"value": ANYTHING, "threshold": SCALARS, "weight": SCALARS, "metric": SCALARS, "assert": ANYTHING},
    ),
    max_size=3,
)
TESTS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"vars": ANYTHING, "assert": ASSERTIONS | ANYTHING, "options": ANYTHING, "threshold": SCALARS}
    ),
    max_size=3,
)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "prompts": st.just(["About {{q}}"]) | ANYTHING,
        "providers": st.just(["echo"]) | ANYTHING,
        "tests": TESTS | ANYTHING,
        "defaultTest": TESTS.map(lambda tests: tests[0] if tests else {}) | ANYTHING,
        "scenarios": ANYTHING,
        "evaluateOptions": ANYTHING,
        "description": SCALARS,
    },
)
FILES = {"a.csv": b'q,__expected\n"1","contains:x"\n2,\n', "b.yaml": b"- vars: {q: 1}\n", "bad.csv": b'"'}


def check(read: Callable[[], ImportedBenchmark]) -> None:
    found, refusals = _outcome(read)
    assert (found is None) is bool(refusals)
    assert all(one.line >= 1 and one.name and one.reason for one in refusals)
    if found is not None:
        check_specs(found.metrics)
        for row in found.rows:
            check_specs(row.metrics)
            json.dumps(row.model_dump(mode="json"))


def _outcome(read: Callable[[], ImportedBenchmark]) -> tuple[ImportedBenchmark | None, list[Refusal]]:
    try:
        return read(), []
    except ImportRefused as refused:
        return None, refused.refusals


@settings(max_examples=300)
@given(config=CONFIGS, skip=st.booleans())
def test_any_promptfoo_config(config: Any, skip: bool) -> None:
    data = json.dumps(config).replace("NaN", "1e999").replace("Infinity", "1e999").encode()
    check(lambda: import_promptfoo(data, files=FILES, judge="demo/echo", skip_unsupported=skip))


@given(text=st.text(alphabet="ab:-[]{}#&*!|>'\"%@ \n\t,?0.", max_size=40))
def test_any_text(text: str) -> None:
    check(lambda: import_promptfoo(text.encode()))


@given(lines=st.lists(st.dictionaries(NAMES, ANYTHING, max_size=6), max_size=4), skip=st.booleans())
def test_any_evals(lines: Any, skip: bool) -> None:
    data = "\n".join(json.dumps(line) for line in lines).replace("NaN", "1e999").replace("Infinity", "1e999").encode()
    check(lambda: import_openai_evals(data, skip_unsupported=skip))

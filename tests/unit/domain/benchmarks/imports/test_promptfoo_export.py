import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.benchmarks.imports.promptfoo_export import export_promptfoo
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.services.benchmarks.importing import import_promptfoo


def spec_of(metric: str, **fields: Any) -> MetricSpec:
    return MetricSpec.model_validate({"metric": metric, **fields})


TEXTS = (
    st.text(alphabet="ab é\"'{}.,", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda text: text and "{{" not in text and "{%" not in text)
)
SPECS = st.one_of(
    st.builds(lambda value, turned: spec_of("contains", value=value, **{"not": turned}), TEXTS, st.booleans()),
    st.builds(lambda value: spec_of("equals", value=value), st.dictionaries(TEXTS, TEXTS, max_size=2)),
    st.builds(lambda values: spec_of("contains_any", value=values), st.lists(TEXTS, min_size=1, max_size=3)),
    st.builds(lambda threshold, value: spec_of("bleu", threshold=threshold, value=value), st.floats(0, 1), TEXTS),
    st.just(None).map(lambda _: MetricSpec(metric="regex", value=r"(?-u:\b)[0-9]+")),
    st.just(None).map(lambda _: MetricSpec(metric="is_json", value={"type": "object"})),
    st.just(None).map(lambda _: MetricSpec(metric="latency", threshold=100)),
    st.just(None).map(lambda _: MetricSpec(metric="rubric", value="Short?", threshold=0.5, judge="openai/gpt-4o")),
)
ROWS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["q", "user.name", "lang"]), TEXTS, min_size=1), st.lists(SPECS, max_size=3)
    ),
    min_size=1,
    max_size=4,
)


def rows_of(made: Any) -> list[RowContent]:
    rows = []
    for variables, specs in made:
        metrics = {spec.label: spec for spec in specs}
        rows.append(RowContent(variables=variables, metrics=list(metrics.values())))
    return rows


@given(made=ROWS)
def test_what_was_exported_is_imported_again(made: Any) -> None:
    rows = rows_of(made)
    target = Target(model="openai/gpt-4o", parameters=Parameters(temperature=0.5))
    config, left_out = export_promptfoo(
        "Rivers", rows, prompts=[Template(text="About {{q}}")], targets=[target], repeats=2
    )
    assert left_out == []
    found = import_promptfoo(json.dumps(config).encode(), file="c.json")
    assert (found.name, found.repeats, found.targets) == ("Rivers", 2, [target])
    assert [prompt.template.text for prompt in found.prompts] == ["About {{q}}"]
    for row, again in zip(rows, found.rows, strict=True):
        assert row.variables.items() <= again.variables.items()
        assert again.metrics == row.metrics


def test_what_promptfoo_does_not_have_is_named_and_texts_are_no_templates() -> None:
    row = RowContent(variables={"q": "{{x}}"}, reference=["a", "b"], documents=["d"], tags=["t"])
    metrics = [MetricSpec(metric=name) for name in ("citations", "equals", "contains_any", "latency", "all_pass")]
    config, left_out = export_promptfoo("x", [row], metrics=metrics)
    assert left_out == ["citations", "equals", "latency"]
    assert config["providers"] == ["echo"]
    assert config["tests"] == [
        {
            "vars": {"q": "{% raw %}{{x}}{% endraw %}", "reference": ["a", "b"], "context": "d"},
            "options": {"disableVarExpansion": True},
            "assert": [{"type": "contains-any", "value": ["a", "b"]}],
            "metadata": {"tags": ["t"]},
        }
    ]


def test_keys_and_addresses_are_not_in_it() -> None:
    target = Target(
        provider="custom",
        model="m",
        custom_base_url="https://secret.example/v1",
        provider_key="sk-secret",  # type: ignore[arg-type]
    )
    config, _ = export_promptfoo("x", [RowContent(variables={"q": "a"})], targets=[target])
    assert "secret" not in json.dumps(config)

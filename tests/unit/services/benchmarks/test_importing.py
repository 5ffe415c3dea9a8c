import json
from typing import Any

import pytest

from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark
from promptyard.domain.benchmarks.imports.refusals import ImportRefused
from promptyard.domain.errors import TooLarge
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.services.benchmarks.importing import import_promptfoo

JUDGE = "demo/writer"
HEAD = "prompts: ['{{q}}']\nproviders: [echo]\ntests:\n"


def taken(config: str, **options: Any) -> ImportedBenchmark:
    return import_promptfoo(config.encode(), judge=JUDGE, **options)


def refused(config: str, **options: Any) -> list[str]:
    with pytest.raises(ImportRefused) as error:
        import_promptfoo(config.encode(), **options)
    return [str(one) for one in error.value.refusals]


def metrics_of(asserts: str, judge: str | None = JUDGE, **options: Any) -> list[MetricSpec]:
    imported = import_promptfoo(
        f"{HEAD}- vars: {{q: x, context: facts}}\n  assert:\n{asserts}".encode(),
        judge=judge,
        **options,
    )
    return imported.rows[0].metrics


WHOLE = """
description: Rivers
prompts:
  - "Where is the {{ river }}?"
  - id: chat
    label: as chat
    raw: '[{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{river}}?"}]'
  - file://prompts/two.txt
providers:
  - openai:gpt-4o
  - id: anthropic:messages:claude-sonnet-5-5
    label: claude
    config: {temperature: 0.2, max_tokens: 64, stop_sequences: [END]}
  - openai:chat:local:
      config: {apiBaseUrl: "http://127.0.0.1:1234/v1"}
  - echo
defaultTest:
  vars: {tone: brief}
  assert:
    - {type: latency, threshold: 2000}
  threshold: 0.5
evaluateOptions: {repeat: 3, maxConcurrency: 7}
tests:
  - description: two rivers
    vars: {river: [Danube, Rhine]}
    assert:
      - {type: contains, value: "{{river}}"}
      - {type: not-contains, value: Elbe, weight: 2, metric: no elbe}
    metadata: {kind: big}
  - file://more.csv
scenarios:
  - config: [{vars: {river: Elbe}}, {vars: {river: Oder}}]
    tests: [{vars: {tone: kind}, assert: [{type: equals, value: x}]}]
"""
FILES = {
    "prompts/two.txt": b"First {{river}}\n---\nSecond {{river}}\n",
    "more.csv": b"river,tone,__expected,__expected2,__metric,__threshold,__metadata:k,__metadata:l[]\r\n"
    b'Inn,warm,contains:Inn,levenshtein(3):Inn,near,0.75,v,"a,b\\,c"\r\nIsar,,"two\nlines",,,,,\r\n',
}


def test_a_whole_config() -> None:
    found = taken(WHOLE, files=FILES)
    assert (found.name, found.left_out, found.notes) == ("Rivers", [], [])
    assert [prompt.label for prompt in found.prompts][1:] == ["as chat", "First {{river}}", "Second {{river}}"]
    assert [prompt.template.text for prompt in found.prompts] == [
        "Where is the {{river}}?",
        None,
        "First {{river}}",
        "Second {{river}}",
    ]
    assert [message.texts() for message in found.prompts[1].template.messages or []] == [
        ["Be {{tone}}."],
        ["{{river}}?"],
    ]
    assert [target.model for target in found.targets] == [
        "openai/gpt-4o",
        "anthropic/claude-sonnet-5-5",
        "local",
        "demo/echo",
    ]
    assert found.targets[1].parameters.given() == {"temperature": 0.2, "max_tokens": 64, "stop": ["END"]}
    assert (found.targets[2].provider, found.targets[2].custom_base_url) == ("custom", "http://127.0.0.1:1234/v1")
    assert (found.repeats, found.concurrency) == (3, 7)
    assert [(spec.metric, spec.threshold) for spec in found.metrics] == [("latency", 2000), ("all_pass", 0.5)]
    assert [(number, row.variables["river"], row.variables["tone"]) for number, row in enumerate(found.rows, 1)] == [
        (1, "Danube", "brief"),
        (2, "Rhine", "brief"),
        (3, "Inn", "warm"),
        (4, "Isar", ""),
        (5, "Elbe", "kind"),
        (6, "Oder", "kind"),
    ]
    assert found.rows[0].metadata == {"kind": "big", "description": "two rivers"}
    assert [(spec.label, spec.value, spec.negated, spec.weight) for spec in found.rows[0].metrics] == [
        ("contains", "{{river}}", False, 1),
        ("no elbe", "Elbe", True, 2),
    ]
    assert found.rows[2].metadata == {"k": "v", "l": ["a", "b,c"]}
    assert [(spec.label, spec.metric, spec.threshold) for spec in found.rows[2].metrics] == [
        ("near", "contains", None),
        ("near_2", "levenshtein_distance", 3),
        ("all_pass", "all_pass", 0.75),
    ]
    assert [(spec.metric, spec.value) for spec in found.rows[3].metrics] == [("equals", "two\nlines")]


def test_prefixes_stand_before_texts_and_are_refused_before_conversations() -> None:
    config = f"{HEAD}- {{vars: {{q: a}}, options: {{prefix: 'P ', suffix: ' S'}}}}\n- {{vars: {{q: b}}}}"
    found = taken(config)
    assert found.prompts[0].template.text == "{{_prefix}}{{q}}{{_suffix}}"
    assert [row.variables for row in found.rows] == [
        {"_prefix": "P ", "_suffix": " S", "q": "a"},
        {"_prefix": "", "_suffix": "", "q": "b"},
    ]
    chat = config.replace("'{{q}}'", """'[{"role": "user", "content": "{{q}}"}]'""")
    assert "prompt is a conversation, which prefix and suffix do not fit" in refused(chat)[0]


@pytest.mark.parametrize(
    ("assertion", "spec"),
    [
        ("{type: equals, value: 5}", {"metric": "equals", "value": 5}),
        ("{type: equals, value: {a: [1]}}", {"metric": "equals", "value": {"a": [1]}}),
        ("{type: not-icontains, value: x}", {"metric": "icontains", "not": True, "value": "x"}),
        ("{type: contains-all, value: 'a, b'}", {"metric": "contains_all", "value": "a, b"}),
        ("{type: icontains-any, value: [a, 1]}", {"metric": "icontains_any", "value": ["a", 1]}),
        ("{type: starts-with, value: x, threshold: 3}", {"metric": "starts_with", "value": "x"}),
        (r"{type: regex, value: '^\d+$'}", {"metric": "regex", "value": "^[0-9]+$"}),
        ("{type: is-json}", {"metric": "is_json"}),
        ("{type: is-json, value: 'type: object'}", {"metric": "is_json", "value": {"type": "object"}}),
        ("{type: contains-json, value: {required: [a]}}", {"metric": "contains_json", "value": {"required": ["a"]}}),
        ("{type: word-count, value: {max: 5}}", {"metric": "word_count", "value": {"max": 5}}),
        ("{type: levenshtein, value: x}", {"metric": "levenshtein_distance", "value": "x", "threshold": 5}),
        ("{type: rouge-n, value: x}", {"metric": "rouge_n", "value": "x", "threshold": 0.75}),
        ("{type: bleu, value: [x, y], threshold: 0.2}", {"metric": "bleu", "value": ["x", "y"], "threshold": 0.2}),
        ("{type: finish-reason, value: stop}", {"metric": "finish_reason", "value": "stop"}),
        ("{type: not-is-refusal}", {"metric": "is_refusal", "not": True}),
        ("{type: is-valid-openai-tools-call}", {"metric": "is_valid_tool_call"}),
        ("{type: cost, threshold: 0.01}", {"metric": "cost", "threshold": 0.01}),
        ("{type: llm-rubric, value: Kind?}", {"metric": "rubric", "value": "Kind?", "threshold": 0.5, "judge": JUDGE}),
        (
            "{type: g-eval, value: [Kind?, Short?], provider: 'openai:gpt-4o'}",
            {"metric": "rubric", "value": "- Kind?\n- Short?", "threshold": 0.7, "judge": "openai/gpt-4o"},
        ),
        ("{type: factuality, value: x}", {"metric": "correctness", "value": "x", "threshold": 0.5, "judge": JUDGE}),
        ("{type: context-faithfulness}", {"metric": "faithfulness", "threshold": 0, "judge": JUDGE}),
    ],
)
def test_assertions_that_are_taken(assertion: str, spec: dict[str, Any]) -> None:
    assert metrics_of(f"  - {assertion}") == [MetricSpec.model_validate(spec)]


def test_a_set_without_a_threshold_stands_for_what_it_holds_and_documents_come_from_the_context() -> None:
    held = "[{type: equals, value: a}, {type: equals, value: b}, {type: context-faithfulness}]"
    found = taken(f"{HEAD}- vars: {{q: x, context: facts}}\n  assert:\n  - {{type: assert-set, assert: {held}}}")
    assert [spec.label for spec in found.rows[0].metrics] == ["equals", "equals_2", "faithfulness"]
    assert found.rows[0].documents == ["facts"]


REFUSED = """
prompts:
  - "{{ q | upper }}"
  - "{% if q %}x{% endif %}"
  - file://prompt.py
  - file://missing.txt
  - langfuse://prompt
providers:
  - file://provider.js
  - exec:./run.sh
  - openai:embedding:text-embedding-3-small
  - id: openai:gpt-4o
    config:
      apiKey: sk-secret-value
      headers: {Authorization: Bearer sk-secret-value}
      top_p: 7
      mystery: 1
tests:
  - vars: {q: a}
    provider: openai:gpt-4o
    options: {transform: output.toUpperCase()}
    assert:
      - {type: similar, value: x}
      - {type: javascript, value: "true"}
      - {type: llm-rubric, value: good}
      - {type: regex, value: "(?=a)b"}
      - {type: is-json, value: {type: thing}}
      - {type: contains, value: x, transform: y}
      - {type: cost}
      - {type: nonsense, value: x}
  - file://tests.csv
  - vars: {q: "{{ env.SECRET }}"}
redteam: {plugins: [pii]}
env: {KEY: sk-secret-value}
nonsense: 1
"""
PLACES = [
    ("3: prompt", "a filter of Nunjucks: {{ q | upper }}"),
    ("4: prompt", "a block ({% … %}) of Nunjucks"),
    ("5: prompt", "is made by a program, which is not run: prompt.py"),
    ("6: prompt", "is in a file that did not come with the config: missing.txt"),
    ("7: prompt", "is elsewhere: langfuse:"),
    ("9: provider file://provider.js", "is no provider that is known here"),
    ("10: provider exec:./run.sh", "is no provider that is known here"),
    ("11: provider openai:embedding:text-embedding-3-small", "is no provider that is known here"),
    ("14: provider openai:gpt-4o: apiKey", "keys are never imported"),
    ("15: provider openai:gpt-4o: headers", "keys are never imported"),
    ("16: provider openai:gpt-4o: top_p", "cannot be taken"),
    ("17: provider openai:gpt-4o: mystery", "is no parameter that is known here"),
    ("20: test: provider", "is not known here"),
    ("21: test: options transform", "is not taken"),
    ("23: assert similar", "needs a model of another kind"),
    ("24: assert javascript", "is a program, which is not run"),
    ("25: assert llm-rubric", "none is named: say which (judge)"),
    ("26: assert regex", "look-around"),
    ("27: assert is-json", "type is none of"),
    ("28: assert contains", "has transform, which is not taken"),
    ("29: assert cost", "has no threshold"),
    ("30: assert nonsense", "is not known here"),
    ("31: tests", "did not come with the config: tests.csv"),
    ("32: vars", "reads the environment: {{ env.SECRET }}"),
    ("33: redteam", "a red team's test"),
    ("34: env", "keys are never imported"),
    ("35: nonsense", "is not known here"),
]


def test_whatever_cannot_be_taken_is_named_with_its_line() -> None:
    found = refused(REFUSED)
    assert len(found) == len(PLACES)
    for message, (place, why) in zip(found, PLACES, strict=True):
        assert message.startswith(f"promptfooconfig.yaml:{place}"), message
        assert why in message, message


def test_what_cannot_be_taken_is_left_out_and_counted_where_that_is_asked_for() -> None:
    config = REFUSED.replace("prompts:\n", "prompts:\n  - plain {{q}}\n")
    found = taken(config, skip_unsupported=True)
    assert len(found.left_out) == len(PLACES) - 1  # the judge was given
    assert [prompt.template.text for prompt in found.prompts] == ["plain {{q}}"]
    assert [target.model for target in found.targets] == ["openai/gpt-4o"]
    assert [spec.metric for spec in found.rows[0].metrics] == ["rubric"]
    assert len(found.rows) == 1


def test_a_key_is_nowhere() -> None:
    config = REFUSED.replace("prompts:\n", "prompts:\n  - plain {{q}}\n")
    assert "sk-secret" not in repr(taken(config, skip_unsupported=True))
    assert "sk-secret" not in "".join(refused(REFUSED))


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"a: [1", 1, "no YAML"),
        (b"a: 1\nb: {c: &x [*x]}", 2, "in itself"),
        (b'{"prompts": [\n"a",]}', 2, "here is no JSON value"),
        (b"- 1", 1, "is no object"),
        (b"prompts: [x]\nproviders: [echo]\ntests: &a [1, 2]\n? [x]\n: 1", 4, "a key that is no text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(data: bytes, line: int, why: str) -> None:
    with pytest.raises(ImportRefused) as error:
        import_promptfoo(data)
    assert any(one.line == line and why in str(one) for one in error.value.refusals), error.value.refusals


def test_aliases_that_stand_for_too_much_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ImportRefused, match="stand for too much"):
        import_promptfoo("\n".join(lines).encode())
    with pytest.raises(TooLarge):
        import_promptfoo(b"x" * 2_000_001)


def test_json_configs_name_lines_too() -> None:
    config = {"prompts": ["{{q}}"], "providers": ["echo"], "tests": [{"vars": {"q": "x"}, "assert": [{"type": "pi"}]}]}
    text = json.dumps(config, indent="\t")
    line = next(number for number, one in enumerate(text.split("\n"), 1) if '"pi"' in one) - 1
    assert refused(text, file="c.json") == [
        f"c.json:{line}: assert pi is judged in a way of its own, which a rubric cannot stand for"
    ]


def test_variables_are_shown_as_promptfoo_shows_them() -> None:
    config = """
prompts: ["{{a}} {{user.name}} {{user}} {{n}} {{flag}} {{nothing}} {{missing}} {{list}} {{both}}"]
providers: [echo]
tests:
  - vars:
      a: "text\\n"
      user: {name: Ada}
      n: 1.0
      flag: true
      nothing: null
      list: [1, 2]
      both: "{{a}} and {{n}}"
"""
    found = taken(config)
    assert found.rows[0].variables == {
        "a": "text",
        "user": '{"name":"Ada"}',
        "user.name": "Ada",
        "n": 1,
        "flag": True,
        "nothing": "",
        "list": "1,2",
        "both": "text and 1",
        "missing": "",
    }
    assert found.notes == ["Rows without the variable missing have it empty, as promptfoo shows it."]

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.messages import ToolCall, ToolFunction
from promptyard.domain.runs.metrics.checks import answers
from promptyard.domain.runs.metrics.checks.edit_distance import distance, similarity
from promptyard.domain.runs.metrics.checks.json_values import json_objects
from promptyard.domain.runs.metrics.checks.overlap import bleu, rouge_n
from promptyard.domain.runs.metrics.checks.words import count_words, listed
from promptyard.domain.runs.metrics.types import MetricInput, Unscored

TEXTS = st.text(alphabet="ab é漢😀\n", max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def table_distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        above, row[0] = row[0], number
        for place, there in enumerate(other, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (character != there))
    return row[-1]


@given(one=TEXTS, other=TEXTS)
def test_the_distance_is_that_of_the_table(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one) == table_distance(one, other)
    assert 0 <= similarity(one, other) <= 1
    assert (similarity(one, other) == 1) is (one == other)


def test_distances_of_long_texts_are_measured_and_of_longer_ones_not() -> None:
    assert distance("ab" * 20_000, "ba" * 20_000) == 2
    with pytest.raises(Unscored):
        answers.levenshtein(MetricInput(output="a" * 100_001), "a")


@pytest.mark.parametrize(
    ("measure", "fitting", "answer", "value"),
    [
        (answers.contains_all, "a" * 499_999, "a" * 500_001, ["a"] * 1_000),
        (answers.contains_any, "b" * 499_999, "b" * 500_001, ["a"] * 1_000),
        (answers.icontains_all, "a" * 499_999, "a" * 500_001, ["A"] * 1_000),
        (answers.icontains_any, "b" * 499_999, "b" * 500_001, ["a"] * 1_000),
        (answers.contains_json, "{" * 10_000, "{" * 10_001, None),
        (answers.regex, "a" * 100_000, "a" * 100_001, "[ab]{490}" + "c?" * 10),
        (answers.regex, "a" * 5_000_000, "a" * 5_000_001, "abcdefghij"),
        (answers.is_json, json.dumps("a" * 100_000), json.dumps("a" * 100_001), {"pattern": "[ab]{490}" + "c?" * 10}),
        (answers.rouge_n, "a" * 250_000, "a" * 250_001, "a"),
        (answers.bleu, "a" * 250_000, "a" * 250_001, ["a"]),
        (answers.bleu, "a", "a", ["a" * 125_000, "a" * 125_001]),
    ],
)
def test_what_would_take_too_long_is_not_measured(measure: Any, fitting: str, answer: str, value: Any) -> None:
    if fitting != answer:
        measure(MetricInput(output=fitting), value)
    with pytest.raises(Unscored, match=r"too|measured in texts"):
        measure(MetricInput(output=answer), value)


@given(text=TEXTS, value=TEXTS)
def test_texts_are_compared_as_they_are(text: str, value: str) -> None:
    run = MetricInput(output=text)
    assert answers.equals(run, value) is (text == value)
    assert answers.contains(run, value) is (value in text)
    assert answers.starts_with(run, value) is text.startswith(value)
    assert answers.icontains(MetricInput(output=text.upper()), value) is (value in text)


@given(value=JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    run = MetricInput(output=json.dumps(value, indent=1))
    assert answers.is_json(run, None)
    assert answers.is_json(run, {"const": value})
    if isinstance(value, dict | list):
        assert answers.equals(run, value)
    if isinstance(value, dict):
        around = MetricInput(output=f"Sure {{here}}: {json.dumps(value)} {{}} and {{ more")
        assert list(json_objects(around.output or "")) == [value, {}]
        assert answers.contains_json(around, {"const": value})


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1,]", "'a'", "Infinity", "{}{}", "[" * 100_000])
def test_what_is_no_json(text: str) -> None:
    assert not answers.is_json(MetricInput(output=text), None)


@given(items=st.lists(st.text(alphabet='ab,"\\ ', min_size=1, max_size=5), min_size=1, max_size=4))
def test_a_list_is_read_as_it_was_quoted(items: list[str]) -> None:
    quoted = " , ".join('"' + item.replace("\\", "\\\\").replace('"', '""') + '"' for item in items)
    assert listed(quoted) == items
    assert listed(items) == items


def test_lists_of_texts() -> None:
    run = MetricInput(output="The Danube and the Rhine")
    assert answers.contains_all(run, ["Danube", "Rhine"])
    assert answers.contains_all(run, "Danube, Rhine")
    assert not answers.contains_all(run, ["Danube", "rhine"])
    assert answers.icontains_all(run, ["DANUBE", "rhine"])
    assert answers.contains_any(run, ["Elbe", "Rhine"])
    assert not answers.contains_any(run, ["Elbe", "rhine"])
    assert answers.icontains_any(run, "elbe, rhine")
    with pytest.raises(Unscored):
        answers.contains_any(run, 'a, "b')


@given(text=TEXTS)
def test_the_same_text_overlaps_whole(text: str) -> None:
    if count_words(text) >= 4:
        assert bleu(text, [text]) == pytest.approx(1)
    assert bleu("", [text]) == 0
    assert 0 <= rouge_n(text, "a b é") <= 1


def test_overlaps() -> None:
    assert rouge_n("The cat sat on the mat.", "the cat sat on the mat.") == 1
    assert rouge_n("the cat", "the dog") == pytest.approx(0.5)
    assert rouge_n("don't go", "do n't go") == 1
    assert bleu("the the the the the the the", ["the cat is on the mat"]) < 0.01
    assert bleu("the cat sat on the mat", ["a dog", "the cat sat on the mat"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("value", "fits"),
    [(3, True), ("3", True), (2, False), ({"min": 2}, True), ({"max": 2}, False), ({"min": 3, "max": 3}, True)],
)
def test_words(value: Any, fits: bool) -> None:
    assert answers.word_count(MetricInput(output=" one\u00a0two\nthree "), value) is fits


def test_words_without_a_bound_are_a_measure() -> None:
    assert answers.word_count(MetricInput(output="one two"), None) == 2


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I'm sorry, but no.", True),
        ("As an AI I have no body.", True),
        ("Well, I can’t help with this", True),
        ("", True),
        ("The Danube flows east.", False),
        ("As an airline, we fly.", False),
    ],
)
def test_refusals(text: str, refused: bool) -> None:
    assert answers.is_refusal(MetricInput(output=text), None) is refused


TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "parameters": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    ("calls", "valid"),
    [
        ([], False),
        ([("add", '{"a": 1}')], True),
        ([("add", '{"a": 1}'), ("add", '{"a": "1"}')], False),
        ([("add", '{"a": 1')], False),
        ([("subtract", '{"a": 1}')], False),
    ],
)
def test_tool_calls(calls: list[tuple[str, str]], valid: bool) -> None:
    made = tuple(
        ToolCall(id=str(number), function=ToolFunction(name=name, arguments=arguments))
        for number, (name, arguments) in enumerate(calls)
    )
    assert answers.is_valid_tool_call(MetricInput(tool_calls=made, tools=(TOOL,)), None) is valid


def test_finish_reasons_by_any_providers_word() -> None:
    assert answers.finish_reason(MetricInput(finish_reason="tool"), "tool_calls")
    assert answers.finish_reason(MetricInput(finish_reason="stop"), "STOP")
    assert not answers.finish_reason(MetricInput(finish_reason=None), "stop")


def test_a_pattern_or_schema_of_a_row_that_cannot_be_taken_is_not_scored() -> None:
    with pytest.raises(Unscored, match="look-around"):
        answers.regex(MetricInput(output="a"), "(?=a)")
    with pytest.raises(Unscored, match="not a keyword"):
        answers.is_json(MetricInput(output="1"), {"tipe": "string"})

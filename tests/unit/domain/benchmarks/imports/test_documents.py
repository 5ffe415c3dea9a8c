import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, Node, read_json
from promptyard.services.benchmarks.yaml_documents import read_yaml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def values(node: Node) -> list[Node]:
    inner = [*node.items, *node.fields.values()]
    return [node, *(deeper for one in inner for deeper in values(one))]


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_json_reads_it_and_each_value_knows_its_line(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    root = read_json("f", text)
    assert root.plain() == value
    lines = text.split("\n")
    for node in values(root):
        first = (
            json.dumps(node.value)[:1]
            if not isinstance(node.value, list | dict)
            else "[{"[isinstance(node.value, dict)]
        )
        assert first in lines[node.line - 1]


@given(text=st.text(alphabet='{}[]",:1e.-tn \n\\', max_size=20))
def test_what_is_no_json_is_refused(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(DocumentRefused):
            read_json("f", text)
    else:
        assert read_json("f", text).plain() == expected


@given(value=VALUES)
def test_json_is_yaml(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=True).replace("\\ud", "ud")
    assert read_yaml("f", text).plain() == json.loads(text)


@given(value=VALUES)
def test_yaml_that_was_written_is_read(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    if yaml.safe_load(text) == value:
        assert read_yaml("f", text).plain() == json.loads(json.dumps(value))


def test_yaml_is_that_of_2009_and_not_of_2005() -> None:
    text = "[yes, No, on, 1:30, 2024-01-01, 0o17, 0x1F, 1_000, .5, 1., 1e3, ~, true, 'true', =, 010]"
    assert read_yaml("f", text).plain() == [
        *("yes", "No", "on", "1:30", "2024-01-01", 15, 31, 1000, 0.5, 1.0, 1000.0, None, True, "true", "=", 10)
    ]


def test_yaml_merges_and_knows_its_lines() -> None:
    root = read_yaml("f", "a: &a\n  x: 1\n  y: 2\nb:\n  <<: *a\n  y: 3\nc: |\n  text\n")
    assert root.plain() == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": "text\n"}
    assert {name: node.line for name, node in root.fields["b"].fields.items()} == {"x": 2, "y": 6}
    assert root.fields["c"].line == 7
